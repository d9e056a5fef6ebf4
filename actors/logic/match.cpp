#include "actors/logic/match.hpp"

#include "actors/logic/alike.hpp"
#include "actors/logic/digest.hpp"
#include "actors/logic/matching.hpp"
#include "ews/model/field_hints.hpp"
#include "storage/marks.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

/// Nobody has written what a late create of ours brings: it is as agreed, and whatever its source has otherwise by now
/// is to be carried. Of files that have one name on both sides it is not known which was there first: where they
/// differ, both count as edited.
both<side_base> agreed_with_late(const observation& source, const observation& copy, side s) {
  std::set<field> fields;
  for (const auto& in : {copy.content, source.content})
    for (const auto& d : in.value_or(field_digests{}))
      if (!is_hint(d.field)) fields.insert(d.field);
  field_digests carried;
  for (field f : fields)
    carried.push_back({f, to_be_carried});
  const auto words = only(copy.likeness, {field::body});
  both<side_base> base;
  base[s] = {copy.key, copy.read, *copy.content, true};
  const auto files = only(*copy.content, {field::attachments});
  if (!files.empty() && source.content && files == only(*source.content, {field::attachments}))
    base[s].content = with_fields(*copy.content, {{field::attachments, to_be_carried}}, {field::attachments});
  // Without a key: it is read before anything is decided.
  base[other(s)].read = copy.read;
  base[other(s)].content =
      with_fields(carried, {{hint::body_words, words.empty() ? digest{} : words.front().value}}, {hint::body_words});
  return base;
}

/// What was made of `source`, deleted before it was read: that one is as it was sent, as far as is known.
both<side_base> agreed_when_made(const observation& source, const observation& copy, side s) {
  both<side_base> base;
  base[s] = {copy.key, copy.read, *source.content, false};
  base[other(s)] = {source.key, source.read, *source.content, true};
  return base;
}

} // namespace

matching::matching(const std::vector<twin>& unsettled, const std::vector<twin>& marked,
                   const match_surroundings& around)
    : around_(around), listed_(around.listed.begin(), around.listed.end()) {
  for (const auto& t : marked)
    by_id_[t.id] = &t;
  std::set<twin_id> known;
  for (const auto& t : unsettled) {
    if (!known.insert(t.id).second) continue;
    by_id_[t.id] = &t;
    if (half_of(t))
      halves_.push_back(&t);
    else if (!t.buried)
      vacant_.push_back(&t);
    for (side s : both_sides)
      if (const auto& o = t.seen[s]; t.base && o && o->presence == presence::present && !o->search_key.empty())
        agreed_there_.emplace(s, o->search_key);
  }
}

matches matching::run() {
  note_copies();
  by_mark();
  by_deleted_create();
  by_replacement();
  by_return([](const observation& o) { return o.mark.value; },
            [](const observation& o) { return o.presence != presence::present; });
  by_return([](const observation& o) { return o.search_key.value; },
            [](const observation& o) { return o.presence != presence::present; });
  by_forgotten_replacement();
  hold_what_may_have_moved();
  by_return(named_letter, [](const observation& o) { return o.presence != presence::present; });
  by_return(dated_id, [](const observation& o) { return o.presence == presence::absent; });
  by_return_of_contents();
  by_late_create();
  by_lineage();
  by_origin();
  hold_mates();
  opposite();
  return std::move(result_);
}

void matching::take(const twin& keep, const twin& half, side s) {
  result_.same.push_back({keep.id, half.id, s});
  filled_.insert({keep.id, s});
}

void matching::take_late(const twin& owner, const twin& half, side s) {
  const auto& source = owner.seen[other(s)];
  const bool to_be_agreed = source && source->presence == presence::present && !half.trouble;
  if (to_be_agreed && !contents_known(of(half))) {
    result_.unread.push_back(half.id);
    result_.held.push_back(owner.id);
    return;
  }
  take(owner, half, s);
  if (to_be_agreed) result_.same.back().base = agreed_with_late(*source, of(half), s);
}

