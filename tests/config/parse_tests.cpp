#include "config/parse.hpp"
#include "config/sides.hpp"

#include "tests/config/temporary_directory.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <utility>
#include <vector>

using namespace exsyncd;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// A directory with the password files that the good configuration names.
struct workshop {
  workshop() {
    directory.write("hq.password", "open sesame\n");
    directory.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  }
  configuration parse(const std::string& text) const { return parse_settings(text, {"", directory.path()}); }
  temporary_directory directory;
};

const json good = json::parse(R"({
  "servers": {
    "hq": { "url": "https://hq.example/EWS/Exchange.asmx", "access": "impersonation",
            "auth": { "type": "basic", "user": "svc", "password_file": "hq.password" } },
    "branch": { "url": "https://branch.example/EWS/Exchange.asmx", "access": "direct" } },
  "pairs": {
    "jane": {
      "primary": { "server": "hq", "mailbox": "jane@hq.example" },
      "replica": { "server": "branch", "mailbox": "jane@branch.example",
                   "auth": { "type": "basic", "user": "jane", "password_file": "hq.password" } },
      "folders": { "inbox": { "primary": "inbox", "replica": "inbox" } } } } })");

json with(const json& changes) {
  auto changed = good;
  changed.merge_patch(changes);
  return changed;
}

std::vector<std::string> problems_of(const configuration& parsed) {
  std::vector<std::string> lines;
  if (const auto* found = std::get_if<problems>(&parsed))
    for (const auto& p : *found)
      lines.push_back(to_text(p, "f"));
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += line + "\n";
  return text;
}

settings settings_of(const configuration& parsed) {
  INFO(joined(problems_of(parsed)));
  REQUIRE(std::holds_alternative<settings>(parsed));
  return std::get<settings>(parsed);
}

} // namespace

TEST_CASE("a configuration becomes settings with every inheritance resolved") {
  workshop w;
  auto document = good;
  document.merge_patch(json::parse(R"({
    "state_directory": "state", "admin_socket": "/run/x/admin.sock", "log": { "level": "debug", "target": "stderr" },
    "allowance_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "undo_keep": { "days": 7, "bytes": "1.5GB" },
    "servers": { "hq": { "version": "Exchange2010_SP2", "email": "svc@hq.example", "ca_file": "ca.pem", "concurrency": 3,
                         "timeouts": { "connect": "2s", "idle": "3s", "total": "1min" }, "streaming": false } },
    "pairs": { "jane": {
      "direction": "primary-to-replica", "drift": "revert", "meetings": "skip", "polling_interval": "10s", "start_date": "2026-01-02", "start": false, "deletes_a_day": 7,
      "folders": { "projects": { "primary": "inbox/P", "replica": "inbox/Q", "direction": "replica-to-primary", "drift": "leave",
                                 "unchangeable": "report", "meetings": "copy", "polling_interval": "1h", "start_date": "2025-12-31" } } } } })"));
  const auto s = settings_of(w.parse(document.dump()));
  CHECK(s.state_directory == w.directory / "state");
  CHECK(s.admin_socket == "/run/x/admin.sock");
  CHECK(s.log == log_settings{log_level::debug, log_target::standard_error});
  CHECK(s.allowance_key == "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  CHECK(s.undo == undo_settings{7, 1'500'000'000});
  REQUIRE(s.servers.size() == 2);
  REQUIRE(s.pairs.size() == 1);
  const auto& jane = s.pairs[0];
  CHECK(jane.name == "jane");
  CHECK_FALSE(jane.start);
  CHECK(jane.primary.mailbox == "jane@hq.example");
  const auto& hq = jane.primary.server;
  CHECK(hq.name == "hq");
  CHECK(hq.version == "Exchange2010_SP2");
  CHECK(hq.access == access_kind::impersonation);
  CHECK(hq.auth == credentials{auth_kind::basic, "svc", {"open sesame"}});
  CHECK(hq.email == "svc@hq.example");
  CHECK(hq.ca_file == w.directory / "ca.pem");
  CHECK(hq.concurrency == 3);
  CHECK(hq.timeouts == timeout_settings{2s, 3s, 60s});
  CHECK_FALSE(hq.streaming);
  const auto& branch = jane.replica.server;
  CHECK(branch.access == access_kind::direct);
  CHECK(branch.version.empty());
  CHECK(branch.auth.user == "jane");
  CHECK(branch.name == "jane/replica");

  using namespace std::chrono;
  CHECK(jane.deletes_a_day == 7);
  REQUIRE(jane.folders.size() == 2);
  const auto& inbox =
      *std::find_if(jane.folders.begin(), jane.folders.end(), [](auto& f) { return f.name == "inbox"; });
  CHECK(inbox.polling_interval == 10s);
  CHECK(inbox.policy.direction == direction::primary_to_replica);
  CHECK(inbox.policy.drift == drift::revert);
  CHECK(inbox.policy.unchangeable == unchangeable::replace);
  CHECK(inbox.policy.meetings == meetings::skip);
  CHECK(inbox.policy.start_date == sys_days(2026y / 1 / 2));
  const auto& projects =
      *std::find_if(jane.folders.begin(), jane.folders.end(), [](auto& f) { return f.name == "projects"; });
  CHECK(projects.primary == "inbox/P");
  CHECK(projects.replica == "inbox/Q");
  CHECK(projects.polling_interval == 1h);
  CHECK(projects.policy == policy{direction::replica_to_primary, drift::leave, unchangeable::report,
                                  sys_days(2025y / 12 / 31), meetings::copy});
}

TEST_CASE("what is not said has its default, and the order is the file's") {
  workshop w;
  const auto s = settings_of(w.parse(good.dump()));
  CHECK(s.state_directory == "/var/lib/exsyncd");
  CHECK(s.admin_socket == "/run/exsyncd/admin.sock");
  CHECK(s.log == log_settings{});
  CHECK(s.pairs[0].start);
  CHECK(s.pairs[0].folders[0].policy == policy{});
  CHECK(s.pairs[0].folders[0].polling_interval == default_polling_interval);
  CHECK(settings_of(w.parse("{}")).pairs.empty());

  const std::string side =
      R"({"url":"https://x.example/","mailbox":"a@x.example","auth":{"type":"basic","user":"a","password_file":"hq.password"}})";
  const std::string other =
      R"({"url":"https://y.example/","mailbox":"a@y.example","auth":{"type":"basic","user":"a","password_file":"hq.password"}})";
  const auto pair = [&](const std::string& folder) {
    return "{\"primary\":" + side + ",\"replica\":" + other + R"(,"folders":{"f":{"primary":")" + folder +
           R"(","replica":"inbox"}}})";
  };
  const auto ordered =
      settings_of(w.parse("{\"pairs\":{\"zoe\":" + pair("inbox") + ",\"adam\":" + pair("drafts") + "}}"));
  REQUIRE(ordered.pairs.size() == 2);
  CHECK(ordered.pairs[0].name == "zoe");
  CHECK(ordered.pairs[0].primary.server.name == "zoe/primary");
  CHECK(ordered.pairs[0].primary.server.access == access_kind::direct);
}

