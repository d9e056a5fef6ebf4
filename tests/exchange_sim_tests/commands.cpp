#include "tests/exchange_sim_tests/judge.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

const std::string get_inbox =
    R"(<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>)"
    R"(<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder>)";

json of_ann(const char* what, json more = json::object()) {
  more["do"] = what;
  more["mailbox"] = "ann@old.example";
  return more;
}

std::string add(fixture& world, const std::string& subject, json more = json::object()) {
  more["mime"] = "From: bob@x.example\r\nTo: ann@old.example\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject +
                 "@x.example>\r\nDate: Mon, 05 Jan 2026 08:00:00 +0000\r\n\r\nText of " + subject + "\r\n";
  return world.control(of_ann("add_message", more))["id"];
}

json items(fixture& world, const std::string& folder = "") {
  return world.control(of_ann("contents", {{"folder", folder}}))["items"];
}

json only_item(fixture& world, const std::string& folder = "") {
  const auto all = items(world, folder);
  INFO(all.dump(2));
  REQUIRE(all.size() == 1);
  return all[0];
}

std::string get_item(const std::string& id) {
  return "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id=\"" + id +
         "\"/></m:ItemIds></m:GetItem>";
}

} // namespace

TEST_CASE("a mail is delivered as the command says") {
  fixture world;
  world.control(of_ann("add_folder", {{"path", "inbox/Projects"}}));
  const auto id = add(world, "Lunch",
                      {{"folder", "inbox/Projects"},
                       {"read", true},
                       {"categories", {"Red", "Übung"}},
                       {"importance", "High"},
                       {"sensitivity", "Private"},
                       {"flag", {{"status", "Flagged"}, {"due", "2026-01-09T00:00:00Z"}}},
                       {"received", "2026-01-02T03:04:05Z"}});
  const auto item = only_item(world);
  CHECK(item["id"] == id);
  CHECK(item["folder"] == "inbox/Projects");
  CHECK(item["subject"] == "Lunch");
  CHECK(item["read"] == true);
  CHECK(item["draft"] == false);
  CHECK(item["categories"] == json{"Red", "Übung"});
  CHECK(item["importance"] == "High");
  CHECK(item["sensitivity"] == "Private");
  CHECK(item["flag"]["status"] == "Flagged");
  CHECK(item["received"].get<std::string>().rfind("2026-01-02T03:04:05", 0) == 0);
}

TEST_CASE("what JSON cannot hold is delivered as base64 and comes back whole") {
  fixture world;
  // "Subject: x", an empty line, and three bytes that are no UTF-8.
  world.control(of_ann(
      "add_message",
      {{"mime_base64", "U3ViamVjdDogeA0KQ29udGVudC1UeXBlOiB0ZXh0L3BsYWluOyBjaGFyc2V0PWlzby04ODU5LTENCg0K5Pb8DQo="}}));
  CHECK(only_item(world)["subject"] == "x");
  CHECK_FALSE(world.control(of_ann("mime", {{"item", {{"subject", "x"}}}}))["mime_base64"].get<std::string>().empty());
  CHECK(world.sim->control(of_ann("add_message", {{"mime_base64", "not base64!"}}))["error"] ==
        "mime_base64: is not base64 on one line");
}

