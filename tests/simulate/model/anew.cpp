// What a daemon that begins without any state can know: until it has read both sides' items, it knows neither what was
// edited nor, where no key and no mark tells, which of them are one.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace simulate::model {

namespace {

/// Since when each item lies in a folder pair, as it was before a step.
std::map<item_number, std::uint64_t> lying_before(const lifeline& line, std::uint64_t step) {
  std::map<item_number, std::uint64_t> since;
  for (const auto& m : line.moments) {
    if (m.number() >= step) break;
    if (m.to.empty())
      since.erase(m.what->item);
    else
      since.emplace(m.what->item, m.number());
  }
  return since;
}

/// The steps with which the item had left both sides, where users of both brought it back later, or a copy of it that
/// lay elsewhere: it is paired anew.
std::vector<std::uint64_t> brought_back_on_both(const lifeline& line) {
  std::vector<std::uint64_t> out;
  std::set<item_number> lie[2];
  std::uint64_t gone = 0;
  bool back[2] = {false, false};
  for (const auto& m : line.moments) {
    auto at = m.where == side::primary ? 0 : 1;
    if (m.to.empty())
      lie[at].erase(m.what->item);
    else
      lie[at].insert(m.what->item);
    if (m.left() && lie[0].empty() && lie[1].empty()) {
      gone = m.number();
      back[0] = back[1] = false;
    }
    bool new_one = m.what->made() && m.what->copy_of == 0;
    if (gone == 0 || !m.by_user() || !m.entered() || new_one) continue;
    back[at] = true;
    if (!back[0] || !back[1]) continue;
    out.push_back(gone);
    gone = 0;
  }
  return out;
}

} // namespace

std::vector<std::uint64_t> trial::began_anew(const lifeline& line) const {
  auto out = wiped;
  for (const auto& one : went_back) {
    if (one.kept == 0) continue;
    auto lying = lying_before(line, one.at);
    if (knows_again(line, 0) > one.kept ||
        std::any_of(lying.begin(), lying.end(), [&](const auto& each) { return each.second > one.kept; }))
      out.push_back(one.at);
  }
  auto back = brought_back_on_both(line);
  out.insert(out.end(), back.begin(), back.end());
  std::sort(out.begin(), out.end());
  return out;
}

bool trial::is_kept(std::uint64_t step) const {
  auto next = std::find_if(all.listings.begin(), all.listings.end(), [&](const list_call& one) {
    return one.after >= step && within.side_of(one.mailbox).has_value();
  });
  return !crashed_between(step, next == all.listings.end() ? all.steps.size() : next->after);
}

namespace {

/// The stop that may have ended the round of a step before it paired anything: between the list before the step and the
/// next one; 0: there was none.
std::uint64_t stop_around(const trial& t, std::uint64_t step) {
  std::uint64_t before = 0, after = t.all.steps.size() + 1;
  for (const auto& one : t.all.listings) {
    if (!t.within.side_of(one.mailbox)) continue;
    if (one.after < step)
      before = one.after;
    else
      after = std::min(after, one.after);
  }
  std::uint64_t last = 0;
  for (auto stop : t.stops)
    if (stop > before && stop <= after) last = stop;
  return last;
}

/// Whether the daemon went on after a list to something else, or to that folder's next one, before it died.
bool came_to_more(const trial& t, const list_call& list) {
  std::uint64_t next = t.all.steps.size();
  for (const auto& one : t.all.listings)
    if (&one > &list && one.mailbox == list.mailbox && one.place == list.place) next = std::min(next, one.after);
  for (const auto& one : t.all.steps)
    if (one.number > list.after && one.by == step::who::daemon && one.act != "SyncFolderItems" && one.act != "FindItem")
      next = std::min(next, one.number);
  return !t.crashed_between(list.after, next);
}

/// The first list of the folder that the item was read in, after a stop; 0: there was none.
std::uint64_t listed_again(const trial& t, item_number item, std::uint64_t read, std::uint64_t stop) {
  const auto& by = t.all.steps[read - 1];
  auto is = std::find_if(by.told.begin(), by.told.end(), [item](const told& one) { return one.item == item; });
  auto list = std::find_if(t.all.listings.begin(), t.all.listings.end(), [&](const list_call& one) {
    return one.came && one.mailbox == by.mailbox && one.place == is->place && one.after >= stop && came_to_more(t, one);
  });
  return list == t.all.listings.end() ? 0 : list->after;
}

} // namespace

std::uint64_t trial::first_read(const lifeline& line, item_number item, std::uint64_t since) const {
  std::uint64_t first = 0;
  for (const auto& one : line.tellings) {
    if (one.item != item || one.as != told::how::read || !one.answered || one.step <= since) continue;
    first = one.step;
    if (!is_kept(first)) continue;
    auto stop = stop_around(*this, first);
    if (stop == 0) break;
    auto again = listed_again(*this, item, first, stop);
    bool changed = std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& each) {
      return each.item == item && each.as == told::how::listed && each.step > stop && each.step <= again;
    });
    if (again == 0 || !changed) return std::max(first, again);
  }
  return first;
}

