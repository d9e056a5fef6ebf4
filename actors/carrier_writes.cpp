#include "actors/carrier.hpp"

#include "actors/logic/back_off.hpp"
#include "actors/logic/digest.hpp"
#include "actors/logic/likeness.hpp"
#include "ews/model/too_large.hpp"

#include <algorithm>

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

template <class T>
std::vector<item_id> items_of(const std::vector<T>& tasks, side s) {
  std::vector<item_id> ids;
  for (const auto& t : tasks)
    ids.push_back(t.twin.seen[s]->item);
  return ids;
}

} // namespace

// ---- one batch of each kind
// ------------------------------------------------------------------------------------------

void carrier::look(std::vector<task> tasks, side s) {
  auto ids = items_of(tasks, s);
  auto me = shared_from_this();
  ask_mailbox<content_read>(
      s, read_content{ids, class_of(tasks.front())}, [me, tasks, s](std::vector<content_outcome>& outcomes) {
        observe_contents facts;
        std::vector<note_trouble> troubled;
        for (std::size_t i = 0; i < std::min(tasks.size(), outcomes.size()); ++i) {
          const auto& t = tasks[i];
          const auto& o = *t.twin.seen[s];
          const bool unlisted = std::get<logic::look>(t.verdict.what).unlisted;
          if (auto* c = std::get_if<content>(&outcomes[i])) {
            facts.contents.push_back({t.twin.id, o.sequence, s, o.item, c->key, c->read, c->draft,
                                      logic::digests_of(c->fields), unlisted, false, logic::likeness_of(*c)});
          } else if (auto* f = std::get_if<failure>(&outcomes[i])) {
            if (f->reach != reach::item)
              me->stop(s, *f);
            else
              troubled.push_back({t.twin.id, me->trouble_of(t, s, *f, f->retry == retry::never)}), ++me->result_.failed;
          } else if (unlisted) {
            facts.contents.push_back({t.twin.id, o.sequence, s, o.item, o.key, {}, o.draft, {}, true, true});
          } else {
            ++me->result_.waiting; // not there any more: the change list will say what became of it
          }
        }
        me->result_.done += facts.contents.size();
        me->ask_ledger(std::move(facts), [me, troubled](const stored&) { me->store({}, {}, troubled); });
      });
}

void carrier::ask_target(side target, std::function<void(const settable&)> then) {
  self_->request(options().mailboxes[target], mailbox_patience, ask_settable{})
      .then(std::move(then), [me = shared_from_this(), target](const caf::error& e) { me->mailbox_died(target, e); });
}

/// What surely does not fit into a request of the target is not even read: its size is known from the list.
void carrier::carry(std::vector<task> tasks, operation op, side target) {
  ask_target(target, [me = shared_from_this(), tasks = std::move(tasks), op, target](const settable& what) {
    std::vector<note_trouble> troubled;
    std::vector<task> fitting;
    for (const auto& t : tasks) {
      const auto size = t.twin.seen[other(target)]->size;
      // Only a mail goes in one request; attachments of the other classes have requests of their own.
      const bool in_one = class_of(t) == item_class::message;
      if (!in_one || what.largest_item == 0 || size <= what.largest_item) {
        fitting.push_back(t);
        continue;
      }
      troubled.push_back({t.twin.id, me->trouble_of(t, target, too_large("the item", size, what.largest_item), true)});
      ++me->result_.failed;
    }
    if (fitting.empty()) return me->store({}, {}, std::move(troubled));
    me->carry_fitting(std::move(fitting), op, target, std::move(troubled));
  });
}

