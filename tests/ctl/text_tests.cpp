#include "daemon/ctl/folder_trees.hpp"
#include "daemon/ctl/interview.hpp"
#include "daemon/ctl/session.hpp"
#include "daemon/ctl/steps.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <clocale>
#include <cstdlib>
#include <ctime>

using namespace exsyncd::ctl;
using nlohmann::json;

namespace {

void live_in(const char* zone) {
  ::setenv("TZ", zone, 1);
  ::tzset();
}

std::string seen(const std::string& method, const char* result, style look = {}) {
  live_in("UTC");
  session with;
  with.look = look;
  with.now = [] { return std::time_t{1'764'104'400}; }; // 2025-11-25T21:00:00Z
  return shown(with, method, json::parse(result));
}

} // namespace

TEST_CASE("control characters do not reach the terminal") {
  CHECK(plain("a\u202eb\u009bc\u2066d Grüße 世界") == "a?b?c?d Grüße 世界");
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

TEST_CASE("a cell that can be squeezed is, before others are cut") {
  table t({"NAME", "DONE"});
  t.row({{"a name that matters"}, bar_cell(1, 2)});
  t.row({{"b"}, bar_cell(2, 2)});
  CHECK(t.text({}) ==
        "NAME                 DONE\na name that matters  █████░░░░░ 50%\nb                    ██████████ 100%\n");
  CHECK(t.text({false, 29}) ==
        "NAME                 DONE\na name that matters  ██░░ 50%\nb                    ███ 100%\n");
  CHECK(t.text({false, 25}) == "NAME                 DONE\na name that matters  50%\nb                    100%\n");
  CHECK(t.text({false, 20}) == "NAME            DONE\na name that m…  50%\nb               100%\n");
}

TEST_CASE("columns that hold nothing go first where there is little room, if they may") {
  const auto made = [](const char* third) {
    table t({"NAME", "FAILED", "LOST"});
    t.row({{"a name that matters"}, {"0"}, {"0"}});
    t.row({{"b"}, {"0"}, {third}});
    t.may_go(1);
    t.may_go(2);
    return t;
  };
  CHECK(made("0").text({false, 34}).starts_with("NAME                 FAILED  LOST\n"));
  CHECK(made("0").text({false, 32}).starts_with("NAME                 LOST\n"));
  CHECK(made("0").text({false, 20}).starts_with("NAME\n"));
  CHECK(made("7").text({false, 26}).starts_with("NAME                 LOST\n"));
  CHECK(made("0").text({}).starts_with("NAME                 FAILED  LOST\n"));
}

TEST_CASE("times are shown as the clocks here show them, short") {
  live_in("XXX-5:30");
  constexpr std::time_t now = 1'764'104'400; // 2025-11-25T21:00:00Z, there 2025-11-26 02:30
  CHECK(local_time("2025-11-25T20:59:59Z", now) == "02:29:59");
  CHECK(local_time("2025-11-25T18:29:59Z", now) == "2025-11-25 23:59");
  CHECK(local_time("2024-11-25T20:59:59Z", now) == "2024-11-26 02:29");
  for (const auto* other : {"-", "", "today", "2025-11-25", "2025-11-25T20:59:59Z?"})
    CHECK(local_time(other, now) == other);
  const auto then = time_cell("2025-11-25T18:29:59Z", now);
  CHECK(then.squeezed(16) == "2025-11-25 23:59");
  CHECK(then.squeezed(15) == "2025-11-25");
  CHECK(time_cell("2025-11-25T20:59:59Z", now).squeezed(0) == "02:29:59");
}

TEST_CASE("the table of pairs is whole in eighty columns") {
  const char* pairs = R"({"pairs":[
    {"name":"jane-at-work","status":"started","mode":"streaming","items":{"known":12345,"in_step":12345,"waiting":0,
     "skipped":0,"banned":0},"last_sync":"2025-11-25T20:59:59Z","next_poll":"2025-11-25T21:04:59Z"},
    {"name":"joe","status":"stopped","mode":"polling","items":{"known":10,"in_step":5,"waiting":5,"skipped":0,
     "banned":0},"last_sync":"2025-11-25T20:59:59Z"}]})";
  const auto text = seen("pair.list", pairs, {false, 80});
  CHECK(text == "PAIR          STATUS   IN STEP   ITEMS  WAITING  MODE       LAST SYNC  NEXT POLL\n"
                "jane-at-work  started  ███ 100%  12345  0        streaming  20:59:59   21:04:59\n"
                "joe           stopped  ██░░ 50%  10     5        polling    20:59:59   -\n");
  CHECK(text.find("…") == std::string::npos);
}

