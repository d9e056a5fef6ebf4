#include "actors/logic/settlement.hpp"

#include "actors/logic/digest.hpp"
#include "actors/logic/match.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

bool has(const std::vector<field>& fields, field f) {
  return std::find(fields.begin(), fields.end(), f) != fields.end();
}

both<sequence> sequences_of(const twin& t) {
  both<sequence> result;
  for (side s : both_sides)
    if (t.seen[s]) result[s] = t.seen[s]->sequence;
  return result;
}

intent intent_on(const twin& t, operation op, side target, intent_id id, utc_seconds now) {
  intent in;
  in.id = std::move(id);
  in.operation = op;
  in.target = target;
  in.answers = sequences_of(t);
  in.begun = now;
  if (auto& o = t.seen[other(target)]) in.source_key = o->key;
  if (auto& o = t.seen[target]) {
    in.item = o->item;
    in.guard = o->key;
    in.folder = o->folder;
  }
  return in;
}

/// A side's contents, as well as they are known.
field_digests contents(const twin& t, side s) {
  if (t.seen[s] && t.seen[s]->content && t.seen[s]->content_key == t.seen[s]->key) return *t.seen[s]->content;
  return t.base ? (*t.base)[s].content : field_digests{};
}

settle_twin start(const twin& t, const intent& in) {
  settle_twin s;
  s.twin = t.id;
  s.intent = in.id;
  s.answers = in.answers;
  s.conflict = in.loses;
  s.clear_trouble = true;
  s.count_sync = true;
  return s;
}

settle_twin::write_result result_on(const twin& t, const intent& in, const item_id& id, const change_key& key) {
  settle_twin::write_result w;
  w.side = in.target;
  w.item = id.empty() ? in.item : id;
  w.key = key.empty() ? in.guard : key;
  w.folder = in.folder;
  if (auto& o = t.seen[in.target]) {
    w.read = o->read;
    w.mark = o->mark;
  }
  return w;
}

settle_twin carried(const twin& t, const intent& in, const item_id& id, const change_key& key, change_key base_key) {
  auto s = start(t, in);
  s.wrote = result_on(t, in, id, key);
  s.wrote->key = key; // of a new item: never the guard, which was another's
  s.wrote->read = in.read;
  s.wrote->mark = in.mark;
  // What the create did not carry is the source's edit: an update of its own follows.
  const auto& source = t.seen[other(in.target)];
  const auto parts = parts_of(source ? source->item_class : item_class::message);
  auto of_source = in.expected;
  for (auto& d : of_source)
    if (has(parts, d.field) && d.field != field::attachment_sizes) d.value = to_be_carried;
  both<side_base> base;
  base[other(in.target)] = {in.source_key, in.read, std::move(of_source), true};
  base[in.target] = {std::move(base_key), in.read, without(in.expected, parts), false};
  s.base = base;
  s.folder_pair = in.folder;
  return s;
}

settle_twin updated(const twin& t, const intent& in, const change_key& key, const change_key& base_key,
                    bool read_back) {
  auto s = start(t, in);
  s.wrote = result_on(t, in, in.item, key);
  side source = other(in.target);
  both<side_base> base;
  if (t.base) base = *t.base;
  base[source].key = in.source_key;
  base[source].content = with_fields(contents(t, source), in.expected, in.fields);
  base[source].read_back = true;
  base[in.target].key = base_key;
  base[in.target].content = with_fields(contents(t, in.target), in.expected, in.fields);
  base[in.target].read_back = read_back;
  if (!t.base) // as in a first agreement: the source's read state is the one that goes over
    for (side b : both_sides)
      base[b].read = t.seen[in.target]->read;
  s.base = base;
  return s;
}

bool window_passed(const intent& in, std::chrono::seconds window, utc_seconds now) {
  return now >= in.begun + window;
}

