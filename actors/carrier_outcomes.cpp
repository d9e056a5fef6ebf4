#include "actors/carrier.hpp"

#include "actors/logic/back_off.hpp"
#include "actors/logic/digest.hpp"
#include "actors/logic/likeness.hpp"
#include "actors/logic/settling.hpp"
#include "ews/model/field_name.hpp"

#include <algorithm>
#include <set>

namespace exsyncd {
namespace {

const char* name_of(operation op) {
  switch (op) {
  case operation::create:
    return "created";
  case operation::update:
    return "updated";
  case operation::set_read:
    return "read state set";
  case operation::move:
    return "moved";
  case operation::remove:
    return "deleted";
  case operation::replace:
    return "replaced";
  }
  return "";
}

const char* name_of(side s) {
  return s == side::primary ? "primary" : "replica";
}

/// Whether the request about this item alone has got no answer, where those about others do.
bool is_unanswered(const failure& why) {
  return why.reach == reach::item && why.counts &&
         (why.code == "timeout" || why.code == "cut" || why.code == "too_large" || why.code.starts_with("HTTP 5"));
}

/// Of a create whose answer names no item it is known that nothing was made where it was to be: its user may have filed
/// it before that was looked for, so its mark is kept in mind.
bool may_be_elsewhere(const twin& t, const intent& in, const failure& why) {
  constexpr std::size_t most_marks = 8; // a server may fail like this for long
  const bool creates = in.operation == operation::create || in.operation == operation::replace;
  return creates && (why.reach == reach::item || why.code == "protocol") && t.abandoned.size() < most_marks;
}

/// Whether an answer leaves open what there is now.
bool is_to_be_read_back(const twin& t, const intent& in, const written& w) {
  switch (in.operation) {
  case operation::update: // where only some of the edits were written, the others must not be taken for ours later
    return w.key.empty() || !in.parts.empty() || logic::goes_in_parts(t, in.target);
  case operation::create:
  case operation::move:
    return w.key.empty();
  case operation::set_read: // the bases' keys stay, so that it is looked at
  case operation::remove:
  case operation::replace:
    return false;
  }
  return false;
}

} // namespace

void carrier::begin(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then) {
  if (ready.empty()) return batch_done();
  if (!options().undo) return begin_kept(std::move(ready), std::move(then));
  keep_first(std::move(ready), [me = shared_from_this(), then = std::move(then)](std::vector<loaded> kept) {
    me->begin_kept(std::move(kept), then);
  });
}

void carrier::begin_kept(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then) {
  if (ready.empty()) return batch_done();
  auto me = shared_from_this();
  begin_intents call;
  for (auto& l : ready) {
    if (!l.instead_of) l.intent.loses = l.what.verdict.loses;
    call.intents.push_back({l.what.twin.id, l.intent, l.instead_of});
  }
  ask_ledger(std::move(call), [me, ready = std::move(ready), then = std::move(then)](const intents_begun& begun) {
    std::vector<loaded> open;
    for (std::size_t i = 0; i < ready.size(); ++i)
      if (begun.open[i])
        open.push_back(ready[i]);
      else
        ++me->result_.waiting; // news came in between: the next round decides
    if (open.empty()) return me->batch_done();
    then(std::move(open));
  });
}

void carrier::check(std::vector<write_outcome>& outcomes, const std::vector<opened>& intents, names what) {
  const auto doubt = [](const std::string& why) {
    return unknown{failure{reach::item, retry::later, {}, "protocol", why, {}}};
  };
  if (outcomes.size() != intents.size())
    outcomes.assign(intents.size(), doubt("not as many outcomes were answered as asked for"));
  std::map<item_id, int> times;
  for (const auto& o : outcomes)
    if (const auto* w = std::get_if<written>(&o)) ++times[w->id];
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto* w = std::get_if<written>(&outcomes[i]);
    if (!w) continue;
    switch (what) {
    case names::new_item:
      if (w->id.empty() || times[w->id] > 1) outcomes[i] = doubt("the answer does not tell which item was made");
      break;
    case names::same_item:
      if (!w->id.empty() && w->id != intents[i].intent.item) outcomes[i] = doubt("the answer names another item");
      break;
    case names::whatever:
      break;
    }
  }
}

void carrier::tell_loss(const task& t, const exsyncd::intent& in) const {
  if (in.loses) log(log_level::info, t, in.loses->reason + ": the change on " + name_of(in.loses->loser) + " was lost");
}

