#include "tests/simulate/model/lifeline.hpp"

#include <algorithm>
#include <set>

namespace simulate::model {

std::string lifeline::value(const snapshot& of, const std::string& path) {
  if (!of.says) return {};
  auto found = of.says->find(path);
  return found == of.says->end() ? std::string() : found->second;
}

bool lifeline::had(side s, const std::string& path, const std::string& wanted, std::uint64_t from,
                   std::uint64_t to) const {
  // What a step left is there until the next step that touches the same holder.
  std::map<item_number, bool> has;
  for (const auto& m : moments) {
    if (m.where != s) continue;
    if (m.number() >= to) break;
    bool now = m.what->after && value(*m.what->after, path) == wanted;
    if (m.number() >= from && (now || has[m.what->item])) return true;
    has[m.what->item] = now;
  }
  return std::any_of(has.begin(), has.end(), [](const auto& one) { return one.second; });
}

bool lifeline::was_given(side s, const std::string& path, const std::string& wanted, std::uint64_t from,
                         std::uint64_t to) const {
  return std::any_of(moments.begin(), moments.end(), [&](const moment& m) {
    return m.where == s && m.by_daemon() && m.number() > from && m.number() < to && m.what->after &&
           value(*m.what->after, path) == wanted;
  });
}

std::vector<std::string> changed_paths(const effect& what) {
  static const contents none;
  const auto& before = what.before && what.before->says ? *what.before->says : none;
  const auto& after = what.after && what.after->says ? *what.after->says : none;
  std::vector<std::string> out;
  for (const auto& [path, now] : after)
    if (auto was = before.find(path); was == before.end() || was->second != now) out.push_back(path);
  for (const auto& [path, was] : before)
    if (!after.contains(path)) out.push_back(path);
  return out;
}

std::string field_of(const std::string& path) {
  auto second = path.find('/', 1);
  if (second == path.npos) return path;
  auto top = path.substr(0, second);
  if (top != "/contact" && top != "/task" && top != "/appointment") return top;
  auto third = path.find('/', second + 1);
  // Each occurrence that was changed is one field.
  if (path.starts_with("/appointment/modified/") && third != path.npos) third = path.find('/', third + 1);
  return path.substr(0, third);
}

std::map<std::string, lifeline> lifelines_of(const scope& within, const history& all, const final_contents& now) {
  std::map<std::string, lifeline> out;
  auto label_of = [&](item_number item) {
    auto found = all.labels.find(item);
    return found == all.labels.end() ? std::string() : found->second;
  };
  auto line_of = [&](item_number item) -> lifeline& {
    auto label = label_of(item);
    auto& line = out[label];
    line.label = label;
    return line;
  };
  for (const auto& step : all.steps) {
    for (const auto& what : step.effects) {
      const auto& is = what.after ? *what.after : *what.before;
      auto where = within.side_of(is.mailbox);
      if (!where) continue;
      auto& line = line_of(what.item);
      moment m{&step, &what, *where, {}, {}};
      if (what.before) m.from = within.common_name(*where, what.before->place);
      if (what.after) m.to = within.common_name(*where, what.after->place);
      for (const auto& place : {what.before, what.after})
        if (place && within.is_open(*where, place->place)) line.in_the_open = true;
      line.moments.push_back(std::move(m));
    }
    for (const auto& one : step.told)
      if (auto found = out.find(label_of(one.item)); found != out.end())
        found->second.tellings.push_back({step.number, one.item, one.as, step.answered && !step.rehearsed});
  }
  for (const auto& one : now) {
    auto where = within.side_of(one.is.mailbox);
    if (!where || !within.locate(*where, one.is.place)) continue;
    line_of(one.item).now[*where == side::primary ? 0 : 1].push_back(one);
  }
  return out;
}

bool given_up_by_its_user(const lifeline& line, const moment& by) {
  const moment* last = nullptr;
  for (const auto& m : line.moments)
    if (m.what->item == by.what->item && m.number() > by.number() && m.from != m.to && (m.left() || m.entered()))
      last = &m;
  return last != nullptr && last->left() && last->by_user();
}

std::vector<say> last_of_each_side(const std::vector<say>& all) {
  std::vector<say> out;
  for (auto s : {side::primary, side::replica}) {
    const say* last = nullptr;
    for (const auto& one : all)
      if (one.by->where == s) last = &one;
    if (last != nullptr) out.push_back(*last);
  }
  return out;
}

} // namespace simulate::model
