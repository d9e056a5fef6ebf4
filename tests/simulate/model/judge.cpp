#include "tests/simulate/model/judge.hpp"

#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <utility>

namespace simulate::model {

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Which of the folder pairs an item has ever been in.
std::vector<const folder_pair*> folder_pairs_of(const trial& t, const lifeline& line) {
  std::vector<const folder_pair*> out;
  for (const auto& m : line.moments)
    for (const auto* place :
         {m.what->before ? &m.what->before->place : nullptr, m.what->after ? &m.what->after->place : nullptr})
      if (place != nullptr)
        if (auto found = t.within.locate(m.where, *place))
          if (std::find(out.begin(), out.end(), found->of) == out.end()) out.push_back(found->of);
  return out;
}

/// What may not happen to an item that is left alone, or that the daemon has an excuse for: it is never lost, and never
/// multiplied beyond one copy that waits for its removal.
void judge_excused(const trial& t, const lifeline& line) {
  for (const auto& m : line.moments)
    if (!m.planted() && !m.by_daemon() && (m.left() || t.takes_away(m))) return;
  bool was = std::any_of(line.moments.begin(), line.moments.end(),
                         [](const moment& m) { return !m.to.empty() && !m.by_daemon(); });
  if (t.may_be_linked.contains(line.label)) return;
  if (was && line.at(side::primary).empty() && line.at(side::replica).empty())
    t.violated(rule::missing, line, "no user deleted it, and it is on neither side.");
}

/// The daemon writes into the folders of its pairs, Deleted Items and its own folder for what lost, and nowhere else.
void judge_strays(const trial& t, const lifeline& line) {
  if (t.settings_changed || t.folders_changed || line.in_the_open) return;
  for (const auto& m : line.moments) {
    if (!m.by_daemon() || !m.to.empty() || !m.what->after) continue;
    const auto& place = m.what->after->place;
    if (m.from.empty() && m.what->before && m.what->before->place == place) continue;
    if (place.starts_with("deleteditems") || place.starts_with("recoverableitems") ||
        place.find("Sync Conflicts") != place.npos)
      continue;
    t.violated(rule::place, line,
               "the daemon put it into " + place + " of the " + word(m.where) + " in " + step_words(*m.when) +
                   ", which belongs to no folder pair.");
    return;
  }
}

/// Whether something refused or spoiled it for good, or may have.
bool may_be_banned(const trial& t, const lifeline& line, const std::vector<const folder_pair*>& in) {
  bool reported = std::any_of(in.begin(), in.end(),
                              [](const folder_pair* one) { return one->unchangeable == unchangeable::report; });
  return reported || t.unchangeable_changed || std::any_of(t.excuses.begin(), t.excuses.end(), [&](const excuse& e) {
           return e.label.empty() || e.label == line.label;
         });
}

/// Nothing of a frozen folder pair is decided: what rested in it, or was being made there, stays listed until an
/// administrator has let it go.
bool is_frozen(const trial& t, const std::vector<const folder_pair*>& in) {
  return std::any_of(in.begin(), in.end(), [&](const folder_pair* one) {
    return t.said.frozen.contains({t.pair.name, one->name});
  });
}

/// Whether it lies in a subfolder of which the daemon says that it is left alone, where the other side's user has
/// deleted or moved away a folder (ARCHITECTURE, subfolders).
bool lies_in_a_half_deleted_folder(const trial& t, const lifeline& line) {
  auto same = [](const std::string& a, const std::string& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char one, char two) { return std::tolower(one) == std::tolower(two); });
  };
  auto taken_at = [&](side s) {
    return std::any_of(t.all.steps.begin(), t.all.steps.end(), [&](const step& one) {
      return one.by == step::who::user && is_one_of(one.act, {"delete_folder", "user_move_folder"}) &&
             t.within.side_of(one.mailbox) == s;
    });
  };
  for (auto s : {side::primary, side::replica})
    for (const auto& item : line.at(s))
      if (std::any_of(t.said.unreachable.begin(), t.said.unreachable.end(), [&](const auto& one) {
            return one.first == t.pair.name && same(one.second, t.within.common_name(s, item.is.place));
          }))
        return !t.within.locate(s, item.is.place)->below.empty() && taken_at(other(s));
  return false;
}

