#include "config/parse.hpp"

#include "config/document.hpp"
#include "config/object_reader.hpp"
#include "config/shared_folders.hpp"
#include "config/sides.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

namespace exsyncd {
namespace {

using nlohmann::ordered_json;
using std::string_view;

constexpr std::array<string_view, 7> root_keys{"state_directory", "admin_socket", "log",  "servers",
                                               "allowance_key",   "undo_keep",    "pairs"};
constexpr std::array<string_view, 2> undo_keys{"days", "bytes"};
constexpr std::array<string_view, 2> log_keys{"level", "target"};
constexpr std::array<string_view, 9> server_keys{"url",     "version",     "access",   "auth",     "email",
                                                 "ca_file", "concurrency", "timeouts", "streaming"};
constexpr std::array<string_view, 3> timeout_keys{"connect", "idle", "total"};
constexpr std::array<string_view, 3> auth_keys{"type", "user", "password_file"};
// Of what comes over the admin socket.
constexpr std::array<string_view, 4> auth_keys_with_secrets{"type", "user", "password_file", "password"};
constexpr std::array<string_view, 3> side_of_server_keys{"server", "mailbox", "auth"};
constexpr std::array<string_view, 8> direct_side_keys{"url",     "mailbox",     "auth",     "version",
                                                      "ca_file", "concurrency", "timeouts", "streaming"};
constexpr std::array<string_view, 13> pair_keys{"primary",
                                                "replica",
                                                "folders",
                                                "start",
                                                "direction",
                                                "drift",
                                                "unchangeable",
                                                "meetings",
                                                "start_date",
                                                "polling_interval",
                                                "include_subfolders",
                                                "deletes_a_day",
                                                "keep_conflict_copies"};
constexpr std::array<string_view, 11> folder_pair_keys{
    "primary",    "replica",          "direction",          "drift", "unchangeable",        "meetings",
    "start_date", "polling_interval", "include_subfolders", "on",    "keep_conflict_copies"};

constexpr std::array later_auth_keys{later_key{"password", "write it into a file and name that in \"password_file\""}};
constexpr auto use_basic =
    "there is \"basic\" (on the server: Set-WebServicesVirtualDirectory -BasicAuthentication $true)";
constexpr std::array later_auth{later_key{"ntlm", use_basic}, later_key{"kerberos", use_basic},
                                later_key{"oauth2", "there is \"basic\", which Exchange Online does not take"}};

const later_key* later_kind(const ordered_json& auth) {
  if (!auth.is_object() || !auth.contains("type") || !auth.at("type").is_string()) return nullptr;
  const auto type = auth.at("type").get<std::string>();
  const auto at = std::find_if(later_auth.begin(), later_auth.end(), [&](auto& l) { return type == l.key; });
  return at == later_auth.end() ? nullptr : &*at;
}

// The order of each list is the order of its enumeration.
constexpr std::array<string_view, 4> log_levels{"debug", "info", "warning", "error"};
constexpr std::array<string_view, 3> log_targets{"auto", "journald", "stderr"};
constexpr std::array<string_view, 3> accesses{"impersonation", "direct", "delegate"};
constexpr std::array<string_view, 3> directions{"bidirectional", "primary-to-replica", "replica-to-primary"};
constexpr std::array<string_view, 2> drifts{"leave", "revert"};
constexpr std::array<string_view, 2> unchangeables{"replace", "report"};
constexpr std::array<string_view, 3> meetings_words{"appointment", "copy", "skip"};
// RequestServerVersion values that the client speaks (a test compares them with those of the client).
constexpr std::array<string_view, 5> versions{"auto", "Exchange2007_SP1", "Exchange2010_SP2", "Exchange2013_SP1",
                                              "Exchange2016"};

using namespace std::chrono_literals;
constexpr std::chrono::milliseconds shortest_interval = 1s, longest_interval = 30 * 24h;
constexpr std::chrono::milliseconds shortest_timeout = 1s, longest_timeout = 1h;

template <class Enum>
void read_choice(object_reader& from, string_view key, std::span<const string_view> words, Enum& into) {
  if (const auto i = from.one_of(key, words)) into = static_cast<Enum>(*i);
}

void read_span(object_reader& from, string_view key, std::chrono::milliseconds least, std::chrono::milliseconds most,
               std::chrono::milliseconds& into) {
  const auto span = from.parsed<std::chrono::milliseconds>(key, [&](const std::string& text) {
    auto value = parse_time_span(text);
    if (const auto* ms = std::get_if<std::chrono::milliseconds>(&value); ms && (*ms < least || *ms > most))
      value = objection{"must be from " + std::to_string(least / 1s) + " s to " + std::to_string(most / 1s) + " s"};
    return value;
  });
  if (span) into = *span;
}

/// Whether one side of all these folder pairs is public folders, which the account reaches without any mailbox.
bool goes_without_mailbox(const ordered_json& pair, const char* side) {
  const auto folders = pair.is_object() ? pair.find("folders") : pair.end();
  if (folders == pair.end() || !folders->is_object() || folders->empty()) return false;
  return std::all_of(folders->begin(), folders->end(), [&](const ordered_json& folder) {
    const auto path = folder.is_object() ? folder.find(side) : folder.end();
    return path != folder.end() && path->is_string() && names_public_folder(path->get_ref<const std::string&>());
  });
}

/// 32 bytes in base64 end in "=", and the last character before it holds two bits that are none of them.
checked<std::string> parse_public_key(const std::string& text) {
  constexpr string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto last = text.size() == 44 ? digits.find(text[42]) : string_view::npos;
  if (last == string_view::npos || last % 4 != 0 || text[43] != '=' || text.find_first_not_of(digits) != 43)
    return objection{"must be a public key as \"exsyncctl issue-code --new-key\" prints it: 44 characters of base64"};
  return text;
}

class parser {
public:
  parser(const file_places& places, problems& found) : places_(places), found_(found) {}