TEST_CASE("acts of users reach the item that they name") {
  fixture world;
  const auto id = add(world, "Lunch");
  world.control(of_ann("add_folder", {{"path", "inbox/Evening"}}));
  add(world, "Dinner", {{"folder", "inbox/Evening"}});
  const json lunch{{"item", {{"subject", "Lunch"}}}};
  const auto before = only_item(world, "inbox");

  SECTION("an edit moves the change key") {
    json edit = lunch;
    edit["subject"] = "Brunch";
    edit["categories"] = {"Food"};
    world.control(of_ann("user_edit", edit));
    const auto after = only_item(world, "inbox");
    CHECK(after["subject"] == "Brunch");
    CHECK(after["categories"] == json{"Food"});
    CHECK(after["change_key"] != before["change_key"]);
  }
  SECTION("marking as read does not") {
    world.control(of_ann("user_mark_read", lunch));
    const auto after = only_item(world, "inbox");
    CHECK(after["read"] == true);
    CHECK(after["change_key"] == before["change_key"]);
  }
  SECTION("a touch moves the change key and nothing else") {
    world.control(of_ann("touch_change_key", lunch));
    auto after = only_item(world, "inbox");
    CHECK(after["change_key"] != before["change_key"]);
    after["change_key"] = before["change_key"];
    after["modified"] = before.value("modified", json());
    CHECK(after.value("body_hash", "") == before.value("body_hash", ""));
    CHECK(after["subject"] == before["subject"]);
  }
  SECTION("a move gives a new id, a copy leaves the first") {
    json move = lunch;
    move["to"] = "inbox/Evening";
    const auto moved = world.control(of_ann("user_move", move))["id"];
    CHECK(moved != id);
    CHECK(items(world, "inbox").empty());
    CHECK(items(world, "inbox/Evening").size() == 2);
    json copy{{"item", moved}, {"to", "inbox"}};
    CHECK(world.control(of_ann("user_copy", copy))["id"] != moved);
    CHECK(items(world).size() == 3);
  }
  SECTION("a delete keeps it in Deleted Items, a purge does not") {
    world.control(of_ann("user_delete", lunch));
    CHECK(only_item(world, "deleteditems")["subject"] == "Lunch");
    world.control(of_ann("user_purge", {{"item", {{"message_id", "<Lunch@x.example>"}}}}));
    CHECK(only_item(world)["subject"] == "Dinner");
  }
  SECTION("a folder is emptied, deleted, made anew") {
    const auto recreated = world.control(of_ann("recreate_folder", {{"folder", "inbox/Evening"}}));
    CHECK(recreated.contains("id"));
    CHECK(only_item(world, "inbox/Evening")["subject"] == "Dinner");
    world.control(of_ann("user_empty_folder", {{"folder", "inbox/Evening"}}));
    CHECK(items(world, "inbox/Evening").empty());
    world.control(of_ann("delete_folder", {{"folder", "inbox/Evening"}}));
    CHECK(world.sim->control(of_ann("contents", {{"folder", "inbox/Evening"}})).contains("error"));
  }
  SECTION("a mailbox made anew has the same content under other ids") {
    world.control(of_ann("recreate_mailbox"));
    const auto after = only_item(world, "inbox");
    CHECK(after["subject"] == "Lunch");
    CHECK(after["id"] != before["id"]);
    CHECK(first_element(world.call("old", get_item(id)), "ResponseCode") == "ErrorItemNotFound");
  }
}

TEST_CASE("seeded mails arrive in both versions alike") {
  fixture world;
  for (const std::string server : {"old", "new"})
    CHECK(world
              .control({{"do", "seed_messages"},
                        {"mailbox", "ann@" + server + ".example"},
                        {"count", 60},
                        {"newest", "2026-01-05T00:00:00Z"}})["ids"]
              .size() == 60);
  auto old_items = items(world),
       new_items = world.control({{"do", "contents"}, {"mailbox", "ann@new.example"}})["items"];
  REQUIRE(old_items.size() == 60);
  REQUIRE(new_items.size() == 60);
  for (std::size_t i = 0; i < 60; ++i)
    for (const auto* field :
         {"folder", "subject", "received", "read", "draft", "categories", "importance", "sensitivity"}) {
      INFO(old_items[i]["subject"]);
      CHECK(old_items[i][field] == new_items[i][field]);
    }
}

TEST_CASE("a fault meets a request to the world, once") {
  fixture world;
  world.control({{"do", "fault"}, {"what", "busy_fault"}, {"server", "old"}, {"operation", "GetFolder"}});
  CHECK(fault_code(world.post("new", fixture::envelope("new", get_inbox))).empty());
  CHECK(fault_code(world.post("old", fixture::envelope("old", get_inbox))) == "ErrorServerBusy");
  CHECK(fault_code(world.post("old", fixture::envelope("old", get_inbox))).empty());
  CHECK(world.control({{"do", "faults"}})["faults"][0]["hits"] == 1);
}

