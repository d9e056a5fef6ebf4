#include "actors/logic/match.hpp"

#include "actors/logic/alike.hpp"
#include "storage/marks.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace exsyncd::logic {
namespace {

class matching {
public:
  matching(const std::vector<twin>& unsettled, const std::vector<twin>& marked, const match_surroundings& around)
      : around_(around), listed_(around.listed.begin(), around.listed.end()) {
    for (const auto& t : marked)
      by_id_[t.id] = &t;
    std::set<twin_id> known;
    for (const auto& t : unsettled) {
      if (!known.insert(t.id).second) continue;
      by_id_[t.id] = &t;
      if (half_of(t))
        halves_.push_back(&t);
      else if (!t.buried)
        vacant_.push_back(&t);
    }
  }

  matches run() {
    by_mark();
    by_replacement();
    by_return([](const observation& o) { return o.mark.value; },
              [](const observation& o) { return o.presence != presence::present; });
    by_return([](const observation& o) { return o.search_key.value; },
              [](const observation& o) { return o.presence != presence::present; });
    hold_what_may_have_moved();
    by_return(named_letter, [](const observation& o) { return o.presence != presence::present; });
    by_return(dated_id, [](const observation& o) { return o.presence == presence::absent; });
    by_return_of_contents();
    by_late_create();
    by_lineage();
    by_origin();
    hold_mates();
    opposite();
    return std::move(result_);
  }

private:
  const match_surroundings& around_;
  std::set<folder_pair_id> listed_;
  std::map<twin_id, const twin*> by_id_;
  std::vector<const twin*> halves_; // not yet explained
  std::vector<const twin*> vacant_; // known ones, of which a side may be missing
  std::set<std::pair<twin_id, side>> filled_;
  /// Late creates of twins that have lost another item on that side: what came of that one is told first.
  std::vector<std::pair<const twin*, const twin*>> late_;
  matches result_;

  const observation& of(const twin& half) const { return *half.seen[*half_of(half)]; }

  void take(const twin& keep, const twin& half, side s) {
    result_.same.push_back({keep.id, half.id, s});
    filled_.insert({keep.id, s});
  }

  template <class Explained>
  void drop_halves(Explained explained) {
    std::erase_if(halves_, explained);
  }

  void by_mark() {
    drop_halves([this](const twin* half) {
      side s = *half_of(*half);
      const auto& mark = of(*half).mark;
      auto named = twin_of_mark(half->pair, mark);
      auto at = named ? by_id_.find(*named) : by_id_.end();
      if (at == by_id_.end() || at->second == half) return false;
      const twin& owner = *at->second;
      if (owner.intent && owner.intent->mark == mark && owner.intent->target == s) {
        result_.held.push_back(half->id);
        return true;
      }
      bool given_up = std::find(owner.abandoned.begin(), owner.abandoned.end(), mark) != owner.abandoned.end();
      if (!given_up) return false; // a user's move or copy of an item that we once made
      if (owner.intent)
        result_.held.push_back(half->id);
      else if (owner.buried || filled_.contains({owner.id, s}))
        result_.duplicates.push_back(half->id);
      else if (!owner.seen[s])
        take(owner, *half, s);
      else if (owner.seen[s]->presence == presence::present)
        result_.duplicates.push_back(half->id);
      else
        late_.emplace_back(&owner, half);
      return true;
    });
  }