void judge_item(const trial& t, const lifeline& line) {
  auto in = folder_pairs_of(t, line);
  if (in.empty()) return;
  if (line.label.empty()) {
    // Items that users made have labels.
    for (auto s : {side::primary, side::replica})
      for (const auto& one : line.at(s))
        if (std::any_of(line.moments.begin(), line.moments.end(),
                        [&](const moment& m) { return m.what->item == one.item && m.what->made() && m.by_daemon(); }))
          t.violated(rule::doubled, line,
                     "it lies in " + one.is.place + " at the " + word(s) + ", and no user made it.");
    return;
  }
  judge_strays(t, line);
  judge_left_alone(t, line, in);
  bool unseen = std::any_of(t.excuses.begin(), t.excuses.end(),
                            [&](const excuse& e) { return e.unseen && e.label == line.label; });
  bool justified = may_be_banned(t, line, in), banned = t.is_banned(line);
  bool meets =
      std::any_of(line.moments.begin(), line.moments.end(), [](const moment& m) { return last_look(m).meeting; });
  bool otherwise = t.settings_changed || (t.drift_changed && in[0]->direction != direction::two_way) ||
                   (t.meetings_changed && meets);
  if (banned && !justified && !t.settings_changed)
    t.violated(rule::false_excuse, line, "the ban list names it, and nothing ever refused or spoiled it.");
  bool unreachable = std::any_of(in.begin(), in.end(), [&](const folder_pair* one) {
    return t.said.unreachable.contains({t.pair.name, one->name});
  });
  if (unreachable && t.resets.empty() && !t.folders_changed)
    t.violated(rule::false_excuse, line, "its folder pair is said to be out of reach, and nothing ever was.");
  bool stopped = t.said.stopped.contains(t.pair.name) || t.said.unreachable.contains({t.pair.name, ""});
  bool mixed = std::any_of(in.begin(), in.end(), [&](const folder_pair* one) {
    return one->direction != in[0]->direction || one->drift != in[0]->drift;
  });
  if (unseen || banned || is_frozen(t, in) || unreachable || stopped || line.in_the_open || is_skipped(line, in) ||
      mixed || otherwise || lies_in_a_half_deleted_folder(t, line)) {
    bool only_remapped = t.remapped && !unseen && !banned && !is_frozen(t, in) && !unreachable && !stopped &&
                         !is_skipped(line, in) && !mixed && in[0]->direction == direction::two_way;
    if (only_remapped)
      judge_remapped(t, line);
    else
      judge_excused(t, line);
    return;
  }
  const auto made = originals_of(t, line);
  if (t.may_be_linked.contains(line.label)) {
    bool one_way = in[0]->direction != direction::two_way;
    auto target = in[0]->direction == direction::primary_to_replica ? side::replica : side::primary;
    for (auto s : {side::primary, side::replica})
      if (made.is_one() && line.at(s).size() > 1 + static_cast<std::size_t>(made.unlike) &&
          !(one_way && s == target && are_the_targets_own(t, line, target, line.at(s).size() - 1)))
        t.violated(rule::doubled, line,
                   "users made it once, and the " + std::string(word(s)) + " holds it " +
                       std::to_string(line.at(s).size()) + " times.");
    return;
  }
  if (made.apart) {
    judge_excused(t, line);
    return;
  }
  judge_made_anew(t, line);
  bool became_two = made.unlike > 0 && lay_beside_each_other(line);
  if (!made.is_one() || became_two) {
    if (in[0]->direction == direction::two_way) judge_group(t, line, made);
    return;
  }
  switch (in[0]->direction) {
  case direction::two_way:
    judge_two_way_item(t, line);
    break;
  case direction::primary_to_replica:
    judge_one_way_item(t, line, side::primary, in[0]->drift);
    break;
  case direction::replica_to_primary:
    judge_one_way_item(t, line, side::replica, in[0]->drift);
    break;
  }
}

