// What worlds may hold beyond users, faults, crashes and settings. Each is drawn from dice of its own, so that one more
// moves none of the others.
#include "tests/simulate/draw.hpp"

#include "tests/simulate/draw_addition.hpp"
#include "tests/simulate/draw_items.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace simulate {

using nlohmann::json;

namespace {

/// Folders are emptied, and the brake is answered in each of its ways.
void brake(addition& a) {
  for (int n = a.d.between(1, 2); n > 0; --n) {
    const auto& p = a.pair();
    const auto& f = a.d.one_of(p.folders);
    const bool primary = a.d.chance(50);
    const auto at = a.some_time();
    a.add(at, primary ? p.primary : p.replica,
          {{"do", "user_empty_folder"}, {"folder", primary ? f.primary : f.replica}});
    if (a.d.chance(75))
      a.add(at + a.d.between(1'000, 300'000), "",
            {{"do", a.d.one_of(std::vector<std::string>{"approve", "restore", "resync"})}, {"pair", p.name}});
  }
}

void retention(addition& a) {
  const auto& p = a.pair();
  const auto& f = a.d.one_of(p.folders);
  const bool primary = a.d.chance(50);
  a.add(a.some_time(), primary ? p.primary : p.replica,
        {{"do", "retention_delete"},
         {"folder", primary ? f.primary : f.replica},
         {"received_before", "2026-01-01T00:00:00Z"}});
}

/// Contents change, and no list tells of it.
void under_key(addition& a) {
  for (int n = a.d.between(1, 3); n > 0; --n) {
    const auto& p = a.pair();
    const auto& f = a.d.one_of(p.folders);
    json set{{"categories", {"blue", "category under key " + std::to_string(n)}}};
    if (a.d.chance(50)) set = {{"text", "words under key " + std::to_string(n)}};
    a.add(a.some_time(), a.d.chance(50) ? p.primary : p.replica,
          {{"do", "edit under key"}, {"set", set}, {"pick", a.d.below(1'000'000)}, {"kind", f.kind}});
  }
}

void quota(addition& a) {
  const auto& p = a.pair();
  const auto& who = a.d.chance(50) ? p.primary : p.replica;
  const auto at = a.some_time();
  a.add(at, who, {{"do", "set_quota"}, {"server", server_of(who)}, {"bytes", 1}});
  a.at_once(at + a.d.between(10'000, 300'000), who, {{"do", "set_quota"}, {"server", server_of(who)}, {"bytes", 0}});
}

/// Rights on one folder are withdrawn and given back.
void folder_rights(addition& a) {
  const auto& p = a.pair();
  const auto& f = a.d.one_of(p.folders);
  const bool primary = a.d.chance(50);
  const auto& who = primary ? p.primary : p.replica;
  const auto at = a.some_time();
  json act{
      {"do", "denied"}, {"denied", true}, {"account", a.account_of(who)}, {"folder", primary ? f.primary : f.replica}};
  auto back = act;
  back["denied"] = false;
  act["code"] = a.d.one_of(std::vector<std::string>{"ErrorAccessDenied", "ErrorFolderNotFound", "ErrorItemNotFound"});
  a.add(at, who, act);
  a.at_once(at + a.d.between(10'000, 300'000), who, back);
}

/// An item that spoils each request that it is in, until the world is left alone.
void poison(addition& a) {
  const auto labels = a.labels();
  if (labels.empty()) return;
  const std::vector<json> ways{{{"what", "soap_fault"}, {"code", "ErrorInternalServerError"}},
                               {{"what", "http_status"}, {"status", 400}},
                               {{"what", "http_status"}, {"status", 403}},
                               {{"what", "http_status"}, {"status", 406}},
                               {{"what", "http_status"}, {"status", 500}},
                               {{"what", "html_page"}, {"status", 200}},
                               {{"what", "response_error"}, {"code", "ErrorItemCorrupt"}},
                               {{"what", "endless_answer"}},
                               {{"what", "close_before_acting"}}};
  auto fault = a.d.one_of(ways);
  fault.update(
      {{"do", "fault"},
       {"item", {{"body", a.d.one_of(labels)}}},
       {"operation", a.d.one_of(std::vector<std::string>{"GetItem", "CreateItem", "UpdateItem", "DeleteItem"})},
       {"always", true}});
  a.add(a.some_time() / 2, "", fault);
}

/// A server that does not find an item which is there, while its user edits it.
void not_found(addition& a) {
  std::vector<const event*> made;
  for (const auto& e : a.plan.events)
    if (e.act.contains("folder") && e.act.contains("label") && e.act.at("label").get<std::string>().size() == 8)
      made.push_back(&e);
  if (made.empty()) return;
  const auto one = *made[a.d.below(made.size())];
  const auto at = std::max<std::int64_t>(one.at, 0) + a.d.between(60'000, 400'000);
  const bool calendar = one.act.at("do") == "appointment";
  a.at_once(at, "",
            {{"do", "fault"},
             {"what", "response_error"},
             {"code", "ErrorItemNotFound"},
             {"operation", "GetItem"},
             {"item", {{"body", one.act.at("label")}}},
             {"next", a.d.between(1, 6)}});
  a.at_once(at + 1, one.who,
            {{"do", calendar ? "edit appointment" : "edit"},
             {"label", one.act.at("label")},
             {"set", {{"categories", {"red", "category not found"}}}}});
}

/// A server that acts long after its client has given up.
void late_commit(addition& a) {
  for (int n = a.d.between(1, 2); n > 0; --n)
    a.add(a.some_time() / 2, "",
          {{"do", "fault"},
           {"what", "commit_later"},
           {"operation", a.d.chance(70) ? "CreateItem" : "UpdateItem"},
           {"after_seconds", a.d.between(95, 700)}});
}

/// The same while the last users act: hardly anybody meets what comes of it.
void late_commit_at_the_end(addition& a) {
  a.at_once(a.end() - a.d.between(150'000, 400'000), "",
            {{"do", "fault"},
             {"what", "commit_later"},
             {"operation", a.d.chance(70) ? "CreateItem" : "UpdateItem"},
             {"next", a.d.between(1, 2)},
             {"after_seconds", a.d.between(95, 400)}});
}

/// The state of some time ago comes back, as out of a backup.
void old_state(addition& a) {
  const auto at = a.some_time();
  a.add(at, "", {{"do", "keep state"}});
  a.add(at + a.d.between(60'000, 900'000), "", {{"do", "old state"}, {"down", 1000}});
}

/// A pair is taken out of the settings and comes back; what is known of it is kept, or forgotten meanwhile.
void pair_again(addition& a) {
  const auto& p = a.pair();
  const auto at = a.some_time();
  a.add(at, "", {{"do", "pair away"}, {"pair", p.name}});
  const auto back = at + a.d.between(1'000, 400'000);
  if (a.d.chance(50)) a.at_once((at + back) / 2, "", {{"do", "forget pair"}, {"pair", p.name}});
  a.at_once(back, "", {{"do", "pair back"}, {"pair", p.name}});
}

/// Crashes around requests that are rare among the others.
void rare_crash(addition& a) {
  static const std::vector<std::string> rare{"CreateAttachment", "CreateAttachment", "DeleteAttachment",
                                             "GetAttachment",    "MoveItem",         "UpdateItem",
                                             "CreateItem"};
  for (int n = a.d.between(1, 2); n > 0; --n)
    a.plan.events.push_back({a.some_time() / 2,
                             a.d.chance(50) ? moment::before_request : moment::after_request,
                             a.d.between(1, 3),
                             "",
                             {{"do", "crash"},
                              {"operation", a.d.one_of(rare)},
                              {"down", a.d.one_of(std::vector<int>{1000, 20'000, 120'000})}}});
}

/// An administrator bans items, and lifts that; at the end everything is lifted.
void ban(addition& a) {
  for (int n = a.d.between(1, 3); n > 0; --n) {
    const auto& p = a.pair();
    const auto at = a.some_time();
    a.add(at, "", {{"do", "ban"}, {"pair", p.name}, {"pick", a.d.below(1'000'000)}});
    if (a.d.chance(50)) a.at_once(at + a.d.between(1'000, 400'000), "", {{"do", "lift"}, {"pair", p.name}});
  }
}

/// An administrator has both sides compared and what differs decided anew, while users act.
void verify(addition& a) {
  for (int n = a.d.between(1, 4); n > 0; --n)
    a.add(a.some_time(), "", {{"do", "verify"}, {"pair", a.pair().name}});
}

/// A pair that is told to stop in the middle of a round which has much to write.
void stop_in_a_long_round(addition& a) {
  const auto& p = a.plan.world.pairs[0];
  const auto f = std::find_if(p.folders.begin(), p.folders.end(),
                              [](const auto& one) { return one.kind == "contacts" || one.kind == "tasks"; });
  if (f == p.folders.end()) return;
  const bool primary = p.direction != "replica_to_primary";
  item_drawer items(a.d, 900);
  for (int n = 0; n < 60; ++n) {
    const auto item = items.item(f->kind, primary ? f->primary : f->replica);
    a.at_once(-900, primary ? p.primary : p.replica, item);
    a.at_once(-800, primary ? p.primary : p.replica,
              {{"do", "attach"}, {"label", item.at("label")}, {"name", "file.txt"}, {"content", "content"}});
  }
  a.plan.events.push_back({0,
                           moment::after_request,
                           a.d.between(1, 6),
                           "",
                           {{"do", "stop"}, {"pair", p.name}, {"at_operation", "CreateAttachment"}}});
  a.at_once(a.d.between(60'000, 200'000), "", {{"do", "start"}, {"pair", p.name}});
}

/// A password that the settings do not know, until somebody puts it right.
void password(addition& a) {
  const auto& server = a.d.one_of(a.plan.world.servers).name;
  const auto at = a.some_time();
  a.add(at, "", {{"do", "password"}, {"server", server}, {"right", false}});
  a.at_once(at + a.d.between(10'000, 400'000), "", {{"do", "password"}, {"server", server}, {"right", true}});
}

/// A server takes no items beyond a size for a while.
void size_limit(addition& a) {
  const auto& server = a.d.one_of(a.plan.world.servers).name;
  const auto at = a.some_time();
  a.add(at, "", {{"do", "set_limits"}, {"server", server}, {"message_bytes", a.d.between(1, 900)}});
  a.at_once(at + a.d.between(10'000, 400'000), "", {{"do", "set_limits"}, {"server", server}, {"message_bytes", 0}});
}

/// The same, for a moment, so that hardly more than one edit of an item meets it.
void short_size_limit(addition& a) {
  const auto& server = a.d.one_of(a.plan.world.servers).name;
  const auto at = a.some_time();
  a.at_once(at, "", {{"do", "set_limits"}, {"server", server}, {"message_bytes", a.d.between(1, 900)}});
  a.at_once(at + a.d.between(1'000, 30'000), "", {{"do", "set_limits"}, {"server", server}, {"message_bytes", 0}});
}

/// What another seed draws, for another pair: its addresses and labels are others.
json of_another(const json& from, const std::string& name) {
  if (from.is_string()) {
    auto text = from.get<std::string>();
    if (text.starts_with("label-")) {
      std::size_t digits = 0;
      const int n = std::stoi(text.substr(6), &digits);
      return "label-" + std::to_string(n + 500) + text.substr(6 + digits);
    }
    if (text.starts_with("ann@")) return name + text.substr(3);
    return text == "ann" ? name : text;
  }
  if (!from.is_structured()) return from;
  json out = from;
  for (auto& one : out)
    one = of_another(one, name);
  return out;
}

/// A second pair with mailboxes of its own.
void second_pair(addition& a) {
  auto other = draw(a.seed + 1'000'003, {});
  auto p = other.world.pairs[0];
  p.name = "bob";
  p.primary = "bob@hq.example";
  p.replica = "bob@branch.example";
  a.plan.world.pairs.push_back(p);
  for (auto e : other.events) {
    const auto of = class_of(e);
    if (of == act_class::fault || of == act_class::crash) continue;
    e.act = of_another(e.act, "bob");
    e.who = of_another(e.who, "bob").get<std::string>();
    if (e.at > a.end()) e.at %= a.end();
    a.plan.events.push_back(std::move(e));
  }
}

/// A pair that carries on what the first one brings: a chain of three mailboxes.
void chain_of_three(addition& a) {
  auto& first = a.plan.world.pairs[0];
  first.direction = "bidirectional";
  auto next = first;
  next.name = "chain";
  next.primary = first.replica;
  next.replica = "bob@hq.example";
  for (auto& f : next.folders)
    std::swap(f.primary, f.replica);
  a.plan.world.pairs.push_back(next);
  const auto folders = next.folders;
  dice own(a.seed, "users of the chain");
  item_drawer items(own);
  for (int n = own.between(5, 20); n > 0; --n) {
    const auto& f = own.one_of(folders);
    auto act = of_another(
        own.chance(40) ? items.item(f.kind, f.replica) : items.act(f.kind, {f.replica, "msgfolderroot"}), "bob");
    a.add(a.some_time(), "bob@hq.example", act);
  }
}

/// The same, closed by a third pair.
void ring(addition& a) {
  chain_of_three(a);
  auto last = a.plan.world.pairs[1];
  last.name = "ring";
  last.primary = "bob@hq.example";
  last.replica = a.plan.world.pairs[0].primary;
  for (auto& f : last.folders)
    f.primary = f.replica;
  a.plan.world.pairs.push_back(last);
}

/// Folders below the paired ones, and what users do with them.
void subfolders(addition& a) {
  for (auto& p : a.plan.world.pairs)
    for (auto& f : p.folders)
      if (f.name == "inbox" || f.name == "friends" || f.name == "tasks") f.subfolders = true;
  for (int n = a.d.between(3, 8); n > 0; --n) {
    const auto& p = a.pair();
    const auto& f = a.d.one_of(p.folders);
    if (!f.subfolders) continue;
    const bool primary = a.d.chance(50);
    const auto& who = primary ? p.primary : p.replica;
    const auto& top = primary ? f.primary : f.replica;
    const auto some = top + "/Sub " + std::to_string(a.d.between(1, 3));
    const std::map<std::string, std::string> classes{
        {"mail", "IPF.Note"}, {"contacts", "IPF.Contact"}, {"tasks", "IPF.Task"}};
    const int which = a.d.between(0, 99);
    if (which < 45)
      a.add(a.some_time(), who, {{"do", "user_create_folder"}, {"path", some}, {"class", classes.at(f.kind)}});
    else if (which < 60)
      a.add(a.some_time(), who,
            {{"do", "user_rename_folder"}, {"folder", some}, {"name", "Renamed " + std::to_string(n)}});
    else if (which < 70)
      a.add(a.some_time(), who,
            {{"do", "user_move_folder"}, {"folder", some}, {"to", top + "/Sub " + std::to_string(a.d.between(1, 3))}});
    else if (which < 80)
      a.add(a.some_time(), who, {{"do", "delete_folder"}, {"folder", some}});
    else
      a.add(a.some_time(), who, {{"do", "move"}, {"to", some}, {"pick", a.d.below(1'000'000)}, {"kind", f.kind}});
  }
}

/// Changes are told as they happen, and what tells of them breaks.
void streams(addition& a) {
  for (auto& s : a.plan.world.servers)
    s.streaming = true;
  for (auto& p : a.plan.world.pairs)
    p.poll_seconds = 600;
  for (int n = a.d.between(1, 5); n > 0; --n) {
    const auto& server = a.d.one_of(a.plan.world.servers).name;
    const int which = a.d.between(0, 99);
    if (which < 30)
      a.add(a.some_time(), "", {{"do", "lose_subscriptions"}, {"server", server}});
    else if (which < 60)
      a.add(a.some_time(), "", {{"do", "drop_connections"}, {"server", server}});
    else if (which < 80)
      a.add(a.some_time(), "", {{"do", "restart_server"}, {"server", server}});
    else
      a.add(a.some_time(), "",
            {{"do", "fault"},
             {"server", server},
             {"operation", a.d.chance(50) ? "Subscribe" : "GetStreamingEvents"},
             {"what", a.d.one_of(std::vector<std::string>{"html_page", "close_before_acting", "truncated_data"})},
             {"next", a.d.between(1, 3)}});
  }
}

/// One side, or both, are public folders.
void public_folders(addition& a) {
  auto& p = a.plan.world.pairs[0];
  const int which = a.d.between(0, 2);
  for (const bool primary : {true, false}) {
    if (which == (primary ? 1 : 0)) continue;
    auto& address = primary ? p.primary : p.replica;
    const auto before = std::exchange(address, "publicfolders@" + server_of(address) + ".example");
    std::map<std::string, std::string> paths{{"msgfolderroot", "publicfoldersroot"}};
    for (auto& f : p.folders) {
      auto& path = primary ? f.primary : f.replica;
      const auto old = std::exchange(path, "publicfoldersroot/Team " + f.name);
      paths[old] = path;
    }
    for (auto& e : a.plan.events) {
      if (e.who != before) continue;
      e.who = address;
      for (const char* named : {"folder", "to", "from"})
        if (e.act.contains(named))
          if (const auto now = paths.find(e.act.at(named).get<std::string>()); now != paths.end())
            e.act[named] = now->second;
    }
  }
}

struct extra {
  const char* name;
  int percent; ///< of the worlds hold it
  bool holds;  ///< drawn without being asked
  void (*draw)(addition&);
};

constexpr extra extras[] = {
    {"subfolders", 6, true, subfolders},
    {"second pair", 5, true, second_pair},
    {"chain", 10, false, chain_of_three},
    {"ring", 10, false, ring},
    {"brake", 30, true, brake},
    {"retention", 20, true, retention},
    {"under key", 20, false, under_key},
    {"quota", 15, true, quota},
    {"folder rights", 20, true, folder_rights},
    {"poison", 20, true, poison},
    {"old state", 15, false, old_state},
    {"pair again", 6, true, pair_again},
    {"rare crash", 25, true, rare_crash},
    {"ban", 10, true, ban},
    {"quick hands", 25, true, quick_hands},
    {"stop in a long round", 4, true, stop_in_a_long_round},
    {"password", 8, true, password},
    {"size limit", 8, false, size_limit},
    {"short size limit", 8, true, short_size_limit},
    {"not found", 8, true, not_found},
    {"late commit", 10, false, late_commit},
    {"late commit at the end", 10, true, late_commit_at_the_end},
    {"filing", 8, true, filing},
    {"cut lists", 5, true, cut_lists},
    {"second thoughts", 10, true, second_thoughts},
    {"verify", 4, true, verify},
    {"torn lists", 5, false, torn_lists},
    {"late copies", 5, false, late_copies},
    {"moved unseen", 5, false, moved_unseen},
    {"streams", 4, true, streams},
    {"public folders", 20, false, public_folders},
    {"renamed entries", 4, true, renamed_entries},
    {"remapped entries", 3, true, remapped_entries},
};

} // namespace

std::map<std::string, int> all_there_is_more() {
  std::map<std::string, int> all;
  for (const auto& one : extras)
    all[one.name] = one.percent;
  return all;
}

std::map<std::string, int> more_that_holds() {
  std::map<std::string, int> all;
  for (const auto& one : extras)
    if (one.holds) all[one.name] = one.percent;
  return all;
}

void draw_more(schedule& plan, std::uint64_t seed, const std::map<std::string, int>& more) {
  for (const auto& one : extras) {
    const auto wanted = more.find(one.name);
    if (wanted == more.end()) continue;
    // Two ways of more pairs at once would share addresses.
    const std::string_view name = one.name;
    if ((name == "chain" || name == "ring") && plan.world.pairs.size() > 1) continue;
    addition a{plan, dice(seed, one.name), seed};
    if (a.d.chance(wanted->second)) one.draw(a);
  }
  std::stable_sort(plan.events.begin(), plan.events.end(), [](const event& a, const event& b) { return a.at < b.at; });
}

} // namespace simulate
