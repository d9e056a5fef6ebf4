#include "actors/logic/reading.hpp"

#include "actors/logic/digest.hpp"
#include "actors/logic/match.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

bool has(const field_digests& in, field f) {
  return std::any_of(in.begin(), in.end(), [f](const field_digest& d) { return d.field == f; });
}

} // namespace

bool is_half_put_back(const twin& t, const policy& p) {
  if (p.direction == direction::bidirectional || !t.base) return false;
  const side target = p.direction == direction::primary_to_replica ? side::replica : side::primary;
  const auto& source = t.seen[other(target)];
  if (!source || twin_of_mark(t.pair, source->mark) != t.id) return false; // not made by us
  const auto& agreed = (*t.base)[target].content;
  return std::any_of(agreed.begin(), agreed.end(),
                     [](const field_digest& d) { return d.value == to_be_carried && !is_hint(d.field); });
}

std::optional<digest> twin_reading::value_of(side s, field f) const {
  const auto& from = present(s) && contents_known(here(s)) ? *here(s).content : base(s).content;
  for (const auto& d : from)
    if (d.field == f) return d.value;
  return {};
}

bool twin_reading::rests(side from, field f) const {
  if (!twin_.trouble || twin_.trouble->side != other(from)) return false;
  const auto& refused = twin_.trouble->refused;
  const side there = other(from);
  if (twin_.base && present(there) && trouble_key(seen(there)) != twin_.trouble->at[there] &&
      contents_known(here(there)) && contains(differing_fields(*here(there).content, base(there).content), f))
    return false;
  return std::any_of(refused.begin(), refused.end(), [&](const field_digest& d) {
    if (d.field != f) return false;
    if (!twin_.base && !(present(from) && contents_known(here(from)))) return false;
    // Unread since the create, the field is as it was when it was refused.
    const auto now = value_of(from, f).value_or(digest{});
    return d.value == now || now == to_be_carried;
  });
}

bool twin_reading::something_rests() const {
  if (!twin_.trouble || twin_.trouble->refused.empty()) return false;
  const side from = other(twin_.trouble->side);
  return std::any_of(twin_.trouble->refused.begin(), twin_.trouble->refused.end(),
                     [&](const field_digest& d) { return rests(from, d.field); });
}

bool twin_reading::needs_look(side s) const {
  return present(s) && !contents_known(here(s)) && (here(s).key != base(s).key || !base(s).read_back);
}

state twin_reading::state_of(side s) const {
  if (!seen(s)) return state::missing;
  if (left(s)) return believed(s) ? state::gone : state::gone_unbelieved;
  return edited_fields(s).empty() ? state::unchanged : state::edited;
}

bool twin_reading::is_mail() const {
  for (side s : both_sides)
    if (seen(s)) return here(s).item_class == item_class::message || here(s).item_class == item_class::other;
  return true;
}

bool twin_reading::is_task() const {
  return std::any_of(both_sides.begin(), both_sides.end(),
                     [this](side s) { return seen(s) && here(s).item_class == item_class::task; });
}

bool twin_reading::held_by_both(field f) const {
  return is_mail() || (contains(around_.settable.primary, f) && contains(around_.settable.replica, f));
}

std::vector<field> twin_reading::still_to_be_carried(side s) const {
  std::vector<field> fields;
  for (const auto& d : base(s).content)
    if (d.value == to_be_carried && held_by_both(d.field)) fields.push_back(d.field);
  return fields;
}

std::vector<field> twin_reading::edited_fields(side s) const {
  auto fields = all_edited_fields(s);
  // Nor is what the other side's user wants to have there overwritten unseen.
  std::erase_if(fields, [&](field f) { return rests(s, f) || rests(other(s), f); });
  return fields;
}

