// What each version of Exchange knows, says and lacks.
#include "tests/exchange_sim_tests/items_support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

const std::string get_inbox =
    "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds>"
    "<t:DistinguishedFolderId Id=\"inbox\"/></m:FolderIds></m:GetFolder>";

http_response ask(fixture& world, const std::string& server, const std::string& version, const std::string& operation) {
  return world.post(server, replace_all(fixture::envelope(server, operation),
                                        "\"" + fixture::newest_version(server) + "\"", "\"" + version + "\""));
}

} // namespace

TEST_CASE("a server takes the versions that it knows, and says what it is") {
  const names versions{"Exchange2007", "Exchange2007_SP1", "Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2",
                       "Exchange2013", "Exchange2013_SP1", "Exchange2016", "V2017_07_11"};
  struct row {
    std::string server, newest, major, minor, build, says; ///< says: empty for the version that was asked for
  };
  const row rows[] = {{"2007", "Exchange2007_SP1", "8", "1", "436", ""},
                      {"old", "Exchange2010_SP2", "14", "3", "248", ""},
                      {"2013", "Exchange2013_SP1", "15", "0", "1497", "V2_23"},
                      {"2016", "V2017_07_11", "15", "1", "2507", "V2017_07_11"},
                      {"new", "V2017_07_11", "15", "2", "2562", "V2017_07_11"}};
  fixture world;
  for (const auto& r : rows) {
    bool known = true;
    for (const auto& version : versions) {
      INFO(r.server << " asked for " << version);
      const auto answer = ask(world, r.server, version, get_inbox);
      if (known) {
        CHECK(answer.status == 200);
        CHECK(first_attribute(answer.body, "ServerVersionInfo", "Version") == (r.says.empty() ? version : r.says));
        CHECK(first_attribute(answer.body, "ServerVersionInfo", "MajorVersion") == r.major);
        CHECK(first_attribute(answer.body, "ServerVersionInfo", "MinorVersion") == r.minor);
        CHECK(first_attribute(answer.body, "ServerVersionInfo", "MajorBuildNumber") == r.build);
      } else {
        CHECK(answer.status == 500);
        CHECK(fault_code(answer) == "ErrorInvalidServerVersion");
      }
      if (version == r.newest) known = false;
    }
  }
}

TEST_CASE("what came later is refused, with and without Microsoft's schemas") {
  struct row {
    std::string what, body;
    names known_to;
  };
  const std::string sync =
      "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>"
      "<t:DistinguishedFolderId Id=\"inbox\"/></m:SyncFolderId><m:MaxChangesReturned>10"
      "</m:MaxChangesReturned>";
  const names since_2010{"old", "2013", "2016", "new"}, since_2013{"2013", "2016", "new"}, since_2016{"2016", "new"};
  const row rows[] = {
      {"SyncScope", sync + "<m:SyncScope>NormalItems</m:SyncScope></m:SyncFolderItems>", since_2010},
      {"IsInline",
       "<m:CreateAttachment><m:ParentItemId Id=\"AAMk\"/><m:Attachments><t:FileAttachment><t:Name>x</t:Name>"
       "<t:IsInline>true</t:IsInline><t:Content>AA==</t:Content></t:FileAttachment></m:Attachments>"
       "</m:CreateAttachment>",
       since_2010},
      {"StartTimeZone", create_item("CalendarItem", "<t:Subject>x</t:Subject><t:StartTimeZone Id=\"UTC\"/>"),
       since_2010},
      {"HasPicture",
       get_message("AAMk", "<t:AdditionalProperties>" + uri("contacts:HasPicture") + "</t:AdditionalProperties>"),
       since_2010},
      {"Flag", get_message("AAMk", "<t:AdditionalProperties>" + uri("item:Flag") + "</t:AdditionalProperties>"),
       since_2013},
      {"SuppressReadReceipts", delete_message("AAMk", R"(DeleteType="HardDelete" SuppressReadReceipts="true")"),
       since_2013},
      {"AccountName",
       get_message("AAMk", "<t:AdditionalProperties>" + uri("contacts:AccountName") + "</t:AdditionalProperties>"),
       since_2016},
      {"Mentions", get_message("AAMk", "<t:AdditionalProperties>" + uri("item:Mentions") + "</t:AdditionalProperties>"),
       since_2016},
      {"IsRead of a contact",
       update_message("AAMk", "EQAAAA==", set_of("Contact", uri("message:IsRead"), "<t:IsRead>true</t:IsRead>")),
       {}},
      {"an order of its own",
       create_item("Task", "<t:Status>NotStarted</t:Status><t:DueDate>2026-01-05T00:00:00Z</t:DueDate>"),
       {}},
      {"a key that is none",
       create_item("Contact", "<t:PhoneNumbers><t:Entry Key=\"Fax\">1</t:Entry></t:PhoneNumbers>"),
       {}},
  };
  for (const bool schemas : {true, false}) {
    fixture world(schemas);
    for (const auto& r : rows)
      for (const auto& server : all_servers) {
        INFO(r.what << " at " << server << (schemas ? " with schemas" : " without"));
        const auto answer = world.post(server, fixture::envelope(server, r.body));
        const bool known = std::find(r.known_to.begin(), r.known_to.end(), server) != r.known_to.end();
        CHECK((fault_code(answer) != "ErrorSchemaValidation") == known);
      }
  }
}

