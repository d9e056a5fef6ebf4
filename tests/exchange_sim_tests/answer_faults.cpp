// Answers that say it otherwise, items that spoil whatever shows them, and what happens by itself.
#include "tests/exchange_sim/answer_faults.hpp"
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace exchange_sim::test {

using nlohmann::json;

namespace {

std::string ids(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& id : all)
    out += "<t:ItemId Id=\"" + id + "\"/>";
  return out;
}

std::string get_items(const std::vector<std::string>& all) {
  return "<m:GetItem><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape><m:ItemIds>" + ids(all) +
         "</m:ItemIds></m:GetItem>";
}

std::string attach(const std::string& id, const std::string& names) {
  std::string files;
  for (char name : names)
    files +=
        "<t:FileAttachment><t:Name>" + std::string(1, name) + "</t:Name><t:Content>YQ==</t:Content></t:FileAttachment>";
  return "<m:CreateAttachment><m:ParentItemId Id=\"" + id + "\"/><m:Attachments>" + files +
         "</m:Attachments></m:CreateAttachment>";
}

std::string create_two() {
  auto one = create_message("<t:Subject>One</t:Subject><t:Body BodyType=\"Text\">poison-1</t:Body>");
  return replace_all(
      one, "</m:Items>",
      "<t:Message><t:Subject>Two</t:Subject><t:Body BodyType=\"Text\">fine</t:Body></t:Message></m:Items>");
}

struct three_mails : fixture {
  std::vector<std::string> all;
  three_mails() {
    for (const char* subject : {"A", "B", "C"})
      all.push_back(deliver(*this, "new", subject));
  }
  void order(json fault) {
    fault["do"] = "fault";
    control(fault);
  }
  http_response ask(const std::string& operation) { return post("new", envelope("new", operation)); }
};

} // namespace

TEST_CASE("answers come in another order, one twice, one too few, or none at all") {
  three_mails w;
  auto subjects = [&] { return all_elements(w.ask(get_items(w.all)).body, "Subject"); };
  w.order({{"what", "answers_reordered"}, {"operation", "GetItem"}});
  CHECK(subjects() == std::vector<std::string>{"C", "B", "A"});
  w.order({{"what", "answers_doubled"}});
  CHECK(subjects() == std::vector<std::string>{"A", "B", "C", "A"});
  w.order({{"what", "answers_missing"}});
  CHECK(subjects() == std::vector<std::string>{"A", "B"});
  w.order({{"what", "no_response_messages"}});
  CHECK(subjects().empty());
  CHECK(subjects() == std::vector<std::string>{"A", "B", "C"});
}

TEST_CASE("an attachment's answer does not tell the key of its item, though the item has a new one") {
  three_mails w;
  auto key = first_attribute(w.ask(get_items({w.all[0]})).body, "ItemId", "ChangeKey");
  w.order({{"what", "no_root_change_key"}, {"operation", "CreateAttachment"}});
  auto answer = w.ask(attach(w.all[0], "xy")).body;
  CHECK(all_attributes(answer, "AttachmentId", "Id").size() == 2);
  CHECK(first_attribute(answer, "AttachmentId", "RootItemChangeKey").empty());
  CHECK(first_attribute(w.ask(get_items({w.all[0]})).body, "ItemId", "ChangeKey") != key);
  CHECK_FALSE(first_attribute(w.ask(attach(w.all[0], "z")).body, "AttachmentId", "RootItemChangeKey").empty());
}

TEST_CASE("one id stands for all that were created") {
  three_mails w;
  w.order({{"what", "one_id_for_all"}, {"operation", "CreateItem"}});
  auto made = all_attributes(w.ask(create_two()).body, "ItemId", "Id");
  REQUIRE(made.size() == 2);
  CHECK(made[0] == made[1]);
  CHECK(inbox(w, "new").size() == 5);
}

TEST_CASE("a list says for ever that it goes on") {
  three_mails w;
  w.order({{"what", "never_last"}, {"always", true}});
  std::string state;
  for (int i = 0; i < 3; ++i) {
    auto answer = w.ask(sync_inbox(state)).body;
    CHECK(first_element(answer, "IncludesLastItemInRange") == "false");
    state = first_element(answer, "SyncState");
  }
}

TEST_CASE("what proxies put before an answer, and how they pack it") {
  three_mails w;
  auto plain = w.ask(get_items(w.all)).body;
  w.order({{"what", "byte_order_mark"}});
  CHECK(w.ask(get_items(w.all)).body == "\xef\xbb\xbf" + plain);
  w.order({{"what", "blank_line_first"}});
  CHECK(w.ask(get_items(w.all)).body == "\r\n" + plain);
  w.order({{"what", "gzip_in_two"}});
  auto packed = w.ask(get_items(w.all));
  CHECK(std::count(packed.headers.begin(), packed.headers.end(),
                   std::pair<std::string, std::string>("Content-Encoding", "gzip")) == 1);
  CHECK(packed.body.substr(0, 3) == "\x1f\x8b\x08");
  CHECK(packed.body.find("\x1f\x8b\x08", 3) != std::string::npos);
}