matching::made_by matching::maker_of(const twin& t, side s) const {
  const auto& mark = t.seen[s]->mark;
  const auto named = twin_of_mark(t.pair, mark);
  const auto at = named ? by_id_.find(*named) : by_id_.end();
  if (at == by_id_.end() || at->second == &t) return {};
  const twin& owner = *at->second;
  if (owner.intent && owner.intent->mark == mark && owner.intent->target == s) return {&owner, true};
  const bool given_up = std::find(owner.abandoned.begin(), owner.abandoned.end(), mark) != owner.abandoned.end();
  return {given_up ? &owner : nullptr, false};
}

bool matching::take_forgotten_copy(const twin& half, side s) {
  const auto named = twin_of_mark(half.pair, of(half).mark);
  const auto at = named ? by_id_.find(*named) : by_id_.end();
  if (at == by_id_.end() || at->second == &half) return false;
  const twin& owner = *at->second;
  const auto& source = owner.seen[other(s)];
  if (owner.base || owner.buried || owner.seen[s] || filled_.contains({owner.id, s})) return false;
  if (!source || source->presence != presence::present) return false;
  if (owner.intent)
    result_.held.push_back(half.id);
  else
    take(owner, half, s); // as if neither was ever agreed: either user may have edited his since
  return true;
}

void matching::by_mark() {
  drop_halves([this](const twin* half) {
    const side s = *half_of(*half);
    const auto [maker, open] = maker_of(*half, s);
    if (!maker) return take_forgotten_copy(*half, s); // or a user's move or copy of an item that we once made
    const twin& owner = *maker;
    if (open || owner.intent)
      result_.held.push_back(half->id);
    else if (owner.buried || filled_.contains({owner.id, s}))
      result_.duplicates.push_back(half->id);
    else if (!owner.seen[s])
      take_late(owner, *half, s);
    else if (owner.seen[s]->presence == presence::present)
      result_.duplicates.push_back(half->id);
    else
      late_.emplace_back(&owner, half);
    return true;
  });
  // What has its copy by now is no half that would want another one.
  drop_halves([this](const twin* half) { return filled_.contains({half->id, other(*half_of(*half))}); });
}

bool matching::is_left_half(const twin& t, side s) {
  return !t.base && !t.intent && t.seen[s] && t.seen[s]->presence == presence::left && !t.seen[other(s)];
}

void matching::by_deleted_create() {
  for (const twin* t : vacant_)
    for (side s : both_sides) {
      if (!is_left_half(*t, s)) continue;
      const auto made = maker_of(*t, s);
      if (!made.owner || made.owner->buried || made.owner->seen[s] || filled_.contains({made.owner->id, s})) continue;
      const auto& source = made.owner->seen[other(s)];
      if (!source || source->presence != presence::present) continue;
      const bool certain = t->seen[s]->sequence < around_.listed_after[s]; // else it may have been moved
      if (made.owner->intent || !certain || !contents_known(*source)) {
        result_.held.push_back(t->id);
        if (!made.owner->intent) (certain ? result_.unread : result_.held).push_back(made.owner->id);
        continue;
      }
      take(*made.owner, *t, s);
      result_.same.back().base = agreed_when_made(*source, *t->seen[s], s);
    }
  drop_halves([this](const twin* half) { return filled_.contains({half->id, other(*half_of(*half))}); });
}

void matching::by_late_create() {
  for (const auto& [owner, half] : late_) {
    const side s = *half_of(*half);
    if (filled_.contains({owner->id, s}))
      result_.duplicates.push_back(half->id);
    else if (std::max(owner->seen[s]->sequence, of(*half).sequence) < around_.listed_after[s])
      take_late(*owner, *half, s);
    else
      result_.held.push_back(half->id);
  }
}