TEST_CASE("results are shown as people read them") {
  CHECK(seen("server.list", R"({"servers":[]})") == "none\n");
  CHECK(seen("pair.start", R"({"pairs":[{"pair":"a","done":true},
    {"pair":"b","done":false,"error":{"message":"no","hint":"try"}}]})") == "done  a\nnot done  b: no\n    → try\n");
  CHECK(seen("folder_pair.off", R"({"folder_pairs":[{"pair":"a","folder":"f","done":true}]})") == "done  a/f\n");
  CHECK(seen("server.folders", R"({"root":"msgfolderroot","hint":"see pair.get","folders":[{"path":"inbox",
    "class":"IPF.Note","items":3,"unread":1}]})") ==
        "FOLDER  CLASS     ITEMS  UNREAD  LEFT OUT\ninbox   IPF.Note  3      1       -\nsee exsyncctl pair get\n");
  CHECK(seen("server.find_users", R"({"users":[{"name":"N","address":"a@x","type":"Mailbox"}],"cut":false})") ==
        "NAME  ADDRESS  TYPE\nN     a@x      Mailbox\n");
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
  CHECK(seen("log.show", R"({"lines":[{"time":"2025-11-24T20:00:00Z","level":"warning","text":"no","pair":"p",
    "folder":"f","item":"s","code":"HTTP 503"},{"time":"?","level":"info","text":"it runs"}]})") ==
        "2025-11-24 20:00 warning p/f: no «s» (HTTP 503)\n? info    it runs\n");
  CHECK(seen("log.show", R"({"lines":[]})") == "none\n");
  const auto bans = seen("ban.list", R"({"bans":[{"state":"banned","subject":"s","message":"too large","id":"1",
    "hint":"make it smaller","link":"https://x/owa/?ItemID=A"}],"total":1})");
  CHECK_THAT(bans, Catch::Contains("s (1): too large\n    → make it smaller\n"));
  CHECK_THAT(bans, Catch::Contains("https://x/owa/?ItemID=A"));
  CHECK(seen("pair.plan", R"({"folders":{"inbox":{"tasks":[]}},"errors":[]})") == "nothing is to be done\n");
  CHECK(seen("pair.plan", R"({"folders":{"inbox":{"tasks":[]}},"errors":[],"folders_changed":{"replica":[{"do":"create",
    "name":"A","where":"inbox"}]}})") == "nothing is to be done with items\nfolder on replica: create A (inbox)\n");
  CHECK_THAT(seen("item.why", R"({"items":[{"subject":"s","why":"it is off","in_step":false,"id":"1","pair":"p",
    "folder":"f","class":"message"}],"more":false})"),
             Catch::Contains("not in step s  (message, p/f, id 1)\n    it is off"));
}

TEST_CASE("advice names commands, not methods") {
  CHECK(in_commands("look at pair.plan; pair.approve lets it go on") ==
        "look at exsyncctl pair plan; exsyncctl pair approve lets it go on");
  CHECK(in_commands("folder_pair.list lists them all (ban.list)") ==
        "exsyncctl folder_pair list lists them all (exsyncctl ban list)");
  for (const auto* as_it_is : {"", "pair.planner", "mail.pair.list.example", "c.json is right"})
    CHECK(in_commands(as_it_is) == as_it_is);
}