  /// What another pair has put in place of an item of ours, to change what cannot be changed in it. While both are
  /// there that one may still take the new one away.
  void by_replacement() {
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

  static bool is_removing(const twin& t, side s) {
    const auto& i = t.intent;
    return i && i->target == s &&
           (i->operation == operation::remove ||
            (i->operation == operation::replace && i->step == replace_step::removing));
  }

  /// What another pair, or another daemon, copied to where we have a copy of that item ourselves. It is not copied on:
  /// in a ring that would never end. Of two copies the one that came the shorter way stays, and who made the other one
  /// takes that one in and removes his own; every daemon comes to the same, and nobody removes what he has not made.
  void by_lineage() {
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

  /// How near another pair's copy `half` is to what `t` is on the other side; 0: it is another item.
  std::size_t may_be(const twin& half, const twin& t, side s) const {
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

  /// `half` is another pair's copy of what `t` is.
  void stands_in(const twin& half, const twin& t, side s) {
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

  /// Whether we have put `ours` in place of `copy`, which nobody but its user brings back. A twin that was forgotten
  /// since is known by the name of its pair, and by the way that both have come.
  static bool stands_in_place_of(const observation& ours, const observation& copy) {
    const auto a = parts_of(ours.mark), b = parts_of(copy.mark);
    return a && b && !a->replaced.empty() && b->replaced.empty() && a->pair == b->pair && a->places == b->places;
  }

  static bool gives_way(const twin& t, const observation& ours, const observation& copy) {
    if (twin_of_mark(t.pair, ours.mark) != t.id || t.trouble || ours.folder != copy.folder) return false;
    const auto way = [](const observation& o) { return std::pair(lineage_of(o).size(), o.mark.value); };
    return way(copy) < way(ours);
  }

  /// Of two copies that we had made its user deleted the one that we know: the other one stays, and is that item now.
  /// Where the known one was moved, this one is left over from a create that had been given up.
  void by_late_create() {
    for (const auto& [owner, half] : late_) {
      const side s = *half_of(*half);
      if (filled_.contains({owner->id, s}))
        result_.duplicates.push_back(half->id);
      else if (std::max(owner->seen[s]->sequence, of(*half).sequence) < around_.listed_after[s])
        take(*owner, *half, s);
      else
        result_.held.push_back(half->id);
    }
  }

  /// What was deleted and is brought back, at one side after the other or in another folder: where each side has one of
  /// an origin that is nobody's copy of something that is here, they are one item.
  void by_origin() {
    std::map<std::pair<std::string, item_class>, both<std::vector<const twin*>>> groups;
    const auto add = [&](const twin* t, side s) {
      const auto& o = *t->seen[s];
      if (auto origin = origin_of(o); !origin.empty() && listed_.contains(o.folder) && !is_users_copy(*t, s))
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

  /// What is new while it is not known whether something like it has been copied here: the other one of two that were
  /// brought back, or that both users have made. Once it is known, they are matched.
  void beside_open_creates() {
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

  /// What a listing from the beginning does not show, and what is new there and of one origin with it, may be one item
  /// that its user has brought back. First it is given up on that side: then contents tell which of both counts.
  void beside_what_is_missing() {
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

  static bool is_left_half(const twin& t, side s) {
    return !t.base && !t.intent && t.seen[s] && t.seen[s]->presence == presence::left && !t.seen[other(s)];
  }

  /// By which two in one folder may be the same, before either was read.
  static std::string name_of(const observation& o) {
    const auto key = dated_id(o);
    return key.empty() ? "\n" + o.subject : key;
  }

  /// What a create of ours has made, its answer open, known or given up: it is that twin's, and says nothing of others.
  bool is_of_a_create(const twin& t, side s) const {
    const auto& mark = t.seen[s]->mark;
    const auto named = twin_of_mark(t.pair, mark);
    const auto at = named ? by_id_.find(*named) : by_id_.end();
    if (at == by_id_.end() || at->second == &t) return false;
    const twin& owner = *at->second;
    return (owner.intent && owner.intent->mark == mark) ||
           (!owner.buried && owner.seen[s] && owner.seen[s]->mark == mark) ||
           std::find(owner.abandoned.begin(), owner.abandoned.end(), mark) != owner.abandoned.end();
  }

  /// A copy of a copy of ours that is still where we know it to be.
  bool is_users_copy(const twin& t, side s) const {
    const auto named = twin_of_mark(t.pair, t.seen[s]->mark);
    const auto at = named ? by_id_.find(*named) : by_id_.end();
    if (at == by_id_.end() || at->second == &t || at->second->buried) return false;
    const auto& known = at->second->seen[s];
    return known && known->presence == presence::present;
  }

  /// Where no list has shown yet what we wrote, it may be gone from there by now, and be this: first it is looked at.
  void hold_what_may_have_moved() {
    const auto same = [](const auto& a, const auto& b) { return !a.empty() && a == b; };
    drop_halves([&](const twin* half) {
      side s = *half_of(*half);
      const auto& o = of(*half);
      bool held = std::any_of(vacant_.begin(), vacant_.end(), [&](const twin* t) {
        return is_unlisted(*t, s) && (same(t->seen[s]->mark, o.mark) || same(t->seen[s]->search_key, o.search_key) ||
                                      same(t->seen[s]->message_id, o.message_id));
      });
      if (held) result_.held.push_back(half->id);
      return held;
    });
  }

  /// A Message-ID alone may be that of several mails: one that comes while another one goes is not that one, moved.
  /// A move keeps the search key, so what is found by this was filed by a client that copies and deletes.
  static std::string named_letter(const observation& o) {
    if (o.message_id.empty()) return {};
    return o.message_id.value + '\n' + when(o.sent) + '\n' + when(o.received) + '\n' + o.subject;
  }

  /// Where ids are new, what its user changed meanwhile has changed as well: only when it was sent has not.
  static std::string dated_id(const observation& o) {
    if (o.message_id.empty()) return {};
    return o.message_id.value + '\n' + (o.draft ? "draft " + o.subject : when(o.sent));
  }

  static std::string when(const std::optional<utc_seconds>& t) {
    return t ? std::to_string(t->time_since_epoch().count()) : std::string("-");
  }

  /// Items whose side is empty now, and new items of that side with the same key: a move, or new ids of the mailbox.
  template <class Key, class Empty>
  void by_return(Key key, Empty empty) {
    std::map<std::pair<side, std::string>, std::vector<const twin*>> missing;
    for (const twin* t : vacant_)
      for (side s : both_sides)
        if (t->seen[s] && empty(*t->seen[s]) && !filled_.contains({t->id, s}))
          if (auto k = key(*t->seen[s]); !k.empty()) missing[{s, k}].push_back(t);
    if (missing.empty()) return;
    drop_halves([&](const twin* half) {
      side s = *half_of(*half);
      auto at = missing.find({s, key(of(*half))});
      if (at == missing.end() || at->second.empty()) return false;
      // A user's copy has the keys of its original: of several the one of that name.
      auto& candidates = at->second;
      auto chosen = std::find_if(candidates.begin(), candidates.end(), [&](const twin* t) {
        return t->seen[s]->subject == of(*half).subject && t->seen[s]->folder == of(*half).folder;
      });
      if (chosen == candidates.end()) chosen = candidates.begin();
      if (is_removing(**chosen, s)) {
        // We may have removed it ourselves; then this is its user's copy.
        result_.held.push_back(half->id);
        return true;
      }
      take(**chosen, *half, s);
      candidates.erase(chosen);
      return true;
    });
  }

  /// Where a mailbox has other ids and an item no key that lasts, it is known by what it holds.
  void by_return_of_contents() {
    using place = std::tuple<side, folder_pair_id, item_class>;
    std::map<place, std::vector<const twin*>> missing;
    for (const twin* t : vacant_)
      for (side s : both_sides)
        if (t->seen[s] && t->seen[s]->presence == presence::absent && t->base && !t->intent &&
            !filled_.contains({t->id, s}))
          missing[{s, t->seen[s]->folder, t->seen[s]->item_class}].push_back(t);
    for (auto& [where, gone] : missing) {
      const side s = std::get<side>(where);
      std::vector<const twin*> come;
      for (const twin* half : halves_)
        if (place{*half_of(*half), of(*half).folder, of(*half).item_class} == where) come.push_back(half);
      const auto keyless = [](const observation& o) { return o.message_id.empty(); };
      if (std::none_of(come.begin(), come.end(), [&](const twin* t) { return keyless(of(*t)); }))
        std::erase_if(gone, [&](const twin* t) { return !keyless(*t->seen[s]); });
      if (come.empty() || gone.empty()) continue;
      const bool wait = hold_until_read(come, gone);
      if (!wait) {
        take_equal(come, gone, s, [s](const twin* t, const observation& o) {
          return (*t->base)[s].read_back && contents_known(o) && (*t->base)[s].content == *o.content;
        });
        take_equal(come, gone, s, [s](const twin* t, const observation& o) {
          const auto& was = *t->seen[s];
          return !was.subject.empty() && was.subject == o.subject && was.sent == o.sent && was.received == o.received;
        });
      }
    }
  }

  bool hold_until_read(const std::vector<const twin*>& come, const std::vector<const twin*>& gone) {
    std::set<const twin*> unread;
    for (const twin* half : come)
      if (!contents_known(of(*half)) && !half->trouble) unread.insert(half);
    if (unread.empty()) return false;
    for (const twin* half : unread)
      result_.unread.push_back(half->id);
    for (const twin* t : gone)
      result_.held.push_back(t->id);
    std::set<const twin*> waiting(come.begin(), come.end());
    for (const twin* half : come)
      if (!unread.contains(half)) result_.held.push_back(half->id);
    // What is new on the other side may be the same as one of these, also in another folder where they have one origin.
    const auto& here = of(*come.front());
    std::set<std::string> origins;
    for (const twin* half : come)
      origins.insert(origin_of(of(*half)));
    origins.erase(std::string());
    for (const twin* half : halves_)
      if (const auto& o = of(*half); half_of(*half) != half_of(*come.front()) && o.item_class == here.item_class &&
                                     (o.folder == here.folder || origins.contains(origin_of(o))) &&
                                     waiting.insert(half).second)
        result_.held.push_back(half->id);
    drop_halves([&](const twin* half) { return waiting.contains(half); });
    return true;
  }

  template <class Same>
  void take_equal(std::vector<const twin*>& come, std::vector<const twin*>& gone, side s, Same same) {
    std::set<const twin*> taken;
    std::erase_if(gone, [&](const twin* t) {
      const auto half = std::find_if(come.begin(), come.end(), [&](const twin* h) {
        // A draft gets its key when it is sent.
        const auto &is = of(*h).message_id, &was = t->seen[s]->message_id;
        const bool keys_differ = is != was && !(t->seen[s]->draft && was.empty());
        return !taken.contains(h) && !keys_differ && same(t, of(*h));
      });
      if (half == come.end()) return false;
      take(*t, **half, s);
      taken.insert(*half);
      return true;
    });
    std::erase_if(come, [&](const twin* h) { return taken.contains(h); });
    drop_halves([&](const twin* h) { return taken.contains(h); });
  }

  /// What may be the same as something that is held is not new as long as that is not known.
  void hold_mates() {
    using letter = std::tuple<side, folder_pair_id, message_id>;
    std::set<letter> waited_for;
    for (const auto& id : result_.held) {
      const auto at = by_id_.find(id);
      const auto s = at == by_id_.end() ? std::optional<side>() : half_of(*at->second);
      if (s && !of(*at->second).message_id.empty())
        waited_for.emplace(other(*s), of(*at->second).folder, of(*at->second).message_id);
    }
    if (waited_for.empty()) return;
    drop_halves([&](const twin* half) {
      const auto& o = of(*half);
      if (!waited_for.contains({*half_of(*half), o.folder, o.message_id})) return false;
      result_.held.push_back(half->id);
      return true;
    });
  }

  void opposite() {
    std::map<std::pair<folder_pair_id, item_class>, both<std::vector<const twin*>>> groups;
    for (const twin* half : halves_)
      if (const auto& o = of(*half); listed_.contains(o.folder))
        groups[{o.folder, o.item_class}][*half_of(*half)].push_back(half);
    for (auto& [key, group] : groups) {
      if (group.primary.empty() || group.replica.empty()) continue;
      const auto c = key.second;
      const auto found = find_alike(c, std::move(group), [&](field f) { return around_.held_by_both(c, f); });
      for (const auto& [primary, replica] : found.same)
        take(*primary, *replica, side::replica);
      for (const twin* t : found.unread)
        result_.unread.push_back(t->id);
      for (const twin* t : found.held)
        result_.held.push_back(t->id);
    }
  }
};

} // namespace

std::optional<side> half_of(const twin& t) {
  if (t.base || t.intent || t.buried) return {};
  for (side s : both_sides)
    if (t.seen[s] && t.seen[s]->presence == presence::present && !t.seen[other(s)]) return s;
  return {};
}

operation_mark make_mark(const pair_id& pair, const twin_id& twin, const intent_id& intent,
                         const std::optional<observation>& source) {
  mark_parts parts{pair.value, twin.value, intent.value, {}, {}, {}};
  if (source) {
    parts.origin = origin_of(*source);
    parts.places = lineage_of(*source);
    if (parts.places.size() > most_places) parts.places.resize(most_places);
  }
  return mark_of(parts);
}

operation_mark make_replacing_mark(const pair_id& pair, const twin_id& twin, const intent_id& intent,
                                   const observation& old, const std::optional<observation>& source) {
  mark_parts parts{pair.value, twin.value, intent.value, origin_of(source ? *source : old), {}, place_of(old)};
  if (auto before = parts_of(old.mark)) parts.places = std::move(before->places);
  return mark_of(parts);
}

std::optional<twin_id> twin_of_mark(const pair_id& pair, const operation_mark& mark) {
  const auto parts = parts_of(mark);
  if (!parts || parts->pair != pair.value) return {};
  return twin_id{parts->twin};
}

matches match(const std::vector<twin>& unsettled, const std::vector<twin>& marked, const match_surroundings& around) {
  return matching(unsettled, marked, around).run();
}

} // namespace exsyncd::logic
