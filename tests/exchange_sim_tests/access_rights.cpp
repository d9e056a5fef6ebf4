// What somebody sees and may do in the mailbox of somebody else.
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

std::string delegate(const std::string& server) {
  return "service@" + server + ".example";
}

std::string folder_of(const std::string& server, const std::string& name) {
  return "<t:DistinguishedFolderId Id=\"" + name + "\"><t:Mailbox><t:EmailAddress>" + ann(server) +
         "</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>";
}

void permit(fixture& world, const std::string& server, const std::string& folder, const std::string& level) {
  world.control({{"do", "set_permission"},
                 {"mailbox", ann(server)},
                 {"folder", folder},
                 {"account", delegate(server)},
                 {"level", level}});
}

std::string get_folder(const std::string& id) {
  return "<m:GetFolder><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape></m:FolderShape><m:FolderIds>" + id +
         "</m:FolderIds></m:GetFolder>";
}

std::string find_folders(const std::string& id) {
  return "<m:FindFolder Traversal=\"Shallow\"><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>"
         "<m:ParentFolderIds>" +
         id + "</m:ParentFolderIds></m:FindFolder>";
}

std::string find_items(const std::string& id) {
  return "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
         "<m:ParentFolderIds>" +
         id + "</m:ParentFolderIds></m:FindItem>";
}

std::string sync(const std::string& id, const std::string& state = "") {
  return replace_all(sync_inbox(state), inbox_folder(), id);
}

std::string importance() {
  return set_field("<t:FieldURI FieldURI=\"item:Importance\"/>", "<t:Importance>High</t:Importance>");
}

std::string create_in(const std::string& folder) {
  return replace_all(create_message("<t:Subject>made</t:Subject>"), inbox_folder(), folder);
}

} // namespace

TEST_CASE("without a right the folder and its items are not there") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(world, server, "mail");
    const auto inbox = folder_of(server, "inbox");
    auto as_delegate = [&](const std::string& operation) {
      return codes(world.call(server, operation, delegate(server)));
    };
    CHECK(as_delegate(get_folder(inbox)) == names{"ErrorFolderNotFound"});
    CHECK(as_delegate(find_items(inbox)) == names{"ErrorFolderNotFound"});
    CHECK(as_delegate(sync(inbox)) == names{"ErrorSyncFolderNotFound"});
    CHECK(as_delegate(get_message(id)) == names{"ErrorItemNotFound"});
    CHECK(as_delegate(create_in(inbox)) == names{"ErrorSavedItemFolderNotFound"});
    CHECK(as_delegate(get_folder(replace_all(inbox, "ann@", "nobody@"))) == names{"ErrorNonExistentMailbox"});
    permit(world, server, "inbox", "FolderVisible");
    CHECK(as_delegate(get_folder(inbox)) == names{"NoError"});
    CHECK(as_delegate(find_items(inbox)) == names{"ErrorAccessDenied"});
    CHECK(as_delegate(sync(inbox)) == names{"ErrorAccessDenied"});
    CHECK(as_delegate(get_message(id)) == names{"ErrorItemNotFound"});
  }
}

