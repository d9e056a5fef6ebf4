#include "tests/exchange_sim_tests/items_support.hpp"

#include <catch2/catch.hpp>
#include <openssl/evp.h>

namespace exchange_sim::test {

using nlohmann::json;

std::string create_item(const std::string& element, const std::string& fields, const std::string& folder) {
  const auto saved =
      folder.empty() ? std::string()
                     : "<m:SavedItemFolderId><t:DistinguishedFolderId Id=\"" + folder + "\"/></m:SavedItemFolderId>";
  return "<m:CreateItem MessageDisposition=\"SaveOnly\" SendMeetingInvitations=\"SendToNone\">" + saved +
         "<m:Items><t:" + element + ">" + fields + "</t:" + element + "></m:Items></m:CreateItem>";
}

std::string update_now(fixture& world, const std::string& server, const std::string& id, const std::string& updates) {
  return world.call(server, update_message(id, shown(world, server, id)["change_key"], updates));
}

std::string set_of(const std::string& element, const std::string& path, const std::string& property) {
  return "<t:SetItemField>" + path + "<t:" + element + ">" + property + "</t:" + element + "></t:SetItemField>";
}

std::string uri(const std::string& name) {
  return "<t:FieldURI FieldURI=\"" + name + "\"/>";
}

std::string indexed(const std::string& name, const std::string& index) {
  return "<t:IndexedFieldURI FieldURI=\"" + name + "\" FieldIndex=\"" + index + "\"/>";
}

std::string delete_of(const std::string& path) {
  return "<t:DeleteItemField>" + path + "</t:DeleteItemField>";
}

std::string get(fixture& world, const std::string& server, const std::string& id, const std::string& more) {
  return world.call(server, get_message(id, more));
}

json shown(fixture& world, const std::string& server, const std::string& id) {
  const json all = world.control({{"do", "contents"}, {"mailbox", ann(server)}});
  for (const auto& item : all["items"])
    if (item["id"] == id) return item;
  FAIL("no such item: " << id);
  return {};
}

std::string encoded(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

} // namespace exchange_sim::test
