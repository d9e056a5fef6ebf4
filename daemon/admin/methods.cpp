#include "daemon/admin/methods.hpp"

#include "config/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace exsyncd::admin {
namespace {

using nlohmann::json;

constexpr std::int64_t most = 10'000;
constexpr std::size_t usual = 100;
constexpr std::array<std::string_view, 4> levels{"debug", "info", "warning", "error"};

std::string name_of(param_type type) {
  switch (type) {
  case param_type::text:
    return "string";
  case param_type::names:
    return "string or list of strings";
  case param_type::count:
    return "whole number from 1 to " + std::to_string(most);
  case param_type::object:
    return "object";
  case param_type::level:
    return "string: " + listed(levels);
  case param_type::flag:
    return "boolean: true or false";
  }
  return {};
}

bool fits(const json& value, param_type type) {
  switch (type) {
  case param_type::text:
    return value.is_string();
  case param_type::names:
    return value.is_string() || (value.is_array() && !value.empty() &&
                                 std::all_of(value.begin(), value.end(), [](auto& v) { return v.is_string(); }));
  case param_type::count:
    return value.is_number_integer() && value >= 1 && value <= most;
  case param_type::object:
    return value.is_object();
  case param_type::level:
    return value.is_string() && std::find(levels.begin(), levels.end(), value.get<std::string>()) != levels.end();
  case param_type::flag:
    return value.is_boolean();
  }
  return false;
}

std::string text(const json& params, const char* name) {
  return params.at(name).get<std::string>();
}

std::optional<std::string> optional_text(const json& params, const char* name) {
  return params.contains(name) ? std::optional(text(params, name)) : std::nullopt;
}

std::vector<std::string> names(const json& params, const char* name) {
  const auto& value = params.at(name);
  return value.is_string() ? std::vector<std::string>{value.get<std::string>()} : value.get<std::vector<std::string>>();
}

std::size_t limit(const json& params) {
  return params.value("limit", usual);
}

json help(const std::vector<method>& methods) {
  auto list = json::array();
  for (const auto& m : methods) {
    auto params = json::array();
    for (const auto& p : m.params)
      params.push_back({{"name", p.name}, {"type", name_of(p.type)}, {"required", p.required}, {"text", p.text}});
    json example{{"method", m.name}};
    if (!m.example.empty()) example["params"] = json::parse(m.example);
    list.push_back({{"name", m.name}, {"text", m.text}, {"params", params}, {"example", example}});
  }
  return {{"methods", list}};
}

/// All rows; without a daemon they only describe.
std::vector<method> rows(daemon_control* daemon) {
  using type = param_type;
  const param pair{"pair", type::text, true, "the pair's name"};
  const param any_pair{"pair", type::text, false, "the pair's name; all pairs if not said"};
  const param pairs{"pair", type::names, true, "the pair's name, or several"};
  const param limit_param{"limit", type::count, false, "how many at most; " + std::to_string(usual) + " if not said"};

  const param a_server{"server", type::text, true, "the server's name"};
  const param mailbox{"mailbox", type::text, false, "the address of a mailbox on it"};
  const param this_server{"server", type::text, false, "the server's name, where it is declared", true};
  const param these_settings{"settings", type::object, false,
                             "in place of a server: what its settings would be; nothing of them is kept"};
  const auto about_server = [daemon](std::string name, enum server_question::kind kind, std::vector<param> params,
                                     std::string text, std::string example) {
    return method{std::move(name), std::move(params), std::move(text), std::move(example),
                  [daemon, kind](auto& p, auto& to) {
                    server_question asked;
                    asked.kind = kind;
                    asked.server = optional_text(p, "server");
                    if (p.contains("settings")) asked.settings = p.at("settings").dump();
                    asked.mailbox = optional_text(p, "mailbox");
                    asked.text = optional_text(p, "text").value_or(optional_text(p, "folder").value_or(""));
                    daemon->ask_server(asked, to);
                  }};
  };

  const auto about_traffic = [daemon](std::string name, enum traffic_question::kind kind, std::vector<param> params,
                                      std::string text, std::string example) {
    return method{std::move(name), std::move(params), std::move(text), std::move(example),
                  [daemon, kind](auto& p, auto& to) {
                    traffic_question asked{kind, optional_text(p, "pair"), optional_text(p, "month"), 10};
                    asked.limit = p.value("limit", asked.limit);
                    daemon->traffic(asked, to);
                  }};
  };
  const auto about_allowances = [daemon](std::string name, enum allowance_request::deed how, std::vector<param> params,
                                         std::string text, std::string example) {
    return method{std::move(name), std::move(params), std::move(text), std::move(example),
                  [daemon, how](auto& p, auto& to) {
                    daemon->allowance(
                        {how, optional_text(p, how == allowance_request::deed::add ? "code" : "id").value_or("")}, to);
                  }};
  };

  const param level{"level", type::level, false, "this and what is more serious"};
  const param servers{"server", type::names, true, "the server's name, or several"};
  const param folder{"folder", type::text, true, "the folder pair's name"};
  const param folders{"folder", type::names, true, "the folder pair's name, or several"};
  const param whole{"settings", type::object, true,
                    "as in the configuration file, but with \"password\" in place of \"password_file\" where you like"};
  const param whole_public{"settings", type::object, true,
                           "as in pair.create, but each side has a \"folder\" like \"/Sales/Contacts\" (or there are "
                           "several \"folders\"), and needs no \"mailbox\""};
  const param changes{"settings", type::object, true, "what changes; null takes a setting away"};

  using subject = edit_request::subject;
  using deed = enum edit_request::deed;
  const auto editing = [daemon](std::string name, subject what, deed how, std::vector<param> params, std::string text,
                                std::string example, bool of_public_folders = false) {
    return method{std::move(name), std::move(params), std::move(text), std::move(example), [=](auto& p, auto& to) {
                    edit_request asked;
                    asked.of_public_folders = of_public_folders;
                    asked.what = what;
                    asked.deed = how;
                    const auto* named = what == subject::server ? "server" : what == subject::pair ? "pair" : "folder";
                    asked.names = names(p, named);
                    if (what == subject::folder_pair) asked.pair = exsyncd::admin::text(p, "pair");
                    if (p.contains("settings")) asked.settings = p.at("settings").dump();
                    asked.keep_state = p.value("keep_state", false);
                    daemon->edit(std::move(asked), to);
                  }};
  };

  std::vector<method> all{
      {"help", {}, "every method with its parameters and an example", "", nullptr},
      {"daemon.status",
       {},
       "version, state, pairs and their progress",
       "",
       [daemon](auto&, auto& to) { daemon->daemon_status(to); }},
      {"daemon.reload",
       {},
       "reads the configuration again; keeps the old one where the new one is wrong",
       "",
       [daemon](auto&, auto& to) { daemon->daemon_reload(to); }},
      {"config.export",
       {},
       "everything that is declared, in the file and over the socket, as strict JSON; secrets stay inside",
       "",
       [daemon](auto&, auto& to) { daemon->config_export(to); }},
      {"config.check",
       {},
       "what is wrong with the configuration file as it stands now, and with what was declared over the socket",
       "",
       [daemon](auto&, auto& to) { daemon->config_check(to); }},
      {"server.list",
       {},
       "every server, where it is declared and which pairs use it",
       "",
       [daemon](auto&, auto& to) { daemon->server_list(to); }},
      {"server.get",
       {servers},
       "a server's settings, without its secrets",
       R"({"server":"hq"})",
       [daemon](auto& p, auto& to) { daemon->server_get(names(p, "server"), to); }},
      editing(
          "server.create", subject::server, deed::create, {a_server, whole},
          "declares a server; its secrets are kept encrypted",
          R"({"server":"hq","settings":{"url":"https://mail.hq.example/EWS/Exchange.asmx","access":"impersonation",)"
          R"("auth":{"type":"basic","user":"HQ\\svc-sync","password":"…"}}})"),
      editing("server.update", subject::server, deed::update, {a_server, changes},
              "changes a server; the pairs that use it must be stopped",
              R"({"server":"hq","settings":{"concurrency":3}})"),
      editing("server.delete", subject::server, deed::remove, {servers}, "deletes servers that no pair uses",
              R"({"server":"hq"})"),
      about_server("server.test", server_question::kind::test, {this_server, mailbox, these_settings},
                   "tries everything from the address to each right on the mailbox, step by step, with what to do",
                   R"({"server":"hq","mailbox":"jane@hq.example"})"),
      about_server("server.discover_version", server_question::kind::discover_version,
                   {this_server, mailbox, these_settings},
                   "which version of Exchange answers, and which one it is spoken to as", R"({"server":"hq"})"),
      about_server("server.find_users", server_question::kind::find_users,
                   {a_server, {"text", type::text, true, "at least three letters of a name or an address"}, mailbox},
                   "users of the server's directory, a hundred at most", R"({"server":"hq","text":"jan"})"),
      about_server("server.folders", server_question::kind::folders,
                   {this_server,
                    mailbox,
                    {"folder", type::text, false, "what to list below; the whole mailbox if not said, or \"public:/\""},
                    these_settings},
                   "a mailbox's folders, or the public ones, with class and counts",
                   R"({"server":"hq","mailbox":"jane@hq.example"})"),
      {"pair.list",
       {},
       "every pair with its status and its counts",
       "",
       [daemon](auto&, auto& to) { daemon->pair_list(to); }},
      {"pair.get",
       {pairs},
       "one pair, or several: settings, status, progress of each folder pair",
       R"({"pair":"jane"})",
       [daemon](auto& p, auto& to) { daemon->pair_get(names(p, "pair"), to); }},
      editing("pair.create", subject::pair, deed::create, {pair, whole},
              "declares a pair; it stays stopped unless \"start\" is true in its settings",
              R"({"pair":"jane","settings":{"primary":{"server":"hq","mailbox":"jane@hq.example"},)"
              R"("replica":{"server":"branch","mailbox":"jane@branch.example"},)"
              R"("folders":{"inbox":{"primary":"inbox","replica":"inbox"}}}})"),
      editing("pair.create_public", subject::pair, deed::create, {pair, whole_public},
              "declares a pair of public folders once both servers have shown them; else as pair.create",
              R"({"pair":"sales","settings":{"primary":{"server":"hq","folder":"/Sales/Contacts"},)"
              R"("replica":{"server":"branch","folder":"/Sales/Contacts"}}})",
              true),
      editing("pair.update", subject::pair, deed::update, {pair, changes}, "changes a stopped pair",
              R"({"pair":"jane","settings":{"polling_interval":"10min","start_date":null}})"),
      editing("pair.delete", subject::pair, deed::remove,
              {pairs, {"keep_state", type::flag, false, "keeps what is known of their items, for a pair of that name"}},
              "deletes stopped pairs and forgets what is known of their items; their mailboxes stay as they are",
              R"({"pair":"jane"})"),
      {"pair.start",
       {pairs},
       "starts pairs; remembered until \"start\" changes in the file",
       R"({"pair":["jane","joe"]})",
       [daemon](auto& p, auto& to) { daemon->pair_start(names(p, "pair"), to); }},
      {"pair.stop",
       {pairs},
       "stops pairs; remembered until \"start\" changes in the file",
       R"({"pair":"jane"})",
       [daemon](auto& p, auto& to) { daemon->pair_stop(names(p, "pair"), to); }},
      {"folder_pair.list",
       {any_pair},
       "every folder pair with its status and its counts",
       R"({"pair":"jane"})",
       [daemon](auto& p, auto& to) { daemon->folder_pair_list(optional_text(p, "pair"), to); }},
      editing("folder_pair.create", subject::folder_pair, deed::create, {pair, folder, whole},
              "adds a folder pair to a stopped pair",
              R"({"pair":"jane","folder":"projects","settings":{"primary":"inbox/Projects","replica":"inbox/HQ"}})"),
      editing("folder_pair.update", subject::folder_pair, deed::update, {pair, folder, changes},
              "changes a folder pair of a stopped pair",
              R"({"pair":"jane","folder":"projects","settings":{"direction":"primary-to-replica"}})"),
      editing("folder_pair.delete", subject::folder_pair, deed::remove, {pair, folders},
              "takes folder pairs out of a stopped pair; their folders stay, and what is known of their items is kept",
              R"({"pair":"jane","folder":"projects"})"),
      editing("folder_pair.on", subject::folder_pair, deed::on, {pair, folders},
              "lets folder pairs be synced again, also of a started pair", R"({"pair":"jane","folder":"projects"})"),
      editing("folder_pair.off", subject::folder_pair, deed::off, {pair, folders},
              "leaves folder pairs alone for a while, also of a started pair",
              R"({"pair":"jane","folder":"projects"})"),
      {"pair.sync_now",
       {pairs},
       "looks for changes now, not at the next poll",
       R"({"pair":"jane"})",
       [daemon](auto& p, auto& to) { daemon->pair_sync_now(names(p, "pair"), to); }},
      {"pair.plan",
       {pair},
       "a true dry run: what would be created, changed, moved, deleted and linked on each side, by name, and why",
       R"({"pair":"jane"})",
       [daemon](auto& p, auto& to) { daemon->pair_plan(text(p, "pair"), to); }},
      {"pair.verify",
       {pair,
        {"repair", type::flag, false, "has what differs without an explanation decided anew and carried over"},
        limit_param},
       "reads everything on both sides again, compares it, and names what differs and why",
       R"({"pair":"jane","repair":true})",
       [daemon](auto& p, auto& to) { daemon->pair_verify(text(p, "pair"), p.value("repair", false), limit(p), to); }},
      {"pair.approve",
       {pair, {"folder", type::text, false, "one folder pair; all that are frozen if not said"}},
       "lets a frozen folder pair go on: what has left it is deleted on the other side as well",
       R"({"pair":"jane","folder":"inbox"})",
       [daemon](auto& p, auto& to) { daemon->pair_approve(text(p, "pair"), optional_text(p, "folder"), to); }},
      {"pair.restore",
       {pair, {"folder", type::text, false, "one folder pair; all that are frozen if not said"}},
       "lets a frozen folder pair go on, and puts back what has left it, from the other side",
       R"({"pair":"jane","folder":"inbox"})",
       [daemon](auto& p, auto& to) { daemon->pair_restore(text(p, "pair"), optional_text(p, "folder"), to); }},
      {"pair.resync",
       {pairs, {"folder", type::text, false, "one folder pair; all of them if not said"}},
       "starts again from what both sides hold: lists and compares everything, deletes nothing",
       R"({"pair":"jane","folder":"inbox"})",
       [daemon](auto& p, auto& to) { daemon->pair_resync(names(p, "pair"), optional_text(p, "folder"), to); }},
      {"pair.take_over",
       {pair, {"folder", type::text, false, "one folder pair; all that another daemon looks after if not said"}},
       "looks after folder pairs from now on that another daemon has a lease on, which then gives way",
       R"({"pair":"jane","folder":"inbox"})",
       [daemon](auto& p, auto& to) { daemon->pair_take_over(text(p, "pair"), optional_text(p, "folder"), to); }},
      {"item.why",
       {any_pair,
        {"item", type::text, true, "its id (as in ban.list), an EWS item id, its Message-ID, or a part of its subject"},
        limit_param},
       "what is known about an item on both sides, and why it is in step or is not",
       R"({"pair":"jane","item":"Minutes of Monday"})",
       [daemon](auto& p, auto& to) { daemon->item_why(optional_text(p, "pair"), text(p, "item"), limit(p), to); }},
      {"log.show",
       {any_pair, level, limit_param},
       "the last lines of the log, the oldest of them first",
       R"({"pair":"jane","level":"warning","limit":20})",
       [daemon](auto& p, auto& to) {
         daemon->log_show(optional_text(p, "pair"), optional_text(p, "level").value_or("debug"), limit(p), to);
       }},
      {"events.follow",
       {any_pair, level},
       "a stream, one JSON object a line: lines of the log, and each pair whose state or progress changes",
       R"({"level":"info"})",
       [daemon](auto& p, auto& to) {
         daemon->events_follow(optional_text(p, "pair"), optional_text(p, "level").value_or("info"), to);
       }},
      {"metrics",
       {},
       "counters for a monitoring system, as OpenMetrics text",
       "",
       [daemon](auto&, auto& to) { daemon->metrics(to); }},
      {"undo.list",
       {any_pair, limit_param},
       "what exsyncd overwrote or deleted and still keeps, the newest first, and what of it cannot be put back",
       R"({"pair":"jane","limit":20})",
       [daemon](auto& p, auto& to) { daemon->undo_list(optional_text(p, "pair"), limit(p), to); }},
      {"undo.apply",
       {pair,
        {"id", type::text, false, "one item, as in undo.list"},
        {"since", type::text, false, "all since then: 2026-11-28, or 2026-11-28T16:40:00Z"},
        {"all", type::flag, false, "all of the pair that is kept"}},
       "puts back what exsyncd overwrote or deleted; a round then carries that over as a user's edit",
       R"({"pair":"jane","id":"0f3a"})",
       [daemon](auto& p, auto& to) {
         const bool all = p.value("all", false);
         if (all + p.contains("id") + p.contains("since") != 1)
           return to.failed({error_code::invalid_params, "undo.apply needs one of \"id\", \"since\" and \"all\"",
                             "undo.list shows what there is", "id"});
         daemon->undo_apply({text(p, "pair"), optional_text(p, "id"), optional_text(p, "since")}, to);
       }},
      {"conflict.list",
       {any_pair, limit_param},
       "what lost, against what, when; the newest first",
       R"({"pair":"jane"})",
       [daemon](auto& p, auto& to) { daemon->conflict_list(optional_text(p, "pair"), limit(p), to); }},
      {"ban.list",
       {any_pair, limit_param},
       "items that are not in step, and why: refused ones, and those tried again later",
       R"({"pair":"jane","limit":20})",
       [daemon](auto& p, auto& to) { daemon->ban_list(optional_text(p, "pair"), limit(p), to); }},
      {"ban.add",
       {pair, {"id", type::text, true, "as in item.why"}},
       "leaves an item alone on both sides until ban.delete",
       R"({"pair":"jane","id":"0f3a"})",
       [daemon](auto& p, auto& to) { daemon->ban_add(text(p, "pair"), text(p, "id"), to); }},
      {"ban.delete",
       {pair, {"id", type::text, false, "as in ban.list; all of the pair if not said"}},
       "tries refused items again",
       R"({"pair":"jane","id":"0f3a"})",
       [daemon](auto& p, auto& to) { daemon->ban_delete(text(p, "pair"), optional_text(p, "id"), to); }},
      about_traffic("traffic.daily", traffic_question::kind::daily, {any_pair},
                    "bytes on the wire of the last seven days (UTC), items and polling apart", R"({"pair":"jane"})"),
      about_traffic("traffic.monthly", traffic_question::kind::monthly, {any_pair},
                    "bytes on the wire by month, three years back at most", R"({"pair":"jane"})"),
      about_traffic("traffic.top", traffic_question::kind::top,
                    {any_pair,
                     {"month", type::text, false, "like 2026-11, two months back at most; this month if not said"},
                     {"limit", type::count, false, "how many at most; 10 if not said"}},
                    "the items that cost most in a month, with links into Outlook on the web",
                    R"({"pair":"jane","month":"2026-11"})"),
      about_allowances("allowance.list", allowance_request::deed::list, {},
                       "what traffic the codes that were added allow, and what is left of it", ""),
      about_allowances("allowance.add", allowance_request::deed::add,
                       {{"code", type::text, true, "the code, as \"exsyncctl issue-code\" printed it"}},
                       "adds a subscription or a top-up; each code can be added once", R"({"code":"exs1.…"})"),
      about_allowances("allowance.remove", allowance_request::deed::remove,
                       {{"id", type::text, true, "as in allowance.list"}},
                       "takes an allowance away for good: its code cannot be added again", R"({"id":"2026-hq"})"),
  };
  return all;
}

} // namespace

