// Whether an item is there: nothing that no user deleted is missing, nothing is doubled, nothing comes back.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>
#include <sstream>

namespace simulate::model {

namespace {

int at(side s) {
  return s == side::primary ? 0 : 1;
}

struct leaving {
  const moment* by = nullptr;
  bool known = true; ///< the daemon knew the item before it left
  /// When the daemon had removed the other side's holders; 0: it has not.
  std::uint64_t carried = 0;
  bool of_two = false;            ///< another one stayed that a write of the daemon's which was cut had left
  std::set<item_number> others{}; ///< that stayed
  /// The daemon took the other one away and had asked for no list since it had been shown it: it could not know that
  /// its user had just taken away this one, and wanted the other.
  bool both_lost = false;
};

/// What a label's moments come to, step by step.
struct fate_finder {
  const trial& t;
  const lifeline& line;
  std::vector<leaving> lefts{};
  std::uint64_t entered[2] = {0, 0};
  std::set<item_number> holders[2]{}; ///< in folder pairs now
  std::map<item_number, bool> out_by_daemon{};
  std::map<item_number, std::uint64_t> made_by_daemon{};
  std::set<item_number> brought_back[2]{}; ///< by their users, and in folder pairs now
  bool murky = false;
  std::map<item_number, std::uint64_t> cut_removals{}; ///< the daemon died before it knew that it had taken it out
  bool removed_again = false;                          ///< what its user brought back after that
  bool taken_for_late = false; ///< and removed, what a user has brought in; nothing came in since
  bool undone = false;         ///< an older state knows neither that a deletion was carried nor that it was undone

  /// Whether what users brought in on both sides was agreed on for one item: both were told of, and read, or the daemon
  /// wrote one. Of what was only listed one user's deletion stands beside the other one's bringing back.
  bool agreed_on_both_before(std::uint64_t step) const {
    bool told[2] = {false, false}, read[2] = {false, false}, written = false;
    for (const auto& m : line.moments) {
      auto here = at(m.where);
      written = written || (m.by_daemon() && m.number() > std::max(entered[0], entered[1]) && m.number() < step);
      for (const auto& one : line.tellings) {
        if (one.item != m.what->item || !one.answered || one.step <= entered[here] || one.step >= step) continue;
        told[here] = true;
        read[here] = read[here] || one.as == model::told::how::read;
      }
    }
    return told[0] && told[1] && (written || (read[0] && read[1]));
  }

  /// Whether each side's user had brought back what was his, and only the daemon's copy of the other one's left: his
  /// own is still there.
  bool is_copy_beside_his_own(const moment& m) const {
    auto made = made_by_daemon.find(m.what->item);
    return made != made_by_daemon.end() && !brought_back[0].empty() && !brought_back[1].empty() &&
           made->second > std::max(entered[0], entered[1]);
  }

  void user_left(const moment& m) {
    auto here = at(m.where);
    bool of_two = t.is_one_of_two(line, m);
    // Who takes the other one away as well wants neither.
    if (holders[here].empty())
      std::erase_if(lefts, [&](const leaving& left) { return left.of_two && at(left.by->where) == here; });
    // A listing from the beginning that no longer shows an item says nothing of a deletion.
    lefts.push_back({&m,
                     !is_copy_beside_his_own(m) && t.knew_of(line, m) &&
                         (!entered[0] || !entered[1] || agreed_on_both_before(m.number())),
                     0, of_two, holders[here]});
    // A folder that is deleted, or moved away, is left alone on the other side.
    if (m.when->act == "delete_folder" || m.when->act == "user_move_folder" || m.when->act == "user_rename_folder")
      murky = true;
  }