TEST_CASE("each mistake is told with its path") {
  struct row {
    const char* patch; // of the good configuration
    const char* expected;
  };
  // clang-format off
  const std::vector<row> rows{
    {R"({"state_directory": 7})", "f: state_directory: must be a string in quotes, not number"},
    {R"({"state_directory": ""})", "f: state_directory: must be a path"},
    {R"({"log": []})", "f: log: must be an object { … }, not array"},
    {R"({"log": {"level": "warn"}})", R"(f: log.level: "warn" is not "debug", "info", "warning" or "error")"},
    {R"({"log": {"level": "Info"}})", R"(f: log.level: "Info" is not "debug", "info", "warning" or "error"; did you mean "info"?)"},
    {R"({"log": {"target": "syslog"}})", R"(f: log.target: "syslog" is not "auto", "journald" or "stderr")"},
    {R"({"pair": {}})", R"(f: pair: is unknown; did you mean "pairs"?)"},
    {R"({"metrics": {}})", "f: metrics: is unknown; known here: \"state_directory\""},
    {R"({"allowance_key": "secret"})", "f: allowance_key: must be a public key as"},
    {R"({"allowance_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB="})", "f: allowance_key: must be a public key as"},
    {R"({"allowance_key": "AAAAAAAAAAAAAAAAAAAAA=AAAAAAAAAAAAAAAAAAAAA="})", "f: allowance_key: must be a public key as"},
    {R"({"undo_keep": "1GB"})", "f: undo_keep: must be an object"},
    {R"({"undo_keep": true})", R"(f: undo_keep: must be an object like { "days": 30, "bytes": "1GB" }, or false)"},
    {R"({"undo_keep": {"days": 0}})", "f: undo_keep.days: must be"},
    {R"({"undo_keep": {"bytes": "much"}})", "f: undo_keep.bytes: \"much\" is no size"},
    {R"({"undo_keep": {"bytes": "0"}})", "f: undo_keep.bytes: must be from 1 byte"},
    {R"({"pairs": {"jane": {"keep_conflict_copies": 1}}})", "f: pairs.jane.keep_conflict_copies: must be true or false"},
    {R"({"servers": {"h q": {}}})", "f: servers.\"h q\": a name is 1 to 64 letters"},
    {R"({"servers": {"new": {"access": "direct"}}})", "f: servers.new.url: is missing"},
    {R"({"servers": {"hq": 5}})", "f: servers.hq: must be an object { … }, not number"},
    {R"({"servers": {"hq": {"url": "hq.example"}}})", "f: servers.hq.url: must be a URL"},
    {R"({"servers": {"hq": {"access": "owner"}}})", R"(f: servers.hq.access: "owner" is not "impersonation", "direct" or "delegate")"},
    {R"({"servers": {"hq": {"version": "2010"}}})", "f: servers.hq.version: \"2010\" is not \"auto\", \"Exchange2007_SP1\", \"Exchange2010_SP2\""},
    {R"({"servers": {"hq": {"version": "Exchange2010_SP3"}}})", "did you mean \"Exchange2010_SP2\"?"},
    {R"({"servers": {"hq": {"concurrency": 0}}})", "f: servers.hq.concurrency: must be a whole number from 1 to 100"},
    {R"({"servers": {"hq": {"concurrency": 18446744073709551615}}})", "f: servers.hq.concurrency: must be a whole number from 1 to 100"},
    {R"({"servers": {"hq": {"concurrency": 2.5}}})", "f: servers.hq.concurrency: must be a whole number from 1 to 100"},
    {R"({"servers": {"hq": {"email": "svc"}}})", "f: servers.hq.email: must be a mail address"},
    {R"({"servers": {"hq": {"ca_file": "none.pem"}}})", "f: servers.hq.ca_file: there is no file \"none.pem\" in "},
    {R"({"servers": {"hq": {"ca_file": "hq.password"}}})", "holds no certificate in PEM form"},
    {R"({"servers": {"hq": {"timeouts": {"idle": "10ms"}}}})", "f: servers.hq.timeouts.idle: must be from 1 s to 3600 s"},
    {R"({"servers": {"hq": {"auth": null}}})", "f: servers.hq.auth: is missing: the service account"},
    {R"({"servers": {"hq": {"auth": {"type": "ntlm"}}}})", R"(f: servers.hq.auth.type: "ntlm" is not in this version of exsyncd; there is "basic")"},
    {R"({"servers": {"hq": {"auth": {"type": "ntlm", "password_file": null}}}})", "Set-WebServicesVirtualDirectory -BasicAuthentication $true"},
    {R"({"servers": {"hq": {"auth": {"type": "oauth2", "tenant": "t", "client_id": "c", "certificate_file": "x", "user": null}}}})",
        R"(f: servers.hq.auth.type: "oauth2" is not in this version of exsyncd; there is "basic", which Exchange Online does not take)"},
    {R"({"servers": {"hq": {"auth": {"type": "digest"}}}})", R"(f: servers.hq.auth.type: "digest" is not known; there is "basic")"},
    {R"({"servers": {"hq": {"auth": {"user": "a:b"}}}})", "f: servers.hq.auth.user: must not hold a colon"},
    {R"({"servers": {"hq": {"auth": {"user": ""}}}})", "f: servers.hq.auth.user: must not be empty"},
    {R"({"servers": {"hq": {"auth": {"password": "x"}}}})", "f: servers.hq.auth.password: is not in this version of exsyncd; write it into a file"},
    {R"({"servers": {"hq": {"auth": {"password_file": "gone"}}}})", "f: servers.hq.auth.password_file: there is no file \"gone\" in "},
    {R"({"pairs": []})", "f: pairs: must be an object { … }, not array"},
    {R"({"pairs": {"a/b": {}}})", "f: pairs.\"a/b\": a name is"},
    {R"({"pairs": {"jane": {"primary": null}}})", "f: pairs.jane.primary: is missing"},
    {R"({"pairs": {"jane": {"primary": {"server": "hp"}}}})", R"(f: pairs.jane.primary.server: there is no server "hp" in "servers"; did you mean "hq"?)"},
    {R"({"pairs": {"jane": {"primary": {"mailbox": "jane"}}}})", "f: pairs.jane.primary.mailbox: must be a mail address"},
    {R"({"pairs": {"jane": {"primary": {"mail": "jane"}}}})", R"(f: pairs.jane.primary.mail: is unknown; did you mean "mailbox"?)"},
    {R"({"pairs": {"jane": {"primary": {"auth": {}}}}})", "f: pairs.jane.primary.auth: server \"hq\" is reached by a service account"},
    {R"({"pairs": {"jane": {"replica": {"auth": null}}}})", "f: pairs.jane.replica.auth: is missing: server \"branch\" is reached directly"},
    {R"({"pairs": {"jane": {"replica": {"server": null, "url": "https://x.example/", "auth": null}}}})", "f: pairs.jane.replica.auth: is missing"},
    {R"({"pairs": {"jane": {"include_subfolders": "yes"}}})", "f: pairs.jane.include_subfolders: must be true or false"},
    {R"({"pairs": {"jane": {"direction": "both"}}})", R"(f: pairs.jane.direction: "both" is not "bidirectional", "primary-to-replica" or "replica-to-primary")"},
    {R"({"pairs": {"jane": {"drift": true}}})", "f: pairs.jane.drift: must be a string in quotes, not boolean"},
    {R"({"pairs": {"jane": {"polling_interval": 300}}})", "f: pairs.jane.polling_interval: must be a string in quotes, not number"},
    {R"({"pairs": {"jane": {"polling_interval": "0s"}}})", "f: pairs.jane.polling_interval: must be from 1 s to 2592000 s"},
    {R"({"pairs": {"jane": {"start_date": "tomorrow"}}})", "f: pairs.jane.start_date: \"tomorrow\" is no date"},
    {R"({"pairs": {"jane": {"deletes_a_day": 0}}})",
     "f: pairs.jane.deletes_a_day: must be a whole number from 1 to 1000000"},
    {R"({"pairs": {"jane": {"start": "yes"}}})", "f: pairs.jane.start: must be true or false"},
    {R"({"pairs": {"jane": {"folders": null}}})", "f: pairs.jane.folders: is missing: at least one folder pair"},
    {R"({"pairs": {"jane": {"folders": {"inbox": null}}}})", "f: pairs.jane.folders: must hold at least one folder pair"},
    {R"({"pairs": {"jane": {"folders": {"inbox": {"primary": "notes"}}}}})", "f: pairs.jane.folders.inbox.primary: \"notes\" holds items of a class that"},
    {R"({"pairs": {"jane": {"folders": {"inbox": {"replica": null}}}}})", "f: pairs.jane.folders.inbox.replica: is missing"},
    {R"({"pairs": {"jane": {"folders": {"inbox": {"direction": "up"}}}}})", "f: pairs.jane.folders.inbox.direction: \"up\" is not"},
    {R"({"pairs": {"jane": {"folders": {"more": {"primary": "Inbox", "replica": "inbox/x"}}}}})", "f: pairs.jane.folders.more.primary: \"Inbox\" must begin with"},
    {R"({"pairs": {"jane": {"folders": {"a": {"primary": "inbox/A", "replica": "inbox/1"}, "b": {"primary": "inbox/a", "replica": "inbox/2"}}}}})",
        "f: pairs.jane.folders.b.primary: this folder of jane@hq.example is already in pairs.jane.folders.a.primary"},
  };
  // clang-format on
  workshop w;
  for (const auto& row : rows) {
    INFO(row.patch);
    auto document = good;
    document.merge_patch(json::parse(row.patch));
    const auto lines = problems_of(w.parse(document.dump()));
    INFO(joined(lines));
    CHECK(lines.size() == 1);
    CHECK_THAT(joined(lines), Catch::Contains(row.expected));
  }
}

TEST_CASE("every setting of a wrong JSON type is refused with its path and what it must be") {
  const auto whole = with(json::parse(R"({
    "state_directory": "state", "admin_socket": "/run/x/admin.sock", "log": { "level": "debug", "target": "stderr" },
    "allowance_key": "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "undo_keep": { "days": 7, "bytes": "1.5GB" },
    "servers": { "hq": { "version": "Exchange2010_SP2", "email": "svc@hq.example", "ca_file": "ca.pem", "concurrency": 3,
                         "timeouts": { "connect": "2s", "idle": "3s", "total": "1min" }, "streaming": false } },
    "pairs": { "jane": {
      "direction": "primary-to-replica", "drift": "revert", "unchangeable": "report", "meetings": "skip",
      "polling_interval": "10s", "start_date": "2026-01-02", "start": false, "deletes_a_day": 7,
      "include_subfolders": true, "keep_conflict_copies": true,
      "folders": { "inbox": { "direction": "replica-to-primary", "drift": "leave", "unchangeable": "report",
        "meetings": "copy", "polling_interval": "1h", "start_date": "2025-12-31", "include_subfolders": false,
        "keep_conflict_copies": false, "on": true } } } } })"));
  workshop w;
  REQUIRE(problems_of(w.parse(whole.dump())).empty());
  // Each value of it, objects included, becomes what it is not.
  const std::vector<json> others{json(true), json(7), json(7.5), json("?"), json::array(), json::object(), json()};
  const std::function<void(const json&, const json::json_pointer&)> each = [&](const json& value,
                                                                               const json::json_pointer& at) {
    for (const auto& other : others) {
      const bool same_type = other.type() == value.type() || (other.is_number_integer() && value.is_number_integer());
      if (at.empty() || same_type) continue;
      auto wrong = whole;
      wrong[at] = other;
      auto name = at.to_string().substr(1);
      std::replace(name.begin(), name.end(), '/', '.');
      const auto lines = problems_of(w.parse(wrong.dump()));
      INFO(name << " is " << other << ": " << joined(lines));
      CHECK(std::any_of(lines.begin(), lines.end(),
                        [&](const auto& line) { return line.starts_with("f: " + name + ": "); }));
      CHECK_THAT(joined(lines), Catch::Contains("must be ") || Catch::Contains(" is "));
    }
    if (value.is_object())
      for (const auto& [key, child] : value.items())
        each(child, at / key);
  };
  each(whole, json::json_pointer());
}

TEST_CASE("ten mistakes are told at once") {
  workshop w;
  auto document = good;
  document.merge_patch(json::parse(R"({
    "stat_directory": "x", "log": {"level": 1},
    "servers": {"hq": {"url": "http://hq.example/", "concurrency": "many", "auth": {"type": "nt", "password_file": "gone"}}},
    "pairs": {"jane": {"directon": "x", "polling_interval": "often", "primary": {"mailbox": "?"},
                       "folders": {"tasks": {"primary": "notes", "replica": "inbox/T"}}}}})"));
  const auto lines = problems_of(w.parse(document.dump()));
  INFO(joined(lines));
  CHECK(lines.size() == 10);
}

TEST_CASE("syntax errors have line and column") {
  workshop w;
  struct row {
    const char* text;
    std::size_t line, column;
  };
  for (const auto& row :
       {row{"{\n  \"pairs\": {\n    \"jane\" {}\n  }\n}", 3, 12}, row{"", 1, 1},
        row{"{ \"log\": { \"level\": \"info\", } }", 1, 29}, row{"{} x", 1, 4}, row{"{\"a\xff\": 1}", 1, 4},
        row{"{ // never closed", 1, 18}, row{"{\n \"log\": -1e999 }", 2, 9}}) {
    INFO(row.text);
    const auto parsed = w.parse(row.text);
    REQUIRE(std::holds_alternative<problems>(parsed));
    const auto& found = std::get<problems>(parsed);
    REQUIRE(found.size() == 1);
    CHECK(found[0].path.empty());
    CHECK(found[0].line == row.line);
    CHECK(found[0].column == row.column);
    CHECK_FALSE(found[0].text.empty());
    CHECK_THAT(to_text(found[0], "f"),
               Catch::StartsWith("f:" + std::to_string(row.line) + ":" + std::to_string(row.column) + ": "));
  }
}

TEST_CASE("comments are allowed, duplicate keys are not") {
  workshop w;
  settings_of(w.parse("// one\n{ /* two */ \"log\": {} }"));
  const auto lines =
      problems_of(w.parse(R"({ "log": { "level": "info", "level": "debug" }, "servers": {}, "servers": {} })"));
  INFO(joined(lines));
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "f: log.level: is there twice; one of them must go");
  CHECK(lines[1] == "f: servers: is there twice; one of them must go");
}

