// An entry meant another folder for a while: what is missing is created from the other side, and nothing is deleted.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>

namespace simulate::model {

void judge_remapped(const trial& t, const lifeline& line) {
  if (t.may_be_linked.contains(line.label)) return;
  std::size_t planted[2] = {0, 0}, made = 0;
  bool taken_away = false;
  const moment* deleted = nullptr; ///< by a user, after the entries had their own folders again
  for (const auto& m : line.moments) {
    if (m.by_daemon()) continue;
    if (m.entered()) deleted = nullptr;
    if (m.by_user() && m.left() && !t.reset_after(m.number()) && t.knew_of(line, m)) deleted = &m;
    taken_away = taken_away || t.takes_away(m);
    bool counts = m.entered() || (m.what->made() && t.is_for_a_while(m.where, m.what->after));
    if (!counts) continue;
    if (m.planted())
      ++planted[m.where == side::primary ? 0 : 1];
    else
      ++made;
  }
  auto most = std::max(planted[0], planted[1]) + made;
  auto p = line.at(side::primary).size(), r = line.at(side::replica).size();
  auto words = "users brought in " + std::to_string(most) + " of it, and the primary holds it " + std::to_string(p) +
               " times and the replica " + std::to_string(r) + " times.";
  if (p > most || r > most)
    t.violated(rule::doubled, line, words);
  else if (deleted != nullptr && most == 1 && p + r > 0 && !t.put_back_after(*deleted))
    t.violated(rule::came_back, line, "its user deleted it in " + step_words(*deleted->when) + "; " + words);
  else if (!taken_away && most > 0 && (p == 0 || r == 0))
    t.violated(rule::missing, line, words);
}

} // namespace simulate::model