TEST_CASE("an answer that never ends is half an answer and a filler, a slow one is whole") {
  three_mails w;
  auto plain = w.ask(get_items(w.all)).body;
  w.order({{"what", "endless_answer"}, {"milliseconds", 20}});
  auto endless = w.ask(get_items(w.all));
  CHECK(endless.filler == " ");
  CHECK(endless.pace == std::chrono::milliseconds(20));
  CHECK(endless.body == plain.substr(0, plain.size() / 2));
  w.order({{"what", "slow_answer"}});
  auto slow = w.ask(get_items(w.all));
  CHECK(slow.body == plain);
  CHECK(slow.pace == std::chrono::milliseconds(1000));
}

TEST_CASE("an item spoils every request that names it, in each of the ways") {
  struct way {
    json fault;
    int status;
  };
  const std::vector<way> ways{{{{"what", "soap_fault"}, {"code", "ErrorInternalServerError"}}, 500},
                              {{{"what", "http_status"}, {"status", 400}}, 400},
                              {{{"what", "http_status"}, {"status", 403}}, 403},
                              {{{"what", "http_status"}, {"status", 406}}, 406},
                              {{{"what", "http_status"}, {"status", 413}}, 413},
                              {{{"what", "html_page"}}, 200}};
  for (auto [fault, status] : ways) {
    three_mails w;
    INFO(fault.dump());
    fault["item"] = {{"body", "Text of B"}};
    fault["always"] = true;
    w.order(fault);
    auto spoiled = w.ask(get_items(w.all));
    CHECK(spoiled.status == status);
    CHECK(all_elements(replace_all(spoiled.body, "&nbsp;", ""), "Subject").empty());
    CHECK(all_elements(w.ask(get_items({w.all[0], w.all[2]})).body, "Subject").size() == 2);
    CHECK(w.ask(get_items({w.all[1]})).status == status);
  }
}

TEST_CASE("an item spoils the CreateItem that brings it, by its fields or by its MIME, and nothing is made") {
  three_mails w;
  w.order({{"what", "http_status"}, {"status", 400}, {"item", {{"body", "poison-1"}}}, {"always", true}});
  CHECK(w.ask(create_two()).status == 400);
  CHECK(inbox(w, "new").size() == 3);
  auto mime = "<t:MimeContent>RnJvbTogYUB4DQpTdWJqZWN0OiBNDQoNCnBvaXNvbi0xDQo=</t:MimeContent>";
  CHECK(w.ask(create_message(mime)).status == 400);
  CHECK(w.ask(create_message("<t:Subject>Two</t:Subject>")).status == 200);
}

TEST_CASE("an item spoils the pages that show it, where it is told to, and no others") {
  three_mails w;
  w.order({{"what", "http_status"},
           {"status", 500},
           {"item", {{"body", "Text of B"}}},
           {"shown", true},
           {"always", true},
           {"operation", "SyncFolderItems"}});
  CHECK(w.ask(sync_inbox("")).status == 500);
  // Newest first: C, then B.
  auto first = w.ask(sync_inbox("", 1));
  CHECK(first.status == 200);
  auto state = first_element(first.body, "SyncState");
  CHECK(w.ask(sync_inbox(state, 1)).status == 500);
  auto around = replace_all(sync_inbox(state), "<m:MaxChangesReturned>",
                            "<m:Ignore>" + ids({w.all[1]}) + "</m:Ignore><m:MaxChangesReturned>");
  CHECK(all_attributes(w.ask(around).body, "ItemId", "Id") == std::vector<std::string>{w.all[0]});
  CHECK(w.ask(get_items(w.all)).status == 200);
  CHECK(w.sim->control({{"do", "fault"}, {"what", "html_page"}, {"shown", true}}).contains("error"));
}

TEST_CASE("a server touches what was written, a while after its answer") {
  three_mails w;
  w.order({{"what", "touch_later"}, {"operation", "CreateItem"}, {"after_seconds", 5}});
  auto made = w.ask(create_message("<t:Subject>One</t:Subject>")).body;
  auto id = first_attribute(made, "ItemId", "Id"), key = first_attribute(made, "ItemId", "ChangeKey");
  auto now = [&] { return first_attribute(w.ask(get_items({id})).body, "ItemId", "ChangeKey"); };
  CHECK(now() == key);
  w.now += std::chrono::seconds(6);
  CHECK(now() != key);
}

