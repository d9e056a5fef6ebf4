#include "daemon/show.hpp"

#include "actors/folder_pairs.hpp"
#include "actors/logic/brake.hpp"
#include "config/sides.hpp"
#include "daemon/owa_link.hpp"
#include "daemon/polled_only.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <set>

namespace exsyncd {
namespace {

using nlohmann::json;

std::string show(direction d) {
  switch (d) {
  case direction::bidirectional:
    return "bidirectional";
  case direction::primary_to_replica:
    return "primary-to-replica";
  case direction::replica_to_primary:
    return "replica-to-primary";
  }
  return {};
}

std::string show(reach r) {
  switch (r) {
  case reach::item:
    return "item";
  case reach::folder:
    return "folder";
  case reach::mailbox:
    return "mailbox";
  case reach::account:
    return "account";
  case reach::server:
    return "server";
  }
  return {};
}

json show(const side_settings& side) {
  json shown{{"mailbox", nullptr}, {"server", side.server.name}, {"url", side.server.url}};
  if (!side.mailbox.empty()) shown["mailbox"] = side.mailbox; // public folders alone need none
  return shown;
}

void add_time(json& to, const char* name, const std::optional<utc_seconds>& when) {
  if (when) to[name] = show_time(*when);
}

/// The failure of a folder pair, or of the whole pair where the name is empty.
const failure* failure_of(const pair_status& status, const std::string& folder) {
  for (const auto& [name, why] : status.failures)
    if (name.value == folder) return &why;
  return nullptr;
}

const frozen* frozen_of(const pair_overview& pair, const std::string& folder) {
  for (const auto& [name, why] : pair.held)
    if (name.value == folder) return &why;
  return nullptr;
}

json show_unseen(const pair_overview& pair, const std::string& folder = {}) {
  auto list = json::array();
  for (const auto& [name, sides] : pair.status.unseen)
    for (side s : both_sides)
      if (const auto& what = sides[s]; !what.nothing() && (folder.empty() || name.value == folder))
        list.push_back({{"folder", name.value},
                        {"side", show(s)},
                        {"hidden", what.hidden},
                        {"doubted", what.doubted},
                        {"reason", text_of(what)},
                        {"hint", hint_for(what)}});
  return list;
}

constexpr auto what_to_do_when_frozen = "pair.plan shows what has left by name; pair.approve deletes it on the other "
                                        "side as well, pair.restore puts it back";

constexpr auto what_to_do_when_replaced =
    "if that is meant, pair.restore creates there what is missing, and pair.plan shows it before; else put the pair's "
    "settings right: nothing is deleted either way";

constexpr auto what_to_do_when_absent =
    "pair.plan shows what is missing by name; pair.restore creates it there again: nothing is deleted either way";

/// What an administrator can do about a folder pair that the brake holds.
std::string hint_for(const frozen& held) {
  const auto says = [&](std::string_view text) { return held.reason.find(text) != std::string::npos; };
  if (says(logic::another_mailbox) || says(logic::another_folder)) return what_to_do_when_replaced;
  return says(logic::listed_anew) ? what_to_do_when_absent : what_to_do_when_frozen;
}

std::string show(lease_state state) {
  switch (state) {
  case lease_state::held:
    return "held";
  case lease_state::unguarded:
    return "unguarded";
  case lease_state::elsewhere:
    return "elsewhere";
  }
  return {};
}

/// Folder pairs of a pair that are not as its own status says.
struct out_of_order {
  std::size_t frozen = 0;
  std::size_t failing = 0; // those that are frozen as well left out
};

out_of_order out_of_order_in(const pair_overview& pair) {
  std::set<std::string> frozen, failing;
  for (const auto& [folder, why] : pair.held)
    frozen.insert(folder.value);
  for (const auto& [folder, why] : pair.status.failures)
    if (!folder.empty() && !frozen.contains(folder.value)) failing.insert(folder.value);
  return {frozen.size(), failing.size()};
}

std::string text_of(const out_of_order& what, const char* separator) {
  std::string text;
  for (const auto& [count, how] : {std::pair(what.frozen, " frozen"), std::pair(what.failing, " with an error")})
    if (count > 0)
      text += (text.empty() ? separator : ", ") + std::to_string(count) +
              (count == 1 ? " folder pair" : " folder pairs") + how;
  return text;
}

json show_folder(const folder_pair_settings& folder, const pair_overview& pair) {
  json j{{"name", folder.name},
         {"primary", folder.primary},
         {"replica", folder.replica},
         {"direction", show(folder.policy.direction)},
         {"polling_interval_seconds", std::chrono::duration<double>(folder.polling_interval).count()},
         {"status", show(pair.condition)}};
  if (const auto* held = frozen_of(pair, folder.name)) {
    j["status"] = "frozen";
    j["reason"] = held->reason;
    j["since"] = show_time(held->since);
    j["hint"] = hint_for(*held);
  } else if (const auto* why = failure_of(pair.status, folder.name)) {
    j["status"] = "error";
    j["error"] = show(*why);
  }
  if (!folder.on) j["status"] = "off";
  if (const auto lease = pair.status.leases.find(folder_pair_id{folder.name});
      folder.on && lease != pair.status.leases.end()) {
    j["lease"] = {{"state", show(lease->second.state)}};
    if (!lease->second.why.empty()) j["lease"]["reason"] = lease->second.why;
  }
  if (auto unseen = show_unseen(pair, folder.name); !unseen.empty()) j["out_of_sight"] = std::move(unseen);
  for (const auto& counts : pair.counts.folder_pairs)
    if (counts.folder_pair.value == folder.name)
      j["items"] = {{"known", counts.known},
                    {"in_step", counts.agreed},
                    {"waiting", counts.unsettled},
                    {"skipped", skipped_of(counts)},
                    {"banned", counts.banned}};
  return j;
}

std::string subject_of(const twin& item) {
  for (const auto s : both_sides)
    if (item.seen[s] && !item.seen[s]->subject.empty()) return item.seen[s]->subject;
  return {};
}

} // namespace

json show(const std::vector<std::pair<folder_pair_id, failure>>& failures) {
  auto list = json::array();
  for (const auto& [folder, why] : failures) {
    auto j = show(why);
    if (!folder.empty()) j["folder"] = folder.value;
    list.push_back(j);
  }
  return list;
}

std::string show_time(utc_seconds when) {
  const auto seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), length};
}