TEST_CASE("each level allows what Microsoft's table says, and no more") {
  struct row {
    const char* level;
    bool create, edit, remove;
  };
  for (const auto& server : both_servers)
    for (const auto& one : {row{"Reviewer", false, false, false}, row{"Author", true, false, false},
                            row{"Editor", true, true, true}, row{"Owner", true, true, true}}) {
      INFO(server << " " << one.level);
      fixture world;
      const auto id = deliver(world, server, "mail");
      const auto key = seen(world, server, "mail")["change_key"].get<std::string>();
      permit(world, server, "inbox", one.level);
      const auto inbox = folder_of(server, "inbox");
      auto as_delegate = [&](const std::string& operation) {
        return codes(world.call(server, operation, delegate(server)));
      };
      auto expected = [](bool allowed) { return names{allowed ? "NoError" : "ErrorAccessDenied"}; };
      CHECK(as_delegate(find_items(inbox)) == names{"NoError"});
      CHECK(as_delegate(sync(inbox)) == names{"NoError"});
      CHECK(as_delegate(get_message(id)) == names{"NoError"});
      const auto made = world.call(server, create_in(inbox), delegate(server));
      CHECK(codes(made) == expected(one.create));
      CHECK(as_delegate(update_message(id, key, importance())) == expected(one.edit));
      if (one.create) {
        // What one has made oneself an author may change too.
        CHECK(as_delegate(update_message(first_attribute(made, "ItemId", "Id"),
                                         first_attribute(made, "ItemId", "ChangeKey"), importance())) ==
              names{"NoError"});
      }
      CHECK(as_delegate(delete_message(id)) == expected(one.remove));
      CHECK(as_delegate(get_folder(inbox)) == names{"NoError"});
    }
}

TEST_CASE("a delegate moves to Deleted Items with MoveItem, and not with DeleteItem") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(world, server, "mail");
    world.control({{"do", "set_access"}, {"mailbox", ann(server)}, {"account", delegate(server)}, {"full", true}});
    CHECK(codes(world.call(server, delete_message(id, R"(DeleteType="MoveToDeletedItems")"), delegate(server))) ==
          names{"ErrorCannotDeleteObject"});
    CHECK(seen(world, server, "mail")["folder"] == "inbox");
    const auto to = replace_all(move_message("MoveItem", id, "deleteditems"),
                                "<t:DistinguishedFolderId Id=\"deleteditems\"/>", folder_of(server, "deleteditems"));
    CHECK(codes(world.call(server, to, delegate(server))) == names{"NoError"});
    CHECK(seen(world, server, "mail")["folder"] == "deleteditems");
  }
}

TEST_CASE("attachments are read, added and removed in the mailbox of another, as far as his items may be") {
  for (const auto& server : both_servers) {
    INFO(server);
    fixture world;
    const auto id = deliver(world, server, "mail");
    auto attach = [&](const std::string& account) {
      return world.call(server,
                        "<m:CreateAttachment><m:ParentItemId Id=\"" + id +
                            "\"/><m:Attachments><t:FileAttachment><t:Name>a.txt</t:Name><t:Content>b25l</t:Content>"
                            "</t:FileAttachment></m:Attachments></m:CreateAttachment>",
                        account);
    };
    auto named = [&](const std::string& operation, const std::string& attachment) {
      return codes(world.call(server,
                              "<m:" + operation + "><m:AttachmentIds><t:AttachmentId Id=\"" + attachment +
                                  "\"/></m:AttachmentIds></m:" + operation + ">",
                              delegate(server)));
    };
    const auto his = first_attribute(attach(ann(server)), "AttachmentId", "Id");
    CHECK(named("GetAttachment", his) == names{"ErrorItemNotFound"});
    permit(world, server, "inbox", "Reviewer");
    CHECK(named("GetAttachment", his) == names{"NoError"});
    CHECK(named("DeleteAttachment", his) == names{"ErrorAccessDenied"});
    CHECK(codes(attach(delegate(server))) == names{"ErrorAccessDenied"});
    permit(world, server, "inbox", "Owner");
    CHECK(codes(attach(delegate(server))) == names{"NoError"});
    CHECK(named("DeleteAttachment", his) == names{"NoError"});
    CHECK(named("GetAttachment", his) == names{"ErrorInvalidAttachmentId"});
  }
}

TEST_CASE("a mail goes to the mailbox of another as a new object whose id nobody tells") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(world, server, "mail");
    world.control({{"do", "set_access"}, {"mailbox", ann(server)}, {"account", delegate(server)}, {"full", true}});
    const auto answer = world.call(server, move_message("MoveItem", id, "inbox"), delegate(server));
    CHECK(codes(answer) == names{"NoError"});
    CHECK(first_attribute(answer, "ItemId", "Id").empty());
    CHECK(inbox(world, server).empty());
    CHECK(world.control({{"do", "contents"}, {"mailbox", delegate(server)}, {"folder", "inbox"}})["items"].size() == 1);
  }
}

