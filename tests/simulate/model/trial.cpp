#include "tests/simulate/model/trial.hpp"

#include <algorithm>

namespace simulate::model {

const char* name_of(rule broken) {
  switch (broken) {
  case rule::contents:
    return "contents";
  case rule::place:
    return "place";
  case rule::read_state:
    return "read state";
  case rule::missing:
    return "missing";
  case rule::doubled:
    return "doubled";
  case rule::came_back:
    return "came back";
  case rule::unlisted_loss:
    return "unlisted loss";
  case rule::mailed:
    return "mailed";
  case rule::drift:
    return "drift";
  case rule::brake:
    return "brake";
  case rule::false_excuse:
    return "false excuse";
  case rule::left_alone:
    return "left alone";
  case rule::made_anew:
    return "made anew";
  }
  return "";
}

const char* word(side s) {
  return s == side::primary ? "primary" : "replica";
}

std::string shown(const std::string& value) {
  return value.empty() ? "nothing" : value.size() > 80 ? value.substr(0, 77) + "..." : value;
}

std::string step_words(const step& of) {
  return "step " + std::to_string(of.number) + " (" + of.act + " at " + of.mailbox + ")";
}

bool is_mail(const snapshot& of) {
  return of.says && of.says->contains("/draft");
}

const snapshot& last_look(const moment& m) {
  return m.what->after ? *m.what->after : *m.what->before;
}

void trial::violated(rule broken, const lifeline& line, std::string text) const {
  auto who = line.label.empty() ? std::string("An item without a label") : line.label;
  found.push_back({broken, line.label, pair.name, who + ": " + text});
}

namespace {

bool means(const trial& t, const meant_item& item, const std::string& label) {
  if (!item.label.empty()) return item.label == label;
  return std::any_of(item.ids.begin(), item.ids.end(), [&](const std::string& id) {
    auto known = t.all.ids.find(id);
    if (known == t.all.ids.end()) return false;
    for (auto item = known->second;;) {
      if (auto has = t.all.labels.find(item); has != t.all.labels.end() && has->second == label) return true;
      auto before = t.all.written_over.find(item);
      if (before == t.all.written_over.end()) return false;
      item = before->second;
    }
  });
}

} // namespace

bool trial::is_banned(const lifeline& line) const {
  return std::any_of(said.bans.begin(), said.bans.end(),
                     [&](const said_ban& ban) { return ban.pair == pair.name && means(*this, ban.item, line.label); });
}

bool trial::lists_conflict(const lifeline& line) const {
  return std::any_of(said.conflicts.begin(), said.conflicts.end(), [&](const said_conflict& one) {
    return one.pair == pair.name && means(*this, one.item, line.label);
  });
}

bool trial::is_for_a_while(side s, const std::optional<snapshot>& is) const {
  return is && folders_for_a_while.contains({s, is->place});
}

bool trial::takes_away(const moment& m) const {
  bool was = !m.from.empty() || is_for_a_while(m.where, m.what->before);
  return was && m.to.empty() && !is_for_a_while(m.where, m.what->after);
}

std::uint64_t trial::last_reset_before(std::uint64_t step) const {
  std::uint64_t last = 0;
  for (auto reset : resets)
    if (reset < step) last = std::max(last, reset);
  return last;
}

bool trial::reset_after(std::uint64_t step) const {
  return std::any_of(resets.begin(), resets.end(), [step](std::uint64_t reset) { return reset > step; });
}

bool trial::put_back_after(const moment& left) const {
  return std::any_of(restored.begin(), restored.end(), [&](std::uint64_t when) {
    if (when < left.number()) return false;
    std::size_t gone = 0;
    for (const auto& step : all.steps) {
      if (step.number > when) break;
      if (step.by != step::who::user) continue;
      for (const auto& what : step.effects) {
        if (!what.before || within.side_of(what.before->mailbox) != left.where) continue;
        auto from = within.locate(left.where, what.before->place);
        bool stays = what.after && within.locate(left.where, what.after->place);
        if (from && !stays && left.from.starts_with(from->of->name)) ++gone;
      }
    }
    bool wary = std::any_of(away.begin(), away.end(), [when](std::uint64_t one) { return one < when; });
    return gone >= (wary ? 1 : given.brake.least);
  });
}

bool trial::forgot_after(std::uint64_t step) const {
  return std::any_of(forgot.begin(), forgot.end(), [step](std::uint64_t one) { return one > step; });
}

bool trial::list_forgotten_after(std::uint64_t step) const {
  return std::any_of(lists_lost.begin(), lists_lost.end(), [step](std::uint64_t one) { return one > step; });
}

bool trial::restored_before(std::uint64_t step) const {
  return std::any_of(restored.begin(), restored.end(), [step](std::uint64_t one) { return one < step; });
}

bool trial::went_back_between(std::uint64_t from, std::uint64_t to) const {
  return std::any_of(went_back.begin(), went_back.end(),
                     [&](const older_state& one) { return one.kept != 0 && one.kept < from && one.at > to; });
}

bool trial::crashed_between(std::uint64_t from, std::uint64_t to) const {
  return std::any_of(crashes.begin(), crashes.end(), [&](std::uint64_t crash) { return crash > from && crash <= to; });
}

bool trial::died_upon(std::uint64_t step) const {
  auto next = std::find_if(all.steps.begin(), all.steps.end(), [&](const model::step& one) {
    return one.by == step::who::daemon && one.number > step && (one.mailbox.empty() || within.side_of(one.mailbox));
  });
  return next != all.steps.end() && crashed_between(step, next->number);
}

bool trial::ignores(const std::string& path, const snapshot& a, const snapshot& b) const {
  if (path == derived_subject) return true;
  // The attendees of a meeting become text of its copy.
  if ((a.meeting || b.meeting) && path == "/body_sha256") return true;
  // A server gives what comes without them an id and a sender of its own.
  if ((path == "/message_id" || path == "/from") &&
      (lifeline::value(a, path).empty() || lifeline::value(b, path).empty()))
    return true;
  return std::any_of(pair.not_compared.begin(), pair.not_compared.end(),
                     [&](const std::string& prefix) { return path.starts_with(prefix); });
}

namespace {

/// Whether both sides' holders were told of between the two steps, or one made from the other: who forgot everything,
/// or saw the mailbox for the first time, cannot know before that the two are one item.
bool told_of_both(const lifeline& line, std::uint64_t from, std::uint64_t to) {
  std::set<item_number> of[2];
  bool told[2] = {false, false};
  for (const auto& m : line.moments) {
    of[m.where == side::primary ? 0 : 1].insert(m.what->item);
    if (m.by_daemon() && m.what->made() && m.number() > from && m.number() < to) return true;
  }
  for (const auto& one : line.tellings)
    for (int at : {0, 1})
      if (one.answered && one.as == told::how::read && one.step > from && one.step < to && of[at].contains(one.item))
        told[at] = true;
  return told[0] && told[1];
}

/// Whether its user moved the item after the mailbox's lists had begun anew, and before one of them had told of it:
/// under the id that it had nothing tells what became of it.
bool moved_before_a_new_list(const lifeline& line, const moment& moved, std::uint64_t anew) {
  return anew != 0 && moved.number() > anew && moved.by_user() && moved.what->moved() &&
         std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
           return one.item == moved.what->item && one.answered && one.step > anew && one.step < moved.number();
         });
}