TEST_CASE("what a pair cannot see is said below its table") {
  CHECK_THAT(seen("pair.list", R"({"pairs":[{"name":"jane","status":"started","out_of_sight":[{"folder":"inbox",
    "side":"primary","reason":"1 item is hidden","hint":"look at pair.get"}]}]})"),
             Catch::Contains("jane/inbox, primary: 1 item is hidden\n    → look at exsyncctl pair get\n"));
}

TEST_CASE("what nobody looks after is said wherever its pair is shown") {
  const auto shown_of = [](const char* method, const std::string& begin, const std::string& end = "}") {
    const auto left = R"("not_looked_after":[{"folder":"old","items":7,"reason":"no entry has it","hint":"map it"}])";
    return seen(method, (begin + left + end).c_str());
  };
  const auto said = Catch::Contains("old: not looked after, 7 items: no entry has it\n    → map it\n");
  CHECK_THAT(shown_of("pair.list", R"({"pairs":[{"name":"jane","status":"started",)", "}]}"),
             said && Catch::Contains("\njane/old: not looked after"));
  CHECK_THAT(shown_of("folder_pair.list", R"({"folder_pairs":[{"name":"inbox","pair":"jane"}],)"),
             said && Catch::Contains("FOLDER"));
  CHECK_THAT(shown_of("folder_pair.list", R"({"folder_pairs":[],)"), said);
  CHECK_THAT(shown_of("pair.plan", R"({"folders":{},"errors":[],)"), said);
  CHECK_THAT(shown_of("pair.verify", R"({"differences":[],"errors":[],"counts":{},"compared":0,"waiting":0,)"), said);
}

TEST_CASE("a folder pair that no lease guards is said below its table") {
  CHECK_THAT(
      seen("pair.list", R"({"pairs":[{"name":"jane","status":"started","unguarded":[{"folder":"inbox",
    "reason":"primary: a public folder"}]}]})"),
      Catch::Contains("jane/inbox: unguarded, another daemon would not notice this one: primary: a public folder"));
}

TEST_CASE("numbers of a list are read") {
  using numbers = std::vector<std::size_t>;
  CHECK(numbers_in("1", 3) == numbers{0});
  CHECK(numbers_in(" 3, 1-2 ,2", 3) == numbers{0, 1, 2});
  CHECK(numbers_in("", 3) == numbers{});
  for (const auto* wrong : {"0", "4", "2-4", "3-2", "1-", "-1", "a", "1a", "1;2", "99999999999999999999"}) {
    INFO(wrong);
    CHECK_FALSE(numbers_in(wrong, 3));
  }
}

TEST_CASE("two trees of folders are put side by side") {
  const auto tree = [](const char* folders) {
    return syncable(json::parse(std::string(R"({"folders":)") + folders + "}"));
  };
  const auto primary = tree(R"([{"path":"inbox","class":"IPF.Note","items":3},{"path":"inbox/A","class":""},
    {"path":"inbox/P","class":"IPF.Note"},{"path":"calendar","class":"IPF.Appointment"},{"path":"x","class":"IPF.Task"},
    {"path":"msgfolderroot/Outbox","class":"IPF.Note","left_out":"outbox"},{"path":"notes","class":"IPF.StickyNote"},
    {"path":"junkemail","class":"IPF.Note"},{"path":"junkemail/A","class":"IPF.Note"}])");
  const auto replica =
      tree(R"([{"path":"inbox","class":"IPF.Note.OutlookHomepage","items":1},{"path":"inbox/A","class":"IPF.Note"},
    {"path":"calendar","class":"IPF.Appointment"},{"path":"x","class":"IPF.Contact"},{"path":"inboxes","class":"IPF.Note"}])");
  CHECK(primary.size() == 5);
  const auto paths = [](const trees_compared& found) {
    std::string all;
    for (const auto& b : found.both)
      all += b.path + " ";
    return all;
  };
  const auto each = compare_trees(primary, replica, false);
  CHECK(paths(each) == "inbox inbox/A calendar ");
  CHECK(each.both[0].primary_items == 3);
  CHECK(each.both[0].replica_items == 1);
  CHECK(each.primary_only == std::vector<std::string>{"inbox/P"});
  CHECK(each.replica_only == std::vector<std::string>{"inboxes"});
  const auto along = compare_trees(primary, replica, true);
  CHECK(paths(along) == "inbox calendar ");
  CHECK(along.primary_only.empty());
  CHECK(along.replica_only == std::vector<std::string>{"inboxes"});
}