TEST_CASE("private items are nowhere for an owner of the folder, and there for who has the whole mailbox") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto open = deliver(world, server, "open");
    const auto hidden = deliver(world, server, "hidden", {{"sensitivity", "Private"}});
    deliver(world, server, "confidential", {{"sensitivity", "Confidential"}});
    permit(world, server, "inbox", "Owner");
    const auto inbox = folder_of(server, "inbox");
    auto subjects = [&](const std::string& operation) {
      auto all = all_attributes(world.call(server, operation, delegate(server)), "ItemId", "Id");
      return all.size();
    };
    CHECK(subjects(find_items(inbox)) == 2);
    CHECK(subjects(sync(inbox)) == 2);
    CHECK(codes(world.call(server, get_message(hidden), delegate(server))) == names{"ErrorItemNotFound"});
    CHECK(codes(world.call(server, delete_message(hidden), delegate(server))) == names{"ErrorItemNotFound"});
    CHECK(first_element(world.call(server, get_folder(inbox), delegate(server)), "ViewPrivateItems") == "false");

    // What becomes private leaves the list.
    const auto state = first_element(world.call(server, sync(inbox), delegate(server)), "SyncState");
    world.control({{"do", "user_edit"}, {"mailbox", ann(server)}, {"item", open}, {"sensitivity", "Private"}});
    const auto changes = world.call(server, sync(inbox, state), delegate(server));
    CHECK(first_attribute(changes, "Delete/ItemId", "Id") == open);
    CHECK(all_attributes(world.call(server, sync(inbox, first_element(changes, "SyncState")), delegate(server)),
                         "ItemId", "Id")
              .empty());

    world.control({{"do", "set_access"}, {"mailbox", ann(server)}, {"account", delegate(server)}, {"full", true}});
    CHECK(subjects(find_items(inbox)) == 3);
    CHECK(subjects(sync(inbox)) == 3);
    CHECK(codes(world.call(server, get_message(hidden), delegate(server))) == names{"NoError"});
    world.control({{"do", "set_access"}, {"mailbox", ann(server)}, {"account", delegate(server)}, {"full", false}});
    CHECK(subjects(find_items(inbox)) == 1);
    world.control(
        {{"do", "set_access"}, {"mailbox", ann(server)}, {"account", delegate(server)}, {"view_private", true}});
    CHECK(subjects(find_items(inbox)) == 3);
    // The owner sees what is his.
    CHECK(all_attributes(world.call(server, find_items(inbox_folder())), "ItemId", "Id").size() == 3);
  }
}

TEST_CASE("a right that is withdrawn answers as ordered, and the folder leaves the lists") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto id = deliver(world, server, "mail");
    world.control({{"do", "set_access"}, {"mailbox", ann(server)}, {"account", delegate(server)}, {"full", true}});
    const auto inbox = folder_of(server, "inbox"), top = folder_of(server, "msgfolderroot");
    auto as_delegate = [&](const std::string& operation) { return world.call(server, operation, delegate(server)); };
    const auto state = first_element(as_delegate(sync(inbox)), "SyncState");
    const auto before = all_elements(as_delegate(find_folders(top)), "FolderId").size();
    for (const std::string code : {"ErrorAccessDenied", "ErrorItemNotFound", "ErrorFolderNotFound"}) {
      json deny{
          {"do", "deny"}, {"mailbox", ann(server)}, {"folder", "inbox"}, {"account", delegate(server)}, {"code", code}};
      world.control(deny);
      const auto refused = as_delegate(sync(inbox, state));
      CHECK(codes(refused) == names{code});
      CHECK(first_element(refused, "SyncState").empty());
      CHECK(codes(as_delegate(find_items(inbox))) == names{code});
      CHECK(codes(as_delegate(get_message(id))) ==
            names{code == "ErrorAccessDenied" ? "ErrorAccessDenied" : "ErrorItemNotFound"});
      CHECK(all_elements(as_delegate(find_folders(top)), "FolderId").size() == before - 1);
      // The owner goes on.
      CHECK(codes(world.call(server, sync_inbox(""))) == names{"NoError"});
      deny.erase("code");
      deny["do"] = "allow";
      world.control(deny);
      CHECK(codes(as_delegate(sync(inbox, state))) == names{"NoError"});
    }
  }
}

