#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace exsyncd {

/// Why the state directory cannot be used (any more).
struct storage_failure {
  enum class kind { locked, damaged, newer, not_writable, full, other } kind = kind::other;
  std::string what; // for the administrator, with the directory's name and what to do
};

/// An ordered map of byte strings whose batches are atomic and durable. One owner, one thread; so is a snapshot of it.
class engine {
public:
  /// Returns false to end the scan. The views live as long as the call.
  using visitor = std::function<bool(std::string_view key, std::string_view value)>;
  /// Key to new value; an empty one removes the key.
  using batch = std::map<std::string, std::optional<std::string>>;

  virtual ~engine() = default;
  virtual std::optional<std::string> get(std::string_view key) const = 0;
  /// Calls `visit` for every entry whose key starts with `prefix`, in the order of the keys' bytes.
  virtual void scan(std::string_view prefix, const visitor& visit) const = 0;
  /// On disk when it returns without a failure; all of it or nothing.
  virtual std::optional<storage_failure> write(const batch&) = 0;
  /// The first read that failed. Nothing that was read since can be trusted, and `write` refuses with the same.
  virtual std::optional<storage_failure> failure() const = 0;
  /// The entries as they are now, whatever is written later; to be read only, by another thread too. Writing to it is a
  /// failure.
  virtual std::unique_ptr<engine> snapshot() const = 0;
};

} // namespace exsyncd
