// How many items of one label there are to be: what users made, copied and put back, counted from when both sides held
// none of it. Two rules say what instances of one item are that users put back:
// beside another one in one mailbox they see two, and whether the daemon can tell is open: one and two are right;
// one on each side is one item, unless the daemon made a copy of the one before a list had told it of the other.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace simulate::model {

int originals::least() const {
  // Copies that users made on both sides may be each other's.
  return std::max(put[0], put[1]) + std::max(made[0], made[1]);
}

int originals::most() const {
  return std::max(put[0], put[1]) + made[0] + made[1] + reborn + together + unlike;
}

bool originals::is_one() const {
  return std::max(put[0], put[1]) + made[0] + made[1] + together <= 1;
}

namespace {

struct counting {
  const trial& t;
  const lifeline& line;
  originals out{};
  std::set<item_number> lying[2]{};             ///< in the folder pairs, by side
  std::set<item_number> known{}, here_before{}; ///< in folder pairs at any time; since both sides held none
  std::set<item_number> put_out{};              ///< by the daemon
  std::set<item_number> taken_away[2]{};        ///< by users of that side
  std::set<item_number> replacing[2]{};         ///< made by the daemon beside what says something else
  std::map<item_number, std::uint64_t> alone{}; ///< where users put it when nothing lay there, and since when

  void begin(const moment& m) {
    bool apart = out.apart;
    out = {};
    out.since = m.number();
    out.apart = apart;
    here_before.clear();
    put_out.clear();
    for (auto& of : taken_away)
      of.clear();
  }

  /// How many there are to be as things stand.
  int now() const {
    auto gone = static_cast<int>(std::max(taken_away[0].size(), taken_away[1].size()));
    return out.most() - out.reborn - gone;
  }

  /// One more than users made has come to lie beside others.
  void lies_beside_others(int at) {
    if (static_cast<int>(lying[at].size()) > now()) ++out.together;
  }

  void planted(const moment& m, int at) {
    bool opposite = std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& one) {
      return one.planted() && one.where != m.where && one.to == m.to;
    });
    if (out.put[1 - at] > 0 && !opposite) out.apart = true;
    ++out.put[at];
  }

  void enters(const moment& m, int at) {
    auto item = m.what->item;
    bool beside = !lying[at].empty(), back = here_before.contains(item);
    if (lying[0].empty() && lying[1].empty()) begin(m), back = false;
    bool instead = !beside && !back && !taken_away[at].empty();
    taken_away[at].erase(item);
    lying[at].insert(item);
    if (m.planted()) return planted(m, at);
    if (instead || (beside && !known.contains(item))) {
      ++out.made[at];
    } else if (beside) {
      // What the daemon had put out, or lay here before all was gone, is one more for the user who brings it back,
      // whatever the other side's users made meanwhile that has not come over yet.
      if (put_out.contains(item) || !here_before.contains(item))
        ++out.together;
      else
        lies_beside_others(at);
    } else {
      alone[item] = m.number();
      if (back && !put_out.contains(item)) return;
      if (back)
        ++out.reborn;
      else
        out.put[at] = std::max(out.put[at], 1);
    }
  }

  /// Whether a list had told of it when the daemon asked for what it made in `made`, and no crash took the list.
  bool is_listed(item_number item, const moment& made) const {
    auto next_of_daemon = [&](std::uint64_t told) {
      auto next = std::find_if(t.all.steps.begin(), t.all.steps.end(),
                               [&](const step& one) { return one.by == step::who::daemon && one.number > told; });
      return next == t.all.steps.end() ? told : next->number;
    };
    return std::any_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == item && one.answered && one.step > alone.at(item) && one.step < made.number() &&
             t.all.steps[one.step - 1].at <= made.when->asked && !t.crashed_between(one.step, next_of_daemon(one.step));
    });
  }

  /// Whether the daemon lost its state after it had asked for what it made, without an answer, and before a list had
  /// told it that this has come: from then on nobody knows a copy that comes late from one that a user has made.
  bool is_forgotten(const moment& made) const {
    if (made.when->answered) return false;
    auto told = std::find_if(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == made.what->item && one.answered && one.step > made.number();
    });
    return std::any_of(t.forgot.begin(), t.forgot.end(), [&](std::uint64_t one) {
      return t.all.steps[one - 1].at >= made.when->asked && (told == line.tellings.end() || one < told->step);
    });
  }

  void made_by_daemon(const moment& m, int at) {
    bool unlisted = std::any_of(lying[at].begin(), lying[at].end(),
                                [&](item_number one) { return alone.contains(one) && !is_listed(one, m); });
    const auto forgotten = is_forgotten(m);
    const auto before = out.together;
    if (says_otherwise(m, at)) replacing[at].insert(m.what->item);
    lying[at].insert(m.what->item);
    if (unlisted || forgotten) lies_beside_others(at);
    if (forgotten) out.forgotten[at] += out.together - before;
  }

  /// Whether something else lies there that it may be put in place of.
  bool says_otherwise(const moment& made, int at) const {
    std::map<item_number, const snapshot*> is;
    for (const auto& m : line.moments)
      if (m.number() < made.number() && lying[at].contains(m.what->item) && m.what->after)
        is[m.what->item] = &*m.what->after;
    return std::any_of(is.begin(), is.end(), [&](const auto& one) {
      return one.second->says && made.what->after->says && *one.second->says != *made.what->after->says;
    });
  }

  /// The daemon loses its state: what it was about to replace, and what was to stand in its place, are two from now on
  /// (ARCHITECTURE, limits).
  void forgets() {
    for (int at : {0, 1})
      if (std::any_of(lying[at].begin(), lying[at].end(), [&](item_number one) { return replacing[at].contains(one); }))
        lies_beside_others(at);
  }

  void leaves(const moment& m, int at) {
    auto item = m.what->item;
    if (lying[at].erase(item) == 0) return;
    alone.erase(item);
    if (m.by_daemon())
      put_out.insert(item);
    else
      taken_away[at].insert(item);
    if (!m.by_daemon()) out.kept = !lying[at].empty() && taken_away[1 - at].empty();
  }

  void pass(const moment& m) {
    auto at = m.where == side::primary ? 0 : 1;
    auto item = m.what->item;
    if (m.to.empty()) return leaves(m, at);
    if (!lying[at].contains(item)) {
      if (!m.by_daemon())
        enters(m, at);
      else if (m.what->made())
        made_by_daemon(m, at);
      lying[at].insert(item);
    }
    known.insert(item);
    here_before.insert(item);
    put_out.erase(item);
  }
};

} // namespace

