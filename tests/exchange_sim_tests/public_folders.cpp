// The public folder store: no change lists, read states of each user, no Deleted Items, rights and routing.
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

const std::string root = R"(<t:DistinguishedFolderId Id="publicfoldersroot"/>)";

std::string other(const std::string& server) {
  return "service@" + server + ".example";
}

std::string find_folders(const std::string& id, const std::string& traversal = "Shallow") {
  return "<m:FindFolder Traversal=\"" + traversal +
         "\"><m:FolderShape><t:BaseShape>Default</t:BaseShape><t:AdditionalProperties>"
         "<t:ExtendedFieldURI PropertyTag=\"0x6698\" PropertyType=\"Binary\"/></t:AdditionalProperties></m:FolderShape>"
         "<m:ParentFolderIds>" +
         id + "</m:ParentFolderIds></m:FindFolder>";
}

std::string find_items(const std::string& id) {
  return "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
         "<m:ParentFolderIds>" +
         id + "</m:ParentFolderIds></m:FindItem>";
}

std::string create_folder(const std::string& parent, const std::string& name) {
  return "<m:CreateFolder><m:ParentFolderId>" + parent + "</m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>" +
         name + "</t:DisplayName></t:Folder></m:Folders></m:CreateFolder>";
}

std::string by_id(const std::string& id) {
  return "<t:FolderId Id=\"" + id + "\"/>";
}

/// A store with the folder Team, and its id.
std::string team(fixture& world, const std::string& server) {
  world.control({{"do", "add_public_folders"}, {"server", server}});
  return world.control({{"do", "add_folder"},
                        {"server", server},
                        {"mailbox", "publicfolders"},
                        {"path", "publicfoldersroot/Team"}})["id"];
}

std::string post(fixture& world, const std::string& server, const std::string& folder, const std::string& subject) {
  const auto made = world.call(
      server, replace_all(create_message("<t:Subject>" + subject + "</t:Subject>"), inbox_folder(), by_id(folder)));
  INFO(made);
  REQUIRE(codes(made) == names{"NoError"});
  return first_attribute(made, "ItemId", "Id");
}

} // namespace

TEST_CASE("public folders are found, filled and read, but never synchronized or traversed in depth") {
  for (const auto& server : both_servers) {
    fixture world;
    CHECK(codes(world.call(server, find_folders(root))) == names{"ErrorNoPublicFolderServerAvailable"});
    const auto folder = team(world, server);
    auto found = world.call(server, find_folders(root));
    CHECK(all_elements(found, "DisplayName") == names{"Team"});
    CHECK(first_attribute(found, "FolderId", "Id") == folder);
    CHECK(codes(world.call(server, find_folders(root, "Deep"))) == names{"ErrorInvalidOperation"});
    const auto made = world.call(server, create_folder(by_id(folder), "Inner"));
    CHECK(codes(made) == names{"NoError"});
    CHECK(codes(world.call(server, create_folder(by_id(folder), "inner"))) == names{"ErrorFolderExists"});
    const auto id = post(world, server, folder, "notice");
    // Somebody else finds it, too.
    CHECK(all_attributes(world.call(server, find_items(by_id(folder)), other(server)), "ItemId", "Id") == names{id});
    CHECK(codes(world.call(server, get_message(id), other(server))) == names{"NoError"});
    CHECK(codes(world.call(server, replace_all(sync_inbox(""), inbox_folder(), by_id(folder)))) ==
          names{"ErrorInvalidOperation"});
    CHECK(codes(world.call(server, "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>"
                                   "</m:FolderShape><m:SyncFolderId>" +
                                       root + "</m:SyncFolderId></m:SyncFolderHierarchy>")) ==
          names{"ErrorInvalidOperation"});
    CHECK(codes(world.call(server, "<m:DeleteFolder DeleteType=\"HardDelete\"><m:FolderIds>" + root +
                                       "</m:FolderIds></m:DeleteFolder>")) ==
          names{"ErrorOperationNotAllowedWithPublicFolderRoot"});
    world.sim->load(world.sim->save());
    CHECK(codes(world.call(server, get_message(id), other(server))) == names{"NoError"});
  }
}

TEST_CASE("who has read what in a public folder is each user's own and no change for anybody") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto folder = team(world, server);
    const auto id = post(world, server, folder, "notice");
    auto read_by = [&](const std::string& user) {
      return first_element(world.call(server, get_message(id), user), "IsRead");
    };
    CHECK(read_by(ann(server)) == "true"); // who wrote it has read it
    CHECK(read_by(other(server)) == "false");
    const auto before = world.call(server, get_message(id));
    const auto key = first_attribute(before, "ItemId", "ChangeKey");
    world.now += std::chrono::hours(1);
    const auto marked = world.call(
        server,
        update_message(id, key, set_field("<t:FieldURI FieldURI=\"message:IsRead\"/>", "<t:IsRead>true</t:IsRead>")),
        other(server));
    CHECK(codes(marked) == names{"NoError"});
    CHECK(read_by(other(server)) == "true");
    const auto unmarked = world.call(
        server,
        update_message(id, key, set_field("<t:FieldURI FieldURI=\"message:IsRead\"/>", "<t:IsRead>false</t:IsRead>")));
    CHECK(read_by(ann(server)) == "false");
    CHECK(read_by(other(server)) == "true");
    const auto after = world.call(server, get_message(id));
    CHECK(first_attribute(after, "ItemId", "ChangeKey") == key);
    CHECK(first_element(after, "LastModifiedTime") == first_element(before, "LastModifiedTime"));
    CHECK(first_element(world.call(server, find_folders(root)), "UnreadCount") == "1");
  }
}