TEST_CASE("anything that nests for ever is refused") {
  workshop w;
  const std::size_t deep = 200'000;
  CHECK(std::holds_alternative<problems>(w.parse(std::string(deep, '['))));
  std::string objects;
  for (std::size_t i = 0; i < deep; ++i)
    objects += "{\"a\":";
  CHECK(std::holds_alternative<problems>(w.parse(objects)));
  CHECK(std::holds_alternative<problems>(w.parse(std::string(deep, '[') + std::string(deep, ']'))));
}

TEST_CASE("one account that opens only its own mailbox cannot stand for two") {
  workshop w;
  auto document = good;
  document["pairs"]["joe"] = document["pairs"]["jane"];
  document["pairs"]["joe"]["folders"]["inbox"]["primary"] = "drafts";
  CHECK(problems_of(w.parse(document.dump())).empty()); // the same mailboxes in two pairs are fine
  document["pairs"]["joe"]["replica"]["mailbox"] = "joe@branch.example";
  const auto lines = problems_of(w.parse(document.dump()));
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::Contains("pairs.joe.replica.mailbox: account \"jane\" opens its own mailbox only"));
}

TEST_CASE("the same folders in two pairs are refused, in the file and of what is added to it") {
  workshop w;
  auto document = good;
  document["pairs"]["joe"] = document["pairs"]["jane"];
  const auto lines = problems_of(w.parse(document.dump()));
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::StartsWith("f: pairs.joe.folders.inbox: pair \"jane\" keeps these folders in step"));
  auto added = document["pairs"]["joe"];
  added["replica"]["auth"] = {{"type", "basic"}, {"user", "jane"}, {"password", "open sesame"}};
  std::swap(added["primary"], added["replica"]);
  const auto both = parse_settings(good.dump(), {"", w.directory.path()}, {{}, {{"mirror", added.dump()}}});
  REQUIRE(std::holds_alternative<added_settings>(both));
  const auto& wrong = std::get<added_settings>(both).wrong_pairs;
  REQUIRE(wrong.contains("mirror"));
  CHECK(wrong.at("mirror").front().path == "pairs.mirror.folders.inbox");
  CHECK(std::get<added_settings>(both).all.pairs.size() == 1);
}

