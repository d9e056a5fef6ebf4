#include "ews/codec/get_item.hpp"

#include "ews/codec/field_table.hpp"
#include "ews/codec/properties.hpp"

#include <algorithm>

namespace exsyncd::ews {
namespace {

item_shape shape_of(const get_item& request, const schema_version& version) {
  switch (request.wanted) {
  case get_item::what::key:
    return {};
  case get_item::what::mark:
    return {{}, {property::mark}, false};
  case get_item::what::attachments:
    return {{"item:Attachments"}, {}, false};
  case get_item::what::state:
    return {{"message:IsReadReceiptRequested", "message:IsRead"}, {}, false};
  case get_item::what::content:
    return content_shape(request.item_class, version);
  case get_item::what::whole:
    break;
  }
  auto shape = content_shape(request.item_class, version);
  shape.uris.push_back("item:ItemClass");
  if (request.item_class == item_class::message) {
    shape.mime = true;
    shape.uris.push_back("item:DateTimeReceived");
  }
  return shape;
}

} // namespace

std::string write(const request_context& context, const get_item& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:GetItem");
    write_item_shape(out, shape_of(request, *context.version));
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
            out.attachments = read_listed_attachments(*item);
            out.series = read_series_facts(*item);
            out.read_receipt_requested = read_bool(item->text_of("IsReadReceiptRequested"));
            if (auto* mime = item->child("MimeContent")) out.mime_base64 = mime->take_large();
            return out;
          }};
}

carried_item carried(got_item&& whole) {
  carried_item out;
  out.item_class = whole.item.item_class;
  out.item_class_name = std::move(whole.item.item_class_name);
  if (out.item_class != item_class::message) {
    out.fields = std::move(whole.contents.fields);
    return out;
  }
  out.mime_base64 = std::move(whole.mime_base64);
  out.draft = whole.contents.draft;
  out.read = whole.contents.read;
  out.received = whole.item.received;
  // Of a draft this is the moment of its creation there.
  if (!out.draft) out.sent = whole.item.sent;
  const auto& table = fields_of(item_class::message);
  for (const auto& f : whole.contents.fields)
    if (const auto* row = table.row_of(f.field); row && row->beside_mime) out.fields.push_back(f);
  return out;
}

} // namespace exsyncd::ews
