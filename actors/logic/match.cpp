#include "actors/logic/match.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace exsyncd::logic {
namespace {

/// What makes two items in two mailboxes the same one. Message-ID or GlobalObjectId where there is one; without it only
/// the full set of subject and both times, since a wrong match would overwrite somebody's item.
std::string signature(const observation& o) {
  if (!o.message_id.empty()) return "id " + o.message_id.value;
  // Contacts and tasks have no identity that goes from mailbox to mailbox but their name.
  if (o.item_class == item_class::contact || o.item_class == item_class::task)
    return o.subject.empty() ? std::string() : "named " + o.subject;
  if (o.subject.empty() || !o.sent || !o.received) return {};
  return "as " + std::to_string(o.sent->time_since_epoch().count()) + " " +
         std::to_string(o.received->time_since_epoch().count()) + " " + o.subject;
}

class matching {
public:
  matching(const std::vector<twin>& unsettled, const std::vector<twin>& marked,
           const std::vector<folder_pair_id>& listed)
      : listed_(listed.begin(), listed.end()) {
    for (const auto& t : marked)
      by_id_[t.id] = &t;
    for (const auto& t : unsettled) {
      by_id_[t.id] = &t;
      if (half_of(t))
        halves_.push_back(&t);
      else if (!t.buried)
        vacant_.push_back(&t);
    }
  }

  matches run() {
    by_mark();
    by_return([](const observation& o) { return o.mark.value; },
              [](const observation& o) { return o.presence != presence::present; });
    by_return([](const observation& o) { return o.search_key.value; },
              [](const observation& o) { return o.presence != presence::present; });
    hold_what_may_have_moved();
    by_return([](const observation& o) { return o.message_id.value; },
              [](const observation& o) { return o.presence != presence::present; });
    opposite();
    return std::move(result_);
  }

private:
  std::set<folder_pair_id> listed_;
  std::map<twin_id, const twin*> by_id_;
  std::vector<const twin*> halves_; // not yet explained
  std::vector<const twin*> vacant_; // known ones, of which a side may be missing
  std::set<std::pair<twin_id, side>> filled_;
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
      if (!owner.buried && !owner.seen[s] && !owner.intent && !filled_.contains({owner.id, s}))
        take(owner, *half, s);
      else if (!owner.intent)
        result_.duplicates.push_back(half->id);
      else
        result_.held.push_back(half->id);
      return true;
    });
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
      const auto& intent = at->second.front()->intent;
      if (intent && intent->target == s &&
          (intent->operation == operation::replace || intent->operation == operation::remove)) {
        // That side is about to be the new copy's, or nobody's: what was taken in now would be forgotten with it.
        result_.held.push_back(half->id);
        return true;
      }
      take(*at->second.front(), *half, s);
      at->second.erase(at->second.begin());
      return true;
    });
  }

  void opposite() {
    std::map<std::tuple<folder_pair_id, item_class, std::string>, both<std::vector<const twin*>>> groups;
    for (const twin* half : halves_) {
      const auto& o = of(*half);
      if (auto key = signature(o); !key.empty() && listed_.contains(o.folder))
        groups[{o.folder, o.item_class, key}][*half_of(*half)].push_back(half);
    }
    auto oldest_first = [this](const twin* a, const twin* b) {
      return std::tie(of(*a).received, of(*a).item.value) < std::tie(of(*b).received, of(*b).item.value);
    };
    for (auto& [key, group] : groups) {
      // Of several with one name nobody knows which is which: they are carried over, and none is overwritten.
      if (std::get<std::string>(key).starts_with("named ") && (group.primary.size() != 1 || group.replica.size() != 1))
        continue;
      for (side s : both_sides)
        std::sort(group[s].begin(), group[s].end(), oldest_first);
      std::size_t pairs = std::min(group.primary.size(), group.replica.size());
      for (std::size_t i = 0; i < pairs; ++i)
        take(*group.primary[i], *group.replica[i], side::replica);
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

operation_mark make_mark(const pair_id& pair, const twin_id& twin, const intent_id& intent) {
  return operation_mark{pair.value + "/" + twin.value + "/" + intent.value};
}

std::optional<twin_id> twin_of_mark(const pair_id& pair, const operation_mark& mark) {
  const auto& m = mark.value;
  auto last = m.rfind('/');
  if (last == std::string::npos || last == 0) return {};
  auto middle = m.rfind('/', last - 1);
  if (middle == std::string::npos || m.substr(0, middle) != pair.value) return {};
  return twin_id{m.substr(middle + 1, last - middle - 1)};
}

matches match(const std::vector<twin>& unsettled, const std::vector<twin>& marked,
              const std::vector<folder_pair_id>& listed) {
  return matching(unsettled, marked, listed).run();
}

} // namespace exsyncd::logic
