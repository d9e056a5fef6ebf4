#include "daemon/declarations.hpp"
#include "tests/config/temporary_directory.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace exsyncd;
using nlohmann::ordered_json;

namespace {

const auto lab = ordered_json::parse(
    R"({"url":"https://lab.example/","access":"direct","auth":{"type":"basic","user":"u","password":"hunter2"}})");
const auto joe = ordered_json::parse(R"({"primary":{"server":"hq","mailbox":"joe@hq.example"},
  "replica":{"server":"lab","mailbox":"joe@lab.example"},"folders":{"password":{"primary":"inbox","replica":"inbox"}}})");
const declared_name lab_name{declared::server, "lab"}, joe_name{declared::pair, "joe"};

/// A file with one server, and a state directory.
struct office {
  office() {
    directory.write("hq.password", "open sesame\n");
    file(R"({"servers":{"hq":{"url":"https://hq.example/","access":"impersonation",)"
         R"("auth":{"type":"basic","user":"svc","password_file":"hq.password"}}}})");
  }
  void file(const std::string& text) { directory.write("exsyncd.json", text); }
  declarations book(const std::vector<declaration>& kept = {}) {
    declarations result({directory / "exsyncd.json", {"", directory.path()}});
    result.take(kept);
    return result;
  }
  temporary_directory directory;
};

declarations::change change_of(declarations& book, const declared_name& what, const ordered_json& value) {
  std::vector<declarations::edit> edits;
  edits.emplace_back(what, value.is_null() ? nullptr : std::make_unique<ordered_json>(value));
  auto checked = book.check(std::move(edits));
  if (auto* found = std::get_if<problems>(&checked)) FAIL(to_text(found->at(0), "refused"));
  return std::get<declarations::change>(std::move(checked));
}

problems refused(declarations& book, const declared_name& what, const ordered_json& value) {
  std::vector<declarations::edit> edits;
  edits.emplace_back(what, value.is_null() ? nullptr : std::make_unique<ordered_json>(value));
  auto checked = book.check(std::move(edits));
  REQUIRE(std::holds_alternative<problems>(checked));
  return std::get<problems>(checked);
}

/// Carries a change out; what the store holds of it afterwards.
declaration carried_out(declarations& book, const declared_name& what, const ordered_json& value) {
  auto change = change_of(book, what, value);
  const declaration kept{what.kind, what.name, change.to_keep.at(0).text.value_or("")};
  book.apply(std::move(change));
  return kept;
}

} // namespace

