#include "ews/codec/items.hpp"

#include "ews/codec/dates.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/properties.hpp"

#include <cctype>
#include <charconv>

namespace exsyncd::ews {
namespace {

template <class Number>
Number number(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Distribution lists, posts, notes, journal entries and everything of a task request are not carried; meeting messages
/// would be processed where they are copied to. Notes, journal entries and task requests travel as Message elements.
item_class class_of(const element& item, std::string_view class_name) {
  const auto which = class_of_element(item.name);
  if (which != item_class::message) return which;
  for (std::string_view other : {"IPM.StickyNote", "IPM.Activity", "IPM.Schedule", "IPM.TaskRequest", "IPM.DistList"})
    if (class_name.starts_with(other)) return item_class::other;
  return which;
}

/// Base64 as hexadecimal.
std::string hexadecimal(std::string_view base64) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0, count = 0;
  for (char c : base64) {
    const auto value = digits.find(c);
    if (value == std::string_view::npos) continue;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xfff;
    count += 6;
    while (count >= 4) {
      count -= 4;
      out += "0123456789abcdef"[bits >> count & 0xf];
    }
  }
  if (out.size() % 2) out.pop_back(); // what is left of the last group
  return out;
}

void read_listed_appointment(const element& item, listed_item& out) {
  out.meeting = read_bool(item.text_of("IsMeeting"));
  out.message_id = message_id(hexadecimal(property_value(item, property::global_object_id).value_or("")));
  out.sent = parse_date(item.text_of("Start"));
  // A series goes on after the end of its first occurrence, and a list does not say how long.
  const bool series = item.text_of("CalendarItemType") == "RecurringMaster";
  out.received = series ? std::nullopt : parse_date(item.text_of("End"));
}

} // namespace

bool read_bool(std::string_view text) {
  return text == "true" || text == "1";
}

item_key read_item_key(const element& item) {
  const auto* id = item.child("ItemId");
  if (!id) return {};
  return {item_id(std::string(id->attribute("Id"))), change_key(std::string(id->attribute("ChangeKey")))};
}

std::vector<listed_attachment> read_listed_attachments(const element& item) {
  std::vector<listed_attachment> out;
  const auto* all = item.child("Attachments");
  if (!all) return out;
  for (const auto& a : all->children) {
    if (a.name != "FileAttachment" && a.name != "ItemAttachment") continue;
    if (const auto* id = a.child("AttachmentId"))
      out.push_back({std::string(id->attribute("Id")), a.name == "ItemAttachment",
                     number<std::uint64_t>(a.text_of("Size")), read_bool(a.text_of("IsInline")),
                     read_bool(a.text_of("IsContactPhoto")), std::string(a.text_of("Name"))});
  }
  return out;
}

listed_item read_listed_item(const element& item) {
  listed_item out;
  auto [id, key] = read_item_key(item);
  out.id = std::move(id);
  out.key = std::move(key);
  out.item_class_name = item.text_of("ItemClass");
  out.item_class = class_of(item, out.item_class_name);
  if (const auto* read = item.child("IsRead")) out.read = read_bool(read->text);
  out.draft = read_bool(item.text_of("IsDraft"));
  out.subject = item.text_of("Subject");
  out.message_id = message_id(std::string(item.text_of("InternetMessageId")));
  out.received = parse_date(item.text_of("DateTimeReceived"));
  out.sent = parse_date(item.text_of("DateTimeSent"));
  out.size = number<std::uint64_t>(item.text_of("Size"));
  out.search_key = search_key(std::string(property_value(item, property::search_key).value_or("")));
  out.mark = operation_mark(std::string(property_value(item, property::mark).value_or("")));
  if (out.item_class == item_class::appointment)
    read_listed_appointment(item, out);
  else if (out.item_class == item_class::contact || out.item_class == item_class::task)
    out.received = out.sent = std::nullopt;
  return out;
}

namespace {

/// The bytes of a base64 text, as far as it is one.
std::string from_base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) break;
    held = (held << 6 | static_cast<std::uint32_t>(digit)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(held >> bits & 0xff);
  }
  return bytes;
}

/// A list of replicas begins with the GUID of a mailbox in ASCII; older versions have servers' names in it.
std::string first_guid(std::string_view list_base64) {
  constexpr std::string_view shape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
  auto text = from_base64(list_base64);
  if (text.size() < shape.size()) return {};
  text.resize(shape.size());
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == 'h' ? std::isxdigit(static_cast<unsigned char>(text[i])) == 0 : text[i] != shape[i]) return {};
  return text;
}

} // namespace

keyed_folder read_folder(const element& folder) {
  keyed_folder out;
  if (const auto* id = folder.child("FolderId")) {
    out.folder.id = folder_id(std::string(id->attribute("Id")));
    out.key = change_key(std::string(id->attribute("ChangeKey")));
    out.folder.key = out.key;
  }
  out.kind = folder.name;
  out.distinguished = folder.text_of("DistinguishedFolderId");
  out.hidden = read_bool(property_value(folder, property::hidden).value_or(""));
  out.content_mailbox = first_guid(property_value(folder, property::replica_list).value_or(""));
  out.folder.leases = std::string(property_value(folder, property::mark).value_or(""));
  if (const auto* rights = folder.child("EffectiveRights")) {
    auto& may = out.folder.rights.emplace();
    may.read = read_bool(rights->word_of("Read"));
    may.create_contents = read_bool(rights->word_of("CreateContents"));
    may.modify = read_bool(rights->word_of("Modify"));
    may.remove = read_bool(rights->word_of("Delete"));
    may.create_folders = read_bool(rights->word_of("CreateHierarchy"));
    if (const auto* seen = rights->child("ViewPrivateItems")) may.view_private = read_bool(seen->text);
  }
  if (const auto* parent = folder.child("ParentFolderId"))
    out.folder.parent = folder_id(std::string(parent->attribute("Id")));
  out.folder.display_name = folder.text_of("DisplayName");
  out.folder.folder_class = folder.text_of("FolderClass");
  out.folder.total = number<std::uint32_t>(folder.text_of("TotalCount"));
  out.folder.unread = number<std::uint32_t>(folder.text_of("UnreadCount"));
  return out;
}

element* first_item(element& message) {
  auto* items = message.child("Items");
  return items && !items->children.empty() ? &items->children.front() : nullptr;
}

} // namespace exsyncd::ews