  settings read(const ordered_json& document) {
    object_reader root(document, "", root_keys, found_);
    settings result;
    read_path(root, "state_directory", result.state_directory);
    read_path(root, "admin_socket", result.admin_socket);
    constexpr std::size_t longest_socket = 107; // sockaddr_un
    if (result.admin_socket.size() > longest_socket)
      root.complain("admin_socket", "is longer than the 107 bytes that a socket's name may have");
    if (const auto key = root.parsed<std::string>("allowance_key", parse_public_key)) result.allowance_key = *key;
    if (root.has("undo_keep")) result.undo = read_undo(root);
    if (root.has("log")) {
      object_reader log(root.child("log"), root.path("log"), log_keys, found_);
      read_choice(log, "level", log_levels, result.log.level);
      read_choice(log, "target", log_targets, result.log.target);
    }
    if (root.has("servers"))
      object_reader(root.child("servers"), root.path("servers"), found_)
          .each_named([&](auto& name, auto& value, auto& path) {
            const auto before = found_.size();
            auto server = read_server(value, path, name);
            servers_.emplace(name, known_server{server, found_.size() == before});
            result.servers.push_back(std::move(server));
          });
    if (root.has("pairs"))
      object_reader(root.child("pairs"), root.path("pairs"), found_)
          .each_named([&](auto& name, auto& value, auto& path) { take_pair(result, read_pair(value, path, name)); });
    return result;
  }

