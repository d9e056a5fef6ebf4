// Subscriptions: which events they hear of, and how GetStreamingEvents tells them in pieces.
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

const std::string every_kind =
    "<t:EventTypes><t:EventType>CopiedEvent</t:EventType><t:EventType>CreatedEvent</t:EventType>"
    "<t:EventType>DeletedEvent</t:EventType><t:EventType>ModifiedEvent</t:EventType>"
    "<t:EventType>MovedEvent</t:EventType><t:EventType>NewMailEvent</t:EventType>"
    "<t:EventType>FreeBusyChangedEvent</t:EventType></t:EventTypes>";

std::string kind(const std::string& name) {
  return "<t:EventTypes><t:EventType>" + name + "</t:EventType></t:EventTypes>";
}

std::string folders(const std::string& name) {
  return "<t:FolderIds><t:DistinguishedFolderId Id=\"" + name + "\"/></t:FolderIds>";
}

std::string streaming(const std::string& inside, bool all = false) {
  return "<m:Subscribe><m:StreamingSubscriptionRequest" + std::string(all ? " SubscribeToAllFolders=\"true\"" : "") +
         ">" + inside + "</m:StreamingSubscriptionRequest></m:Subscribe>";
}

std::string subscribed(fixture& world, const std::string& server, const std::string& request,
                       const std::string& user = {}) {
  const auto answer = world.call(server, request, user);
  INFO(answer);
  REQUIRE(codes(answer) == names{"NoError"});
  return first_element(answer, "SubscriptionId");
}

std::string get_streaming(const names& ids, int minutes = 1) {
  std::string out = "<m:GetStreamingEvents><m:SubscriptionIds>";
  for (const auto& id : ids)
    out += "<t:SubscriptionId>" + id + "</t:SubscriptionId>";
  return out + "</m:SubscriptionIds><m:ConnectionTimeout>" + std::to_string(minutes) +
         "</m:ConnectionTimeout></m:GetStreamingEvents>";
}

/// A hanging connection, read until it has nothing to say.
class connection {
public:
  connection(fixture& world, const std::string& server, const names& ids, const std::string& user = {})
      : world_(world), server_(server) {
    const auto answer = world.post(server, fixture::envelope(server, get_streaming(ids)), user);
    INFO(answer.body);
    REQUIRE(answer.stream);
    REQUIRE(answer.body.empty());
    stream_ = *answer.stream;
  }

  /// The envelopes that are said now; each is held against the schema.
  names read() {
    names out;
    for (;;) {
      auto turn = world_.sim->next_turn(server_, stream_);
      last = turn;
      if (turn.chunk.empty()) return out;
      for (std::size_t at = 0; at < turn.chunk.size();) {
        auto next = std::min(turn.chunk.find("<?xml", at + 1), turn.chunk.size());
        out.push_back(turn.chunk.substr(at, next - at));
        if (*EWS_DATA_DIR)
          CHECK(judge_of(schema_folder_of(fixture::newest_version(server_))).objection(out.back()).value_or("") == "");
        at = next;
      }
      if (turn.closed) return out;
    }
  }

  /// All events said now, after the time for which they are gathered.
  std::string events() {
    read();
    world_.now += 5s;
    std::string all;
    for (const auto& one : read())
      all += one.substr(one.find("?>") + 2);
    return "<all>" + all + "</all>";
  }

  stream_turn last;

private:
  fixture& world_;
  std::string server_;
  std::uint64_t stream_ = 0;
};

/// The names of the events in order, folders' ones with a star.
names kinds(const std::string& answer) {
  names out;
  for (std::size_t at = answer.find("Event>"); at != std::string::npos; at = answer.find("Event>", at + 1)) {
    auto open = answer.rfind('<', at);
    if (answer[open + 1] == '/') continue;
    auto name = answer.substr(open + 3, at - open - 3);
    auto id = std::min(answer.find("<t:ItemId", at), answer.find("<t:FolderId", at));
    if (id != std::string::npos && answer.compare(id, 11, "<t:FolderId") == 0) name += "*";
    out.push_back(name);
  }
  return out;
}

void act(fixture& world, const std::string& server, const char* what, const char* subject, json more = json::object()) {
  more["do"] = what;
  more["mailbox"] = ann(server);
  more["item"] = {{"subject", subject}};
  world.control(more);
}

} // namespace

