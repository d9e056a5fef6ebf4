#include "actors/logic/digest.hpp"
#include "actors/logic/likeness.hpp"
#include "actors/logic/match.hpp"
#include "actors/logic/parts.hpp"
#include "actors/logic/settling.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

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

settle_twin carried(const twin& t, const intent& in, const item_id& id, const change_key& key, change_key base_key) {
  auto s = start(t, in);
  s.wrote = result_on(t, in, id, key);
  s.wrote->key = key; // of a new item: never the guard, which was another's
  s.wrote->read = in.read;
  s.wrote->mark = in.mark;
  s.clear_trouble = true; // the whole of it was written, what was refused before as well
  // What the create did not carry is the source's edit: an update of its own follows.
  const auto& source = t.seen[other(in.target)];
  const auto parts = parts_of(source ? source->item_class : item_class::message);
  auto of_source = without(in.expected, {hint::body_words});
  for (auto& d : of_source)
    if (contains(parts, d.field) && !is_hint(d.field)) d.value = to_be_carried;
  both<side_base> base;
  base[other(in.target)] = {in.source_key, in.read, std::move(of_source), true};
  // What a server makes of a read draft is nobody's news; that it is unread has been said, so that read is its user's.
  const auto read = source && source->draft && in.read != false ? std::nullopt : in.read;
  base[in.target] = {std::move(base_key), read, with_hints(without(in.expected, parts), {}), false};
  s.base = base;
  // A replacement stays where the old copy was; that its user moved that one is still to be carried. Where nothing was
  // agreed before, the source's place counts: so the target's is what is taken for agreed.
  if (in.operation == operation::create || !t.base) s.folder_pair = in.folder;
  return s;
}

bool window_passed(const intent& in, std::chrono::seconds window, utc_seconds now) {
  return now >= in.begun + window;
}

bool is_another_body(const field_digests& agreed, const content& there) {
  const auto body = only(agreed, {field::body});
  if (body.empty() || body == only(digests_of(there.fields), {field::body})) return false;
  const auto sent = only(agreed, {hint::body_words});
  if (sent.empty()) return true;
  const auto words = only(likeness_of(there), {field::body});
  return sent.front().value != (words.empty() ? digest{} : words.front().value);
}

resolution judge_carried(const twin& t, const intent& in, const evidence& found, bool late) {
  // A user's copy of it holds the mark too: whichever we take, the other one is then a new item.
  if (!found.marked.empty()) {
    const auto& made = found.marked.front();
    // Its key is not the one that it was made with, if a user has edited it since: unknown, so that it is looked at.
    if (in.operation == operation::replace) return half_done{made.id, change_key{}, found.deleted};
    auto s = carried(t, in, made.id, made.key, change_key{});
    if (!found.place.empty()) s.wrote->folder = found.place; // its user has filed it; where it was to be is agreed
    s.wrote->left = found.deleted;
    return took_effect{std::move(s)};
  }
  if (!late) return look_again{};
  if (in.operation == operation::create && !in.made.empty()) { // it was there, and its user has deleted it since
    auto s = carried(t, in, in.made, in.made_key, change_key{});
    s.wrote->left = true;
    return took_effect{std::move(s)};
  }
  return no_effect{true};
}

} // namespace

const char* deleted_against(side loser) {
  return loser == side::replica ? "deleted on primary, edited on replica" : "deleted on replica, edited on primary";
}

field_digests contents(const twin& t, side s) {
  if (t.seen[s] && t.seen[s]->content && t.seen[s]->content_key == t.seen[s]->key) return *t.seen[s]->content;
  return t.base ? (*t.base)[s].content : field_digests{};
}

bool goes_in_parts(const twin& t, side target) {
  return t.trouble && t.trouble->side == target && (t.trouble->one_by_one || !t.trouble->refused.empty());
}

