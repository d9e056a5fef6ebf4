#include "actors/carrier.hpp"

#include "actors/logic/back_off.hpp"
#include "actors/logic/digest.hpp"

namespace exsyncd {

/// The answer of this intent's request was lost, or the daemon ended before it came: look, never repeat.
void carrier::resolve(task t) {
  const auto& in = *t.twin.intent;
  auto me = shared_from_this();
  if (in.operation == operation::replace && in.step == replace_step::withdrawing) return withdraw({t, in}, {});
  if (in.operation == operation::replace && in.step != replace_step::creating) return finish_replacing({t, in});
  if (in.operation == operation::create || in.operation == operation::replace) return resolve_by_mark(std::move(t));
  const bool left = std::get<logic::resolve>(t.verdict.what).left;
  if (left) {
    logic::evidence found;
    found.left = true;
    if (in.operation == operation::update) return judge_left(std::move(t), std::move(found));
    if (in.operation != operation::remove) return judge(std::move(t), std::move(found));
    return find_out_whether_moved({t, in}, [me, t, found](bool moved) mutable {
      found.moved = moved;
      if (moved) return me->judge(t, std::move(found));
      me->find_removed({t, *t.twin.intent}, [me, t, found](std::optional<content> removed) mutable {
        found.removed = std::move(removed);
        me->judge(t, std::move(found));
      });
    });
  }
  const auto target = in.target;
  auto id = t.twin.seen[target] ? t.twin.seen[target]->item : in.item;
  const auto of = class_of(t);
  read(target, {std::move(id)}, of, [me, t = std::move(t), target](auto& outcomes) {
    logic::evidence found;
    if (auto* c = std::get_if<content>(&outcomes.front())) found.item = *c;
    if (auto* f = std::get_if<failure>(&outcomes.front())) {
      aftermath after;
      me->fail(t, target, *f, after);
      return me->store(std::move(after));
    }
    const auto& parts = t.twin.intent->parts;
    const bool attaches =
        std::any_of(parts.begin(), parts.end(), [](const part_values& p) { return p.field == field::attachments; });
    if (found.item && attaches) return me->judge_attached(t, std::move(found));
    me->judge(t, std::move(found));
  });
}

/// Under the names of the files that were sent there may be others: what is in them tells.
void carrier::judge_attached(task t, logic::evidence found) {
  const auto target = t.twin.intent->target;
  const auto& o = t.twin.seen[target];
  fetch_attachments request{o ? o->item : t.twin.intent->item, 0};
  self_->request(options().mailboxes[target], mailbox_patience, std::move(request))
      .then(
          [me = shared_from_this(), t, found = std::move(found), target](attachments_fetched& answer) mutable {
            if (auto* got = std::get_if<attachments_of_item>(&answer.outcome); got && got->at == found.item->key) {
              found.attached = logic::contents_of(got->all);
              return t.twin.base ? me->judge(t, std::move(found)) : me->judge_first(t, std::move(found));
            }
            aftermath after;
            if (auto* f = std::get_if<failure>(&answer.outcome))
              me->fail(t, target, *f, after);
            else if (std::holds_alternative<gone>(answer.outcome))
              me->miss(t, target, after);
            else
              ++me->result_.waiting; // it has changed since
            me->store(std::move(after));
          },
          [me = shared_from_this(), target](const caf::error& e) { me->mailbox_died(target, e); });
}

/// A write of files was cut just now. Whether all of them came is not known later, when their user may have taken one
/// away again.
void carrier::look_for_files(const opened& o) {
  const auto sent = logic::only(o.intent.expected, {hint::attachment_contents});
  if (sent.empty()) return;
  ++in_flight_; // it ends as a batch of its own
  auto me = shared_from_this();
  self_->request(options().mailboxes[o.intent.target], mailbox_patience, fetch_attachments{o.intent.item, 0})
      .then(
          [me, o, sent](attachments_fetched& answer) {
            const auto* got = std::get_if<attachments_of_item>(&answer.outcome);
            const bool came =
                got && sent == logic::digests_of({{hint::attachment_contents, logic::contents_of(got->all)}});
            if (!came) return me->batch_done();
            me->ask_ledger(progress_intent{o.what.twin.id, o.intent.id, logic::files_came, {}, {}},
                           [me](const stored&) { me->batch_done(); });
          },
          [me, target = o.intent.target](const caf::error& e) { me->mailbox_died(target, e); });
}

/// What the other side has now, where it is still there.
void carrier::read_source(const task& t, std::function<void(std::optional<content>)> then) {
  const auto source = other(t.twin.intent->target);
  const auto& o = t.twin.seen[source];
  if (!o || o->presence != presence::present) return then({});
  auto id = o->item;
  read(source, {std::move(id)}, class_of(t), [then = std::move(then)](auto& outcomes) {
    auto* c = std::get_if<content>(&outcomes.front());
    then(c ? std::optional(std::move(*c)) : std::nullopt);
  });
}

/// What was written to has left, and with it what tells whether the write took effect.
void carrier::judge_left(task t, logic::evidence found) {
  read_source(t, [me = shared_from_this(), t, found = std::move(found)](std::optional<content> source) mutable {
    const auto& in = *t.twin.intent;
    auto lost =
        source ? logic::lost_unknown(t.twin, in, *source, me->options().settings.policy, me->now()) : std::nullopt;
    if (!lost) return me->judge(std::move(t), std::move(found));
    ++me->result_.done;
    me->store({logic::ended_with(t.twin, in, std::move(*lost)), {}, {}, {}});
  });
}

/// What was never agreed is known by reading both sides.
void carrier::judge_first(task t, logic::evidence found) {
  read_source(t, [me = shared_from_this(), t, found = std::move(found)](std::optional<content> source) mutable {
    found.source = std::move(source);
    me->judge(std::move(t), std::move(found));
  });
}

void carrier::resolve_by_mark(task t) {
  const auto& in = *t.twin.intent;
  auto place = work_.where->find(in.folder);
  if (place == work_.where->end()) return no_place({std::move(t)}, in.folder);
  const auto folder = place->second[in.target];
  ask_mailbox<found_by_mark>(
      in.target, find_by_mark{folder, in.mark}, [me = shared_from_this(), t](std::vector<listed_item>& found) {
        const auto& in = *t.twin.intent;
        const bool late = me->now() >= in.begun + me->options().context.commit_window;
        if (!found.empty() || !late) return me->judge(t, {found, {}, {}, false, false});
        // No commit is to come any more.
        me->find_elsewhere(in, [me, t](const std::vector<listed_item>& there, const folder_pair_id& place) {
          me->judge(t, {there, {}, place, !there.empty() && place.empty(), false});
        });
      });
}

/// What we may have removed is in its list no more. Did its user move it before? Then it is in another folder of the
/// pair, and not in Deleted Items.
void carrier::find_out_whether_moved(const opened& o, std::function<void(bool moved)> then) {
  const auto& seen = o.what.twin.seen[o.intent.target];
  if (!seen || seen->search_key.empty()) return then(false);
  auto me = shared_from_this();
  with_deleted_items(o.intent.target, [me, o, key = seen->search_key, then](const folder_id& bin) {
    auto places = me->places_but(o.intent.folder, o.intent.target);
    if (!bin.empty()) places.emplace_front(folder_pair_id{}, bin);
    me->find_in(o.intent.target, {{}, {}, key}, std::move(places),
                [then](const std::vector<listed_item>& found, const folder_pair_id& place) {
                  then(!found.empty() && !place.empty());
                });
  });
}

carrier::places carrier::places_but(const folder_pair_id& name, side s) const {
  places result;
  for (const auto& [other, ids] : *work_.where)
    if (other != name) result.emplace_back(other, ids[s]);
  return result;
}

/// It is not where it was to be: its user may have filed it, or deleted it. Looks into the other folders of the pair,
/// and into Deleted Items last.
void carrier::find_elsewhere(const exsyncd::intent& in, found_elsewhere then) {
  auto me = shared_from_this();
  with_deleted_items(in.target, [me, in, then = std::move(then)](const folder_id& bin) {
    auto places = me->places_but(in.folder, in.target);
    if (!bin.empty()) places.emplace_back(folder_pair_id{}, bin);
    me->find_in(in.target, {{}, in.mark, {}}, std::move(places), then);
  });
}

void carrier::with_deleted_items(side s, std::function<void(const folder_id&)> then) {
  if (deleted_items_[s]) return then(*deleted_items_[s]);
  ask_mailbox<folders_found>(s, find_folders{{"deleteditems"}},
                             [me = shared_from_this(), then, s](std::vector<result<folder_state>>& found) {
                               const auto* bin = found.empty() ? nullptr : std::get_if<folder_state>(&found.front());
                               me->deleted_items_[s] = bin ? bin->id : folder_id{};
                               then(*me->deleted_items_[s]);
                             });
}

void carrier::find_removed(const opened& o, std::function<void(std::optional<content>)> then) {
  const auto target = o.intent.target;
  const auto key = o.what.twin.seen[target]->search_key;
  const bool told = o.intent.loses && o.intent.operation != operation::replace; // of that one the read state counts too
  if (told || key.empty()) return then({});
  auto me = shared_from_this();
  const bool late = now() >= o.intent.begun + options().context.commit_window;
  auto read_it = [me, t = o.what, target, then, late](std::vector<listed_item>& found) {
    if (found.size() != 1) return then({}); // a copy of it has the same key
    me->read(target, {found.front().id}, class_of(t), [me, t, target, then, late](auto& outcomes) {
      auto* c = std::get_if<content>(&outcomes.front());
      const auto* f = std::get_if<failure>(&outcomes.front());
      if (!f || late) return then(c ? std::optional(std::move(*c)) : std::nullopt);
      aftermath after;
      me->fail(t, target, *f, after);
      me->store(std::move(after));
    });
  };
  with_deleted_items(target, [me, target, key, then, read_it](const folder_id& bin) {
    if (bin.empty()) return then({});
    me->ask_mailbox<found_by_mark>(target, find_by_mark{bin, {}, key}, read_it);
  });
}

/// The answer of this removal was lost just now. Later nobody could tell whether its user moved it before, or has
/// brought it back since: so what is in Deleted Items already counts as done.
void carrier::look_for_removed(opened o) {
  const auto target = o.intent.target;
  auto me = shared_from_this();
  read(target, {o.intent.item}, class_of(o.what), [me, o, target](auto& outcomes) {
    const auto& key = o.what.twin.seen[target]->search_key;
    if (!std::holds_alternative<gone>(outcomes.front()) || key.empty()) return me->batch_done();
    me->with_deleted_items(target, [me, o, target, key](const folder_id& bin) {
      if (bin.empty()) return me->batch_done();
      me->ask_mailbox<found_by_mark>(target, find_by_mark{bin, {}, key}, [me, o](std::vector<listed_item>& found) {
        if (found.size() != 1) return me->batch_done(); // a copy of it has the same key
        me->find_removed(o, [me, t = o.what, in = o.intent](std::optional<content> removed) mutable {
          t.twin.intent = in;
          logic::evidence there;
          there.left = true;
          there.removed = std::move(removed);
          me->judge(std::move(t), std::move(there));
        });
      });
    });
  });
}

void carrier::find_in(side s, find_by_mark what, places where, found_elsewhere then) {
  if (where.empty()) return then({}, {});
  const auto [name, folder] = where.front();
  where.pop_front();
  what.folder = folder;
  self_->request(options().mailboxes[s], mailbox_patience, what)
      .then(
          [me = shared_from_this(), s, what, where, name = name, then = std::move(then)](found_by_mark& answer) {
            if (auto* f = std::get_if<failure>(&answer.outcome); f && f->reach != reach::folder) {
              me->stop(s, *f);
              return me->batch_done();
            }
            auto* found = std::get_if<0>(&answer.outcome);
            if (!found || found->empty()) return me->find_in(s, what, where, then);
            then(*found, name);
          },
          [me = shared_from_this(), s](const caf::error& e) { me->mailbox_died(s, e); });
}

/// A write was never answered and has done nothing. Where others of its kind pass meanwhile, it is the item: it rests
/// longer each time, and is listed. An outage is held against nobody.
bool carrier::note_in_vain(const task& t, const exsyncd::intent& in, aftermath& after) {
  const auto passed = self_->state.passed[{in.operation, in.target}];
  auto& vain =
      self_->state.in_vain.try_emplace(t.twin.id, folder_pair_state::lost_writes{passed, 0, false}).first->second;
  ++vain.tries;
  failure why{reach::item,
              retry::later,
              {},
              "unanswered",
              "it was tried to write it " + std::to_string(vain.tries) +
                  " times; no answer came, and the server has done nothing",
              "look what drops requests about this item on their way; exsyncd tries again"};
  why.counts = passed > vain.passed;
  vain.passed = passed;
  vain.is_the_item = vain.is_the_item || why.counts || (t.twin.trouble && t.twin.trouble->code == why.code);
  if (!vain.is_the_item) return false;
  why.wait = logic::back_off(vain.tries, options().context.random());
  after.troubled.push_back({t.twin.id, trouble_of(t, in.target, why, false)});
  ++result_.failed;
  return true;
}

void carrier::judge(task t, logic::evidence found) {
  const auto& in = *t.twin.intent;
  const auto window = options().context.commit_window;
  const auto since = self_->state.looked_for_since.try_emplace(in.id, self_->clock().now()).first->second;
  // Where the clock was set back, how long ago it was begun cannot be told by it.
  const bool set_back = now() < in.begun;
  const bool waited = self_->clock().now() - since >= window;
  auto answer = logic::judge(t.twin, in, found, window, set_back && waited ? in.begun + window : now());
  if (!std::holds_alternative<logic::look_again>(answer)) self_->state.looked_for_since.erase(in.id);
  struct {
    carrier& self;
    task& t;
    const exsyncd::intent& in;
    const logic::evidence& found;

    void operator()(logic::took_effect& e) {
      const auto& policy = self.options().settings.policy;
      auto& conflict = e.settlement.conflict;
      if (!conflict && found.removed) conflict = logic::lost_by_removal(t.twin, in, *found.removed, policy, self.now());
      if (!conflict) conflict = logic::lost_unanswered(t.twin, in, policy, self.now());
      if (policy.direction != direction::bidirectional) conflict.reset();
      ++self.result_.done;
      ++self.result_.writes;
      self.log(log_level::info, t, "the answer had been lost, but the write took effect");
      self.tell_loss(t, in);
      self.store({{std::move(e.settlement)}, {}, {}, {}});
    }
    void operator()(logic::half_done& h) {
      opened o{t, in};
      o.intent.made = h.made;
      o.intent.made_key = h.made_key;
      if (h.deleted) return self.withdrawn(o, true, h.made, {});
      auto me = self.shared_from_this();
      self.progress(o, replace_step::made, [me, o] { me->finish_replacing(o); });
    }
    void operator()(const logic::no_effect& n) {
      aftermath after;
      after.abandoned.push_back({t.twin.id, in.id, n.lost, n.in_part || logic::has_begun(in)});
      if (!self.note_in_vain(t, in, after)) ++self.result_.done;
      self.store(std::move(after));
    }
    void operator()(const logic::look_again&) {
      ++self.result_.waiting;
      if (in.operation != operation::remove || !found.item) return self.batch_done();
      // It may go at any time: what its user has made of it by now is known then.
      aftermath after;
      self.observe(t, in.target, *found.item, after);
      --self.result_.done;
      self.store(std::move(after));
    }
    void operator()(const logic::missed&) {
      aftermath after;
      self.miss(t, in.target, after);
      self.store(std::move(after));
    }
    void operator()(const logic::halfway&) { self.resume(t, found); }
  } act{*this, t, in, found};
  std::visit(act, answer);
}

} // namespace exsyncd