TEST_CASE("a change list is newest first since 2010 SP2, and in the order of the changes before") {
  for (const auto& server : all_servers) {
    INFO(server);
    fixture world;
    deliver(world, server, "later", {{"received", "2026-01-04T08:00:00Z"}});
    deliver(world, server, "earlier", {{"received", "2026-01-02T08:00:00Z"}});
    deliver(world, server, "latest", {{"received", "2026-01-05T08:00:00Z"}});
    const auto list = world.call(
        server, sync_inbox("", 512, "<t:AdditionalProperties>" + uri("item:Subject") + "</t:AdditionalProperties>"));
    CHECK(all_elements(list, "Subject") ==
          (server == "2007" ? names{"later", "earlier", "latest"} : names{"latest", "later", "earlier"}));
  }
}

TEST_CASE("folders of a class have its name, and take items of their class") {
  fixture world;
  for (const auto& server : all_servers) {
    INFO(server);
    const std::pair<const char*, const char*> folders[] = {
        {"contacts", "ContactsFolder"}, {"tasks", "TasksFolder"}, {"calendar", "CalendarFolder"}, {"inbox", "Folder"}};
    for (const auto& [name, element] : folders) {
      const auto answer = world.call(server, replace_all(get_inbox, "inbox", name));
      CHECK_FALSE(first_attribute(answer, std::string(element) + "/FolderId", "Id").empty());
    }
    // What belongs to no type of its own is a message: a note.
    const auto made = world.call(
        server,
        create_item("Message", "<t:ItemClass>IPM.StickyNote</t:ItemClass><t:Subject>note</t:Subject>", "notes"));
    CHECK_FALSE(first_attribute(made, "Message/ItemId", "Id").empty());
    CHECK(seen(world, server, "note")["class"] == "IPM.StickyNote");
    // The first byte of a key is the type of its item.
    const auto contact = world.call(server, create_item("Contact", "<t:GivenName>J</t:GivenName>"));
    CHECK(first_attribute(contact, "ItemId", "ChangeKey").substr(0, 5) == "EQAAA");
    const auto task = world.call(server, create_item("Task", "<t:Subject>t</t:Subject>"));
    CHECK(first_attribute(task, "ItemId", "ChangeKey").substr(0, 5) == "EwAAA");
    CHECK(codes(world.call(server, create_item("Task", "<t:ItemClass>IPM.Contact</t:ItemClass>"))) ==
          names{"ErrorObjectTypeChanged"});
  }
}