field_digests without_resting(field_digests of, const twin& t, side s, const std::vector<field>& written) {
  if (!t.trouble) return of;
  const bool has_it = t.trouble->side != s;
  for (const auto& refused : t.trouble->refused) {
    if (contains(written, refused.field)) continue;
    if (!t.base) { // in a first agreement, one side's is still to go over
      if (has_it) of = with_fields(std::move(of), {{refused.field, to_be_carried}}, {refused.field});
      continue;
    }
    of = with_fields(std::move(of), (*t.base)[s].content, {refused.field});
    if (refused.field != field::attachments) continue;
    const auto& base = (*t.base)[s];
    of = with_hints(std::move(of), base.content);
    // Nobody has read what we sent, and its user has put another file there: that is known by no id.
    const bool unread = !base.read_back && only(base.content, {hint::attachment_ids}).empty();
    if (unread) doubt_attached(of);
  }
  return of;
}

void doubt_attached(field_digests& base) {
  const field_digests doubt{{hint::attachment_ids, to_be_carried}};
  base = with_fields(std::move(base), doubt, {hint::attachment_ids});
}

settle_twin start(const twin& t, const intent& in) {
  settle_twin s;
  s.twin = t.id;
  s.intent = in.id;
  s.answers = in.answers;
  s.conflict = in.loses;
  // What was refused of an item is told until both sides agree.
  const bool anew = !t.base && in.operation != operation::update;
  s.clear_trouble = anew || !(goes_in_parts(t, in.target) || goes_in_parts(t, other(in.target)));
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
    if (id.empty() && o->presence == presence::present) w.item = o->item; // it may have been moved since
    w.read = o->read;
    w.mark = o->mark;
  }
  return w;
}

intent intent_to_carry(const twin& t, enum operation op, side target, const content& source,
                       const folder_pair_id& folder, intent_id id, utc_seconds now) {
  auto in = intent_on(t, op, target, std::move(id), now);
  in.folder = folder;
  in.source_key = source.key;
  in.read = source.read;
  in.expected = with_words(digests_of(source.fields), source);
  const auto& there = t.seen[target];
  in.mark = op == operation::replace && there ? make_replacing_mark(t.pair, t.id, in.id, *there, t.seen[other(target)])
                                              : make_mark(t.pair, t.id, in.id, t.seen[other(target)]);
  return in;
}