void carrier::conclude(std::vector<opened> intents, std::vector<write_outcome> outcomes) {
  aftermath after;
  std::vector<opened> again;
  std::vector<written> answers;
  for (std::size_t i = 0; i < intents.size(); ++i)
    if (const auto* w = std::get_if<written>(&outcomes[i]);
        w && is_to_be_read_back(intents[i].what.twin, intents[i].intent, *w)) {
      again.push_back(std::move(intents[i]));
      answers.push_back(*w);
    } else {
      conclude(intents[i], outcomes[i], after);
    }
  if (again.empty()) return store(std::move(after));
  read_back(std::move(again), std::move(answers), std::move(after));
}

void carrier::conclude(const opened& o, const write_outcome& outcome, aftermath& after) {
  const auto& [what, in] = o;
  struct {
    carrier& self;
    const opened& o;
    const task& t;
    const exsyncd::intent& in;
    aftermath& after;

    void operator()(const written& w) {
      // What a remove names lies in Deleted Items: nobody's twin.
      const auto id = in.operation == operation::remove ? item_id{} : w.id;
      after.settled.push_back(logic::settlement_of(t.twin, in, id, w.key, self.now()));
      self.told_done(t, in);
    }
    void operator()(const stale&) {
      if (is_half_there())
        ++self.result_.waiting;
      else
        self.give_up(t, in, after);
    }
    void operator()(const gone&) {
      self.give_up(t, in, after);
      self.miss(t, in.target, after);
    }
    void operator()(const refused& r) { fail(r.why, true, r.key); }
    void operator()(const not_done& n) {
      if (n.why.reach == reach::item) return fail(n.why, false);
      if (is_half_there()) {
        ++self.result_.waiting;
      } else {
        self.give_up(t, in, after);
        after.abandoned.back().lost = may_be_elsewhere(t.twin, in, n.why);
      }
      self.stop(in.target, n.why);
    }
    /// What an earlier try has left would be taken for its user's edit, were the write given up: it stays open.
    bool is_half_there() const { return logic::has_begun(in) && !in.parts.empty(); }
    void operator()(const unknown& u) {
      ++self.result_.waiting;
      if (u.why.reach != reach::item) self.stop(in.target, u.why);
      self.log(log_level::info, t,
               "not known whether it was " + std::string(name_of(in.operation)) + " on " + name_of(in.target) + " (" +
                   u.why.what + "); it will be looked for",
               u.why.code);
      // How long the server may still act is counted from now: it may have waited long before it left.
      self.ask_ledger(progress_intent{t.twin.id, in.id, {}, {}, {}, self.now()}, [](const stored&) {});
      // It is looked for all the same. What is decided then rests, since it may end like this again.
      const bool refused_halfway = in.operation == operation::update && u.why.retry == retry::never;
      if (is_unanswered(u.why) || refused_halfway)
        after.troubled.push_back({t.twin.id, self.trouble_of(t, in.target, u.why, false)});
    }
    void fail(const failure& why, bool for_good, const change_key& key = {}) {
      auto trouble = self.trouble_of(t, in.target, why, for_good, key);
      if (!key.empty())
        after.settled.push_back(logic::taken_back(t.twin, in, key));
      else if (trouble.banned || !is_half_there())
        after.abandoned.push_back(
            {t.twin.id, in.id, !for_good && may_be_elsewhere(t.twin, in, why), logic::has_begun(in)});
      if (trouble.banned && in.operation == operation::update) trouble = self.refusal_of(o, std::move(trouble));
      // The others go on at once, and what has another key by that is read.
      if (!key.empty() || (trouble.one_by_one && !trouble.banned)) ++self.result_.done;
      after.troubled.push_back({t.twin.id, std::move(trouble)});
      ++self.result_.failed;
    }
  } conclude_one{*this, o, what, in, after};
  std::visit(conclude_one, outcome);
}

void carrier::give_up(const task& t, const exsyncd::intent& in, aftermath& after) {
  after.abandoned.push_back({t.twin.id, in.id, false, logic::has_begun(in)});
  ++result_.waiting;
}

void carrier::told_done(const task& t, const exsyncd::intent& in) {
  ++result_.done;
  ++result_.writes;
  ++self_->state.passed[{in.operation, in.target}];
  self_->state.in_vain.erase(t.twin.id);
  log(log_level::debug, t, std::string(name_of(in.operation)) + " on " + name_of(in.target));
  tell_loss(t, in);
}

