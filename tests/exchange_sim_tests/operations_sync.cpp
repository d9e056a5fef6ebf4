// SyncFolderItems and SyncFolderHierarchy: what a change list tells, and in which order.
#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

/// The names of the changes in order, like {"Create", "Delete"}.
std::vector<std::string> kinds(const std::string& answer) {
  std::vector<std::string> out;
  for (std::size_t at = answer.find("<m:Changes>"); at != std::string::npos && at < answer.size();) {
    at = answer.find("<t:", at);
    if (at == std::string::npos) break;
    auto name = answer.substr(at + 3, answer.find_first_of(" >/", at + 3) - at - 3);
    if (name == "Create" || name == "Update" || name == "Delete" || name == "ReadFlagChange") out.push_back(name);
    ++at;
  }
  return out;
}

std::string state_of(const std::string& answer) {
  return first_element(answer, "SyncState");
}

std::string synced(fixture& world, const std::string& server) {
  return state_of(world.call(server, sync_inbox("")));
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a change list tells each kind of change once, and then nothing") {
  for (const auto& server : both_servers) {
    fixture world;
    deliver(world, server, "edited");
    deliver(world, server, "gone");
    deliver(world, server, "marked");
    auto state = synced(world, server);
    auto by = [&](const char* what, const char* subject) {
      world.control({{"do", what}, {"mailbox", ann(server)}, {"item", {{"subject", subject}}}});
    };
    world.control(
        {{"do", "user_edit"}, {"mailbox", ann(server)}, {"item", {{"subject", "edited"}}}, {"importance", "High"}});
    by("user_purge", "gone");
    world.control(
        {{"do", "user_mark_read"}, {"mailbox", ann(server)}, {"item", {{"subject", "marked"}}}, {"read", true}});
    deliver(world, server, "new");
    auto answer = world.call(server, sync_inbox(state));
    CHECK(kinds(answer) == names{"Create", "Update", "Delete", "ReadFlagChange"});
    CHECK(first_element(answer, "IncludesLastItemInRange") == "true");
    CHECK(first_element(answer, "IsRead") == "true");
    // Deleted and read items show the type of their key alone.
    CHECK(answer.find("ChangeKey=\"CQAAAA==\"/><t:IsRead>") != std::string::npos);
    CHECK(answer.find("ChangeKey=\"CQAAAA==\"/></t:Delete>") != std::string::npos);
    CHECK(kinds(world.call(server, sync_inbox(state_of(answer)))).empty());
    // The old state still answers the same: the server keeps nothing of it.
    CHECK(kinds(world.call(server, sync_inbox(state))) == kinds(answer));
  }
}

TEST_CASE("reading a mail moves neither its ChangeKey nor LastModifiedTime") {
  for (const auto& server : both_servers) {
    fixture world;
    deliver(world, server, "mail");
    const auto before = seen(world, server, "mail");
    world.now += std::chrono::hours(1);
    world.control(
        {{"do", "user_mark_read"}, {"mailbox", ann(server)}, {"item", {{"subject", "mail"}}}, {"read", true}});
    const auto after = seen(world, server, "mail");
    CHECK(after["read"] == true);
    CHECK(after["change_key"] == before["change_key"]);
    CHECK(after["modified"] == before["modified"]);
  }
}

TEST_CASE("pages come newest first and a change between them is not lost") {
  for (const auto& server : both_servers) {
    fixture world;
    for (int i = 1; i <= 5; ++i)
      deliver(world, server, "m" + std::to_string(i), {{"received", "2026-01-0" + std::to_string(i) + "T00:00:00Z"}});
    const std::string subject =
        "<t:AdditionalProperties><t:FieldURI FieldURI=\"item:Subject\"/></t:AdditionalProperties>";
    auto page = world.call(server, sync_inbox("", 2, subject));
    CHECK(all_elements(page, "Subject") == names{"m5", "m4"});
    CHECK(first_element(page, "IncludesLastItemInRange") == "false");
    // One already told is edited, one not yet told is deleted, one comes that is newer than all.
    world.control(
        {{"do", "user_edit"}, {"mailbox", ann(server)}, {"item", {{"subject", "m5"}}}, {"subject", "m5 edited"}});
    world.control({{"do", "user_purge"}, {"mailbox", ann(server)}, {"item", {{"subject", "m2"}}}});
    deliver(world, server, "m6", {{"received", "2026-01-06T00:00:00Z"}});
    names told, what;
    for (int round = 0; round < 10 && first_element(page, "IncludesLastItemInRange") == "false"; ++round) {
      page = world.call(server, sync_inbox(state_of(page), 2, subject));
      for (const auto& one : all_elements(page, "Subject"))
        told.push_back(one);
      for (const auto& one : kinds(page))
        what.push_back(one);
    }
    CHECK(told == names{"m6", "m5 edited", "m3", "m1"});
    CHECK(what == names{"Create", "Update", "Create", "Create"});
    CHECK(kinds(world.call(server, sync_inbox(state_of(page)))).empty());
  }
}

