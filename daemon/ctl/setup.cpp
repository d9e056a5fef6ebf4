#include "daemon/ctl/folder_trees.hpp"
#include "daemon/ctl/interview.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/steps.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace exsyncd::ctl {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 2> sides{"primary", "replica"};
constexpr std::array directions{"bidirectional", "primary-to-replica", "replica-to-primary"};
// As in "access" of a server, in the order in which they are offered.
constexpr std::array accesses{"impersonation", "delegate", "direct"};
constexpr std::size_t direct = 2;

/// Whether a test of a server has got so far that only its mailboxes are left.
bool is_about_a_mailbox(const step& s) {
  return s.name == "mailbox" || s.name == "private items" || s.name == "public folders" ||
         s.name.starts_with("folder ");
}

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

/// The seven steps.
class wizard {
public:
  explicit wizard(const session& with) : with_(with), ask_(with.look), to_(with.socket) {}

  outcome run() {
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
  /// One of the two mailboxes, as far as it is known.
  struct end {
    std::size_t access = 0;
    std::string server;        // of a service account; else the server stands in the pair
    json new_server;           // null, or its settings, where it is declared nowhere yet
    json own = json::object(); // "url", "auth", … of direct access
    std::string mailbox;
    std::string name() const { return server.empty() ? own.value("url", "") : server; }
  };

  std::optional<json> call(const std::string& method, const json& params = json::object()) {
    auto answer = to_.call(method, params);
    ask_.heed_interrupt();
    if (const auto* no = std::get_if<refusal>(&answer)) {
      tell(with_, *no);
      return std::nullopt;
    }
    return std::get<json>(std::move(answer));
  }

  /// What a question about the server of this end needs.
  json question(const end& e) const {
    json params;
    if (e.access == direct)
      params["settings"] = e.own;
    else if (!e.new_server.is_null())
      params["settings"] = e.new_server;
    else
      params["server"] = e.server;
    if (!e.mailbox.empty()) params["mailbox"] = e.mailbox;
    return params;
  }

  // ---- the steps ----

  void choose_access() {
    ask_.heading("1 of 7: kind of access");
    std::size_t usual = 0;
    for (const auto* side : sides) {
      ask_.say("How is the " + std::string(side) + " reached?");
      usual = ends_[side].access =
          ask_.choose("Access to the " + std::string(side),
                      {"by a service account that may impersonate its users (role ApplicationImpersonation)",
                       "by a service account that has been made an owner of its folders",
                       "with the mailbox's own account and password"},
                      usual);
    }
  }

  void choose_servers() {
    ask_.heading("2 of 7: servers");
    for (const auto* side : sides)
      choose_server(side);
  }

  void choose_server(const std::string& side) {
    auto& e = ends_[side];
    const auto access = e.access;
    e = {};
    e.access = access;
    if (e.access == direct)
      ask_account(side, e);
    else
      ask_server(side, e);
  }

  void ask_account(const std::string& side, end& e) {
    const auto& other = ends_[side == "primary" ? "replica" : "primary"].own;
    e.own = {{"url", ask_url("URL of the " + side + "'s server", other.value("url", ""))}};
    e.own["auth"] = ask_login("The " + side + "'s user");
    ask_authority(e.own);
    const auto user = e.own["auth"].value("user", "");
    if (user.find('@') != std::string::npos)
      e.mailbox = user;
    else if (e.own.value("url", "") == "autodiscover")
      e.mailbox = ask_.ask("Mail address of the " + side);
  }

  std::string ask_url(const std::string& question, const std::string& usual = {}) {
    return ask_.ask(question + ", like https://mail.example.com/EWS/Exchange.asmx, or autodiscover", usual);
  }

  json ask_login(const std::string& question) {
    json auth{{"type", "basic"}, {"user", ask_.ask(question + ", like DOMAIN\\name or name@example.com")}};
    auth["password"] = ask_.ask_secret("Its password (is kept encrypted)");
    return auth;
  }

  void ask_authority(json& server) {
    const auto file =
        ask_.ask("A file with the authority of the server's certificate, if the system does not know it", "", true);
    if (!file.empty()) server["ca_file"] = file;
  }

  void ask_server(const std::string& side, end& e) {
    std::vector<std::string> names, options;
    const std::string access = accesses.at(e.access);
    const auto known = call("server.list");
    for (const auto& s : known ? known->value("servers", json::array()) : json::array())
      if (s.value("access", "") == access && !s.contains("problems")) {
        names.push_back(s.value("name", ""));
        options.push_back(plain(names.back() + "  " + s.value("url", "")));
      }
    const auto& other = ends_[side == "primary" ? "replica" : "primary"];
    if (!other.new_server.is_null() && other.access == e.access) {
      names.push_back(other.server);
      options.push_back(plain(other.server + "  " + other.new_server.value("url", "")));
    }
    options.emplace_back("another one");
    // For the replica rather another one than the primary's.
    std::size_t usual = 0;
    if (side == "replica" && !names.empty() && names[0] == other.server) usual = 1;
    if (!names.empty()) {
      const auto chosen = ask_.choose("Where is the " + side + "?", options, usual);
      if (chosen < names.size()) {
        e.server = names[chosen];
        if (e.server == other.server) e.new_server = other.new_server;
        return;
      }
    }
    e.server = ask_.ask("A short name for the " + side + "'s server", side == "primary" ? "hq" : "branch");
    e.new_server = {{"access", access}, {"url", ask_url("Its URL")}};
    e.new_server["auth"] = ask_login("The service account");
    if (e.new_server.value("url", "") == "autodiscover") {
      const auto user = e.new_server["auth"].value("user", "");
      e.new_server["email"] =
          ask_.ask("The service account's own mail address", user.find('@') == std::string::npos ? "" : user);
    }
    ask_authority(e.new_server);
  }

  void test_servers() {
    ask_.heading("3 of 7: test");
    for (const auto* side : sides)
      while (!is_usable(side))
        choose_server(side);
  }

  /// What to do about something that failed.
  enum class remedy { again, other, go_on };
  remedy ask_remedy(const std::string& other) {
    switch (ask_.choose("What now?", {"try it again", other, "go on all the same", "give up"})) {
    case 0:
      return remedy::again;
    case 1:
      return remedy::other;
    case 2:
      return remedy::go_on;
    default:
      throw quit{};
    }
  }

  /// False where it is to be chosen anew. A server that is new is declared afterwards.
  bool is_usable(const std::string& side) {
    auto& e = ends_[side];
    const auto& primary = ends_["primary"];
    const bool is_tested =
        side == "replica" && e.access != direct && primary.access == e.access && primary.server == e.server;
    while (!is_tested && !server_passes(e)) {
      const auto chosen = ask_remedy("choose another server or account");
      if (chosen == remedy::other) return false;
      if (chosen == remedy::go_on) break;
    }
    if (is_tested) e.new_server = nullptr; // declared with the primary
    if (e.new_server.is_null()) return true;
    if (!call("server.create", {{"server", e.server}, {"settings", e.new_server}})) return false;
    made_.push_back(e.server);
    e.new_server = nullptr;
    return true;
  }

  /// The server and the account; of a service account its mailboxes come later, when it is known which.
  bool server_passes(const end& e) {
    return passes(e, e.name(), [&](const step& s) { return e.access == direct || !is_about_a_mailbox(s); });
  }

  /// The rights of a service account on one mailbox.
  bool mailbox_passes(const end& e) {
    return passes(e, e.mailbox, [](const step& s) {
      return s.came == grade::failed || (is_about_a_mailbox(s) && s.came != grade::skipped);
    });
  }

  template <class Shown>
  bool passes(const end& e, const std::string& title, Shown is_shown) {
    ask_.say(plain(title) + ":");
    const auto result = call("server.test", question(e));
    if (!result) return false;
    bool is_well = true;
    for (const auto& s : steps_of(*result)) {
      // Of no matter here, but where a pair has a public folder.
      if (!is_shown(s) || (s.name == "public folders" && s.came == grade::warning)) continue;
      std::fputs(text_of(with_.look, s).c_str(), stdout);
      is_well = is_well && s.came != grade::failed;
    }
    return is_well;
  }

  void choose_users() {
    ask_.heading("4 of 7: users");
    for (const auto* side : sides)
      choose_user(side, ends_[side]);
    const auto& address = ends_["primary"].mailbox;
    pair_ = ask_.ask("A short name for the pair", pair_.empty() ? address.substr(0, address.find('@')) : pair_);
  }

  void choose_user(const std::string& side, end& e) {
    for (;;) {
      e.mailbox = ask_user(side, e);
      if (e.access == direct) return; // was looked at together with its server
      while (!mailbox_passes(e)) {
        const auto chosen = ask_remedy("choose another mailbox");
        if (chosen == remedy::go_on) return;
        if (chosen == remedy::again) continue;
        e.mailbox.clear();
        break;
      }
      if (!e.mailbox.empty()) return;
    }
  }

  std::string ask_user(const std::string& side, const end& e) {
    const bool can_search = e.access != direct;
    for (;;) {
      const auto answer = ask_.ask(
          "Mail address of the " + side + (can_search ? ", or three letters of a name to look for" : ""), e.mailbox);
      if (!can_search || answer.find('@') != std::string::npos) return answer;
      const auto found = call("server.find_users", {{"server", e.server}, {"text", answer}});
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
        ask_.ask("Only items since (a date like 2026-01-31, or all)", settings_.value("start_date", "all"));
    settings_.erase("start_date");
    if (date != "all") settings_["start_date"] = date;
    settings_["include_subfolders"] =
        ask_.confirm("Do folders below the chosen ones come along, also those that are made later?",
                     settings_.value("include_subfolders", true));
  }

  void map_folders() {
    ask_.heading("6 of 7: folders");
    const auto primary = tree_of("primary"), replica = tree_of("replica");
    auto& folders = settings_["folders"] = json::object();
    std::vector<std::string> paths{"inbox", "sentitems", "calendar", "contacts", "tasks"}, options = paths;
    if (primary && replica) {
      const auto trees = compare_trees(*primary, *replica, settings_.value("include_subfolders", false));
      paths.clear(), options.clear();
      for (const auto& b : trees.both) {
        paths.push_back(b.path);
        options.push_back(plain(b.path) + "  (" + std::to_string(b.primary_items) + " and " +
                          std::to_string(b.replica_items) + " items)");
      }
      list("Only the primary has: ", trees.primary_only);
      list("Only the replica has: ", trees.replica_only);
    }
    if (!options.empty()) {
      ask_.say("Folders of both:");
      for (const auto i : ask_.choose_several("Which of them are to be the same?", options))
        add_folder(folders, paths[i], paths[i]);
    }
    ask_.say("Other folders, one pair a line, primary = replica, like: inbox/Projects = inbox/From HQ "
             "(empty: no more)");
    for (;;) {
      const auto line = ask_.ask("Folders", "", !folders.empty());
      if (line.empty()) return;
      const auto equals = line.find('=');
      if (equals == std::string::npos)
        add_folder(folders, line, line);
      else
        add_folder(folders, trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1)));
    }
  }

