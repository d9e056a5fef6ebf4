#include "daemon/server_questions.hpp"

#include "actors/ews/folder_paths.hpp"
#include "actors/ews/server_probe.hpp"
#include "config/sides.hpp"
#include "config/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace exsyncd {
namespace {

using admin::call_error;
using admin::error_code;
using admin::reply;
using admin::server_question;
using nlohmann::json;

// A server that hangs is told of, not waited for: each request ends by itself, and a test sends a handful.
constexpr std::chrono::seconds patience{1800};

/// A server that is reached with each mailbox's own account has none itself: that of a pair is taken.
std::variant<side_settings, call_error> side_of(const server_settings& server, const settings& declared,
                                                const std::optional<std::string>& mailbox) {
  if (server.access != access_kind::direct || !server.auth.user.empty())
    return side_settings{server, mailbox.value_or(server.email)};
  for (const auto& p : declared.pairs)
    for (const auto* side : {&p.primary, &p.replica}) {
      auto same = side->server; // but for the account, and the name that goes with it
      same.name = server.name;
      same.auth = server.auth;
      if (same == server && (!mailbox || lower_case(*mailbox) == lower_case(side->mailbox))) return *side;
    }
  return call_error{error_code::not_possible,
                    "server \"" + server.name + "\" is reached with each mailbox's own account, and no pair has one" +
                        (mailbox ? " for " + *mailbox : ""),
                    "name the mailbox of a pair, or give \"settings\" with \"auth\" in place of the server", "mailbox"};
}

std::variant<side_settings, call_error> side_meant(const settings& declared, const server_reader& read,
                                                   const server_question& asked) {
  if (asked.server.has_value() == !asked.settings.empty())
    return call_error{error_code::invalid_params,
                      "give \"server\" (one that is declared) or \"settings\" (one that is not)",
                      "see the method \"help\"", asked.server ? "settings" : "server"};
  if (!asked.settings.empty()) {
    auto server = read(asked.settings);
    if (auto* why = std::get_if<call_error>(&server)) return std::move(*why);
    auto& right = std::get<server_settings>(server);
    return side_settings{right, asked.mailbox.value_or(right.email)};
  }
  std::vector<std::string_view> names;
  for (const auto& s : declared.servers) {
    if (s.name == *asked.server) return side_of(s, declared, asked.mailbox);
    names.push_back(s.name);
  }
  const auto meant = nearest(*asked.server, names);
  return call_error{error_code::not_found, "there is no server \"" + *asked.server + '"',
                    meant.empty() ? "server.list lists them all" : "did you mean \"" + meant + "\"?", "server"};
}

const char* word_of(probe_step::outcome came) {
  switch (came) {
  case probe_step::outcome::ok:
    return "ok";
  case probe_step::outcome::warning:
    return "warning";
  case probe_step::outcome::failed:
    return "failed";
  case probe_step::outcome::skipped:
    return "skipped";
  }
  return "";
}

json show(const server_probed& told) {
  auto steps = json::array();
  bool ok = true;
  for (const auto& s : told.steps) {
    steps.push_back({{"step", s.name}, {"result", word_of(s.came)}, {"text", s.text}});
    if (!s.hint.empty()) steps.back()["hint"] = s.hint;
    ok = ok && s.came != probe_step::outcome::failed;
  }
  return {{"ok", ok},
          {"steps", steps},
          {"version", told.version},
          {"build", told.build},
          {"product", told.product},
          {"mailbox", told.address}};
}

call_error refusal_of(const failure& why, const std::string& field) {
  return {error_code::not_possible, why.what.empty() ? why.code : why.what, why.hint, field};
}

// A mailbox names its folders in the language of its user: these have names that are the same everywhere, and that a
// configuration may begin a path with.
constexpr std::array<std::string_view, 7> well_known{"inbox",    "sentitems", "drafts",   "calendar",
                                                     "contacts", "tasks",     "junkemail"};
constexpr std::string_view whole_mailbox = "msgfolderroot";

using known_folders = std::vector<folder_below>; // well-known ones, by their names

json show(const std::vector<folder_below>& tree, const known_folders& known) {
  auto folders = json::array();
  std::map<folder_id, std::string> paths; // of well-known folders and what is below them
  for (const auto& f : known)
    paths.emplace(f.state.id, f.path);
  for (const auto& f : tree) {
    auto path = f.path;
    if (const auto at = paths.find(f.state.id); at != paths.end())
      path = at->second;
    else if (const auto above = paths.find(f.state.parent); above != paths.end())
      paths.emplace(f.state.id, path = above->second + escaped_step(f.state.display_name));
    folders.push_back(
        {{"path", path}, {"class", f.state.folder_class}, {"items", f.state.total}, {"unread", f.state.unread}});
    if (!f.left_out.empty()) folders.back()["left_out"] = f.left_out;
  }
  return folders;
}

using lost_function = std::function<void(const std::string& why)>;

void list_below(engine_room& room, const side_settings& side, const std::string& root, const known_folders& known,
                const reply& to, const lost_function& lost) {
  room.ask_mailbox<folders_listed>(
      side, list_folders{root}, patience,
      [to, root, known](folders_listed& listed) {
        if (const auto* tree = std::get_if<0>(&listed.outcome))
          return to.done({{"root", root}, {"folders", show(*tree, known)}});
        const auto& why = std::get<failure>(listed.outcome);
        if (known.empty() || why.reach != reach::folder) return to.failed(refusal_of(why, "folder"));
        // An account with rights on some folders need not see what they lie in.
        to.done({{"root", root},
                 {"folders", show(known, {})},
                 {"hint", "the account does not see the whole mailbox: \"folder\" lists what is below one of these"}});
      },
      lost);
}

void list_tree(engine_room& room, const main_thread& run, const side_settings& side, const std::string& root,
               const reply& to, const lost_function& lost) {
  if (root != whole_mailbox) return list_below(room, side, root, {}, to, lost);
  room.ask_mailbox<folders_found>(
      side, find_folders{{well_known.begin(), well_known.end()}}, patience,
      [&room, run, side, root, to, lost](folders_found& found) {
        if (const auto* why = std::get_if<failure>(&found.outcome)) return to.failed(refusal_of(*why, "folder"));
        known_folders known;
        const auto& each = std::get<0>(found.outcome);
        for (std::size_t i = 0; i < each.size() && i < well_known.size(); ++i)
          if (const auto* there = std::get_if<folder_state>(&each[i]))
            known.push_back({*there, std::string(well_known.at(i)), {}});
        // The room may be about to end; what the main thread runs comes before that.
        run([&room, side, root, known, to, lost] { list_below(room, side, root, known, to, lost); });
      },
      lost);
}

} // namespace

