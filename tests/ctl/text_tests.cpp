#include "daemon/ctl/session.hpp"
#include "daemon/ctl/steps.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <clocale>

using namespace exsyncd::ctl;
using nlohmann::json;

namespace {

std::string seen(const std::string& method, const char* result, style look = {}) {
  session with;
  with.look = look;
  return shown(with, method, json::parse(result));
}

} // namespace

TEST_CASE("control characters do not reach the terminal") {
  CHECK(plain("a\x1b[31mb\tc\nd\x7f") == "a?[31mb?c?d?");
  CHECK(plain("x\xc2\x9bz") == "x?z"); // the control sequence introducer in one character
  CHECK(plain("Übung €") == "Übung €");
}

TEST_CASE("texts are fitted by columns, not by bytes") {
  REQUIRE(std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr);
  CHECK(width_of("Übung") == 5);
  CHECK(width_of("漢字") == 4);
  CHECK(fitted("Übung", 7) == "Übung  ");
  CHECK(fitted("Übung", 4) == "Übu…");
  CHECK(fitted("漢字漢字", 4) == "漢… ");
  CHECK(fitted("\xff\xfe", 3) == "\xff\xfe ");
  CHECK(fitted("abc", 0).empty());
}

TEST_CASE("a table is as wide as it needs to be, and no wider than the terminal") {
  table t({"NAME", "TEXT"});
  t.row({{"a"}, {"short"}});
  t.row({{"bb"}, {std::string(100, 'x')}});
  CHECK(t.text({}) == "NAME  TEXT\na     short\nbb    " + std::string(100, 'x') + "\n");
  const auto narrow = t.text({false, 20});
  CHECK(narrow == "NAME  TEXT\na     short\nbb    " + std::string(13, 'x') + "…\n");
  CHECK(t.text({true, 0}).find("\x1b[1m") != std::string::npos);
  CHECK(t.text({false, 0}).find('\x1b') == std::string::npos);
}

TEST_CASE("a bar says 100% only where nothing is left") {
  CHECK(bar(0, 0, 4) == "-");
  CHECK(bar(1, 2, 4) == "██░░ 50%");
  CHECK(bar(999, 1000, 4) == "███░ 99%");
  CHECK(bar(1000, 1000, 4) == "████ 100%");
}

TEST_CASE("results are shown as people read them") {
  CHECK(seen("server.list", R"({"servers":[]})") == "none\n");
  CHECK(seen("pair.start", R"({"pairs":[{"pair":"a","done":true},
    {"pair":"b","done":false,"error":{"message":"no","hint":"try"}}]})") == "done  a\nnot done  b: no\n    → try\n");
  CHECK(seen("folder_pair.off", R"({"folder_pairs":[{"pair":"a","folder":"f","done":true}]})") == "done  a/f\n");
  CHECK(seen("metrics", R"("text\n")") == "text\n");
  CHECK(seen("daemon.reload", R"({"reloaded":true})") == "reloaded  yes\n");
  CHECK(seen("x.list", R"({"things":[{"b":1,"c":{"d":2}},{"a":[1,2],"b":null}]})") == "b  a\n1  -\n-  1, 2\n");
  CHECK(seen("x.get", R"({"name":"n","longer":{"x":1.5,"list":[{"y":1}]},"none":[]})") ==
        "longer\n  list\n    -\n      y  1\n  x  1.50\nname  n\nnone  -\n");
  const auto pairs = seen("pair.list", R"({"pairs":[{"name":"jane","status":"error","items":{"known":10,"in_step":4,
    "skipped":2},"errors":[{"message":"no such host","hint":"look"}]}]})");
  CHECK_THAT(pairs, Catch::Contains("█████░░░░░ 50%"));
  CHECK_THAT(pairs, Catch::Contains("jane: no such host\n    → look\n"));
  CHECK(seen("ban.list", R"({"bans":[{"state":"banned","subject":"a\u001b[2Jb","size_mb":1.25,"id":"1"}],"total":7})")
            .find("a?[2Jb") != std::string::npos);
  CHECK_THAT(seen("ban.list", R"({"bans":[{"id":"1"}],"total":7})"), Catch::Contains("1 of 7"));
  CHECK_THAT(seen("item.why", R"({"items":[{"subject":"s","why":"it is off","in_step":false,"id":"1","pair":"p",
    "folder":"f","class":"message"}],"more":false})"),
             Catch::Contains("not in step s  (message, p/f, id 1)\n    it is off"));
}

TEST_CASE("the steps of a test are read, and what is unknown counts as failed") {
  const auto steps = steps_of(json::parse(R"({"steps":[{"step":"login","result":"ok","text":"as svc"},
    {"step":"x","result":"warning"},{"step":"y","result":"skipped"},{"step":"z","result":"new word"}]})"));
  REQUIRE(steps.size() == 4);
  CHECK(steps[0].came == grade::ok);
  CHECK(steps[1].came == grade::warning);
  CHECK(steps[2].came == grade::skipped);
  CHECK(steps[3].came == grade::failed);
  CHECK(text_of({}, {"login", grade::failed, "no", "ask"}) == "failed   login: no\n         → ask\n");
}