TEST_CASE("content changes under an unchanged key: no list tells of it, a read does") {
  three_mails w;
  auto state = first_element(w.ask(sync_inbox("")).body, "SyncState");
  auto key = first_attribute(w.ask(get_items({w.all[0]})).body, "ItemId", "ChangeKey");
  w.control({{"do", "change_under_key"}, {"mailbox", ann("new")}, {"item", w.all[0]}, {"subject", "Another"}});
  CHECK(all_attributes(w.ask(sync_inbox(state)).body, "ItemId", "Id").empty());
  auto read = w.ask(get_items({w.all[0]})).body;
  CHECK(first_element(read, "Subject") == "Another");
  CHECK(first_attribute(read, "ItemId", "ChangeKey") == key);
}

TEST_CASE("a retention policy takes what is old out of a folder, and lists tell it as a deletion") {
  three_mails w;
  deliver(w, "new", "Old", {{"received", "2020-01-01T00:00:00Z"}});
  auto state = first_element(w.ask(sync_inbox("")).body, "SyncState");
  w.control({{"do", "retention_delete"},
             {"mailbox", ann("new")},
             {"folder", "inbox"},
             {"received_before", "2021-01-01T00:00:00Z"}});
  CHECK(inbox(w, "new").size() == 3);
  CHECK(all_elements(w.ask(sync_inbox(state)).body, "Delete").size() == 1);
  CHECK(seen(w, "new", "Old")["folder"] == "recoverableitemsdeletions");
}

TEST_CASE("a server that was restarted has lost its subscriptions and no list") {
  three_mails w;
  auto state = first_element(w.ask(sync_inbox("")).body, "SyncState");
  w.ask("<m:Subscribe><m:StreamingSubscriptionRequest><t:FolderIds>" + inbox_folder() +
        "</t:FolderIds><t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes>"
        "</m:StreamingSubscriptionRequest></m:Subscribe>");
  auto count = [&] {
    int all = 0;
    for (const auto& one : w.sim->subscriptions())
      all += static_cast<int>(one.subscriptions);
    return all;
  };
  CHECK(count() == 1);
  w.control({{"do", "restart_server"}, {"server", "new"}});
  CHECK(count() == 0);
  CHECK(first_element(w.ask(sync_inbox(state)).body, "IncludesLastItemInRange") == "true");
}

TEST_CASE("zones of a meeting that came by invitation are refused where the server is told to, the rest is taken") {
  fixture w;
  auto add = [&](const std::string& subject, json more) {
    more.update({{"do", "add_appointment"},
                 {"mailbox", ann("2013")},
                 {"folder", "calendar"},
                 {"subject", subject},
                 {"start", "2026-07-06T09:00:00"},
                 {"end", "2026-07-06T10:00:00"},
                 {"zone", "UTC"}});
    return w.control(more)["id"].get<std::string>();
  };
  auto received = add("Board", {{"organizer", "boss@x.example"}, {"required", {"ann@2013.example"}}});
  auto own = add("Own", {});
  auto update = [&](const std::string& id, const std::string& field, const std::string& value) {
    auto read = w.call("2013", get_items({id}));
    auto element = field.substr(field.find(':') + 1);
    return codes(w.call("2013", "<m:UpdateItem ConflictResolution=\"NeverOverwrite\" "
                                "SendMeetingInvitationsOrCancellations=\"SendToNone\"><m:ItemChanges><t:ItemChange>"
                                "<t:ItemId Id=\"" +
                                    id + "\" ChangeKey=\"" + first_attribute(read, "ItemId", "ChangeKey") +
                                    "\"/><t:Updates><t:SetItemField><t:FieldURI FieldURI=\"" + field +
                                    "\"/><t:CalendarItem><t:" + element + value +
                                    "</t:CalendarItem></t:SetItemField>"
                                    "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>"))
        .front();
  };
  CHECK(update(received, "calendar:StartTimeZone", " Id=\"UTC\"/>") == "NoError");
  w.control({{"do", "set_meetings"}, {"server", "2013"}, {"refuse_zones_of_received", true}});
  CHECK(update(received, "calendar:StartTimeZone", " Id=\"UTC\"/>") == "ErrorInvalidPropertySet");
  CHECK(update(received, "calendar:EndTimeZone", " Id=\"UTC\"/>") == "ErrorInvalidPropertySet");
  CHECK(update(received, "calendar:Location", ">Room 2</t:Location>") == "NoError");
  CHECK(update(own, "calendar:StartTimeZone", " Id=\"UTC\"/>") == "NoError");
  w.sim->load(w.sim->save());
  CHECK(update(received, "calendar:StartTimeZone", " Id=\"UTC\"/>") == "ErrorInvalidPropertySet");
}

} // namespace exchange_sim::test
