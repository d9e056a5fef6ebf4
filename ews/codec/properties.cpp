#include "ews/codec/properties.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace exsyncd::ews {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// A tag's number: servers write "0xe07", "0x0E07" and "3591" for the same one.
long tag_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  }
  long value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// Whether an answer names this property set, which servers may do by its GUID ([MS-OXPROPS] 1.3.2).
bool same_set(const element& uri, std::string_view set) {
  if (same_word(uri.attribute("DistinguishedPropertySetId"), set)) return true;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> guids{{
      {"PublicStrings", "00020329-0000-0000-c000-000000000046"},
      {"Address", "00062004-0000-0000-c000-000000000046"},
      {"Appointment", "00062002-0000-0000-c000-000000000046"},
      {"Common", "00062008-0000-0000-c000-000000000046"},
      {"Meeting", "6ed8da90-450b-101b-98da-00aa003f1305"},
      {"Task", "00062003-0000-0000-c000-000000000046"},
  }};
  for (const auto& [name, guid] : guids)
    if (name == set) return same_word(uri.attribute("PropertySetId"), guid);
  return false;
}

// Sorted.
constexpr std::array<std::string_view, 23> distinguished{"archivedeleteditems",
                                                         "archivemsgfolderroot",
                                                         "archiveroot",
                                                         "calendar",
                                                         "contacts",
                                                         "deleteditems",
                                                         "drafts",
                                                         "inbox",
                                                         "journal",
                                                         "junkemail",
                                                         "msgfolderroot",
                                                         "notes",
                                                         "outbox",
                                                         "publicfoldersroot",
                                                         "recoverableitemsdeletions",
                                                         "recoverableitemspurges",
                                                         "recoverableitemsroot",
                                                         "recoverableitemsversions",
                                                         "root",
                                                         "searchfolders",
                                                         "sentitems",
                                                         "tasks",
                                                         "voicemail"};
static_assert(std::is_sorted(distinguished.begin(), distinguished.end()));

} // namespace

void write_property_name(xml_writer& out, const extended_property& which) {
  if (!which.tag.empty())
    out.empty("t:ExtendedFieldURI", {{"PropertyTag", which.tag}, {"PropertyType", which.type}});
  else if (!which.name.empty())
    out.empty("t:ExtendedFieldURI",
              {{"DistinguishedPropertySetId", which.set}, {"PropertyName", which.name}, {"PropertyType", which.type}});
  else
    out.empty("t:ExtendedFieldURI",
              {{"DistinguishedPropertySetId", which.set}, {"PropertyId", which.id}, {"PropertyType", which.type}});
}

void write_property(xml_writer& out, const extended_property& which, std::string_view value) {
  out.open("t:ExtendedProperty");
  write_property_name(out, which);
  out.text("t:Value", value);
  out.close("t:ExtendedProperty");
}

std::optional<std::string_view> property_value(const element& item, const extended_property& which) {
  for (const auto& c : item.children) {
    if (c.name != "ExtendedProperty") continue;
    const auto* uri = c.child("ExtendedFieldURI");
    if (!uri) continue;
    bool same;
    if (!which.tag.empty())
      same = tag_number(uri->attribute("PropertyTag")) == tag_number(which.tag);
    else if (!which.name.empty())
      same = uri->attribute("PropertyName") == which.name && same_set(*uri, which.set);
    else
      same = tag_number(uri->attribute("PropertyId")) == tag_number(which.id) && same_set(*uri, which.set);
    if (same)
      if (const auto* value = c.child("Value")) return value->text;
  }
  return std::nullopt;
}

bool is_distinguished_folder(std::string_view name) {
  return std::binary_search(distinguished.begin(), distinguished.end(), name);
}

void write_folder_reference(xml_writer& out, const folder_reference& folder) {
  if (const auto* id = std::get_if<folder_id>(&folder))
    out.empty("t:FolderId", {{"Id", id->value}});
  else if (const auto& known = std::get<distinguished_folder>(folder); known.mailbox.empty())
    out.empty("t:DistinguishedFolderId", {{"Id", known.name}});
  else {
    out.open("t:DistinguishedFolderId", {{"Id", known.name}});
    out.open("t:Mailbox");
    out.text("t:EmailAddress", known.mailbox);
    out.close("t:Mailbox");
    out.close("t:DistinguishedFolderId");
  }
}

void write_item_id(xml_writer& out, std::string_view element_name, const item_id& id, const change_key& key) {
  if (key.empty())
    out.empty(element_name, {{"Id", id.value}});
  else
    out.empty(element_name, {{"Id", id.value}, {"ChangeKey", key.value}});
}

void write_item_shape(xml_writer& out, const item_shape& shape) {
  out.open("m:ItemShape");
  out.text("t:BaseShape", "IdOnly");
  if (shape.mime) out.text("t:IncludeMimeContent", "true");
  if (!shape.uris.empty() || !shape.properties.empty()) {
    out.open("t:AdditionalProperties");
    for (auto uri : shape.uris)
      out.empty("t:FieldURI", {{"FieldURI", uri}});
    for (const auto& p : shape.properties)
      write_property_name(out, p);
    out.close("t:AdditionalProperties");
  }
  out.close("m:ItemShape");
}

void write_folder_shape(xml_writer& out, bool is_public, bool named) {
  out.open("m:FolderShape");
  out.text("t:BaseShape", "IdOnly");
  out.open("t:AdditionalProperties");
  for (std::string_view uri : {"folder:ParentFolderId", "folder:DisplayName", "folder:FolderClass", "folder:TotalCount",
                               "folder:UnreadCount", "folder:EffectiveRights"})
    out.empty("t:FieldURI", {{"FieldURI", uri}});
  if (named) out.empty("t:FieldURI", {{"FieldURI", "folder:DistinguishedFolderId"}});
  write_property_name(out, property::hidden);
  if (!is_public) write_property_name(out, property::mark);
  if (is_public) write_property_name(out, property::replica_list);
  out.close("t:AdditionalProperties");
  out.close("m:FolderShape");
}

} // namespace exsyncd::ews