  static void add_folder(json& folders, const std::string& primary, const std::string& replica) {
    folders[name_of_folder_pair(primary, folders)] = {{"primary", primary}, {"replica", replica}};
  }

  void list(const std::string& title, const std::vector<std::string>& paths) const {
    constexpr std::size_t most = 20;
    std::string text;
    for (std::size_t i = 0; i < paths.size() && i < most; ++i)
      text += (i == 0 ? title : ", ") + plain(paths[i]);
    if (paths.size() > most) text += ", and " + std::to_string(paths.size() - most) + " more";
    if (!text.empty()) ask_.say(text);
  }

  /// The folders that can be kept in step; nothing where the daemon cannot tell.
  std::optional<std::vector<known_folder>> tree_of(const std::string& side) {
    const auto answer = call("server.folders", question(ends_[side]));
    if (!answer) return std::nullopt;
    return syncable(*answer);
  }

  json side_of(const end& e) const {
    auto side = e.access == direct ? e.own : json{{"server", e.server}};
    side["mailbox"] = e.mailbox;
    return side;
  }

  bool create() {
    ask_.heading("7 of 7: start");
    for (const auto* side : sides)
      settings_[side] = side_of(ends_[side]);
    std::string summary = plain(pair_) + ": " + plain(ends_["primary"].mailbox) + " and " +
                          plain(ends_["replica"].mailbox) + ", " + settings_.value("direction", "") + "\n";
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
    const auto later = "exsyncctl pair start " + pair_ + " starts it.";
    try {
      if (!ask_.confirm("Start it now?", true)) {
        ask_.say(later);
        return outcome::done;
      }
    } catch (const quit&) {
      ask_.say("\nThe pair is made. " + later);
      return outcome::done;
    }
    if (!call("pair.start", {{"pair", pair_}})) return outcome::refused;
    ask_.say("It runs. exsyncctl watch shows what it does.");
    return outcome::done;
  }

  /// Nothing that was begun is left behind.
  outcome leave() {
    std::fputs("\n", stdout);
    std::string left;
    for (const auto& name : made_)
      if (const auto answer = to_.call("server.delete", {{"server", name}}); std::holds_alternative<refusal>(answer))
        left += " exsyncctl server delete " + name;
    ask_.say(left.empty() ? "Ended; nothing was made." : "Ended. What is left of it goes with:" + left);
    return outcome::refused;
  }

  const session& with_;
  interview ask_;
  connection to_;
  std::map<std::string, end> ends_;
  std::vector<std::string> made_; // servers
  std::string pair_;
  json settings_ = json::object();
};

} // namespace

outcome setup(const session& with) {
  return wizard(with).run();
}

} // namespace exsyncd::ctl