/// Whether the item got a new id, in a mailbox that was replaced or by a move that no list tells of, and was taken away
/// before anybody read what this one stands for: a list tells of an id, and of its end, and not of whose it is.
bool has_an_id_that_nobody_read(const trial& t, const lifeline& line, const moment& left) {
  std::uint64_t renewed = 0, anew = 0;
  for (const auto& one : t.all.steps) {
    if (one.number >= left.number() || one.mailbox != left.when->mailbox) continue;
    if (one.act == "recreate_mailbox") renewed = one.number;
    if (one.act == "invalidate_sync_states") anew = one.number;
  }
  auto of_it = [&](const moment& m) { return m.what->item == left.what->item; };
  for (const auto& m : line.moments)
    if (of_it(m) && m.number() < left.number() && moved_before_a_new_list(line, m, anew)) renewed = m.number();
  auto since = [&](std::uint64_t step) { return step > renewed && step < left.number(); };
  if (std::none_of(line.moments.begin(), line.moments.end(),
                   [&](const moment& m) { return of_it(m) && m.number() < renewed; }))
    return false;
  return std::none_of(line.moments.begin(), line.moments.end(),
                      [&](const moment& m) { return of_it(m) && m.by_daemon() && since(m.number()); }) &&
         std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
           return one.item == left.what->item && one.as == told::how::read && one.answered && since(one.step);
         });
}

/// The list with which a round begins after the item left: the first one of its folder, or the second one of another. A
/// crash before it may take what the lists of the round before have told, since one may come before that is on disk.
std::uint64_t next_round_of(const trial& t, const moment& left) {
  std::set<std::string> listed;
  for (const auto& one : t.all.steps) {
    if (one.number <= left.number() || one.act != "SyncFolderItems" || one.mailbox != left.when->mailbox) continue;
    auto of = std::find_if(one.told.begin(), one.told.end(), [](const told& each) { return !each.place.empty(); });
    if (of == one.told.end() || of->place == left.what->before->place || !listed.insert(of->place).second)
      return one.number;
  }
  return left.number();
}

} // namespace

