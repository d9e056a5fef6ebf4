// One-way: the source is nobody's to write but its users'; what users do on the target is left until the source changes
// the item again, or put back.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <set>

namespace simulate::model {

namespace {

struct ways {
  const trial& t;
  const lifeline& line;
  side source, target;
  model::drift drift;
  std::vector<const moment*> of_source{}, of_target{}; ///< users' moments
  bool source_has_original = false;

  void sort_out() {
    for (const auto& m : line.moments) {
      if ((!m.by_user() && !m.planted()) || (m.from.empty() && m.to.empty())) continue;
      (m.where == source ? of_source : of_target).push_back(&m);
      if (m.where == source && !m.to.empty()) source_has_original = true;
    }
  }

  static bool is_left(const std::vector<const moment*>& all) {
    const moment* last = nullptr;
    for (const auto* m : all)
      if (m->left() || m->entered()) last = m;
    return last != nullptr && last->left();
  }

  static std::vector<const moment*> before(const std::vector<const moment*>& all, std::uint64_t step) {
    std::vector<const moment*> out;
    for (const auto* m : all)
      if (m->number() < step) out.push_back(m);
    return out;
  }

  /// An administrator has what is missing put back where it was taken away.
  bool is_put_back(const moment& m) const {
    return m.what->made() && t.restored_before(m.number()) && is_left(before(of_source, m.number()));
  }

  /// Whether it gives to what was put back what a create does not carry, files say: what the target had then, and no
  /// user of the source wrote since.
  bool makes_whole(const moment& m) const {
    if (!m.what->content_changed() || m.from != m.to) return false;
    auto made = std::find_if(line.moments.begin(), line.moments.end(), [&](const moment& one) {
      return one.what->item == m.what->item && one.by_daemon() && one.where == source && is_put_back(one);
    });
    if (made == line.moments.end()) return false;
    std::set<std::string> written;
    for (auto one = made; one->number() < m.number(); ++one)
      if (one->what->item == m.what->item && one->by_user())
        for (const auto& path : changed_paths(*one->what))
          written.insert(path);
    const auto given = changed_paths(*m.what);
    return std::all_of(given.begin(), given.end(), [&](const std::string& path) {
      auto is = lifeline::value(*m.what->after, path);
      return !written.contains(path) && line.had(target, path, is, made->number(), made->number());
    });
  }

  /// Whether nobody could tell what became of a create: no answer came, or the daemon died before anything told of it.
  bool is_unknown(const moment& made, const moment& until) const {
    auto told = std::find_if(line.tellings.begin(), line.tellings.end(), [&](const telling& one) {
      return one.item == made.what->item && one.answered && one.step > made.number();
    });
    auto known = told == line.tellings.end() ? until.number() : std::min(told->step, until.number());
    return !made.when->answered || t.crashed_between(made.number(), known);
  }

  /// Whether the daemon takes out of the source one of two that it had put back there, since it did not know of one of
  /// them: to Deleted Items goes what none of its users touched, and the other one stays.
  bool takes_one_of_two_back(const moment& m) const {
    if (!m.left() || !m.what->after || !m.what->after->place.starts_with("deleteditems")) return false;
    std::map<item_number, const moment*> lie; ///< put back by the daemon
    for (const auto& one : line.moments) {
      if (one.number() >= m.number()) break;
      if (one.where != source) continue;
      if (one.by_daemon() && one.what->made()) lie[one.what->item] = &one;
      if (one.to.empty() || (one.what->item == m.what->item && !one.by_daemon())) lie.erase(one.what->item);
    }
    auto own = lie.find(m.what->item);
    return own != lie.end() && std::any_of(lie.begin(), lie.end(), [&](const auto& one) {
             return one.first != own->first && (is_unknown(*one.second, m) || is_unknown(*own->second, m));
           });
  }

  /// Nobody but users writes the source.
  bool source_written() const {
    for (const auto& m : line.moments) {
      if (m.where != source || !m.by_daemon() || (m.from.empty() && m.to.empty())) continue;
      if (is_put_back(m) || makes_whole(m) || takes_one_of_two_back(m)) continue;
      t.violated(rule::drift, line, "the pair is one-way, and its source was written in " + step_words(*m.when) + ".");
      return true;
    }
    return false;
  }

  /// Whether the source has a folder of that name, as far as anything ever lay in it.
  bool is_at_source(const std::string& name) const {
    return std::any_of(t.all.steps.begin(), t.all.steps.end(), [&](const step& one) {
      return std::any_of(one.effects.begin(), one.effects.end(), [&](const effect& what) {
        return what.after && t.within.side_of(what.after->mailbox) == source &&
               t.within.common_name(source, what.after->place) == name;
      });
    });
  }