  /// Who dies before he knows of his delete may carry it out once more, upon what its user has brought back meanwhile
  /// (ARCHITECTURE, limits).
  void note_cut_removal(const moment& m) {
    auto item = m.what->item;
    if (auto cut = cut_removals.find(item); cut != cut_removals.end()) {
      bool anew = std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& one) {
        return one.by_user() && one.left() && one.number() > cut->second && one.number() < m.number();
      });
      removed_again = removed_again || !anew;
    }
    auto told = std::find_if(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == item && one.answered && one.step > m.number() && !t.died_upon(one.step);
    });
    if (told != line.tellings.end() && t.crashed_between(m.number(), told->step)) cut_removals[item] = m.number();
  }

  /// Whether a list had told of it: what the other side's user took out just before may take this one with it.
  bool is_told(const leaving& left, std::uint64_t before) const {
    return std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == left.by->what->item && one.as == told::how::gone && one.answered &&
             one.step > left.by->number() && one.step < before;
    });
  }

  /// Whether the daemon removes what stayed of two without having been told, or having asked once more, what became of
  /// the other one.
  bool is_removed_unlooked(const leaving& left, const moment& removed) const {
    if (!left.of_two || left.by->where != removed.where || !left.others.contains(removed.what->item)) return false;
    if (is_told(left, removed.number())) return false;
    auto shown = std::find_if(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == removed.what->item && one.as == told::how::listed && one.answered;
    });
    if (shown == line.tellings.end() || t.crashed_between(shown->step, removed.number())) return false;
    // The list that has shown it is one of them.
    return std::count_if(t.all.listings.begin(), t.all.listings.end(), [&](const list_call& one) {
             return one.came && one.mailbox == removed.when->mailbox && one.after >= shown->step &&
                    one.after < left.by->number();
           }) <= 1;
  }

  /// The first original of which the item is a copy, or a copy of a copy.
  item_number original_of(item_number item) const {
    for (const auto& m : line.moments)
      if (m.what->item == item && m.what->copy_of != 0) return original_of(m.what->copy_of);
    return item;
  }

  /// Whether the item, or what it is a copy of, is one of the daemon's of which it did not know that it had been made.
  /// Its user put it into a folder that is not paired before anything told of it, so that another one was made, and
  /// that one has left: this one is taken for a create that came late (ARCHITECTURE, limits).
  bool is_taken_for_late(const moment& m) const {
    if (!m.what->after || !m.what->after->place.starts_with("deleteditems")) return false;
    const auto original = original_of(m.what->item);
    const moment *made = nullptr, *away = nullptr, *another = nullptr;
    bool gone = false;
    for (const auto& one : line.moments) {
      if (one.number() >= m.number()) break;
      if (one.where != m.where) continue;
      bool own = one.what->item == original;
      if (own && one.what->made() && one.by_daemon()) made = &one;
      if (own && made != nullptr && away == nullptr && one.left()) away = &one;
      if (away == nullptr) continue;
      if (!own && another == nullptr && one.by_daemon() && one.what->made()) another = &one;
      if (another != nullptr && one.what->item == another->what->item && one.left()) gone = true;
    }
    if (!gone || !away->by_user() || !away->what->after || away->what->after->place.starts_with("deleteditems"))
      return false;
    bool told = std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == original && one.answered && one.step > made->number() && one.step < away->number();
    });
    return !told && (!made->when->answered || t.crashed_between(made->number(), another->number()));
  }

  void daemon_left(const moment& m) {
    note_cut_removal(m);
    taken_for_late = is_taken_for_late(m);
    out_by_daemon[m.what->item] = true;
    for (auto& left : lefts)
      left.both_lost = left.both_lost || is_removed_unlooked(left, m);
    if (!holders[at(m.where)].empty()) return;
    for (auto& left : lefts)
      if (left.by->where != m.where && left.by->number() < m.number()) left.carried = m.number();
  }

  /// Whether every folder of that side was listed between the step and the moment.
  bool all_is_listed(const moment& until, std::uint64_t since) const {
    return std::all_of(t.pair.folders.begin(), t.pair.folders.end(), [&](const folder_pair& one) {
      return std::any_of(t.all.listings.begin(), t.all.listings.end(), [&](const list_call& list) {
        return list.came && t.within.side_of(list.mailbox) == until.where && list.after >= since &&
               list.after < until.number() && t.within.common_name(until.where, list.place) == one.name;
      });
    });
  }

  /// Whether an older state, which does not know that a deletion was carried, came back before the item was brought
  /// back or after, and no round of lists had told it that the item had left: for it that is a move (ARCHITECTURE,
  /// limits).
  bool is_undone(const leaving& left, const moment& back) const {
    return std::any_of(t.went_back.begin(), t.went_back.end(), [&](const trial::older_state& one) {
      if (one.kept == 0 || one.kept >= left.carried || one.at < left.carried) return false;
      auto told = std::find_if(line.tellings.begin(), line.tellings.end(), [&](const telling& each) {
        return each.item == back.what->item && each.as == told::how::gone && each.answered && each.step > one.at &&
               each.step < back.number();
      });
      return told == line.tellings.end() || !all_is_listed(back, told->step);
    });
  }

  void user_entered(const moment& m) {
    bool put_out = out_by_daemon[m.what->item];
    bool done = std::any_of(lefts.begin(), lefts.end(), [](const leaving& left) { return left.carried > 0; });
    // What was deleted and carried is over; an item that its user brings back after that is as good as new.
    if (put_out || done) {
      undone = undone || std::any_of(lefts.begin(), lefts.end(),
                                     [&](const leaving& left) { return left.carried > 0 && is_undone(left, m); });
      std::erase_if(lefts, [&](const leaving& left) { return left.carried > 0 || is_told(left, m.number()); });
      for (int one : {0, 1})
        if (holders[one].empty()) entered[one] = 0;
    }
    out_by_daemon[m.what->item] = false;
    taken_for_late = false;
    entered[at(m.where)] = m.number();
    if (m.by_user() && !m.what->made()) brought_back[at(m.where)].insert(m.what->item);
  }

  fate find() {
    for (const auto& m : line.moments) {
      auto& here = holders[at(m.where)];
      bool was = !m.from.empty(), is = !m.to.empty();
      if (m.by_daemon() && m.what->made()) made_by_daemon[m.what->item] = m.number();
      if (was && !is) here.erase(m.what->item);
      if (was && !is) brought_back[at(m.where)].erase(m.what->item);
      if (!was && is && (m.by_user() || m.planted())) user_entered(m);
      if (is) here.insert(m.what->item);
      if (!was || is) continue;
      if (m.by_user()) user_left(m);
      if (m.by_daemon()) daemon_left(m);
    }
    return verdict();
  }

  /// Whether a create that nobody had answered took effect only after the user had deleted the copy which was made in
  /// its place, and before a list told of that, or asked for and given up before that copy was made: whether he saw one
  /// of two cannot be known (ARCHITECTURE, limits).
  bool came_late_beside(const leaving& left) const {
    auto made = made_by_daemon.find(left.by->what->item);
    if (made == made_by_daemon.end()) return false;
    const auto in_its_place = t.all.steps[made->second - 1].asked;
    return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
      return m.where == left.by->where && m.by_daemon() && m.what->made() && !m.when->answered && !m.to.empty() &&
             m.number() > left.by->number() && (!is_told(left, m.number()) || m.when->asked < in_its_place);
    });
  }

  fate verdict() const {
    if (murky) return fate::either;
    bool absent = false, open = false;
    for (const auto& left : lefts) {
      auto here = at(left.by->where), there = at(other(left.by->where));
      if (entered[here] > left.by->number() || left.both_lost) continue;
      if (entered[there] > left.by->number()) open = true;
      if (!left.known || left.of_two || came_late_beside(left)) open = true;
      if (left.carried == 0 && t.reset_after(left.by->number())) open = true;
      if (t.put_back_after(*left.by)) open = true;
      absent = true;
    }
    if (!absent) return undone || removed_again || taken_for_late ? fate::either : fate::present;
    return open ? fate::either : fate::absent;
  }

  const moment* last_left() const { return lefts.empty() ? nullptr : lefts.back().by; }
};