bool trial::knew_of(const lifeline& line, const moment& left) const {
  if (has_an_id_that_nobody_read(*this, line, left)) return false;
  for (auto since : forgot)
    if (since < left.number() && !told_of_both(line, since, left.number())) return false;
  auto since = last_reset_before(left.number()), to = left.number();
  auto looked = std::find_if(all.steps.begin(), all.steps.end(),
                             [&](const step& one) { return one.by == step::who::daemon && one.number > to; });
  auto until = looked == all.steps.end() ? to : looked->number;
  auto until_listed = next_round_of(*this, left);
  bool told_gone = std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
    return one.item == left.what->item && one.as == told::how::gone && one.answered && one.step > to;
  });
  if (told_gone) return true;
  // Where a folder is listed from the beginning, what a search found before tells nothing of what is not in the list;
  // nor, where the list is the last to find out that it has to begin anew, does what was read before.
  bool lists_anew = since > 0 && all.steps[since - 1].act == "invalidate_sync_states";
  auto searched = [&](const telling& one) {
    return (since > 0 && all.steps[one.step - 1].act == "FindItem") || (lists_anew && one.as == told::how::read);
  };
  if (std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
        if (one.item != left.what->item || !one.answered || one.step <= since || one.step >= to) return false;
        if (searched(one)) return false;
        // A list from the beginning that a crash took is asked for once more, and what has left since is not in it.
        return since == 0 ? !died_upon(one.step) : !crashed_between(one.step, until_listed);
      }))
    return true;
  // What was made before the list from the beginning, and left before it, is not in it: absence tells nothing.
  bool followed = since == 0 || std::any_of(all.listings.begin(), all.listings.end(), [&](const list_call& one) {
                    return one.came && one.after >= since && one.after < to && one.mailbox == left.when->mailbox &&
                           one.place == left.what->before->place && !crashed_between(one.after, until_listed);
                  });
  if (!followed) return false;
  // Who does not know whether he made an item finds it in Deleted Items and where he put it, and nowhere else.
  bool findable = left.what->after && left.what->after->place.starts_with("deleteditems");
  return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& one) {
    bool told = one.when->answered && !crashed_between(one.number(), until);
    return one.what->item == left.what->item && one.what->made() && one.by_daemon() && one.number() > since &&
           one.number() < to && (told || findable);
  });
}

std::vector<edit> edits_of(const lifeline& line) {
  std::vector<edit> out;
  for (const auto& m : line.moments) {
    if (!m.by_user() && !m.planted()) continue;
    bool brought_in = m.entered() && !m.what->made();
    if (!m.what->made() && !m.what->content_changed() && !brought_in) continue;
    // What is done to an item that lies elsewhere, Deleted Items say, counts where it is brought in again.
    if (m.to.empty()) continue;
    if (brought_in && m.what->after && m.what->after->says) {
      edit all{&m, {}};
      for (const auto& [path, value] : *m.what->after->says)
        all.paths.push_back(path);
      out.push_back(std::move(all));
      continue;
    }
    if (auto paths = changed_paths(*m.what); !paths.empty() && m.what->after) out.push_back({&m, std::move(paths)});
  }
  return out;
}

namespace {

/// Whether the daemon had carried all of `first` to the other side, and knew it, before `second` was made there.
bool surely_carried(const trial& t, const lifeline& line, const edit& first, const edit& second) {
  auto to = second.by->where;
  auto from_step = first.by->number(), to_step = second.by->number();
  if (from_step > to_step) return false;
  // An edit of what cannot be compared tells nobody when it was carried.
  if (std::all_of(first.paths.begin(), first.paths.end(), [&](const std::string& path) {
        return t.ignores(path, *first.by->what->after, *second.by->what->after);
      }))
    return false;
  auto given = [&](const std::string& path) {
    if (t.ignores(path, *first.by->what->after, *second.by->what->after)) return true;
    for (const auto& m : line.moments) {
      if (m.where != to || !m.by_daemon() || m.number() <= from_step || m.number() >= to_step || !m.what->after)
        continue;
      if (lifeline::value(*m.what->after, path) != first.value(path) || !m.when->answered) continue;
      // After a crash the daemon has to look what became of its write, and may find the user's edit on top of it.
      auto looked = to_step;
      for (const auto& told : line.tellings)
        if (told.step > to_step && told.as == told::how::read) {
          looked = told.step;
          break;
        }
      // From another state it compares contents, and of two that differ the primary's is the right one.
      if (!t.crashed_between(m.number(), looked) && !t.forgot_after(m.number())) return true;
    }
    return false;
  };
  return std::all_of(first.paths.begin(), first.paths.end(), given);
}

} // namespace

bool may_compete(const trial& t, const lifeline& line, const edit& a, const edit& b) {
  if (a.by->where == b.by->where) return false;
  return !surely_carried(t, line, a, b) && !surely_carried(t, line, b, a);
}

} // namespace simulate::model