TEST_CASE("public folders have no Deleted Items; mails go in and out by MoveItem") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto folder = team(world, server);
    const auto id = post(world, server, folder, "notice");
    CHECK(codes(world.call(server, delete_message(id, R"(DeleteType="MoveToDeletedItems")"))) ==
          names{"ErrorCannotDeleteObject"});
    CHECK(codes(world.call(server, delete_message(id, R"(DeleteType="SoftDelete")"))) == names{"NoError"});
    CHECK(codes(world.call(server, get_message(id))) == names{"ErrorItemNotFound"});
    const auto mail = deliver(world, server, "mail");
    const auto move = replace_all(move_message("MoveItem", mail, "inbox"), inbox_folder(), by_id(folder));
    const auto moved = world.call(server, move);
    CHECK(codes(moved) == names{"NoError"});
    CHECK(first_attribute(moved, "ItemId", "Id").empty());
    CHECK(inbox(world, server).empty());
    const auto there = first_attribute(world.call(server, find_items(by_id(folder))), "ItemId", "Id");
    CHECK(codes(world.call(server, move_message("CopyItem", there, "inbox"))) == names{"NoError"});
    CHECK(inbox(world, server).size() == 1);
    // Folders stay where they are.
    CHECK(codes(world.call(server, "<m:MoveFolder><m:ToFolderId>" + inbox_folder() + "</m:ToFolderId><m:FolderIds>" +
                                       by_id(folder) + "</m:FolderIds></m:MoveFolder>")) ==
          names{"ErrorCrossMailboxMoveCopy"});
  }
}

TEST_CASE("a public folder has permissions like any other") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto folder = team(world, server);
    const auto id = post(world, server, folder, "notice");
    for (const auto& [level, code] : {std::pair{"None", "ErrorFolderNotFound"}, {"Reviewer", "NoError"}}) {
      world.control({{"do", "set_permission"},
                     {"server", server},
                     {"mailbox", "publicfolders"},
                     {"folder", "publicfoldersroot/Team"},
                     {"account", other(server)},
                     {"level", level}});
      CHECK(codes(world.call(server, find_items(by_id(folder)), other(server))) == names{code});
      CHECK(codes(world.call(server, delete_message(id), other(server))) ==
            names{level == std::string("None") ? "ErrorItemNotFound" : "ErrorAccessDenied"});
    }
  }
}

TEST_CASE("PR_REPLICA_LIST names the mailbox of the content since 2013, and a server before") {
  fixture world;
  for (const auto& server : both_servers)
    team(world, server);
  auto replica = [&](const std::string& server) {
    return first_element(world.call(server, find_folders(root)), "ExtendedProperty/Value");
  };
  const auto before = replica("new");
  CHECK(before.size() == 52); // 36 characters and a zero
  CHECK(replica("old").size() > 60);
  world.control({{"do", "set_content_mailbox"}, {"server", "new"}, {"folder", "publicfoldersroot/Team"}});
  CHECK(replica("new") != before);
}

TEST_CASE("where the server is strict, a public folder request needs the headers of the right mailbox") {
  fixture world;
  const auto folder = team(world, "new");
  const std::string content =
      world.control({{"do", "set_content_mailbox"}, {"server", "new"}, {"folder", "publicfoldersroot/Team"}})["id"];
  const std::string hierarchy = world.control({{"do", "public_folders"}, {"server", "new"}})["hierarchy"];
  world.control({{"do", "set_routing"}, {"server", "new"}, {"public_folders", true}});
  auto ask = [&](const std::string& operation, const std::string& anchor, const std::string& mailbox) {
    std::vector<std::pair<std::string, std::string>> headers;
    if (!anchor.empty()) headers.emplace_back("X-AnchorMailbox", anchor);
    if (!mailbox.empty()) headers.emplace_back("X-PublicFolderMailbox", mailbox);
    return codes(world.post("new", fixture::envelope("new", operation), {}, headers).body);
  };
  auto address = [](const std::string& guid) { return "pf-" + guid.substr(0, 8) + "@new.example"; };
  const names no{"ErrorPublicFolderOperationFailed"}, yes{"NoError"};
  CHECK(ask(find_folders(root), "", "") == no);
  CHECK(ask(find_folders(root), address(hierarchy), "") == no);
  CHECK(ask(find_folders(root), address(content), hierarchy + "@new.example") == no);
  CHECK(ask(find_folders(root), address(hierarchy), hierarchy + "@new.example") == yes);
  CHECK(ask(find_items(by_id(folder)), address(hierarchy), hierarchy + "@new.example") == no);
  CHECK(ask(find_items(by_id(folder)), address(content), address(content)) == yes);
  // The same server does not ask it for mailboxes, nor 2010 for anything.
  CHECK(ask(find_items(inbox_folder()), "", "") == yes);
  team(world, "old");
  world.control({{"do", "set_routing"}, {"server", "old"}, {"public_folders", true}});
  CHECK(codes(world.call("old", find_folders(root))) == yes);
}
