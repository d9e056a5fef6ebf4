// Pairs that share mailboxes: what comes from one is carried on by the other, so of an item it is only counted how
// often each mailbox holds it, over all pairs.
#include "tests/simulate/model/trial.hpp"

#include <algorithm>
#include <set>

namespace simulate::model {

namespace {

bool lies_in_a_pair(const std::vector<const pair_settings*>& pairs, const std::string& mailbox,
                    const std::string& place) {
  return std::any_of(pairs.begin(), pairs.end(), [&](const pair_settings* pair) {
    scope within(*pair);
    for (auto s : {side::primary, side::replica})
      if ((s == side::primary ? pair->primary : pair->replica) == mailbox && within.locate(s, place)) return true;
    return false;
  });
}

struct tally {
  std::map<std::string, std::size_t> planted, now; ///< by mailbox
  std::size_t made = 0, left = 0;
  std::set<item_number> lying{};              ///< in folder pairs now
  std::map<item_number, std::uint64_t> out{}; ///< since which step an item of the pairs lies in none
  std::uint64_t died = 0;                     ///< the last step after which none was left
  std::set<item_number> put_out{};            ///< of those, what the daemon put there
  std::set<item_number> returned{}; ///< what users brought back beside another one, so that it may be one more

  void pass(const step& by, item_number item, bool lies) {
    if (!lies) {
      if (lying.erase(item) == 0) return;
      out[item] = by.number;
      if (by.by == step::who::daemon) put_out.insert(item);
      if (lying.empty()) died = by.number;
      return;
    }
    auto left = out.find(item);
    // Once it was gone everywhere, two users who bring back what was theirs may have two of it. Who puts the old copy
    // of a replacement back beside the one that stands in its place has two as well.
    bool back = left != out.end() && by.by == step::who::user && !lying.empty();
    if (back && (left->second <= died || put_out.contains(item))) returned.insert(item);
    put_out.erase(item);
    lying.insert(item);
  }
};

} // namespace

void judge_shared(const std::vector<const pair_settings*>& pairs, const history& all, const final_contents& now,
                  std::vector<violation>& found) {
  std::map<std::string, tally> labels;
  std::set<item_number> counted;
  for (const auto& step : all.steps)
    for (const auto& what : step.effects) {
      auto label = all.labels.find(what.item);
      if (label == all.labels.end() || label->second.empty()) continue;
      auto lay = what.before && lies_in_a_pair(pairs, what.before->mailbox, what.before->place);
      auto lies = what.after && lies_in_a_pair(pairs, what.after->mailbox, what.after->place);
      auto& of = labels[label->second];
      of.pass(step, what.item, lies);
      bool users = step.by == step::who::user || step.by == step::who::transport;
      if (lay && !lies && step.by == step::who::user) ++of.left;
      if (step.by == step::who::daemon) counted.insert(what.item);
      if (!lies || !users || !counted.insert(what.item).second) continue;
      if (step.by == step::who::transport)
        ++of.planted[what.after->mailbox];
      else
        ++of.made;
    }
  for (const auto& one : now) {
    if (one.is.label.empty() || !lies_in_a_pair(pairs, one.is.mailbox, one.is.place)) continue;
    ++labels[one.is.label].now[one.is.mailbox];
  }
  for (const auto& [label, of] : labels) {
    std::size_t planted = 0, there = 0;
    for (const auto& [mailbox, count] : of.planted)
      planted = std::max(planted, count);
    for (const auto& [mailbox, count] : of.now) {
      there += count;
      if (count > planted + of.made + of.returned.size())
        found.push_back({rule::doubled,
                         label,
                         {},
                         label + ": users made " + std::to_string(planted + of.made) + ", and " + mailbox + " holds " +
                             std::to_string(count) + " of it."});
    }
    if (there == 0 && of.left == 0 && planted + of.made > 0)
      found.push_back({rule::missing, label, {}, label + ": no user deleted it, and no mailbox holds it."});
  }
}

} // namespace simulate::model
