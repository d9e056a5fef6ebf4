#pragma once

#include "tests/simulate/dice.hpp"
#include "tests/simulate/plan.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace simulate {

/// A world, and the dice of what is added to it.
struct addition {
  schedule& plan;
  dice d;
  std::uint64_t seed;

  std::int64_t end() const { return static_cast<std::int64_t>(plan.world.active_minutes) * 60'000; }
  std::int64_t some_time() { return static_cast<std::int64_t>(d.below(static_cast<std::size_t>(end()))); }
  void add(std::int64_t at, std::string who, nlohmann::json act) {
    event e{at, moment::at_once, 1, std::move(who), std::move(act)};
    if (d.chance(65)) {
      e.when = d.chance(50) ? moment::before_request : moment::after_request;
      e.nth = d.between(1, 25);
    }
    plan.events.push_back(std::move(e));
  }
  void at_once(std::int64_t at, std::string who, nlohmann::json act) {
    plan.events.push_back({at, moment::at_once, 1, std::move(who), std::move(act)});
  }
  const pair_plan& pair() { return d.one_of(plan.world.pairs); }
  std::string account_of(const std::string& who) const {
    const auto& s = *std::find_if(plan.world.servers.begin(), plan.world.servers.end(),
                                  [&](const auto& one) { return one.name == server_of(who); });
    return s.access == "direct" ? who : "service@" + s.name + ".example";
  }
  /// Labels of which none is the beginning of another.
  std::vector<std::string> labels() const {
    std::vector<std::string> all;
    for (const auto& e : plan.events)
      if (e.act.contains("folder") && e.act.contains("label") && e.act.at("label").get<std::string>().size() == 8)
        all.push_back(e.act.at("label"));
    return all;
  }
};

// What users do while the daemon is in the middle of something (draw_between.cpp).
void quick_hands(addition&);
void filing(addition&);
void cut_lists(addition&);
void second_thoughts(addition&);
void torn_lists(addition&);
void late_copies(addition&);
void moved_unseen(addition&);

// What administrators do to the entries of folders (draw_entries.cpp).
void renamed_entries(addition&);
void remapped_entries(addition&);

} // namespace simulate