std::string show(pair_condition condition) {
  switch (condition) {
  case pair_condition::stopped:
    return "stopped";
  case pair_condition::starting:
    return "starting";
  case pair_condition::started:
    return "started";
  case pair_condition::throttled:
    return "throttled";
  case pair_condition::error:
    return "error";
  case pair_condition::paused:
    return "paused";
  }
  return {};
}

std::string show(item_class c) {
  switch (c) {
  case item_class::message:
    return "message";
  case item_class::contact:
    return "contact";
  case item_class::task:
    return "task";
  case item_class::appointment:
    return "appointment";
  case item_class::other:
    return "other";
  }
  return {};
}

json show(const host::kept_line& kept) {
  static constexpr std::array levels{"debug", "info", "warning", "error"};
  const auto& line = kept.line;
  json j{{"time", show_time(std::chrono::floor<std::chrono::seconds>(kept.when))},
         {"level", levels.at(static_cast<std::size_t>(line.level))},
         {"text", line.text}};
  for (const auto& [name, value] : {std::pair("pair", &line.pair), std::pair("folder", &line.folder),
                                    std::pair("item", &line.item), std::pair("code", &line.code)})
    if (!value->empty()) j[name] = *value;
  return j;
}

std::uint64_t skipped_of(const pair_counts::of_folder_pair& counts) {
  const auto others = counts.agreed + counts.unsettled;
  return counts.known > others ? counts.known - others : 0;
}