void carrier::carry_fitting(std::vector<task> tasks, operation op, side target, std::vector<note_trouble> too_large) {
  side source = other(target);
  auto me = shared_from_this();
  ask_mailbox<items_fetched>(
      source, fetch_items{items_of(tasks, source), class_of(tasks.front())},
      [me, tasks, op, target, source, too_large = std::move(too_large)](std::vector<fetch_outcome>& outcomes) {
        std::vector<loaded> ready;
        auto troubled = too_large;
        folder_id folder;
        for (std::size_t i = 0; i < std::min(tasks.size(), outcomes.size()); ++i) {
          const auto& t = tasks[i];
          if (auto* f = std::get_if<failure>(&outcomes[i])) {
            if (f->reach != reach::item)
              me->stop(source, *f);
            else
              troubled.push_back({t.twin.id, me->trouble_of(t, source, *f, f->retry == retry::never)}),
                  ++me->result_.failed;
            continue;
          }
          auto* got = std::get_if<fetched>(&outcomes[i]);
          if (!got) {
            ++me->result_.waiting;
            continue;
          }
          const auto& held_in = op == operation::create ? t.twin.seen[source]->folder : t.twin.seen[target]->folder;
          folder = (*me->work_.where).at(held_in)[target];
          ready.push_back({t,
                           logic::intent_to_carry(t.twin, op, target, got->at, held_in, me->new_intent(), me->now()),
                           std::move(got->item),
                           {},
                           {}});
        }
        auto go = [me, ready = std::move(ready), folder, op, target](const stored&) {
          me->begin(ready, [me, folder, op, target](std::vector<loaded> open) {
            create_items request{folder, {}, me->options().settings.policy.meetings};
            std::vector<opened> intents;
            for (auto& l : open) {
              request.items.emplace_back(std::move(l.item), l.intent.mark);
              intents.push_back({std::move(l.what), std::move(l.intent)});
            }
            me->write(target, std::move(request), intents,
                      [me, intents, op, target](std::vector<write_outcome> outcomes) {
                        if (op == operation::create) return me->conclude(intents, std::move(outcomes));
                        std::vector<opened> made, rest;
                        std::vector<write_outcome> rest_outcomes;
                        for (std::size_t i = 0; i < intents.size(); ++i) {
                          if (auto* w = std::get_if<written>(&outcomes[i])) {
                            made.push_back(intents[i]);
                            made.back().intent.step = 1;
                            made.back().intent.made = w->id;
                            made.back().intent.made_key = w->key;
                          } else {
                            rest.push_back(intents[i]);
                            rest_outcomes.push_back(outcomes[i]);
                          }
                        }
                        if (!rest.empty()) {
                          ++me->in_flight_; // the two halves end as two batches
                          me->conclude(std::move(rest), std::move(rest_outcomes));
                        }
                        me->remove_replaced(std::move(made), target);
                      });
          });
        };
        me->ask_ledger(note_troubles{std::move(troubled)}, std::move(go));
      });
}

/// The new copies exist: that goes to disk, then the old ones go to Deleted Items, where an edit that nobody had seen
/// yet is not lost.
void carrier::remove_replaced(std::vector<opened> made, side target) {
  if (made.empty()) return batch_done();
  auto me = shared_from_this();
  auto noted = std::make_shared<std::size_t>(made.size());
  for (const auto& m : made)
    ask_ledger(progress_intent{m.what.twin.id, m.intent.id, 1, m.intent.made, m.intent.made_key}, [me, made, target,
                                                                                                   noted](
                                                                                                      const stored&) {
      if (--*noted > 0) return;
      remove_items request;
      for (const auto& o : made)
        request.items.push_back(o.intent.item);
      me->write(target, std::move(request), made, [me, made](std::vector<write_outcome> outcomes) {
        // What stands in the settlement is the new copy. An old one that is gone already is as good.
        for (std::size_t i = 0; i < made.size(); ++i)
          if (std::holds_alternative<written>(outcomes[i]) || std::holds_alternative<gone>(outcomes[i]))
            outcomes[i] = written{made[i].intent.made, made[i].intent.made_key};
          else if (!std::holds_alternative<unknown>(outcomes[i]))
            // Both copies exist now: the intent stays open until the old one is gone.
            outcomes[i] = unknown{failure{reach::item, retry::later, {}, "replace", "the old copy is still there", {}}};
        me->conclude(made, std::move(outcomes));
      });
    });
}

