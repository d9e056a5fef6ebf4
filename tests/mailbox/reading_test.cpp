#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;

namespace {

std::vector<std::string> versions() {
  return {"Exchange2007_SP1", "Exchange2010_SP2", "Exchange2016"};
}

template <class T>
const failure& failed_because(const T& outcome) {
  return std::get<failure>(outcome);
}

std::string sync_page(const std::string& changes, const std::string& cursor = "S2", bool last = true) {
  return success("<m:SyncState>" + cursor + "</m:SyncState><m:IncludesLastItemInRange>" + (last ? "true" : "false") +
                 "</m:IncludesLastItemInRange><m:Changes>" + changes + "</m:Changes>");
}

std::vector<item_id> items(int count) {
  std::vector<item_id> out;
  for (int i = 0; i < count; ++i)
    out.emplace_back("i" + std::to_string(i));
  return out;
}

std::vector<std::string> read_items(int from, int count) {
  std::vector<std::string> out;
  for (int i = from; i < from + count; ++i)
    out.push_back(item("i" + std::to_string(i), "k", "<t:Subject>s" + std::to_string(i) + "</t:Subject>"));
  return out;
}

} // namespace

TEST_CASE("the identity is the root's id") {
  mailbox_stage stage;
  const auto got = stage.ask<identified>(
      identify{}, {answers("GetFolder", {success("<m:Folders>" + folder("root-1", "Top") + "</m:Folders>")})});
  CHECK(std::get<mailbox_identity>(got.outcome).value == "root-1");
  CHECK(holds(stage.seen[0], "Id=\"msgfolderroot\""));
  const auto refused = stage.ask<identified>(identify{}, {answers("GetFolder", {error("ErrorAccessDenied")})});
  CHECK(failed_because(refused.outcome).reach == reach::mailbox);
}

TEST_CASE("requests say for whom they are") {
  mailbox_stage direct;
  direct.ask<identified>(identify{}, {status(403)});
  CHECK_FALSE(holds(direct.seen[0], "ExchangeImpersonation"));
  mailbox_stage acting("Exchange2016", mailbox_access::impersonation);
  acting.ask<identified>(identify{}, {status(403)});
  CHECK(holds(acting.seen[0], "<t:PrimarySmtpAddress>ann@a.example</t:PrimarySmtpAddress>"));
  bool anchored = false;
  for (const auto& h : acting.seen[0].headers)
    anchored = anchored || (h.name == "X-AnchorMailbox" && h.value == "ann@a.example");
  CHECK(anchored);
}

TEST_CASE("the newest version that the server takes is found and kept") {
  mailbox_stage stage("auto");
  const auto root = success("<m:Folders>" + folder("r", "Top") + "</m:Folders>");
  const std::string old_build = "MajorVersion='14' MinorVersion='3' MajorBuildNumber='248'";
  SECTION("by stepping down") {
    const auto got =
        stage.ask<identified>(identify{}, {fault("ErrorInvalidServerVersion"), fault("ErrorInvalidServerVersion"),
                                           answers("GetFolder", {root}, old_build)});
    CHECK(std::holds_alternative<mailbox_identity>(got.outcome));
    CHECK(holds(stage.seen[0], "\"Exchange2016\""));
    CHECK(holds(stage.seen[1], "\"Exchange2013_SP1\""));
    CHECK(holds(stage.seen[2], "\"Exchange2010_SP2\""));
  }
  SECTION("by the build of a server that takes any name") {
    stage.ask<identified>(identify{}, {answers("GetFolder", {root}, old_build)});
    CHECK(holds(stage.seen[0], "\"Exchange2016\""));
  }
  stage.ask<identified>(identify{}, {answers("GetFolder", {root}, old_build)});
  CHECK(holds(stage.seen[0], "\"Exchange2010_SP2\""));
}

TEST_CASE("a configured version is kept, and a server that refuses it is told of") {
  mailbox_stage stage("Exchange2013_SP1");
  const auto got = stage.ask<identified>(identify{}, {fault("ErrorInvalidServerVersion")});
  CHECK(failed_because(got.outcome).code == "ErrorInvalidServerVersion");
  CHECK(holds(stage.seen[0], "\"Exchange2013_SP1\""));
}

