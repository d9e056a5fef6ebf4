// The control commands about notifications, access rights, public folders and what belongs to them.
#include "tests/exchange_sim/control_commands.hpp"
#include "tests/exchange_sim/session.hpp"

#include <nlohmann/json.hpp>

namespace exchange_sim {

namespace {

using nlohmann::json;

std::string server_of(fields& c) {
  return c.required<std::string>("server");
}

json count(const outcome<std::size_t>& result) {
  if (const auto* no = std::get_if<refusal>(&result)) return {{"error", no->reason}};
  return {{"ok", true}, {"count", std::get<std::size_t>(result)}};
}

json lose(world& w, fields& c) {
  return count(w.lose_subscriptions(server_of(c), c.optional<std::string>("mailbox").value_or("")));
}

json notifications(world& w, fields& c) {
  notification_changes changes;
  changes.gather_milliseconds = c.optional<std::uint64_t>("gather_milliseconds");
  changes.heartbeat_milliseconds = c.optional<std::uint64_t>("heartbeat_milliseconds");
  changes.status_events = c.optional<bool>("status_events");
  changes.hanging_connections = c.optional<std::size_t>("hanging_connections");
  changes.subscriptions = c.optional<std::size_t>("subscriptions");
  return command_answer(w.set_notifications(server_of(c), changes));
}

json subscriptions(world& w, fields&) {
  json servers = json::object();
  for (const auto& one : w.subscriptions())
    servers[one.server] = {{"subscriptions", one.subscriptions}, {"connections", one.connections}};
  return {{"servers", servers}};
}

json permission(world& w, fields& c) {
  return command_answer(w.set_permission(command_mailbox(c), c.required<std::string>("folder"),
                                         c.required<std::string>("account"), c.required<std::string>("level"),
                                         c.optional<bool>("below").value_or(false)));
}

json access(world& w, fields& c) {
  return command_answer(w.set_access(command_mailbox(c), c.required<std::string>("account"), c.optional<bool>("full"),
                                     c.optional<bool>("view_private")));
}

json deny(world& w, fields& c) {
  auto folder = c.optional<std::string>("folder");
  auto account = c.required<std::string>("account");
  if (!folder) return command_answer(w.deny(command_mailbox(c), account));
  return command_answer(
      w.withdraw(command_mailbox(c), *folder, account, c.optional<std::string>("code").value_or("ErrorAccessDenied")));
}

json allow(world& w, fields& c) {
  auto folder = c.optional<std::string>("folder");
  auto account = c.required<std::string>("account");
  if (!folder) return command_answer(w.allow(command_mailbox(c), account));
  return command_answer(w.give_back(command_mailbox(c), *folder, account));
}

json public_folders(world& w, fields& c) {
  return command_answer(
      w.add_public_folders(server_of(c), c.optional<std::string>("everybody").value_or("PublishingEditor")));
}

json describe_public_folders(world& w, fields& c) {
  const auto result = w.hierarchy_guid(server_of(c));
  if (const auto* no = std::get_if<refusal>(&result)) return {{"error", no->reason}};
  return {{"ok", true}, {"hierarchy", std::get<std::string>(result)}};
}

json autodiscover_says(world& w, fields& c) {
  discovery entry;
  entry.redirect_address = c.optional<std::string>("redirect_address").value_or("");
  entry.redirect_url = c.optional<std::string>("redirect_url").value_or("");
  entry.grouping = c.optional<std::string>("grouping").value_or("");
  return command_answer(w.set_autodiscover(server_of(c), c.required<std::string>("address"), entry));
}

json urls(world& w, fields& c) {
  return command_answer(w.set_urls(server_of(c), c.optional<std::string>("internal").value_or(""),
                                   c.optional<std::string>("external").value_or("")));
}

json routing(world& w, fields& c) {
  return command_answer(w.set_routing(server_of(c), c.optional<bool>("public_folders"), c.optional<bool>("affinity")));
}

} // namespace

std::map<std::string, control_command> access_commands() {
  return {
      {"lose_subscriptions", {"server mailbox", lose}},
      {"drop_connections", {"server", [](world& w, fields& c) { return count(w.drop_connections(server_of(c))); }}},
      {"restart_server",
       {"server", [](world& w, fields& c) { return command_answer(w.restart_server(server_of(c))); }}},
      {"set_meetings",
       {"server refuse_zones_of_received",
        [](world& w, fields& c) {
          return command_answer(w.set_meetings(server_of(c), c.required<bool>("refuse_zones_of_received")));
        }}},
      {"retention_delete",
       {"server mailbox folder received_before",
        [](world& w, fields& c) {
          auto before = parse_time(c.required<std::string>("received_before"));
          if (!before) throw std::invalid_argument("received_before: must be a time like 2026-01-31T08:15:00Z");
          return count(w.retention_delete(command_mailbox(c), c.required<std::string>("folder"), *before));
        }}},
      {"set_notifications",
       {"server gather_milliseconds heartbeat_milliseconds status_events hanging_connections subscriptions",
        notifications}},
      {"subscriptions", {"", subscriptions}},
      {"set_permission", {"server mailbox folder account level below", permission}},
      {"set_access", {"server mailbox account full view_private", access}},
      {"deny", {"server mailbox account folder code", deny}},
      {"allow", {"server mailbox account folder", allow}},
      {"add_public_folders", {"server everybody", public_folders}},
      {"public_folders", {"server", describe_public_folders}},
      {"set_content_mailbox",
       {"server folder",
        [](world& w, fields& c) {
          return command_answer(w.set_content_mailbox(server_of(c), c.required<std::string>("folder")));
        }}},
      {"set_quota",
       {"server mailbox bytes",
        [](world& w, fields& c) {
          return command_answer(w.set_quota(command_mailbox(c), c.required<std::size_t>("bytes")));
        }}},
      {"set_autodiscover", {"server address redirect_address redirect_url grouping", autodiscover_says}},
      {"set_urls", {"server internal external", urls}},
      {"set_routing", {"server public_folders affinity", routing}},
      {"user_create_folder",
       {"server mailbox path class",
        [](world& w, fields& c) {
          return command_answer(w.user_create_folder(command_mailbox(c), c.required<std::string>("path"),
                                                     c.optional<std::string>("class").value_or("IPF.Note")));
        }}},
      {"user_rename_folder",
       {"server mailbox folder name",
        [](world& w, fields& c) {
          return command_answer(w.user_rename_folder(command_mailbox(c), c.required<std::string>("folder"),
                                                     c.required<std::string>("name")));
        }}},
      {"user_move_folder",
       {"server mailbox folder to",
        [](world& w, fields& c) {
          return command_answer(
              w.user_move_folder(command_mailbox(c), c.required<std::string>("folder"), c.required<std::string>("to")));
        }}},
  };
}

} // namespace exchange_sim
