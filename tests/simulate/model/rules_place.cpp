// Where an item lies: where the last user put it who could know better, and where two could not know of each other the
// primary's place.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace simulate::model {

namespace {

/// Whether the daemon had carried the primary's move before the replica's user moved the item again.
bool surely_moved(const trial& t, const lifeline& line, const say& p, const say& x) {
  return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
    return m.where == x.by->where && m.by_daemon() && m.number() > p.by->number() && m.number() < x.by->number() &&
           m.to == p.value && m.when->answered && !t.crashed_between(m.number(), x.by->number());
  });
}

/// Whether a holder on this side lay there at some time in [from, to).
bool lay(const lifeline& line, side s, const std::string& place, std::uint64_t from, std::uint64_t to) {
  std::map<item_number, bool> has;
  for (const auto& m : line.moments) {
    if (m.where != s) continue;
    if (m.number() >= to) break;
    if (m.number() >= from && (m.to == place || has[m.what->item])) return true;
    has[m.what->item] = m.to == place;
  }
  return std::any_of(has.begin(), has.end(), [](const auto& one) { return one.second; });
}

/// Whether the daemon wrote a place between the two steps: it made a holder, moved one, or took one away.
bool carried_a_place(const lifeline& line, std::uint64_t from, std::uint64_t to) {
  return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
    return m.by_daemon() && m.number() > from && m.number() < to && (m.what->made() || m.from != m.to);
  });
}

/// Whether both sides lay in one folder at a time between the two steps, and the daemon was told of the item then: they
/// are agreed without a write.
bool agreed_on_a_place(const lifeline& line, item_number item, std::uint64_t from, std::uint64_t to) {
  std::map<item_number, std::string> of[2];
  std::uint64_t met = 0;
  auto told = [&](std::uint64_t until) {
    return met != 0 && std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
             return one.item == item && one.answered && one.as != told::how::gone && one.step > met && one.step < until;
           });
  };
  for (const auto& m : line.moments) {
    if (m.number() >= to) break;
    if (m.number() >= from && told(m.number())) return true;
    auto at = m.where == side::primary ? 0 : 1;
    of[at][m.what->item] = m.to;
    auto own = of[0].contains(item) ? 0 : 1;
    auto place = of[own].find(item);
    met = m.number() >= from && place != of[own].end() && !place->second.empty() &&
                  std::any_of(of[1 - own].begin(), of[1 - own].end(),
                              [&](const auto& one) { return one.second == place->second; })
              ? m.number()
              : 0;
  }
  return told(to);
}

/// The moment with which its user had last taken the item from a folder, before he put it where `put` says, where
/// nothing was carried or agreed on between; null: there is none. `from`: of this folder only.
const moment* taken_before(const lifeline& line, const moment& put, const std::string* from) {
  const moment* taken = nullptr;
  for (const auto& m : line.moments)
    if (m.number() < put.number() && m.what->item == put.what->item && m.by_user() && !m.from.empty() &&
        m.from != m.to && (from == nullptr ? m.left() : m.from == *from))
      taken = &m;
  if (taken == nullptr || carried_a_place(line, taken->number(), put.number())) return nullptr;
  return agreed_on_a_place(line, put.what->item, taken->number(), put.number()) ? nullptr : taken;
}

/// Whether the other side had held one of it before the step: until then there is no place that both sides agree on.
bool was_on_the_other_side(const lifeline& line, const moment& before) {
  return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
    return m.where != before.where && !m.to.empty() && m.number() < before.number();
  });
}

/// Whether its user had taken the item away and brings it back into another folder, before anything came of that: a
/// move, and no creation.
bool moved_by_a_detour(const lifeline& line, const moment& m) {
  if (!m.by_user() || !m.entered() || m.what->made()) return false;
  const auto* taken = taken_before(line, m, nullptr);
  return taken != nullptr && taken->from != m.to;
}

/// The moment with which the item had come into the folders that it lay in at another moment; null: it had left them.
const moment* came_in_with(const lifeline& line, const moment& at) {
  const moment* came = nullptr;
  for (const auto& m : line.moments) {
    if (m.number() > at.number()) break;
    if (m.what->item == at.what->item && (m.entered() || m.left())) came = m.entered() ? &m : nullptr;
  }
  return came;
}

/// Whether what `x` said of a place went with a deletion: the user of the other side took his away and the daemon did
/// the same here (moved and deleted: deleted); what is brought in on that other side after the daemon had done so or
/// had been told, and lies where `put` says, is new.
bool went_with_a_deletion(const lifeline& line, const moment& x, const moment& put) {
  const auto* came = came_in_with(line, put);
  if (came == nullptr || !put.by_user()) return false;
  const auto& w = *came;
  if (x.where == w.where || x.number() > w.number() || !w.by_user() || w.what->made()) return false;
  std::set<item_number> lying;
  const moment *left = nullptr, *removed = nullptr;
  for (const auto& m : line.moments) {
    if (m.where == w.where && m.number() < w.number()) {
      if (m.to.empty())
        lying.erase(m.what->item);
      else
        lying.insert(m.what->item);
      if (m.left()) left = &m;
    }
    if (m.what->item == x.what->item) removed = m.left() && m.by_daemon() ? &m : m.to.empty() ? removed : nullptr;
  }
  if (!lying.empty() || left == nullptr || !left->by_user() || removed == nullptr || removed->number() < left->number())
    return false;
  return removed->number() < w.number() ||
         std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
           return one.item == left->what->item && one.as == told::how::gone && one.answered &&
                  one.step > left->number() && one.step < w.number();
         });
}