json show(const failure& why) {
  json j{{"code", why.code}, {"message", why.what}, {"reach", show(why.reach)}};
  if (!why.hint.empty()) j["hint"] = why.hint;
  if (why.wait) j["retry_after_seconds"] = std::chrono::duration<double>(*why.wait).count();
  return j;
}

json show(const pair_overview& pair, bool whole) {
  const auto& status = pair.status;
  std::uint64_t known = 0, in_step = 0, waiting = 0, skipped = 0, banned = 0;
  for (const auto& f : pair.counts.folder_pairs) {
    if (!find_folder_pair(pair.folders, f.folder_pair)) continue;
    known += f.known;
    in_step += f.agreed;
    waiting += f.unsettled;
    skipped += skipped_of(f);
    banned += f.banned;
  }
  json j{{"name", pair.settings.name},
         {"status", show(pair.condition)},
         {"standing", show(pair.condition) + text_of(out_of_order_in(pair), ", ")},
         {"primary", show(pair.settings.primary)},
         {"replica", show(pair.settings.replica)},
         {"items",
          {{"known", known}, {"in_step", in_step}, {"waiting", waiting}, {"skipped", skipped}, {"banned", banned}}},
         {"round",
          {{"running", status.syncing},
           {"done", status.done},
           {"writes", status.writes},
           {"waiting", status.waiting},
           {"failed", status.failed},
           {"number", status.rounds}}},
         {"mode", status.live.primary && status.live.replica ? "streaming" : "polling"},
         {"restarts", pair.restarts}};
  add_time(j, "last_change", status.last_change);
  add_time(j, "last_sync", status.last_sync);
  add_time(j, "next_poll", status.next_poll);
  if (!status.failures.empty()) j["errors"] = show(status.failures);
  if (pair.paused) j["errors"] = json::array({show(*pair.paused)});
  if (!pair.held.empty()) {
    j["frozen"] = json::array();
    for (const auto& [folder, why] : pair.held)
      j["frozen"].push_back(
          {{"folder", folder.value}, {"reason", why.reason}, {"since", show_time(why.since)}, {"hint", hint_for(why)}});
  }
  if (auto left = show_left(pair); !left.empty()) j["not_looked_after"] = std::move(left);
  if (auto unseen = show_unseen(pair); !unseen.empty()) j["out_of_sight"] = std::move(unseen);
  for (const auto& [folder, lease] : status.leases)
    if (lease.state == lease_state::unguarded)
      j["unguarded"].push_back({{"folder", folder.value}, {"reason", lease.why}});
  if (!whole) return j;
  for (side s : both_sides) {
    auto& told = j["notifications"][show(s)];
    told = {{"mode", status.live[s] ? "streaming" : "polling"}};
    const auto& server = s == side::primary ? pair.settings.primary.server : pair.settings.replica.server;
    auto why = status.polled_because[s].empty() ? polled_only_because(server) : status.polled_because[s];
    if (has_only_public_folders(pair.settings,
                                s == side::primary ? &folder_pair_settings::primary : &folder_pair_settings::replica))
      why = "public folders tell of no changes";
    if (!status.live[s] && !why.empty()) told["reason"] = why;
  }
  j["start"] = pair.settings.start;
  j["folders"] = show_folders(pair);
  return j;
}

json show_folders(const pair_overview& pair) {
  auto list = json::array();
  for (const auto& f : pair.folders)
    list.push_back(show_folder(f, pair));
  return list;
}

json show_failures_of(const pair_overview& pair, const std::string& folder) {
  std::vector<std::pair<folder_pair_id, failure>> here;
  for (const auto& [name, why] : pair.status.failures)
    if (folder.empty() || name.empty() || name.value == folder || name.value.starts_with(folder + "/"))
      here.emplace_back(name, why);
  return show(here);
}