TEST_CASE("an alias is replaced by the primary address that the server names") {
  mailbox_stage stage("Exchange2016", mailbox_access::impersonation);
  const auto got = stage.ask<identified>(
      identify{}, {fault("ErrorNonPrimarySmtpAddress", "<Value Name='Primary'>anna@a.example</Value>"),
                   answers("GetFolder", {success("<m:Folders>" + folder("r", "Top") + "</m:Folders>")})});
  CHECK(std::holds_alternative<mailbox_identity>(got.outcome));
  CHECK(holds(stage.seen[1], "anna@a.example"));
}

TEST_CASE("paths lead to folders, and what is not there is told in its place") {
  mailbox_stage stage;
  const auto well_known =
      answers("GetFolder",
              {success("<m:Folders>" + root_folder("trash", "Deleted") + "</m:Folders>"),
               success("<m:Folders>" + root_folder("in", "Inbox") + "</m:Folders>"),
               success("<m:Folders>" + root_folder("root", "Top") + "</m:Folders>"), error("ErrorFolderNotFound")});
  const auto page = [](const std::string& folders, const std::string& attributes) {
    return answers("FindFolder",
                   {success("<m:RootFolder " + attributes + "><t:Folders>" + folders + "</t:Folders></m:RootFolder>")});
  };
  const auto got = stage.ask<folders_found>(
      find_folders{{"inbox", "inbox/Projects/A\\/B", "inbox/projects", "inbox/None", "tasks", "nonsense", "nonsense/x",
                    "msgfolderroot/Deleted/Old", "inbox//x"}},
      {well_known, page(folder("f1", "First"), "IndexedPagingOffset='1' IncludesLastItemInRange='false'"),
       page(folder("p", "Projects"), "IndexedPagingOffset='2' IncludesLastItemInRange='true'"),
       page(folder("ab", "A/B"), "IncludesLastItemInRange='true'"),
       page(folder("trash", "Deleted"), "IncludesLastItemInRange='true'"),
       page(folder("old", "Old"), "IncludesLastItemInRange='true'")});
  const auto& found = std::get<std::vector<result<folder_state>>>(got.outcome);
  REQUIRE(found.size() == 9);
  CHECK(std::get<folder_state>(found[0]).id.value == "in");
  CHECK(std::get<folder_state>(found[1]).id.value == "ab");
  CHECK(std::get<folder_state>(found[2]).id.value == "p");
  CHECK_FALSE(std::get<folder_state>(found[2]).in_deleted_items);
  CHECK(std::get<folder_state>(found[7]).in_deleted_items);
  for (int missing : {3, 4, 5, 6, 8}) {
    CHECK(failed_because(found[missing]).code == "ErrorFolderNotFound");
    CHECK(failed_because(found[missing]).reach == reach::folder);
  }
}

