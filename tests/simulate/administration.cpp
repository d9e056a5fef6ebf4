// When things happen, and what administrators, servers and machines do.
#include "tests/exchange_sim/faults.hpp"
#include "tests/simulate/stage.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace simulate {

using namespace exsyncd;
using nlohmann::json;

namespace {

/// A batch of 25 items that are begun already, each with a request of its own, and a few besides.
constexpr std::uint64_t most_writes_while_halting = 35;

} // namespace

void stage::arm_due() {
  while (!left_alone_ && !dead_ && next_event_ < plan_.events.size() && plan_.events[next_event_].at <= now()) {
    const auto number = next_event_++;
    const auto& e = plan_.events[number];
    if (e.when == moment::at_once)
      perform(number, "");
    else
      armed_.push_back({number, e.nth});
  }
}

void stage::fire(moment when, const std::string& operation) {
  if (armed_.empty()) return;
  std::vector<std::size_t> due;
  for (auto& a : armed_) {
    const auto& e = plan_.events[a.number];
    if (e.when != when) continue;
    // A crash, and who acts upon what is being written, may wait for one kind of request.
    const auto only = e.act.value(class_of(e) == act_class::crash ? "operation" : "at_operation", "");
    if ((only.empty() || only == operation) && --a.left <= 0) due.push_back(a.number);
  }
  if (due.empty()) return;
  std::erase_if(armed_, [&](const armed& a) { return std::find(due.begin(), due.end(), a.number) != due.end(); });
  for (const auto number : due)
    perform(number,
            std::string(when == moment::before_request || when == moment::before_commit ? "before " : "after ") +
                operation);
}

void stage::perform(std::size_t number, const std::string& where) {
  auto& e = plan_.events[number];
  watcher_.recorder().setting_up(e.at < 0);
  const std::string what = e.act.at("do");
  std::string refused;
  const auto of = class_of(e);
  switch (of) {
  case act_class::user:
    refused = user_act(e.who, e.act);
    break;
  case act_class::admin:
    refused = administer(e.act);
    break;
  case act_class::fault:
    refused = fault(e, e.act);
    break;
  case act_class::crash:
    if (process_ && !dead_)
      crash(e.act, where);
    else
      refused = "the daemon is not running";
    break;
  }
  say([&] {
    auto shown = e.act;
    shown.erase("do");
    const char* names[] = {"user", "administrator", "fault", "crash"};
    return std::string("** ") + names[static_cast<int>(of)] + (e.who.empty() ? "" : " " + e.who) +
           (where.empty() ? "" : " (" + where + ")") + ": " + what + (shown.empty() ? "" : " " + shown.dump()) +
           (refused.empty() ? "" : " — refused: " + refused);
  });
  if (!refused.empty()) return;
  happened_[number] = true;
  auto& c = result_.counts;
  switch (of) {
  case act_class::user:
    if (e.at >= 0) ++c.user_actions;
    cover("user: " + what);
    break;
  case act_class::admin:
    ++c.admin_actions;
    cover("admin: " + what);
    break;
  case act_class::fault:
    ++c.faults[what == "fault" ? e.act.at("what").get<std::string>() : what];
    break;
  case act_class::crash:
    ++c.crashes;
    cover(where.empty() ? "crash: idle" : "crash: " + where);
    break;
  }
}

std::string stage::fault(const event& e, json& act) {
  const std::string what = act.at("do");
  if (what == "touch") return user_act(e.who, act);
  if (what == "clock") {
    clock_error_ += act.at("seconds").get<std::int64_t>();
    return {};
  }
  if (what == "old state") {
    if (!kept_state_) return "none was kept";
    if (!process_ || dead_) return "the daemon is not running";
    watcher_.recorder().administrator(world_time(), model::act::older_state);
    watcher_.recorder().administrator(world_time(), model::act::lists_lost);
    old_state_ = kept_state_;
    downtime_ = act.value("down", 1000);
    dead_ = true;
    return {};
  }
  if (what == "disk full") {
    disk_full_ = act.at("full").get<bool>();
    return {};
  }
  json command = act;
  command.erase("at_operation");
  if (what == "denied") {
    command["do"] = act.at("denied").get<bool>() ? "deny" : "allow";
    command.erase("denied");
    if (!act.at("denied").get<bool>()) command.erase("code");
    watcher_.recorder().administrator(world_time(), model::act::rights_changed);
  }
  if (!e.who.empty()) command.update({{"mailbox", box_of(e.who)}, {"server", server_of(e.who)}});
  const auto told = control(command);
  if (told.contains("error")) return told.at("error").get<std::string>();
  if (act.contains("item")) excuses_.push_back({act.at("item").at("body").get<std::string>(), false});
  return {};
}

void stage::crash(const json& act, const std::string&) {
  downtime_ = act.value("down", 1000);
  if (!act.value("orderly", false)) {
    watcher_.recorder().administrator(world_time(), model::act::crash);
    dead_ = true;
    return;
  }
  watcher_.recorder().administrator(world_time(), model::act::stopped);
  // As by SIGTERM: the process ends when the supervisor says that nothing is under way.
  process_->ask<shut>(shut_down{}, [this](const shut&) { dead_ = true; });
}

