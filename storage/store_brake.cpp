#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <set>

// What the brake remembers, and what is forgotten of a pair.
namespace exsyncd {

void store::note(const note_brake& call) {
  for (const auto& [folder, why] : call.freeze) {
    put(keys::frozen(call.pair, folder), encode(why));
    erase(keys::wary(call.pair, folder));
    erase(keys::departure(call.pair, folder));
  }
  for (const auto& folder : call.calm)
    erase(keys::wary(call.pair, folder));
  for (const auto& folder : call.released)
    erase(keys::release(call.pair, folder));
  for (const auto& [folder, what] : call.departing)
    if (what.up_to == both<sequence>{})
      erase(keys::departure(call.pair, folder));
    else
      put(keys::departure(call.pair, folder), encode(what));
}

std::optional<frozen> store::frozen_state(const pair_id& pair, const folder_pair_id& folder) const {
  return read<frozen>(keys::frozen(pair, folder));
}

store::brakes store::brakes_of(const pair_id& pair) const {
  brakes result;
  const auto load = [&]<class Record>(const std::string& prefix, std::vector<std::pair<folder_pair_id, Record>>& into) {
    scan(prefix, [&](std::string_view key, std::string_view) {
      if (auto record = read<Record>(std::string(key))) into.emplace_back(keys::folder_of(pair, key), *record);
      return true;
    });
  };
  load(keys::all_frozen(pair), result.held);
  load(keys::all_released(pair), result.released);
  load(keys::all_wary(pair), result.unattended);
  load(keys::all_departures(pair), result.departing);
  result.deletes = read<delete_count>(keys::delete_count(pair)).value_or(delete_count{});
  return result;
}

std::vector<folder_pair_id> store::release(const release_brake& call) {
  const auto known = brakes_of(call.pair);
  std::set<folder_pair_id> folders;
  for (const auto& [folder, why] : known.held)
    folders.insert(folder);
  for (const auto& [folder, how] : known.released)
    folders.insert(folder);
  std::vector<folder_pair_id> done;
  for (const auto& folder : folders) {
    if (!call.folder_pair.empty() && folder != call.folder_pair) continue;
    done.push_back(folder);
    if (!get(keys::frozen(call.pair, folder))) continue; // it was let go before, and nothing was frozen since
    // What comes to be absent by this gets the number that is the limit.
    const auto limit = advance();
    if (call.put_back) put_back(call.pair, folder, limit);
    put(keys::release(call.pair, folder), encode(exsyncd::release{call.put_back, limit, call.when}));
    erase(keys::frozen(call.pair, folder));
  }
  return done;
}

/// What has left one side only is taken for absent, at `at`: absence deletes nothing. Of what the sides have not agreed
/// on, that holds as well, and where its other side has never been seen: that may come, and is another item then.
void store::put_back(const pair_id& pair, const folder_pair_id& folder, sequence at) {
  const auto is = [](const std::optional<observation>& o, presence p) { return o && o->presence == p; };
  for (const auto& t : unsettled(pair)) {
    if (t.folder_pair != folder || t.intent) continue;
    for (side s : both_sides) {
      const auto& there = t.seen[other(s)];
      const bool to_come = !t.base && !there;
      if (!is(t.seen[s], presence::left) || !(is(there, presence::present) || to_come)) continue;
      edit(t.id, [&](twin& changed) {
        changed.seen[s]->presence = presence::absent;
        changed.seen[s]->sequence = at;
        return true;
      });
    }
  }
}

void store::restart(const restart_listing& call) {
  std::set<folder_pair_id> folders;
  for (const auto& f : folder_sides(call.pair)) {
    if (!call.folder_pair.empty() && f.folder_pair != call.folder_pair) continue;
    bind({f.pair, f.folder_pair, f.side, f.mailbox, f.folder, f.path, true, {}});
    folders.insert(f.folder_pair);
  }
  for (const auto& folder : folders) {
    put_back(call.pair, folder, advance());
    // What the new listings do not show is absent as well, and that is what was asked for.
    put(keys::release(call.pair, folder), encode(exsyncd::release{true, 0, call.when}));
    erase(keys::frozen(call.pair, folder));
    erase(keys::wary(call.pair, folder));
    erase(keys::departure(call.pair, folder));
  }
}

void store::leave(const leave_pair& call) {
  const auto since = advance();
  for (const auto& f : folder_sides(call.pair)) {
    const auto& some = call.folders;
    if (!some.empty() && std::find(some.begin(), some.end(), f.folder_pair) == some.end()) continue;
    const auto key = keys::wary(call.pair, f.folder_pair);
    if (!get(key)) put(key, encode(wary{since, call.when}));
  }
}

/// Each twin of a pair is found in one of these tables.
std::set<std::string> store::ids_of_all(const pair_id& pair) const {
  std::set<std::string> ids;
  for (const auto& table :
       {keys::all_items(pair), keys::all_unsettled(pair), keys::all_in_trouble(pair), keys::all_buried(pair)})
    scan(table, [&](std::string_view, std::string_view id) {
      ids.emplace(id);
      return true;
    });
  return ids;
}

std::uint64_t store::forget(const forget_pair& call) {
  std::uint64_t known = 0;
  for (const auto& f : counts(call.pair).folder_pairs)
    known += f.known;
  for (const auto& id : ids_of_all(call.pair))
    erase(keys::of_twin(twin_id{id}));
  std::vector<std::string> keys;
  for (const auto& table : keys::all_of(call.pair))
    scan(table, [&](std::string_view key, std::string_view) {
      keys.emplace_back(key);
      return true;
    });
  forget_costs(call.pair, keys);
  for (const auto& key : keys)
    erase(key);
  return known;
}

/// One that nobody asked for: what was let go by an administrator does not count against the pair's day.
void store::count_delete(const twin& t) {
  if (!t.intent || t.intent->operation != operation::remove || !t.base) return;
  const auto& left = t.seen[other(t.intent->target)];
  const auto let_go = read<exsyncd::release>(keys::release(t.pair, t.folder_pair));
  if (let_go && left && left->sequence <= let_go->up_to) return;
  const auto key = keys::delete_count(t.pair);
  const auto day = day_of(t.intent->begun);
  auto count = read<delete_count>(key).value_or(delete_count{});
  if (count.day != day) count = {day, 0};
  ++count.count;
  put(key, encode(count));
}

} // namespace exsyncd
