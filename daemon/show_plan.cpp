#include "daemon/show.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

// What a dry run found, as its readers see it.
namespace exsyncd {
namespace {

using nlohmann::json;
using kind = planned_step::kind;

std::string show(kind what) {
  static constexpr std::array names{"link", "create", "update", "replace", "set_read",
                                    "move", "delete", "refuse", "leave"};
  return names.at(static_cast<std::size_t>(what));
}

json show(const planned_step& step) {
  json j{{"do", show(step.what)}, {"subject", step.subject}, {"class", show(step.item_class)}};
  if (step.on) j["on"] = show(*step.on);
  if (!step.id.empty()) j["id"] = step.id.value;
  if (!step.fields.empty()) j["fields"] = show(step.fields);
  if (step.read) j["read"] = *step.read;
  if (!step.to.empty()) j["to"] = step.to.value;
  if (!step.reason.empty()) j["reason"] = step.reason;
  if (step.loser) j["loses"] = show(*step.loser);
  return j;
}

json show(const pair_plan::of_folder_pair& folder) {
  json j{{"tasks", json::array()}, {"counts", json::object()}};
  std::uint64_t all = 0;
  for (const auto& [what, count] : folder.counts) {
    j["counts"][what.second ? show(what.first) + " on " + show(*what.second) : show(what.first)] = count;
    all += count;
  }
  for (const auto& step : folder.steps)
    j["tasks"].push_back(show(step));
  if (all > folder.steps.size()) j["not_named"] = all - folder.steps.size();
  if (folder.held)
    j["frozen"] = {{"reason", folder.held->reason},
                   {"since", show_time(folder.held->since)},
                   {"hint", "nothing of this is done until pair.approve; pair.restore puts back what has left"}};
  return j;
}

json show(const std::vector<planned_folder_act>& acts) {
  static constexpr std::array names{"create", "rename", "move"};
  auto list = json::array();
  for (const auto& a : acts)
    list.push_back({{"do", names.at(static_cast<std::size_t>(a.what))}, {"name", a.name}, {"where", a.where}});
  return list;
}

} // namespace

json show(const pair_plan& plan) {
  json j{
      {"folders", json::object()}, {"errors", show(plan.failures)}, {"waiting", plan.waiting}, {"banned", plan.banned}};
  for (const auto& [name, folder] : plan.folder_pairs)
    j["folders"][name.value] = show(folder);
  for (const auto s : both_sides)
    if (!plan.folders[s].empty()) j["folders_changed"][show(s)] = show(plan.folders[s]);
  return j;
}

} // namespace exsyncd
