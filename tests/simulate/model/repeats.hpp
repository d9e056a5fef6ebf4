#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace simulate::model {

/// Counts requests of one kind about one thing that fail again and again: who waits longer after each failure, as the
/// daemon is to, fails so often in no stretch of time. Also while users act, when polls go on and news come.
class repeats {
public:
  static constexpr std::int64_t stretch = 300'000; ///< milliseconds
  /// Polls of 30 s, a few crashes and administrators who have it tried again come to half of it at most (32 in 300
  /// worlds, mostly below 12).
  static constexpr std::size_t most = 64;

  /// What a request about each thing that it names came to, `failed`: as a whole. Words, where something has failed
  /// more often than may be; told once for each thing.
  std::optional<std::string> note(std::int64_t now, const std::string& server, const std::string& operation,
                                  std::string_view question, std::string_view answer, bool failed);
  /// The most that anything has failed in one stretch so far.
  std::size_t worst() const { return worst_; }

private:
  std::optional<std::string> count(std::int64_t now, std::string thing);

  std::map<std::string, std::deque<std::int64_t>> failures_; ///< the times of the last ones
  std::size_t worst_ = 0;
};

} // namespace simulate::model