void matching::hold_what_may_have_moved() {
  const auto same = [](const auto& a, const auto& b) { return !a.empty() && a == b; };
  const auto is_unread = [this](const folder_pair_id& folder, side s) {
    return std::find(around_.unread[s].begin(), around_.unread[s].end(), folder) != around_.unread[s].end();
  };
  drop_halves([&](const twin* half) {
    side s = *half_of(*half);
    const auto& o = of(*half);
    bool held = std::any_of(vacant_.begin(), vacant_.end(), [&](const twin* t) {
      const auto& known = t->seen[s];
      if (!known || known->presence != presence::present) return false;
      const bool alike = same(known->mark, o.mark) || same(known->search_key, o.search_key);
      if (is_unlisted(*t, s) && (alike || same(known->message_id, o.message_id))) return true;
      return alike && known->folder != o.folder && is_unread(known->folder, s);
    });
    if (held) result_.held.push_back(half->id);
    return held;
  });
}

void matching::hold_mates() {
  using letter = std::tuple<side, folder_pair_id, message_id>;
  std::set<letter> waited_for;
  for (const auto& id : result_.held) {
    const auto at = by_id_.find(id);
    const auto s = at == by_id_.end() ? std::optional<side>() : half_of(*at->second);
    if (s && !of(*at->second).message_id.empty())
      waited_for.emplace(other(*s), of(*at->second).folder, of(*at->second).message_id);
  }
  if (waited_for.empty()) return;
  drop_halves([&](const twin* half) {
    const auto& o = of(*half);
    if (!waited_for.contains({*half_of(*half), o.folder, o.message_id})) return false;
    result_.held.push_back(half->id);
    return true;
  });
}

void matching::opposite() {
  std::map<std::pair<folder_pair_id, item_class>, both<std::vector<const twin*>>> groups;
  for (const twin* half : halves_)
    if (const auto& o = of(*half); listed_.contains(o.folder) && !o.copied)
      groups[{o.folder, o.item_class}][*half_of(*half)].push_back(half);
  for (auto& [key, group] : groups) {
    if (group.primary.empty() || group.replica.empty()) continue;
    const auto c = key.second;
    const auto found = find_alike(c, std::move(group), [&](field f) { return around_.held_by_both(c, f); });
    for (const auto& [primary, replica] : found.same)
      take(*primary, *replica, side::replica);
    for (const twin* t : found.unread)
      result_.unread.push_back(t->id);
    for (const twin* t : found.held)
      result_.held.push_back(t->id);
  }
}

std::optional<side> half_of(const twin& t) {
  if (t.base || t.intent || t.buried) return {};
  for (side s : both_sides)
    if (t.seen[s] && t.seen[s]->presence == presence::present && !t.seen[other(s)]) return s;
  return {};
}

operation_mark make_mark(const pair_id& pair, const twin_id& twin, const intent_id& intent,
                         const std::optional<observation>& source) {
  mark_parts parts{pair.value, twin.value, intent.value, {}, {}, {}};
  if (source) {
    parts.origin = origin_of(*source);
    parts.places = lineage_of(*source);
    if (parts.places.size() > most_places) parts.places.resize(most_places);
  }
  return mark_of(parts);
}

operation_mark make_replacing_mark(const pair_id& pair, const twin_id& twin, const intent_id& intent,
                                   const observation& old, const std::optional<observation>& source) {
  mark_parts parts{pair.value, twin.value, intent.value, origin_of(source ? *source : old), {}, place_of(old)};
  if (auto before = parts_of(old.mark)) parts.places = std::move(before->places);
  return mark_of(parts);
}

std::optional<twin_id> twin_of_mark(const pair_id& pair, const operation_mark& mark) {
  const auto parts = parts_of(mark);
  if (!parts || parts->pair != pair.value) return {};
  return twin_id{parts->twin};
}

matches match(const std::vector<twin>& unsettled, const std::vector<twin>& marked, const match_surroundings& around) {
  return matching(unsettled, marked, around).run();
}

} // namespace exsyncd::logic