std::string count_words(std::size_t count) {
  return count == 0 ? "not there" : count == 1 ? "there once" : "there " + std::to_string(count) + " times";
}

std::string both_words(const lifeline& line) {
  return "it is " + count_words(line.at(side::primary).size()) + " at the primary and " +
         count_words(line.at(side::replica).size()) + " at the replica";
}

} // namespace

void judge_two_way_item(const trial& t, const lifeline& line) {
  auto p = line.at(side::primary).size(), r = line.at(side::replica).size();
  fate_finder finder{t, line};
  auto expected = finder.find();
  if (p > 1 || r > 1) {
    t.violated(rule::doubled, line, "users made it once, and " + both_words(line) + ".");
    return;
  }
  if (expected == fate::present && (p == 0 || r == 0)) {
    t.violated(rule::missing, line, "no user deleted it, and " + both_words(line) + ".");
    return;
  }
  if (expected == fate::absent && (p > 0 || r > 0)) {
    auto by = finder.last_left() == nullptr ? std::string() : " in " + step_words(*finder.last_left()->when);
    t.violated(rule::came_back, line, "its user deleted it" + by + ", and " + both_words(line) + ".");
    return;
  }
  if (expected == fate::either && p != r && !finder.murky) {
    t.violated(rule::missing, line, "whether it was deleted is open, but " + both_words(line) + ".");
    return;
  }
  if (p == 1 && r == 1) {
    judge_contents(t, line);
    judge_place(t, line);
    judge_read_state(t, line);
  } else if (p == 0 && r == 0 && expected == fate::absent) {
    judge_losses_by_deletion(t, line);
  }
}