TEST_CASE("a page of changes says what is there, what left and what was read") {
  for (const auto& version : versions()) {
    mailbox_stage stage(version);
    const auto got = stage.ask<changes_listed>(
        list_changes{folder_id("f"), sync_cursor("S1")},
        {answers(
            "SyncFolderItems",
            {sync_page(
                "<t:Create><t:Message><t:ItemId Id='a' ChangeKey='ka'/><t:ItemClass>IPM.Note</t:ItemClass>"
                "<t:Subject>hi</t:Subject><t:DateTimeReceived>2026-01-01T00:00:00Z</t:DateTimeReceived>"
                "<t:Size>77</t:Size><t:IsDraft>false</t:IsDraft><t:ExtendedProperty><t:ExtendedFieldURI "
                "PropertyTag='0x300b' PropertyType='Binary'/><t:Value>c2s=</t:Value></t:ExtendedProperty>"
                "<t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId='PublicStrings' "
                "PropertyName='exsyncd' PropertyType='String'/><t:Value>p/t/i</t:Value></t:ExtendedProperty>"
                "<t:InternetMessageId>&lt;m@x></t:InternetMessageId><t:IsRead>true</t:IsRead></t:Message></t:Create>"
                "<t:Update><t:Contact><t:ItemId Id='c' ChangeKey='kc'/></t:Contact></t:Update>"
                "<t:Delete><t:ItemId Id='d' ChangeKey='EQ=='/></t:Delete>"
                "<t:ReadFlagChange><t:ItemId Id='r' ChangeKey='EQ=='/><t:IsRead>false</t:IsRead>"
                "</t:ReadFlagChange>")})});
    const auto& page = std::get<change_page>(got.outcome);
    CHECK(page.cursor.value == "S2");
    CHECK(page.last);
    REQUIRE(page.changes.size() == 4);
    const auto& a = std::get<item_present>(page.changes[0]).item;
    CHECK(a.id.value == "a");
    CHECK(a.key.value == "ka");
    CHECK(a.item_class == item_class::message);
    CHECK(a.subject == "hi");
    CHECK(a.size == 77);
    CHECK(a.search_key.value == "c2s=");
    CHECK(a.mark.value == "p/t/i");
    CHECK(a.message_id.value == "<m@x>");
    CHECK(a.read == true);
    CHECK(std::get<item_present>(page.changes[1]).item.item_class == item_class::contact);
    CHECK_FALSE(std::get<item_present>(page.changes[1]).item.read);
    CHECK(std::get<item_left>(page.changes[2]).id.value == "d");
    CHECK_FALSE(std::get<item_read_changed>(page.changes[3]).read);
    CHECK(holds(stage.seen[0], "<m:MaxChangesReturned>512</m:MaxChangesReturned>"));
    for (const char* never : {"item:Body", "item:Attachments", "MimeContent"})
      CHECK_FALSE(holds(stage.seen[0], never));
  }
}

TEST_CASE("a change list that fails says how") {
  mailbox_stage stage;
  const auto list = [&](scripted answer) {
    return stage.ask<changes_listed>(list_changes{folder_id("f"), sync_cursor("S1")}, {std::move(answer)}).outcome;
  };
  CHECK(std::holds_alternative<cursor_invalid>(list(
      answers("SyncFolderItems", {error("ErrorInvalidSyncStateData", "<m:SyncState/><m:IncludesLastItemInRange>true"
                                                                     "</m:IncludesLastItemInRange>")}))));
  CHECK(std::holds_alternative<cursor_invalid>(list(fault("ErrorInvalidSyncStateData"))));
  CHECK(failed_because(list(answers("SyncFolderItems", {error("ErrorAccessDenied")}))).reach == reach::folder);
  CHECK(failed_because(list(answers("SyncFolderItems", {error("ErrorSyncFolderNotFound")}))).reach == reach::folder);
  CHECK(failed_because(list(answers("SyncFolderItems", {sync_page("", "")}))).code == "protocol");
  std::size_t pages = 5; // of 512, 64, 8 and 1, and the look
  for (const auto& broken : {answers("SyncFolderItems", {}), answers("GetItem", {})}) {
    // Smaller pages, and a look at what is in the folder, tell no more.
    const auto got = stage.ask<changes_listed>(list_changes{folder_id("f"), sync_cursor("S1")},
                                               std::vector<scripted>(pages, broken));
    CHECK(failed_because(got.outcome).code == "protocol");
    pages = 2; // it stays with the smallest until one passes
  }
  CHECK(failed_because(list(unreached())).reach == reach::server);
  const auto nowhere = stage.ask<changes_listed>(list_changes{folder_id("f"), sync_cursor("S1")},
                                                 std::vector<scripted>(pages, status(404)));
  CHECK(failed_because(nowhere.outcome).hint.find("URL") != std::string::npos);
}

TEST_CASE("a list that gives one id to two items is asked for again") {
  const auto created = [](const std::string& id, const std::string& message) {
    return "<t:Create><t:Message><t:ItemId Id='" + id + "' ChangeKey='k'/><t:InternetMessageId>&lt;" + message +
           "@x></t:InternetMessageId></t:Message></t:Create>";
  };
  mailbox_stage stage;
  const auto got =
      stage.ask<changes_listed>(list_changes{folder_id("f"), sync_cursor("S1")},
                                {answers("SyncFolderItems", {sync_page(created("a", "one") + created("a", "two"))}),
                                 answers("SyncFolderItems", {sync_page(created("a", "one") + created("b", "two"))})});
  const auto& page = std::get<change_page>(got.outcome);
  REQUIRE(page.changes.size() == 2);
  CHECK(std::get<item_present>(page.changes[1]).item.id == item_id("b"));
  CHECK(holds(stage.seen[1], "Id=\"f\""));
}

