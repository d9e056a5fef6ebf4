#include "storage/memory_engine.hpp"

namespace exsyncd {

std::optional<std::string> memory_engine::get(std::string_view key) const {
  auto at = synced_.find(key);
  if (at == synced_.end()) return {};
  return at->second;
}

void memory_engine::scan(std::string_view prefix, const visitor& visit) const {
  for (auto at = synced_.lower_bound(prefix); at != synced_.end() && at->first.starts_with(prefix); ++at)
    if (!visit(at->first, at->second)) return;
}

std::optional<storage_failure> memory_engine::write(const batch& changes) {
  ++writes_;
  if (on_write)
    if (auto failed = on_write(writes_, moment::before)) return failed;
  for (const auto& [key, value] : changes)
    if (value)
      synced_.insert_or_assign(key, *value);
    else
      synced_.erase(key);
  if (on_write) return on_write(writes_, moment::after);
  return {};
}

std::unique_ptr<engine> memory_engine::snapshot() const {
  auto copy = std::make_unique<memory_engine>(synced_);
  copy->on_write = [](std::uint64_t, moment) {
    return storage_failure{storage_failure::kind::not_writable, "a snapshot is not written to"};
  };
  return copy;
}

} // namespace exsyncd