std::vector<method> make_methods(daemon_control& daemon) {
  auto all = rows(&daemon);
  // Its text is fixed by the table, itself included.
  all.front().run = [answer = help(all)](auto&, auto& to) { to.done(answer); };
  return all;
}

std::vector<method> describe_methods() {
  auto all = rows(nullptr);
  for (auto& m : all)
    m.run = nullptr;
  return all;
}

std::optional<call_error> refusal(const method& m, const json& params) {
  const auto wrong = [&](const std::string& field, std::string message) {
    return call_error{error_code::invalid_params, std::move(message), "see the method \"help\"", field};
  };
  if (!params.is_object()) return wrong("params", "params must be an object");
  std::vector<std::string_view> known;
  for (const auto& p : m.params) {
    known.push_back(p.name);
    if (!params.contains(p.name)) {
      if (p.required) return wrong(p.name, m.name + " needs \"" + p.name + "\": " + p.text);
      continue;
    }
    if (!fits(params.at(p.name), p.type))
      return wrong(p.name, '"' + p.name + "\" must be " +
                               (p.type == param_type::object ? "an "
                                : p.type == param_type::flag ? ""
                                                             : "a ") +
                               name_of(p.type));
  }
  for (const auto& [key, unused] : params.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto meant = nearest(key, known);
    return wrong(key, m.name + " knows no parameter \"" + key + '"' +
                          (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
  }
  return std::nullopt;
}

} // namespace exsyncd::admin
