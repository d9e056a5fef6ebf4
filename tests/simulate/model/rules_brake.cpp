// A folder that is suddenly empty freezes its folder pair instead of emptying the other one; nothing else freezes.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace simulate::model {

namespace {

/// What one act took out of one folder at once. Only what the daemon knew to be there counts: what came into the folder
/// and left it between two lists never was in it, and has left the folder in which it was listed last.
struct emptying {
  const step* when = nullptr;
  side where = side::primary;
  std::string folder;           ///< scope::common_name
  std::set<std::string> gone{}; ///< labels
  std::size_t there = 0;        ///< items before
  std::size_t stay = 0;         ///< known or not
};

/// Which items lie in each folder of each side, as the moments pass, and by which moment they came.
struct folder_contents {
  const std::map<std::string, lifeline>& lines;
  std::map<std::pair<side, std::string>, std::map<item_number, std::pair<std::string, const moment*>>> lying{};

  void pass(const std::string& label, const moment& m) {
    auto item = m.what->item;
    if (!m.from.empty() && m.from != m.to) lying[{m.where, m.from}].erase(item);
    if (!m.to.empty()) lying[{m.where, m.to}].try_emplace(item, label, &m);
  }

  /// Whether the daemon put it there, or a list has shown it there, before the step.
  bool is_known(const std::string& label, const moment& came, std::uint64_t before) const {
    if (came.by_daemon() && came.when->answered) return true;
    const auto& all = lines.at(label).tellings;
    return std::any_of(all.begin(), all.end(), [&](const telling& one) {
      return one.item == came.what->item && one.as == told::how::listed && one.answered && one.step > came.number() &&
             one.step < before;
    });
  }
};

struct labelled {
  const std::string* label;
  const moment* is;
  const moment* operator->() const { return is; }
};

std::vector<labelled> in_order(const std::map<std::string, lifeline>& lines) {
  std::vector<labelled> all;
  for (const auto& [label, line] : lines)
    for (const auto& m : line.moments)
      all.push_back({&label, &m});
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->number() < b->number(); });
  return all;
}

std::vector<emptying> emptyings_of(const trial& t, const std::map<std::string, lifeline>& lines,
                                   const std::vector<labelled>& all) {
  std::vector<emptying> out;
  folder_contents folders{lines};
  for (std::size_t i = 0; i < all.size();) {
    auto end = i;
    std::map<std::pair<side, std::string>, std::set<item_number>> left;
    const auto& when = *all[i]->when;
    for (; end < all.size() && all[end]->number() == when.number; ++end)
      if (const auto& m = *all[end].is; m.by_user() && m.left()) left[{m.where, m.from}].insert(m.what->item);
    const auto& brake = t.given.brake;
    for (const auto& [where, items] : left) {
      emptying one{&when, where.first, where.second};
      for (const auto& [item, came] : folders.lying[where]) {
        bool known = folders.is_known(came.first, *came.second, when.number), goes = items.contains(item);
        if (known) ++one.there;
        if (!goes) ++one.stay;
        if (known && goes && !came.first.empty()) one.gone.insert(came.first);
      }
      bool everything = one.stay == 0 && one.gone.size() == one.there && one.there >= brake.least;
      bool most = one.there >= brake.many && one.gone.size() * 2 > one.there;
      if (everything || most) out.push_back(std::move(one));
    }
    for (; i < end; ++i)
      folders.pass(*all[i].label, *all[i].is);
  }
  return out;
}

bool deletes_flow_from(const trial& t, side where, const std::string& folder) {
  for (const auto& pair : t.pair.folders)
    if (folder == pair.name || folder.starts_with(pair.name + "/"))
      return pair.direction == direction::two_way ||
             (pair.direction == direction::primary_to_replica) == (where == side::primary);
  return false;
}

/// The step with which a list had told that all of them are gone; without one it is left open.
std::uint64_t told_of(const std::map<std::string, lifeline>& lines, const emptying& one) {
  std::uint64_t last = 0;
  for (const auto& label : one.gone) {
    auto first = std::numeric_limits<std::uint64_t>::max();
    for (const auto& each : lines.at(label).tellings)
      if (each.as == told::how::gone && each.answered && each.step > one.when->number)
        first = std::min(first, each.step);
    last = std::max(last, first);
  }
  return last;
}

void judge_emptying(const trial& t, const std::map<std::string, lifeline>& lines, const emptying& one,
                    const std::vector<labelled>& all) {
  if (!deletes_flow_from(t, one.where, one.folder) || t.reset_after(one.when->number)) return;
  std::size_t removed = 0;
  for (const auto& label : one.gone) {
    const auto& line = lines.at(label);
    bool by_daemon = false, by_user = false, is_back = false;
    for (const auto& m : line.moments) {
      // What comes to lie in a folder of the pair again was moved; it may be deleted later for another reason.
      if (m.where == one.where) is_back = is_back || (m.by_user() && m.entered() && m.number() > one.when->number);
      if (m.where == one.where || !m.left()) continue;
      by_user = by_user || m.by_user();
      by_daemon = by_daemon || (m.by_daemon() && !is_back && m.number() > one.when->number);
    }
    if (by_daemon && !by_user) ++removed;
  }
  // Where something came into the folder before the listing that told of it, not all of it was gone there.
  auto told = told_of(lines, one);
  bool refilled = std::any_of(all.begin(), all.end(), [&](const labelled& m) {
    return m->number() > one.when->number && m->number() < told && m->where == one.where && m->to == one.folder;
  });
  bool approved = std::any_of(t.all.steps.begin(), t.all.steps.end(), [&](const step& s) {
    return s.by == step::who::administrator && s.act == act::approved && s.number > one.when->number;
  });
  if (removed < one.gone.size() || refilled || approved) return;
  t.found.push_back({rule::brake,
                     {},
                     t.pair.name,
                     std::to_string(one.gone.size()) + " of " + std::to_string(one.there) + " items left " +
                         one.folder + " at the " + word(one.where) + " at once (" + step_words(*one.when) +
                         "), and the other side was emptied without anybody's approval."});
}

} // namespace

void judge_brake(const trial& t, const std::map<std::string, lifeline>& lines) {
  auto all = in_order(lines);
  if (!t.settings_changed && !t.folders_changed)
    for (const auto& one : emptyings_of(t, lines, all))
      judge_emptying(t, lines, one, all);
  if (!t.resets.empty() || !t.away.empty() || t.folders_changed) return;
  for (const auto& [pair, name] : t.said.frozen) {
    if (pair != t.pair.name) continue;
    std::size_t left[2] = {0, 0};
    for (const auto& m : all)
      if (m->by_user() && m->left() && (m->from == name || m->from.starts_with(name + "/")))
        ++left[m->where == side::primary ? 0 : 1];
    if (std::max(left[0], left[1]) >= t.given.brake.least) continue;
    t.found.push_back({rule::false_excuse,
                       {},
                       t.pair.name,
                       name + " is said to be frozen, and no more than " + std::to_string(std::max(left[0], left[1])) +
                           " items of one side were deleted in it."});
  }
}

} // namespace simulate::model
