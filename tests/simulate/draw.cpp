#include "tests/simulate/draw.hpp"

#include "tests/simulate/draw_items.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace simulate {

using nlohmann::json;

namespace {

const std::vector<std::string> versions{"Exchange2007_SP1", "Exchange2010_SP2", "Exchange2013_SP1", "Exchange2016",
                                        "ExchangeSE"};
const std::vector<folder_plan> menu{
    {"inbox", "mail", "inbox", "inbox", false},
    {"projects", "mail", "inbox/Projects", "inbox/Work", false},
    {"sent", "mail", "sentitems", "sentitems", false},
    {"drafts", "mail", "drafts", "drafts", false},
    {"contacts", "contacts", "contacts", "contacts", false},
    {"friends", "contacts", "contacts/Friends", "contacts/Friends", false},
    {"tasks", "tasks", "tasks", "tasks", false},
    {"calendar", "calendar", "calendar", "calendar", false},
};

class drawer {
public:
  explicit drawer(std::uint64_t seed) : dice_(seed, "schedule"), items_(dice_) { plan_.world.noise = seed; }
  schedule draw() {
    world();
    first_contents();
    users();
    faults();
    crashes();
    administrators();
    std::stable_sort(plan_.events.begin(), plan_.events.end(),
                     [](const event& a, const event& b) { return a.at < b.at; });
    return std::move(plan_);
  }

private:
  void world();
  void first_contents();
  void users();
  void faults();
  json fault();
  void crashes();
  void administrators();

