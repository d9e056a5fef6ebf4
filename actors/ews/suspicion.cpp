#include "actors/ews/suspicion.hpp"

#include <utility>

namespace exsyncd {
namespace {

/// So many are remembered at most: past it something is wrong with more than some items.
constexpr std::size_t most_remembered = 10'000;

std::string key_of(std::string_view kind, const std::string& item) {
  return std::string(kind) + '\n' + item;
}

} // namespace

void suspicion::succeeded(std::string_view kind) {
  if (auto at = successes_.find(kind); at != successes_.end())
    ++at->second;
  else
    successes_.emplace(kind, 1);
}

std::uint64_t suspicion::successes(std::string_view kind) const {
  const auto at = successes_.find(kind);
  return at == successes_.end() ? 0 : at->second;
}

suspicion::tried& suspicion::entry(std::string_view kind, const std::string& item) {
  if (tried_.size() >= most_remembered) tried_.erase(tried_.begin());
  return tried_[key_of(kind, item)];
}

void suspicion::suspect(std::string_view kind, const std::string& item) {
  entry(kind, item).apart = true;
}

bool suspicion::is_suspect(std::string_view kind, const std::string& item) const {
  const auto at = tried_.find(key_of(kind, item));
  return at != tried_.end() && at->second.apart;
}

suspicion::verdict suspicion::failed_alone(std::string_view kind, const std::string& item) {
  auto& t = entry(kind, item);
  const auto now = successes(kind);
  const bool passed_since = now > t.successes;
  const bool before = std::exchange(t.alone, true);
  t.successes = now;
  if (passed_since) return verdict::counts;
  return before ? verdict::uncounted : verdict::everything;
}

void suspicion::clear(std::string_view kind, const std::string& item) {
  tried_.erase(key_of(kind, item));
}

} // namespace exsyncd