TEST_CASE("two folders of one mailbox can be a pair, one folder cannot") {
  workshop w;
  auto document = good;
  auto& jane = document["pairs"]["jane"];
  jane["replica"] = jane["primary"];
  auto lines = problems_of(w.parse(document.dump()));
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == "f: pairs.jane.folders.inbox: pairs a folder with itself");
  jane["folders"]["inbox"]["replica"] = "inbox/Copy";
  CHECK(problems_of(w.parse(document.dump())).empty());
  jane["folders"]["more"] = {{"primary", "inbox/copy"}, {"replica", "inbox/x"}};
  lines = problems_of(w.parse(document.dump()));
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::Contains("pairs.jane.folders.more.primary: this folder of jane@hq.example is already in "
                                       "pairs.jane.folders.inbox.replica"));
}

TEST_CASE("passwords are one line that only owner and group can read") {
  temporary_directory d;
  const file_places places{"", d.path()};
  const auto refusal = [&](const std::string& name) {
    const auto read = read_secret(name, places);
    return std::holds_alternative<objection>(read) ? std::get<objection>(read).text : std::string();
  };
  d.write("plain", "word");
  d.write("line", "pass word \n");
  d.write("dos", "word\r\n");
  CHECK(read_secret("plain", places) == checked<std::string>("word"));
  CHECK(read_secret("line", places) == checked<std::string>("pass word "));
  CHECK(read_secret("dos", places) == checked<std::string>("word"));
  CHECK(read_secret(d / "plain", places) == checked<std::string>("word"));

  d.write("open", "word\n", 0644);
  d.write("empty", "\n");
  d.write("two", "a\nb\n");
  d.write("zero", std::string("a\0b", 3));
  d.write("long", std::string(5000, 'x'));
  CHECK_THAT(refusal("open"), Catch::Contains("chmod o="));
  CHECK_THAT(refusal("open"), !Catch::Contains("word\n"));
  CHECK_THAT(refusal("empty"), Catch::Contains("is empty"));
  CHECK_THAT(refusal("two"), Catch::Contains("only line"));
  CHECK_THAT(refusal("zero"), Catch::Contains("only line"));
  CHECK_THAT(refusal("long"), Catch::Contains("larger"));
  CHECK_THAT(refusal(""), Catch::Contains("must name a file"));
  CHECK_THAT(refusal("."), Catch::Contains("no regular file"));
  CHECK_THAT(refusal("/nowhere/at/all"), Catch::Contains("there is no such file"));
}