TEST_CASE("an error can be ordered for one item of a batch") {
  fixture world;
  const auto lunch = add(world, "Lunch"), dinner = add(world, "Dinner");
  world.control({{"do", "fault"},
                 {"what", "response_error"},
                 {"code", "ErrorItemCorrupt"},
                 {"item", {{"subject", "Dinner"}}},
                 {"always", true}});
  const std::string both =
      "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ItemIds><t:ItemId Id=\"" + dinner +
      "\"/><t:ItemId Id=\"" + lunch + "\"/></m:ItemIds></m:GetItem>";
  CHECK(all_elements(world.call("old", both), "ResponseCode") ==
        std::vector<std::string>{"ErrorItemCorrupt", "NoError"});
}

TEST_CASE("throttling hides in an answer that is OK, for every operation, and the answer is still valid") {
  fixture world;
  const auto id = add(world, "Lunch");
  for (
      const auto& operation :
      {get_inbox, get_item(id),
       std::string(
           R"(<m:FindItem Traversal="Shallow"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindItem>)"),
       std::string(
           R"(<m:FindFolder Traversal="Shallow"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:ParentFolderIds><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderIds></m:FindFolder>)"),
       std::string(
           R"(<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId><t:DistinguishedFolderId Id="inbox"/></m:SyncFolderId><m:MaxChangesReturned>10</m:MaxChangesReturned></m:SyncFolderItems>)"),
       std::string(
           R"(<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape></m:SyncFolderHierarchy>)"),
       std::string(
           R"(<m:CreateItem MessageDisposition="SaveOnly"><m:Items><t:Message><t:Subject>x</t:Subject></t:Message></m:Items></m:CreateItem>)"),
       std::string(
           R"(<m:CreateFolder><m:ParentFolderId><t:DistinguishedFolderId Id="inbox"/></m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>x</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>)"),
       R"(<m:DeleteItem DeleteType="HardDelete"><m:ItemIds><t:ItemId Id=")" + id + R"("/></m:ItemIds></m:DeleteItem>)",
       R"(<m:MoveItem><m:ToFolderId><t:DistinguishedFolderId Id="drafts"/></m:ToFolderId><m:ItemIds><t:ItemId Id=")" +
           id + R"("/></m:ItemIds></m:MoveItem>)",
       std::string(
           R"(<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>ann</m:UnresolvedEntry></m:ResolveNames>)")}) {
    world.control({{"do", "fault"}, {"what", "ok_with_inner_busy"}});
    const auto answer = world.call("old", operation);
    INFO(answer);
    CHECK(first_element(answer, "ResponseCode") == "ErrorInternalServerError");
    const auto values = all_elements(answer, "Value");
    CHECK(std::find(values.begin(), values.end(), "ErrorServerBusy") != values.end());
  }
  CHECK(items(world).size() == 1);
}

TEST_CASE("a late commit of a create takes effect when its time has come, after the client gave up") {
  fixture world;
  const std::string create =
      R"(<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId><t:DistinguishedFolderId Id="inbox"/></m:SavedItemFolderId>)"
      R"(<m:Items><t:Message><t:Subject>late</t:Subject></t:Message></m:Items></m:CreateItem>)";
  world.control({{"do", "fault"}, {"what", "commit_later"}, {"after_seconds", 30}, {"operation", "CreateItem"}});
  CHECK(world.post("old", fixture::envelope("old", create)).cut_at == 0u);
  CHECK(items(world).empty());
  world.control({{"do", "advance_clock"}, {"seconds", 29}});
  CHECK(items(world).empty());
  world.control({{"do", "advance_clock"}, {"seconds", 1}});
  CHECK(only_item(world)["subject"] == "late");
}