json show_left(const pair_overview& pair) {
  auto list = json::array();
  for (const auto& c : pair.counts.folder_pairs)
    if (c.known > 0 && !find_folder_pair(pair.folders, c.folder_pair))
      list.push_back(
          {{"folder", c.folder_pair.value},
           {"items", c.known},
           {"reason", "no entry has its folders, so nothing of it is compared or carried over"},
           {"hint", "where the same two folders are mapped again, under whatever name, it goes on where it was, and is "
                    "frozen where something has left meanwhile"}});
  return list;
}

json show_wrong(const std::string& pair, const problems& found) {
  json j{{"name", pair}, {"status", "error"}, {"errors", json::array()}};
  for (const auto& p : found)
    j["errors"].push_back({{"code", "wrong-settings"},
                           {"message", p.path + ": " + p.text},
                           {"reach", "account"},
                           {"hint", "change it with pair.update, or delete it with pair.delete"}});
  return j;
}

json show(const conflict& lost) {
  return {{"pair", lost.pair.value},     {"folder", lost.folder_pair.value}, {"id", lost.twin.value},
          {"subject", lost.subject},     {"loser", show(lost.loser)},        {"reason", lost.reason},
          {"fields", show(lost.fields)}, {"when", show_time(lost.when)}};
}

json show_trouble(const twin& item, const pair_settings& of, const both<bool>& in_owa) {
  json j{{"id", item.id.value},
         {"pair", item.pair.value},
         {"folder", item.folder_pair.value},
         {"subject", subject_of(item)},
         {"link", nullptr}};
  if (!item.trouble) return j;
  const auto& why = *item.trouble;
  j["state"] = why.banned ? "banned" : "resting";
  j["code"] = why.code;
  j["message"] = why.what;
  if (!why.hint.empty()) j["hint"] = why.hint;
  j["side"] = show(why.side);
  j["owner"] = called(why.side == side::primary ? of.primary : of.replica);
  j["tries"] = why.tries;
  j["since"] = show_time(why.since);
  if (!why.banned) j["next_try"] = show_time(why.next);
  // Of the two the larger one: a copy may lack what is too large to be carried over.
  std::optional<std::uint64_t> size;
  for (const auto s : both_sides) {
    const auto& o = item.seen[s];
    if (!o) continue;
    size = std::max(size.value_or(0), o->size);
    if (!in_owa[s] || o->presence != presence::present || !j["link"].is_null()) continue;
    const auto& account = s == side::primary ? of.primary : of.replica;
    if (const auto link = owa_link(account.server, o->item, o->item_class); !link.empty()) j["link"] = link;
  }
  if (size) j["size_mb"] = static_cast<double>(*size) / 1e6;
  return j;
}

json show(const pairs_synced::of_pair& round) {
  json j{{"pair", round.pair}};
  if (round.failed) {
    j["in_step"] = false;
    j["errors"] = json::array({show(*round.failed)});
    return j;
  }
  const auto& report = round.report;
  j["in_step"] = report.in_step();
  j["writes"] = report.writes;
  j["waiting"] = report.waiting;
  j["failed"] = report.failed;
  j["banned"] = report.banned;
  j["errors"] = show(report.failures);
  if (!report.held.empty()) {
    j["frozen"] = json::array();
    for (const auto& [folder, why] : report.held)
      j["frozen"].push_back({{"folder", folder.value}, {"reason", why.reason}});
  }
  return j;
}

std::string show_summary(const std::vector<pair_overview>& pairs) {
  std::map<std::string, std::size_t> counts;
  for (const auto& p : pairs)
    ++counts[show(p.condition)];
  std::string text = std::to_string(pairs.size()) + (pairs.size() == 1 ? " pair" : " pairs");
  auto separator = ": ";
  for (const auto& [status, count] : counts) {
    text += separator + std::to_string(count) + " " + status;
    separator = ", ";
  }
  out_of_order all;
  for (const auto& p : pairs) {
    const auto of_pair = out_of_order_in(p);
    all.frozen += of_pair.frozen;
    all.failing += of_pair.failing;
  }
  return text + text_of(all, "; ");
}

} // namespace exsyncd
