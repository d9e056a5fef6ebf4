#include "ews/codec/get_item.hpp"

#include "ews/codec/field_table.hpp"
#include "ews/codec/properties.hpp"

#include <algorithm>

namespace exsyncd::ews {
namespace {

item_shape shape_of(get_item::what wanted, const schema_version& version) {
  switch (wanted) {
  case get_item::what::state:
    return {{"message:IsReadReceiptRequested", "message:IsRead"}, {}, false};
  case get_item::what::content:
    return content_shape(version);
  case get_item::what::mail:
    break;
  }
  auto shape = content_shape(version);
  shape.mime = true;
  shape.uris.insert(shape.uris.end(), {"item:ItemClass", "item:DateTimeReceived"});
  return shape;
}

} // namespace

std::string write(const request_context& context, const get_item& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:GetItem");
    write_item_shape(out, shape_of(request.wanted, *context.version));
    out.open("m:ItemIds");
    for (const auto& id : request.items)
      write_item_id(out, "t:ItemId", id);
    out.close("m:ItemIds");
    out.close("m:GetItem");
  });
}

answer_reader<got_item> read_get_item() {
  return {"GetItem", [](element& message) -> std::variant<got_item, std::string> {
            auto* item = first_item(message);
            if (!item) return "a success without an item";
            got_item out;
            out.item = read_listed_item(*item);
            out.contents = read_content_of(*item);
            out.read_receipt_requested = read_bool(item->text_of("IsReadReceiptRequested"));
            if (auto* mime = item->child("MimeContent")) out.mime_base64 = std::move(mime->text);
            return out;
          }};
}

carried_item carried(got_item&& mail) {
  carried_item out;
  out.mime_base64 = std::move(mail.mime_base64);
  out.draft = mail.contents.draft;
  out.read = mail.contents.read;
  out.received = mail.item.received;
  // Of a draft this is the moment of its creation there.
  if (!out.draft) out.sent = mail.item.sent;
  out.item_class_name = std::move(mail.item.item_class_name);
  for (const auto& f : mail.contents.fields)
    if (row_of(f.field).beside_mime) out.fields.push_back(f);
  return out;
}

} // namespace exsyncd::ews
