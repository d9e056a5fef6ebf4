#include "actors/carrier.hpp"

#include "actors/logic/digest.hpp"
#include "ews/model/too_large.hpp"

namespace exsyncd {

void carrier::look_inside(task t, side s, aftermath after) {
  const auto id = t.twin.seen[s]->item;
  self_->request(options().mailboxes[s], mailbox_patience, fetch_attachments{id, 0})
      .then(
          [me = shared_from_this(), t, s, after = std::move(after)](attachments_fetched& answer) mutable {
            const auto& o = *t.twin.seen[s];
            if (auto* got = std::get_if<attachments_of_item>(&answer.outcome)) {
              if (got->at == o.key && o.content) {
                const auto inside = logic::digests_of({{hint::attachment_contents, logic::contents_of(got->all)}});
                after.observed.push_back({t.twin.id, o.sequence, s, o.item, o.key, o.read, o.draft, *o.content, false,
                                          false, logic::with_fields(o.likeness, inside, {hint::attachment_contents})});
                if (s == side::primary) return me->look_inside(std::move(t), side::replica, std::move(after));
                ++me->result_.done;
              } else {
                ++me->result_.waiting; // it has changed since: the list tells of it
              }
            } else if (auto* f = std::get_if<failure>(&answer.outcome)) {
              me->fail(t, s, *f, after);
            } else {
              me->miss(t, s, after);
            }
            me->store(std::move(after));
          },
          [me = shared_from_this(), s](const caf::error& e) { me->mailbox_died(s, e); });
}

void carrier::look(std::vector<task> tasks, side s) {
  auto ids = items_of(tasks, s);
  const auto of = class_of(tasks.front());
  read(s, std::move(ids), of, [me = shared_from_this(), tasks = std::move(tasks), s](auto& outcomes) {
    aftermath after;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const auto& t = tasks[i];
      const auto& o = *t.twin.seen[s];
      const bool unlisted = std::get<logic::look>(t.verdict.what).unlisted;
      if (auto* c = std::get_if<content>(&outcomes[i])) {
        me->observe(t, s, *c, after);
        after.observed.back().unlisted = unlisted;
        // As our write has left it: agreed now, or its user's next edit would be taken for part of it.
        if (auto as_written = logic::read_back_of(t.twin, s, *c)) after.settled.push_back(std::move(*as_written));
      } else if (auto* f = std::get_if<failure>(&outcomes[i])) {
        me->fail(t, s, *f, after);
      } else if (unlisted) {
        after.observed.push_back({t.twin.id, o.sequence, s, o.item, o.key, {}, o.draft, {}, true, true});
        ++me->result_.done;
      } else {
        me->miss(t, s, after);
      }
    }
    me->store(std::move(after));
  });
}

/// What surely does not fit into a request of the target is not even read: its size is known from the list.
void carrier::carry(std::vector<task> tasks, operation op, side target, const folder_pair_id& to) {
  if (!work_.where->contains(to)) return no_place(std::move(tasks), to);
  ask_target(target, [me = shared_from_this(), tasks = std::move(tasks), op, target, to](const settable& what) {
    aftermath after;
    std::vector<task> fitting;
    for (const auto& t : tasks) {
      const auto size = t.twin.seen[other(target)]->size;
      // Only a mail goes in one request; attachments of the other classes have requests of their own.
      const bool in_one = class_of(t) == item_class::message;
      if (!in_one || what.largest_item == 0 || size <= what.largest_item) {
        fitting.push_back(t);
        continue;
      }
      after.troubled.push_back(
          {t.twin.id, me->trouble_of(t, target, too_large("the item", size, what.largest_item), true)});
      ++me->result_.failed;
    }
    if (fitting.empty()) return me->store(std::move(after));
    me->carry_fitting(std::move(fitting), op, target, to, std::move(after));
  });
}

void carrier::carry_fitting(std::vector<task> tasks, operation op, side target, const folder_pair_id& to,
                            aftermath too_large) {
  side source = other(target);
  auto me = shared_from_this();
  fetch_items request{items_of(tasks, source), class_of(tasks.front())};
  ask_mailbox<items_fetched>(
      source, std::move(request),
      [me, tasks = std::move(tasks), op, target, source, to, too_large = std::move(too_large)](auto& outcomes) {
        if (!me->matches(source, outcomes.size(), tasks.size())) return;
        std::vector<loaded> ready;
        auto after = too_large;
        for (std::size_t i = 0; i < tasks.size(); ++i) {
          const auto& t = tasks[i];
          if (auto* f = std::get_if<failure>(&outcomes[i])) {
            me->fail(t, source, *f, after);
            continue;
          }
          auto* got = std::get_if<fetched>(&outcomes[i]);
          if (!got) {
            me->miss(t, source, after);
            continue;
          }
          // What it was decided on has changed, maybe under the same key: that is a fact first, or it would stay one
          // and be carried again and again.
          const auto& o = *t.twin.seen[source];
          const bool known = o.content && o.content_key == o.key;
          if (known && (got->at.key != o.key || logic::digests_of(got->at.fields) != *o.content)) {
            me->observe(t, source, got->at, after);
            continue;
          }
          ready.push_back({t,
                           logic::intent_to_carry(t.twin, op, target, got->at, to, me->new_intent(), me->now()),
                           std::move(got->item),
                           {},
                           {}});
        }
        const auto folder = me->work_.where->at(to)[target];
        if (ready.empty()) return me->store(std::move(after));
        if (!after.troubled.empty() || !after.observed.empty()) {
          ++me->in_flight_; // what cannot go ends as a batch of its own
          me->store(std::move(after));
        }
        me->begin(std::move(ready), [me, folder, op, target](std::vector<loaded> open) {
          me->create(std::move(open), op, target, folder);
        });
      });
}

void carrier::create(std::vector<loaded> open, operation op, side target, const folder_id& folder) {
  auto me = shared_from_this();
  create_items request{folder, {}, options().settings.policy.meetings};
  std::vector<opened> intents;
  for (auto& l : open) {
    request.items.emplace_back(std::move(l.item), l.intent.mark);
    intents.push_back({std::move(l.what), std::move(l.intent)});
  }
  write(target, std::move(request), intents, [me, intents, op](std::vector<write_outcome> outcomes) {
    if (op == operation::create) return me->conclude(intents, std::move(outcomes));
    std::vector<opened> made, rest;
    std::vector<write_outcome> rest_outcomes;
    for (std::size_t i = 0; i < intents.size(); ++i) {
      if (auto* w = std::get_if<written>(&outcomes[i])) {
        made.push_back(intents[i]);
        made.back().intent.made = w->id;
        made.back().intent.made_key = w->key;
      } else {
        rest.push_back(intents[i]);
        rest_outcomes.push_back(outcomes[i]);
      }
    }
    me->in_flight_ += made.size(); // each replacement ends as a batch of its own
    me->conclude(std::move(rest), std::move(rest_outcomes));
    for (auto& m : made)
      me->progress(m, replace_step::made, [me, m] { me->finish_replacing(m); });
  });
}

} // namespace exsyncd