TEST_CASE("a new mail is told as created, as new and as a change of its folder") {
  for (const auto& server : both_servers) {
    fixture world;
    connection open(world, server, {subscribed(world, server, streaming(folders("inbox") + every_kind))});
    CHECK(open.read().size() == 1); // an envelope at once
    const auto id = deliver(world, server, "mail");
    const auto told = open.events();
    CHECK(kinds(told) == names{"Created", "Modified*", "NewMail"});
    CHECK(first_attribute(told, "NewMailEvent/ItemId", "Id") == id);
    CHECK(first_attribute(told, "NewMailEvent/ItemId", "ChangeKey") == "CQAAAA==");
    CHECK(first_element(told, "ModifiedEvent/UnreadCount") == "1");
    CHECK(first_element(told, "Watermark").empty());
    CHECK(open.events() == "<all></all>");
  }
}

TEST_CASE("each act has its event") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(world, server, "mail");
    connection open(world, server, {subscribed(world, server, streaming(folders("inbox") + every_kind))});
    act(world, server, "user_edit", "mail", {{"importance", "High"}});
    CHECK(kinds(open.events()) == names{"Modified"});
    act(world, server, "user_mark_read", "mail", {{"read", true}});
    CHECK(kinds(open.events()) == names{"Modified", "Modified*"});
    act(world, server, "user_copy", "mail", {{"to", "drafts"}});
    CHECK(kinds(open.events()) == names{"Copied"}); // out of the folder, so nothing changed in it
    act(world, server, "user_move", "mail", {{"to", "drafts"}, {"folder", "inbox"}});
    const auto moved = open.events();
    CHECK(kinds(moved) == names{"Moved", "Modified*"});
    CHECK(first_attribute(moved, "MovedEvent/OldItemId", "Id") == id);
    CHECK(first_attribute(moved, "MovedEvent/ItemId", "Id") != id);
    CHECK(first_attribute(moved, "MovedEvent/ItemId", "Id") ==
          world.control({{"do", "contents"}, {"mailbox", ann(server)}, {"folder", "drafts"}})["items"][1]["id"]);
    const auto gone = deliver(world, server, "gone");
    open.events();
    act(world, server, "user_purge", "gone");
    const auto deleted = open.events();
    CHECK(kinds(deleted) == names{"Deleted", "Modified*"});
    CHECK(first_attribute(deleted, "DeletedEvent/ItemId", "Id") == gone);
    world.control({{"do", "user_create_folder"}, {"mailbox", ann(server)}, {"path", "inbox/New"}});
    CHECK(kinds(open.events()) == names{"Created*", "Modified*"});
    world.control({{"do", "user_move_folder"}, {"mailbox", ann(server)}, {"folder", "inbox/New"}, {"to", "drafts"}});
    CHECK(kinds(open.events()) == names{"Moved*", "Modified*"});
  }
}

TEST_CASE("what is removed is a deletion on 2010, and since then a move for who watches the folder") {
  for (const auto& server : both_servers)
    for (const bool all : {false, true}) {
      fixture world;
      const auto id = deliver(world, server, "mail");
      connection open(
          world, server,
          {subscribed(world, server, all ? streaming(every_kind, true) : streaming(folders("inbox") + every_kind))});
      world.call(server, delete_message(id, R"(DeleteType="SoftDelete")"));
      const auto told = open.events();
      if (server == "new" && !all) {
        CHECK(first_attribute(told, "MovedEvent/OldItemId", "Id") == id);
      } else {
        CHECK(first_attribute(told, "DeletedEvent/ItemId", "Id") == id);
        CHECK(told.find("MovedEvent") == std::string::npos);
      }
    }
}

TEST_CASE("a subscription hears of its kinds and folders only, or of the whole mailbox") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto narrow = subscribed(world, server, streaming(folders("drafts") + kind("NewMailEvent")));
    const auto wide = subscribed(world, server, streaming(kind("CreatedEvent"), true));
    connection open(world, server, {narrow, wide});
    deliver(world, server, "mail");
    const auto told = open.events();
    CHECK(kinds(told) == names{"Created"});
    CHECK(first_element(told, "SubscriptionId") == wide);
    // Another mailbox is not watched.
    world.control(
        {{"do", "add_message"}, {"mailbox", "service@" + server + ".example"}, {"mime", "Subject: x\r\n\r\nx"}});
    CHECK(kinds(open.events()).empty());
  }
}

