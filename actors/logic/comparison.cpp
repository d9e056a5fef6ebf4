#include "actors/logic/comparison.hpp"

#include "actors/logic/digest.hpp"
#include "actors/logic/match.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

void add(std::vector<field>& to, const std::vector<field>& more) {
  for (field f : more)
    if (!contains(to, f)) to.push_back(f);
  std::sort(to.begin(), to.end());
}

const digest* value_in(const field_digests& of, field f) {
  const auto at = std::find_if(of.begin(), of.end(), [f](const field_digest& d) { return d.field == f; });
  return at == of.end() ? nullptr : &at->value;
}

/// Servers since 2010 take the display name of a contact for its subject where it has none, and 2007 does not.
bool has_derived_subject(const field_digests& with, const field_digests& without) {
  const auto *subject = value_in(with, field::subject), *name = value_in(with, field::display_name);
  return subject && name && *subject == *name && !value_in(without, field::subject);
}

} // namespace

compared compare(const twin& t, const both<content>& now, const policy& of, const both<std::vector<field>>& settable) {
  compared result;
  const auto& any = t.seen.primary ? *t.seen.primary : *t.seen.replica;
  const bool mail = any.item_class == item_class::message || any.item_class == item_class::other;
  const auto held_by_both = [&](field f) {
    return mail || (contains(settable.primary, f) && contains(settable.replica, f));
  };
  both<field_digests> digests{digests_of(now.primary.fields), digests_of(now.replica.fields)};
  // Each server keeps the bodies and addresses of mails in its own form: those are compared with what this side had
  // when both were agreed, and only what users set is compared across.
  result.fields =
      differ_across(digests.primary, digests.replica, true, any.item_class, now.primary.draft || now.replica.draft);
  both<bool> changed, reread;
  for (side s : both_sides) {
    const auto& base = (*t.base)[s];
    if (base.read_back) {
      auto since = differing_fields(digests[s], base.content);
      if (contains(since, field::attachment_sizes)) add(since, {field::attachments});
      erase_hints(since);
      std::erase_if(since, [&](field f) { return !held_by_both(f); });
      changed[s] = !since.empty();
      // A mail's body that only one side has changed; of both sides only what differs is known to differ.
      if (mail && !(now.primary.draft || now.replica.draft)) add(result.fields, since);
    }
    reread[s] = now[s].read && base.read && now[s].read != base.read;
  }
  std::erase_if(result.fields, [&](field f) { return !held_by_both(f); });
  result.read_differs = mail && now.primary.read && now.replica.read && now.primary.read != now.replica.read;
  if (result.equal()) return result;

  for (side s : both_sides)
    if ((changed[s] || reread[s]) && !(changed[other(s)] || reread[other(s)])) result.changed = s;
  result.silent = !changed.primary && !changed.replica && !reread.primary && !reread.replica;
  if (of.direction != direction::bidirectional && of.drift == drift::leave) {
    const side source = of.direction == direction::primary_to_replica ? side::primary : side::replica;
    // What was left there once is part of what was agreed since.
    if (!changed[source] && !reread[source])
      result.explained = "changed on the target of a one-way pair, and left there (drift)";
  }
  return result;
}

std::vector<field> differ_across(const field_digests& primary, const field_digests& replica, bool first_pairing,
                                 item_class of, bool draft) {
  auto fields = differing_fields(primary, replica);
  erase_hints(fields);
  if (first_pairing && !draft && of == item_class::message) {
    static const std::vector<field> users_own{field::subject,     field::categories, field::importance,
                                              field::sensitivity, field::flag,       field::attachments};
    std::erase_if(fields, [](field f) { return std::find(users_own.begin(), users_own.end(), f) == users_own.end(); });
  }
  if (of == item_class::contact && (has_derived_subject(primary, replica) || has_derived_subject(replica, primary)))
    std::erase(fields, field::subject);
  return fields;
}

std::vector<field> differ_when_found(const pair_id& pair, const observation& one, const observation& another) {
  const bool draft = one.draft || another.draft;
  auto fields = differ_across(*one.content, *another.content, true, one.item_class, draft);
  if (one.item_class != item_class::message || draft) return fields;
  if (!twin_of_mark(pair, one.mark) && !twin_of_mark(pair, another.mark)) return fields;
  const auto words = only(one.likeness, {field::body}), others = only(another.likeness, {field::body});
  if (!words.empty() && !others.empty() && words != others)
    fields.insert(std::upper_bound(fields.begin(), fields.end(), field::body), field::body);
  return fields;
}

} // namespace exsyncd::logic
