#include "actors/arbiter.hpp"

#include "actors/logic/brake.hpp"
#include "actors/logic/match.hpp"
#include "storage/marks.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

namespace exsyncd {
namespace {

using arbiter_self = arbiter_actor::stateful_pointer<arbiter_state>;

item_class class_of(const twin& t) {
  for (side s : both_sides)
    if (t.seen[s]) return t.seen[s]->item_class;
  return item_class::message;
}

const std::vector<field>& settable_on(const settable& can, item_class c) {
  switch (c) {
  case item_class::contact:
    return can.on_contact;
  case item_class::task:
    return can.on_task;
  case item_class::appointment:
    return can.on_appointment;
  case item_class::message:
  case item_class::other:
    break;
  }
  return can.on_mail;
}

bool is_left_to_rest(const logic::verdict& v) {
  const auto* w = std::get_if<logic::wait>(&v.what);
  return w && (w->why == logic::wait::reason::rest || w->why == logic::wait::reason::banned);
}

/// Every matching ends with fewer records than the one before; the bound holds should that ever fail.
constexpr int most_matchings = 50;

/// One arbitration: load, match, load and match again where records became one, decide, brake.
class arbitration : public std::enable_shared_from_this<arbitration> {
public:
  arbitration(arbiter_self self, pair_id pair, ledger_actor ledger, context around, arbitrate what,
              std::function<void(arbitrated)> done)
      : self_(self), pair_(std::move(pair)), ledger_(std::move(ledger)), around_(std::move(around)),
        what_(std::move(what)), done_(std::move(done)) {}

  void start() {
    auto me = shared_from_this();
    ask(load_folder_sides{pair_}, [me](folder_sides_loaded& loaded) {
      me->read_folders(loaded);
      me->ask(load_unsettled{me->pair_}, [me](twins_loaded& unsettled) { me->match(std::move(unsettled.twins)); });
    });
  }

private:
  arbiter_self self_;
  pair_id pair_;
  ledger_actor ledger_;
  context around_;
  arbitrate what_;
  std::function<void(arbitrated)> done_;

  std::set<folder_pair_id> listed_;
  std::map<folder_pair_id, frozen> held_;
  both<sequence> listed_after_;
  both<sequence> new_after_;
  std::set<twin_id> hold_, duplicates_, unread_, redundant_;
  int matchings_ = 0;

  template <class Request, class Then>
  void ask(Request what, Then then) {
    self_->request(ledger_, ledger_patience, std::move(what))
        .then(std::move(then), [self = self_](const caf::error& e) { self->quit(e); });
  }

  const arbitrated_folder* folder(const folder_pair_id& name) const {
    for (const auto& f : what_.folders)
      if (f.name == name) return &f;
    return nullptr;
  }

  void read_folders(const folder_sides_loaded& loaded) {
    for (const auto& [name, why] : loaded.held)
      held_[name] = why;
    std::map<folder_pair_id, both<const folder_side*>> sides;
    for (const auto& f : loaded.folders)
      sides[f.folder_pair][f.side] = &f;
    for (side s : both_sides)
      listed_after_[s] = new_after_[s] = std::numeric_limits<sequence>::max();
    for (const auto& f : what_.folders)
      for (side s : both_sides)
        if (!f.missing[s]) {
          const auto* at = sides[f.name][s];
          listed_after_[s] = std::min(listed_after_[s], at ? at->listed_at : 0);
          if (f.usable) new_after_[s] = std::min(new_after_[s], at ? at->listed_at : 0);
        }
    for (const auto& [name, at] : sides)
      if (at.primary && at.replica && at.primary->phase == listing_phase::following &&
          at.replica->phase == listing_phase::following)
        listed_.insert(name);
  }

  /// Keys of what may be the same as one of these: settled halves of a Message-ID, and what other pairs' marks tell of.
  static std::set<message_id> keys_of_mates(const std::vector<twin>& of) {
    std::set<message_id> keys;
    for (const auto& t : of) {
      if (auto s = logic::half_of(t)) {
        const auto& o = *t.seen[*s];
        if (!o.message_id.empty()) keys.insert(o.message_id);
        if (auto parts = parts_of(o.mark); parts && !parts->places.empty())
          keys.insert(key_of_lineage(parts->places.front()));
      }
      // Where a copy of ours has gone, another pair's may stand in for it.
      for (side s : both_sides)
        if (t.base && t.seen[s] && t.seen[s]->presence == presence::left && t.seen[other(s)])
          keys.insert(key_of_lineage(first_of_lineage(*t.seen[other(s)])));
    }
    return keys;
  }

