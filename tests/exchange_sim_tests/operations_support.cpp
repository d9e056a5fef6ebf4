#include "tests/exchange_sim_tests/operations_support.hpp"

#include <catch2/catch.hpp>

namespace exchange_sim::test {

using nlohmann::json;

std::string ann(const std::string& server) {
  return "ann@" + server + ".example";
}

std::string deliver(fixture& world, const std::string& server, const std::string& subject, json more) {
  more["do"] = "add_message";
  more["mailbox"] = ann(server);
  if (!more.contains("folder")) more["folder"] = "inbox";
  if (!more.contains("mime"))
    more["mime"] = "From: Bob <bob@x.example>\r\nTo: " + ann(server) + "\r\nSubject: " + subject + "\r\nMessage-ID: <" +
                   subject + "@x.example>\r\nDate: Mon, 05 Jan 2026 08:00:00 +0000\r\n" + more.value("headers", "") +
                   "\r\nText of " + subject + "\r\n";
  more.erase("headers");
  return world.control(more)["id"];
}

json inbox(fixture& world, const std::string& server) {
  return world.control({{"do", "contents"}, {"mailbox", ann(server)}, {"folder", "inbox"}})["items"];
}

json seen(fixture& world, const std::string& server, const std::string& subject) {
  json found = json::array();
  const json all = world.control({{"do", "contents"}, {"mailbox", ann(server)}});
  for (const auto& item : all["items"])
    if (item["subject"] == subject) found.push_back(item);
  INFO(found.dump(2));
  REQUIRE(found.size() == 1);
  return found[0];
}

std::string inbox_folder() {
  return R"(<t:DistinguishedFolderId Id="inbox"/>)";
}

std::string set_field(const std::string& path, const std::string& property) {
  return "<t:SetItemField>" + path + "<t:Message>" + property + "</t:Message></t:SetItemField>";
}

std::string extended(const std::string& path, const std::string& value) {
  return "<t:ExtendedProperty><t:ExtendedFieldURI " + path + "/><t:Value>" + value + "</t:Value></t:ExtendedProperty>";
}

std::string create_message(const std::string& elements, const std::string& disposition) {
  return "<m:CreateItem MessageDisposition=\"" + disposition + "\"><m:SavedItemFolderId>" + inbox_folder() +
         "</m:SavedItemFolderId><m:Items><t:Message>" + elements + "</t:Message></m:Items></m:CreateItem>";
}

std::string update_message(const std::string& id, const std::string& key, const std::string& updates,
                           const std::string& with) {
  return "<m:UpdateItem " + with + "><m:ItemChanges><t:ItemChange><t:ItemId Id=\"" + id + "\"" +
         (key.empty() ? "" : " ChangeKey=\"" + key + "\"") + "/><t:Updates>" + updates +
         "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>";
}

std::string get_message(const std::string& id, const std::string& more, const std::string& base) {
  return "<m:GetItem><m:ItemShape><t:BaseShape>" + base + "</t:BaseShape>" + more +
         "</m:ItemShape><m:ItemIds><t:ItemId Id=\"" + id + "\"/></m:ItemIds></m:GetItem>";
}

std::string delete_message(const std::string& id, const std::string& with) {
  return "<m:DeleteItem " + with + "><m:ItemIds><t:ItemId Id=\"" + id + "\"/></m:ItemIds></m:DeleteItem>";
}

std::string move_message(const std::string& operation, const std::string& id, const std::string& folder) {
  return "<m:" + operation + "><m:ToFolderId><t:DistinguishedFolderId Id=\"" + folder +
         "\"/></m:ToFolderId><m:ItemIds><t:ItemId Id=\"" + id + "\"/></m:ItemIds></m:" + operation + ">";
}

std::string sync_inbox(const std::string& state, int most, const std::string& more) {
  return "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape>" + more + "</m:ItemShape><m:SyncFolderId>" +
         inbox_folder() + "</m:SyncFolderId>" + (state.empty() ? "" : "<m:SyncState>" + state + "</m:SyncState>") +
         "<m:MaxChangesReturned>" + std::to_string(most) + "</m:MaxChangesReturned></m:SyncFolderItems>";
}

std::vector<std::string> codes(const std::string& answer) {
  return all_elements(answer, "ResponseCode");
}

} // namespace exchange_sim::test
