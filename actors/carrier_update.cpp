#include "actors/carrier.hpp"

#include "actors/logic/digest.hpp"
#include "actors/logic/likeness.hpp"
#include "actors/logic/parts.hpp"
#include "ews/model/field_hints.hpp"
#include "ews/model/too_large.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

std::vector<field_value> values_of(const content& source, const std::vector<field>& fields,
                                   const std::vector<part_values>& parts) {
  std::vector<field_value> values;
  for (field f : fields) {
    auto at =
        std::find_if(source.fields.begin(), source.fields.end(), [f](const field_value& v) { return v.field == f; });
    values.push_back(at == source.fields.end() ? field_value{f, {}} : *at);
    for (const auto& p : parts)
      if (p.field == f && !p.kept.empty())
        values.back().value = logic::with_entries(f, p.wanted, logic::entries_of(f, p.kept));
  }
  return values;
}

part_values& files_of(intent& in) {
  const auto at = std::find_if(in.parts.begin(), in.parts.end(),
                               [](const part_values& p) { return p.field == hint::attachment_contents; });
  if (at != in.parts.end()) return *at;
  return in.parts.emplace_back(part_values{hint::attachment_contents, {}, {}, {}});
}

/// Takes out of `all` those that are kept: by what is in them where that is known, else of each name the newest, which
/// stands last.
void keep(std::vector<carried_attachment>& into, std::vector<carried_attachment> all,
          const std::vector<std::string>& names, const std::vector<std::string>& files) {
  const bool known = files.size() == names.size();
  for (const auto& entry : known ? files : names) {
    const auto name = entry.substr(0, entry.find('\t'));
    const auto one = std::find_if(all.rbegin(), all.rend(), [&](const carried_attachment& a) {
      return known ? logic::contents_line(a) == entry : a.name == name;
    });
    if (one == all.rend()) continue;
    into.push_back(*one);
    all.erase(std::next(one).base());
  }
}

} // namespace

void carrier::update(std::vector<task> tasks, side target) {
  side source = other(target);
  auto ids = items_of(tasks, source);
  const auto of = class_of(tasks.front());
  read(source, std::move(ids), of, [me = shared_from_this(), tasks = std::move(tasks), target, source](auto& outcomes) {
    std::vector<loaded> ready;
    aftermath after;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const auto& t = tasks[i];
      if (auto* f = std::get_if<failure>(&outcomes[i])) {
        me->fail(t, source, *f, after);
        continue;
      }
      auto* c = std::get_if<content>(&outcomes[i]);
      if (!c) {
        me->miss(t, source, after);
        continue;
      }
      const auto& o = *t.twin.seen[source];
      const bool known = o.content && o.content_key == o.key;
      // Edited again since it was decided, maybe under the same key: that is a fact first, and decided anew.
      if (c->key != o.key || (known && logic::digests_of(c->fields) != *o.content)) {
        me->observe(t, source, *c, after);
        continue;
      }
      const auto& what = std::get<logic::update_on>(t.verdict.what);
      loaded l{t, logic::intent_to_update(t.twin, what, *c, me->new_intent(), me->now()), {}, {}, {}};
      l.source = *c;
      ready.push_back(std::move(l));
    }
    if (!after.troubled.empty() || !after.observed.empty()) {
      ++me->in_flight_; // what cannot go ends as a batch of its own
      me->store(std::move(after));
    }
    if (ready.empty()) return me->batch_done();
    me->read_targets(std::move(ready), target);
  });
}