  /// Whether the target's user brought back what was no more the source's item: while it was away the source had none
  /// of it at some time, or the daemon made another in its place.
  bool is_brought_back_as_its_own(item_number item) const {
    const moment *left = nullptr, *back = nullptr;
    for (const auto& m : line.moments) {
      if (m.what->item != item) continue;
      if (m.left()) left = &m, back = nullptr;
      if (m.entered() && m.by_user() && !m.what->made() && left != nullptr) back = &m;
    }
    if (back == nullptr) return false;
    std::set<item_number> lie;
    for (const auto& m : line.moments) {
      if (m.number() > back->number()) break;
      if (m.number() > left->number() && lie.empty()) return true;
      if (m.where == target && m.by_daemon() && m.what->made() && !m.to.empty() && m.number() > left->number())
        return true;
      if (m.where != source) continue;
      if (m.to.empty())
        lie.erase(m.what->item);
      else
        lie.insert(m.what->item);
    }
    return false;
  }

  /// Whether so many on the target are its own. What its users move into a subfolder that only they have is out of the
  /// pair. What left the source unnoticed, so that the target keeps its own, and comes back there into another folder
  /// is new: items of two folders are paired only where a mark or a search key says so.
  bool are_the_targets_own(std::size_t count) const {
    std::size_t own = 0;
    for (const auto& one : line.at(target))
      if (is_brought_back_as_its_own(one.item)) ++own;
    if (own >= count) return true;
    own = 0;
    std::set<std::string> places;
    for (const auto& one : line.at(target)) {
      auto name = t.within.common_name(target, one.is.place);
      bool moved = std::any_of(of_target.begin(), of_target.end(), [&](const moment* m) {
        return m->what->item == one.item && m->to == name && !m->from.empty() && m->from != name;
      });
      if (moved && t.within.locate(target, one.is.place)->below != "" && !is_at_source(name)) ++own;
      places.insert(name);
    }
    const moment* left = nullptr;
    for (const auto* m : of_source) {
      if (m->left()) left = t.knew_of(line, *m) ? nullptr : m;
      if (m->entered() && left != nullptr && m->to != left->from && places.contains(left->from)) ++own;
      if (m->entered()) left = nullptr;
    }
    return own >= count && (places.size() > count);
  }

  void judge_existence() const {
    auto there = line.at(target).size(), here = line.at(source).size();
    if (there > 1 && !are_the_targets_own(there - 1)) {
      t.violated(rule::doubled, line,
                 "users made it once, and it is on the target " + std::to_string(there) + " times.");
      return;
    }
    if (here > 1) {
      t.violated(rule::doubled, line,
                 "users made it once, and it is on the source " + std::to_string(here) + " times.");
      return;
    }
    bool target_left = is_left(of_target);
    bool folder_deleted = std::any_of(line.moments.begin(), line.moments.end(), [](const moment& m) {
      return m.when->act == "delete_folder" || m.when->act == "user_move_folder" || m.when->act == "user_rename_folder";
    });
    if (folder_deleted) return;
    if (!source_has_original) {
      if (target_left == (there == 0)) return;
      t.violated(target_left ? rule::came_back : rule::missing, line,
                 std::string("only the target's users made it and ") + (target_left ? "deleted it" : "kept it") +
                     ", and it is there " + (there == 0 ? "no more." : "again."));
      return;
    }
    bool target_entered = std::any_of(of_target.begin(), of_target.end(), [](const moment* m) { return m->entered(); });
    if (here == 1 && there == 0 && target_left && drift == model::drift::revert)
      t.violated(rule::drift, line, "the target's users deleted it, which is to be put back, and it is not there.");
    if (here == 1 && there == 0 && !target_left)
      t.violated(rule::missing, line,
                 "the source has it, no user of the target deleted it, and the target does not have it.");
    if (here == 0 && there == 1 && !target_entered) {
      const moment* left = nullptr;
      for (const auto* m : of_source)
        if (m->left()) left = m;
      bool known = left != nullptr && t.knew_of(line, *left);
      if (left == nullptr || t.reset_after(left->number()) || t.put_back_after(*left) ||
          t.last_reset_before(left->number()) > 0 || !known)
        return;
      t.violated(rule::came_back, line,
                 "the source's user deleted it in " + step_words(*left->when) + ", and the target still has it.");
    }
  }