TEST_CASE("systemd's credentials come before what lies beside the configuration") {
  temporary_directory credentials, beside;
  const file_places places{credentials.path(), beside.path()};
  beside.write("word", "from beside");
  CHECK(read_secret("word", places) == checked<std::string>("from beside"));
  credentials.write("word", "from systemd");
  CHECK(read_secret("word", places) == checked<std::string>("from systemd"));
  const auto missing = read_secret("other", places);
  REQUIRE(std::holds_alternative<objection>(missing));
  CHECK(std::get<objection>(missing).text ==
        "there is no file \"other\" in " + credentials.path() + " and " + beside.path());
}

TEST_CASE("a configuration file that cannot be read is a problem with its name") {
  temporary_directory d;
  const auto missing = load_settings(d / "none.json", "");
  REQUIRE(std::holds_alternative<problems>(missing));
  CHECK(to_text(std::get<problems>(missing).at(0), "none.json") ==
        "none.json: cannot be read: No such file or directory");
  d.write("c.json", R"({"state_directory": "state"})");
  CHECK(settings_of(load_settings(d / "c.json", "")).state_directory == d / "state");
}

TEST_CASE("the examples are right") {
  temporary_directory d;
  for (const auto name : {"hq.password", "branch.password", "info-hq.password", "info-branch.password"})
    d.write(name, "x\n");
  std::size_t parsed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PROJECT_SOURCE_DIR "/config/examples")) {
    INFO(entry.path());
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const auto s = settings_of(parse_settings(text.str(), {"", d.path()}));
    CHECK_FALSE(s.pairs.empty());
    ++parsed;
  }
  CHECK(parsed >= 2);
}

