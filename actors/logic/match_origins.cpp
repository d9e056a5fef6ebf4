#include "actors/logic/matching.hpp"

#include "storage/marks.hpp"

#include <algorithm>

namespace exsyncd::logic {

void matching::by_origin() {
  std::map<std::pair<std::string, item_class>, both<std::vector<const twin*>>> groups;
  const auto add = [&](const twin* t, side s) {
    const auto& o = *t->seen[s];
    if (is_users_copy(*t, s) || agreed_there_.contains({s, o.search_key})) return;
    if (auto origin = origin_of(o); !origin.empty() && listed_.contains(o.folder))
      groups[{std::move(origin), o.item_class}][s].push_back(t);
  };
  for (const twin* half : halves_)
    add(half, *half_of(*half));
  // Of two that were brought back one is deleted again before we come to it.
  for (const twin* t : vacant_)
    for (side s : both_sides)
      if (is_left_half(*t, s) && !is_of_a_create(*t, s)) add(t, s);
  std::set<const twin*> linked;
  for (const auto& [origin, group] : groups) {
    if (group.primary.size() != 1 || group.replica.size() != 1) continue;
    const twin &p = *group.primary.front(), &r = *group.replica.front();
    if (!half_of(p) && !half_of(r)) continue;
    if (!parts_of(p.seen.primary->mark) && !parts_of(r.seen.replica->mark)) continue; // no copy of ours
    take(p, r, side::replica);
    linked.insert({&p, &r});
  }
  drop_halves([&](const twin* half) { return linked.contains(half); });
  beside_open_creates();
  beside_what_is_missing();
}

void matching::beside_open_creates() {
  std::multimap<std::pair<side, std::string>, const twin*> copied, named;
  for (const twin* t : vacant_)
    if (t->intent && t->intent->operation == operation::create)
      if (const auto& source = t->seen[other(t->intent->target)]; source && source->presence == presence::present) {
        copied.emplace(std::pair{t->intent->target, origin_of(*source)}, t);
        named.emplace(std::pair{t->intent->target, name_of(*source)}, t);
      }
  if (copied.empty()) return;
  const auto waits = [&](const twin& t, side s) {
    const auto& o = *t.seen[s];
    if (is_users_copy(t, s)) return false;
    const auto any = [&](const auto& among, const std::string& key, auto fits) {
      const auto [begin, end] = among.equal_range({s, key});
      return std::any_of(begin, end, [&](const auto& entry) {
        const auto& source = *entry.second->seen[other(s)];
        return source.item_class == o.item_class && fits(source);
      });
    };
    const auto has_mark = [&](const observation& source) { return parts_of(o.mark) || parts_of(source.mark); };
    return (!origin_of(o).empty() && any(copied, origin_of(o), has_mark)) ||
           any(named, name_of(o), [&](const observation& source) { return source.folder == o.folder; });
  };
  drop_halves([&](const twin* half) {
    if (!waits(*half, *half_of(*half))) return false;
    result_.held.push_back(half->id);
    return true;
  });
  for (const twin* t : vacant_) // deleted again before that
    for (side s : both_sides)
      if (is_left_half(*t, s) && waits(*t, s)) result_.held.push_back(t->id);
}

void matching::beside_what_is_missing() {
  std::set<std::tuple<side, item_class, std::string>> missing;
  for (const twin* t : vacant_)
    for (side s : both_sides) {
      const auto& here = t->seen[s];
      const bool given_up = t->base && !t->intent && !t->trouble && here && here->presence == presence::absent;
      if (!given_up || filled_.contains({t->id, s})) continue;
      if (const auto& there = t->seen[other(s)]; there && there->presence == presence::present)
        missing.emplace(s, here->item_class, origin_of(*here));
    }
  drop_halves([&](const twin* half) {
    const side s = *half_of(*half);
    const auto& o = of(*half);
    const auto origin = origin_of(o);
    const bool waits = !origin.empty() && missing.contains({s, o.item_class, origin}) && !is_users_copy(*half, s);
    if (waits) result_.held.push_back(half->id);
    return waits;
  });
}

std::string matching::name_of(const observation& o) {
  const auto key = dated_id(o);
  return key.empty() ? "\n" + o.subject : key;
}

bool matching::is_of_a_create(const twin& t, side s) const {
  if (maker_of(t, s).owner) return true;
  const auto named = twin_of_mark(t.pair, t.seen[s]->mark);
  const auto at = named ? by_id_.find(*named) : by_id_.end();
  if (at == by_id_.end() || at->second == &t || at->second->buried) return false;
  const auto& known = at->second->seen[s];
  return known && (known->mark == t.seen[s]->mark || known->presence == presence::present);
}

bool matching::is_users_copy(const twin& t, side s) const {
  if (t.seen[s]->copied) return true;
  const auto named = twin_of_mark(t.pair, t.seen[s]->mark);
  const auto at = named ? by_id_.find(*named) : by_id_.end();
  if (at == by_id_.end() || at->second == &t || at->second->buried) return false;
  const auto& known = at->second->seen[s];
  return known && known->presence == presence::present && known->mark == t.seen[s]->mark;
}

} // namespace exsyncd::logic