TEST_CASE("counters count what was asked, and start again at zero") {
  fixture world;
  world.call("old", get_inbox);
  world.call("new", get_inbox);
  world.call("new", get_inbox);
  CHECK(world.control({{"do", "counters"}})["requests"]["GetFolder"] == 3);
  const auto of_new = world.control({{"do", "counters"}, {"server", "new"}});
  CHECK(of_new["requests"]["GetFolder"] == 2);
  CHECK(of_new["bytes_in"] > 500);
  CHECK(of_new["bytes_out"] > 500);
  world.control({{"do", "reset_counters"}});
  CHECK(world.control({{"do", "counters"}})["requests"].value("GetFolder", 0) == 0);
}

TEST_CASE("limits and rights can be taken away and given back") {
  fixture world;
  world.control({{"do", "set_limits"}, {"server", "old"}, {"request_bytes", 100}});
  CHECK(world.post("old", fixture::envelope("old", get_inbox)).status == 413);
  CHECK(world.post("new", fixture::envelope("new", get_inbox)).status == 200);
  world.control({{"do", "set_limits"}, {"server", "old"}, {"request_bytes", 100'000}});
  CHECK(world.post("old", fixture::envelope("old", get_inbox)).status == 200);
  world.control(of_ann("deny", {{"account", "ann@old.example"}}));
  const auto denied = world.post("old", fixture::envelope("old", get_inbox));
  CHECK(denied.status == 403);
  world.control(of_ann("allow", {{"account", "ann@old.example"}}));
  CHECK(first_element(world.call("old", get_inbox), "ResponseCode") == "NoError");
}

TEST_CASE("a command that is wrong does nothing and says why") {
  fixture world;
  add(world, "Lunch");
  struct wrong {
    json command;
    std::string reason;
  };
  for (const auto& [command, reason] :
       {wrong{json::array(), ": must be an object"}, wrong{json::object(), "do: is missing"},
        wrong{{{"do", "dance"}}, "do: no such command: dance"}, wrong{{{"do", 7}}, "do: has the wrong type"},
        wrong{{{"do", "user_purge"}, {"item", {{"subject", "Lunch"}}}}, "mailbox: is missing"},
        wrong{of_ann("user_purge", {{"item", {{"subject", "Lunch"}}}, {"flder", "inbox"}}), "flder: is not known here"},
        wrong{of_ann("user_purge", {{"item", json::object()}}), "item: needs exactly one of id, subject, message_id"},
        wrong{of_ann("user_purge", {{"item", {{"subject", "Lunch"}, {"id", "x"}}}}),
              "item: needs exactly one of id, subject, message_id"},
        wrong{of_ann("add_message", {{"mime", "x"}, {"received", "yesterday"}}),
              "received: must be a time like 2026-01-31T08:15:00Z"},
        wrong{of_ann("user_edit", {{"item", {{"subject", "Lunch"}}}, {"flag", "Half"}}),
              "flag: must be NotFlagged, Flagged or Complete"},
        wrong{{{"do", "seed_messages"}, {"mailbox", "ann@old.example"}, {"count", -3}},
              "count: must be a whole number, not negative"}})
    CHECK(world.sim->control(command) == json{{"error", reason}});
  for (const auto& command : {of_ann("user_purge", {{"item", {{"subject", "Supper"}}}}),
                              json{{"do", "contents"}, {"mailbox", "nobody@old.example"}},
                              of_ann("add_message", {{"mime", "Subject: x\r\n\r\n"}, {"folder", "inbox/Missing"}}),
                              of_ann("user_move", {{"item", {{"subject", "Lunch"}}}, {"to", "no/such"}}),
                              json{{"do", "add_server"}, {"name", "old"}, {"version", "ExchangeSE"}},
                              json{{"do", "add_server"}, {"name", "x"}, {"version", "Exchange4"}}})
    CHECK(world.sim->control(command).contains("error"));
  CHECK(only_item(world)["subject"] == "Lunch");
}