TEST_CASE("a server can be reached by rights on folders, as a service account") {
  workshop w;
  const auto read = settings_of(w.parse(with({{"servers", {{"hq", {{"access", "delegate"}}}}}}).dump()));
  CHECK(std::any_of(read.servers.begin(), read.servers.end(),
                    [](const auto& s) { return s.name == "hq" && s.access == access_kind::delegate; }));
  CHECK(read.pairs.at(0).primary.server.access == access_kind::delegate);
  const auto without =
      problems_of(w.parse(with({{"servers", {{"hq", {{"access", "delegate"}, {"auth", nullptr}}}}}}).dump()));
  CHECK_THAT(joined(without), Catch::Contains("servers.hq.auth: is missing: the service account that has rights"));
}

TEST_CASE("a public folder is one folder from whichever mailbox it is looked at") {
  workshop w;
  const auto pair = [](const char* primary, const char* replica) {
    return json{{"pairs", {{"jane", {{"folders", {{"sales", {{"primary", primary}, {"replica", replica}}}}}}}}}};
  };
  const auto read = settings_of(w.parse(with(pair("public:/Sales", "inbox/Sales")).dump()));
  CHECK(read.pairs.at(0).folders.at(1).primary == "public:/Sales");
  auto both = with(pair("public:/Sales", "public:/SALES"));
  CHECK(problems_of(w.parse(both.dump())).empty());
  both["pairs"]["jane"]["replica"] = {{"server", "hq"}, {"mailbox", "john@hq.example"}};
  CHECK_THAT(joined(problems_of(w.parse(both.dump()))), Catch::Contains("pairs.jane.folders.sales"));
}