std::uint64_t trial::knows_again(const lifeline& line, std::uint64_t since) const {
  constexpr auto never = std::numeric_limits<std::uint64_t>::max();
  std::set<item_number> of[2];
  std::uint64_t made = never, read[2] = {never, never};
  for (const auto& m : line.moments) {
    of[m.where == side::primary ? 0 : 1].insert(m.what->item);
    if (m.by_daemon() && m.what->made() && m.number() > since) made = std::min(made, m.number());
  }
  for (int at : {0, 1})
    for (auto item : of[at])
      if (auto first = first_read(line, item, since); first != 0) read[at] = std::min(read[at], first);
  return std::min(made, std::max(read[0], read[1]));
}

namespace {

struct holder {
  std::string place; ///< scope::common_name
  snapshot is;
  bool by_daemon = false; ///< its mark tells of what it is a copy
};
using holders = std::map<item_number, holder>;

bool say_the_same(const trial& t, const snapshot& a, const snapshot& b) {
  std::set<std::string> paths;
  for (const auto* of : {&a, &b})
    for (const auto& [path, value] : *of->says)
      paths.insert(path);
  const auto id = lifeline::value(a, "/message_id");
  bool rewritten =
      is_mail(a) && lifeline::value(a, "/draft") != "true" && !id.empty() && id == lifeline::value(b, "/message_id");
  return std::all_of(paths.begin(), paths.end(), [&](const std::string& path) {
    // What servers make of a mail's text is not compared when full mailboxes are paired, where a Message-ID tells it
    // from others.
    return (rewritten && path == "/body_sha256") || t.ignores(path, a, b) ||
           lifeline::value(a, path) == lifeline::value(b, path);
  });
}

/// One key that each side has once: a mail's Message-ID, an appointment's id for its calendars.
bool share_a_key(const trial& t, const std::string& label, const snapshot& a, const snapshot& b) {
  if (t.may_be_linked.contains(label)) return false;
  const char* path = is_mail(a) ? "/message_id" : "/appointment/uid";
  if (is_mail(a) && lifeline::value(a, "/draft") == "true") return false;
  return !lifeline::value(a, path).empty() && lifeline::value(a, path) == lifeline::value(b, path);
}

bool is_known_for_one(const trial& t, const std::string& label, const holder& a, const holder& b) {
  return a.place == b.place && (share_a_key(t, label, a.is, b.is) || say_the_same(t, a.is, b.is));
}

/// How many of the two sides' items may be taken for different ones as they lie now.
std::size_t unpaired(const trial& t, const std::string& label, const holders (&lie)[2]) {
  auto few = std::min(lie[0].size(), lie[1].size());
  if (few == 0) return 0;
  if (lie[0].size() == 1 && lie[1].size() == 1) {
    const auto &a = lie[0].begin()->second, &b = lie[1].begin()->second;
    return a.by_daemon || b.by_daemon || is_known_for_one(t, label, a, b) ? 0 : 1;
  }
  std::vector<const holder*> open;
  for (const auto& [item, one] : lie[1])
    open.push_back(&one);
  std::size_t found = 0;
  for (const auto& [item, one] : lie[0]) {
    auto same = std::find_if(open.begin(), open.end(), [&](const holder* other) {
      return one.place == other->place && say_the_same(t, one.is, other->is);
    });
    if (same == open.end()) continue;
    open.erase(same);
    ++found;
  }
  return few - found;
}

} // namespace

std::uint64_t first_contents_of_both(const lifeline& line) {
  bool has[2] = {false, false};
  std::uint64_t last = 0;
  for (const auto& m : line.moments)
    if (m.planted() && m.what->made() && !m.to.empty()) {
      has[m.where == side::primary ? 0 : 1] = true;
      last = m.number();
    }
  return has[0] && has[1] ? last : 0;
}

std::size_t found_unlike(const trial& t, const lifeline& line) {
  std::size_t most = 0;
  auto beginnings = t.began_anew(line);
  if (auto first = first_contents_of_both(line); first != 0) beginnings.push_back(first);
  for (auto since : beginnings) {
    auto until = t.knows_again(line, since);
    holders lie[2];
    std::set<item_number> by_daemon;
    bool looked = false;
    auto look = [&] { most = std::max(most, unpaired(t, line.label, lie)), looked = true; };
    for (const auto& m : line.moments) {
      if (m.number() >= until) break;
      if (m.number() > since && !looked) look();
      auto& here = lie[m.where == side::primary ? 0 : 1];
      if (m.by_daemon() && m.what->made()) by_daemon.insert(m.what->item);
      if (m.to.empty())
        here.erase(m.what->item);
      else
        here[m.what->item] = {m.to, *m.what->after, by_daemon.contains(m.what->item)};
      if (m.number() > since) look();
    }
    if (!looked) look();
  }
  return most;
}

bool lay_beside_each_other(const lifeline& line) {
  std::set<item_number> lie[2];
  bool found = false;
  for (const auto& m : line.moments) {
    auto& here = lie[m.where == side::primary ? 0 : 1];
    if (m.to.empty())
      here.erase(m.what->item);
    else
      here.insert(m.what->item);
    found = found || here.size() > 1;
  }
  return found;
}

} // namespace simulate::model
