#pragma once

#include "actors/ews/autodiscover.hpp"
#include "actors/ews/public_places.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// Finds the headers that lead requests about public folders to their mailbox, since 2013: Microsoft's guides "Route
/// public folder hierarchy requests" and "Route public folder content requests". Without Autodiscover there are none,
/// and requests go out without them: where all public folders are in one mailbox that works all the same.
namespace exsyncd {

struct public_route {
  std::string anchor;  // X-AnchorMailbox; empty: none
  std::string mailbox; // X-PublicFolderMailbox; empty: none
  friend bool operator==(const public_route&, const public_route&) = default;
};

/// One account's routes on one server. One thread; a question is answered at once where the answer is known.
class public_routing {
public:
  using answer = std::function<void(discovered)>;
  struct options {
    discover about; // the account: address, credentials, limits; where Autodiscover is
    std::function<void(discover, answer)> ask;
  };
  explicit public_routing(options with) : with_(std::move(with)) {}

  /// Calls `then` with the headers, which are empty where none are to be had: see `why_none`.
  void find(const public_destination& to, std::function<void(public_route)> then);
  /// The server has said that this is not where it leads: it is asked for anew.
  void forget(const public_destination& to);
  /// What could not be found is looked for again with the next question.
  void try_again();
  /// Whether there are headers for it, as far as is known.
  bool is_known(const public_destination& to) const;
  /// What keeps headers from being known; empty where nothing does.
  const std::string& why_none() const { return why_none_; }

private:
  enum class state { unknown, asked, known, failed };
  struct target {
    enum state state = state::unknown;
    public_route route;
    std::vector<std::function<void()>> waiting;
  };
  void find_hierarchy();
  void find_content(const std::string& guid);
  void settle(target& of, std::optional<public_route> found, const std::string& why);
  void ask(std::string address, discover::what wanted, answer then);
  static std::string told(const discovered& by);

  options with_;
  target hierarchy_;
  std::map<std::string, target> contents_; // by GUID
  std::set<std::string> doubted_;          // addresses that are asked for anew
  std::string why_none_;
};

/// The Autodiscover service that is asked for routes: that of the server's URL, and where that is the address of EWS
/// itself, the one beside it. Credentials go to no other host than those that the configuration names.
std::string autodiscover_beside(const std::string& url);

} // namespace exsyncd