resolution judge_carried(const twin& t, const intent& in, const evidence& found, bool late) {
  if (in.step == 0) {
    // A user's copy of it holds the mark too: whichever we take, the other one is then a new item.
    if (!found.marked.empty()) {
      const auto& made = found.marked.front();
      // Its key is not the one that it was made with, if a user has edited it since: unknown, so that it is looked at.
      if (in.operation == operation::replace) return half_done{made.id, change_key{}};
      return took_effect{carried(t, in, made.id, made.key, change_key{})};
    }
    if (late) return no_effect{true};
    return look_again{};
  }
  if (found.item) return half_done{in.made, in.made_key};
  return took_effect{carried(t, in, in.made, in.made_key, change_key{})};
}

field_digests one(const field_digests& of, field f) {
  return only(of, {f});
}

/// An update of several requests that was cut between them: what is there as it was meant is agreed, what is there
/// halfway is ours and no edit of a user, and what is left to do stays the source's edit.
std::optional<settle_twin> partly_updated(const twin& t, const intent& in, const change_key& key,
                                          const field_digests& there) {
  const auto& o = t.seen[in.target];
  const auto parts = parts_of(o ? o->item_class : item_class::message);
  if (parts.empty()) return {};
  const auto before = contents(t, in.target);
  std::vector<field> moved, left;
  for (field f : in.fields) {
    bool done = one(there, f) == one(in.expected, f);
    if (f == field::attachments) // new ones under the old names have other sizes
      done = done && one(there, field::attachment_sizes) != one(before, field::attachment_sizes);
    if (!done) left.push_back(f);
    // What two users disputed was not the same on both sides: as it was meant now, it has moved, though that may be as
    // the base has it, which is all that is known once a list has shown the new key.
    const bool won = done && in.loses && has(in.loses->fields, f);
    if (won || (one(there, f) != one(before, f) && (done || has(parts, f)))) moved.push_back(f);
    if (f == field::attachments && one(there, field::attachment_sizes) != one(before, field::attachment_sizes))
      moved.push_back(field::attachment_sizes);
  }
  if (moved.empty()) return {};
  auto s = updated(t, in, key, in.guard, true);
  auto& source = (*s.base)[other(in.target)].content;
  source = without(std::move(source), left);
  for (field f : left)
    source.push_back({f, to_be_carried});
  std::sort(source.begin(), source.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  (*s.base)[in.target].content = with_fields(before, there, moved);
  return s;
}

resolution judge_update(const twin& t, const intent& in, const evidence& found, bool late) {
  if (!found.item) return no_effect{};
  // Without a base only the written fields would be known of what was agreed: the contents are compared again.
  if (!t.base && found.item->key != in.guard) return no_effect{};
  auto now_there = digests_of(found.item->fields);
  bool same_attachments =
      has(in.fields, field::attachments) &&
      one(now_there, field::attachment_sizes) == one(contents(t, in.target), field::attachment_sizes);
  if (only(now_there, in.fields) == in.expected && found.item->key != in.guard && !same_attachments)
    return took_effect{updated(t, in, found.item->key, in.guard, true)};
  if (found.item->key != in.guard)
    if (auto partly = partly_updated(t, in, found.item->key, now_there)) return took_effect{std::move(*partly)};
  if (found.item->key == in.guard && !late) return look_again{};
  return no_effect{};
}

} // namespace

intent intent_to_carry(const twin& t, enum operation op, side target, const content& source,
                       const folder_pair_id& folder, intent_id id, utc_seconds now) {
  auto in = intent_on(t, op, target, std::move(id), now);
  in.folder = folder;
  in.source_key = source.key;
  in.read = source.read;
  in.expected = digests_of(source.fields);
  in.mark = make_mark(t.pair, t.id, in.id, t.seen[other(target)]);
  return in;
}

