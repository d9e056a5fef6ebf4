#include "daemon/ctl/interview.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/steps.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <optional>
#include <set>

namespace exsyncd::ctl {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 2> sides{"primary", "replica"};
constexpr std::array directions{"bidirectional", "primary-to-replica", "replica-to-primary"};

/// The seven steps.
class wizard {
public:
  explicit wizard(const session& with) : with_(with), ask_(with.look), to_(with.socket) {}

  outcome run() {
    const auto help = must("help");
    for (const auto& m : help.at("methods"))
      methods_.insert(m.value("name", ""));
    try {
      ask_.say("A pair keeps two mailboxes in step. Seven steps; an empty answer takes what stands in brackets, "
               "\"quit\" ends.");
      choose_access();
      choose_servers();
      test_servers();
      do {
        choose_users();
        choose_settings();
        map_folders();
      } while (!create());
      return start();
    } catch (const quit&) {
      return leave();
    }
  }

private:
  // ---- the daemon ----

  std::optional<json> call(const std::string& method, const json& params = json::object()) {
    auto answer = to_.call(method, params);
    if (const auto* no = std::get_if<refusal>(&answer)) {
      tell(with_, *no);
      return std::nullopt;
    }
    return std::get<json>(std::move(answer));
  }
  /// What no daemon refuses.
  json must(const std::string& method) {
    auto answer = call(method);
    if (!answer) throw unreachable{with_.socket + ": is not the exsyncd that this exsyncctl knows", "update both"};
    return *answer;
  }
  bool knows(const std::string& method) const { return methods_.contains(method); }

  // ---- the steps ----

  void choose_access() {
    ask_.heading("1 of 7: kind of access");
    is_direct_ = ask_.choose("How are the mailboxes reached?",
                             {"by a service account that may impersonate (role ApplicationImpersonation)",
                              "each with its own account and password"}) == 1;
  }

  void choose_servers() {
    ask_.heading("2 of 7: servers");
    for (const auto* side : sides)
      if (is_direct_)
        settings_[side] = ask_account(side);
      else
        settings_[side] = {{"server", choose_server(side)}};
  }

  json ask_account(const std::string& side) {
    json result;
    result["url"] = ask_.ask("URL of the " + side + "'s server, like https://mail.example.com/EWS/Exchange.asmx",
                             side == "replica" ? settings_["primary"].value("url", "") : "");
    result["auth"] = ask_login("The " + side + "'s user");
    return result;
  }

  json ask_login(const std::string& question) {
    json auth{{"type", "basic"}, {"user", ask_.ask(question + ", like DOMAIN\\name or name@example.com")}};
    auth["password"] = ask_.ask_secret("Its password (is kept encrypted)");
    return auth;
  }

  std::string choose_server(const std::string& side) {
    std::vector<std::string> names, options;
    const auto known = must("server.list");
    for (const auto& s : known.at("servers"))
      if (s.value("access", "") == "impersonation" && !s.contains("problems")) {
        names.push_back(s.value("name", ""));
        options.push_back(plain(names.back() + "  " + s.value("url", "")));
      }
    options.emplace_back("another one");
    // For the replica rather another one than the primary's.
    std::size_t usual = 0;
    if (side == "replica" && !names.empty() && names[0] == settings_["primary"].value("server", "")) usual = 1;
    if (options.size() > 1) {
      const auto chosen = ask_.choose("Where is the " + side + "?", options, usual);
      if (chosen < names.size()) return names[chosen];
    }
    for (;;) {
      const auto name = ask_.ask("A short name for the " + side + "'s server", side == "primary" ? "hq" : "branch");
      json server{{"access", "impersonation"}};
      server["url"] = ask_.ask("Its URL, like https://mail.example.com/EWS/Exchange.asmx");
      server["auth"] = ask_login("The service account");
      const auto ca =
          ask_.ask("A file with the authority of its certificate, if the system does not know it", "", true);
      if (!ca.empty()) server["ca_file"] = ca;
      if (!call("server.create", {{"server", name}, {"settings", server}})) continue;
      made_.push_back(name);
      return name;
    }
  }

  void test_servers() {
    ask_.heading("3 of 7: test");
    if (is_direct_ || !knows("server.test"))
      return ask_.say("What cannot be reached is told when the pair starts (exsyncctl doctor).");
    std::set<std::string> tested;
    for (const auto* side : sides) {
      const auto name = settings_[side].value("server", "");
      if (!tested.insert(name).second) continue;
      ask_.say(name + ":");
      const auto result = call("server.test", {{"server", name}});
      bool is_well = result.has_value();
      if (result)
        for (const auto& s : steps_of(*result)) {
          std::fputs(text_of(with_.look, s).c_str(), stdout);
          is_well = is_well && s.came != grade::failed;
        }
      if (!is_well && !ask_.confirm("Go on all the same?", false)) throw quit{};
    }
  }

  void choose_users() {
    ask_.heading("4 of 7: users");
    for (const auto* side : sides) {
      auto& s = settings_[side];
      const auto usual = s.value("mailbox", is_direct_ && s["auth"].value("user", "").find('@') != std::string::npos
                                                ? s["auth"].value("user", "")
                                                : "");
      s["mailbox"] = ask_user(side, usual);
    }
    const auto address = settings_["primary"].value("mailbox", "");
    pair_ = ask_.ask("A short name for the pair", pair_.empty() ? address.substr(0, address.find('@')) : pair_);
  }