/// Whether `x` moved the old one of two: where the folder that it was in could not be read on the other side, for want
/// of rights, the move `w` of that side looks new there. It comes over as an item of its own, and the old copy goes
/// later (ARCHITECTURE, limits).
bool moved_an_old_copy(const trial& t, const lifeline& line, const moment& x, const moment& w) {
  bool behind_rights =
      std::any_of(t.rights.begin(), t.rights.end(), [&](std::uint64_t one) { return one < w.number(); });
  if (!behind_rights || x.where == w.where || !w.by_user() || w.from.empty() || x.number() < w.number()) return false;
  const moment *came = nullptr, *removed = nullptr;
  for (const auto& m : line.moments) {
    if (m.where == x.where && m.by_daemon() && m.what->made() && m.to == w.to && m.number() > w.number() &&
        m.number() < x.number())
      came = &m;
    if (m.what->item == x.what->item) removed = m.left() && m.by_daemon() ? &m : m.to.empty() ? removed : nullptr;
  }
  return came != nullptr && removed != nullptr;
}

bool is_made_by_daemon(const lifeline& line, item_number item) {
  return std::any_of(line.moments.begin(), line.moments.end(),
                     [item](const moment& m) { return m.what->item == item && m.by_daemon() && m.what->made(); });
}

/// Where it lies that a user had put there: a folder that the daemon renames, as the other side's user did, or moves
/// takes with it what is in it.
std::string put_into(const lifeline& line, const moment& put) {
  auto place = put.to;
  for (const auto& m : line.moments) {
    if (m.what->item != put.what->item || m.number() <= put.number() || m.from == m.to) continue;
    bool with_its_folder = m.by_daemon() && (m.when->act == "UpdateFolder" || m.when->act == "MoveFolder");
    if (!with_its_folder || m.from != place || m.to.empty()) break;
    place = m.to;
  }
  return place;
}

} // namespace

bool came_to_nothing(const lifeline& line, const moment& m) {
  return std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& back) {
    if (!back.by_user() || back.what->item != m.what->item || back.number() < m.number() || back.what->made() ||
        back.to.empty() || back.from == back.to)
      return false;
    const auto* taken = taken_before(line, back, &back.to);
    return taken != nullptr && taken->number() <= m.number() && was_on_the_other_side(line, *taken);
  });
}

void judge_place(const trial& t, const lifeline& line) {
  auto here = t.within.common_name(side::primary, line.at(side::primary)[0].is.place);
  auto there = t.within.common_name(side::replica, line.at(side::replica)[0].is.place);
  if (here != there) {
    auto one = t.within.locate(side::primary, line.at(side::primary)[0].is.place);
    auto two = t.within.locate(side::replica, line.at(side::replica)[0].is.place);
    if (t.folders_changed && one && two && one->of == two->of) return;
    t.violated(rule::place, line,
               "it lies in " + line.at(side::primary)[0].is.place + " at the primary and in " +
                   line.at(side::replica)[0].is.place + " at the replica.");
    return;
  }
  if (t.folders_changed) return;
  std::vector<say> all;
  const auto anew = t.began_anew(line);
  for (const auto& m : line.moments)
    if ((m.by_user() || m.planted()) && !m.to.empty() && m.from != m.to) all.push_back({&m, put_into(line, m)});
  bool right = false;
  // Where a user put an item that he gave up afterwards, or one of two that the daemon took back, may be where it lies,
  // and need not.
  auto kept = all;
  std::erase_if(kept, [&](const say& one) {
    return given_up_by_its_user(line, *one.by) || came_to_nothing(line, *one.by) ||
           (!one.by->entered() && is_made_by_daemon(line, one.by->what->item) && taken_back_beside(t, line, *one.by));
  });
  for (const auto& w : all) {
    if (w.value != here) continue;
    bool fits = true;
    for (const auto& x : last_of_each_side(kept)) {
      if (x.by == w.by || x.value == here) continue;
      bool before = x.by->number() < w.by->number() &&
                    (x.by->where == w.by->where || lay(line, w.by->where, x.value, x.by->number(), w.by->number()));
      // Moved on both sides: the primary's place. A creation is no move.
      bool loses = x.by->where == side::replica && std::any_of(all.begin(), all.end(), [&](const say& p) {
                     return p.by->where == side::primary &&
                            (!p.by->from.empty() || x.by->from.empty() || moved_by_a_detour(line, *p.by)) &&
                            !surely_moved(t, line, p, x);
                   });
      bool unknown = x.by->where == side::replica && std::any_of(anew.begin(), anew.end(), [&](std::uint64_t step) {
                       auto known = t.knows_again(line, step);
                       return known > x.by->number() && lay(line, side::primary, here, step, known);
                     });
      bool over = went_with_a_deletion(line, *x.by, *w.by) || moved_an_old_copy(t, line, *x.by, *w.by);
      if (!before && !loses && !unknown && !over) fits = false;
    }
    right = right || fits;
  }
  if (right || all.empty()) return;
  std::string moves;
  for (const auto& x : last_of_each_side(all))
    moves += " " + step_words(*x.by->when) + " put it into " + x.value + ".";
  t.violated(rule::place, line, "it lies in " + here + " on both sides, but" + moves);
}

} // namespace simulate::model
