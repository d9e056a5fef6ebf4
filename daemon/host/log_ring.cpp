#include "daemon/host/log_ring.hpp"

#include <algorithm>
#include <utility>

namespace exsyncd::host {
namespace {

std::size_t size_of(const kept_line& kept) {
  const auto& l = kept.line;
  return sizeof kept + l.text.size() + l.pair.size() + l.folder.size() + l.item.size() + l.code.size();
}

/// Not within a character: its later bytes begin with the bits 10.
void cut(std::string& text) {
  if (text.size() <= log_ring::longest_text) return;
  auto end = log_ring::longest_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  text.resize(end);
  text += "…";
}

} // namespace

void log_ring::add(std::chrono::system_clock::time_point when, log_line line) {
  cut(line.text);
  cut(line.item);
  kept_line kept{when, std::move(line)};
  {
    const std::lock_guard lock(mutex_);
    bytes_ += size_of(kept);
    lines_.push_back(kept);
    while (lines_.size() > most_lines || bytes_ > most_bytes) {
      bytes_ -= size_of(lines_.front());
      lines_.pop_front();
    }
  }
  const std::lock_guard lock(listening_);
  if (listener_) listener_(kept);
}

std::vector<kept_line> log_ring::last(const std::string& pair, log_level least, std::size_t limit) const {
  std::vector<kept_line> found;
  const std::lock_guard lock(mutex_);
  for (auto at = lines_.rbegin(); at != lines_.rend() && found.size() < limit; ++at)
    if (at->line.level >= least && (pair.empty() || at->line.pair == pair)) found.push_back(*at);
  std::reverse(found.begin(), found.end());
  return found;
}

void log_ring::listen(std::function<void(const kept_line&)> listener) {
  const std::lock_guard lock(listening_);
  listener_ = std::move(listener);
}

} // namespace exsyncd::host