void answer_server_question(engine_room& room, const main_thread& run, const settings& declared,
                            const server_reader& read, const server_question& asked, const reply& to) {
  auto meant = side_meant(declared, read, asked);
  if (auto* why = std::get_if<call_error>(&meant)) return to.failed(std::move(*why));
  auto& side = std::get<side_settings>(meant);
  const auto lost = [to](const std::string& why) {
    to.failed({error_code::internal, "no answer: " + why, "look into the log", ""});
  };
  const bool of_a_mailbox = asked.kind == server_question::kind::folders && !names_public_folder(asked.text);
  if (of_a_mailbox && side.server.access != access_kind::direct && side.mailbox.empty())
    return to.failed({error_code::invalid_params, "\"mailbox\" is missing: whose mailbox to look at",
                      "the address of any mailbox that the account shall reach", "mailbox"});
  // The directory is searched, and the server is looked at, as the account itself where no mailbox is named.
  if (!asked.mailbox && (asked.kind == server_question::kind::find_users || side.mailbox.empty()))
    side.server.access = access_kind::direct;

  switch (asked.kind) {
  case server_question::kind::test:
    return room.ask_server<server_probed>(
        side, probe_server{}, patience, [to](server_probed& told) { to.done(show(told)); }, lost);
  case server_question::kind::discover_version:
    return room.ask_server<server_probed>(
        side, probe_server{}, patience,
        [to](server_probed& told) {
          if (!told.version.empty())
            return to.done({{"version", told.version}, {"build", told.build}, {"product", told.product}});
          for (const auto& s : told.steps)
            if (s.came == probe_step::outcome::failed)
              return to.failed({error_code::not_possible, s.name + ": " + s.text, s.hint, "server"});
          to.failed({error_code::not_possible, "the server was not reached", "server.test shows why", "server"});
        },
        lost);
  case server_question::kind::find_users: {
    constexpr std::size_t least = 3;
    if (asked.text.size() < least)
      return to.failed({error_code::invalid_params, "\"text\" must have at least three letters",
                        "the beginning of a name or an address", "text"});
    return room.ask_server<users_found>(
        side, search_users{asked.text}, patience,
        [to](users_found& found) {
          if (const auto* why = std::get_if<failure>(&found.outcome)) return to.failed(refusal_of(*why, "server"));
          const auto& list = std::get<users_found::list>(found.outcome);
          auto users = json::array();
          for (const auto& u : list.users)
            users.push_back({{"name", u.name}, {"address", u.address}, {"type", u.type}});
          json answer{{"users", users}, {"cut", list.cut}};
          if (list.cut) answer["hint"] = "there are more than the server tells at once; write more letters";
          to.done(answer);
        },
        lost);
  }
  case server_question::kind::folders:
    return list_tree(room, run, side, asked.text.empty() ? std::string(whole_mailbox) : asked.text, to, lost);
  }
}

} // namespace exsyncd