TEST_CASE("a side of public folders alone needs no mailbox") {
  workshop w;
  auto document = good;
  auto& jane = document["pairs"]["jane"];
  jane["primary"].erase("mailbox");
  jane["folders"] = {{"sales", {{"primary", "public:/Sales"}, {"replica", "contacts"}}}};
  const auto read = settings_of(w.parse(document.dump()));
  CHECK(read.pairs.at(0).primary.mailbox.empty());
  CHECK(called(read.pairs.at(0).primary) == "public folders of hq");
  CHECK(has_only_public_folders(read.pairs.at(0), &folder_pair_settings::primary));
  CHECK_FALSE(has_only_public_folders(read.pairs.at(0), &folder_pair_settings::replica));
  SECTION("one folder of a mailbox wants one") {
    jane["folders"]["inbox"] = {{"primary", "inbox"}, {"replica", "inbox"}};
    CHECK_THAT(joined(problems_of(w.parse(document.dump()))),
               Catch::Contains("pairs.jane.primary.mailbox: is missing"));
  }
  SECTION("the same folder from both sides is one folder with itself, in whichever case it is written") {
    jane["replica"] = {{"server", "hq"}};
    jane["folders"]["sales"]["replica"] = "public:/SALES";
    CHECK_THAT(joined(problems_of(w.parse(document.dump()))),
               Catch::Contains("pairs.jane.folders.sales: pairs a folder with itself"));
    jane["folders"]["sales"]["replica"] = "public:/Sales/Copy";
    CHECK(problems_of(w.parse(document.dump())).empty());
    jane["folders"]["more"] = {{"primary", "public:/sales/copy"}, {"replica", "public:/More"}};
    CHECK_THAT(
        joined(problems_of(w.parse(document.dump()))),
        Catch::Contains(
            "pairs.jane.folders.sales.replica: public:/Sales/Copy is already in pairs.jane.folders.more.primary"));
  }
}

