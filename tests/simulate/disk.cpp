#include "tests/simulate/disk.hpp"

#include "actors/ews/public_ids.hpp"
#include "storage/codec.hpp"
#include "storage/keys.hpp"

namespace simulate {

using namespace exsyncd;

std::string id_at_server(item_id id) {
  strip(id);
  return id.value;
}

std::optional<storage_failure> disk::write(const batch& changes) {
  const auto prefix = keys::all_conflicts(pair_id("")).substr(0, 1);
  for (const auto& [key, value] : changes) {
    if (!value || !key.starts_with(prefix)) continue;
    const auto lost = decode<conflict>(*value);
    if (!std::holds_alternative<conflict>(lost)) continue;
    const auto& about = std::get<conflict>(lost).twin;
    auto& ids = losers_[about];
    const auto own = keys::of_twin(about);
    const auto add = [&](const std::optional<std::string>& bytes) {
      if (!bytes) return;
      const auto read = decode<twin>(*bytes);
      if (!std::holds_alternative<twin>(read)) return;
      for (const side s : both_sides)
        if (const auto& seen = std::get<twin>(read).seen[s]) ids.insert(id_at_server(seen->item));
    };
    add(get(own));
    if (const auto at = changes.find(own); at != changes.end()) add(at->second);
  }
  return memory_engine::write(changes);
}

void disk::put_back(contents once) {
  auto hook = std::move(on_write);
  static_cast<memory_engine&>(*this) = memory_engine(std::move(once));
  on_write = std::move(hook);
}

} // namespace simulate
