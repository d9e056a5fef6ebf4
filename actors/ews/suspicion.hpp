#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace exsyncd {

/// Whose fault it is where requests about one item fail as a whole, without a word about the item: a fault, a page of
/// HTML, nothing at all. Pure; one for each mailbox. A kind is what requests have to share to be alike ("CreateItem").
///
/// A try counts against an item only where a request of that kind has succeeded since the item was tried before: what
/// refuses everything bans nobody.
class suspicion {
public:
  enum class verdict {
    counts,     // it is the item: the others of its kind pass
    uncounted,  // it has failed alone before, and nothing has passed since: it rests, and nothing more is known
    everything, // nothing tells it from a failure of them all
  };

  /// A request of this kind was answered.
  void succeeded(std::string_view kind);
  std::uint64_t successes(std::string_view kind) const;
  /// A request that held this item among others failed: from now on the item is asked about alone, and last.
  void suspect(std::string_view kind, const std::string& item);
  bool is_suspect(std::string_view kind, const std::string& item) const;
  /// A request about this item alone failed.
  verdict failed_alone(std::string_view kind, const std::string& item);
  /// Its request passed.
  void clear(std::string_view kind, const std::string& item);

private:
  struct tried {
    bool apart = false;          // it goes alone, and last
    bool alone = false;          // it has failed so
    std::uint64_t successes = 0; // of its kind when it was tried alone last
  };
  tried& entry(std::string_view kind, const std::string& item);

  std::map<std::string, std::uint64_t, std::less<>> successes_;
  std::unordered_map<std::string, tried> tried_;
};

} // namespace exsyncd