TEST_CASE("a list that lets one id leave twice is asked for again: who the others were is not told any more") {
  const std::string gone = "<t:Delete><t:ItemId Id='a'/></t:Delete>", other = "<t:Delete><t:ItemId Id='b'/></t:Delete>";
  const std::string present = "<t:Create><t:Message><t:ItemId Id='a' ChangeKey='k'/></t:Message></t:Create>";
  const std::string read = "<t:ReadFlagChange><t:ItemId Id='a'/><t:IsRead>true</t:IsRead></t:ReadFlagChange>";
  for (const auto& twice : {gone + gone, present + gone, gone + present, read + read, read + gone}) {
    INFO(twice);
    mailbox_stage stage;
    const auto got = stage.ask<changes_listed>(
        list_changes{folder_id("f"), sync_cursor("S1")},
        {answers("SyncFolderItems", {sync_page(twice)}), answers("SyncFolderItems", {sync_page(gone + other)})});
    const auto& page = std::get<change_page>(got.outcome);
    REQUIRE(page.changes.size() == 2);
    CHECK(std::get<item_left>(page.changes[1]).id == item_id("b"));
  }
}

TEST_CASE("contents come in the order asked for, a batch at a time") {
  for (const auto& version : versions()) {
    mailbox_stage stage(version);
    auto second = read_items(50, 10);
    second[3] = error("ErrorItemNotFound");
    second[4] = error("ErrorCorruptData");
    const auto got = stage.ask<content_read>(read_content{items(60)},
                                             {answers("GetItem", read_items(0, 50)), answers("GetItem", second)});
    const auto& all = std::get<std::vector<content_outcome>>(got.outcome);
    REQUIRE(all.size() == 60);
    CHECK(std::get<content>(all[0]).fields == std::vector<field_value>{{field::subject, "s0"}});
    CHECK(std::get<content>(all[59]).fields == std::vector<field_value>{{field::subject, "s59"}});
    CHECK(std::holds_alternative<gone>(all[53]));
    CHECK(failed_because(all[54]).retry == retry::never);
    CHECK(holds(stage.seen[0], "item:Flag") == (version == "Exchange2016"));
    CHECK(holds(stage.seen[0], "0x1090") == (version != "Exchange2016"));
  }
}

TEST_CASE("an item that spoils the answer to its batch stands alone in the end") {
  mailbox_stage stage;
  // Four items, the third one makes the server fail.
  const auto got =
      stage.ask<content_read>(read_content{items(4)}, {status(500), answers("GetItem", read_items(0, 2)), status(500),
                                                       status(500), answers("GetItem", read_items(3, 1))});
  const auto& all = std::get<std::vector<content_outcome>>(got.outcome);
  REQUIRE(all.size() == 4);
  CHECK(std::holds_alternative<content>(all[0]));
  CHECK(std::holds_alternative<content>(all[1]));
  CHECK(failed_because(all[2]).reach == reach::item);
  CHECK(std::holds_alternative<content>(all[3]));
}

TEST_CASE("a server that fails for all is not asked item by item for ever") {
  mailbox_stage stage;
  const auto got = stage.ask<content_read>(read_content{items(8)}, std::vector<scripted>(7, status(500)));
  CHECK(failed_because(got.outcome).code == "HTTP 500");
  const auto none = stage.ask<content_read>(read_content{{}}, {});
  CHECK(std::get<std::vector<content_outcome>>(none.outcome).empty());
}

TEST_CASE("mails are fetched with their MIME and the content of the same moment") {
  mailbox_stage stage;
  const auto got = stage.ask<items_fetched>(fetch_items{items(2)},
                                            {answers("GetItem", {item("i0", "k0",
                                                                      "<t:MimeContent>QUJD</t:MimeContent><t:Subject>s"
                                                                      "</t:Subject><t:IsRead>true</t:IsRead>"),
                                                                 item("i1", "k1")})});
  const auto& all = std::get<std::vector<fetch_outcome>>(got.outcome);
  const auto& first = std::get<fetched>(all.at(0));
  CHECK(first.item.mime_base64 == "QUJD");
  CHECK(first.item.read == true);
  CHECK(first.at.key.value == "k0");
  CHECK(failed_because(all.at(1)).code == "no_mime");
  CHECK(holds(stage.seen[0], "<t:IncludeMimeContent>true"));
}

