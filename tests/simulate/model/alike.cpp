// Items of different labels that both sides brought in at the same time and that go by one name: pairing full mailboxes
// may take them for one item (ARCHITECTURE, "Two full mailboxes are paired one to one"), so neither is owed.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <limits>

namespace simulate::model {

namespace {

constexpr auto never = std::numeric_limits<std::uint64_t>::max();

/// What an item goes by: a mail's Message-ID, else its subject; the name of a contact; the subject of a task.
std::string name_of_item(const snapshot& is) {
  auto of = [&](const char* path) { return lifeline::value(is, path); };
  if (is_mail(is)) return of("/message_id").empty() ? "subject " + of("/subject") : "id " + of("/message_id");
  auto kind = of("/class");
  if (kind.find("Contact") != kind.npos) return "contact " + of("/contact/GivenName") + of("/contact/Surname");
  if (kind.find("Task") != kind.npos) return "task " + of("/subject");
  return {};
}

struct newcomer {
  std::string label;
  side from = side::primary;
  std::uint64_t made = never, carried = never;
  std::set<std::string> names{};
};

/// What one side's users brought in of a label, each time until the daemon carried it to the other. What left the other
/// side unnoticed, since a list from the beginning does not tell of it, is made there again: it is as good as new.
std::vector<newcomer> newcomers_of(const trial& t, const lifeline& line, side from) {
  std::vector<newcomer> out;
  std::set<item_number> there;
  std::set<std::string> last;
  for (const auto& m : line.moments) {
    if (m.where != from) {
      if (m.to.empty())
        there.erase(m.what->item);
      else
        there.insert(m.what->item);
      if (m.left() && m.by_user() && there.empty() && !last.empty() && !t.knew_of(line, m))
        out.push_back({line.label, from, m.number(), never, last});
    } else if (auto name = name_of_item(last_look(m)); m.to.empty() || name.empty()) {
      last.clear();
    } else {
      last = {name};
    }
    bool open = !out.empty() && out.back().carried == never;
    if (m.where != from && m.by_daemon() && m.what->made() && open) out.back().carried = m.number();
    if (m.where != from || m.by_daemon() || m.to.empty()) continue;
    if ((m.what->made() || m.entered()) && (!open || out.back().made == never))
      out.push_back({line.label, from, m.number(), never, {}});
    if (out.empty() || out.back().carried != never) continue;
    if (auto name = name_of_item(*m.what->after); !name.empty()) out.back().names.insert(name);
  }
  return out;
}

} // namespace

std::set<std::string> labels_that_may_be_linked(const trial& t, const std::map<std::string, lifeline>& lines) {
  std::map<std::string, std::vector<newcomer>> by_name;
  for (const auto& [label, line] : lines)
    for (auto from : {side::primary, side::replica})
      for (const auto& one : newcomers_of(t, line, from))
        for (const auto& name : one.names)
          if (!label.empty()) by_name[name].push_back(one);
  std::set<std::string> out;
  for (const auto& [name, all] : by_name)
    for (const auto& a : all)
      for (const auto& b : all) {
        if (a.label == b.label) continue;
        // After a start from the mailboxes' contents everything is new once more.
        bool both_new = a.from != b.from && a.carried > b.made && b.carried > a.made;
        if (both_new || t.paired_again) out.insert({a.label, b.label});
      }
  return out;
}

} // namespace simulate::model