TEST_CASE("a secret is sealed where it is kept, and opens again for the settings only") {
  office o;
  auto book = o.book();
  REQUIRE(std::holds_alternative<added_settings>(book.read()));
  const auto server = carried_out(book, lab_name, lab);
  const auto pair = carried_out(book, joe_name, joe);
  CHECK(server.text.find("hunter2") == std::string::npos);
  CHECK(book.show(lab_name).dump() ==
        R"({"url":"https://lab.example/","access":"direct","auth":{"type":"basic","user":"u","secret":"kept"}})");
  CHECK(book.everything().dump().find("sealed") == std::string::npos);
  // A folder pair of that name is none.
  CHECK(book.show(joe_name)["folders"]["password"]["primary"] == "inbox");

  auto again = o.book({server, pair});
  const auto read = again.read();
  REQUIRE(std::holds_alternative<added_settings>(read));
  const auto& all = std::get<added_settings>(read).all;
  REQUIRE(all.pairs.size() == 1);
  CHECK(all.pairs[0].replica.server.auth.password.value == "hunter2");
  CHECK(again.look().empty());

  SECTION("not at another place") {
    const auto moved = o.book({{declared::server, "elsewhere", server.text}}).look();
    REQUIRE(moved.size() == 1);
    CHECK(moved[0].path == "servers.elsewhere.auth.password");
  }
  SECTION("not without its key: that server and what uses it are left out, the rest runs") {
    std::filesystem::remove(o.directory / "secret.key");
    auto book_without = o.book({server, pair});
    const auto lost = book_without.read();
    REQUIRE(std::holds_alternative<added_settings>(lost));
    CHECK(std::get<added_settings>(lost).all.servers.size() == 1);
    CHECK(std::get<added_settings>(lost).all.pairs.empty());
    CHECK_THAT(book_without.wrong_with(lab_name).at(0).text, Catch::Contains("give it again"));
    CHECK(book_without.wrong_with(joe_name).size() == 1);
    // Given again, both are right again.
    carried_out(book_without, lab_name, lab);
    CHECK(book_without.wrong_with(lab_name).empty());
    CHECK(book_without.look().empty());
  }
}

TEST_CASE("the key is a file that only its owner reads, or systemd's credential") {
  temporary_directory state, credentials;
  const auto box_of = [](const key_places& places, bool may_make = true) {
    auto opened = secret_box::open(places, may_make);
    if (auto* why = std::get_if<std::string>(&opened)) FAIL(*why);
    return std::get<secret_box>(std::move(opened));
  };
  const auto why = [](const key_places& places, bool may_make = true) {
    auto opened = secret_box::open(places, may_make);
    REQUIRE(std::holds_alternative<std::string>(opened));
    return std::get<std::string>(opened);
  };
  CHECK_THAT(why({"", state.path()}, false), Catch::Contains("is not there"));
  const auto sealed = box_of({"", state.path()}).seal("word", "place");
  CHECK(sealed != box_of({"", state.path()}).seal("word", "place"));
  struct stat status {};
  REQUIRE(::stat((state / "secret.key").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(box_of({"", state.path()}, false).unseal(sealed, "place") == "word");
  CHECK_FALSE(box_of({"", state.path()}).unseal(sealed, "another place"));
  auto damaged = sealed;
  damaged[10] = damaged[10] == 'A' ? 'B' : 'A';
  CHECK_FALSE(box_of({"", state.path()}).unseal(damaged, "place"));
  for (const auto* text : {"", "AAAA", "no base64!"})
    CHECK_FALSE(box_of({"", state.path()}).unseal(text, "place"));

  // A credential of the same name comes first; without it the file counts.
  CHECK(box_of({credentials.path(), state.path()}).unseal(sealed, "place") == "word");
  credentials.write("exsyncd.key", std::string(64, 'a') + "\n", 0440);
  CHECK_FALSE(box_of({credentials.path(), state.path()}).unseal(sealed, "place"));
  credentials.write("exsyncd.key", std::string(32, '\xaa'), 0440);
  CHECK(box_of({credentials.path(), state.path()})
            .unseal(box_of({credentials.path(), state.path()}).seal("x", "y"), "y") == "x");
  credentials.write("exsyncd.key", "short", 0440);
  CHECK_THAT(why({credentials.path(), state.path()}), Catch::Contains("holds no key"));
  std::filesystem::permissions(state / "secret.key", std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  CHECK_THAT(why({"", state.path()}), Catch::Contains("chmod 600"));
}

TEST_CASE("a change is refused with everything that it would spoil") {
  office o;
  auto book = o.book();
  REQUIRE(std::holds_alternative<added_settings>(book.read()));
  carried_out(book, lab_name, lab);
  carried_out(book, joe_name, joe);
  auto wrong = joe;
  wrong["direction"] = "up";
  wrong["primary"]["mailbox"] = "joe";
  CHECK(refused(book, {declared::pair, "ann"}, wrong).size() == 2);
  // Another pair would lose its server.
  const auto lost = refused(book, lab_name, nullptr);
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].path == "pairs.joe.replica.server");
  carried_out(book, joe_name, nullptr);
  carried_out(book, lab_name, nullptr);
  CHECK(book.names(declared::server) == std::vector<std::string>{"hq"});

  // The file may take a server away: what used it is left out, and may be put right.
  carried_out(book, joe_name,
              ordered_json::parse(R"({"primary":{"server":"hq","mailbox":"a@x.example"},"replica":{"server":"hq",
                "mailbox":"b@x.example"},"folders":{"inbox":{"primary":"inbox","replica":"inbox"}}})"));
  o.file("{}");
  const auto read = book.read();
  REQUIRE(std::holds_alternative<added_settings>(read));
  CHECK(std::get<added_settings>(read).all.pairs.empty());
  CHECK(book.wrong_with(joe_name).size() == 2);
  carried_out(book, lab_name, lab); // others can be changed all the same
  CHECK(book.wrong_with(joe_name).size() == 2);
  carried_out(book, joe_name, nullptr);
  CHECK(book.wrong_with(joe_name).empty());
}

TEST_CASE("a pair on folders that another pair has is refused by its own name, however both are called") {
  office o;
  auto book = o.book();
  REQUIRE(std::holds_alternative<added_settings>(book.read()));
  carried_out(book, lab_name, lab);
  carried_out(book, joe_name, joe);
  for (const auto* name : {"a-second", "z-second"}) {
    INFO(name);
    auto second = joe;
    second["folders"] = {{"again", {{"primary", "inbox"}, {"replica", "inbox"}}}};
    const auto found = refused(book, {declared::pair, name}, second);
    REQUIRE(found.size() == 1);
    CHECK(found[0].path == std::string("pairs.") + name + ".folders.again");
    CHECK_THAT(found[0].text, Catch::Contains("pair \"joe\" keeps these folders"));
    CHECK_THAT(found[0].text, Catch::Contains("folder pair \"password\""));
  }
  SECTION("and so is one that is changed to them") {
    auto other = joe;
    other["folders"] = {{"again", {{"primary", "inbox/A"}, {"replica", "inbox"}}}};
    const declared_name second{declared::pair, "a-second"};
    carried_out(book, second, other);
    other["folders"]["again"]["primary"] = "inbox";
    CHECK(refused(book, second, other).at(0).path == "pairs.a-second.folders.again");
  }
}

TEST_CASE("a kept secret does not follow its server or user elsewhere") {
  office o;
  auto book = o.book();
  REQUIRE(std::holds_alternative<added_settings>(book.read()));
  carried_out(book, lab_name, lab);
  const auto before = book.find(lab_name);
  const auto astray = [&](const char* patch) {
    auto after = before;
    after.merge_patch(ordered_json::parse(patch));
    return declarations::secrets_gone_astray(before, after, "servers.lab").size();
  };
  CHECK(astray(R"({"concurrency":2})") == 0);
  CHECK(astray(R"({"url":"https://evil.example/"})") == 1);
  CHECK(astray(R"({"ca_file":"/tmp/evil.pem"})") == 1);
  CHECK(astray(R"({"auth":{"user":"other"}})") == 1);
  CHECK(astray(R"({"url":"https://evil.example/","auth":{"password":"new"}})") == 0);
  const auto pair = ordered_json{{"primary", before}};
  auto moved = pair;
  moved["primary"]["url"] = "https://evil.example/";
  CHECK(declarations::secrets_gone_astray(pair, moved, "pairs.p").at(0).path == "pairs.p.primary.auth.password");
  CHECK(declarations::odd_secret(ordered_json::parse(R"({"auth":{"password":{"sealed":"x"}}})")) == "auth.password");
  CHECK(declarations::odd_secret(ordered_json::parse(R"({"auth":{"password":"x"}})")).empty());
}