intent intent_to_update(const twin& t, const update_on& what, const content& source, intent_id id, utc_seconds now,
                        const content* target) {
  auto in = intent_on(t, operation::update, what.target, std::move(id), now);
  in.source_key = source.key;
  in.fields = what.fields;
  in.expected = only(digests_of(source.fields), what.fields);
  if (contains(in.fields, field::body)) in.expected = with_words(std::move(in.expected), source);
  // By these its user's next file of the same name is told from the one that was read to be sent.
  if (contains(in.fields, field::attachments))
    in.expected = with_hints(std::move(in.expected), digests_of(source.fields));
  const auto value = [](const content& of, field f) {
    const auto at = std::find_if(of.fields.begin(), of.fields.end(), [f](const auto& v) { return v.field == f; });
    return at == of.fields.end() ? std::string() : at->value;
  };
  const auto& o = t.seen[what.target];
  if (target && o)
    for (field f : in_steps(o->item_class, what.fields))
      in.parts.push_back({f, value(*target, f), value(source, f), {}});
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
    s.wrote = result_on(t, in, id, key);
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

settle_twin settlement_as_read(const twin& t, const intent& in, const item_id& id, const change_key& ours,
                               const content& there, utc_seconds now) {
  switch (in.operation) {
  case operation::update:
    return updated_as_read(t, in, ours, there);
  case operation::create:
  case operation::replace: {
    auto s = carried(t, in, id, there.key, ours);
    if (there.read) s.wrote->read = there.read;
    // Touched since by somebody else, it is read once more: with its likeness, which is no part of a settlement.
    if (there.key != ours) return s;
    auto& base = (*s.base)[in.target];
    s.wrote->content = base.content = digests_of(there.fields);
    base.read_back = true;
    return s;
  }
  case operation::set_read:
  case operation::move:
  case operation::remove:
    break;
  }
  return settlement_of(t, in, id, there.key, now);
}

std::optional<settle_twin> read_back_of(const twin& t, side s, const content& there) {
  if (!t.base || t.intent || (*t.base)[s].read_back || (*t.base)[s].key != there.key) return {};
  settle_twin settled;
  settled.twin = t.id;
  settled.base = t.base;
  (*settled.base)[s].content = digests_of(there.fields);
  // No server makes another body of one that was not written, nor other words of one that was: under the same key too
  // that is somebody's edit.
  if (is_another_body((*t.base)[s].content, there))
    (*settled.base)[s].content =
        with_fields(std::move((*settled.base)[s].content), (*t.base)[s].content, {field::body});
  // Nor does one take all files away, or add some. What an administrator has lifted is not known as refused any more.
  const auto files = only((*t.base)[s].content, {field::attachments});
  if (files.empty() != only((*settled.base)[s].content, {field::attachments}).empty())
    (*settled.base)[s].content = with_fields(std::move((*settled.base)[s].content), files, {field::attachments});
  (*settled.base)[s].content = without_resting(std::move((*settled.base)[s].content), t, s, {});
  (*settled.base)[s].read_back = true;
  // Of a draft that we created it was not known what the server makes of it.
  auto& read = (*settled.base)[s].read;
  if (!read && there.read == (*t.base)[other(s)].read) read = there.read;
  settled.answers = t.answered;
  return settled;
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
  s.clear_trouble = true; // what is nowhere any more is refused nowhere
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
    if (!found.item) return found.left || late ? resolution(no_effect{}) : missed{};
    return unless_late();
  case operation::move: {
    // Moved away, it is found again by the change list of its new folder, under a new id.
    const auto& o = t.seen[in.target];
    if (o && o->presence == presence::present && o->item != in.item) {
      if (o->folder == in.folder) return took_effect{settlement_of(t, in, o->item, o->key, now)};
      return no_effect{}; // its user has moved it to another place
    }
    if (!found.item) return found.left ? resolution(no_effect{}) : missed{};
    return unless_late();
  }
  case operation::remove: {
    const auto& o = t.seen[in.target];
    // Its user has moved it before our request came: what is to go is there under another id.
    if (o && o->presence == presence::present && o->item != in.item) return no_effect{};
    if (found.moved) return no_effect{};
    if (!found.item) return found.left ? resolution(took_effect{settlement_of(t, in, {}, {}, now)}) : missed{};
    return unless_late();
  }
  }
  return look_again{};
}

replacing judge_replacement(const twin& t, const intent& in, const evidence& old) {
  const auto& o = t.seen[in.target];
  if (o && o->presence == presence::present && o->item != in.item) return replacing::withdraw; // moved by its user
  if (old.item) {
    const auto known = without(contents(t, in.target), {hint::body_words});
    const bool same = old.item->key == in.guard || (!known.empty() && digests_of(old.item->fields) == known);
    // What a list has told since is another one than the new copy has.
    const bool marked = o && o->sequence > in.answers[in.target] && o->read != in.read;
    const bool none = o && (!o->read || !old.item->read); // as in public folders, where each user has his own
    const bool same_read = none || (o && old.item->read == o->read && !marked);
    return same && same_read ? replacing::remove_old : replacing::withdraw;
  }
  if (in.step < replace_step::removing) return replacing::withdraw; // not by us
  return old.left ? replacing::settle : replacing::miss;
}