std::string stage::administer(json& act) {
  const std::string what = act.at("do");
  if (what == "settings" || what == "pair away" || what == "pair back" || what == "password")
    return change_settings(act);
  if (changes_entries(what)) return change_entries(act);
  if (what == "keep state") {
    kept_state_ = disk_.synced();
    watcher_.recorder().administrator(world_time(), model::act::state_kept);
    return {};
  }
  if (!process_ || dead_) return "the daemon is not running";
  const auto pair = act.value("pair", std::string());
  if (what == "stop") {
    watcher_.recorder().administrator(world_time(), model::act::stopped, pair);
    process_->ask<pair_answers>(stop_pairs{{pair}}, [this, before = writes_](const pair_answers&) {
      // What is under way ends, and nothing more begins.
      if (pairs_.size() == 1 && writes_ - before > most_writes_while_halting)
        wrong("goes on", std::to_string(writes_ - before) + " writes were begun after the pair was told to stop");
    });
  } else if (what == "start")
    process_->ask<pair_answers>(start_pairs{{pair}}, [](const pair_answers&) {});
  else if (what == "sync")
    process_->ask<pairs_synced>(sync_pairs{{pair}}, [](const pairs_synced&) {});
  else if (what == "plan") {
    watcher_.recorder().administrator(world_time(), model::act::rehearsal, pair);
    process_->ask<rehearsed>(plan_one{pair}, [this, pair](const rehearsed&) {
      watcher_.recorder().administrator(world_time(), model::act::rehearsal_over, pair);
    });
  } else if (what == "verify") {
    watcher_.recorder().administrator(world_time(), model::act::repaired, pair);
    process_->ask<verified>(verify_one{pair, {.repair = true, .limit = 100}}, [this, pair](const verified&) {
      watcher_.recorder().administrator(world_time(), model::act::repaired, pair);
    });
  } else if (what == "approve") {
    watcher_.recorder().administrator(world_time(), model::act::approved, pair);
    process_->ask<pair_answers>(approve_one{pair, ""}, [](const pair_answers&) {});
  } else if (what == "restore") {
    watcher_.recorder().administrator(world_time(), model::act::restored, pair);
    process_->ask<pair_answers>(restore_one{pair, ""}, [this, pair](const pair_answers&) {
      watcher_.recorder().administrator(world_time(), model::act::restored, pair);
    });
  } else if (what == "resync") {
    watcher_.recorder().administrator(world_time(), model::act::state_lost, pair);
    process_->ask<pair_answers>(resync_pairs{{pair}, ""}, [this, pair](const pair_answers&) {
      watcher_.recorder().administrator(world_time(), model::act::state_lost, pair);
    });
  } else if (what == "forget pair") {
    if (!ended_.contains(pair)) return "it is looked after";
    watcher_.recorder().administrator(world_time(), model::act::state_lost, pair);
    watcher_.recorder().administrator(world_time(), model::act::lists_lost, pair);
    process_->ask_ledger<stored>(forget_pairs{{{pair_id{pair}}}}, [this, pair](const stored&) {
      watcher_.recorder().administrator(world_time(), model::act::state_lost, pair);
    });
  } else if (what == "ban") {
    return ban(act);
  } else if (what == "lift")
    process_->ask<bans_lifted>(lift_bans{pair, {}}, [](const bans_lifted&) {});
  else
    return "no such act: " + what;
  return {};
}

void stage::heal() {
  left_alone_ = true;
  say([] { return "== from here on the world is left alone"; });
  for (const auto& a : std::exchange(armed_, {}))
    if (class_of(plan_.events[a.number]) == act_class::user) perform(a.number, "");
  world_->faults().clear();
  world_->faults().commit_now();
  disk_full_ = false;
  // In one: what is asked at the same moment comes in any order, and the last settings shall be the right ones.
  const bool planned = entries_as_planned(), ended = end_entries_of_nothing();
  const bool others = planned || ended || !away_.empty() || !wrong_passwords_.empty();
  for (const auto& name : std::set<std::string>(away_))
    set_away(name, false);
  wrong_passwords_.clear();
  if (others) settings_changed();
  for (const auto& s : plan_.world.servers)
    control({{"do", "set_limits"}, {"server", s.name}, {"message_bytes", 0}});
  const auto heal_at = [&](const std::string& address, json command) {
    command.update({{"mailbox", box_of(address)}, {"server", server_of(address)}});
    control(command);
  };
  std::set<std::string> mailboxes;
  for (const auto& p : plan_.world.pairs) {
    for (const auto& f : p.folders)
      for (const auto& [address, folder] : {std::pair(p.primary, f.primary), std::pair(p.replica, f.replica)})
        for (const auto& account : {"service@" + server_of(address) + ".example", address})
          heal_at(address, {{"do", "allow"}, {"folder", folder}, {"account", account}});
    for (const auto& address : {p.primary, p.replica})
      if (mailboxes.insert(address).second) {
        heal_at(address, {{"do", "allow"}, {"account", "service@" + server_of(address) + ".example"}});
        heal_at(address, {{"do", "allow"}, {"account", address}});
        heal_at(address, {{"do", "set_quota"}, {"bytes", 0}});
      }
  }
}

} // namespace simulate