namespace {

/// The step after which both sides hold one original each that its user has brought back, no copies of ours: what the
/// two go by pairs them; 0: they do not.
std::uint64_t originals_brought_back(const lifeline& line) {
  std::uint64_t since[2] = {0, 0};
  for (auto s : {side::primary, side::replica}) {
    if (line.at(s).size() != 1) return 0;
    for (const auto& m : line.moments) {
      if (m.what->item != line.at(s)[0].item) continue;
      if (m.by_daemon() && (m.what->made() || m.entered())) return 0;
      if (m.entered()) since[at(s)] = m.by_user() && !m.what->made() ? m.number() : 0;
    }
  }
  return since[0] == 0 || since[1] == 0 ? 0 : std::max(since[0], since[1]);
}

bool is_of_first_contents(const lifeline& line, item_number item) {
  return std::any_of(line.moments.begin(), line.moments.end(),
                     [item](const moment& m) { return m.what->item == item && m.planted() && m.what->made(); });
}

/// Whether the text of mails, or what is in the files of a name, was left as each side had it when all was paired anew,
/// or first contents for the first time: no user wrote one since each of the items had been read.
bool is_left_by_pairing(const trial& t, const lifeline& line, const std::string& path, const final_item& one) {
  const auto& is = one.is;
  auto anew = t.began_anew(line);
  if (auto first = first_contents_of_both(line); first != 0 && is_of_first_contents(line, one.item))
    anew.push_back(first);
  if (auto back = originals_brought_back(line); back != 0) anew.push_back(back);
  bool text = path == "/body_sha256" && lifeline::value(is, "/draft") != "true";
  if (anew.empty() || !is_mail(is) || (!text && !path.starts_with("/attachments/"))) return false;
  auto since = *std::max_element(anew.begin(), anew.end());
  const auto edits = edits_of(line);
  return std::none_of(edits.begin(), edits.end(), [&](const edit& e) {
    if (e.creates() || std::find(e.paths.begin(), e.paths.end(), path) == e.paths.end()) return false;
    auto read = t.first_read(line, e.by->what->item, since);
    return read != 0 && e.by->number() > read;
  });
}

/// What the items of a side say, each in lines of path and value; without what nobody has read, nor, unless `all` is
/// asked for, what pairing has left.
std::multiset<std::string> what_it_says(const trial& t, const lifeline& line, side s, bool all = false) {
  const auto edits = edits_of(line);
  std::multiset<std::string> out;
  // A meeting and its copies are compared without what only one of them can be compared by.
  auto any = snapshot{};
  // In public folders each user has a read state of his own, and nothing of it is carried.
  bool read_states = true;
  for (auto each : {side::primary, side::replica})
    for (const auto& one : line.at(each)) {
      any.meeting = any.meeting || one.is.meeting;
      read_states = read_states && is_mail(one.is) && !one.is.place.starts_with("publicfolders");
    }
  for (const auto& one : line.at(s)) {
    auto text = t.folders_changed ? std::string() : "place " + t.within.common_name(s, one.is.place);
    for (const auto& [path, value] : *one.is.says)
      if (path != "/message_id" && path != "/from" &&
          (!t.ignores(path, one.is, any) || (all && path == derived_subject)) && !is_written_unread(line, edits, path))
        text += "\n" + path + " " + (!all && is_left_by_pairing(t, line, path, one) ? "" : value);
    out.insert(text + (read_states && one.is.read ? "\nread" : ""));
  }
  return out;
}

/// The lines that one of two has and the other has not.
std::string difference_words(const std::string& here, const std::string& there) {
  auto lines_of = [](const std::string& text) {
    std::set<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      out.insert(line);
    return out;
  };
  auto a = lines_of(here), b = lines_of(there);
  std::string out;
  for (const auto& line : a)
    if (!b.contains(line)) out += "primary " + shown(line) + "; ";
  for (const auto& line : b)
    if (!a.contains(line)) out += "replica " + shown(line) + "; ";
  return out.substr(0, out.size() - 2) + ".";
}

} // namespace