originals originals_of(const trial& t, const lifeline& line) {
  counting all{t, line};
  std::uint64_t last = 0;
  for (const auto& m : line.moments) {
    if (std::any_of(t.forgot.begin(), t.forgot.end(),
                    [&](std::uint64_t one) { return one > last && one < m.number(); }))
      all.forgets();
    all.pass(m);
    last = m.number();
  }
  all.out.unlike = static_cast<int>(found_unlike(t, line));
  return all.out;
}

namespace {

/// Whether the daemon had asked for the removal of the old copy since it made the new one, no answer came, and nothing
/// told of the old one before its user took it away: it takes that for its own removal (ARCHITECTURE, limits).
bool was_to_be_removed(const trial& t, const lifeline& line, const moment& left, std::uint64_t made) {
  return std::any_of(t.all.removals.begin(), t.all.removals.end(), [&](const unanswered_removal& asked) {
    bool of_it = std::find(asked.items.begin(), asked.items.end(), left.what->item) != asked.items.end();
    if (!of_it || asked.after < made || asked.after >= left.number()) return false;
    return std::none_of(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == left.what->item && one.answered && one.step > asked.after && one.step < left.number();
    });
  });
}

} // namespace

bool trial::is_one_of_two(const lifeline& line, const moment& left) const {
  std::set<item_number> lying[2];
  std::map<item_number, std::uint64_t> made_at;
  std::map<item_number, std::set<item_number>> made_beside, cut_beside; ///< by the daemon; where it was cut
  auto here = left.where == side::primary ? 0 : 1;
  for (const auto& m : line.moments) {
    if (m.number() >= left.number()) break;
    auto& lie = lying[m.where == side::primary ? 0 : 1];
    bool cut = !m.when->answered || crashed_between(m.number(), left.number());
    if (m.by_daemon() && m.what->made()) made_at[m.what->item] = m.number();
    if (m.by_daemon() && m.what->made() && !m.to.empty()) (cut ? cut_beside : made_beside)[m.what->item] = lie;
    if (m.to.empty())
      lie.erase(m.what->item);
    else
      lie.insert(m.what->item);
  }
  if (lying[1 - here].empty() || lying[here].size() <= lying[1 - here].size()) return false;
  // Who goes on writing the other one wants it, in the middle of a replacement too.
  auto written = [&](item_number other) {
    for (const auto& m : line.moments) {
      if (m.number() <= left.number() || m.what->item != other) continue;
      if (m.to.empty()) return false;
      if (m.by_user() && m.what->content_changed()) return true;
    }
    return false;
  };
  // A replacement is withdrawn where its user has touched the old copy meanwhile: the new one is to go anyway.
  auto withdrawn = [&](item_number old) {
    auto made = made_at.find(left.what->item);
    return made != made_at.end() && made_beside[left.what->item].contains(old) &&
           std::any_of(line.moments.begin(), line.moments.end(), [&](const moment& m) {
             return m.what->item == old && m.by_user() && m.what->content_changed() && m.number() > made->second &&
                    m.number() < left.number();
           });
  };
  auto beside = [&](std::map<item_number, std::set<item_number>>& of, item_number other) {
    return of[left.what->item].contains(other) || of[other].contains(left.what->item);
  };
  return std::any_of(lying[here].begin(), lying[here].end(), [&](item_number other) {
    return beside(cut_beside, other) || (beside(made_beside, other) && written(other)) || withdrawn(other) ||
           (made_beside[other].contains(left.what->item) && was_to_be_removed(*this, line, left, made_at[other]));
  });
}

} // namespace simulate::model