TEST_CASE("events wait for others, silence is broken by heartbeats, and the connection ends in its time") {
  fixture world;
  world.control({{"do", "set_notifications"},
                 {"server", "new"},
                 {"gather_milliseconds", 3000},
                 {"heartbeat_milliseconds", 20'000}});
  connection open(world, "new", {subscribed(world, "new", streaming(folders("inbox") + kind("NewMailEvent")))});
  const auto first = open.read();
  REQUIRE(first.size() == 1);
  CHECK(first_element(first[0], "ConnectionStatus") == "OK");
  deliver(world, "new", "one");
  CHECK(open.read().empty());
  CHECK(open.last.wake == world.now + 3s);
  world.now += 2s;
  deliver(world, "new", "two");
  CHECK(open.read().empty());
  world.now += 1s;
  const auto told = open.read();
  REQUIRE(told.size() == 1);
  CHECK(kinds(told[0]) == names{"NewMail", "NewMail"});
  CHECK(first_element(told[0], "ConnectionStatus").empty());
  world.now += 20s;
  auto beat = open.read();
  REQUIRE(beat.size() == 1);
  CHECK(first_element(beat[0], "ConnectionStatus") == "OK");
  world.control({{"do", "set_notifications"}, {"server", "new"}, {"status_events", true}});
  world.now += 20s;
  beat = open.read();
  REQUIRE(beat.size() == 1);
  CHECK(beat[0].find("<t:StatusEvent/>") != std::string::npos);
  world.now += 60s;
  const auto end = open.read();
  REQUIRE_FALSE(end.empty());
  CHECK(first_element(end.back(), "ConnectionStatus") == "Closed");
  CHECK(codes(end.back()) == names{"NoError"});
  CHECK(open.last.closed);
}

TEST_CASE("what happens between two connections is told by the next") {
  fixture world;
  const auto id = subscribed(world, "old", streaming(folders("inbox") + kind("NewMailEvent")));
  {
    connection open(world, "old", {id});
    world.now += 61s;
    open.read();
  }
  deliver(world, "old", "between");
  connection again(world, "old", {id});
  CHECK(kinds(again.events()) == names{"NewMail"});
}

TEST_CASE("one bad id fails the whole request and is named") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto good = subscribed(world, server, streaming(folders("inbox") + kind("NewMailEvent")));
    const auto gone = subscribed(world, server, streaming(folders("inbox") + kind("NewMailEvent")));
    const auto foreign =
        subscribed(world, server, streaming(folders("inbox") + kind("NewMailEvent")), "service@" + server + ".example");
    world.call(server, "<m:Unsubscribe><m:SubscriptionId>" + gone + "</m:SubscriptionId></m:Unsubscribe>");
    for (const auto& [bad, code] : {std::pair{std::string("nonsense"), "ErrorInvalidSubscription"},
                                    {gone, "ErrorSubscriptionNotFound"},
                                    {foreign, "ErrorSubscriptionAccessDenied"}}) {
      const auto answer = world.call(server, get_streaming({good, bad}));
      CHECK(codes(answer) == names{code});
      CHECK(all_elements(answer, "ErrorSubscriptionIds/SubscriptionId") == names{bad});
      CHECK(first_element(answer, "ConnectionStatus") == "Closed");
    }
    CHECK(world.control({{"do", "subscriptions"}})["servers"][server]["connections"] == 0);
  }
}

TEST_CASE("a lost subscription ends its connection, and so does a second connection for it") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = subscribed(world, server, streaming(folders("inbox") + kind("NewMailEvent")));
    connection first(world, server, {id});
    first.read();
    connection second(world, server, {id});
    const auto taken = first.read();
    REQUIRE(taken.size() == 1);
    CHECK(codes(taken[0]) == names{"ErrorNewEventStreamConnectionOpened"});
    CHECK(first.last.closed);
    second.read();
    CHECK(world.control({{"do", "lose_subscriptions"}, {"server", server}})["count"] == 1);
    const auto lost = second.read();
    REQUIRE(lost.size() == 1);
    CHECK(codes(lost[0]) == names{"ErrorInvalidSubscription"});
    CHECK(first_element(lost[0], "ErrorSubscriptionIds/SubscriptionId") == id);
    CHECK(codes(world.call(server, get_streaming({id}))) == names{"ErrorSubscriptionNotFound"});
  }
}

TEST_CASE("a restart loses every subscription and keeps the limits") {
  fixture world;
  const auto id = subscribed(world, "new", streaming(folders("inbox") + kind("NewMailEvent")));
  world.control({{"do", "set_notifications"}, {"server", "new"}, {"subscriptions", 1}});
  world.sim->load(world.sim->save());
  CHECK(codes(world.call("new", get_streaming({id}))) == names{"ErrorSubscriptionNotFound"});
  subscribed(world, "new", streaming(folders("inbox") + kind("NewMailEvent")));
  CHECK(codes(world.call("new", streaming(folders("inbox") + kind("NewMailEvent")))) ==
        names{"ErrorExceededSubscriptionCount"});
}

