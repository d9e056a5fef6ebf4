#include "actors/logic/alike.hpp"
#include "actors/logic/digest.hpp"
#include "actors/logic/likeness.hpp"
#include "actors/logic/parts.hpp"
#include "actors/logic/settling.hpp"
#include "ews/model/field_hints.hpp"

#include <algorithm>

// An update of several requests lets its target's user act in between. What is there afterwards is read, and told apart
// field by field: what we meant, what stands there halfway, and what only a user can have put there.
namespace exsyncd::logic {
namespace {

field_digests one(const field_digests& of, field f) {
  return only(of, {f});
}

const std::string& value_of(const content& of, field f) {
  static const std::string none;
  const auto at = std::find_if(of.fields.begin(), of.fields.end(), [f](const field_value& v) { return v.field == f; });
  return at == of.fields.end() ? none : at->value;
}

const part_values* part_of(const intent& in, field f) {
  const auto at = std::find_if(in.parts.begin(), in.parts.end(), [f](const part_values& p) { return p.field == f; });
  return at == in.parts.end() ? nullptr : &*at;
}

/// Fields that a server may set by itself when others are set: none of them is a user's edit.
bool may_follow(field f, const std::vector<field>& written) {
  const auto wrote = [&](std::initializer_list<field> any) {
    return std::any_of(any.begin(), any.end(), [&](field w) { return contains(written, w); });
  };
  if (is_hint(f)) return true; // nobody writes them
  switch (f) {
  case field::subject:
  case field::file_as:
  case field::display_name:
    return wrote({field::file_as, field::display_name, field::given_name, field::middle_name, field::surname,
                  field::generation, field::title, field::company_name, field::subject});
  case field::initials:
  case field::postal_address_index:
    return wrote({field::given_name, field::surname, field::physical_addresses, field::postal_address_index});
  case field::exceptions:
  case field::time:
  case field::recurrence:
  case field::reminder:
  case field::task_dates:
  case field::progress: // exceptions alone leave their series as it is
    return wrote({field::time, field::recurrence, field::task_dates, field::progress, field::reminder});
  default:
    return false;
  }
}

struct found {
  const twin& t;
  const intent& in;
  const content& there;
  std::optional<std::string> attached = {}; // evidence::attached
  field_digests now = digests_of(there.fields);
  field_digests before = contents(t, in.target);