  void match(std::vector<twin> unsettled) {
    auto keys = keys_of_mates(unsettled);
    auto me = shared_from_this();
    ask(load_unpaired{pair_, {keys.begin(), keys.end()}}, [me, unsettled, keys](twins_loaded& mates) {
      auto all = unsettled;
      all.insert(all.end(), mates.twins.begin(), mates.twins.end());
      // Mates have mates of their own: what they are copies of.
      std::vector<message_id> more;
      for (const auto& key : keys_of_mates(mates.twins))
        if (!keys.contains(key)) more.push_back(key);
      me->ask(load_unpaired{me->pair_, std::move(more)}, [me, unsettled, all](twins_loaded& further) mutable {
        all.insert(all.end(), further.twins.begin(), further.twins.end());
        me->match_all(std::move(unsettled), std::move(all));
      });
    });
  }

  void match_all(std::vector<twin> unsettled, std::vector<twin> all) {
    std::vector<twin_id> named;
    for (const auto& t : all)
      if (auto s = logic::half_of(t))
        if (auto owner = logic::twin_of_mark(pair_, t.seen[*s]->mark)) named.push_back(*owner);
    auto me = shared_from_this();
    ask(load_twins{named}, [me, unsettled = std::move(unsettled), all = std::move(all)](twins_loaded& marked) {
      logic::match_surroundings around;
      around.listed = {me->listed_.begin(), me->listed_.end()};
      around.listed_after = me->listed_after_;
      const auto holds = [me](side s, item_class c, field f) {
        const auto& can = settable_on(me->what_.what_can_be_set[s], c);
        return std::find(can.begin(), can.end(), f) != can.end();
      };
      around.held_by_both = [holds](item_class c, field f) {
        return holds(side::primary, c, f) && holds(side::replica, c, f);
      };
      me->matched(unsettled, logic::match(all, marked.twins, around));
    });
  }

  /// What was absorbed explains others, or leaves them unexplained: they are matched again before anything is decided.
  void matched(std::vector<twin> unsettled, logic::matches found) {
    hold_ = {found.held.begin(), found.held.end()};
    duplicates_ = {found.duplicates.begin(), found.duplicates.end()};
    unread_ = {found.unread.begin(), found.unread.end()};
    redundant_ = {found.redundant.begin(), found.redundant.end()};
    auto me = shared_from_this();
    if (found.same.empty()) return decide_with_counts(std::move(unsettled));
    if (++matchings_ > most_matchings) {
      around_.log({log_level::error,
                   "items were matched again and again; nothing is decided in this round",
                   pair_.value,
                   {},
                   {},
                   "matching"});
      return done_({});
    }
    for (auto& same : found.same)
      same.when = around_.wall_clock();
    ask(absorb_twins{std::move(found.same)}, [me](const stored&) {
      me->ask(load_unsettled{me->pair_}, [me](twins_loaded& again) { me->match(std::move(again.twins)); });
    });
  }

  void decide_with_counts(std::vector<twin> unsettled) {
    auto me = shared_from_this();
    ask(load_counts{pair_},
        [me, unsettled = std::move(unsettled)](const pair_counts& counts) { me->brake_and_decide(unsettled, counts); });
  }

  void brake_and_decide(std::vector<twin> unsettled, const pair_counts& counts) {
    arbitrated result;
    for (const auto& f : what_.folders)
      result.folder_pairs[f.name];
    auto vanished = count_vanished(unsettled);
    std::vector<set_frozen> freeze;
    for (auto& [name, of] : result.folder_pairs) {
      if (auto at = held_.find(name); at != held_.end()) of.held = at->second;
      if (of.held || folder(name)->approved) continue;
      std::uint64_t known = 0;
      for (const auto& c : counts.folder_pairs)
        if (c.folder_pair == name) known = c.known;
      for (side s : both_sides)
        if (auto why = logic::brake(vanished[name][s], known)) {
          of.held = frozen{std::string(s == side::primary ? "primary: " : "replica: ") + *why, around_.wall_clock()};
          freeze.push_back({pair_, name, of.held});
          break;
        }
    }
    for (auto& t : unsettled)
      decide(std::move(t), result);
    freeze_next(std::move(freeze), std::move(result));
  }