TEST_CASE("a moved mail is a delete here and a create there, under a new id but with its search key and marks") {
  for (const auto& server : both_servers) {
    fixture world;
    const auto created = world.call(server, create_message("<t:Subject>mail</t:Subject>" + extended(mark, "m-1")));
    const auto id = first_attribute(created, "ItemId", "Id");
    auto state = synced(world, server);
    const auto before = seen(world, server, "mail");
    const auto moved = world.call(server, move_message("MoveItem", id, "drafts"));
    const auto after = seen(world, server, "mail");
    CHECK(after["id"] == first_attribute(moved, "ItemId", "Id"));
    CHECK(after["id"] != id);
    CHECK(after["folder"] == "drafts");
    CHECK(after["search_key"] == before["search_key"]);
    CHECK(after["marks"] == before["marks"]);
    CHECK(after["marks"].size() == 1);
    const auto changes = world.call(server, sync_inbox(state));
    CHECK(kinds(changes) == names{"Delete"});
    CHECK(first_attribute(changes, "ItemId", "Id") == id);
    CHECK(codes(world.call(server, get_message(id))) == names{"ErrorItemNotFound"});
    const auto copied = world.call(server, move_message("CopyItem", after["id"], "inbox"));
    CHECK(first_attribute(copied, "ItemId", "Id") != after["id"].get<std::string>());
    CHECK(inbox(world, server)[0]["search_key"] == before["search_key"]);
    CHECK(inbox(world, server)[0]["marks"] == before["marks"]);
  }
}

TEST_CASE("a state that is no longer good is refused with an empty one") {
  for (const auto& server : both_servers) {
    fixture world;
    deliver(world, server, "mail");
    auto state = synced(world, server);
    auto refused = [&](const std::string& given) {
      const auto answer = world.call(server, sync_inbox(given));
      CHECK(codes(answer) == names{"ErrorInvalidSyncStateData"});
      CHECK(state_of(answer).empty());
      CHECK(first_element(answer, "IncludesLastItemInRange") == "true");
    };
    refused(state.substr(0, state.size() - 4));
    refused("bm90IG91cnM=");
    const auto folders = world.call(server, "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></"
                                            "m:FolderShape></m:SyncFolderHierarchy>");
    refused(state_of(folders));
    world.control({{"do", "invalidate_sync_states"}, {"mailbox", ann(server)}});
    refused(state);
    CHECK(kinds(world.call(server, sync_inbox(""))) == names{"Create"});
    state = synced(world, server);
    world.control({{"do", "recreate_mailbox"}, {"mailbox", ann(server)}});
    refused(state);
  }
}

TEST_CASE("ids and states survive a restart") {
  for (const auto& server : both_servers) {
    fixture world, restarted;
    const auto id = deliver(world, server, "mail",
                            {{"headers", "X-Kept: yes\r\nDisposition-Notification-To: bob@x.example\r\n"},
                             {"categories", {"Rot"}},
                             {"flag", {{"status", "Flagged"}}}});
    auto state = synced(world, server);
    world.control(
        {{"do", "user_mark_read"}, {"mailbox", ann(server)}, {"item", {{"subject", "mail"}}}, {"read", true}});
    restarted.sim->load(json::parse(world.sim->save().dump()));
    CHECK(seen(restarted, server, "mail") == seen(world, server, "mail"));
    CHECK(restarted.sim->save() == world.sim->save());
    CHECK(kinds(restarted.call(server, sync_inbox(state))) == names{"ReadFlagChange"});
    CHECK(codes(restarted.call(server, get_message(id))) == names{"NoError"});
    CHECK_THROWS(restarted.sim->load(json::parse(R"({"format":"something else"})")));
  }
}

TEST_CASE("the hierarchy tells new, renamed, moved and deleted folders") {
  for (const auto& server : both_servers) {
    fixture world;
    auto sync = [&](const std::string& state) {
      return world.call(
          server, "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>" +
                      (state.empty() ? "" : "<m:SyncState>" + state + "</m:SyncState>") + "</m:SyncFolderHierarchy>");
    };
    auto all = sync("");
    CHECK(kinds(all).size() > 10);
    auto made = world.call(server, "<m:CreateFolder><m:ParentFolderId>" + inbox_folder() +
                                       "</m:ParentFolderId><m:Folders><t:Folder><t:DisplayName>A/B</t:DisplayName></"
                                       "t:Folder></m:Folders></m:CreateFolder>");
    const auto id = first_attribute(made, "FolderId", "Id"), key = first_attribute(made, "FolderId", "ChangeKey");
    auto first = sync(state_of(all));
    CHECK(kinds(first) == names{"Create"});
    auto rename = [&](const std::string& with) {
      return world.call(
          server, "<m:UpdateFolder><m:FolderChanges><t:FolderChange><t:FolderId Id=\"" + id + "\" ChangeKey=\"" + with +
                      "\"/><t:Updates><t:SetFolderField><t:FieldURI "
                      "FieldURI=\"folder:DisplayName\"/><t:Folder><t:DisplayName>C</t:DisplayName></t:Folder></"
                      "t:SetFolderField></t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>");
    };
    CHECK(codes(rename(key)) == names{"NoError"});
    CHECK(codes(rename(key)) == names{"ErrorStaleObject"});
    auto second = sync(state_of(first));
    CHECK(kinds(second) == names{"Update"});
    CHECK(first_element(second, "DisplayName") == "C");
    CHECK(codes(world.call(server, "<m:DeleteFolder DeleteType=\"HardDelete\"><m:FolderIds><t:FolderId Id=\"" + id +
                                       "\"/></m:FolderIds></m:DeleteFolder>")) == names{"NoError"});
    CHECK(kinds(sync(state_of(second))) == names{"Delete"});
    CHECK(codes(world.call(server, "<m:DeleteFolder DeleteType=\"HardDelete\"><m:FolderIds>" + inbox_folder() +
                                       "</m:FolderIds></m:DeleteFolder>")) == names{"ErrorDeleteDistinguishedFolder"});
    const auto invalid = sync("bm90IG91cnM=");
    CHECK(codes(invalid) == names{"ErrorInvalidSyncStateData"});
    CHECK(first_element(invalid, "IncludesLastFolderInRange") == "true");
  }
}
