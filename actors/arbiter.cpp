#include "actors/arbiter.hpp"

#include "actors/logic/alike.hpp"
#include "actors/logic/back_off.hpp"
#include "actors/logic/brake.hpp"
#include "actors/logic/match.hpp"
#include "actors/logic/reading.hpp"
#include "actors/logic/settlement.hpp"
#include "storage/marks.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

namespace exsyncd {

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

namespace {

using arbiter_self = arbiter_actor::stateful_pointer<arbiter_state>;

item_class class_of(const twin& t) {
  for (side s : both_sides)
    if (t.seen[s]) return t.seen[s]->item_class;
  return item_class::message;
}

/// Whether an item of this class can have been moved into a folder of this kind; of one that was never seen nobody
/// knows.
bool may_hold(const std::string& kind, item_class c) {
  const std::map<std::string, item_class> of_one_class{{"IPF.Contact", item_class::contact},
                                                       {"IPF.Task", item_class::task},
                                                       {"IPF.Appointment", item_class::appointment}};
  if (kind.empty() || c == item_class::other) return true;
  const auto at = of_one_class.find(kind);
  return at == of_one_class.end() ? c == item_class::message : at->second == c;
}

/// Whether no list can have shown yet what we wrote.
bool is_written_since(const twin& t, const logic::surroundings& around) {
  return std::any_of(both_sides.begin(), both_sides.end(),
                     [&](side s) { return is_unlisted(t, s) && t.seen[s]->unlisted_since >= around.listed_after[s]; });
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
  store::brakes brakes_;
  std::map<folder_pair_id, both<sequence>> listed_at_;
  std::map<folder_pair_id, both<mailbox_identity>> bound_to_;
  both<sequence> listed_after_; // of the folders that can be read
  both<sequence> new_after_;
  /// What cannot be read, and when it could be last: an item may have been moved into it since.
  struct out_of_reach {
    std::string kind;
    sequence listed_at = 0;
  };
  both<std::vector<out_of_reach>> out_of_reach_;
  both<std::vector<folder_pair_id>> unread_folders_;
  std::set<twin_id> hold_, duplicates_, unread_, redundant_;
  note_copies copies_;
  std::set<folder_pair_id> leaving_; // nothing is deleted there before it is known how much has left
  std::map<twin_id, twin> owners_;   // whose creates left the duplicates behind
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

  void read_folders(folder_sides_loaded& loaded) {
    brakes_ = std::move(loaded.brakes);
    std::map<folder_pair_id, both<const folder_side*>> sides;
    for (const auto& f : loaded.folders) {
      sides[f.folder_pair][f.side] = &f;
      listed_at_[f.folder_pair][f.side] = f.listed_at;
      bound_to_[f.folder_pair][f.side] = f.mailbox;
    }
    for (side s : both_sides)
      listed_after_[s] = new_after_[s] = std::numeric_limits<sequence>::max();
    for (const auto& f : what_.folders)
      for (side s : both_sides) {
        const auto at = listed_at_[f.name][s];
        if (f.usable || f.listed[s])
          listed_after_[s] = new_after_[s] = std::min(listed_after_[s], at);
        else if (f.holds_deletes) {
          unread_folders_[s].push_back(f.name);
          if (!f.missing[s]) out_of_reach_[s].push_back({f.kind, at});
        }
      }
    for (const auto& [name, at] : sides)
      if (at.primary && at.replica && at.primary->phase == listing_phase::following &&
          at.replica->phase == listing_phase::following)
        listed_.insert(name);
  }

  /// What was seen before it is in every list into which an item of this class can have been moved.
  both<sequence> listed_after(item_class c) const {
    auto result = listed_after_;
    for (side s : both_sides)
      for (const auto& u : out_of_reach_[s])
        if (may_hold(u.kind, c)) result[s] = std::min(result[s], u.listed_at);
    return result;
  }

  /// Keys of what may be the same as one of these: settled halves, and what other pairs' marks tell of.
  static std::set<message_id> keys_of_mates(const std::vector<twin>& of) {
    std::set<message_id> keys;
    for (const auto& t : of) {
      if (auto s = logic::half_of(t)) {
        const auto& o = *t.seen[*s];
        for (auto& key : keys_of_half(o))
          keys.insert(std::move(key));
        if (auto parts = parts_of(o.mark); parts && !(parts->places.empty() && parts->replaced.empty()))
          keys.insert(key_of_lineage(first_of_lineage(o)));
      }
      // Where a copy of ours has gone, another pair's may stand in for it.
      for (side s : both_sides)
        if (t.base && t.seen[s] && t.seen[s]->presence == presence::left && t.seen[other(s)])
          for (side of : both_sides)
            keys.insert(key_of_lineage(first_of_lineage(*t.seen[of])));
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
      for (side s : both_sides)
        if (!t.base && t.seen[s] && !t.seen[other(s)])
          if (auto owner = logic::twin_of_mark(pair_, t.seen[s]->mark)) named.push_back(*owner);
    auto me = shared_from_this();
    ask(load_twins{named}, [me, unsettled = std::move(unsettled), all = std::move(all)](twins_loaded& marked) mutable {
      logic::match_surroundings around;
      around.listed = {me->listed_.begin(), me->listed_.end()};
      around.unread = me->unread_folders_;
      around.listed_after = me->listed_after_;
      const auto holds = [me](side s, item_class c, field f) {
        const auto& can = settable_on(me->what_.what_can_be_set[s], c);
        return std::find(can.begin(), can.end(), f) != can.end();
      };
      around.held_by_both = [holds](item_class c, field f) {
        return holds(side::primary, c, f) && holds(side::replica, c, f);
      };
      auto found = logic::match(all, marked.twins, around);
      me->owners_.clear();
      if (!found.duplicates.empty())
        for (const auto* of : {&marked.twins, &all})
          for (const auto& t : *of)
            me->owners_.insert_or_assign(t.id, t);
      // A mate that is to be read first may itself be settled: what waits for it would wait for ever.
      std::set<twin_id> unread(found.unread.begin(), found.unread.end());
      for (const auto& t : unsettled)
        unread.erase(t.id);
      for (auto& t : all)
        if (unread.erase(t.id) > 0) unsettled.push_back(std::move(t));
      me->matched(std::move(unsettled), std::move(found));
    });
  }

  /// What was absorbed explains others, or leaves them unexplained: they are matched again before anything is decided.
  void matched(std::vector<twin> unsettled, logic::matches found) {
    hold_ = {found.held.begin(), found.held.end()};
    duplicates_ = {found.duplicates.begin(), found.duplicates.end()};
    unread_ = {found.unread.begin(), found.unread.end()};
    redundant_ = {found.redundant.begin(), found.redundant.end()};
    copies_.copies = std::move(found.copies);
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
    for (const auto& [name, why] : brakes_.held)
      if (auto at = result.folder_pairs.find(name); at != result.folder_pairs.end()) at->second.held = why;
    auto note = brake(unsettled, counts, result);
    for (auto& t : unsettled)
      decide(std::move(t), result);
    if (note.freeze.empty() && note.calm.empty() && note.released.empty() && note.departing.empty())
      return tell_copies(std::move(result));
    for (const auto& [name, why] : note.freeze)
      around_.log(
          {log_level::error, "the folder pair is frozen: " + why.reason, pair_.value, name.value, {}, "frozen"});
    ask(std::move(note), [me = shared_from_this(), result = std::move(result)](const stored&) mutable {
      me->tell_copies(std::move(result));
    });
  }

  void tell_copies(arbitrated result) {
    if (copies_.copies.empty()) return done_(std::move(result));
    ask(std::move(copies_),
        [me = shared_from_this(), result = std::move(result)](const stored&) mutable { me->done_(std::move(result)); });
  }

  /// What has happened to the agreed items of one folder pair.
  struct tally {
    both<logic::leaving> sides;
    std::uint64_t to_delete = 0;       // of those that have left, and are not merely absent
    std::uint64_t unbelieved = 0;      // they may have been moved
    std::uint64_t released = 0;        // an administrator has decided about them
    both<std::uint64_t> elsewhere;     // of those that have left: they were in another mailbox
    both<std::uint64_t> absent;        // of those that have left: a list from the beginning does not show them
    both<std::uint64_t> may_have_left; // they may have been moved
    both<sequence> last_to_leave;      // of all of these
    both<logic::leaving> then;         // of those that a departure is about; what is not believed yet stays
    both<bool> then_unbelieved;
  };

  const release* released(const folder_pair_id& name) const {
    for (const auto& [of, how] : brakes_.released)
      if (of == name) return &how;
    return nullptr;
  }

  const wary* unattended(const folder_pair_id& name) const {
    for (const auto& [of, since] : brakes_.unattended)
      if (of == name) return &since;
    return nullptr;
  }

  departure departing(const folder_pair_id& name) const {
    for (const auto& [of, what] : brakes_.departing)
      if (of == name) return what;
    return {};
  }

  /// One-way, only what leaves the source counts: what vanishes on the target is not propagated.
  static bool propagates(const policy& p, side s) {
    return p.direction == direction::bidirectional ||
           s == (p.direction == direction::primary_to_replica ? side::primary : side::replica);
  }

  /// A write of ours is under way that may have made it leave, or that deletes it on the other side already.
  static bool is_our_doing(const twin& t, side s) {
    return t.intent && (t.intent->operation == operation::remove || is_written_anew(t, s));
  }

  /// A write of ours is under way that gives it another id there, so that its old one may have left.
  static bool is_written_anew(const twin& t, side s) {
    return t.intent && t.intent->target == s &&
           (t.intent->operation == operation::replace || t.intent->operation == operation::move);
  }

  /// It may be there already: what leaves the other side is removed from this one once that is known.
  static bool is_being_created(const twin& t, side s) {
    return t.intent && t.intent->target == s && t.intent->operation == operation::create;
  }

  bool was_in_another(const observation& o, side s) const {
    const auto at = bound_to_.find(o.folder);
    return o.presence == presence::absent && at != bound_to_.end() && o.mailbox != at->second[s];
  }

  /// It is not known whether the server has it no more or hides it from the account.
  static bool was_looked_for_in_vain(const twin& t, side s) {
    return t.trouble && t.trouble->side == s && t.trouble->code == "ErrorItemNotFound";
  }

  /// What its user has moved to another folder does not stay in this one. Of what we wrote and the lists do not show it
  /// is not known before it is looked at.
  void count_present(const twin& t, side s, tally& of) const {
    const auto& o = *t.seen[s];
    if (o.folder != t.folder_pair) return;
    if (is_unlisted(t, s) && !t.intent && (!t.trouble || was_looked_for_in_vain(t, s)) &&
        o.unlisted_since < listed_after_[s])
      ++of.may_have_left[s];
    else
      ++of.sides[s].stay;
  }

  std::map<folder_pair_id, tally> tally_of(const std::vector<twin>& unsettled, const pair_counts& counts) const {
    std::map<folder_pair_id, tally> result;
    for (const auto& c : counts.folder_pairs)
      for (side s : both_sides)
        result[c.folder_pair].sides[s].stay = c.agreed;
    for (const auto& t : unsettled) {
      const auto* f = folder(t.folder_pair);
      if (!f) continue;
      auto& of = result[t.folder_pair];
      const auto* let_go = released(t.folder_pair);
      const auto believed_before = listed_after(class_of(t));
      // Its files are put back as well, unless they are refused.
      if (let_go && let_go->put_back && logic::is_half_put_back(t, f->policy) && !(t.trouble && t.trouble->banned))
        ++of.released;
      for (side s : both_sides) {
        const auto& here = t.seen[s];
        const auto& there = t.seen[other(s)];
        const bool created = is_being_created(t, other(s));
        if (!here || !(t.base || created)) continue;
        if (here->presence == presence::present) {
          if (t.base) count_present(t, s, of);
        } else if (let_go &&
                   (here->sequence <= let_go->up_to || (let_go->put_back && here->presence == presence::absent))) {
          ++of.released;
        } else if (const bool open = is_written_anew(t, other(s));
                   !is_our_doing(t, s) && propagates(f->policy, s) &&
                   ((there && there->presence == presence::present) || open || created)) {
          const bool doubtful = here->presence == presence::left && (here->sequence >= believed_before[s] || open);
          of.last_to_leave[s] = std::max(of.last_to_leave[s], here->sequence);
          if (here->sequence <= departing(t.folder_pair).up_to[s])
            ++(doubtful ? of.then[s].stay : of.then[s].left), of.then_unbelieved[s] |= doubtful;
          if (doubtful)
            ++of.unbelieved, ++of.may_have_left[s];
          else
            ++of.sides[s].left, of.to_delete += here->presence == presence::left,
                of.elsewhere[s] += was_in_another(*here, s), of.absent[s] += here->presence == presence::absent;
        }
      }
    }
    return result;
  }

  /// Not all that may have left has, but if it has, that freezes.
  static bool may_freeze(const tally& of, side s) {
    return of.may_have_left[s] > 0 && logic::brake({of.sides[s].left + of.may_have_left[s], of.sides[s].stay});
  }

  /// Which folder pairs are to be frozen, and what need not be remembered any longer.
  note_brake brake(const std::vector<twin>& unsettled, const pair_counts& counts, arbitrated& result) {
    note_brake note;
    note.pair = pair_;
    const auto now = around_.wall_clock();
    const auto freeze = [&](const folder_pair_id& name, std::string why) {
      auto& held = result.folder_pairs[name].held;
      held = frozen{std::move(why), now};
      note.freeze.emplace_back(name, *held);
    };
    auto tallies = tally_of(unsettled, counts);
    std::uint64_t left = 0;
    for (const auto& f : what_.folders) {
      auto& of = tallies[f.name];
      if (what_.first_of_round && f.usable && listed_.contains(f.name) && released(f.name) && of.released == 0)
        note.released.push_back(f.name);
      if (result.folder_pairs[f.name].held || !f.usable) continue;
      const auto* since = unattended(f.name);
      const auto before = departing(f.name);
      auto after = before;
      for (side s : both_sides) {
        of.sides[s].unattended = since != nullptr;
        of.sides[s].replaced = of.elsewhere[s] > 0 && of.elsewhere[s] == of.sides[s].left;
        of.sides[s].absent = of.absent[s] > 0 && of.absent[s] == of.sides[s].left;
        if (const auto& was = f.was_at[s])
          of.sides[s].another_folder = was->first == was->second ? was->second + " was made again"
                                                                 : was->first + " before, " + was->second + " now";
        auto why = logic::brake(of.sides[s]);
        if (before.up_to[s] > 0) {
          of.then[s].stay += before.stayed[s];
          if (!why) why = logic::brake(of.then[s]);
          if (!of.then_unbelieved[s]) after.up_to[s] = after.stayed[s] = 0;
        } else if (!why && may_freeze(of, s)) {
          after.up_to[s] = of.last_to_leave[s];
          after.stayed[s] = of.sides[s].stay;
        }
        if (!why && may_freeze(of, s)) leaving_.insert(f.name);
        if (!why || result.folder_pairs[f.name].held) continue;
        freeze(f.name, std::string(s == side::primary ? "primary: " : "replica: ") + *why);
      }
      if (after != before && !result.folder_pairs[f.name].held) note.departing.emplace_back(f.name, after);
      if (result.folder_pairs[f.name].held) continue;
      left += of.to_delete;
      const auto& at = listed_at_.find(f.name)->second;
      if (since && of.unbelieved == 0 && at.primary > since->since && at.replica > since->since)
        note.calm.push_back(f.name);
    }
    const auto today = brakes_.deletes.day == day_of(now) ? brakes_.deletes.count : 0;
    if (const auto why = logic::brake_of_day(left, today, what_.deletes_a_day))
      for (const auto& f : what_.folders) {
        const auto& of = tallies[f.name];
        if (f.usable && !result.folder_pairs[f.name].held && of.to_delete > 0) freeze(f.name, *why);
      }
    return note;
  }

  bool waits_for_delete(const twin& t, logic::surroundings around) const {
    around.listed_after = listed_after_;
    const auto verdict = logic::decide(t, around);
    const auto* w = std::get_if<logic::wait>(&verdict.what);
    return w && w->why == logic::wait::reason::believable_delete;
  }

  void due(arbitrated& result, utc_seconds when) const {
    if (!result.next_due || when < *result.next_due) result.next_due = when;
  }

  /// What its user has put into it is told, so it is read before.
  logic::verdict removal_of_duplicate(const twin& t, side s, const policy& p) const {
    const auto named = logic::twin_of_mark(pair_, t.seen[s]->mark);
    const auto owner = named ? owners_.find(*named) : owners_.end();
    if (owner == owners_.end() || p.direction != direction::bidirectional) return {logic::remove_on{s}, {}};
    if (!logic::contents_known(*t.seen[s])) return {logic::look{{s}, false}, {}};
    return {logic::remove_on{s}, logic::lost_with_duplicate(t, s, owner->second, p, around_.wall_clock())};
  }

  /// What writes nothing, and what later nobody could tell: an item that both users have deleted, or that we had
  /// removed before, may be brought back while the folder pair is frozen, and is new then.
  static bool goes_on_while_frozen(const twin& t, const logic::verdict& v) {
    const auto* w = std::get_if<logic::wait>(&v.what);
    if (w && w->why == logic::wait::reason::believable_delete)
      return std::none_of(both_sides.begin(), both_sides.end(),
                          [&](side s) { return t.seen[s] && t.seen[s]->presence == presence::present; });
    if (std::holds_alternative<logic::bury>(v.what)) return true;
    return std::holds_alternative<logic::resolve>(v.what) && t.intent->operation == operation::remove;
  }

  void decide(twin t, arbitrated& result) {
    auto home = t.folder_pair;
    if (!t.base)
      if (auto s = logic::half_of(t)) home = t.seen[*s]->folder;
    auto at = result.folder_pairs.find(home);
    // What was agreed on in a folder pair that is not looked after any more, and lies in another one now.
    for (side s : both_sides)
      if (const auto& o = t.seen[s]; at == result.folder_pairs.end() && o && o->presence == presence::present) {
        home = o->folder;
        at = result.folder_pairs.find(home);
      }
    if (at == result.folder_pairs.end()) return; // it is nowhere where anybody looks
    auto& of = at->second;
    const auto& f = *folder(home);
    if (hold_.contains(t.id)) return;
    if (!f.usable) {
      ++of.waiting_for_listing;
      return;
    }
    logic::surroundings around;
    around.policy = f.policy;
    around.listed = listed_.contains(home);
    around.listed_after = listed_after(class_of(t));
    around.new_after = new_after_;
    for (side s : both_sides)
      around.settable[s] = settable_on(what_.what_can_be_set[s], class_of(t));
    around.settable_on_draft = {what_.what_can_be_set.primary.on_draft, what_.what_can_be_set.replica.on_draft};
    around.now = around_.wall_clock();
    if (const auto* how = released(t.folder_pair); how && how->put_back) around.put_back_up_to = how->up_to;
    auto verdict = logic::decide(t, around);
    if (of.held && !goes_on_while_frozen(t, verdict)) {
      ++of.waiting_for_listing;
      return;
    }
    if (leaving_.contains(home) && t.base && std::holds_alternative<logic::remove_on>(verdict.what)) {
      ++of.waiting_for_delete;
      return;
    }
    if (duplicates_.contains(t.id))
      if (auto s = logic::half_of(t)) {
        // The one that we know may have become this by its user's move: only lists that came after it tell.
        bool certain = t.seen[*s]->sequence < around.listed_after[*s];
        verdict = {logic::wait{logic::wait::reason::believable_delete}, {}};
        if (certain) verdict = removal_of_duplicate(t, *s, f.policy);
      }
    if (redundant_.contains(t.id) && !is_left_to_rest(verdict))
      verdict = {logic::agree{{}, {}, "a copy that another pair has made of an item that is here", false}, {}};
    if (unread_.contains(t.id))
      if (auto s = logic::half_of(t); s && !is_left_to_rest(verdict)) verdict = {logic::look{{*s}, false}, {}};
    // What seems to be begun or noted later than now was so before the clock was set back.
    if (auto when = logic::due(t, around_.commit_window)) {
      const std::chrono::seconds longest = t.intent ? around_.commit_window : logic::longest_rest;
      due(result, std::min(*when, around_.wall_clock() + longest));
    }
    if (auto* w = std::get_if<logic::wait>(&verdict.what)) {
      switch (w->why) {
      case logic::wait::reason::listing:
        ++of.waiting_for_listing;
        break;
      case logic::wait::reason::believable_delete:
        // Another listing helps only where those that can be read have still to tell.
        if (around.listed_after != listed_after_ && !waits_for_delete(t, around))
          ++of.waiting_for_unread;
        else
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
      // What we wrote is to be in a list, also where something of it was refused.
      if (w->why != logic::wait::reason::echo && is_written_since(t, around)) ++of.waiting_for_echo;
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