  void judge_values() const {
    const auto& from = line.at(source)[0].is;
    const auto& to = line.at(target)[0].is;
    int told = 0;
    auto edits = edits_of(line);
    std::map<std::string, bool> paths;
    for (const auto* of : {&from, &to})
      for (const auto& [path, value] : *of->says)
        paths[path] = true;
    for (const auto& [path, unused] : paths) {
      auto wanted = lifeline::value(from, path), is = lifeline::value(to, path);
      if (wanted == is || t.ignores(path, from, to)) continue;
      if (drifted(path, is, to_change(path)) || planted_apart(path, wanted, is)) continue;
      if (is_written_unread(line, edits, path)) continue;
      if (!wanted.empty() && !is.empty() && left_by_pairing(t, line, edits, path)) continue;
      if (++told > 3) return;
      t.violated(drift == model::drift::revert ? rule::drift : rule::contents, line,
                 path + " is " + shown(wanted) + " on the source and " + shown(is) + " on the target.");
    }
  }

  /// The last change of a path by the source's users.
  std::uint64_t to_change(const std::string& path) const {
    std::uint64_t last = 0;
    for (const auto* m : of_source)
      if (m->what->after && (m->what->made() || m->what->content_changed())) {
        auto changed = changed_paths(*m->what);
        if (std::find(changed.begin(), changed.end(), path) != changed.end()) last = m->number();
      }
    return last;
  }

  /// Whether the target may keep what its users made of the path: the source has not changed it since. Who puts an
  /// older copy in place of the one that he has taken away makes of it what that one says.
  bool drifted(const std::string& path, const std::string& is, std::uint64_t source_changed) const {
    if (drift == model::drift::revert) return false;
    for (const auto* m : of_target) {
      if (!m->what->after || lifeline::value(*m->what->after, path) != is || m->number() < source_changed) continue;
      auto changed = changed_paths(*m->what);
      bool brought_in = m->entered() && !m->what->made();
      if (brought_in || std::find(changed.begin(), changed.end(), path) != changed.end()) return true;
    }
    return false;
  }

  bool planted_apart(const std::string& path, const std::string& wanted, const std::string& is) const {
    bool a = false, b = false;
    for (const auto& m : line.moments) {
      if (!m.planted() || !m.what->after) continue;
      if (m.where == source) a = a || lifeline::value(*m.what->after, path) == wanted;
      if (m.where == target) b = b || lifeline::value(*m.what->after, path) == is;
    }
    return a && b;
  }

  void judge_target_place() const {
    if (t.folders_changed) return;
    auto wanted = t.within.common_name(source, line.at(source)[0].is.place);
    auto is = t.within.common_name(target, line.at(target)[0].is.place);
    if (wanted == is) return;
    std::uint64_t source_moved = 0;
    for (const auto* m : of_source)
      if (m->from != m->to && !came_to_nothing(line, *m)) source_moved = m->number();
    bool left_there =
        drift == model::drift::leave && std::any_of(of_target.begin(), of_target.end(), [&](const moment* m) {
          return m->to == is && m->from != m->to && m->number() > source_moved;
        });
    if (left_there) return;
    t.violated(drift == model::drift::revert ? rule::drift : rule::place, line,
               "it lies in " + line.at(source)[0].is.place + " on the source and in " + line.at(target)[0].is.place +
                   " on the target.");
  }

  void judge_target_read() const {
    const auto& from = line.at(source)[0].is;
    const auto& to = line.at(target)[0].is;
    if (from.read == to.read || !is_mail(from) || from.place.starts_with("publicfolders") ||
        to.place.starts_with("publicfolders"))
      return;
    bool marked = std::any_of(of_target.begin(), of_target.end(),
                              [](const moment* m) { return m->what->read_changed() || m->planted(); });
    if (drift == model::drift::leave && marked) return;
    t.violated(drift == model::drift::revert ? rule::drift : rule::read_state, line,
               std::string("it is ") + (from.read ? "read" : "unread") + " on the source and " +
                   (to.read ? "read" : "unread") + " on the target.");
  }
};

} // namespace

bool are_the_targets_own(const trial& t, const lifeline& line, side target, std::size_t count) {
  ways w{t, line, other(target), target, drift::leave};
  w.sort_out();
  return w.are_the_targets_own(count);
}

void judge_one_way_item(const trial& t, const lifeline& line, side source, drift how) {
  ways w{t, line, source, other(source), how};
  w.sort_out();
  if (w.source_written()) return;
  w.judge_existence();
  if (line.at(source).size() != 1 || line.at(other(source)).size() != 1) return;
  w.judge_values();
  w.judge_target_place();
  w.judge_target_read();
}

} // namespace simulate::model
