#include "tests/simulate/plan.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

namespace simulate {

namespace {

using nlohmann::json;

constexpr std::array moments{"at once", "before request", "after request", "before commit", "after commit"};

moment moment_from(const std::string& text) {
  for (std::size_t i = 0; i < moments.size(); ++i)
    if (text == moments[i]) return static_cast<moment>(i);
  throw std::runtime_error("no such moment: " + text);
}

json world_json(const world_plan& w) {
  json servers = json::array(), pairs = json::array();
  for (const auto& s : w.servers) {
    servers.push_back({{"name", s.name}, {"version", s.version}, {"access", s.access}, {"sync_page", s.sync_page}});
    if (s.streaming) servers.back()["streaming"] = true;
  }
  for (const auto& p : w.pairs) {
    json folders = json::array();
    for (const auto& f : p.folders)
      folders.push_back({{"name", f.name},
                         {"kind", f.kind},
                         {"primary", f.primary},
                         {"replica", f.replica},
                         {"subfolders", f.subfolders}});
    pairs.push_back({{"name", p.name},
                     {"primary", p.primary},
                     {"replica", p.replica},
                     {"direction", p.direction},
                     {"drift", p.drift},
                     {"unchangeable", p.unchangeable},
                     {"meetings", p.meetings},
                     {"start_date", p.start_date},
                     {"poll_seconds", p.poll_seconds},
                     {"folders", folders}});
  }
  return {{"servers", servers},
          {"pairs", pairs},
          {"noise", w.noise},
          {"active_minutes", w.active_minutes},
          {"schemas", w.schemas}};
}

world_plan world_from(const json& j) {
  world_plan w;
  for (const auto& s : j.at("servers"))
    w.servers.push_back(
        {s.at("name"), s.at("version"), s.at("access"), s.at("sync_page"), s.value("streaming", false)});
  for (const auto& p : j.at("pairs")) {
    pair_plan made;
    made.name = p.at("name");
    made.primary = p.at("primary");
    made.replica = p.at("replica");
    made.direction = p.at("direction");
    made.drift = p.at("drift");
    made.unchangeable = p.at("unchangeable");
    made.meetings = p.at("meetings");
    made.start_date = p.at("start_date");
    made.poll_seconds = p.at("poll_seconds");
    for (const auto& f : p.at("folders"))
      made.folders.push_back({f.at("name"), f.at("kind"), f.at("primary"), f.at("replica"), f.at("subfolders")});
    w.pairs.push_back(std::move(made));
  }
  w.noise = j.at("noise");
  w.active_minutes = j.at("active_minutes");
  w.schemas = j.at("schemas");
  return w;
}

json event_json(const event& e) {
  json out{{"at", e.at}, {"act", e.act}};
  if (e.when != moment::at_once) {
    out["when"] = name_of(e.when);
    out["nth"] = e.nth;
  }
  if (!e.who.empty()) out["who"] = e.who;
  return out;
}

event event_from(const json& j) {
  event e;
  e.at = j.at("at");
  e.when = j.contains("when") ? moment_from(j.at("when")) : moment::at_once;
  e.nth = j.value("nth", 1);
  e.who = j.value("who", "");
  e.act = j.at("act");
  return e;
}

} // namespace

const char* name_of(moment m) {
  return moments[static_cast<std::size_t>(m)];
}

std::string server_of(const std::string& address) {
  const auto at = address.find('@') + 1;
  return address.substr(at, address.find('.', at) - at);
}

bool is_public(const std::string& address) {
  return address.starts_with("publicfolders@");
}

std::string box_of(const std::string& address) {
  return is_public(address) ? "publicfolders" : address;
}

act_class class_of(const event& e) {
  static const std::set<std::string> admin{"stop",
                                           "start",
                                           "sync",
                                           "approve",
                                           "lift",
                                           "settings",
                                           "plan",
                                           "restore",
                                           "resync",
                                           "pair away",
                                           "pair back",
                                           "keep state",
                                           "forget pair",
                                           "ban",
                                           "password",
                                           "verify",
                                           "rename entry",
                                           "take entry out",
                                           "put entry back",
                                           "remap entry",
                                           "map entry back",
                                           "give subfolder an entry",
                                           "end entry of subfolder"};
  static const std::set<std::string> faults{"fault",
                                            "invalidate_sync_states",
                                            "recreate_mailbox",
                                            "touch",
                                            "denied",
                                            "set_quota",
                                            "clock",
                                            "disk full",
                                            "old state",
                                            "lose_subscriptions",
                                            "drop_connections",
                                            "restart_server",
                                            "set_limits"};
  const std::string what = e.act.at("do");
  if (what == "crash") return act_class::crash;
  if (admin.contains(what)) return act_class::admin;
  return faults.contains(what) ? act_class::fault : act_class::user;
}

std::string to_text(const schedule& s) {
  std::string text = "{\"world\": " + world_json(s.world).dump() + ",\n \"events\": [";
  for (std::size_t i = 0; i < s.events.size(); ++i)
    text += (i == 0 ? "\n  " : ",\n  ") + event_json(s.events[i]).dump();
  return text + "\n ]}\n";
}

schedule schedule_from_text(const std::string& text) {
  try {
    const auto j = json::parse(text);
    schedule s;
    s.world = world_from(j.at("world"));
    for (const auto& e : j.at("events"))
      s.events.push_back(event_from(e));
    return s;
  } catch (const json::exception& wrong) {
    throw std::runtime_error(std::string("no schedule: ") + wrong.what());
  }
}

} // namespace simulate