intent intent_to_update(const twin& t, const update_on& what, const content& source, intent_id id, utc_seconds now) {
  auto in = intent_on(t, operation::update, what.target, std::move(id), now);
  in.source_key = source.key;
  in.fields = what.fields;
  in.expected = only(digests_of(source.fields), what.fields);
  return in;
}

intent intent_of(const twin& t, const set_read_on& what, intent_id id, utc_seconds now) {
  auto in = intent_on(t, operation::set_read, what.target, std::move(id), now);
  in.read = what.read;
  return in;
}

intent intent_of(const twin& t, const move_on& what, intent_id id, utc_seconds now) {
  auto in = intent_on(t, operation::move, what.target, std::move(id), now);
  in.folder = what.to;
  return in;
}

intent intent_of(const twin& t, const remove_on& what, intent_id id, utc_seconds now) {
  return intent_on(t, operation::remove, what.target, std::move(id), now);
}

settle_twin settlement_of(const twin& t, const intent& in, const item_id& id, const change_key& key, utc_seconds now) {
  switch (in.operation) {
  case operation::create:
  case operation::replace:
    return carried(t, in, id, key, key);
  case operation::update:
    return updated(t, in, key, key, false);
  case operation::set_read: {
    auto s = start(t, in);
    s.wrote = result_on(t, in, in.item, key);
    s.wrote->read = in.read;
    // The bases' keys stay: should the answer's key hide a user's edit, it is then looked at.
    if (t.base) {
      s.base = t.base;
      for (side b : both_sides)
        (*s.base)[b].read = in.read;
    }
    return s;
  }
  case operation::move: {
    auto s = start(t, in);
    s.wrote = result_on(t, in, id, key);
    s.folder_pair = in.folder;
    return s;
  }
  case operation::remove: {
    auto s = start(t, in);
    s.bury = now;
    return s;
  }
  }
  return {};
}

settle_twin taken_back(const twin& t, const intent& in, const change_key& key) {
  auto s = start(t, in);
  s.wrote = result_on(t, in, in.item, key);
  s.clear_trouble = s.count_sync = false;
  s.conflict.reset();
  return s;
}

settle_twin settlement_of(const twin& t, const agree& a) {
  settle_twin s;
  s.twin = t.id;
  s.base = a.base;
  s.folder_pair = a.folder_pair;
  s.answers = sequences_of(t);
  s.clear_trouble = true;
  s.settled = !a.more;
  return s;
}

settle_twin settlement_of(const twin& t, const forget& f) {
  settle_twin s;
  s.twin = t.id;
  s.forget = f.where;
  s.answers = sequences_of(t);
  s.settled = f.settled;
  return s;
}

settle_twin settlement_of(const twin& t, const bury&, utc_seconds now) {
  settle_twin s;
  s.twin = t.id;
  s.bury = now;
  s.answers = sequences_of(t);
  s.settled = true;
  return s;
}

resolution judge(const twin& t, const intent& in, const evidence& found, std::chrono::seconds window, utc_seconds now) {
  bool late = window_passed(in, window, now);
  auto unless_late = [&]() -> resolution {
    if (late) return no_effect{};
    return look_again{};
  };
  switch (in.operation) {
  case operation::create:
  case operation::replace:
    return judge_carried(t, in, found, late);
  case operation::update:
    return judge_update(t, in, found, late);
  case operation::set_read:
    if (found.item && found.item->read == in.read) return took_effect{settlement_of(t, in, {}, found.item->key, now)};
    return unless_late();
  case operation::move: {
    // Moved away, it is found again by the change list of its new folder, under a new id.
    const auto& o = t.seen[in.target];
    if (o && o->presence == presence::present && o->folder == in.folder && o->item != in.item)
      return took_effect{settlement_of(t, in, o->item, o->key, now)};
    return unless_late();
  }
  case operation::remove:
    if (!found.item) return took_effect{settlement_of(t, in, {}, {}, now)};
    return unless_late();
  }
  return look_again{};
}

} // namespace exsyncd::logic
