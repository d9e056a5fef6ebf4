#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

// What can be put back, and what is decided anew.
namespace exsyncd {

void store::keep(const keep_undo& call) {
  const auto& r = call.record;
  const auto key = keys::undo(r);
  put(key, encode(r));
  if (!r.done)
    put(keys::undo_of(r.intent), key);
  else if (get(keys::undo_of(r.intent)))
    erase(keys::undo_of(r.intent));
}

void store::drop(const undo_record& r) {
  erase(keys::undo(r));
  if (get(keys::undo_of(r.intent))) erase(keys::undo_of(r.intent));
}

/// The write that a record was made for has ended.
void store::end_undo(const intent_id& intent, bool took_effect) {
  const auto key = get(keys::undo_of(intent));
  if (!key) return;
  erase(keys::undo_of(intent));
  auto kept = read<undo_record>(*key);
  if (!kept) return;
  if (!took_effect) return erase(*key);
  kept->done = true;
  put(*key, encode(*kept));
}

/// A write goes on under another intent: what was there before it is the same.
void store::hand_undo_on(const intent_id& from, const intent_id& to) {
  const auto key = get(keys::undo_of(from));
  if (!key) return;
  auto kept = read<undo_record>(*key);
  if (!kept) return;
  erase(keys::undo_of(from));
  kept->intent = to;
  put(*key, encode(*kept));
  put(keys::undo_of(to), *key);
}

std::vector<undo_record> store::undos(const pair_id& pair) const {
  std::vector<undo_record> result;
  scan_records<undo_record>(pair.empty() ? keys::all_undo() : keys::all_undo(pair), [&](undo_record r) {
    result.push_back(std::move(r));
    return true;
  });
  return result;
}

std::optional<undo_record> store::undo(const pair_id& pair, const undo_id& id) const {
  std::optional<std::string> found;
  scan(keys::all_undo(pair), [&](std::string_view key, std::string_view bytes) {
    if (!key.ends_with(id.value)) return true;
    const auto kept = decode<undo_record>(bytes);
    const auto* record = std::get_if<undo_record>(&kept);
    if (!record || record->id != id) return true;
    found = std::string(key);
    return false;
  });
  return found ? read<undo_record>(*found) : std::nullopt;
}

void store::reopen(const reopen_twin& call) {
  edit(call.twin, [&](twin& t) {
    if (t.intent) return false;
    for (side s : both_sides)
      if (t.seen[s] && t.seen[s]->sequence > call.seen[s]) return false;
    if (call.drop_base) t.base.reset();
    return t.unfinished = true;
  });
}

} // namespace exsyncd
