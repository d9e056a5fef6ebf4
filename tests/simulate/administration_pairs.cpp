// What administrators do to settings, and to what is known of single items.
#include "tests/simulate/stage.hpp"

#include "storage/store.hpp"

#include <nlohmann/json.hpp>

namespace simulate {

using namespace exsyncd;
using nlohmann::json;

void stage::settings_changed() {
  if (!process_ || dead_) return;
  // What other settings mean ends its round.
  watcher_.recorder().administrator(world_time(), model::act::stopped);
  process_->ask<reconfigured>(reconfigure{configured()}, [this, out = away_](const reconfigured&) {
    for (const auto& name : out)
      if (away_.contains(name)) ended_.insert(name);
  });
}

void stage::set_away(const std::string& name, bool away) {
  if (away)
    away_.insert(name);
  else
    away_.erase(name);
  ended_.erase(name);
  watcher_.recorder().administrator(world_time(), model::act::away, name);
}

std::string stage::change_settings(json& act) {
  const std::string what = act.at("do");
  if (what == "password") {
    // It was changed at the server, or mistyped in the settings; somebody puts it right.
    const auto server = act.at("server").get<std::string>();
    if (act.at("right").get<bool>() ? wrong_passwords_.erase(server) == 0 : !wrong_passwords_.insert(server).second)
      return "it is so already";
    settings_changed();
    return {};
  }
  const auto name = act.at("pair").get<std::string>();
  if (what == "pair away" || what == "pair back") {
    if (what == "pair back" && !away_.contains(name)) return "it is there";
    set_away(name, what == "pair away");
    settings_changed();
    return {};
  }
  for (auto& p : pairs_)
    if (p.name == name) {
      for (const auto& [setting, value] : act.at("set").items()) {
        if (setting == "direction") p.direction = value;
        if (setting == "drift") p.drift = value;
        if (setting == "unchangeable") p.unchangeable = value;
        if (setting == "meetings") p.meetings = value;
        if (setting == "start_date") p.start_date = value;
        if (setting == "poll_seconds") p.poll_seconds = value;
      }
      settings_became(p.name);
      settings_changed();
      return {};
    }
  return "no such pair";
}

std::string stage::ban(json& act) {
  memory_engine copy(disk_.synced());
  store records(copy, [] { return std::string("none"); });
  if (records.open()) return "the store cannot be read";
  std::vector<twin> open;
  const auto pair = act.at("pair").get<std::string>();
  for (const auto& t : records.browse(""))
    if (t.pair.value == pair && !t.buried && (t.seen.primary || t.seen.replica)) open.push_back(t);
  if (open.empty()) return "there is no such item";
  const auto& chosen = open[act.at("pick").get<std::uint64_t>() % open.size()];
  for (const side s : both_sides)
    if (chosen.seen[s]) {
      const auto label = watcher_.recorder().label_of(id_at_server(chosen.seen[s]->item));
      act["item"] = label;
      excuses_.push_back({label, false});
    }
  trouble why;
  why.code = banned_by_administrator;
  why.what = "an administrator wants it to be left alone";
  why.banned = true;
  why.since = utc_seconds(std::chrono::floor<std::chrono::seconds>(world_time().time_since_epoch()));
  for (const side s : both_sides)
    if (chosen.seen[s]) why.at[s] = chosen.seen[s]->key;
  process_->ask_ledger<stored>(note_troubles{{{chosen.id, why}}}, [](const stored&) {});
  return {};
}

} // namespace simulate
