#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

// What is kept of a pair as a whole: memory, leases, its declaration; and what of it is too old to be kept.
namespace exsyncd {

void store::remember(const set_pair_memory& call) {
  put(keys::memory(call.pair), encode(call.memory));
}

void store::keep(const keep_leases& call) {
  for (const auto& l : call.leases) {
    const auto key = keys::lease(call.pair, l.folder_pair);
    if (l.nonce.empty() && l.next.empty())
      erase(key);
    else
      put(key, encode(l));
  }
}

std::string store::installation() {
  if (auto known = get(keys::installation())) return std::move(*known);
  auto made = mint_();
  put(keys::installation(), made);
  return made;
}

std::vector<lease_record> store::leases(const pair_id& pair) const {
  std::vector<lease_record> result;
  scan_records<lease_record>(keys::all_leases(pair), [&](lease_record l) {
    result.push_back(std::move(l));
    return true;
  });
  return result;
}

void store::keep(const keep_declaration& call) {
  const auto key = keys::declaration(call.kind, call.name);
  if (call.text) return put(key, encode(declaration{call.kind, call.name, *call.text}));
  erase(key);
  if (call.kind != declared::pair) return;
  const pair_id pair{call.name};
  if (!call.keep_state) return static_cast<void>(forget({pair}));
  erase(keys::memory(pair));
  leave({pair, call.when});
}

void store::prune(const prune_conflicts& call) {
  std::vector<std::string> old;
  std::size_t seen = 0;
  scan(keys::all_conflicts(call.pair), [&](std::string_view key, std::string_view bytes) {
    const auto kept = decode<conflict>(bytes);
    const auto* lost = std::get_if<conflict>(&kept);
    if (++seen > call.most || (lost && lost->when < call.before)) old.emplace_back(key);
    return true;
  });
  for (const auto& key : old)
    erase(key);
}

void store::exhume(const pair_id& pair, utc_seconds before) {
  const auto end = keys::buried_at(pair, before);
  std::vector<twin_id> old;
  scan(keys::all_buried(pair), [&](std::string_view key, std::string_view id) {
    if (key >= end) return false;
    old.emplace_back(std::string(id));
    return true;
  });
  for (const auto& id : old)
    if (auto t = load(id)) replace(&*t, nullptr);
}

} // namespace exsyncd
