#include "ews/codec/create_item.hpp"

#include "ews/codec/create_attachment.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/quiet.hpp"

#include <algorithm>

namespace exsyncd::ews {
namespace {

/// Classes that a create may name: MIME makes those of signed, encrypted and meeting mails by itself, and typed
/// requests for IPM.Schedule and REPORT are refused (ErrorInvalidItemForOperationCreateItem).
bool may_be_named(enum item_class which, std::string_view name) {
  switch (which) {
  case item_class::message:
    return name.starts_with("IPM.Note.") && !name.starts_with("IPM.Note.SMIME");
  case item_class::contact:
    return name.starts_with("IPM.Contact.");
  case item_class::task:
    return name.starts_with("IPM.Task.");
  case item_class::appointment:
    return name.starts_with("IPM.Appointment.");
  case item_class::other:
    break;
  }
  return false;
}

/// The elements of the base type; attachments stand between the body and the categories.
void write_elements(xml_writer& out, const class_fields& table, const std::vector<field_value>& fields,
                    const schema_version& version, std::span<const carried_attachment> attachments) {
  const auto& parts = table.before_properties;
  const auto after =
      std::find_if(parts.begin(), parts.end(), [](const auto& p) { return p.field == field::categories; });
  write_parts(out, {parts.begin(), after}, fields, version);
  if (!attachments.empty() && version.age >= schema_age::exchange2010_sp2) {
    out.open("t:Attachments");
    for (const auto& a : attachments)
      write_attachment(out, a, version);
    out.close("t:Attachments");
  }
  write_parts(out, {after, parts.end()}, fields, version);
}

void write_mail(xml_writer& out, const carried_item& mail, const operation_mark& mark, const schema_version& version,
                std::span<const carried_attachment> attachments) {
  out.open("t:Message");
  if (!mail.mime_base64.empty()) out.large("t:MimeContent", mail.mime_base64);
  if (may_be_named(item_class::message, mail.item_class_name)) out.text("t:ItemClass", mail.item_class_name);
  const auto& table = fields_of(item_class::message);
  write_elements(out, table, mail.fields, version, attachments);
  if (!mark.empty()) write_property(out, property::mark, mark.value);
  // PR_MESSAGE_FLAGS without the unsent bit makes a sent or received mail, and only the first save takes it; 1 is
  // read. Drafts go without.
  // Where nobody's read state is known (public folders have one for each user), the copy is new to who sees it.
  const bool read = mail.read.value_or(false);
  if (!mail.draft) write_property(out, property::message_flags, read ? "1" : "0");
  if (mail.received) write_property(out, property::delivery_time, write_date(*mail.received));
  if (mail.sent) write_property(out, property::submit_time, write_date(*mail.sent));
  write_parts(out, table.properties, mail.fields, version);
  write_parts(out, table.after_properties, mail.fields, version);
  // Created items are read unless they say otherwise. Saying "read" could answer a receipt request; PR_MESSAGE_FLAGS
  // has said it.
  if (!read) out.text("t:IsRead", "false");
  out.close("t:Message");
}

} // namespace

void write_new_item(xml_writer& out, const carried_item& item, const operation_mark& mark,
                    const schema_version& version, std::span<const carried_attachment> attachments) {
  if (item.item_class == item_class::message || item.item_class == item_class::other)
    return write_mail(out, item, mark, version, attachments);
  const auto& table = fields_of(item.item_class);
  const auto name = "t:" + std::string(table.element);
  out.open(name);
  if (may_be_named(item.item_class, item.item_class_name)) out.text("t:ItemClass", item.item_class_name);
  write_elements(out, table, item.fields, version, attachments);
  if (!mark.empty()) write_property(out, property::mark, mark.value);
  write_parts(out, table.properties, item.fields, version);
  write_parts(out, table.after_properties, item.fields, version);
  out.close(name);
}

segmented_text write(const request_context& context, const create_items& request) {
  return write_large_envelope(context, [&](xml_writer& out) {
    out.open("m:CreateItem", quietly(quiet_operation::create_item, *context.version));
    out.open("m:SavedItemFolderId");
    write_folder_reference(out, request.folder);
    out.close("m:SavedItemFolderId");
    out.open("m:Items");
    for (const auto* one : request.items)
      write_new_item(out, one->first, one->second, *context.version);
    out.close("m:Items");
    out.close("m:CreateItem");
  });
}

answer_reader<item_key> read_create_items() {
  return {"CreateItem", [](element& message) -> std::variant<item_key, std::string> {
            const auto* item = first_item(message);
            return item ? read_item_key(*item) : item_key{};
          }};
}

std::size_t request_bytes(const carried_item& item) {
  std::size_t bytes = item.mime_base64.size() + 4096;
  for (const auto& f : item.fields)
    bytes += f.value.size();
  return bytes;
}

std::string write(const request_context& context, const suppress_read_receipts& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:CreateItem", quietly(quiet_operation::create_item, *context.version));
    out.open("m:Items");
    for (const auto& [id, key] : request.items) {
      out.open("t:SuppressReadReceipt");
      write_item_id(out, "t:ReferenceItemId", id, key);
      out.close("t:SuppressReadReceipt");
    }
    out.close("m:Items");
    out.close("m:CreateItem");
  });
}

answer_reader<done> read_suppress_read_receipts() {
  return {"CreateItem", [](element&) -> std::variant<done, std::string> { return done{}; }};
}

} // namespace exsyncd::ews