  /// Where the server tells no sizes, another id is all that there is; it is another one too after a move.
  bool others_attached() const {
    const bool told = !one(now, field::attachment_sizes).empty();
    const field by = told ? field::attachment_sizes : hint::attachment_ids;
    return one(now, by) != one(before, by);
  }
  /// As it was when the write began. What takes several requests was read then: later a list may have shown the key of
  /// our first one, and the base is all that is known beside.
  field_digests then(field f) const {
    const auto* part = part_of(in, f);
    return part ? digests_of({{f, part->before}}) : one(before, f);
  }
  /// What was in the files and what was to be, where both are known and what is in them now was read.
  const part_values* files() const {
    const auto* part = part_of(in, hint::attachment_contents);
    return attached && knows_files(part) ? part : nullptr;
  }
  std::vector<std::string> users(const part_values& part) const {
    if (part.field == field::attachments && files()) return users_entries(*files(), *attached, false);
    return users_entries(part, value_of(there, part.field), false);
  }
  bool changed(field f) const {
    if (f == field::attachments && files() && *attached != files()->before) return true;
    return one(now, f) != then(f) || (f == field::attachments && others_attached());
  }
  /// As it was meant. Attachments under the same names are not, as long as they are the old ones.
  bool as_meant(field f) const {
    if (one(now, f) != one(in.expected, f)) return false;
    return f != field::attachments || one(now, f).empty() || others_attached() || then(f) != one(now, f) ||
           as_sent() == true;
  }
  /// What two users disputed was not the same on both sides: as it was meant now, it was written, though that may be as
  /// the base has it.
  bool has_won(field f) const { return in.loses && contains(in.loses->fields, f) && as_meant(f); }
  bool any_has_won() const {
    return std::any_of(in.fields.begin(), in.fields.end(), [this](field f) { return has_won(f); });
  }
  bool all_as_meant() const {
    return std::all_of(in.fields.begin(), in.fields.end(), [this](field f) { return as_meant(f); });
  }
  /// Whether the files are those that were sent; empty: that is not known.
  std::optional<bool> as_sent() const {
    const auto sent = one(in.expected, hint::attachment_contents);
    if (!attached || sent.empty()) return {};
    return sent == digests_of({{hint::attachment_contents, *attached}});
  }
  /// Under the names of those that were sent there are others: somebody has put them there, before or after ours came.
  bool replaced() const {
    return contains(in.fields, field::attachments) && as_meant(field::attachments) && as_sent() == false;
  }
};

void set(field_digests& into, const field_digests& from, field f) {
  into = with_fields(std::move(into), from, {f});
}

/// Of a first pairing that goes in parts: what was found different and was not written is still to be carried.
field_digests but_what_is_left(field_digests of_source, const twin& t, const std::vector<field>& written) {
  if (!contents_known(*t.seen.primary) || !contents_known(*t.seen.replica)) return of_source;
  for (field f : differ_when_found(t.pair, *t.seen.primary, *t.seen.replica))
    if (!contains(written, f) && !is_hint(f)) set(of_source, {{f, to_be_carried}}, f);
  return of_source;
}

/// What was edited, and was neither written nor is the same on the target, had been refused: should an administrator
/// have lifted that meanwhile, it is still to be carried.
field_digests but_what_never_went(field_digests of_source, const twin& t, const intent& in) {
  const auto& o = t.seen[in.target];
  const side source = other(in.target);
  const auto& before = (*t.base)[source].content;
  const auto edited = differing_fields(of_source, before);
  if (!o || edited.empty()) return of_source;
  both<field_digests> has;
  has[source] = of_source;
  has[in.target] = contents(t, in.target);
  for (field f : differ_across(has.primary, has.replica, true, o->item_class, o->draft)) {
    if (!contains(edited, f) || contains(in.fields, f)) continue;
    set(of_source, before, f);
    if (f == field::attachments) of_source = with_hints(std::move(of_source), before);
  }
  return of_source;
}

} // namespace

bool has_begun(const intent& in) {
  return in.operation == operation::update && in.step > 0;
}

settle_twin updated(const twin& t, const intent& in, const change_key& key, const change_key& base_key,
                    bool read_back) {
  auto s = start(t, in);
  s.wrote = result_on(t, in, {}, key);
  side source = other(in.target);
  both<side_base> base;
  if (t.base) base = *t.base;
  base[source].key = in.source_key;
  auto source_has = contents(t, source);
  if (t.base && goes_in_parts(t, in.target)) { // what does not go along is still to be carried
    auto written = in.fields;
    if (contains(written, field::attachments))
      written.insert(written.end(), attachment_hints.begin(), attachment_hints.end());
    source_has = with_fields((*t.base)[source].content, source_has, written);
  } else if (t.base) {
    source_has = but_what_never_went(std::move(source_has), t, in);
  }
  base[source].content =
      without_resting(with_fields(std::move(source_has), in.expected, in.fields), t, source, in.fields);
  if (!t.base && goes_in_parts(t, in.target))
    base[source].content = but_what_is_left(std::move(base[source].content), t, in.fields);
  if (contains(in.fields, field::attachments))
    base[source].content = with_hints(std::move(base[source].content), in.expected);
  base[source].read_back = true;
  base[in.target].key = base_key;
  // What the target's user has changed beside what was written now is still his.
  auto target_has = t.base && goes_in_parts(t, in.target) ? (*t.base)[in.target].content : contents(t, in.target);
  base[in.target].content =
      without_resting(with_fields(std::move(target_has), in.expected, in.fields), t, in.target, in.fields);
  if (read_back)
    set(base[in.target].content, {}, hint::body_words);
  else if (contains(in.fields, field::body))
    set(base[in.target].content, in.expected, hint::body_words);
  base[in.target].read_back = read_back;
  if (!t.base) { // as in a first agreement: the source's read state and place are those that go over
    for (side b : both_sides)
      base[b].read = t.seen[in.target]->read;
    s.folder_pair = t.seen[in.target]->folder;
  }
  s.base = base;
  return s;
}

settle_twin updated_as_read(const twin& t, const intent& in, const change_key& ours, const content& there) {
  const found is{t, in, there};
  // No request of ours came after the one that gave this key, and none of a user either.
  const bool untouched = !ours.empty() && there.key == ours;
  const bool unguarded = part_of(in, field::attachments) != nullptr;
  auto s = updated(t, in, there.key, there.key, true);
  auto& base = (*s.base)[in.target].content;
  for (field f : in.fields) {
    const auto* part = part_of(in, f);
    bool users = false;
    if (!part) // what a server makes of a value is no edit; where no answer has told a key, nothing tells it apart
      users = !ours.empty() && !untouched && !is.as_meant(f);
    else if (f == field::attachments || !untouched)
      users = !users_entries(*part, value_of(there, f), true).empty() || lacks_entries(*part, value_of(there, f));
    else // what was written along for its user is still his
      users = !entries_of(f, part->kept).empty();
    if (!users) set(base, is.now, f);
    if (f != field::attachments || users) continue;
    base = with_hints(std::move(base), is.now);
    if (!untouched && !one(is.now, f).empty()) doubt_attached(base);
  }
  // What was not written and is another one now is a user's edit, unless a server sets it by itself: under the key of
  // a single guarded request everything is ours.
  const auto source = contents(t, other(in.target));
  for (field f : differing_fields(is.now, is.before)) {
    if (contains(in.fields, f) || is_hint(f)) continue;
    const bool ours_too = (untouched && !unguarded && in.parts.empty() && f != field::body) ||
                          may_follow(f, in.fields) || one(is.now, f) == one(source, f);
    if (ours_too) set(base, is.now, f);
  }
  s.wrote->content = is.now;
  return s;
}

namespace {

/// The files that somebody has put in the place of those that were sent go over like any edit. Where ours never came,
/// the source's were changed at the same time: that is listed.
void take_for_users(settle_twin& s, const found& is) {
  doubt_attached((*s.base)[is.in.target].content);
  if (!s.conflict) s.conflict = lost_against(is.t, other(is.in.target), {field::attachments}, is.in.begun);
}

/// An update of several requests that was cut between them and is not gone on with: what is there as it was meant is
/// agreed, what is there halfway is ours and no edit of a user, and what is left to do stays the source's edit.
std::optional<settle_twin> partly_updated(const found& is) {
  const auto& in = is.in;
  if (in.parts.empty()) return {};
  std::vector<field> moved, left;
  for (field f : in.fields) {
    const auto* part = part_of(in, f);
    const bool done = is.as_meant(f);
    if (!done) left.push_back(f);
    const bool users = part && !is.users(*part).empty();
    if (is.has_won(f) || (!users && is.changed(f) && (done || part))) moved.push_back(f);
    if (f == field::attachments && !users && is.others_attached())
      moved.insert(moved.end(), attachment_hints.begin(), attachment_hints.end());
  }
  if (moved.empty()) return {};
  auto s = updated(is.t, in, is.there.key, in.guard, true);
  auto& source = (*s.base)[other(in.target)].content;
  source = without(std::move(source), left);
  for (field f : left)
    source.push_back({f, to_be_carried});
  std::sort(source.begin(), source.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  (*s.base)[in.target].content = with_fields(without_resting(is.before, is.t, in.target, in.fields), is.now, moved);
  s.wrote->content = is.now;
  if (is.replaced()) take_for_users(s, is);
  return s;
}

/// The files of a first pairing have come, the rest may have not. By their names alone the two sides are alike from now
/// on, also where another file takes the place of one: so what is there is agreed, and what differs is still to be
/// carried. What differs beside the written fields was edited since, nobody knows by whom: that competes.
std::optional<settle_twin> first_agreed_in_part(const found& is, const std::optional<content>& source_now) {
  const auto& in = is.in;
  const side source = other(in.target);
  if (!source_now || !is.t.seen[source] || !is.as_sent() || !is.as_meant(field::attachments)) return {};
  auto there = *is.t.seen[in.target], here = *is.t.seen[source];
  there.content = is.now;
  there.likeness = likeness_of(is.there);
  here.content = digests_of(source_now->fields);
  here.likeness = likeness_of(*source_now);
  auto s = start(is.t, in);
  s.wrote = result_on(is.t, in, {}, is.there.key);
  s.wrote->content = is.now;
  s.folder_pair = there.folder;
  both<side_base> base;
  base[source] = {in.source_key, there.read, *here.content, true}; // another file since: that is looked at
  base[in.target] = {in.guard, there.read, is.now, true};
  for (field f : differ_when_found(is.t.pair, here, there)) {
    set(base[source].content, {{f, to_be_carried}}, f);
    if (!contains(in.fields, f)) set(base[in.target].content, {{f, to_be_carried}}, f);
  }
  set(base[source].content, in.expected, field::attachments);
  base[source].content = with_hints(std::move(base[source].content), in.expected);
  s.base = std::move(base);
  if (is.replaced()) take_for_users(s, is);
  return s;
}

} // namespace

std::optional<conflict> lost_unknown(const twin& t, const intent& in, const content& source, const policy& p,
                                     utc_seconds now) {
  if (p.direction != direction::bidirectional || in.operation != operation::update || !t.base) return {};
  const side from = other(in.target);
  const auto is = digests_of(source.fields);
  std::vector<field> fields;
  for (field f : in.fields)
    if (one(is, f) == one((*t.base)[from].content, f) && one(is, f) != one(in.expected, f)) fields.push_back(f);
  if (fields.empty()) return {};
  auto lost = lost_against(t, from, std::move(fields), now);
  lost.reason = deleted_against(from);
  return lost;
}

resolution judge_update(const twin& t, const intent& in, const evidence& evidence, bool late) {
  if (!evidence.item) {
    if (evidence.left || late) return no_effect{};
    return missed{};
  }
  const bool attaches = part_of(in, field::attachments) != nullptr;
  const found is{t, in, *evidence.item, evidence.attached};
  // Attachments are created unguarded: until all of them are there or the server has stopped committing, more may turn
  // up.
  if (attaches && !late && !(is.all_as_meant() && is.as_sent() == true)) return look_again{};
  // Without a base only the written fields would be known of what was agreed: the contents are compared again.
  if (!t.base && evidence.item->key != in.guard) {
    if (auto partly = first_agreed_in_part(is, evidence.source)) return took_effect{std::move(*partly)};
    return no_effect{false, std::any_of(in.fields.begin(), in.fields.end(), [&](field f) { return is.as_meant(f); })};
  }
  if (evidence.item->key == in.guard) {
    if (!late) return look_again{};
    // What an earlier try has left there is ours all the same.
    if (has_begun(in) && !in.parts.empty()) return halfway{};
    return no_effect{};
  }
  if (is.all_as_meant()) {
    auto s = updated(t, in, evidence.item->key, in.guard, true);
    auto& base = (*s.base)[in.target].content;
    if (attaches) base = with_hints(std::move(base), is.now);
    s.wrote->content = is.now;
    if (is.replaced()) take_for_users(s, is);
    return took_effect{std::move(s)};
  }
  // It was written at once, and its target's user has changed some of it again: what lost by it has lost.
  if (in.parts.empty()) return no_effect{false, is.any_has_won()};
  // We only remove files, and under the names of all of them there are others: those are a user's.
  const auto* files = part_of(in, field::attachments);
  if (files && !files->before.empty() && files->wanted.empty() &&
      value_of(is.there, field::attachments) == files->before && is.others_attached())
    return no_effect{};
  const bool begun = has_begun(in) || std::any_of(in.fields.begin(), in.fields.end(),
                                                  [&](field f) { return is.changed(f) || is.has_won(f); });
  if (!begun) return no_effect{};
  // A field of one request that is neither as it was nor as it was meant is in dispute: that is the table's to decide.
  const bool disputed = std::any_of(in.fields.begin(), in.fields.end(),
                                    [&](field f) { return !part_of(in, f) && is.changed(f) && !is.as_meant(f); });
  if (!disputed && !is.replaced()) return halfway{};
  if (auto partly = partly_updated(is)) return took_effect{std::move(*partly)};
  return no_effect{};
}

namespace {

/// Whether something is left that was there before and is not wanted, and that no user has put there.
bool is_in_between(const part_values& part, std::string_view there, std::size_t of_users) {
  return users_entries({part.field, {}, part.wanted, part.kept}, there, false).size() > of_users;
}

void erase_those(const std::vector<std::string>& which, std::vector<std::string>& from) {
  std::erase_if(from, [&](const std::string& e) { return std::find(which.begin(), which.end(), e) != which.end(); });
}

} // namespace

continued go_on(const intent& in, const evidence& found, const content& source, bool target_wins) {
  continued result;
  const auto* files = part_of(in, hint::attachment_contents);
  const bool told = found.attached && knows_files(files);
  const bool all_came = in.step == files_came;
  auto users_files = told ? users_entries(*files, *found.attached, false) : std::vector<std::string>{};
  const bool in_between = told && is_in_between(*files, *found.attached, users_files.size());
  // A file of his that has the name of one of ours which is not there: both have changed what is attached.
  const auto disputed_files =
      told ? in_place_of_wanted(*files, *found.attached, users_files) : std::vector<std::string>{};
  if (!target_wins) erase_those(disputed_files, users_files);
  for (const auto& old : in.parts) {
    const bool by_contents = told && old.field == field::attachments;
    auto now = old;
    std::vector<std::string> users = users_files;
    if (old.field == hint::attachment_contents) {
      now.before = found.attached.value_or("");
      now.wanted.clear(); // known once the source's are read
    } else {
      now.before = value_of(*found.item, old.field);
      now.wanted = value_of(source, old.field);
      users = by_contents ? names_of(users_files, now.before) : users_entries(old, now.before, false);
      const bool taken = by_contents ? are_taken_away(*files, *found.attached, all_came)
                                     : is_taken_away(old, now.before) || (all_came && lacks_entries(old, now.before));
      const bool replaced = by_contents && !disputed_files.empty();
      if (taken || (replaced && !target_wins)) result.lost[in.target].push_back(old.field);
      const bool halfway = by_contents ? in_between : is_in_between(old, now.before, users.size());
      result.taken_away |= target_wins && !halfway && (replaced || (taken && all_came));
    }
    if (const auto disputed = disputed_entries(now, users); !disputed.empty()) {
      result.lost[target_wins ? other(in.target) : in.target].push_back(old.field);
      if (!target_wins) erase_those(disputed, users);
    }
    auto kept = entries_of(old.field, old.kept);
    kept.insert(kept.end(), users.begin(), users.end());
    now.kept = with_entries(old.field, {}, kept);
    result.parts.push_back(std::move(now));
  }
  return result;
}

} // namespace exsyncd::logic