void carrier::update(std::vector<task> tasks, side target) {
  side source = other(target);
  auto me = shared_from_this();
  ask_mailbox<content_read>(
      source, read_content{items_of(tasks, source), class_of(tasks.front())},
      [me, tasks, target, source](std::vector<content_outcome>& outcomes) {
        std::vector<loaded> ready;
        for (std::size_t i = 0; i < std::min(tasks.size(), outcomes.size()); ++i) {
          const auto& t = tasks[i];
          auto* c = std::get_if<content>(&outcomes[i]);
          if (auto* f = std::get_if<failure>(&outcomes[i]); f && f->reach != reach::item) me->stop(source, *f);
          if (!c || c->key != t.twin.seen[source]->key) { // edited again since it was decided: the next round decides
            ++me->result_.waiting;
            continue;
          }
          const auto& what = std::get<logic::update_on>(t.verdict.what);
          loaded l{t, logic::intent_to_update(t.twin, what, *c, me->new_intent(), me->now()), {}, {}, {}};
          for (field f : what.fields) {
            auto at =
                std::find_if(c->fields.begin(), c->fields.end(), [f](const field_value& v) { return v.field == f; });
            l.fields.push_back(at == c->fields.end() ? field_value{f, {}} : *at);
          }
          ready.push_back(std::move(l));
        }
        me->ask_target(target, [me, ready = std::move(ready), source, target](const settable& takes) {
          me->fetch_attached(ready, 0, source, takes.largest_item, [me, source, target](std::vector<loaded> whole) {
            me->drop_edited_since(std::move(whole), source, [me, target](std::vector<loaded> unchanged) {
              me->update_whole(std::move(unchanged), target);
            });
          });
        });
      });
}

void carrier::update_whole(std::vector<loaded> ready, side target) {
  begin(std::move(ready), [me = shared_from_this(), target](std::vector<loaded> open) {
    update_items request;
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.push_back({l.intent.item, l.intent.guard, std::move(l.fields), class_of(l.what),
                               me->options().settings.policy.meetings, std::move(l.attachments)});
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents,
              [me, intents](std::vector<write_outcome> outcomes) { me->conclude(intents, std::move(outcomes)); });
  });
}

bool carrier::has_attached(const loaded& l) {
  return class_of(l.what) != item_class::message &&
         std::any_of(l.fields.begin(), l.fields.end(),
                     [](const field_value& f) { return f.field == field::attachments && !f.value.empty(); });
}

void carrier::fetch_attached(std::vector<loaded> ready, std::size_t at, side source, std::uint64_t largest,
                             std::function<void(std::vector<loaded>)> then) {
  while (at < ready.size() && !has_attached(ready[at]))
    ++at;
  if (at == ready.size()) return then(std::move(ready));
  auto me = shared_from_this();
  self_
      ->request(options().mailboxes[source], mailbox_patience,
                fetch_attachments{ready[at].what.twin.seen[source]->item, largest})
      .then(
          [me, ready = std::move(ready), at, source, largest,
           then = std::move(then)](attachments_fetched& answer) mutable {
            if (auto* all = std::get_if<std::vector<carried_attachment>>(&answer.outcome)) {
              ready[at].attachments = std::move(*all);
              return me->fetch_attached(std::move(ready), at + 1, source, largest, std::move(then));
            }
            const auto failed = std::move(ready[at]);
            ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(at));
            auto go_on = [me, ready = std::move(ready), at, source, largest, then = std::move(then)](const stored&) {
              me->fetch_attached(ready, at, source, largest, then);
            };
            note_troubles troubles;
            if (auto* f = std::get_if<failure>(&answer.outcome)) {
              if (f->reach != reach::item)
                me->stop(source, *f);
              else {
                const side at_fault = f->code == too_large_code ? other(source) : source;
                troubles.troubles.push_back(
                    {failed.what.twin.id, me->trouble_of(failed.what, at_fault, *f, f->retry == retry::never)});
                ++me->result_.failed;
              }
            } else {
              ++me->result_.waiting; // not there any more: the change list will say what became of it
            }
            me->ask_ledger(std::move(troubles), std::move(go_on));
          },
          [me, source](const caf::error& e) { me->mailbox_died(source, e); });
}