  void freeze_next(std::vector<set_frozen> freeze, arbitrated result) {
    if (freeze.empty()) return done_(std::move(result));
    auto now = std::move(freeze.back());
    freeze.pop_back();
    around_.log({log_level::error,
                 "the folder pair is frozen: " + now.state->reason,
                 pair_.value,
                 now.folder_pair.value,
                 {},
                 "frozen"});
    ask(std::move(now), [me = shared_from_this(), freeze, result](const stored&) { me->freeze_next(freeze, result); });
  }

  /// Items that left a folder without turning up in another, by folder pair and side. One-way, only the source's count:
  /// what vanishes on the target is not propagated.
  std::map<folder_pair_id, both<std::uint64_t>> count_vanished(const std::vector<twin>& unsettled) const {
    std::map<folder_pair_id, both<std::uint64_t>> result;
    for (const auto& t : unsettled) {
      const auto* f = folder(t.folder_pair);
      if (!f || !t.base || t.intent) continue;
      for (side s : both_sides) {
        bool counts = f->policy.direction == direction::bidirectional ||
                      s == (f->policy.direction == direction::primary_to_replica ? side::primary : side::replica);
        if (counts && t.seen[s] && t.seen[s]->presence != presence::present && t.seen[other(s)] &&
            t.seen[other(s)]->presence == presence::present)
          ++result[t.folder_pair][s];
      }
    }
    return result;
  }

  void due(arbitrated& result, utc_seconds when) const {
    if (!result.next_due || when < *result.next_due) result.next_due = when;
  }

  void decide(twin t, arbitrated& result) {
    auto home = t.folder_pair;
    if (!t.base)
      if (auto s = logic::half_of(t)) home = t.seen[*s]->folder;
    auto at = result.folder_pairs.find(home);
    if (at == result.folder_pairs.end()) return; // a folder pair that is no longer configured
    auto& of = at->second;
    const auto& f = *folder(home);
    if (hold_.contains(t.id)) return;
    if (!f.usable || of.held) {
      ++of.waiting_for_listing;
      return;
    }
    logic::surroundings around;
    around.policy = f.policy;
    around.listed = listed_.contains(home);
    around.listed_after = listed_after_;
    around.new_after = new_after_;
    for (side s : both_sides)
      around.settable[s] = settable_on(what_.what_can_be_set[s], class_of(t));
    around.settable_on_draft = {what_.what_can_be_set.primary.on_draft, what_.what_can_be_set.replica.on_draft};
    around.now = around_.wall_clock();
    auto verdict = logic::decide(t, around);
    if (duplicates_.contains(t.id))
      if (auto s = logic::half_of(t)) {
        // The one that we know may have become this by its user's move: only lists that came after it tell.
        bool certain = t.seen[*s]->sequence < listed_after_[*s];
        verdict = {logic::wait{logic::wait::reason::believable_delete}, {}};
        if (certain) verdict = {logic::remove_on{*s}, {}};
      }
    if (redundant_.contains(t.id) && !is_left_to_rest(verdict))
      verdict = {logic::agree{{}, {}, "a copy that another pair has made of an item that is here", false}, {}};
    if (unread_.contains(t.id))
      if (auto s = logic::half_of(t); s && !is_left_to_rest(verdict)) verdict = {logic::look{{*s}, false}, {}};
    if (auto when = logic::due(t, around_.commit_window)) due(result, *when);
    if (auto* w = std::get_if<logic::wait>(&verdict.what)) {
      switch (w->why) {
      case logic::wait::reason::listing:
        ++of.waiting_for_listing;
        break;
      case logic::wait::reason::believable_delete:
        ++of.waiting_for_delete;
        break;
      case logic::wait::reason::echo:
        ++of.waiting_for_echo;
        break;
      case logic::wait::reason::rest:
        ++of.resting;
        break;
      case logic::wait::reason::banned:
        ++of.banned;
        break;
      }
      return;
    }
    if (auto* a = std::get_if<logic::agree>(&verdict.what); a && a->skipped) ++of.skipped[*a->skipped];
    of.tasks.push_back({std::move(t), std::move(verdict)});
  }
};

} // namespace

arbiter_actor::behavior_type arbiter(arbiter_actor::stateful_pointer<arbiter_state> self, pair_id pair,
                                     ledger_actor ledger, context around) {
  return {
      [self, pair, ledger, around](arbitrate& what) -> caf::result<arbitrated> {
        auto promise = self->make_response_promise<arbitrated>();
        std::make_shared<arbitration>(self, pair, ledger, around, std::move(what),
                                      [promise](arbitrated result) mutable { promise.deliver(std::move(result)); })
            ->start();
        return promise;
      },
  };
}

} // namespace exsyncd