/// Notes where entries meant other folders than in the end; false: something else was otherwise.
bool note_other_folders(trial& t, const pair_settings& then) {
  if (then.folders.size() != t.pair.folders.size()) return false;
  for (std::size_t i = 0; i < then.folders.size(); ++i) {
    auto was = then.folders[i];
    const auto& is = t.pair.folders[i];
    if (was.primary != is.primary)
      t.folders_for_a_while.insert({side::primary, std::exchange(was.primary, is.primary)});
    if (was.replica != is.replica)
      t.folders_for_a_while.insert({side::replica, std::exchange(was.replica, is.replica)});
    if (was != is) return false;
  }
  return true;
}

/// Whether the settings of a time differ from the last ones in what goes where.
bool note_settings(trial& t, const pair_settings& then) {
  auto without_details = [](pair_settings of) {
    for (auto& one : of.folders) {
      one.drift = drift::leave;
      one.meetings = meetings::appointment;
      one.unchangeable = unchangeable::replace;
    }
    return of;
  };
  const auto before = meaning_of(then), now = meaning_of(t.pair);
  if (without_details(before) != without_details(now)) {
    t.remapped = note_other_folders(t, then) && (t.remapped || !t.settings_changed);
    return t.settings_changed = true;
  }
  for (std::size_t i = 0; i < before.folders.size(); ++i) {
    const auto &was = before.folders[i], &is = now.folders[i];
    t.drift_changed = t.drift_changed || was.drift != is.drift;
    t.meetings_changed = t.meetings_changed || was.meetings != is.meetings;
    t.unchangeable_changed = t.unchangeable_changed || was.unchangeable != is.unchangeable;
  }
  return false;
}

void note_conditions(trial& t) {
  bool running = false, otherwise = false;
  const settings* now = nullptr;
  std::uint64_t kept = 0;
  auto note = [&](std::uint64_t number) {
    for (const auto& pair : now->pairs) {
      if (pair.name != t.pair.name) continue;
      bool was = std::exchange(otherwise, note_settings(t, pair));
      // Where they are again what they are in the end, another start is made.
      if (was || otherwise) t.resets.push_back(number);
    }
  };
  for (const auto& step : t.all.steps) {
    if (step.act == act::settings_changed && step.changed_to) now = step.changed_to.get();
    if (step.by == step::who::daemon && !running && now != nullptr) note(step.number);
    if (step.by == step::who::daemon) running = true;
    bool of_pair = step.by == step::who::administrator
                       ? step.pair.empty() || step.pair == t.pair.name
                       : step.mailbox.empty() || t.within.side_of(step.mailbox).has_value();
    if (!of_pair) continue;
    if (is_one_of(step.act, {act::state_lost, act::older_state, act::cursor_lost, act::rights_changed, act::repaired,
                             "recreate_mailbox", "recreate_folder", "invalidate_sync_states"}))
      t.resets.push_back(step.number);
    if (is_one_of(step.act,
                  {act::state_lost, act::older_state, act::cursor_lost, "recreate_mailbox", "recreate_folder"}))
      t.paired_again = true;
    if (is_one_of(step.act, {act::state_lost, act::older_state})) t.forgot.push_back(step.number);
    if (step.act == act::state_lost) t.wiped.push_back(step.number);
    if (step.act == act::state_kept) kept = step.number;
    if (step.act == act::older_state) t.went_back.push_back({step.number, kept});
    if (step.act == act::lists_lost) t.lists_lost.push_back(step.number);
    if (step.act == act::rights_changed) t.rights.push_back(step.number);
    if (is_one_of(step.act, {act::away, act::entry_away})) t.away.push_back(step.number);
    t.entries_away = t.entries_away || step.act == act::entry_away;
    if (step.act == act::restored) t.restored.push_back(step.number);
    if (step.act == act::stopped) t.stops.push_back(step.number);
    if (step.act == act::crash) t.crashes.push_back(step.number);
    if (is_one_of(step.act, {"user_rename_folder", "user_move_folder", "delete_folder"}) && !step.effects.empty())
      t.folders_changed = true;
    if (step.act == act::settings_changed && running && now != nullptr) note(step.number);
  }
}

bool share_a_mailbox(const pair_settings& a, const pair_settings& b) {
  return is_one_of(a.primary, {b.primary, b.replica}) || is_one_of(a.replica, {b.primary, b.replica});
}