TEST_CASE("what was made over the admin socket stands beside the file, each by itself") {
  workshop w;
  const file_places places{"", w.directory.path()};
  const auto read = [&](const additions& more) {
    auto result = parse_settings(good.dump(), places, more);
    REQUIRE(std::holds_alternative<added_settings>(result));
    return std::get<added_settings>(std::move(result));
  };
  const auto paths = [](const problems& found) {
    std::vector<std::string> list;
    for (const auto& p : found)
      list.push_back(p.path);
    return list;
  };
  additions more;
  more.servers["lab"] =
      R"({"url":"https://lab.example/","access":"direct","auth":{"type":"basic","user":"u","password":"pw"}})";
  more.pairs["joe"] = R"({"primary":{"server":"hq","mailbox":"joe@hq.example"},
    "replica":{"server":"lab","mailbox":"joe@lab.example"},"folders":{"inbox":{"primary":"inbox","replica":"inbox"}}})";
  const auto right = read(more);
  CHECK(right.wrong_servers.empty());
  CHECK(right.wrong_pairs.empty());
  REQUIRE(right.all.servers.size() == 3);
  CHECK(right.all.servers[2].auth.password.value == "pw");
  REQUIRE(right.all.pairs.size() == 2);
  CHECK(right.all.pairs[1].primary.server.url == "https://hq.example/EWS/Exchange.asmx");
  CHECK(right.all.pairs[1].replica.server.auth.password.value == "pw");

  SECTION("one that is wrong is left out, and so is what uses it; the others stay") {
    more.servers["lab"] = R"({"url":"ftp://lab","access":"direct","auth":{"type":"basic","user":"u"}})";
    more.pairs["ann"] = R"({"primary":{"server":"hq","mailbox":"a@hq.example"},"direction":"up",
      "replica":{"server":"hq","mailbox":"b@hq.example"},"folders":{"inbox":{"primary":"inbox","replica":"inbox"}}})";
    more.pairs["tom"] = R"({"primary":{"server":"hq","mailbox":"c@hq.example"},
      "replica":{"server":"hq","mailbox":"d@hq.example"},"folders":{"inbox":{"primary":"inbox","replica":"inbox"}}})";
    const auto result = read(more);
    CHECK(paths(result.wrong_servers.at("lab")) ==
          std::vector<std::string>{"servers.lab.url", "servers.lab.auth.password"});
    CHECK(paths(result.wrong_pairs.at("joe")) == std::vector<std::string>{"pairs.joe.replica.server"});
    CHECK(paths(result.wrong_pairs.at("ann")) == std::vector<std::string>{"pairs.ann.direction"});
    CHECK(result.wrong_pairs.size() == 2);
    CHECK(result.all.servers.size() == 2);
    REQUIRE(result.all.pairs.size() == 2);
    CHECK(result.all.pairs[1].name == "tom");
  }
  SECTION("the file's names are the file's") {
    more.servers["hq"] = more.servers.at("lab");
    more.pairs["jane"] = more.pairs.at("joe");
    const auto result = read(more);
    CHECK_THAT(result.wrong_servers.at("hq").at(0).text, Catch::Contains("declares a server of this name"));
    CHECK_THAT(result.wrong_pairs.at("jane").at(0).text, Catch::Contains("declares a pair of this name"));
  }
  SECTION("passwords") {
    for (const auto& [auth, text] : std::vector<std::pair<std::string, std::string>>{
             {R"({"type":"basic","user":"u"})", "is missing"},
             {R"({"type":"basic","user":"u","password":""})", "must not be empty"},
             {R"({"type":"basic","user":"u","password":7})", "must be a string"},
             {R"({"type":"basic","user":"u","password":"a\nb"})", "must be one line"},
             {R"({"type":"basic","user":"u","password":"a","password_file":"hq.password"})", "one of them must go"}}) {
      INFO(auth);
      more.servers["lab"] = R"({"url":"https://lab.example/","access":"direct","auth":)" + auth + "}";
      const auto result = read(more);
      CHECK(paths(result.wrong_servers.at("lab")) == std::vector<std::string>{"servers.lab.auth.password"});
      CHECK_THAT(result.wrong_servers.at("lab").at(0).text, Catch::Contains(text));
    }
    more.servers["lab"] =
        R"({"url":"https://lab.example/","access":"direct","auth":{"type":"basic","user":"u","password_file":"hq.password"}})";
    CHECK(read(more).all.servers.at(2).auth.password.value == "open sesame");
  }
}

TEST_CASE("a folder pair may be off, but not all of them") {
  workshop w;
  auto document = good;
  document["pairs"]["jane"]["folders"]["inbox"]["on"] = false;
  CHECK(joined(problems_of(w.parse(document.dump()))) ==
        "f: pairs.jane.folders: every folder pair is off; stop the pair instead\n");
  document["pairs"]["jane"]["folders"]["drafts"] = {{"primary", "drafts"}, {"replica", "drafts"}};
  const auto s = settings_of(w.parse(document.dump()));
  REQUIRE(s.pairs.at(0).folders.size() == 2);
  for (const auto& f : s.pairs.at(0).folders)
    CHECK(f.on == (f.name == "drafts"));
}