  /// Adds what was made over the admin socket: each by itself, so that one that is wrong spoils no other.
  void add(const additions& more, added_settings& to) {
    has_secrets_ = true;
    each(more.servers, "servers", to.wrong_servers, [&](auto& name, auto& value, auto& path) {
      if (std::any_of(to.all.servers.begin(), to.all.servers.end(), [&](auto& s) { return s.name == name; }))
        return found_.push_back({path, "the configuration file declares a server of this name as well", 0, 0});
      auto server = read_server(value, path, name);
      servers_.emplace(name, known_server{server, found_.empty()});
      if (found_.empty()) to.all.servers.push_back(std::move(server));
    });
    const auto read = [&](auto& name, auto& value, auto& path) {
      if (std::any_of(to.all.pairs.begin(), to.all.pairs.end(), [&](auto& p) { return p.name == name; }))
        return found_.push_back({path, "the configuration file declares a pair of this name as well", 0, 0});
      auto pair = read_pair(value, path, name);
      if (found_.empty()) take_pair(to.all, std::move(pair));
    };
    auto pairs = more.pairs;
    std::map<std::string, std::string> edited;
    for (const auto& name : more.edited_pairs)
      if (auto one = pairs.extract(name)) edited.insert(std::move(one));
    each(pairs, "pairs", to.wrong_pairs, read);
    each(edited, "pairs", to.wrong_pairs, read);
  }

private:
  /// Unless an earlier pair has its folders: then that is told, and it is not there.
  void take_pair(settings& all, pair_settings pair) {
    auto shared = shared_with(all.pairs, pair);
    found_.insert(found_.end(), shared.begin(), shared.end());
    if (shared.empty()) all.pairs.push_back(std::move(pair));
  }

  template <class Read>
  void each(const std::map<std::string, std::string>& entries, const char* kind, std::map<std::string, problems>& wrong,
            Read read) {
    for (const auto& [name, text] : entries) {
      found_.clear();
      const auto path = path_of(kind, name);
      const auto usable = parse_name(name);
      const auto value = parse_document(text, found_);
      if (const auto* bad = std::get_if<objection>(&usable))
        found_.push_back({path, bad->text, 0, 0});
      else if (found_.empty())
        read(name, value, path);
      if (!found_.empty()) wrong[name] = std::exchange(found_, {});
    }
  }

  void read_path(object_reader& from, string_view key, std::string& into) {
    const auto path = from.text(key);
    if (!path) return;
    if (path->empty()) return from.complain(key, "must be a path");
    into = (std::filesystem::path(places_.configuration) / *path).lexically_normal().string();
  }

  void read_connection(object_reader& from, server_settings& into) {
    if (from.require("url", "the URL of the server's EWS end point, or \"autodiscover\""))
      into.url = from.parsed<std::string>("url", parse_url).value_or("");
    if (const auto version = from.one_of("version", versions); version && *version > 0)
      into.version = versions[*version];
    if (const auto ca = from.parsed<std::string>("ca_file", [&](auto& name) { return certificates(name); }))
      into.ca_file = *ca;
    if (const auto n = from.number("concurrency", 1, 100)) into.concurrency = static_cast<std::size_t>(*n);
    if (const auto on = from.flag("streaming")) into.streaming = *on;
    if (from.has("timeouts")) {
      object_reader limits(from.child("timeouts"), from.path("timeouts"), timeout_keys, found_);
      read_span(limits, "connect", shortest_timeout, longest_timeout, into.timeouts.connect);
      read_span(limits, "idle", shortest_timeout, longest_timeout, into.timeouts.idle);
      read_span(limits, "total", shortest_timeout, longest_timeout, into.timeouts.total);
    }
  }

  checked<std::string> certificates(const std::string& name) {
    auto file = find_readable(name, places_);
    if (std::holds_alternative<objection>(file)) return file;
    constexpr std::size_t longest = std::size_t{16} << 20;
    auto text = read_file(std::get<std::string>(file), longest);
    if (std::holds_alternative<objection>(text)) return text;
    if (std::get<std::string>(text).find("-----BEGIN ") != std::string::npos) return file;
    return objection{std::get<std::string>(file) + ": holds no certificate in PEM form"};
  }