void judge_pair(const settings& given, const pair_settings& pair, const history& all, const final_contents& now,
                const statement& said, const std::vector<excuse>& excuses, std::vector<violation>& found) {
  scope within(pair);
  trial t{given, pair, within, all, said, excuses, found};
  note_conditions(t);
  const auto lines = lifelines_of(within, all, now);
  t.may_be_linked = labels_that_may_be_linked(t, lines);
  for (const auto& [label, line] : lines)
    judge_item(t, line);
  judge_brake(t, lines);
}

} // namespace

std::vector<violation> judge(const settings& given, const history& all, const final_contents& now,
                             const statement& said, const std::vector<excuse>& excuses) {
  std::vector<violation> found;
  for (const auto& mail : all.mails)
    if (!mail.by_user)
      found.push_back({rule::mailed,
                       {},
                       {},
                       "A request of the daemon's (step " + std::to_string(mail.step) + ") mailed somebody: " +
                           mail.kind + " of \"" + mail.subject + "\" at " + mail.mailbox + "."});
  std::vector<const pair_settings*> sharing;
  for (const auto& pair : given.pairs) {
    bool alone = std::none_of(given.pairs.begin(), given.pairs.end(), [&](const pair_settings& one) {
      return one.name != pair.name && share_a_mailbox(one, pair);
    });
    if (alone && pair.primary != pair.replica)
      judge_pair(given, pair, all, now, said, excuses, found);
    else
      sharing.push_back(&pair);
  }
  bool settings_changed = std::any_of(all.steps.begin(), all.steps.end(), [&](const step& one) {
    return one.changed_to != nullptr && *one.changed_to != given;
  });
  if (!sharing.empty() && !settings_changed) judge_shared(sharing, all, now, found);
  return found;
}

std::vector<violation> judge_bans(const settings& given, const history& all, const final_contents& now,
                                  const statement& said, const std::vector<excuse>& excuses) {
  std::vector<violation> found;
  for (const auto& pair : given.pairs) {
    scope within(pair);
    trial t{given, pair, within, all, said, excuses, found};
    note_conditions(t);
    for (const auto& [label, line] : lifelines_of(within, all, now)) {
      auto in = folder_pairs_of(t, line);
      if (label.empty() || in.empty() || t.settings_changed || !t.is_banned(line) || is_frozen(t, in)) continue;
      if (!may_be_banned(t, line, in) && are_alike(t, line))
        t.violated(rule::false_excuse, line, "the ban list names it, and both sides have it alike.");
    }
  }
  return found;
}

std::string story(const history& all, const std::string& label) {
  std::ostringstream out;
  for (const auto& step : all.steps) {
    std::string line;
    for (const auto& what : step.effects) {
      auto has = all.labels.find(what.item);
      if (has == all.labels.end() || has->second != label) continue;
      const auto& is = what.after ? *what.after : *what.before;
      line += "; item " + std::to_string(what.item) + " of " + is.mailbox;
      if (what.made()) line += (what.copy_of != 0 ? " copied into " : " made in ") + is.place;
      if (what.gone()) line += " gone from " + is.place;
      if (what.moved()) line += " moved from " + what.before->place + " to " + is.place;
      if (what.read_changed()) line += is.read ? " marked read" : " marked unread";
      if (what.content_changed())
        for (const auto& path : changed_paths(what))
          line += " " + path + "=" + shown(lifeline::value(*what.after, path));
    }
    for (const auto& one : step.told) {
      auto has = all.labels.find(one.item);
      if (has == all.labels.end() || has->second != label) continue;
      line += "; told of item " + std::to_string(one.item) +
              (one.as == told::how::gone   ? " as gone"
               : one.as == told::how::read ? " in full"
                                           : " in a list");
    }
    bool everybodys = step.by == step::who::administrator;
    if (line.empty() && !everybodys) continue;
    static constexpr const char* names[] = {"user", "first contents", "daemon", "server", "administrator"};
    out << step.number << " " << names[static_cast<int>(step.by)] << " " << step.act << line
        << (step.answered ? "" : "; the answer was lost") << "\n";
  }
  return out.str();
}

} // namespace simulate::model