std::optional<conflict> lost_by_removal(const twin& t, const intent& in, const content& there, const policy& p,
                                        utc_seconds now) {
  const auto& o = t.seen[in.target];
  if (!o || in.loses || p.direction != direction::bidirectional) return {};
  const bool known = o->content && o->content_key == o->key;
  if (!known && !(t.base && (*t.base)[in.target].read_back)) return {};
  auto fields = differing_fields(digests_of(there.fields), contents(t, in.target));
  // It lies elsewhere now, so its attachments have other ids; what is in them is told by their sizes alone.
  const auto found = digests_of(there.fields);
  if (contains(fields, field::attachment_sizes) && !contains(fields, field::attachments) &&
      !only(found, {field::attachment_sizes}).empty() && !only(found, {field::attachments}).empty())
    fields.push_back(field::attachments);
  erase_hints(fields);
  if (fields.empty()) return {};
  auto c = lost_against(t, in.target, std::move(fields), now);
  if (in.operation != operation::replace) c.reason = deleted_against(in.target);
  return c;
}

std::optional<conflict> lost_by_withdrawal(const twin& t, const intent& in, const content& there, const policy& p,
                                           utc_seconds now) {
  const auto& o = t.seen[in.target];
  if (!o || p.direction != direction::bidirectional) return {};
  auto fields = differ_across(without(in.expected, {hint::body_words}), digests_of(there.fields), true, o->item_class,
                              there.draft);
  std::erase(fields, field::body); // by its words
  const auto sent = only(in.expected, {hint::body_words});
  const auto words = only(likeness_of(there), {field::body});
  if (!sent.empty() && sent.front().value != (words.empty() ? digest{} : words.front().value))
    fields.push_back(field::body);
  if (fields.empty()) return {};
  return lost_against(t, in.target, std::move(fields), now);
}

std::optional<conflict> lost_with_duplicate(const twin& half, side s, const twin& owner, const policy& p,
                                            utc_seconds now) {
  if (p.direction != direction::bidirectional || !owner.base || !(*owner.base)[s].read_back) return {};
  const auto& there = *half.seen[s]->content;
  auto fields = differing_fields(there, (*owner.base)[s].content);
  erase_hints(fields);
  auto from_known = differing_fields(there, contents(owner, s));
  erase_hints(from_known);
  if (fields.empty() || from_known.empty()) return {};
  auto c = lost_against(half, s, std::move(fields), now);
  if (owner.buried) c.reason = deleted_against(s);
  return c;
}

settle_twin noted(const twin& t, conflict lost) {
  settle_twin s;
  s.twin = t.id;
  s.answers = t.answered;
  s.conflict = std::move(lost);
  return s;
}

std::vector<settle_twin> ended_with(const twin& t, const intent& in, conflict lost) {
  std::vector<settle_twin> all{noted(t, std::move(lost))};
  all.front().intent = in.id;
  if (has_begun(in) && in.loses) all.push_back(noted(t, *in.loses));
  return all;
}

conflict lost_against(const twin& t, side loser, std::vector<field> fields, utc_seconds now) {
  conflict c;
  c.pair = t.pair;
  c.folder_pair = t.folder_pair;
  c.twin = t.id;
  c.loser = loser;
  c.reason = "edited on both sides";
  c.fields = std::move(fields);
  for (side s : {other(loser), loser})
    if (t.seen[s]) {
      c.keys[s] = t.seen[s]->key;
      c.subject = t.seen[s]->subject;
    }
  c.when = now;
  return c;
}

std::optional<conflict> lost_unanswered(const twin& t, const intent& in, const policy& p, utc_seconds now) {
  const auto& o = t.seen[in.target];
  if (in.operation != operation::remove || in.loses || p.direction != direction::bidirectional) return {};
  if (!o || !o->content || !t.base || !(*t.base)[in.target].read_back) return {};
  auto fields = differing_fields(*o->content, (*t.base)[in.target].content);
  erase_hints(fields);
  if (fields.empty()) return {};
  auto lost = lost_against(t, in.target, std::move(fields), now);
  lost.reason = deleted_against(in.target);
  return lost;
}

} // namespace exsyncd::logic
