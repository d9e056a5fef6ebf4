#include "daemon/server_questions.hpp"

#include "actors/ews/server_probe.hpp"
#include "config/sides.hpp"
#include "config/values.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace exsyncd {
namespace {

using admin::call_error;
using admin::error_code;
using admin::reply;
using admin::server_question;
using nlohmann::json;

// A server that hangs is told of, not waited for: each request ends by itself, and a test sends a handful.
constexpr std::chrono::seconds patience{1800};

std::variant<server_settings, call_error> server_meant(const std::vector<server_settings>& declared,
                                                       const server_reader& read, const server_question& asked) {
  if (asked.server.has_value() == !asked.settings.empty())
    return call_error{error_code::invalid_params,
                      "give \"server\" (one that is declared) or \"settings\" (one that is not)",
                      "see the method \"help\"", "server"};
  if (!asked.settings.empty()) return read(asked.settings);
  std::vector<std::string_view> names;
  for (const auto& s : declared) {
    if (s.name == *asked.server) return s;
    names.push_back(s.name);
  }
  const auto meant = nearest(*asked.server, names);
  return call_error{error_code::not_found, "there is no server \"" + *asked.server + '"',
                    meant.empty() ? "it must be declared in \"servers\"" : "did you mean \"" + meant + "\"?", "server"};
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

} // namespace

void answer_server_question(engine_room& room, const std::vector<server_settings>& declared, const server_reader& read,
                            const server_question& asked, const reply& to) {
  auto meant = server_meant(declared, read, asked);
  if (auto* why = std::get_if<call_error>(&meant)) return to.failed(std::move(*why));
  auto& server = std::get<server_settings>(meant);
  const auto lost = [to](const std::string& why) {
    to.failed({error_code::internal, "no answer: " + why, "look into the log", ""});
  };
  side_settings side;
  // The directory is searched, and the server is looked at, as the account itself where no mailbox is named.
  side.mailbox = asked.mailbox.value_or(server.email);
  const bool of_a_mailbox = asked.kind == server_question::kind::test ||
                            (asked.kind == server_question::kind::folders && !names_public_folder(asked.text));
  if (!asked.mailbox && (asked.kind == server_question::kind::find_users || side.mailbox.empty()))
    server.access = access_kind::direct;
  if (of_a_mailbox && server.access != access_kind::direct && side.mailbox.empty())
    return to.failed({error_code::invalid_params, "\"mailbox\" is missing: whose mailbox to look at",
                      "the address of any mailbox that the account shall reach", "mailbox"});
  side.server = std::move(server);

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
  case server_question::kind::folders: {
    const auto root = asked.text.empty() ? std::string("msgfolderroot") : asked.text;
    return room.ask_mailbox<folders_listed>(
        side, list_folders{root}, patience,
        [to, root](folders_listed& listed) {
          if (const auto* why = std::get_if<failure>(&listed.outcome)) return to.failed(refusal_of(*why, "folder"));
          auto folders = json::array();
          for (const auto& f : std::get<0>(listed.outcome)) {
            folders.push_back({{"path", f.path},
                               {"class", f.state.folder_class},
                               {"items", f.state.total},
                               {"unread", f.state.unread}});
            if (!f.left_out.empty()) folders.back()["left_out"] = f.left_out;
          }
          to.done({{"root", root}, {"folders", folders}});
        },
        lost);
  }
  }
}

} // namespace exsyncd