std::vector<field> twin_reading::all_edited_fields(side s) const {
  if (!present(s)) return {};
  if (!contents_known(here(s))) return here(s).key == base(s).key ? still_to_be_carried(s) : std::vector<field>{};
  auto fields = differing_fields(*here(s).content, base(s).content);
  const bool other_body = contains(fields, field::body) && is_reworded(s);
  if (base(s).read_back) {
    if (has_files_never_compared(s)) std::erase(fields, field::attachments);
    if (changed_in_place(s)) fields.push_back(field::attachments);
    erase_hints(fields);
    std::erase_if(fields, [this](field f) { return !held_by_both(f); });
    return fields;
  }
  if (here(s).key == base(s).key) return {}; // nobody touched it since we wrote it
  const auto& opposite =
      seen(other(s)) && contents_known(here(other(s))) ? *here(other(s)).content : base(other(s)).content;
  auto across = differ_across(opposite, *here(s).content, true, here(s).item_class, here(s).draft);
  std::erase_if(fields, [&](field f) { return f == field::body || !contains(across, f) || !held_by_both(f); });
  if (other_body) fields.push_back(field::body);
  if (changed_in_place(s)) fields.push_back(field::attachments);
  std::sort(fields.begin(), fields.end());
  return fields;
}

bool twin_reading::is_reworded(side s) const {
  const auto sent = only(base(s).content, {hint::body_words});
  if (sent.empty()) return true;
  const auto words = only(here(s).likeness, {field::body});
  return sent.front().value != (words.empty() ? digest{} : words.front().value);
}

twin_reading::attached twin_reading::attached_on(side s) const {
  if (!present(s) || !contents_known(here(s))) return attached::the_same;
  const auto& now = *here(s).content;
  const auto& then = base(s).content;
  if (has_files_never_compared(s)) return attached::doubtful;
  if (!base(s).read_back && here(s).key == base(s).key) return attached::the_same; // nobody touched it since we did
  const auto moved = differing_fields(now, then);
  if (contains(moved, field::attachments)) return attached::the_same; // their names tell
  const bool sized = has(now, field::attachment_sizes), was_read = base(s).read_back || has(then, hint::attachment_ids);
  if (was_read && sized && contains(moved, field::attachment_sizes)) return attached::another;
  if (!has(now, field::attachments)) return attached::the_same;
  if (!was_read) return attached::doubtful;                        // its user was there before us
  if (!has(then, hint::attachment_ids)) return attached::the_same; // stored by an older version
  if (!contains(moved, hint::attachment_ids)) return attached::the_same;
  if (!contains(moved, hint::attachment_holder)) return attached::doubtful;
  // An item that was moved has other ids: sizes and times tell, where the server tells them. Else the other side's
  // files do, as long as their user has not made others of them. Where he has, nobody knows: it counts on the side that
  // loses, where that is listed, and not on the one that would overwrite what he has made.
  const bool untold = s == source() && has_other_files(other(s));
  return sized || untold ? attached::the_same : attached::doubtful;
}

bool twin_reading::has_other_files(side s) const {
  if (!present(s) || !contents_known(here(s))) return false;
  const auto agreed = only(base(s).content, {field::attachments});
  const bool was_carried = agreed.empty() || agreed.front().value != to_be_carried;
  return was_carried && agreed != only(*here(s).content, {field::attachments});
}

bool twin_reading::has_files_never_compared(side s) const {
  const auto agreed = only(base(s).content, {field::attachments});
  if (agreed.empty() || agreed.front().value != to_be_carried || !present(other(s))) return false;
  return contents_known(here(other(s))) && has_files_of_same_names();
}

bool twin_reading::has_files_of_same_names() const {
  const auto names = only(*here(side::primary).content, {field::attachments});
  return !names.empty() && names == only(*here(side::replica).content, {field::attachments});
}

std::optional<bool> twin_reading::attached_alike() const {
  const auto inside = [this](side s) {
    return seen(s) && contents_known(here(s)) ? only(here(s).likeness, {hint::attachment_contents}) : field_digests{};
  };
  const auto p = inside(side::primary), r = inside(side::replica);
  if (p.empty() || r.empty()) return {};
  return p == r;
}

bool twin_reading::changed_in_place(side s) const {
  switch (attached_on(s)) {
  case attached::the_same:
    return false;
  case attached::another:
    return true;
  case attached::doubtful:
    break;
  }
  if (const auto alike = attached_alike()) return !*alike;
  if (present(other(s))) return false;
  // With nothing to compare it with: of what was touched before it was read nobody can tell. Else nobody has moved it,
  // so its user has put another one there.
  if (!base(s).read_back) return true;
  return !contains(differing_fields(*here(s).content, base(s).content), hint::attachment_holder);
}

bool twin_reading::holds(side s, field f) const {
  return (present(s) && contents_known(here(s)) && has(*here(s).content, f)) || (twin_.base && has(base(s).content, f));
}

} // namespace exsyncd::logic