TEST_CASE("holders of a mark are found page by page, and only those of exactly this mark") {
  mailbox_stage stage;
  const auto marked = [](const std::string& id, const std::string& mark) {
    return "<t:Message><t:ItemId Id='" + id +
           "'/><t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId='PublicStrings' "
           "PropertyName='exsyncd' PropertyType='String'/><t:Value>" +
           mark + "</t:Value></t:ExtendedProperty></t:Message>";
  };
  const auto page = [](const std::string& items, const std::string& attributes) {
    return answers("FindItem",
                   {success("<m:RootFolder " + attributes + "><t:Items>" + items + "</t:Items></m:RootFolder>")});
  };
  const auto ask = find_by_mark{folder_id("f"), operation_mark("P/t/1")};
  const auto got = stage.ask<found_by_mark>(ask, {page(marked("a", "P/t/1") + marked("b", "p/t/1"),
                                                       "IndexedPagingOffset='2' IncludesLastItemInRange='false'"),
                                                  page(marked("c", "P/t/1"), "IncludesLastItemInRange='true'")});
  const auto& found = std::get<std::vector<listed_item>>(got.outcome);
  REQUIRE(found.size() == 2);
  CHECK(found[0].id.value == "a");
  CHECK(found[1].id.value == "c");
  CHECK(holds(stage.seen[1], "Offset=\"2\""));
  CHECK(holds(stage.seen[0], "<t:Constant Value=\"P/t/1\"/>"));
  // By its search key, where it holds none of our marks.
  stage.ask<found_by_mark>(find_by_mark{folder_id("f"), {}, search_key("c2tleQ==")},
                           {page("", "IncludesLastItemInRange='true'")});
  CHECK(holds(stage.seen.back(), "<t:Constant Value=\"c2tleQ==\"/>"));
  CHECK(holds(stage.seen.back(), "0x300b"));
  // A server that never gets to an end.
  const auto stuck =
      stage.ask<found_by_mark>(ask, {page("", "IndexedPagingOffset='0' IncludesLastItemInRange='false'")});
  CHECK(failed_because(stuck.outcome).code == "protocol");
}

TEST_CASE("a server that is busy in the body of an answer is given rest") {
  using std::chrono::milliseconds;
  for (const auto& busy :
       {fault("ErrorServerBusy", "<Value Name='BackOffMilliseconds'>300000</Value>"),
        fault("ErrorInternalServerError", "<Value Name='BackOffMilliseconds'>300000</Value>", 200),
        answers("SyncFolderItems",
                {error("ErrorInternalServerError",
                       "<m:MessageXml><t:Value Name='InnerErrorResponseCode'>ErrorServerBusy</t:Value>"
                       "<t:Value Name='BackOffMilliseconds'>300000</t:Value></m:MessageXml>")})}) {
    mailbox_stage stage;
    const auto got = stage.ask<changes_listed>(list_changes{folder_id("f"), {}}, {busy});
    CHECK(failed_because(got.outcome).wait == milliseconds(300'000));
    CHECK(failed_because(got.outcome).retry == retry::later);
    const auto rest = stage.gateway_state();
    CHECK((rest.resting || !rest.resting_mailboxes.empty()));
  }
}

TEST_CASE("whoever asked is answered when the mailbox ends") {
  mailbox_stage stage;
  stage.hold = true;
  std::optional<identified> got;
  stage.system.spawn([&](caf::event_based_actor* self) {
    self->request(stage.mailbox, caf::infinite, identify{}).then([&](const identified& a) { got = a; });
  });
  stage.run();
  CHECK(stage.held.size() == 1);
  CHECK_FALSE(got);
  caf::anon_send_exit(stage.mailbox, caf::exit_reason::user_shutdown);
  stage.run();
  REQUIRE(got);
  CHECK(failed_because(got->outcome).code == "ended");
}