void carrier::read_targets(std::vector<loaded> ready, side target) {
  const auto in_parts = [](const loaded& l) { return !logic::in_steps(class_of(l.what), l.intent.fields).empty(); };
  std::vector<item_id> ids;
  for (const auto& l : ready)
    if (in_parts(l)) ids.push_back(l.intent.item);
  auto go_on = [me = shared_from_this(), target](std::vector<loaded> all) {
    if (all.empty()) return me->batch_done();
    for (auto& l : all)
      l.fields = values_of(l.source, l.intent.fields, l.intent.parts);
    me->ask_target(target, [me, all = std::move(all), target](const settable& takes) {
      me->fetch_attached(all, 0, target, takes.largest_item);
    });
  };
  if (ids.empty()) return go_on(std::move(ready));
  const auto of = class_of(ready.front().what);
  read(target, std::move(ids), of,
       [me = shared_from_this(), ready = std::move(ready), target, in_parts, go_on](auto& outcomes) {
         std::vector<loaded> all;
         aftermath after;
         std::size_t at = 0;
         for (auto l : ready) {
           if (!in_parts(l)) {
             all.push_back(std::move(l));
             continue;
           }
           auto& outcome = outcomes[at++];
           auto& o = *l.what.twin.seen[target];
           auto* c = std::get_if<content>(&outcome);
           if (auto* f = std::get_if<failure>(&outcome)) {
             me->fail(l.what, target, *f, after);
           } else if (!c) {
             me->miss(l.what, target, after);
           } else if (c->key != o.key) {
             me->observe(l.what, target, *c, after);
           } else {
             // What the target has now is what a user's edits during the write are told by.
             after.observed.push_back({l.what.twin.id, o.sequence, target, o.item, c->key, c->read, c->draft,
                                       logic::digests_of(c->fields), false, false, logic::likeness_of(*c)});
             o.content = logic::digests_of(c->fields);
             o.content_key = c->key;
             auto& in = l.intent;
             in = logic::intent_to_update(l.what.twin, std::get<logic::update_on>(l.what.verdict.what), l.source, in.id,
                                          in.begun, c);
             all.push_back(std::move(l));
           }
         }
         const auto nothing = [](const stored&) {};
         if (!after.troubled.empty()) me->ask_ledger(note_troubles{std::move(after.troubled)}, nothing);
         me->ask_ledger(observe_contents{std::move(after.observed)},
                        [go_on, all = std::move(all)](const stored&) { go_on(all); });
       });
}

/// Reads what is attached on the source, one item after the other; then what is to be kept of the target's own.
void carrier::fetch_attached(std::vector<loaded> ready, std::size_t at, side target, std::uint64_t largest) {
  const auto wanted = [](const loaded& l) {
    return class_of(l.what) != item_class::message &&
           std::any_of(l.fields.begin(), l.fields.end(),
                       [](const field_value& f) { return f.field == field::attachments && !f.value.empty(); });
  };
  while (at < ready.size() && !wanted(ready[at]))
    ++at;
  if (at == ready.size()) return update_whole(std::move(ready), target);
  auto me = shared_from_this();
  const side source = other(target);
  fetch_attachments request{ready[at].what.twin.seen[source]->item, largest};
  self_->request(options().mailboxes[source], mailbox_patience, std::move(request))
      .then(
          [me, ready = std::move(ready), at, source, target, largest](attachments_fetched& answer) mutable {
            if (auto* got = std::get_if<attachments_of_item>(&answer.outcome); got && got->at == ready[at].source.key) {
              files_of(ready[at].intent).wanted = logic::contents_of(got->all);
              ready[at].attachments = std::move(got->all);
              return me->fetch_there(std::move(ready), at, target, largest);
            }
            aftermath after;
            const auto& t = ready[at].what;
            if (auto* f = std::get_if<failure>(&answer.outcome)) {
              const side at_fault = f->code == too_large_code ? target : source;
              me->fail(t, at_fault, *f, after);
              if (f->reach != reach::item) me->stop(source, *f);
            } else if (std::holds_alternative<gone>(answer.outcome)) {
              me->miss(t, source, after);
            } else {
              ++me->result_.waiting; // its contents were read under another key: the list tells of it
            }
            me->go_on_without(std::move(ready), at, target, largest, std::move(after));
          },
          [me, source](const caf::error& e) { me->mailbox_died(source, e); });
}

void carrier::go_on_without(std::vector<loaded> ready, std::size_t at, side target, std::uint64_t largest,
                            aftermath after) {
  ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(at));
  ++in_flight_;
  store(std::move(after));
  fetch_attached(std::move(ready), at, target, largest);
}

/// By what is in the target's files, ours are told from its user's should the write be cut. What he added while an
/// earlier try was goes along: the write replaces all that is there.
void carrier::fetch_there(std::vector<loaded> ready, std::size_t at, side target, std::uint64_t largest) {
  auto& files = files_of(ready[at].intent);
  std::vector<std::string> kept;
  bool none = true;
  for (const auto& p : ready[at].intent.parts)
    if (p.field == field::attachments) kept = logic::entries_of(field::attachments, p.kept), none = p.before.empty();
  if (none) files.before = logic::contents_of({});
  if (kept.empty() && !files.before.empty()) return fetch_attached(std::move(ready), at + 1, target, largest);
  auto me = shared_from_this();
  fetch_attachments request{ready[at].intent.item, 0};
  self_->request(options().mailboxes[target], mailbox_patience, std::move(request))
      .then(
          [me, ready = std::move(ready), at, target, largest, kept](attachments_fetched& answer) mutable {
            auto* got = std::get_if<attachments_of_item>(&answer.outcome);
            const auto* f = std::get_if<failure>(&answer.outcome);
            // What can never be read is replaced, and told by its name.
            const bool unreadable = f && f->retry == retry::never && kept.empty();
            if (unreadable || (got && got->at == ready[at].intent.guard)) {
              auto& there = files_of(ready[at].intent);
              if (got) there.before = logic::contents_of(got->all);
              if (got)
                keep(ready[at].attachments, std::move(got->all), kept,
                     logic::entries_of(hint::attachment_contents, there.kept));
              return me->fetch_attached(std::move(ready), at + 1, target, largest);
            }
            aftermath after;
            if (f)
              me->fail(ready[at].what, target, *f, after);
            else
              ++me->result_.waiting;
            me->go_on_without(std::move(ready), at, target, largest, std::move(after));
          },
          [me, target](const caf::error& e) { me->mailbox_died(target, e); });
}

