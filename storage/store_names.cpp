#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <map>
#include <utility>

// What is known of a folder pair that has another name now.
namespace exsyncd {
namespace {

using new_names = std::map<folder_pair_id, folder_pair_id>;

/// False where it is none of those that have another name.
bool rename_in(folder_pair_id& name, const new_names& names) {
  const auto at = names.find(name);
  if (at == names.end()) return false;
  name = at->second;
  return true;
}

bool rename_in(twin& t, const new_names& names) {
  bool did = rename_in(t.folder_pair, names);
  for (side s : both_sides)
    if (t.seen[s]) did |= rename_in(t.seen[s]->folder, names);
  if (!t.intent) return did;
  did |= rename_in(t.intent->folder, names);
  if (t.intent->loses) did |= rename_in(t.intent->loses->folder_pair, names);
  return did;
}

/// One folder pair has been known under two names. What the later one has been told the earlier one's cursors tell
/// again, and what has left since they tell alone.
folder_side joined(folder_side earlier, const folder_side& later) {
  earlier.generation = std::max(earlier.generation, later.generation);
  earlier.whole_generation = 0;
  earlier.bound_at = std::max(earlier.bound_at, later.bound_at);
  return earlier;
}

} // namespace

void store::rename(const rename_folder_pairs& call) {
  const auto& pair = call.pair;
  new_names names;
  for (const auto& [from, to] : call.names)
    if (from != to) names.emplace(from, to);
  if (names.empty()) return;

  for (const auto& id : ids_of_all(pair)) {
    const auto before = load(twin_id{id});
    if (!before) continue;
    auto after = *before;
    if (rename_in(after, names)) replace(&*before, &after);
  }
  const auto is_target = [&](const folder_pair_id& name) {
    return std::any_of(names.begin(), names.end(), [&](const auto& n) { return n.second == name; });
  };
  for (const auto& [from, to] : names)
    if (!is_target(from)) erase(keys::counts(pair, from));

  rename_sides({pair, {names.begin(), names.end()}});
  // What is told of the new name already stands.
  const auto move_all = [&](auto key_of, auto rewrite) {
    std::vector<std::pair<folder_pair_id, std::string>> moved;
    for (const auto& [from, to] : names)
      if (auto bytes = get(key_of(pair, from))) {
        moved.emplace_back(to, rewrite(std::move(*bytes), to));
        erase(key_of(pair, from));
      }
    for (auto& [to, bytes] : moved)
      if (!get(key_of(pair, to))) put(key_of(pair, to), std::move(bytes));
  };
  const auto as_it_is = [](std::string bytes, const folder_pair_id&) { return bytes; };
  move_all(keys::frozen, as_it_is);
  move_all(keys::release, as_it_is);
  move_all(keys::wary, as_it_is);
  move_all(keys::departure, as_it_is);
  move_all(keys::lease, [&](std::string bytes, const folder_pair_id& to) {
    auto kept = decode<lease_record>(bytes);
    auto* lease = std::get_if<lease_record>(&kept);
    if (!lease) return bytes; // whoever reads it tells that it is damaged
    lease->folder_pair = to;
    return encode(*lease);
  });

  std::vector<std::pair<std::string, std::string>> told;
  const auto rewrite = [&]<class Record>(const std::string& table, const Record*) {
    scan(table, [&](std::string_view key, std::string_view bytes) {
      auto kept = decode<Record>(bytes);
      auto* record = std::get_if<Record>(&kept);
      if (record && record->pair == pair && rename_in(record->folder_pair, names))
        told.emplace_back(key, encode(*record));
      return true;
    });
  };
  rewrite(keys::all_conflicts(pair), static_cast<conflict*>(nullptr));
  rewrite(keys::all_undo(pair), static_cast<undo_record*>(nullptr));
  rewrite(keys::all_costly(), static_cast<costly_item*>(nullptr));
  for (auto& [key, bytes] : told)
    put(key, std::move(bytes));
}

void store::rename_sides(const rename_folder_pairs& call) {
  std::vector<both<std::optional<folder_side>>> moved;
  for (const auto& [from, to] : call.names) {
    auto& sides = moved.emplace_back();
    for (side s : both_sides) {
      const auto key = keys::folder_side(call.pair, from, s);
      sides[s] = read<folder_side>(key);
      erase(key);
    }
  }
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const auto& to = call.names[i].second;
    bool again = false; // everything is to be listed anew
    for (side s : both_sides) {
      auto& f = moved[i][s];
      if (!f) continue;
      const auto key = keys::folder_side(call.pair, to, s);
      f->folder_pair = to;
      if (const auto there = read<folder_side>(key)) {
        again = again || f->phase == listing_phase::from_beginning;
        f = there->mailbox == f->mailbox && there->folder == f->folder ? joined(*f, *there) : *there;
      }
      put(key, encode(*f));
    }
    if (!again) continue;
    for (side s : both_sides)
      if (const auto& f = moved[i][s]) bind({f->pair, to, s, f->mailbox, f->folder, f->path, true, {}});
  }
}

} // namespace exsyncd