  std::string ask_user(const std::string& side, const std::string& usual) {
    const bool can_search = !is_direct_ && knows("server.find_users");
    for (;;) {
      const auto answer = ask_.ask(
          "Mail address of the " + side + (can_search ? ", or three letters of a name to look for" : ""), usual);
      if (!can_search || answer.find('@') != std::string::npos) return answer;
      const auto found = call("server.find_users", {{"server", settings_[side].value("server", "")}, {"text", answer}});
      if (!found) continue;
      std::vector<std::string> options, addresses;
      for (const auto& u : found->value("users", json::array())) {
        addresses.push_back(u.value("address", ""));
        options.push_back(plain(u.value("name", "") + "  <" + addresses.back() + ">"));
      }
      if (options.empty()) {
        ask_.say("Nobody is called so.");
        continue;
      }
      options.emplace_back("none of these");
      const auto chosen = ask_.choose("Which one?", options);
      if (chosen < addresses.size()) return addresses[chosen];
    }
  }

  void choose_settings() {
    ask_.heading("5 of 7: settings");
    const std::string before = settings_.value("direction", directions[0]);
    const auto usual =
        static_cast<std::size_t>(std::find(directions.begin(), directions.end(), before) - directions.begin());
    settings_["direction"] = directions[ask_.choose(
        "Whose changes go over?",
        {"both sides'; the primary wins a conflict", "the primary's only", "the replica's only"}, usual)];
    settings_["polling_interval"] =
        ask_.ask("How often is looked for changes?", settings_.value("polling_interval", "5min"));
    const auto date =
        ask_.ask("Only items since (a date like 2026-01-31; empty: all)", settings_.value("start_date", ""), true);
    if (!date.empty()) settings_["start_date"] = date;
  }

  void map_folders() {
    ask_.heading("6 of 7: folders");
    const auto primary = tree_of("primary"), replica = tree_of("replica");
    auto& folders = settings_["folders"] = json::object();
    std::vector<std::pair<std::string, std::string>> proposed;
    if (primary && replica) {
      for (const auto& path : *primary)
        if (std::find(replica->begin(), replica->end(), path) != replica->end()) proposed.emplace_back(path, path);
    } else {
      proposed = {{"inbox", "inbox"}, {"sentitems", "sentitems"}};
    }
    for (const auto& [from, to] : proposed)
      if (ask_.confirm("Sync " + plain(from) + " of the primary with " + plain(to) + " of the replica?", true))
        add_folder(folders, from, to);
    ask_.say("Other folders, one pair a line, like: inbox/Projects = inbox/From HQ (empty: no more)");
    for (;;) {
      const auto line = ask_.ask("Folders", "", !folders.empty());
      if (line.empty()) return;
      const auto equals = line.find('=');
      const auto trim = [](std::string text) {
        text.erase(0, text.find_first_not_of(' '));
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
      };
      if (equals == std::string::npos)
        add_folder(folders, line, line);
      else
        add_folder(folders, trim(line.substr(0, equals)), trim(line.substr(equals + 1)));
    }
  }

  /// The paths of the folders that can be synced; nothing where the daemon cannot tell.
  std::optional<std::vector<std::string>> tree_of(const std::string& side) {
    if (is_direct_ || !knows("server.folders")) return std::nullopt;
    const auto answer = call("server.folders", {{"server", settings_[side].value("server", "")},
                                                {"mailbox", settings_[side].value("mailbox", "")}});
    if (!answer) return std::nullopt;
    std::vector<std::string> paths;
    for (const auto& f : answer->value("folders", json::array()))
      if (f.value("path", "") != "") paths.push_back(f.value("path", ""));
    return paths;
  }

  /// The folder pair's name is the last name of the primary's path, made unique and of plain letters.
  static void add_folder(json& folders, const std::string& primary, const std::string& replica) {
    std::string name;
    for (const char c : primary.substr(primary.find_last_of('/') + 1))
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.') name += c;
    if (name.empty() || std::isalnum(static_cast<unsigned char>(name[0])) == 0) name = "folder" + name;
    auto unique = name;
    for (int i = 2; folders.contains(unique); ++i)
      unique = name + std::to_string(i);
    folders[unique] = {{"primary", primary}, {"replica", replica}};
  }

  bool create() {
    ask_.heading("7 of 7: start");
    std::string summary = plain(pair_) + ": " + plain(settings_["primary"].value("mailbox", "")) + " and " +
                          plain(settings_["replica"].value("mailbox", "")) + ", " + settings_.value("direction", "") +
                          "\n";
    for (const auto& [name, f] : settings_["folders"].items())
      summary += "  " + plain(f.value("primary", "")) + " = " + plain(f.value("replica", "")) + "\n";
    std::fputs(summary.c_str(), stdout);
    if (!ask_.confirm("Create this pair?", true)) throw quit{};
    if (call("pair.create", {{"pair", pair_}, {"settings", settings_}})) return true;
    ask_.say("Once more from step 4.");
    return false;
  }

  outcome start() {
    made_.clear(); // they are used now
    if (!ask_.confirm("Start it now?", true)) {
      ask_.say("exsyncctl pair start " + pair_ + " starts it.");
      return outcome::done;
    }
    if (!call("pair.start", {{"pair", pair_}})) return outcome::refused;
    ask_.say("It runs. exsyncctl watch shows what it does.");
    return outcome::done;
  }

  /// Nothing that was begun is left behind.
  outcome leave() {
    std::fputs("\n", stdout);
    for (const auto& name : made_)
      call("server.delete", {{"server", name}});
    ask_.say("Ended; nothing was made.");
    return outcome::refused;
  }

  const session& with_;
  interview ask_;
  connection to_;
  std::set<std::string> methods_;
  std::vector<std::string> made_; // servers
  bool is_direct_ = false;
  std::string pair_;
  json settings_ = json::object();
};

} // namespace

outcome setup(const session& with) {
  return wizard(with).run();
}

} // namespace exsyncd::ctl