TEST_CASE("folder pairs are named after their folders") {
  auto folders = json::object();
  CHECK(name_of_folder_pair("inbox/From HQ", folders) == "FromHQ");
  CHECK(name_of_folder_pair("inbox/Übung", folders) == "bung");
  CHECK(name_of_folder_pair("public:/-", folders) == "folder-");
  folders["inbox"] = folders["inbox2"] = 1;
  CHECK(name_of_folder_pair("inbox", folders) == "inbox3");
  CHECK(name_of_folder_pair(std::string(100, 'a'), folders).size() == 60);
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

TEST_CASE("a pair with an error is not said to be wholly in step") {
  const auto text = seen("pair.list", R"({"pairs":[
    {"name":"well","status":"started","items":{"known":2,"in_step":2}},
    {"name":"half","status":"started","items":{"known":2,"in_step":1},"errors":[{"folder":"a","message":"m"}]},
    {"name":"ill","status":"started","items":{"known":2,"in_step":2},"errors":[{"folder":"a","message":"m"}]}]})");
  CHECK(text.find("100%") == text.rfind("100%"));
  CHECK(text.find("50%") != std::string::npos);
}

TEST_CASE("a pair is not said to be merely started where one of its folder pairs is not") {
  CHECK_THAT(seen("pair.list", R"({"pairs":[{"name":"jane","status":"started",
    "standing":"started, 1 folder pair frozen","items":{"known":2,"in_step":2}}]})"),
             Catch::Contains("started, 1 folder pair frozen"));
}

TEST_CASE("what an administrator's deed does not mend is told below it, with what to do") {
  const auto text = seen("pair.resync", R"({"pairs":[{"pair":"jane","done":true,"stays":[{"folder":"inbox/Sub",
    "code":"half_deleted","message":"primary folder inbox/Sub was deleted","hint":"delete the other one"}]}]})");
  CHECK_THAT(text, Catch::Contains("done  jane\n  stays  inbox/Sub: primary folder inbox/Sub was deleted\n"
                                   "    → delete the other one"));
}

TEST_CASE("what was put back is told with its subject") {
  const auto text = seen("undo.apply", R"({"items":[{"id":"u","subject":"Offer","folder":"mail","on":"replica",
    "did":"overwritten","done":true,"what":"its fields are as they were"}]})");
  CHECK(text.find("Offer") != std::string::npos);
  CHECK(text.find("its fields are as they were") != std::string::npos);
}

TEST_CASE("the table of a plan is no wider than the terminal, however long a subject is") {
  const std::string subject(200, 's');
  const auto text = seen("pair.plan",
                         (R"({"errors":[],"waiting":0,"banned":0,"folders":{"mail":{"tasks":[
    {"do":"change","on":"replica","subject":")" +
                          subject + R"(","fields":["subject","body","categories","importance"],
     "reason":"edited on primary"}]}}})")
                             .c_str(),
                         {false, 80});
  std::size_t begin = 0;
  for (auto end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin))
    CHECK(width_of(text.substr(begin, end - begin)) <= 80);
  CHECK(text.find(subject) == std::string::npos);
}

TEST_CASE("where an item is not known, what is not read is told") {
  const auto text = seen("item.why", R"({"items":[],"more":false,"unread":[{"pair":"jane","folder":"inbox/Sub",
    "message":"primary folder inbox/Sub was deleted","hint":"delete the other one"}]})");
  CHECK(text.find("jane/inbox/Sub") != std::string::npos);
  CHECK(text.find("→ delete the other one") != std::string::npos);
}