void carrier::drop_edited_since(std::vector<loaded> ready, side source, std::function<void(std::vector<loaded>)> then) {
  std::vector<item_id> ids;
  for (const auto& l : ready)
    if (has_attached(l)) ids.push_back(l.what.twin.seen[source]->item);
  if (ids.empty()) return then(std::move(ready));
  const auto of = class_of(ready.front().what);
  auto me = shared_from_this();
  ask_mailbox<content_read>(source, read_content{std::move(ids), of},
                            [me, ready = std::move(ready), then](std::vector<content_outcome>& outcomes) {
                              std::vector<loaded> unchanged;
                              std::size_t at = 0;
                              for (const auto& l : ready) {
                                if (!has_attached(l)) {
                                  unchanged.push_back(l);
                                  continue;
                                }
                                const auto* now = at < outcomes.size() ? std::get_if<content>(&outcomes[at]) : nullptr;
                                ++at;
                                if (now && now->key == l.intent.source_key)
                                  unchanged.push_back(l);
                                else
                                  ++me->result_.waiting; // edited meanwhile: the next round decides
                              }
                              then(std::move(unchanged));
                            });
}

void carrier::set_read(std::vector<task> tasks, side target) {
  auto me = shared_from_this();
  std::vector<loaded> ready;
  for (auto& t : tasks)
    ready.push_back(
        {t, logic::intent_of(t.twin, std::get<logic::set_read_on>(t.verdict.what), new_intent(), now()), {}, {}, {}});
  begin(std::move(ready), [me, target](std::vector<loaded> open) {
    set_read_states request;
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.emplace_back(l.intent.item, *l.intent.read);
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents,
              [me, intents](std::vector<write_outcome> outcomes) { me->conclude(intents, std::move(outcomes)); });
  });
}

void carrier::move(std::vector<task> tasks, side target, const folder_pair_id& to) {
  auto me = shared_from_this();
  auto place = work_.where->find(to);
  if (place == work_.where->end()) { // that folder pair is not ready
    result_.waiting += tasks.size();
    return batch_done();
  }
  std::vector<loaded> ready;
  for (auto& t : tasks)
    ready.push_back(
        {t, logic::intent_of(t.twin, std::get<logic::move_on>(t.verdict.what), new_intent(), now()), {}, {}, {}});
  begin(std::move(ready), [me, target, folder = place->second[target]](std::vector<loaded> open) {
    move_items request{folder, {}};
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.push_back(l.intent.item);
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents,
              [me, intents](std::vector<write_outcome> outcomes) { me->conclude(intents, std::move(outcomes)); });
  });
}

void carrier::remove(std::vector<task> tasks, side target) {
  auto me = shared_from_this();
  std::vector<loaded> ready;
  for (auto& t : tasks)
    ready.push_back(
        {t, logic::intent_of(t.twin, std::get<logic::remove_on>(t.verdict.what), new_intent(), now()), {}, {}, {}});
  begin(std::move(ready), [me, target](std::vector<loaded> open) {
    remove_items request;
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.push_back(l.intent.item);
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents,
              [me, intents](std::vector<write_outcome> outcomes) { me->conclude(intents, std::move(outcomes)); });
  });
}

// ---- what they share
// -------------------------------------------------------------------------------------------------

