#include "actors/logic/alike.hpp"
#include "actors/logic/digest.hpp"
#include "actors/logic/matching.hpp"
#include "actors/logic/reading.hpp"
#include "ews/model/field_hints.hpp"
#include "storage/marks.hpp"

#include <algorithm>

namespace exsyncd::logic {
namespace {

/// Both users have taken it away, and lists have told so of this side: what comes there now is another one. Where the
/// pair has one folder on each side, what has left it by an earlier list lay nowhere in the pair then.
bool is_gone_on_both(const twin& t, side s, const match_surroundings& around) {
  const auto& mate = t.seen[other(s)];
  if (t.intent || !mate) return false;
  const auto told = [&](side of) {
    return t.seen[of]->presence == presence::left && t.seen[of]->sequence < around.listed_after[of];
  };
  const bool one_folder = around.listed.size() == 1 && around.unread.primary.empty() && around.unread.replica.empty();
  if (one_folder && told(s) && told(other(s))) return true;
  return t.seen[s]->given_up &&
         (mate->presence == presence::left || (mate->presence == presence::present && mate->missed_since > 0));
}

/// Whether other ids of files were seen on it while it had its own, and nobody has found what is in them to be the
/// same.
bool holds_other_files(const twin& t, side s) {
  if (!t.base || !contents_known(*t.seen[s])) return false;
  auto before = t;
  before.seen[s]->presence = presence::present;
  const surroundings none;
  const twin_reading read(before, none);
  if (read.attached_on(s) != twin_reading::attached::doubtful || read.attached_alike().value_or(false)) return false;
  return !contains(differing_fields(*t.seen[s]->content, (*t.base)[s].content), hint::attachment_holder);
}

std::string when(const std::optional<utc_seconds>& t) {
  return t ? std::to_string(t->time_since_epoch().count()) : std::string("-");
}

} // namespace

void matching::take_back(const twin& keep, const twin& half, side s) {
  take(keep, half, s);
  if (of(half).folder != keep.folder_pair || !holds_other_files(keep, s)) return;
  auto& base = result_.same.back().base.emplace(*keep.base);
  base[s].content = with_fields(base[s].content, {{field::attachments, to_be_carried}}, {field::attachments});
}

void matching::by_return(const reader& key, const asker& empty) {
  std::map<std::pair<side, std::string>, std::vector<const twin*>> missing;
  for (const twin* t : vacant_)
    for (side s : both_sides)
      if (t->seen[s] && empty(*t->seen[s]) && !filled_.contains({t->id, s}) && !is_gone_on_both(*t, s, around_))
        if (auto k = key(*t->seen[s]); !k.empty()) missing[{s, k}].push_back(t);
  if (missing.empty()) return;
  drop_halves([&](const twin* half) {
    side s = *half_of(*half);
    auto at = missing.find({s, key(of(*half))});
    if (at == missing.end() || at->second.empty()) return false;
    // A user's copy has the keys of its original: of several the one of that name.
    auto& candidates = at->second;
    auto chosen = std::find_if(candidates.begin(), candidates.end(), [&](const twin* t) {
      return t->seen[s]->subject == of(*half).subject && t->seen[s]->folder == of(*half).folder;
    });
    if (chosen == candidates.end()) chosen = candidates.begin();
    if (is_removing(**chosen, s) || is_made_anew(**chosen, s)) {
      // We may have removed it ourselves; then this is its user's copy. And it may be there anew by now.
      result_.held.push_back(half->id);
      return true;
    }
    take_back(**chosen, *half, s);
    candidates.erase(chosen);
    return true;
  });
}

void matching::by_return_of_contents() {
  using place = std::tuple<side, folder_pair_id, item_class>;
  std::map<place, std::vector<const twin*>> missing;
  for (const twin* t : vacant_)
    for (side s : both_sides)
      if (t->seen[s] && t->seen[s]->presence == presence::absent && t->base && !t->intent &&
          !filled_.contains({t->id, s}))
        missing[{s, t->seen[s]->folder, t->seen[s]->item_class}].push_back(t);
  for (auto& [where, gone] : missing) {
    const side s = std::get<side>(where);
    std::vector<const twin*> come;
    for (const twin* half : halves_)
      if (place{*half_of(*half), of(*half).folder, of(*half).item_class} == where) come.push_back(half);
    const auto keyless = [](const observation& o) { return o.message_id.empty(); };
    if (std::none_of(come.begin(), come.end(), [&](const twin* t) { return keyless(of(*t)); }))
      std::erase_if(gone, [&](const twin* t) { return !keyless(*t->seen[s]); });
    if (come.empty() || gone.empty()) continue;
    const bool wait = hold_until_read(come, gone);
    if (!wait) {
      take_equal(come, gone, s, [s](const twin* t, const observation& o) {
        return (*t->base)[s].read_back && contents_known(o) && (*t->base)[s].content == *o.content;
      });
      take_equal(come, gone, s, [s](const twin* t, const observation& o) {
        const auto& was = *t->seen[s];
        const bool dated = was.sent || was.received; // a name alone is that of two people as often as not
        return dated && !was.subject.empty() && was.subject == o.subject && was.sent == o.sent &&
               was.received == o.received;
      });
    }
  }
}

bool matching::hold_until_read(const std::vector<const twin*>& come, const std::vector<const twin*>& gone) {
  std::set<const twin*> unread;
  for (const twin* half : come)
    if (!contents_known(of(*half)) && !half->trouble) unread.insert(half);
  if (unread.empty()) return false;
  for (const twin* half : unread)
    result_.unread.push_back(half->id);
  for (const twin* t : gone)
    result_.held.push_back(t->id);
  std::set<const twin*> waiting(come.begin(), come.end());
  for (const twin* half : come)
    if (!unread.contains(half)) result_.held.push_back(half->id);
  // What is new on the other side may be the same as one of these, also in another folder where they have one origin.
  const auto& here = of(*come.front());
  std::set<std::string> origins;
  for (const twin* half : come)
    origins.insert(origin_of(of(*half)));
  origins.erase(std::string());
  for (const twin* half : halves_)
    if (const auto& o = of(*half); half_of(*half) != half_of(*come.front()) && o.item_class == here.item_class &&
                                   (o.folder == here.folder || origins.contains(origin_of(o))) &&
                                   waiting.insert(half).second)
      result_.held.push_back(half->id);
  drop_halves([&](const twin* half) { return waiting.contains(half); });
  return true;
}

void matching::take_equal(std::vector<const twin*>& come, std::vector<const twin*>& gone, side s,
                          const std::function<bool(const twin*, const observation&)>& same) {
  std::set<const twin*> taken;
  std::erase_if(gone, [&](const twin* t) {
    const auto half = std::find_if(come.begin(), come.end(), [&](const twin* h) {
      // A draft gets its key when it is sent.
      const auto &is = of(*h).message_id, &was = t->seen[s]->message_id;
      const bool keys_differ = is != was && !(t->seen[s]->draft && was.empty());
      return !taken.contains(h) && !keys_differ && same(t, of(*h));
    });
    if (half == come.end()) return false;
    take_back(*t, **half, s);
    taken.insert(*half);
    return true;
  });
  std::erase_if(come, [&](const twin* h) { return taken.contains(h); });
  drop_halves([&](const twin* h) { return taken.contains(h); });
}

std::string matching::named_letter(const observation& o) {
  if (o.message_id.empty()) return {};
  return o.message_id.value + '\n' + when(o.sent) + '\n' + when(o.received) + '\n' + o.subject;
}

std::string matching::dated_id(const observation& o) {
  if (o.message_id.empty()) return {};
  return o.message_id.value + '\n' + (o.draft ? "draft " + o.subject : when(o.sent));
}

} // namespace exsyncd::logic
