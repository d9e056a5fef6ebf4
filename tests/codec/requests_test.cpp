#include "ews/codec/copy_item.hpp"
#include "ews/codec/create_attachment.hpp"
#include "ews/codec/create_folder.hpp"
#include "ews/codec/create_item.hpp"
#include "ews/codec/delete_attachment.hpp"
#include "ews/codec/delete_folder.hpp"
#include "ews/codec/delete_item.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/find_folder.hpp"
#include "ews/codec/find_item.hpp"
#include "ews/codec/get_attachment.hpp"
#include "ews/codec/get_folder.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/move_item.hpp"
#include "ews/codec/resolve_names.hpp"
#include "ews/codec/sync_folder_hierarchy.hpp"
#include "ews/codec/sync_folder_items.hpp"
#include "ews/codec/update_folder.hpp"
#include "ews/codec/update_item.hpp"
#include "tests/support/ews_schema.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace exsyncd;
using namespace exsyncd::ews;

namespace {

// Values that a request could stumble over.
const std::string awkward = "a<b>&\"c\" \x01 \r\n\t ünï \xEF\xBF\xBF ]]>";

carried_item mail(bool draft, std::optional<bool> read) {
  carried_item m;
  m.mime_base64 = "U3ViamVjdDogaGVsbG8NCg0KYm9keQ0K";
  m.draft = draft;
  m.read = read;
  m.received = utc_seconds(std::chrono::seconds(1'700'000'000));
  m.sent = utc_seconds(std::chrono::seconds(1'699'999'000));
  m.item_class_name = "IPM.Note.Custom";
  m.fields = {{field::categories, "blue\nred & green"},
              {field::importance, "High"},
              {field::sensitivity, "Private"},
              {field::flag, "Flagged\nstart=2026-01-01T00:00:00Z\ndue=2026-01-02T00:00:00Z"}};
  return m;
}

const std::vector<field_value>& every_update() {
  static const std::vector<field_value> all{
      {field::subject, awkward},
      {field::subject, ""},
      {field::body, "HTML\n<p>" + awkward + "</p>"},
      {field::body, "Text\n" + awkward},
      {field::body, ""},
      {field::categories, "red\n" + std::string("a&b")},
      {field::categories, ""},
      {field::importance, "Low"},
      {field::importance, ""},
      {field::sensitivity, "Confidential"},
      {field::sensitivity, ""},
      {field::flag, "Flagged"},
      {field::flag, "Flagged\nstart=2026-01-01T00:00:00Z\ndue=2026-01-02T00:00:00Z"},
      {field::flag, "Complete\ncompleted=2026-01-02T00:00:00Z"},
      {field::flag, ""},
      {field::to, "Ann <ann@a.example>\nbob@b.example\nA List"},
      {field::to, ""},
      {field::cc, "bob@b.example"},
      {field::bcc, "bob@b.example"},
      {field::reply_to, "Bob \"x\" <bob@b.example>"},
  };
  return all;
}

/// One request of every kind that exsyncd writes, by name.
std::map<std::string, std::string> every_request(const request_context& c) {
  const item_id item(awkward);
  const folder_id folder("F&1");
  const std::pair mails{std::pair(mail(false, true), operation_mark("p/t/i")),
                        std::pair(mail(true, false), operation_mark(awkward))};
  std::map<std::string, std::string> out;
  out["GetFolder"] = write(c, get_folder{{folder, distinguished_folder{"inbox"}}});
  out["FindFolder"] = write(c, find_folder{folder, false, 1000});
  out["CreateFolder"] = write(c, create_folder{folder, awkward, "IPF.Note"});
  out["UpdateFolder"] = write(c, update_folder{folder, change_key("K"), awkward});
  out["DeleteFolder"] = write(c, delete_folder{{folder}});
  out["SyncFolderHierarchy"] = write(c, sync_folder_hierarchy{distinguished_folder{"msgfolderroot"}, sync_cursor("S")});
  out["SyncFolderItems first"] = write(c, sync_folder_items{folder, {}});
  out["SyncFolderItems"] = write(c, sync_folder_items{folder, sync_cursor(awkward)});
  out["FindItem"] = write(c, find_item{folder, {}, {}, 250});
  out["FindItem by mark"] = write(c, find_item{folder, {}, std::pair(property::mark, awkward)});
  out["GetItem state"] = write(c, get_item{get_item::what::state, item_class::message, {item, item_id("b")}});
  out["GetItem content"] = write(c, get_item{get_item::what::content, item_class::message, {item}});
  out["GetItem mail"] = write(c, get_item{get_item::what::whole, item_class::message, {item}});
  out["GetItem attachments"] = write(c, get_item{get_item::what::attachments, item_class::message, {item}});
  out["GetAttachment"] = write(c, get_attachment{{awkward, "b"}});
  out["GetAttachment mime"] = write(c, get_attachment{{awkward}, true});
  carried_attachment file;
  file.name = file.content_id = file.content_location = awkward;
  file.content_type = "image/jpeg";
  file.is_inline = file.contact_photo = true;
  file.content_base64 = "QUJD";
  auto inside = std::make_shared<attached_item>();
  inside->item = mail(false, true);
  inside->attachments.push_back(file);
  carried_attachment of_item;
  of_item.item = inside;
  out["CreateAttachment"] = write(c, create_attachments{{item, change_key("K")}, {&file, &of_item}});
  out["DeleteAttachment"] = write(c, delete_attachments{{awkward, "b"}});
  out["CreateItem"] = write(c, create_items{folder, {&mails.first, &mails.second}});
  out["CreateItem receipts"] = write(c, suppress_read_receipts{{{item, change_key("K")}}});
  out["UpdateItem"] = write(c, update_contents{{{{item, change_key("K")}, every_update(), item_class::message}}});
  out["UpdateItem read"] =
      write(c, update_read_states{{{{item, change_key("K")}, true}, {{item, change_key("K")}, false}}});
  out["DeleteItem"] = write(c, delete_items{{item}});
  out["MoveItem"] = write(c, move_items{folder, {item}});
  out["CopyItem"] = write(c, copy_items{distinguished_folder{"drafts"}, {item}});
  out["ResolveNames"] = write(c, resolve_names{awkward});
  return out;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("every request validates against the schema of its version") {
  if (!test::have_schemas()) return;
  for (const auto& version : schema_versions())
    for (const std::string impersonate : {"", "ann@a.example"})
      for (const auto& [name, request] : every_request({&version, impersonate})) {
        INFO(version.name << ' ' << name << '\n' << request);
        CHECK(test::schema_error(request, std::string(version.name)).value_or("") == "");
      }
  // The check can fail: an element of 2013 in a request of 2010.
  const auto newer = write({schema_version_of("Exchange2013_SP1"), {}}, delete_items{{item_id("a")}});
  CHECK(test::schema_error(newer, "Exchange2010_SP2"));
}

TEST_CASE("nothing that is written can mail anybody") {
  for (const auto& version : schema_versions()) {
    const auto all = every_request({&version, {}});
    for (const auto& [name, request] : all) {
      INFO(version.name << ' ' << name);
      const auto begins = [&](const char* operation) { return name.starts_with(operation); };
      CHECK_FALSE(holds(request, "SendAndSaveCopy"));
      CHECK_FALSE(holds(request, "SendOnly"));
      CHECK_FALSE(holds(request, "SendToAll"));
      CHECK_FALSE(holds(request, "SendItem"));
      CHECK(holds(request, "MessageDisposition=\"SaveOnly\"") == (begins("CreateItem") || begins("UpdateItem")));
      CHECK(holds(request, "SendMeetingInvitations=\"SendToNone\"") == begins("CreateItem"));
      CHECK(holds(request, "SendMeetingInvitationsOrCancellations=\"SendToNone\"") == begins("UpdateItem"));
      CHECK(holds(request, "SendMeetingCancellations=\"SendToNone\"") == begins("DeleteItem"));
      CHECK(holds(request, "SuppressReadReceipts=\"true\"") ==
            (version.suppress_read_receipts_attribute && (begins("UpdateItem") || begins("DeleteItem"))));
    }
    CHECK(holds(all.at("CreateItem receipts"), "<t:SuppressReadReceipt>"));
    CHECK(all.size() == 26);
  }
}

TEST_CASE("an update of content is guarded, one of read state is not") {
  const auto all = every_request({&schema_versions().front(), {}});
  CHECK(holds(all.at("UpdateItem"), "ConflictResolution=\"NeverOverwrite\""));
  CHECK(holds(all.at("UpdateItem read"), "ConflictResolution=\"AlwaysOverwrite\""));
}

TEST_CASE("a sent mail is created as one, a draft as a draft") {
  const auto& version = schema_versions().front();
  const auto create = [&](const carried_item& m) {
    const std::pair one(m, operation_mark("mark"));
    return write({&version, {}}, create_items{folder_id("F"), {&one}});
  };
  const std::string flags = "PropertyTag=\"0x0e07\" PropertyType=\"Integer\"/><t:Value>";
  CHECK(holds(create(mail(false, true)), flags + "1<"));
  CHECK(holds(create(mail(false, false)), flags + "0<"));
  CHECK_FALSE(holds(create(mail(true, true)), "0x0e07"));
  CHECK(holds(create(mail(false, false)), "<t:IsRead>false</t:IsRead>"));
  CHECK_FALSE(holds(create(mail(false, true)), "IsRead"));
  CHECK(holds(create(mail(false, true)), "PropertyName=\"exsyncd\" PropertyType=\"String\"/><t:Value>mark<"));
  auto meeting = mail(false, true);
  meeting.item_class_name = "IPM.Schedule.Meeting.Request";
  CHECK_FALSE(holds(create(meeting), "ItemClass"));
}

TEST_CASE("flags are elements where the version has them, and properties before") {
  const auto update = [](const char* version, const char* value) {
    return write({schema_version_of(version), {}},
                 update_contents{{{{item_id("a"), change_key("k")}, {{field::flag, value}}, item_class::message}}});
  };
  CHECK(holds(update("Exchange2016", "Flagged"), "<t:FlagStatus>Flagged</t:FlagStatus>"));
  CHECK(holds(update("Exchange2016", ""), "<t:FlagStatus>NotFlagged</t:FlagStatus>"));
  const auto old = update("Exchange2010_SP2", "Flagged");
  CHECK_FALSE(holds(old, "FlagStatus"));
  CHECK(holds(old, "PropertyTag=\"0x1090\" PropertyType=\"Integer\"/><t:Value>2<"));
  // A flag without dates takes away those that an earlier one had.
  CHECK(holds(old, "<t:DeleteItemField><t:ExtendedFieldURI DistinguishedPropertySetId=\"Task\" PropertyId=\"33029\""));
}

TEST_CASE("versions are chosen by the build of the server") {
  const auto name = [](server_build b) {
    const auto* v = newest_for(b);
    return v ? std::string(v->name) : std::string("none");
  };
  CHECK(name({15, 2, 2562, 17, "V2017_07_11"}) == "Exchange2016");
  CHECK(name({15, 20, 8769, 35, "V2018_01_08"}) == "Exchange2016");
  CHECK(name({15, 0, 847, 31, "V2_8"}) == "Exchange2013_SP1");
  CHECK(name({15, 0, 800, 5, "V2_6"}) == "Exchange2010_SP2");
  CHECK(name({14, 3, 248, 2, "Exchange2007_SP1"}) == "Exchange2010_SP2");
  CHECK(name({14, 1, 218, 15, "Exchange2010_SP1"}) == "Exchange2007_SP1");
  CHECK(name({14, 0, 639, 21, "Exchange2010"}) == "Exchange2007_SP1");
  CHECK(name({8, 1, 240, 6, "Exchange2007_SP1"}) == "Exchange2007_SP1");
  CHECK(name({8, 3, 83, 6, ""}) == "Exchange2007_SP1");
  CHECK(name({8, 0, 685, 25, ""}) == "none"); // before its first service pack
  CHECK(older_than(*schema_version_of("Exchange2016"))->name == "Exchange2013_SP1");
  CHECK(older_than(schema_versions().back()) == nullptr);
}