void carrier::read_back(std::vector<opened> intents, std::vector<written> answers, aftermath after) {
  const side target = intents.front().intent.target;
  read_content request{{}, class_of(intents.front().what)};
  for (std::size_t i = 0; i < intents.size(); ++i)
    request.items.push_back(answers[i].id.empty() ? intents[i].intent.item : answers[i].id);
  auto ids = request.items;
  auto me = shared_from_this();
  self_->request(options().mailboxes[target], mailbox_patience, std::move(request))
      .then(
          [me, target, ids, intents = std::move(intents), answers = std::move(answers),
           after = std::move(after)](content_read& answer) mutable {
            auto* outcomes = std::get_if<0>(&answer.outcome);
            if (auto* f = std::get_if<failure>(&answer.outcome)) me->stop(target, *f);
            for (std::size_t i = 0; i < intents.size(); ++i) {
              const auto& [t, in] = intents[i];
              const auto* c =
                  outcomes && outcomes->size() == intents.size() ? std::get_if<content>(&(*outcomes)[i]) : nullptr;
              if (!c) { // the intent stays open, and is looked for as if its answer had been lost
                ++me->result_.waiting;
                const bool is_gone =
                    outcomes && outcomes->size() == intents.size() && std::holds_alternative<gone>((*outcomes)[i]);
                if (is_gone && in.operation == operation::create)
                  me->ask_ledger(progress_intent{t.twin.id, in.id, in.step, ids[i], answers[i].key},
                                 [](const stored&) {});
                continue;
              }
              after.settled.push_back(logic::settlement_as_read(t.twin, in, ids[i], answers[i].key, *c, me->now()));
              me->told_done(t, in);
            }
            me->store(std::move(after));
          },
          [me, target](const caf::error& e) { me->mailbox_died(target, e); });
}

void carrier::read_removed(std::vector<std::pair<opened, item_id>> removed, aftermath after) {
  if (removed.empty()) return store(std::move(after));
  const side target = removed.front().first.intent.target;
  read_content request{{}, class_of(removed.front().first.what)};
  for (const auto& [o, id] : removed)
    request.items.push_back(id);
  auto me = shared_from_this();
  self_->request(options().mailboxes[target], mailbox_patience, std::move(request))
      .then(
          [me, removed = std::move(removed), after = std::move(after)](content_read& answer) mutable {
            auto* outcomes = std::get_if<0>(&answer.outcome);
            if (outcomes && outcomes->size() != removed.size()) outcomes = nullptr;
            const content* replaced = nullptr;
            for (std::size_t i = 0; i < removed.size(); ++i) {
              const auto& [o, id] = removed[i];
              if (!outcomes || std::holds_alternative<failure>((*outcomes)[i])) {
                std::erase_if(after.settled, [&](const settle_twin& s) { return s.intent == o.intent.id; });
                ++me->result_.waiting;
                continue;
              }
              const auto* c = std::get_if<content>(&(*outcomes)[i]);
              if (!c) continue;                                           // deleted for good by now
              if (o.intent.operation == operation::replace) replaced = c; // it goes alone
              auto lost = logic::lost_by_removal(o.what.twin, o.intent, *c, me->options().settings.policy, me->now());
              if (!lost) continue;
              for (auto& s : after.settled)
                if (s.intent == o.intent.id) s.conflict = lost;
              auto told = o.intent;
              told.loses = lost;
              me->tell_loss(o.what, told);
            }
            if (replaced) return me->carry_read_state(removed.front().first, *replaced, std::move(after));
            me->store(std::move(after));
          },
          [me, target](const caf::error& e) { me->mailbox_died(target, e); });
}

void carrier::store(aftermath after) {
  // Sent together and answered after one commit; a crash between them leaves an open intent, and that is looked for.
  auto me = shared_from_this();
  auto open = std::make_shared<int>(1);
  auto one_less = [me, open](const stored&) {
    if (--*open == 0) me->batch_done();
  };
  auto send = [&](auto call) {
    ++*open;
    ask_ledger(std::move(call), one_less);
  };
  // What was observed comes first: where the rest is lost, the intent is still open.
  if (!after.observed.empty()) send(observe_contents{std::move(after.observed)});
  if (!after.settled.empty()) send(settle_twins{std::move(after.settled)});
  if (!after.abandoned.empty()) send(abandon_intents{std::move(after.abandoned)});
  if (!after.troubled.empty()) send(note_troubles{std::move(after.troubled)});
  one_less(stored{});
}

