// What a client may keep in a mailbox beside its items: properties of its own on folders, and hidden items.
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

namespace exchange_sim::test {

using nlohmann::json;

namespace {

const std::string own =
    R"(PropertySetId="C11FF724-AA03-4555-9952-8FA248A11C3E" PropertyName="lease" PropertyType="String")";
const std::string own_path = "<t:ExtendedFieldURI " + own + "/>";
const std::string distinguished_inbox = R"(<t:DistinguishedFolderId Id="inbox"/>)";

std::string update_folder(const std::string& id, const std::string& updates) {
  return "<m:UpdateFolder><m:FolderChanges><t:FolderChange>" + id + "<t:Updates>" + updates +
         "</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>";
}

std::string set_own(const std::string& value) {
  return "<t:SetFolderField>" + own_path + "<t:Folder>" + extended(own, value) + "</t:Folder></t:SetFolderField>";
}

const std::string get_inbox = "<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>" +
                              own_path + "</t:AdditionalProperties></m:FolderShape><m:FolderIds>" +
                              distinguished_inbox + "</m:FolderIds></m:GetFolder>";

std::string folder_id(const std::string& answer) {
  return "<t:FolderId Id=\"" + first_attribute(answer, "FolderId", "Id") + "\" ChangeKey=\"" +
         first_attribute(answer, "FolderId", "ChangeKey") + "\"/>";
}

const std::vector<std::string> every_server{"old", "new", "2007", "2013", "2016"};

} // namespace

TEST_CASE("a property of one's own on a standard folder is set, read, replaced and taken away, on every version") {
  fixture world(false);
  for (const auto& server : every_server) {
    INFO(server);
    CHECK(first_element(world.call(server, get_inbox), "Value").empty());
    CHECK(codes(world.call(server, update_folder(distinguished_inbox, set_own("mine until noon")))) ==
          std::vector<std::string>{"NoError"});
    CHECK(first_element(world.call(server, get_inbox), "Value") == "mine until noon");
    CHECK(first_attribute(world.call(server, get_inbox), "ExtendedFieldURI", "PropertyName") == "lease");
    world.call(server, update_folder(distinguished_inbox, set_own("mine until one")));
    CHECK(first_element(world.call(server, get_inbox), "Value") == "mine until one");
    world.call(server,
               update_folder(distinguished_inbox, "<t:DeleteFolderField>" + own_path + "</t:DeleteFolderField>"));
    CHECK(first_element(world.call(server, get_inbox), "Value").empty());
  }
}

TEST_CASE("of two who write a folder under one change key the second is refused") {
  fixture world;
  for (const auto& server : both_servers) {
    auto seen_by_both = folder_id(world.call(server, get_inbox));
    CHECK(codes(world.call(server, update_folder(seen_by_both, set_own("first")))).front() == "NoError");
    CHECK(codes(world.call(server, update_folder(seen_by_both, set_own("second")))).front() == "ErrorStaleObject");
    CHECK(first_element(world.call(server, get_inbox), "Value") == "first");
  }
}

TEST_CASE("a list of folders shows the property, and a restriction finds who has it") {
  fixture world;
  world.control({{"do", "add_folder"}, {"mailbox", ann("new")}, {"path", "inbox/Projects"}});
  world.control({{"do", "add_folder"}, {"mailbox", ann("new")}, {"path", "inbox/Plans"}});
  auto list = [&](const std::string& restriction) {
    return world.call("new", "<m:FindFolder Traversal=\"Deep\"><m:FolderShape><t:BaseShape>Default</t:BaseShape>"
                             "<t:AdditionalProperties>" +
                                 own_path + "</t:AdditionalProperties></m:FolderShape>" + restriction +
                                 "<m:ParentFolderIds>" + distinguished_inbox + "</m:ParentFolderIds></m:FindFolder>");
  };
  auto plans = first_attribute(list("<m:Restriction><t:IsEqualTo><t:FieldURI FieldURI=\"folder:DisplayName\"/>"
                                    "<t:FieldURIOrConstant><t:Constant Value=\"Plans\"/></t:FieldURIOrConstant>"
                                    "</t:IsEqualTo></m:Restriction>"),
                               "FolderId", "Id");
  world.call("new", update_folder("<t:FolderId Id=\"" + plans + "\"/>", set_own("mine")));
  CHECK(all_elements(list(""), "Value") == std::vector<std::string>{"mine"});
  auto found = list("<m:Restriction><t:Exists>" + own_path + "</t:Exists></m:Restriction>");
  CHECK(all_elements(found, "DisplayName") == std::vector<std::string>{"Plans"});
}

TEST_CASE("who has no right to a folder leaves no property on it") {
  fixture world;
  world.control({{"do", "set_permission"},
                 {"mailbox", ann("new")},
                 {"folder", "inbox"},
                 {"account", "service@new.example"},
                 {"level", "Editor"}});
  const std::string anns = R"(<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>ann@new.example)"
                           R"(</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>)";
  CHECK(codes(world.call("new", update_folder(anns, set_own("mine")), "service@new.example")).front() ==
        "ErrorAccessDenied");
  world.control({{"do", "set_permission"},
                 {"mailbox", ann("new")},
                 {"folder", "inbox"},
                 {"account", "service@new.example"},
                 {"level", "Owner"}});
  CHECK(codes(world.call("new", update_folder(anns, set_own("mine")), "service@new.example")).front() == "NoError");
}

TEST_CASE("what is set has to be the property of the path, of its type, and no value of the store's") {
  fixture world(false);
  auto update = [&](const std::string& path, const std::string& property) {
    return codes(world.call("new", update_folder(distinguished_inbox, "<t:SetFolderField>" + path + "<t:Folder>" +
                                                                          property + "</t:Folder></t:SetFolderField>")))
        .front();
  };
  CHECK(update(own_path, extended(mark, "mine")) == "ErrorUpdatePropertyMismatch");
  const std::string number =
      R"(PropertySetId="C11FF724-AA03-4555-9952-8FA248A11C3E" PropertyName="n" PropertyType="Integer")";
  CHECK(update("<t:ExtendedFieldURI " + number + "/>", extended(number, "many")) ==
        "ErrorInvalidExtendedPropertyValue");
  const std::string count = R"(PropertyTag="0x3602" PropertyType="Integer")";
  CHECK(update("<t:ExtendedFieldURI " + count + "/>", extended(count, "7")) == "ErrorInvalidPropertySet");
}

TEST_CASE("properties of folders survive a restart, a copy of the folder under a new id, and items that come and go") {
  fixture world;
  world.call("new", update_folder(distinguished_inbox, set_own("mine")));
  auto before = folder_id(world.call("new", get_inbox));
  auto id = deliver(world, "new", "Lunch");
  world.control({{"do", "user_purge"}, {"mailbox", ann("new")}, {"item", id}});
  CHECK(folder_id(world.call("new", get_inbox)) == before);
  world.sim->load(world.sim->save());
  CHECK(first_element(world.call("new", get_inbox), "Value") == "mine");
  world.control({{"do", "recreate_folder"}, {"mailbox", ann("new")}, {"folder", "inbox"}});
  CHECK(first_element(world.call("new", get_inbox), "Value") == "mine");
  CHECK(folder_id(world.call("new", get_inbox)) != before);
}

TEST_CASE("a hidden item shows in no list but the one of hidden items, and its user does not see it") {
  fixture world;
  for (const auto& server : both_servers) {
    auto made = world.call(server, create_message("<t:ItemClass>IPM.Configuration.Lease</t:ItemClass><t:Subject>lease"
                                                  "</t:Subject>" +
                                                  extended(mark, "mine") + "<t:IsAssociated>true</t:IsAssociated>"));
    REQUIRE(codes(made) == std::vector<std::string>{"NoError"});
    auto id = first_attribute(made, "ItemId", "Id");
    auto find = [&](const std::string& traversal) {
      return all_attributes(world.call(server, "<m:FindItem Traversal=\"" + traversal +
                                                   "\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
                                                   "<m:ParentFolderIds>" +
                                                   inbox_folder() + "</m:ParentFolderIds></m:FindItem>"),
                            "ItemId", "Id");
    };
    CHECK(find("Shallow").empty());
    CHECK(find("Associated") == std::vector<std::string>{id});
    CHECK(all_elements(world.call(server, sync_inbox("")), "Create").empty());
    auto scope = "<m:SyncScope>NormalAndAssociatedItems</m:SyncScope>";
    auto with_hidden = replace_all(sync_inbox(""), "</m:SyncFolderItems>", std::string(scope) + "</m:SyncFolderItems>");
    CHECK(all_attributes(world.call(server, with_hidden), "ItemId", "Id") == std::vector<std::string>{id});
    CHECK(inbox(world, server).empty());
    CHECK(first_element(world.call(server, get_message(id)), "IsAssociated") == "true");
    auto key = first_attribute(world.call(server, get_message(id)), "ItemId", "ChangeKey");
    auto shown_again = update_message(
        id, key, set_field("<t:FieldURI FieldURI=\"item:IsAssociated\"/>", "<t:IsAssociated>false</t:IsAssociated>"));
    CHECK(codes(world.call(server, shown_again)).front() == "ErrorInvalidPropertySet");
    auto folder = world.call(server, "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
                                     "<m:FolderIds>" +
                                         distinguished_inbox + "</m:FolderIds></m:GetFolder>");
    CHECK(first_element(folder, "TotalCount") == "0");
  }
}

} // namespace exchange_sim::test