TEST_CASE("rights survive a restart") {
  fixture world;
  deliver(world, "new", "mail");
  permit(world, "new", "inbox", "Reviewer");
  world.sim->load(world.sim->save());
  const auto inbox = folder_of("new", "inbox");
  CHECK(codes(world.call("new", find_items(inbox), delegate("new"))) == names{"NoError"});
  CHECK(codes(world.call("new", create_in(inbox), delegate("new"))) == names{"ErrorAccessDenied"});
}

TEST_CASE("folders are moved and renamed, and the hierarchy's list tells it") {
  for (const auto& server : both_servers) {
    fixture world;
    for (const char* path : {"inbox/A", "inbox/B", "inbox/A/Inner"})
      world.control({{"do", "add_folder"}, {"mailbox", ann(server)}, {"path", path}});
    const std::string hierarchy = "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>AllProperties</t:BaseShape>"
                                  "</m:FolderShape>STATE</m:SyncFolderHierarchy>";
    auto list = [&](const std::string& state) {
      return world.call(
          server, replace_all(hierarchy, "STATE", state.empty() ? "" : "<m:SyncState>" + state + "</m:SyncState>"));
    };
    auto found = world.call(server, find_folders(inbox_folder()));
    const auto ids = all_attributes(found, "FolderId", "Id");
    REQUIRE(ids.size() == 2);
    auto move = [&](const std::string& what, const std::string& where) {
      return codes(world.call(server, "<m:MoveFolder><m:ToFolderId><t:FolderId Id=\"" + where +
                                          "\"/></m:ToFolderId><m:FolderIds><t:FolderId Id=\"" + what +
                                          "\"/></m:FolderIds></m:MoveFolder>"));
    };
    auto state = first_element(list(""), "SyncState");
    CHECK(move(ids[0], ids[1]) == names{"NoError"});
    auto changes = list(state);
    CHECK(all_attributes(changes, "Update/Folder/FolderId", "Id") == names{ids[0]});
    CHECK(first_attribute(changes, "ParentFolderId", "Id") == ids[1]);
    CHECK(move(ids[1], ids[0]) == names{"ErrorMoveCopyFailed"});
    world.control({{"do", "user_move_folder"}, {"mailbox", ann(server)}, {"folder", "inbox/B/A"}, {"to", "drafts"}});
    world.control({{"do", "user_rename_folder"}, {"mailbox", ann(server)}, {"folder", "drafts/A"}, {"name", "C"}});
    changes = list(first_element(changes, "SyncState"));
    CHECK(all_attributes(changes, "Update/Folder/FolderId", "Id") == names{ids[0]});
    CHECK(first_element(changes, "DisplayName") == "C");
    world.control(
        {{"do", "user_create_folder"}, {"mailbox", ann(server)}, {"path", "drafts/D"}, {"class", "IPF.Contact"}});
    changes = list(first_element(changes, "SyncState"));
    CHECK(all_elements(changes, "Create/ContactsFolder/DisplayName") == names{"D"});
    CHECK(world.sim
              ->control({{"do", "user_rename_folder"}, {"mailbox", ann(server)}, {"folder", "drafts/D"}, {"name", "c"}})
              .contains("error"));
  }
}
