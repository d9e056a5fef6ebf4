// Real mails from the test collections of other mail programs: whatever a mailbox may hold has to come out as a valid
// answer.
#include "tests/exchange_sim_tests/judge.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

std::vector<std::filesystem::path> corpus() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(CORPUS_DIR) + "/eml"))
    if (entry.path().extension() == ".eml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

std::string get_everything(const std::string& id) {
  return R"(<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape><t:IncludeMimeContent>true</t:IncludeMimeContent></m:ItemShape>)"
         R"(<m:ItemIds><t:ItemId Id=")" +
         id + R"("/></m:ItemIds></m:GetItem>)";
}

std::string create(const std::string& mime_base64) {
  return R"(<m:CreateItem MessageDisposition="SaveOnly"><m:SavedItemFolderId><t:DistinguishedFolderId Id="drafts"/></m:SavedItemFolderId>)"
         R"(<m:Items><t:Message><t:MimeContent CharacterSet="UTF-8">)" +
         mime_base64 +
         R"(</t:MimeContent><t:ExtendedProperty><t:ExtendedFieldURI PropertyTag="0x0e07" PropertyType="Integer"/><t:Value>1</t:Value></t:ExtendedProperty>)"
         R"(</t:Message></m:Items></m:CreateItem>)";
}

} // namespace

TEST_CASE("real mails come out of a mailbox as valid answers, however they went in") {
  if (std::string(CORPUS_DIR).empty()) {
    std::cerr << "real mails: skipped, since CORPUS_DIR is not set\n";
    return;
  }
  fixture world;
  int mails = 0, created = 0;
  for (const auto& file : corpus()) {
    const auto mime = base64(read_file(file));
    INFO(file);
    for (const std::string server : {"old", "new"}) {
      const std::string ann = "ann@" + server + ".example";
      const auto added = world.sim->control({{"do", "add_message"}, {"mailbox", ann}, {"mime_base64", mime}});
      const auto answer = world.call(server, create(mime));
      if (added.contains("error")) {
        // A few of the files are no mails at all.
        CHECK(first_element(answer, "ResponseCode") == "ErrorMimeContentInvalid");
        continue;
      }
      const auto delivered = world.call(server, get_everything(added["id"]));
      CHECK(first_element(delivered, "ResponseCode") == "NoError");
      CHECK_FALSE(first_element(delivered, "MimeContent").empty());
      if (first_element(answer, "ResponseCode") == "NoError") {
        ++created;
        const auto read = world.call(server, get_everything(first_attribute(answer, "ItemId", "Id")));
        for (const auto* field : {"Subject", "HasAttachments", "ToRecipients", "CcRecipients"})
          CHECK(first_element(read, field) == first_element(delivered, field));
        CHECK(all_attributes(read, "AttachmentId", "Id").size() ==
              all_attributes(delivered, "AttachmentId", "Id").size());
        // The first of this name is SOAP's.
        CHECK(all_elements(read, "Body").at(1) == all_elements(delivered, "Body").at(1));
        // A mail that comes without these gets its own when it is created.
        for (const auto* field : {"InternetMessageId", "From"})
          if (const auto given = first_element(delivered, field); !given.empty())
            CHECK(first_element(read, field) == given);
      }
      ++mails;
    }
  }
  CHECK(mails > 200);
  // A mail that Exchange would refuse too may be among them, but few are that broken.
  CHECK(created > mails * 9 / 10);
  CHECK(world.control({{"do", "counters"}})["schema_bugs"] == 0);
}