void carrier::begin(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then) {
  if (ready.empty()) return batch_done();
  auto me = shared_from_this();
  begin_intents call;
  for (auto& l : ready) {
    l.intent.loses = l.what.verdict.loses;
    call.intents.push_back({l.what.twin.id, l.intent});
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

template <class Request>
void carrier::write(side target, Request what, std::vector<opened> intents,
                    std::function<void(std::vector<write_outcome>)> then) {
  auto me = shared_from_this();
  self_->request(options().mailboxes[target], mailbox_patience, std::move(what))
      .then(
          [me, then, n = intents.size()](write_done& answer) {
            // An outcome that is missing is one that is not known.
            answer.outcomes.resize(
                n, unknown{failure{reach::item, retry::later, {}, "protocol", "no outcome was answered", {}}});
            then(std::move(answer.outcomes));
          },
          [me, target](const caf::error& e) { me->mailbox_died(target, e); }); // the intents stay open: unknown
}

void carrier::tell_loss(const task& t, const exsyncd::intent& in) const {
  if (in.loses) log(log_level::info, t, in.loses->reason + ": the change on " + name_of(in.loses->loser) + " was lost");
}

void carrier::conclude(std::vector<opened> intents, std::vector<write_outcome> outcomes) {
  std::vector<settle_twin> settled;
  std::vector<abandon_intent> abandoned;
  std::vector<note_trouble> troubled;
  for (std::size_t i = 0; i < intents.size(); ++i) {
    const auto& [what, in] = intents[i];
    struct {
      carrier& self;
      const task& t;
      const exsyncd::intent& in;
      std::vector<settle_twin>& settled;
      std::vector<abandon_intent>& abandoned;
      std::vector<note_trouble>& troubled;

      void operator()(const written& w) {
        settled.push_back(logic::settlement_of(t.twin, in, w.id, w.key, self.now()));
        ++self.result_.done;
        ++self.result_.writes;
        self.log(log_level::debug, t, std::string(name_of(in.operation)) + " on " + name_of(in.target));
        self.tell_loss(t, in);
      }
      void operator()(const stale&) {
        abandoned.push_back({t.twin.id, in.id, false});
        ++self.result_.waiting;
      }
      void operator()(const gone&) {
        if (in.operation == operation::remove) { // somebody was faster: what was wanted is so
          settled.push_back(logic::settlement_of(t.twin, in, {}, {}, self.now()));
          ++self.result_.done;
          return;
        }
        abandoned.push_back({t.twin.id, in.id, false});
        ++self.result_.waiting;
      }
      void operator()(const refused& r) { fail(r.why, true, r.key); }
      void operator()(const not_done& n) {
        if (n.why.reach == reach::item) return fail(n.why, false);
        abandoned.push_back({t.twin.id, in.id, false});
        self.stop(in.target, n.why);
      }
      void operator()(const unknown& u) {
        ++self.result_.waiting;
        if (u.why.reach != reach::item) self.stop(in.target, u.why);
        self.log(log_level::info, t,
                 "not known whether it was " + std::string(name_of(in.operation)) + " on " + name_of(in.target) + " (" +
                     u.why.what + "); it will be looked for",
                 u.why.code);
      }
      void fail(const failure& why, bool for_good, const change_key& key = {}) {
        if (key.empty())
          abandoned.push_back({t.twin.id, in.id, false});
        else
          settled.push_back(logic::taken_back(t.twin, in, key));
        troubled.push_back({t.twin.id, self.trouble_of(t, in.target, why, for_good, key)});
        ++self.result_.failed;
      }
    } conclude_one{*this, what, in, settled, abandoned, troubled};
    std::visit(conclude_one, outcomes[i]);
  }
  store(std::move(settled), std::move(abandoned), std::move(troubled));
}

void carrier::store(std::vector<settle_twin> settled, std::vector<abandon_intent> abandoned,
                    std::vector<note_trouble> troubled) {
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
  if (!settled.empty()) send(settle_twins{std::move(settled)});
  if (!abandoned.empty()) send(abandon_intents{std::move(abandoned)});
  if (!troubled.empty()) send(note_troubles{std::move(troubled)});
  one_less(stored{});
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
  ++result.tries;
  result.banned = for_good || result.tries >= logic::most_tries;
  auto rest = logic::back_off(result.tries, options().context.random());
  if (f.wait) rest = std::chrono::ceil<std::chrono::seconds>(*f.wait);
  result.next = now() + rest;
  log(result.banned ? log_level::warning : log_level::info, t,
      (result.banned ? "rests in the ban list: " : "will be tried again: ") + f.what +
          (f.hint.empty() ? "" : " — " + f.hint),
      f.code);
  return result;
}

} // namespace exsyncd
