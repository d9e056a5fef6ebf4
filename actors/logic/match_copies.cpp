#include "actors/logic/matching.hpp"

#include <algorithm>

namespace exsyncd::logic {

void matching::note_copies() {
  const auto told = [this](const observation& o, side s) {
    const auto& unread = around_.unread[s];
    return o.sequence < around_.listed_after[s] && std::find(unread.begin(), unread.end(), o.folder) == unread.end();
  };
  const auto is_there = [&](const twin& t, side s) {
    const auto& o = t.seen[s];
    return t.base && o && o->presence == presence::present && !is_unlisted(t, s) && o->missed_since == 0 && told(*o, s);
  };
  std::set<std::pair<side, search_key>> there;
  for (const twin* t : vacant_)
    for (side s : both_sides)
      if (is_there(*t, s) && !t->seen[s]->search_key.empty()) there.emplace(s, t->seen[s]->search_key);
  for (const twin* half : halves_) {
    const side s = *half_of(*half);
    const auto& o = of(*half);
    if (o.copied || !told(o, s)) continue;
    const auto named = twin_of_mark(half->pair, o.mark);
    const auto at = named ? by_id_.find(*named) : by_id_.end();
    const bool of_ours = at != by_id_.end() && is_there(*at->second, s) && at->second->seen[s]->mark == o.mark;
    if (of_ours || there.contains({s, o.search_key})) result_.copies.push_back({half->id, s});
  }
}

} // namespace exsyncd::logic