bool are_alike(const trial& t, const lifeline& line) {
  // What was refused may be what pairing has left.
  return what_it_says(t, line, side::primary, true) == what_it_says(t, line, side::replica, true);
}

namespace {

/// Whether what is counted from here on began with an item, or a copy of it, that its user had taken away and put back
/// between two lists, when the other side's user had deleted his: for who reads lists that is a move, and what is moved
/// and deleted is deleted. What he put there then may go, or a copy of it that he made before a list told of it:
/// nothing tells the two apart.
bool is_moved_and_deleted(const lifeline& line, const originals& made) {
  const moment *put = nullptr, *last_left[2] = {nullptr, nullptr};
  std::map<item_number, const moment*> taken;
  for (const auto& m : line.moments) {
    if (m.number() == made.since && m.by_user() && m.entered()) put = &m;
    if (put != nullptr) break;
    if (m.left()) last_left[at(m.where)] = &m;
    if (m.left() && m.by_user()) taken[m.what->item] = &m;
  }
  if (put == nullptr) return false;
  // A copy of a copy goes by the same marks and keys as the first original.
  std::map<item_number, item_number> copy_of;
  for (const auto& m : line.moments)
    if (m.what->copy_of != 0) copy_of[m.what->item] = m.what->copy_of;
  auto original_of = [&](item_number item) {
    for (auto of = copy_of.find(item); of != copy_of.end(); of = copy_of.find(item))
      item = of->second;
    return item;
  };
  auto original = original_of(put->what->item);
  auto away = taken.find(original);
  const auto* deleted = last_left[at(other(put->where))];
  if (away == taken.end() || deleted == nullptr || !deleted->by_user()) return false;
  bool told = std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
    return one.item == original && one.as == told::how::gone && one.answered && one.step > away->second->number() &&
           one.step < put->number();
  });
  auto listed = std::find_if(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
    return one.item == put->what->item && one.answered && one.step > put->number();
  });
  std::set<item_number> alike{put->what->item};
  bool went = false;
  for (const auto& m : line.moments) {
    if (m.number() < put->number()) continue;
    bool in_time = listed == line.tellings.end() || m.number() < listed->step;
    if (m.by_user() && m.entered() && original_of(m.what->item) == original && in_time) alike.insert(m.what->item);
    went = went || (m.by_daemon() && m.left() && alike.contains(m.what->item));
  }
  return !told && went;
}

