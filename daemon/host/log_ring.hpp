#pragma once

#include "actors/log.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace exsyncd::host {

struct kept_line {
  std::chrono::system_clock::time_point when;
  log_line line;
};

/// The last lines of the log, in memory: at most so many, and so many bytes of text. Any thread.
class log_ring {
public:
  static constexpr std::size_t most_lines = 10'000;
  static constexpr std::size_t most_bytes = std::size_t{4} << 20;
  static constexpr std::size_t longest_text = 2048; // what is longer is cut

  void add(std::chrono::system_clock::time_point when, log_line line);

  /// The newest `limit` lines of one pair (empty: of all), at least of that level; the oldest of them first.
  std::vector<kept_line> last(const std::string& pair, log_level least, std::size_t limit) const;

  /// Called with every later line, in the thread that writes it; replaces the one before. Must not log.
  void listen(std::function<void(const kept_line&)> listener);

private:
  mutable std::mutex mutex_;
  std::deque<kept_line> lines_;
  std::size_t bytes_ = 0;
  std::mutex listening_; // held while the listener runs: after `listen` returns, the old one is called no more
  std::function<void(const kept_line&)> listener_;
};

} // namespace exsyncd::host