  credentials read_auth(object_reader& parent) {
    credentials result;
    if (const auto* later = later_kind(parent.child("auth"))) {
      // What else stands in it belongs to that kind, and is neither unknown nor missing.
      const auto path = path_of(parent.path("auth"), "type");
      found_.push_back(
          {path, '"' + std::string(later->key) + "\" is not in this version of exsyncd; " + std::string(later->instead),
           0, 0});
      return result;
    }
    object_reader auth(parent.child("auth"), parent.path("auth"),
                       has_secrets_ ? std::span<const string_view>(auth_keys_with_secrets)
                                    : std::span<const string_view>(auth_keys),
                       found_, later_auth_keys);
    if (auth.require("type", "\"basic\"")) {
      const auto type = auth.text("type").value_or("basic");
      if (type != "basic") auth.complain("type", "\"" + type + "\" is not known; there is \"basic\"");
    }
    if (auth.require("user", "the account's name")) {
      result.user = auth.text("user").value_or("");
      // RFC 7617: the first colon ends the user name.
      if (result.user.find(':') != std::string::npos)
        auth.complain("user", "must not hold a colon");
      else if (auth.child("user").is_string() && result.user.empty())
        auth.complain("user", "must not be empty");
    }
    if (has_secrets_ && (auth.has("password") || !auth.has("password_file"))) {
      if (auth.require("password", "the account's password")) result.password.value = read_password(auth);
    } else if (auth.require("password_file", "the name of a file that holds the password"))
      if (const auto word =
              auth.parsed<std::string>("password_file", [&](auto& name) { return read_secret(name, places_); }))
        result.password.value = *word;
    return result;
  }

  std::string read_password(object_reader& auth) {
    if (auth.has("password_file")) auth.complain("password", "stands beside \"password_file\"; one of them must go");
    const auto word = auth.text("password").value_or("");
    constexpr std::size_t longest = 4096; // as in a password file
    const bool usable = word.size() <= longest && word.find_first_of(string_view("\r\n\0", 3)) == std::string::npos;
    if (!usable) auth.complain("password", "must be one line of at most 4096 bytes");
    if (auth.child("password").is_string() && word.empty()) auth.complain("password", "must not be empty");
    return word;
  }

  server_settings read_server(const ordered_json& value, const std::string& path, const std::string& name) {
    server_settings result;
    result.name = name;
    object_reader server(value, path, server_keys, found_);
    read_connection(server, result);
    if (server.require("access", listed(accesses))) read_choice(server, "access", accesses, result.access);
    if (const auto email = server.parsed<std::string>("email", parse_mail_address)) result.email = *email;
    if (server.has("auth"))
      result.auth = read_auth(server);
    else if (result.access != access_kind::direct)
      server.complain("auth", result.access == access_kind::impersonation
                                  ? "is missing: the service account that stands in for the mailboxes"
                                  : "is missing: the service account that has rights on the mailboxes' folders");
    return result;
  }

  side_settings read_side(const ordered_json& value, const std::string& path, const std::string& name,
                          bool only_public) {
    side_settings result;
    const bool direct = value.is_object() && value.contains("url") && !value.contains("server");
    object_reader side(value, path,
                       direct ? std::span<const string_view>(direct_side_keys)
                              : std::span<const string_view>(side_of_server_keys),
                       found_);
    if (direct) {
      result.server.name = name;
      read_connection(side, result.server);
      if (side.require("auth", "the mailbox's own account")) result.server.auth = read_auth(side);
    } else if (side.require("server",
                            "the name of an entry of \"servers\" (or \"url\" and \"auth\" of the mailbox itself)")) {
      read_server_of(side, name, result.server);
    }
    const bool goes_without = only_public && !side.has("mailbox");
    if (!goes_without && side.require("mailbox", "its mail address"))
      result.mailbox = side.parsed<std::string>("mailbox", parse_mail_address).value_or("");
    if (result.server.access == access_kind::direct) claim_account(side, result);
    return result;
  }

