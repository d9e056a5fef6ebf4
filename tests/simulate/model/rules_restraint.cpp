// What the daemon is to leave alone: what settings leave out, and what nobody has changed.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace simulate::model {

namespace {

constexpr std::string_view not_carried[] = {"IPM.Schedule", "IPM.DistList", "IPM.Post", "IPM.StickyNote",
                                            "IPM.Activity"};

/// Classes of which items are not carried over.
bool is_of_a_class_left_alone(const snapshot& of) {
  auto name = lifeline::value(of, "/class");
  return std::any_of(std::begin(not_carried), std::end(not_carried),
                     [&](std::string_view one) { return name.starts_with("\"" + std::string(one)); });
}

/// As text, times compare in order.
std::string text_of_time(instant at) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  auto day = std::chrono::floor<std::chrono::days>(seconds);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss time(seconds - day);
  char out[64];
  std::snprintf(out, sizeof out, "\"%04d-%02u-%02uT%02d:%02d:%02dZ\"", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return out;
}

enum class leaves_alone { no, open, yes };

leaves_alone left_alone_by(const folder_pair& pair, const snapshot& is) {
  if (is_of_a_class_left_alone(is) || (is.meeting && pair.meetings == meetings::skip)) return leaves_alone::yes;
  if (!pair.start_date) return leaves_alone::no;
  auto start = text_of_time(*pair.start_date);
  auto mail = lifeline::value(is, "/received"), end = lifeline::value(is, "/appointment/end");
  if (is_mail(is) && !mail.empty()) return mail < start ? leaves_alone::yes : leaves_alone::no;
  if (end.empty()) return leaves_alone::no;
  // Of a series it is the end of the last occurrence that counts, which is left open here.
  bool series = is.says && std::any_of(is.says->begin(), is.says->end(), [](const auto& one) {
                  return one.first.starts_with("/appointment/recurrence");
                });
  return series ? leaves_alone::open : end < start ? leaves_alone::yes : leaves_alone::no;
}

} // namespace

bool is_skipped(const lifeline& line, const std::vector<const folder_pair*>& in) {
  return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
    return std::any_of(in.begin(), in.end(),
                       [&](const folder_pair* pair) { return left_alone_by(*pair, last_look(m)) != leaves_alone::no; });
  });
}

void judge_left_alone(const trial& t, const lifeline& line, const std::vector<const folder_pair*>& in) {
  // What pairing takes for another side's item is on both sides, and settings leave nothing of that alone.
  if (t.settings_changed || t.meetings_changed || t.may_be_linked.contains(line.label)) return;
  const moment* carried = nullptr;
  std::set<item_number> copies;
  bool has[2] = {false, false};
  for (const auto& m : line.moments) {
    if (m.by_daemon() && m.what->made()) copies.insert(m.what->item), carried = &m;
    // A meeting's copy is none.
    if (copies.contains(m.what->item)) continue;
    for (const auto* pair : in)
      if (left_alone_by(*pair, last_look(m)) != leaves_alone::yes) return;
    // What both sides have of their own is kept alike.
    has[m.where == side::primary ? 0 : 1] = true;
    if (has[0] && has[1]) return;
  }
  if (carried != nullptr)
    t.violated(rule::left_alone, line,
               "settings leave it alone, and the daemon made it in " + step_words(*carried->when) + ".");
}

namespace {

/// Whether the folder that the item was moved out of could not be listed between the two moments, and no list has told
/// that it left: what was moved out of a folder that cannot be read looks new where it comes to lie, after an hour, or
/// at once where the daemon had read nothing by which it knows it again (ARCHITECTURE, limits).
bool left_a_folder_unread(const trial& t, const lifeline& line, const moment& moved, const moment& anew) {
  bool told = false, read = false;
  for (const auto& one : line.tellings) {
    if (one.item != moved.what->item || !one.answered) continue;
    told = told || (one.as == told::how::gone && one.step > moved.number() && one.step < anew.number());
    read = read || (one.as == told::how::read && one.step < moved.number() && t.is_kept(one.step));
  }
  if (told || (read && anew.when->at - moved.when->at < std::chrono::hours(1))) return false;
  return std::any_of(t.all.listings.begin(), t.all.listings.end(), [&](const list_call& one) {
    return !one.came && one.mailbox == moved.when->mailbox && one.place == moved.what->before->place &&
           one.after >= moved.number() && one.after < anew.number();
  });
}

/// Whether what the daemon had made (`made`) was moved (`moved`) before any list had shown it where it was made. The
/// daemon knows that lists tell it nothing of such an item, and that what it finds elsewhere may be it.
bool moved_unseen(const trial& t, const lifeline& line, const moment& made, const moment& moved) {
  return !t.crashed_between(made.number(), moved.number()) &&
         std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
           return one.item == made.what->item && one.as == told::how::listed && one.step > made.number() &&
                  one.step < moved.number();
         });
}

} // namespace

void judge_made_anew(const trial& t, const lifeline& line) {
  if (t.settings_changed || t.meetings_changed || t.folders_changed || !t.resets.empty() || !t.restored.empty() ||
      t.entries_away)
    return;
  int by_users[2] = {0, 0}, by_daemon[2] = {0, 0};
  const moment *anew = nullptr, *moved = nullptr, *unseen = nullptr;
  std::map<item_number, const moment*> made;
  for (const auto& m : line.moments) {
    auto at = m.where == side::primary ? 0 : 1;
    if (!m.by_daemon()) {
      by_users[at] += m.what->made();
      if (by_users[0] + by_users[1] > 1) return;
      if (m.what->content_changed() || m.to.empty() || m.entered() != m.what->made()) return;
      if (m.what->made() || m.from == m.to) continue;
      if (anew == nullptr) moved = &m;
      if (auto by = made.find(m.what->item); by != made.end() && moved_unseen(t, line, *by->second, m)) unseen = &m;
      continue;
    }
    // What a lost answer leaves open may be made once more.
    if (!m.when->answered) return;
    if (!m.what->made()) continue;
    made[m.what->item] = &m;
    // The item itself, and what came of it on the other side, are there already.
    bool beside_original = unseen != nullptr && unseen->where != m.where && by_users[at] > 0 &&
                           !t.crashed_between(unseen->number(), m.number());
    if (++by_daemon[at] > 1 || beside_original) anew = &m;
  }
  if (anew == nullptr || moved == nullptr) return;
  if (left_a_folder_unread(t, line, *moved, *anew)) return;
  t.violated(rule::made_anew, line,
             "its user only moved it (" + step_words(*moved->when) + "), and at the " + word(anew->where) +
                 " it was made once more in " + step_words(*anew->when) + ".");
}

} // namespace simulate::model
