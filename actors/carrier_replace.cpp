#include "actors/carrier.hpp"

#include "actors/logic/digest.hpp"
#include "actors/logic/likeness.hpp"
#include "ews/model/field_hints.hpp"

namespace exsyncd {

// A replacement makes a new copy and removes the old one. Its user may act between the two: so the removal is decided
// on a fresh read, and where the old copy is not as it was, the new one goes again and everything is decided anew on
// what there is. The step on disk tells afterwards who removed the old copy: before `removing`, it was not us.

void carrier::progress(const opened& o, std::uint8_t step, std::function<void()> then) {
  ask_ledger(progress_intent{o.what.twin.id, o.intent.id, step, o.intent.made, o.intent.made_key},
             [then = std::move(then)](const stored&) { then(); });
}

/// The new copy exists, and that is on disk.
void carrier::finish_replacing(opened made) {
  const auto target = made.intent.target;
  const auto of = class_of(made.what);
  auto id = made.intent.item;
  read(target, {std::move(id)}, of, [me = shared_from_this(), made = std::move(made), target](auto& outcomes) {
    logic::evidence old;
    const auto* verdict = std::get_if<logic::resolve>(&made.what.verdict.what);
    old.left = verdict && verdict->left;
    if (auto* c = std::get_if<content>(&outcomes.front())) old.item = *c;
    // What cannot be told from what is hidden rests, unless the lists tell that it is gone.
    if (auto* f = std::get_if<failure>(&outcomes.front()); f && !old.left) {
      aftermath after;
      me->fail(made.what, target, *f, after);
      return me->store(std::move(after));
    }
    me->decide_replacement(made, old);
  });
}

void carrier::decide_replacement(opened made, const logic::evidence& old) {
  const auto target = made.intent.target;
  aftermath after;
  switch (logic::judge_replacement(made.what.twin, made.intent, old)) {
  case logic::replacing::remove_old:
    return progress(made, replace_step::removing, [me = shared_from_this(), made] { me->remove_old(made); });
  case logic::replacing::withdraw:
    if (old.item)
      observe(made.what, target, *old.item, after);
    else if (!old.left)
      miss(made.what, target, after);
    return withdraw(std::move(made), std::move(after));
  case logic::replacing::settle:
    return find_out_whether_moved(made, [me = shared_from_this(), made](bool moved) {
      if (moved) return me->withdraw(made, {});
      me->find_removed(made, [me, made](const std::optional<content>& removed) {
        aftermath settled;
        me->conclude(made, written{made.intent.made, made.intent.made_key}, settled);
        if (!removed) return me->store(std::move(settled));
        if (auto lost =
                logic::lost_by_removal(made.what.twin, made.intent, *removed, me->options().settings.policy, me->now()))
          settled.settled.back().conflict = std::move(lost);
        me->carry_read_state(made, *removed, std::move(settled));
      });
    });
  case logic::replacing::miss:
    miss(made.what, target, after);
    return store(std::move(after));
  }
}

/// The old copy goes to Deleted Items, where an edit that nobody had seen yet is not lost.
void carrier::remove_old(opened made) {
  const auto target = made.intent.target;
  remove_items request{{made.intent.item}};
  write(target, std::move(request), {made}, [me = shared_from_this(), made, target](auto outcomes) {
    aftermath after;
    auto& outcome = outcomes.front();
    if (std::holds_alternative<gone>(outcome)) { // its user was faster
      me->miss(made.what, target, after);
      return me->withdraw(made, std::move(after));
    }
    if (auto* no = std::get_if<refused>(&outcome)) { // it stays for good, so the new one must not
      after.troubled.push_back({made.what.twin.id, me->trouble_of(made.what, target, no->why, true)});
      ++me->result_.failed;
      return me->withdraw(made, std::move(after));
    }
    if (auto* no = std::get_if<not_done>(&outcome)) { // what leaves from now on is its user's doing again
      me->fail(made.what, target, no->why, after);
      return me->progress(made, replace_step::made, [me, after = std::move(after)] { me->store(after); });
    }
    const auto* removed = std::get_if<written>(&outcome);
    const written settled{made.intent.made, made.intent.made_key};
    me->conclude(made, removed ? write_outcome(settled) : outcome, after);
    if (!removed || removed->id.empty()) return me->store(std::move(after));
    me->read_removed({{made, removed->id}}, std::move(after));
  });
}

/// What its user has marked just before it was removed is marked on the new copy, and goes over from there: until it
/// is, the write stays open.
void carrier::carry_read_state(const opened& made, const content& removed, aftermath after) {
  const auto target = made.intent.target;
  const auto& seen = made.what.twin.seen[target];
  const bool two_way = options().settings.policy.direction == direction::bidirectional;
  if (!two_way || !seen || !seen->read || !removed.read || removed.read == seen->read) return store(std::move(after));
  auto copy = made;
  copy.intent.item = made.intent.made;
  set_read_states request{{{made.intent.made, *removed.read}}};
  write(target, std::move(request), {std::move(copy)},
        [me = shared_from_this(), id = made.intent.id, read = removed.read, after = std::move(after)](auto outcomes) {
          auto all = after;
          const auto& outcome = outcomes.front();
          if (std::holds_alternative<written>(outcome)) {
            for (auto& s : all.settled)
              if (s.intent == id && s.wrote) s.wrote->read = read;
          } else if (!std::holds_alternative<gone>(outcome) && !std::holds_alternative<refused>(outcome)) {
            std::erase_if(all.settled, [&](const settle_twin& s) { return s.intent == id; });
            ++me->result_.waiting;
          }
          me->store(std::move(all));
        });
}

/// The new copy goes again, wherever its user has put it meanwhile, and the intent with it.
void carrier::withdraw(opened made, aftermath after) {
  auto me = shared_from_this();
  progress(made, replace_step::withdrawing, [me, made, after = std::move(after)]() mutable {
    const auto target = made.intent.target;
    me->write(target, remove_items{{made.intent.made}}, {made},
              [me, made, target, after = std::move(after)](auto outcomes) mutable {
                auto& outcome = outcomes.front();
                if (auto* done = std::get_if<written>(&outcome))
                  return me->withdrawn(made, true, done->id, std::move(after));
                if (std::holds_alternative<gone>(outcome))
                  return me->find_elsewhere(made.intent, [me, made, after](const std::vector<listed_item>& found,
                                                                           const folder_pair_id& place) {
                    if (found.empty()) return me->withdrawn(made, false, {}, after);
                    if (place.empty()) return me->withdrawn(made, true, found.front().id, after);
                    // A server that does not find what is there is not asked again and again.
                    if (found.front().id == made.intent.made) return me->withdrawn(made, false, {}, after);
                    auto moved = made;
                    moved.intent.made = found.front().id;
                    moved.intent.made_key = {};
                    me->withdraw(std::move(moved), after);
                  });
                if (auto* no = std::get_if<refused>(&outcome)) {
                  after.troubled.clear();
                  after.troubled.push_back({made.what.twin.id, me->trouble_of(made.what, target, no->why, true)});
                  ++me->result_.failed;
                } else if (auto* later = std::get_if<not_done>(&outcome)) {
                  me->fail(made.what, target, later->why, after);
                } else {
                  me->conclude(made, outcome, after);
                }
                me->store(std::move(after));
              });
  });
}

/// What its user has made of a copy that is withdrawn has lost. `removed`: it is known to have gone to Deleted Items,
/// where it is `where`.
void carrier::withdrawn(const opened& made, bool removed, item_id where, aftermath after) {
  ++result_.done;
  ++result_.writes;
  log(log_level::info, made.what, "the item was changed while it was being replaced; the new copy does not stay");
  // Where that is not known its mark is kept in mind: a list that has shown it means no new item. What went there, and
  // comes back with that mark, is its user's.
  ask_ledger(abandon_intents{{{made.what.twin.id, made.intent.id, !removed}}}, [](const stored&) {});
  if (where.empty()) return store(std::move(after));
  const auto target = made.intent.target;
  auto me = shared_from_this();
  self_->request(options().mailboxes[target], mailbox_patience, read_content{{where}, class_of(made.what)})
      .then(
          [me, made, where, after = std::move(after)](content_read& answer) mutable {
            const auto* outcomes = std::get_if<0>(&answer.outcome);
            const auto* there = outcomes && outcomes->size() == 1 ? std::get_if<content>(&outcomes->front()) : nullptr;
            if (there) {
              if (auto lost = logic::lost_by_withdrawal(made.what.twin, made.intent, *there,
                                                        me->options().settings.policy, me->now())) {
                auto told = made.intent;
                told.loses = lost;
                me->tell_loss(made.what, told);
                after.settled.push_back(logic::noted(made.what.twin, std::move(*lost)));
              } else if (!logic::only(logic::digests_of(there->fields), {field::attachments}).empty()) {
                return me->compare_files(made, where, std::move(after));
              }
            }
            me->store(std::move(after));
          },
          [me, target](const caf::error& e) { me->mailbox_died(target, e); });
}

/// Its user may have put another file in place of one that was sent: of that the names tell nothing. What was sent is
/// in the source, as long as that is as it was.
void carrier::compare_files(const opened& made, const item_id& copy, aftermath after) {
  const auto target = made.intent.target;
  const bool two_way = options().settings.policy.direction == direction::bidirectional;
  auto me = shared_from_this();
  const auto told = [me, made, target, after](const std::optional<std::string>& sent,
                                              const std::optional<std::string>& there) {
    auto all = after;
    if (sent && there && *sent != *there) {
      auto in = made.intent;
      in.loses = logic::lost_against(made.what.twin, target, {field::attachments}, me->now());
      me->tell_loss(made.what, in);
      all.settled.push_back(logic::noted(made.what.twin, *in.loses));
    }
    me->store(std::move(all));
  };
  if (!two_way) return store(std::move(after));
  find_source(made, [me, made, copy, target, told](const item_id& source) {
    if (source.empty()) return told({}, {});
    const auto of = class_of(made.what);
    me->read(other(target), {source}, of, [me, made, copy, target, source, told](auto& outcomes) {
      const auto* c = std::get_if<content>(&outcomes.front());
      auto changed = c ? logic::differing_fields(logic::digests_of(c->fields),
                                                 logic::without(made.intent.expected, {hint::body_words}))
                       : std::vector<field>{};
      logic::erase_hints(changed);
      if (!c || !changed.empty()) return told({}, {});
      me->read_files(other(target), source, [me, copy, target, told](const std::optional<std::string>& sent) {
        me->read_files(target, copy, [told, sent](const std::optional<std::string>& there) { told(sent, there); });
      });
    });
  });
}

/// Where the source of a replacement is now; nowhere where that is not known.
void carrier::find_source(const opened& made, std::function<void(const item_id&)> then) {
  const auto source = other(made.intent.target);
  const auto& o = made.what.twin.seen[source];
  if (o && o->presence == presence::present) return then(o->item);
  if (!o || o->search_key.empty()) return then({});
  with_deleted_items(source, [me = shared_from_this(), source, key = o->search_key, then](const folder_id& bin) {
    if (bin.empty()) return then({});
    me->ask_mailbox<found_by_mark>(source, find_by_mark{bin, {}, key}, [then](std::vector<listed_item>& found) {
      then(found.size() == 1 ? found.front().id : item_id{}); // a copy of it has the same key
    });
  });
}

/// What is in the files of an item, if that can be read.
void carrier::read_files(side s, const item_id& item, std::function<void(std::optional<std::string>)> then) {
  self_->request(options().mailboxes[s], mailbox_patience, fetch_attachments{item, 0})
      .then(
          [then = std::move(then)](attachments_fetched& answer) {
            auto* got = std::get_if<attachments_of_item>(&answer.outcome);
            then(got ? std::optional(logic::contents_of(got->all)) : std::nullopt);
          },
          [me = shared_from_this(), s](const caf::error& e) { me->mailbox_died(s, e); });
}

} // namespace exsyncd