  void read_server_of(object_reader& side, const std::string& name, server_settings& into) {
    const auto wanted = side.text("server");
    const auto known = wanted ? servers_.find(*wanted) : servers_.end();
    const bool usable = known != servers_.end() && known->second.is_right;
    // What is wrong with the server has been told, or is told now; what stands here is read all the same.
    if (!usable && side.has("auth")) read_auth(side);
    if (!wanted) return;
    if (known == servers_.end()) {
      std::vector<string_view> names;
      for (const auto& [server, unused] : servers_)
        names.push_back(server);
      const auto meant = nearest(*wanted, names);
      return side.complain("server", "there is no server \"" + *wanted + "\" in \"servers\"" +
                                         (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
    }
    // In the file the server's own problem refuses the pair as well.
    if (!usable && has_secrets_) side.complain("server", "server \"" + *wanted + "\" is not right itself");
    if (!usable) return;
    into = known->second.server;
    if (!side.has("auth")) {
      if (into.auth.user.empty() && into.access == access_kind::direct)
        side.complain("auth",
                      "is missing: server \"" + *wanted + "\" is reached directly and has no \"auth\" of its own");
      return;
    }
    if (into.access != access_kind::direct)
      return side.complain("auth", "server \"" + *wanted +
                                       "\" is reached by a service account; set its \"access\" to \"direct\"");
    into.name = name;
    into.auth = read_auth(side);
  }

  /// Reached directly, an account opens its own mailbox whatever address is written here.
  void claim_account(object_reader& side, const side_settings& what) {
    if (what.server.url.empty() || what.server.auth.user.empty() || what.mailbox.empty()) return;
    const auto account = lower_case(what.server.url + '\n' + what.server.auth.user);
    const auto [first, is_new] = accounts_.emplace(account, what.mailbox);
    if (is_new || lower_case(first->second) == lower_case(what.mailbox)) return;
    side.complain("mailbox", "account \"" + what.server.auth.user +
                                 "\" opens its own mailbox only and already stands for \"" + first->second +
                                 "\"; give each mailbox its own \"auth\", or use impersonation");
  }

  undo_settings read_undo(object_reader& root) {
    undo_settings result;
    const auto& value = root.child("undo_keep");
    if (value == false) return {0, 0};
    if (!value.is_object()) {
      root.complain("undo_keep", R"(must be an object like { "days": 30, "bytes": "1GB" }, or false: nothing is kept)");
      return result;
    }
    object_reader undo(value, root.path("undo_keep"), undo_keys, found_);
    if (const auto days = undo.number("days", 1, 3650)) result.days = static_cast<std::uint32_t>(*days);
    if (const auto bytes = undo.parsed<std::uint64_t>("bytes", parse_size)) result.bytes = *bytes;
    return result;
  }

  void read_inherited(object_reader& from, folder_pair_settings& into) {
    auto& policy = into.policy;
    read_choice(from, "direction", directions, policy.direction);
    read_choice(from, "drift", drifts, policy.drift);
    read_choice(from, "unchangeable", unchangeables, policy.unchangeable);
    read_choice(from, "meetings", meetings_words, policy.meetings);
    if (const auto date = from.parsed<std::chrono::sys_days>("start_date", parse_date)) policy.start_date = *date;
    read_span(from, "polling_interval", shortest_interval, longest_interval, into.polling_interval);
    if (const auto below = from.flag("include_subfolders")) into.include_subfolders = *below;
    if (const auto copies = from.flag("keep_conflict_copies")) policy.keep_conflict_copies = *copies;
  }

  pair_settings read_pair(const ordered_json& value, const std::string& path, const std::string& name) {
    pair_settings result;
    result.name = name;
    object_reader pair(value, path, pair_keys, found_);
    if (pair.require("primary", "the mailbox that wins a conflict"))
      result.primary = read_side(pair.child("primary"), pair.path("primary"), name + "/primary",
                                 goes_without_mailbox(value, "primary"));
    if (pair.require("replica", "the mailbox that is kept in step with it"))
      result.replica = read_side(pair.child("replica"), pair.path("replica"), name + "/replica",
                                 goes_without_mailbox(value, "replica"));
    if (const auto start = pair.flag("start")) result.start = *start;
    if (const auto most = pair.number("deletes_a_day", 1, 1'000'000))
      result.deletes_a_day = static_cast<std::uint64_t>(*most);
    folder_pair_settings inherited;
    inherited.polling_interval = default_polling_interval;
    read_inherited(pair, inherited);
    if (!pair.require("folders", "at least one folder pair")) return result;
    if (pair.child("folders").is_object() && pair.child("folders").empty())
      pair.complain("folders", "must hold at least one folder pair");
    std::map<std::string, std::string> taken; // place → path of the setting that has it
    object_reader(pair.child("folders"), pair.path("folders"), found_)
        .each_named([&](auto& folder_name, auto& folder, auto& folder_path) {
          inherited.name = folder_name;
          result.folders.push_back(read_folder_pair(folder, folder_path, inherited, result, taken));
        });
    if (!result.folders.empty() &&
        std::none_of(result.folders.begin(), result.folders.end(), [](auto& f) { return f.on; }))
      pair.complain("folders", "every folder pair is off; stop the pair instead");
    return result;
  }

  folder_pair_settings read_folder_pair(const ordered_json& value, const std::string& path, folder_pair_settings result,
                                        const pair_settings& pair, std::map<std::string, std::string>& taken) {
    object_reader folders(value, path, folder_pair_keys, found_);
    const auto read_folder = [&](string_view key, std::string& into) {
      if (folders.require(key, "a folder like \"inbox/Projects\""))
        into = folders.parsed<std::string>(key, [](auto& text) { return parse_folder_path(text); }).value_or("");
    };
    read_folder("primary", result.primary);
    read_folder("replica", result.replica);
    read_inherited(folders, result);
    if (const auto on = folders.flag("on")) result.on = *on;
    const auto claim = [&](const side_settings& side, string_view key, const std::string& folder) {
      if (side.server.url.empty() || folder.empty()) return;
      if (side.mailbox.empty() && !names_public_folder(folder)) return;
      const auto [first, is_new] = taken.emplace(place_of(side, folder), folders.path(key));
      if (is_new) return;
      if (first->second == folders.path("primary") && key == "replica")
        return found_.push_back({path, "pairs a folder with itself", 0, 0});
      folders.complain(key, (side.mailbox.empty() ? folder : "this folder of " + side.mailbox) + " is already in " +
                                first->second);
    };
    claim(pair.primary, "primary", result.primary);
    claim(pair.replica, "replica", result.replica);
    return result;
  }

  const file_places& places_;
  bool has_secrets_ = false; // what is read may hold secrets: it is no file
  problems& found_;
  struct known_server {
    server_settings server;
    bool is_right;
  };
  std::map<std::string, known_server> servers_;
  std::map<std::string, std::string> accounts_; // (url, user) of direct access → mailbox
};

} // namespace

std::string to_text(const problem& p, const std::string& file) {
  const auto place = p.line > 0 ? ":" + std::to_string(p.line) + ":" + std::to_string(p.column) : std::string();
  return file + place + ": " + (p.path.empty() ? "" : p.path + ": ") + p.text;
}

configuration parse_settings(std::string_view text, const file_places& places) {
  problems found;
  const auto document = parse_document(text, found);
  const bool syntax_is_right = std::none_of(found.begin(), found.end(), [](auto& p) { return p.line > 0; });
  if (syntax_is_right) {
    auto result = parser(places, found).read(document);
    if (found.empty()) return result;
  }
  return found;
}

std::variant<added_settings, problems> parse_settings(std::string_view text, const file_places& places,
                                                      const additions& more) {
  problems found;
  const auto document = parse_document(text, found);
  if (std::any_of(found.begin(), found.end(), [](auto& p) { return p.line > 0; })) return found;
  parser reading(places, found);
  added_settings result;
  result.all = reading.read(document);
  if (!found.empty()) return found;
  reading.add(more, result);
  return result;
}

std::variant<configuration_text, problems> load_text(const std::string& file, const std::string& credentials) {
  constexpr std::size_t longest = std::size_t{64} << 20;
  const auto text = read_file(file, longest);
  if (const auto* wrong = std::get_if<objection>(&text)) {
    // The file's name stands in front of every problem already.
    auto what = wrong->text.starts_with(file + ": ") ? wrong->text.substr(file.size() + 2) : wrong->text;
    return problems{{"", std::move(what), 0, 0}};
  }
  const auto directory = std::filesystem::absolute(file).parent_path().string();
  return configuration_text{std::get<std::string>(text), {credentials, directory}};
}

configuration load_settings(const std::string& file, const std::string& credentials) {
  auto loaded = load_text(file, credentials);
  if (auto* wrong = std::get_if<problems>(&loaded)) return std::move(*wrong);
  const auto& [text, places] = std::get<configuration_text>(loaded);
  return parse_settings(text, places);
}

} // namespace exsyncd