void carrier::update_whole(std::vector<loaded> ready, side target) {
  for (auto& l : ready) // should its answer be lost, the files are known by what is in them
    if (std::any_of(l.intent.parts.begin(), l.intent.parts.end(),
                    [](const part_values& p) { return p.field == field::attachments; }))
      l.intent.expected = logic::with_fields(
          l.intent.expected, logic::digests_of({{hint::attachment_contents, logic::contents_of(l.attachments)}}),
          {hint::attachment_contents});
  begin(std::move(ready), [me = shared_from_this(), target](std::vector<loaded> open) {
    update_items request;
    std::vector<opened> intents;
    for (auto& l : open) {
      request.items.push_back({l.intent.item, l.intent.guard, std::move(l.fields), class_of(l.what),
                               me->options().settings.policy.meetings, std::move(l.attachments)});
      intents.push_back({std::move(l.what), std::move(l.intent)});
    }
    me->write(target, std::move(request), intents, [me, intents](std::vector<write_outcome> outcomes) {
      for (std::size_t i = 0; i < intents.size(); ++i)
        if (std::holds_alternative<unknown>(outcomes[i])) me->look_for_files(intents[i]);
      me->conclude(intents, std::move(outcomes));
    });
  });
}

void carrier::resume(task t, logic::evidence found) {
  const auto source = other(t.twin.intent->target);
  const auto& o = t.twin.seen[source];
  if (!o || o->presence != presence::present) { // deleted meanwhile: that is decided first
    ++result_.done;
    return store({{}, {{t.twin.id, t.twin.intent->id, false, true}}, {}, {}});
  }
  const auto of = class_of(t);
  auto id = o->item;
  read(source, {std::move(id)}, of,
       [me = shared_from_this(), t = std::move(t), found = std::move(found), source](auto& outcomes) {
         aftermath after;
         const auto* c = std::get_if<content>(&outcomes.front());
         if (!c) {
           if (auto* f = std::get_if<failure>(&outcomes.front()))
             me->fail(t, source, *f, after);
           else
             me->miss(t, source, after);
           return me->store(std::move(after));
         }
         const auto target = other(source);
         const auto& old = *t.twin.intent;
         loaded l{t, old, {}, {}, {}, old.id, *c};
         auto& in = l.intent;
         in.id = me->new_intent();
         in.begun = me->now();
         in.step = 1;
         // Its other fields may have been edited since they were seen last: what a list has told without their being
         // read is no key of the base's.
         if (const auto& seen = *t.twin.seen[source]; seen.content && seen.content_key == seen.key)
           in.source_key = seen.key;
         const auto sent = logic::digests_of(c->fields);
         in.expected = logic::with_hints(logic::with_words(logic::only(sent, in.fields), *c), sent);
         const bool two_way = me->options().settings.policy.direction == direction::bidirectional;
         auto on = logic::go_on(old, found, *c, two_way && target == side::primary);
         if (on.taken_away) {
           ++me->result_.done;
           return me->store({{}, {{t.twin.id, old.id, false, logic::has_begun(old)}}, {}, {}});
         }
         in.parts = std::move(on.parts);
         for (side s : both_sides)
           if (two_way && !in.loses && !on.lost[s].empty())
             in.loses = logic::lost_against(t.twin, s, std::move(on.lost[s]), in.begun);
         in.item = t.twin.seen[target]->item;
         in.guard = found.item->key;
         for (side s : both_sides)
           in.answers[s] = t.twin.seen[s]->sequence;
         l.fields = values_of(*c, in.fields, in.parts);
         me->ask_target(target, [me, l = std::move(l), target](const settable& takes) {
           me->fetch_attached({l}, 0, target, takes.largest_item);
         });
       });
}

} // namespace exsyncd