  std::int64_t some_time() {
    return static_cast<std::int64_t>(dice_.below(static_cast<std::size_t>(plan_.world.active_minutes) * 60'000));
  }
  void add(event e) { plan_.events.push_back(std::move(e)); }
  /// In the middle of things, mostly: at one of the next requests.
  event sometime(std::string who, json act) {
    event e{some_time(), moment::at_once, 1, std::move(who), std::move(act)};
    if (dice_.chance(65)) {
      e.when = dice_.chance(50) ? moment::before_request : moment::after_request;
      e.nth = dice_.between(1, 25);
    }
    return e;
  }
  /// Where items of this kind may go in a mailbox: first the paired folders, then another one.
  std::vector<std::string> places(const std::string& who, const std::string& kind) const {
    std::vector<std::string> all;
    for (const auto& p : plan_.world.pairs)
      for (const auto& f : p.folders)
        if (f.kind == kind) {
          if (p.primary == who) all.push_back(f.primary);
          if (p.replica == who) all.push_back(f.replica);
        }
    all.push_back("msgfolderroot");
    return all;
  }

  dice dice_;
  item_drawer items_;
  schedule plan_;
};

void drawer::world() {
  auto& w = plan_.world;
  const auto access = [&] {
    const int which = dice_.between(0, 99);
    return which < 50 ? "impersonation" : which < 80 ? "direct" : "delegate";
  };
  for (const char* name : {"hq", "branch"})
    w.servers.push_back({name, dice_.one_of(versions), access(),
                         dice_.chance(40) ? static_cast<std::size_t>(dice_.between(2, 6)) : 512u});
  w.active_minutes = dice_.between(12, 30);
  pair_plan p;
  p.name = "ann";
  p.primary = "ann@hq.example";
  p.replica = "ann@branch.example";
  const int direction = dice_.between(0, 99);
  p.direction = direction < 64 ? "bidirectional" : direction < 84 ? "primary_to_replica" : "replica_to_primary";
  p.drift = dice_.chance(50) ? "leave" : "revert";
  p.unchangeable = dice_.chance(80) ? "replace" : "report";
  const int meetings = dice_.between(0, 99);
  p.meetings = meetings < 60 ? "appointment" : meetings < 80 ? "copy" : "skip";
  if (dice_.chance(12)) p.start_date = "2026-01-01";
  p.poll_seconds = dice_.one_of(std::vector<int>{30, 60, 60, 120, 240});
  const int folders = dice_.between(1, 3);
  std::set<std::size_t> taken;
  if (dice_.chance(60)) taken.insert(0);
  while (taken.size() < static_cast<std::size_t>(folders))
    taken.insert(dice_.below(menu.size()));
  for (const auto n : taken)
    p.folders.push_back(menu[n]);
  w.pairs.push_back(std::move(p));
}

void drawer::first_contents() {
  for (const auto& p : plan_.world.pairs)
    for (const auto& f : p.folders) {
      // 0: empty, 1: one side has items, 2: other items each, 3: some in common, 4: the same
      const int how = dice_.between(0, 4);
      for (int n = how == 0 ? 0 : dice_.between(1, 9); n > 0; --n) {
        const bool common = how == 4 || (how == 3 && dice_.chance(60));
        const bool on_primary = common || how == 1 || dice_.chance(50);
        auto item = items_.item(f.kind, on_primary ? f.primary : f.replica);
        // The same appointment has the same id for its calendars.
        if (common && f.kind == "calendar") item["uid"] = item.at("label").get<std::string>() + "@elsewhere.example";
        add({-1000, moment::at_once, 1, on_primary ? p.primary : p.replica, item});
        if (!common) continue;
        item["folder"] = f.replica;
        if (dice_.chance(30)) item["read"] = true;
        add({-1000, moment::at_once, 1, p.replica, item});
      }
    }
}

void drawer::users() {
  for (int n = dice_.between(55, 95); n > 0; --n) {
    const auto& p = dice_.one_of(plan_.world.pairs);
    const auto& f = dice_.one_of(p.folders);
    // One-way, most is done at the source.
    int at_primary = p.direction == "bidirectional" ? 50 : p.direction == "primary_to_replica" ? 80 : 20;
    const bool primary = dice_.chance(at_primary);
    const auto& who = primary ? p.primary : p.replica;
    add(sometime(who, dice_.chance(24) ? items_.item(f.kind, primary ? f.primary : f.replica)
                                       : items_.act(f.kind, places(who, f.kind))));
  }
}

json drawer::fault() {
  json f{{"do", "fault"}};
  switch (dice_.between(0, 14)) {
  case 13:
  case 14:
    f["what"] = dice_.one_of(std::vector<std::string>{"answers_reordered", "answers_doubled", "answers_missing",
                                                      "no_response_messages", "no_root_change_key", "one_id_for_all",
                                                      "touch_later", "byte_order_mark", "blank_line_first"});
    break;
  case 0:
    f.update({{"what", "http_status"}, {"status", dice_.one_of(std::vector<int>{503, 429, 500, 502, 401})}});
    break;
  case 1:
    f.update({{"what", "html_page"}, {"status", dice_.one_of(std::vector<int>{200, 500, 503})}});
    break;
  case 2:
    f.update({{"what", "soap_fault"},
              {"code", dice_.one_of(std::vector<std::string>{"ErrorInternalServerError", "ErrorServerBusy",
                                                             "ErrorMailboxStoreUnavailable"})}});
    break;
  case 3:
    f.update({{"what", "busy_fault"}, {"back_off_milliseconds", dice_.between(500, 90'000)}});
    break;
  case 4:
    f.update({{"what", "ok_with_inner_busy"}});
    break;
  case 5:
    f.update({{"what", "response_error"},
              {"code", dice_.one_of(std::vector<std::string>{"ErrorServerBusy", "ErrorInternalServerError",
                                                             "ErrorTimeoutExpired", "ErrorMailboxStoreUnavailable",
                                                             "ErrorInternalServerTransientError"})}});
    break;
  case 6:
    f.update({{"what", "close_before_acting"}});
    break;
  case 7:
  case 8:
    f.update({{"what", "close_after_acting"}});
    break;
  case 9:
    f.update({{"what", "cut_at"}, {"bytes", dice_.between(1, 1500)}});
    break;
  case 10:
    f.update({{"what", dice_.chance(50) ? "truncated_data" : "garbage_xml"}});
    break;
  case 11:
    f.update({{"what", "delay"}, {"milliseconds", dice_.chance(50) ? dice_.between(200, 20'000) : 130'000}});
    break;
  case 12:
    f.update({{"what", "commit_later"}, {"after_seconds", dice_.between(1, 80)}});
    break;
  }
  if (dice_.chance(75))
    f["operation"] = dice_.one_of(std::vector<std::string>{
        "CreateItem", "CreateItem", "UpdateItem", "UpdateItem", "DeleteItem", "MoveItem", "GetItem", "SyncFolderItems",
        "CreateAttachment", "GetAttachment", "DeleteAttachment", "GetFolder"});
  if (dice_.chance(60)) f["server"] = dice_.chance(50) ? "hq" : "branch";
  if (dice_.chance(30)) f["next"] = dice_.between(2, 4);
  return f;
}

void drawer::faults() {
  const auto& pairs = plan_.world.pairs;
  for (int n = dice_.between(5, 12); n > 0; --n) {
    const auto& p = dice_.one_of(pairs);
    const auto& who = dice_.chance(50) ? p.primary : p.replica;
    const int which = dice_.between(0, 99);
    if (which < 74) {
      add(sometime("", fault()));
    } else if (which < 82) {
      const auto& f = dice_.one_of(p.folders);
      add(sometime(who, {{"do", "touch"}, {"pick", dice_.below(1'000'000)}, {"kind", f.kind}}));
    } else if (which < 86) {
      add(sometime(who, {{"do", "invalidate_sync_states"}}));
    } else if (which < 88) {
      add(sometime(who, {{"do", "recreate_mailbox"}}));
    } else if (which < 92) {
      add(sometime(
          "", {{"do", "clock"}, {"seconds", dice_.chance(50) ? dice_.between(60, 7200) : -dice_.between(60, 7200)}}));
    } else if (which < 95) {
      auto full = sometime("", {{"do", "disk full"}, {"full", true}});
      add({full.at + dice_.between(20'000, 200'000), moment::at_once, 1, "", {{"do", "disk full"}, {"full", false}}});
      add(std::move(full));
    } else {
      const auto& s = *std::find_if(plan_.world.servers.begin(), plan_.world.servers.end(),
                                    [&](const auto& one) { return one.name == server_of(who); });
      const auto account = s.access == "direct" ? who : "service@" + s.name + ".example";
      auto denied = sometime(who, {{"do", "denied"}, {"denied", true}, {"account", account}});
      add({denied.at + dice_.between(10'000, 300'000),
           moment::at_once,
           1,
           who,
           {{"do", "denied"}, {"denied", false}, {"account", account}}});
      add(std::move(denied));
    }
  }
}

void drawer::crashes() {
  for (int n = dice_.between(2, 5); n > 0; --n) {
    event e{some_time(),
            moment::at_once,
            1,
            "",
            {{"do", "crash"}, {"down", dice_.one_of(std::vector<int>{1000, 1000, 20'000, 120'000})}}};
    const int which = dice_.between(0, 99);
    if (which < 35)
      e.when = moment::before_request;
    else if (which < 70)
      e.when = moment::after_request;
    else if (which < 80)
      e.when = moment::before_commit;
    else if (which < 92)
      e.when = moment::after_commit;
    else
      e.act["orderly"] = true;
    e.nth = dice_.between(1, 25);
    add(std::move(e));
  }
}

void drawer::administrators() {
  for (int n = dice_.between(0, 4); n > 0; --n) {
    const auto& p = dice_.one_of(plan_.world.pairs);
    switch (dice_.between(0, 5)) {
    case 4:
    case 5: {
      // Changed and, mostly, changed back.
      const auto change = [&](const char* name, const std::string& value, const std::string& before) {
        auto e = sometime("", {{"do", "settings"}, {"pair", p.name}, {"set", {{name, value}}}});
        if (dice_.chance(70))
          add({e.at + dice_.between(1, 240'000),
               moment::at_once,
               1,
               "",
               {{"do", "settings"}, {"pair", p.name}, {"set", {{name, before}}}}});
        add(std::move(e));
      };
      if (dice_.chance(40))
        change("unchangeable", p.unchangeable == "replace" ? "report" : "replace", p.unchangeable);
      else if (dice_.chance(50))
        change("drift", p.drift == "leave" ? "revert" : "leave", p.drift);
      else
        change("meetings", p.meetings == "copy" ? "appointment" : "copy", p.meetings);
      break;
    }
    case 0: {
      auto stop = sometime("", {{"do", "stop"}, {"pair", p.name}});
      add({stop.at + dice_.between(1, 120'000), moment::at_once, 1, "", {{"do", "start"}, {"pair", p.name}}});
      add(std::move(stop));
      break;
    }
    case 1:
      add(sometime("", {{"do", "sync"}, {"pair", p.name}}));
      break;
    case 2:
      add(sometime("", {{"do", "plan"}, {"pair", p.name}}));
      break;
    case 3:
      add(sometime("", {{"do", "lift"}, {"pair", p.name}}));
      break;
    }
  }
}

} // namespace

schedule draw(std::uint64_t seed, const std::map<std::string, int>& more) {
  auto plan = drawer(seed).draw();
  draw_more(plan, seed, more);
  return plan;
}

std::vector<std::string> expected_coverage() {
  std::vector<std::string> all{"class: mail",
                               "class: contacts",
                               "class: tasks",
                               "class: calendar",
                               "setting: start_date",
                               "setting: drift leave",
                               "setting: drift revert",
                               "setting: unchangeable replace",
                               "setting: unchangeable report",
                               "setting: meetings appointment",
                               "setting: meetings copy",
                               "setting: meetings skip",
                               "setting: streaming",
                               "streaming: told",
                               "crash: idle",
                               "crash: before commit",
                               "crash: after commit"};
  for (const auto& v : versions)
    all.push_back("version: " + v);
  for (const char* access : {"impersonation", "delegate", "direct"})
    all.push_back(std::string("access: ") + access);
  for (const char* direction : {"bidirectional", "primary_to_replica", "replica_to_primary"})
    all.push_back(std::string("setting: direction ") + direction);
  for (const char* operation :
       {"CreateItem", "UpdateItem", "MoveItem", "GetItem", "SyncFolderItems", "CreateAttachment"})
    for (const char* when : {"before ", "after "})
      all.push_back(std::string("crash: ") + when + operation);
  for (const char* act : {"mail", "contact", "task", "appointment", "edit", "edit appointment", "edit occurrence",
                          "delete occurrence", "read", "move", "copy item", "delete", "purge", "attach", "attach again",
                          "detach", "user_empty_folder", "retention_delete"})
    all.push_back(std::string("user: ") + act);
  for (const char* act : {"stop",
                          "start",
                          "sync",
                          "plan",
                          "lift",
                          "settings",
                          "approve",
                          "restore",
                          "resync",
                          "ban",
                          "password",
                          "pair away",
                          "pair back",
                          "forget pair",
                          "verify",
                          "rename entry",
                          "take entry out",
                          "put entry back",
                          "remap entry",
                          "give subfolder an entry",
                          "end entry of subfolder"})
    all.push_back(std::string("admin: ") + act);
  for (const char* first : {"unchanged", "edited", "deleted"})
    for (const char* second : {"unchanged", "edited", "deleted"})
      for (const char* way : {"two-way: ", "one-way: "})
        all.push_back(std::string("cell: ") + way + first + ", " + second);
  for (const char* other : {"new", "read state", "move"})
    all.push_back(std::string("cell: ") + other);
  return all;
}

std::vector<std::string> expected_faults() {
  return {"http_status",
          "html_page",
          "soap_fault",
          "busy_fault",
          "ok_with_inner_busy",
          "response_error",
          "close_before_acting",
          "close_after_acting",
          "cut_at",
          "truncated_data",
          "garbage_xml",
          "delay",
          "commit_later",
          "touch",
          "answers_reordered",
          "answers_doubled",
          "answers_missing",
          "no_response_messages",
          "no_root_change_key",
          "one_id_for_all",
          "touch_later",
          "byte_order_mark",
          "blank_line_first",
          "invalidate_sync_states",
          "recreate_mailbox",
          "clock",
          "disk full",
          "endless_answer",
          "set_limits",
          "set_quota",
          "lose_subscriptions",
          "drop_connections",
          "restart_server",
          "denied"};
}

} // namespace simulate