void carrier::observe(const task& t, side s, const content& c, aftermath& after) {
  const auto& o = *t.twin.seen[s];
  after.observed.push_back({t.twin.id, o.sequence, s, o.item, c.key, c.read, c.draft, logic::digests_of(c.fields),
                            false, false, logic::likeness_of(c)});
  ++result_.done;
}

void carrier::miss(const task& t, side s, aftermath& after) {
  const auto& o = *t.twin.seen[s];
  // Lists that were read since have not told either; of what none has ever shown they cannot.
  if (o.missed_since > 0 && o.unlisted_since == 0) {
    fail(t, s,
         {reach::item,
          retry::later,
          {},
          "ErrorItemNotFound",
          "the server does not find the item, and no list says that it has left its folder",
          {}},
         after);
    return;
  }
  after.observed.push_back({t.twin.id, o.sequence, s, o.item, o.key, {}, o.draft, {}, o.missed_since > 0, true});
  ++result_.done;
}

void carrier::fail(const task& t, side s, const failure& f, aftermath& after) {
  if (f.reach != reach::item) return stop(s, f);
  after.troubled.push_back({t.twin.id, trouble_of(t, s, f, f.retry == retry::never)});
  ++result_.failed;
}

trouble carrier::trouble_of(const task& t, side s, const failure& f, bool for_good, const change_key& key) const {
  trouble result;
  result.code = f.code;
  result.what = f.what;
  result.hint = f.hint;
  result.side = s;
  result.since = now();
  for (side each : both_sides)
    result.at[each] = logic::trouble_key(t.twin.seen[each]);
  if (!key.empty()) result.at[s] = key;
  if (const auto& before = t.twin.trouble; before && before->at == result.at) {
    result.tries = before->tries;
    result.since = before->since;
  }
  if (f.counts) ++result.tries;
  result.banned = for_good || (f.counts && result.tries >= logic::most_tries);
  // What was refused before is still so, whichever side fails for now.
  if (const auto& before = t.twin.trouble;
      before && (before->side == s || (!result.banned && !before->refused.empty()))) {
    result.side = before->side;
    result.refused = before->refused;
    result.one_by_one = before->one_by_one;
  }
  auto rest = logic::back_off(std::max(result.tries, 1u), options().context.random());
  if (f.wait) rest = std::chrono::ceil<std::chrono::seconds>(*f.wait);
  result.next = now() + rest;
  log(result.banned ? log_level::warning : log_level::info, t,
      (result.banned ? "rests in the ban list: " : "will be tried again: ") + f.what +
          (f.hint.empty() ? "" : " — " + f.hint),
      f.code);
  return result;
}

trouble carrier::refusal_of(const opened& o, exsyncd::trouble result) const {
  const auto& in = o.intent;
  const auto together = [task = class_of(o.what) == item_class::task](field f) {
    if (f == field::recurrence) return true;
    return task ? f == field::task_dates || f == field::progress : f == field::time || f == field::exceptions;
  };
  const bool alone = in.fields.size() == 1 || std::all_of(in.fields.begin(), in.fields.end(), together);
  result.one_by_one = true;
  if (!alone) { // which of them it is shows when each goes alone
    result.banned = false;
    result.next = now();
    return result;
  }
  field_digests fields;
  for (field f : in.fields) {
    const auto value = logic::only(in.expected, {f});
    fields.push_back({f, value.empty() ? digest{} : value.front().value});
  }
  return naming_refused(std::move(result), fields);
}

trouble carrier::naming_refused(trouble result, const field_digests& fields) {
  for (const auto& one : fields) {
    std::erase_if(result.refused, [&](const field_digest& d) { return d.field == one.field; });
    result.refused.push_back(one);
  }
  std::sort(result.refused.begin(), result.refused.end(),
            [](const auto& a, const auto& b) { return a.field < b.field; });
  std::string names;
  for (const auto& d : result.refused)
    names += (names.empty() ? "" : ", ") + name_of(d.field);
  result.what += " (not carried over: " + names + ")";
  return result;
}

} // namespace exsyncd