TEST_CASE("hanging connections have a limit for each budget; who breaks one off frees it") {
  fixture world;
  world.control({{"do", "set_notifications"}, {"server", "new"}, {"hanging_connections", 2}});
  names ids;
  for (int i = 0; i < 3; ++i)
    ids.push_back(subscribed(world, "new", streaming(folders("inbox") + kind("NewMailEvent"))));
  connection one(world, "new", {ids[0]}), two(world, "new", {ids[1]});
  CHECK(codes(world.call("new", get_streaming({ids[2]}))) == names{"ErrorExceededConnectionCount"});
  CHECK(world.control({{"do", "drop_connections"}, {"server", "new"}})["count"] == 2);
  CHECK(one.read().empty());
  CHECK(one.last.hang_up);
  connection three(world, "new", {ids[2]});
  CHECK(three.read().size() == 1);
}

TEST_CASE("a subscription that nobody reads ends in its time") {
  fixture world;
  const auto id = subscribed(world, "new", streaming(folders("inbox") + kind("NewMailEvent")));
  world.now += 31min;
  CHECK(codes(world.call("new", get_streaming({id}))) == names{"ErrorSubscriptionNotFound"});
}

TEST_CASE("2010 before SP1 knows no streaming") {
  fixture world;
  auto envelope = fixture::envelope("old", streaming(folders("inbox") + kind("NewMailEvent")));
  envelope = replace_all(envelope, "Exchange2010_SP2", "Exchange2010");
  CHECK(fault_code(world.post("old", envelope)) == "ErrorIncorrectSchemaVersion");
  auto waiting = replace_all(fixture::envelope("old", get_streaming({"x"})), "Exchange2010_SP2", "Exchange2010");
  CHECK_FALSE(fault_code(world.post("old", waiting)).empty());
}

TEST_CASE("2007 knows pulled notifications only, and 2013 has three hanging connections") {
  fixture world;
  auto add = [&](const std::string& server, const std::string& version) {
    world.control({{"do", "add_server"}, {"name", server}, {"version", version}});
    world.control({{"do", "add_mailbox"}, {"server", server}, {"address", ann(server)}, {"password", "secret"}});
  };
  add("oldest", "Exchange2007_SP1");
  auto at_oldest = [&](const std::string& operation) {
    return world.post("oldest",
                      replace_all(fixture::envelope("old", operation), "Exchange2010_SP2", "Exchange2007_SP1"));
  };
  CHECK(fault_code(at_oldest(streaming(folders("inbox") + kind("NewMailEvent")))) == "ErrorSchemaValidation");
  CHECK_FALSE(fault_code(at_oldest(get_streaming({"x"}))).empty());
  const auto pulled = at_oldest("<m:Subscribe><m:PullSubscriptionRequest>" + folders("inbox") + kind("NewMailEvent") +
                                "<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>");
  CHECK(codes(pulled.body) == names{"NoError"});

  add("middle", "Exchange2013_SP1");
  auto at_middle = [&](const std::string& operation) {
    return world.post("middle",
                      replace_all(fixture::envelope("old", operation), "Exchange2010_SP2", "Exchange2013_SP1"));
  };
  for (int i = 0; i < 4; ++i) {
    const auto id = first_element(at_middle(streaming(folders("inbox") + kind("NewMailEvent"))).body, "SubscriptionId");
    const auto opened = at_middle(get_streaming({id}));
    CHECK(opened.stream.has_value() == (i < 3));
    if (i == 3) CHECK(codes(opened.body) == names{"ErrorExceededConnectionCount"});
  }
}

TEST_CASE("pulled events come with watermarks and stay until they are acknowledged") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto answer =
        world.call(server, "<m:Subscribe><m:PullSubscriptionRequest>" + folders("inbox") + kind("NewMailEvent") +
                               "<t:Timeout>10</t:Timeout></m:PullSubscriptionRequest></m:Subscribe>");
    const auto id = first_element(answer, "SubscriptionId");
    auto pull = [&](const std::string& mark) {
      return world.call(server, "<m:GetEvents><m:SubscriptionId>" + id + "</m:SubscriptionId><m:Watermark>" + mark +
                                    "</m:Watermark></m:GetEvents>");
    };
    const auto start = first_element(answer, "Watermark");
    const auto quiet = pull(start);
    CHECK(first_element(quiet, "StatusEvent/Watermark") == start);
    deliver(world, server, "mail");
    const auto told = pull(start);
    CHECK(kinds(told) == names{"NewMail"});
    CHECK(first_element(told, "MoreEvents") == "false");
    CHECK(kinds(pull(start)) == names{"NewMail"});
    CHECK(kinds(pull(first_element(told, "NewMailEvent/Watermark"))) == names{"Status"});
    CHECK(codes(pull("AAAA")) == names{"ErrorInvalidWatermark"});
    CHECK(codes(world.call(server, get_streaming({id}))) == names{"ErrorInvalidSubscription"});
    world.now += 11min;
    CHECK(codes(pull(start)) == names{"ErrorSubscriptionNotFound"});
  }
}
