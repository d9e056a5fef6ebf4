#include "actors/logic/matching.hpp"

#include "storage/marks.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

/// Whether we have put `ours` in place of `copy`, which nobody but its user brings back. A twin that was forgotten
/// since is known by the name of its pair, and by the way that both have come.
bool stands_in_place_of(const observation& ours, const observation& copy) {
  const auto a = parts_of(ours.mark), b = parts_of(copy.mark);
  return a && b && !a->replaced.empty() && b->replaced.empty() && a->pair == b->pair && a->places == b->places;
}

bool gives_way(const twin& t, const observation& ours, const observation& copy) {
  if (twin_of_mark(t.pair, ours.mark) != t.id || t.trouble || ours.folder != copy.folder) return false;
  const auto way = [](const observation& o) { return std::pair(lineage_of(o).size(), o.mark.value); };
  return way(copy) < way(ours);
}

} // namespace

void matching::by_replacement() {
  const auto replaced = [](const observation& o) {
    const auto parts = parts_of(o.mark);
    return parts ? parts->replaced : std::string();
  };
  if (std::none_of(halves_.begin(), halves_.end(), [&](const twin* h) { return !replaced(of(*h)).empty(); })) return;
  std::multimap<std::pair<side, std::string>, const twin*> known;
  for (const twin* t : vacant_)
    for (side s : both_sides)
      if (t->seen[s]) known.emplace(std::pair{s, place_of(*t->seen[s])}, t);
  drop_halves([&](const twin* half) {
    const auto place = replaced(of(*half));
    if (place.empty()) return false;
    const auto own = twin_of_mark(half->pair, of(*half).mark);
    if (own && by_id_.contains(*own)) return false; // ours, or a user's copy of ours
    const side s = *half_of(*half);
    const auto [begin, end] = known.equal_range({s, place});
    const auto fits = [&](const auto& one) {
      return one.second->seen[s]->mark != of(*half).mark && !filled_.contains({one.second->id, s});
    };
    const auto at = std::find_if(begin, end, fits); // what has that very mark is its user's copy, or moved
    if (at == end) return false;
    const twin& t = *at->second;
    if (t.seen[s]->presence == presence::present && !t.intent)
      result_.redundant.push_back(half->id);
    else if (t.seen[s]->presence == presence::present || is_removing(t, s))
      result_.held.push_back(half->id);
    else
      take(t, *half, s);
    return true;
  });
}

void matching::by_forgotten_replacement() {
  drop_halves([this](const twin* half) {
    const side s = *half_of(*half);
    const auto& made = of(*half);
    const auto parts = parts_of(made.mark);
    const auto named = parts && !parts->replaced.empty() ? twin_of_mark(half->pair, made.mark) : std::nullopt;
    const auto at = named ? by_id_.find(*named) : by_id_.end();
    if (at == by_id_.end() || at->second->buried || filled_.contains({*named, s})) return false;
    const twin& owner = *at->second;
    const auto& old = owner.seen[s];
    const bool gone = old && old->presence != presence::present && !old->given_up && old->mark != made.mark;
    if (!gone || place_of(*old) != parts->replaced) return false;
    if (owner.intent || std::max(old->sequence, made.sequence) >= around_.listed_after[s])
      result_.held.push_back(half->id);
    else
      take(owner, *half, s);
    return true;
  });
}

bool matching::is_removing(const twin& t, side s) {
  const auto& i = t.intent;
  return i && i->target == s &&
         (i->operation == operation::remove ||
          (i->operation == operation::replace && i->step == replace_step::removing));
}

bool matching::is_made_anew(const twin& t, side s) {
  return t.intent && t.intent->target == s && t.intent->operation == operation::create;
}

void matching::by_lineage() {
  const auto from_elsewhere = [this](const twin* half) {
    const auto& mark = of(*half).mark;
    const auto parts = parts_of(mark);
    if (!parts || parts->places.empty()) return false;
    const auto own = twin_of_mark(half->pair, mark);
    return !own || !by_id_.contains(*own);
  };
  if (std::none_of(halves_.begin(), halves_.end(), from_elsewhere)) return;
  std::multimap<std::pair<side, std::string>, const twin*> known;
  for (const auto* of : {&vacant_, &halves_})
    for (const twin* t : *of)
      for (side s : both_sides)
        if (const auto& o = t->seen[other(s)]; o && o->presence == presence::present)
          known.emplace(std::pair{s, first_of_lineage(*o)}, t);
  // Where a user has copied a copy, the way does not tell which of the two it is: their contents do.
  std::map<std::pair<side, operation_mark>, int> times;
  for (const twin* half : halves_)
    ++times[{*half_of(*half), of(*half).mark}];
  std::set<const twin*> linked;
  drop_halves([&](const twin* half) {
    if (linked.contains(half)) return true;
    if (!from_elsewhere(half)) return false;
    const side s = *half_of(*half);
    const auto [begin, end] = known.equal_range({s, first_of_lineage(of(*half))});
    const twin* nearest = nullptr;
    std::size_t most = 0;
    const bool copied = times[{s, of(*half).mark}] > 1;
    for (auto at = begin; at != end; ++at)
      if (const auto way = may_be(*half, *at->second, s);
          way > most && !linked.contains(at->second) && !(copied && half_of(*at->second)))
        nearest = at->second, most = way;
    if (!nearest) return false;
    if (!half_of(*nearest)) {
      stands_in(*half, *nearest, s);
      return true;
    }
    const auto& [p, r] = s == side::primary ? std::pair(half, nearest) : std::pair(nearest, half);
    take(*p, *r, side::replica);
    linked.insert(nearest);
    return true;
  });
  drop_halves([&](const twin* half) { return linked.contains(half); });
}

std::size_t matching::may_be(const twin& half, const twin& t, side s) const {
  const auto& copy = of(half);
  const auto& here = t.seen[s];
  const auto& opposite = *t.seen[other(s)];
  if (here && here->mark == copy.mark) return 0; // a user's copy of ours is an item of its own
  if (here && stands_in_place_of(*here, copy)) return 0;
  if (here && here->presence == presence::present && here->folder != copy.folder) return 0;
  if (half_of(t) &&
      (opposite.folder != copy.folder || opposite.item_class != copy.item_class || !listed_.contains(copy.folder)))
    return 0;
  return common_lineage(copy, opposite);
}

void matching::stands_in(const twin& half, const twin& t, side s) {
  const auto& copy = of(half);
  const auto& here = t.seen[s];
  const bool is_here = here && here->presence == presence::present;
  const auto seen = [&](const observation& o) { return o.sequence < around_.listed_after[s]; };
  if (t.intent || (here && !is_here && !(seen(*here) && seen(copy))))
    result_.held.push_back(half.id);
  else if (filled_.contains({t.id, s}) || (is_here && !(t.base && gives_way(t, *here, copy))))
    result_.redundant.push_back(half.id);
  else
    take(t, half, s);
}

} // namespace exsyncd::logic