/// Whether its user brought the item back and took it away again before anything told of it, while the other side's
/// user brought back his: the two were never agreed for one item, so that the other side's does not go with it.
bool came_and_went(const lifeline& line, const originals& made, const moment& left) {
  if (made.put[at(other(left.where))] == 0) return false;
  const moment* came = nullptr;
  for (const auto& m : line.moments)
    if (m.what->item == left.what->item && m.entered() && m.number() >= made.since && m.number() < left.number())
      came = &m;
  return came != nullptr && came->by_user() && !came->what->made() &&
         std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
           return one.item == left.what->item && one.answered && one.step > came->number() && one.step < left.number();
         });
}

} // namespace

void judge_group(const trial& t, const lifeline& line, const originals& made) {
  int left[2] = {0, 0}, surely[2] = {0, 0};
  bool open = false;
  std::map<item_number, const moment*> last;
  for (const auto& m : line.moments) {
    if (m.number() < made.since) continue;
    if (m.by_daemon() && m.left()) last.erase(m.what->item);
    if (m.by_user() && (m.left() || !m.to.empty())) last[m.what->item] = &m;
    if (m.by_user() && m.left() && (t.reset_after(m.number()) || t.put_back_after(m) || !t.knew_of(line, m)))
      open = true;
    if (m.when->act == "delete_folder" || m.when->act == "user_move_folder") open = true;
  }
  for (const auto& [item, m] : last) {
    if (!m->left()) continue;
    ++left[at(m->where)];
    if (!t.is_one_of_two(line, *m) && !came_and_went(line, made, *m)) ++surely[at(m->where)];
  }
  int least = made.least() - left[0] - left[1], most = made.most();
  if (!open) most -= std::max(surely[0], surely[1]);
  if (is_moved_and_deleted(line, made))
    --least;
  else if (made.kept && !open)
    least = std::max(least, 1);
  auto p = static_cast<int>(line.at(side::primary).size()), r = static_cast<int>(line.at(side::replica).size());
  auto words = "users made " + std::to_string(made.least()) + " and deleted " + std::to_string(left[0] + left[1]) +
               " of it, and " + both_words(line) + ".";
  if (p > most || r > most)
    t.violated(rule::doubled, line, words);
  else if (p < least || r < least)
    t.violated(rule::missing, line, words);
  else if (p != r && !open && std::abs(p - r) > made.forgotten[p > r ? 0 : 1])
    t.violated(rule::missing, line, words);
  if (p != r) return;
  auto edits = edits_of(line);
  for (auto s : {side::primary, side::replica})
    for (const auto& one : line.at(s))
      for (const auto& [path, value] : *one.is.says) {
        bool written = std::any_of(edits.begin(), edits.end(),
                                   [&, &path = path, &value = value](const edit& e) { return e.value(path) == value; });
        if (written || t.ignores(path, one.is, snapshot{})) continue;
        t.violated(rule::contents, line,
                   path + " is " + shown(value) + " at the " + word(s) + ", which no user wrote.");
        return;
      }
  // Each one must have an equal one on the other side.
  auto here = what_it_says(t, line, side::primary), there = what_it_says(t, line, side::replica);
  if (here == there || are_alike(t, line)) return;
  std::vector<std::string> only_here, only_there;
  std::set_difference(here.begin(), here.end(), there.begin(), there.end(), std::back_inserter(only_here));
  std::set_difference(there.begin(), there.end(), here.begin(), here.end(), std::back_inserter(only_there));
  t.violated(rule::contents, line,
             "the copies at the primary are not those at the replica: " +
                 difference_words(only_here.front(), only_there.front()));
}

} // namespace simulate::model
