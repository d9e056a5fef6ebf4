#include "ews/codec/create_attachment.hpp"

#include "ews/codec/create_item.hpp"

namespace exsyncd::ews {

void write_attachment(xml_writer& out, const carried_attachment& a, const schema_version& version) {
  const std::string_view name = a.item ? "t:ItemAttachment" : "t:FileAttachment";
  const bool since_2010 = version.age >= schema_age::exchange2010_sp1; // MS-OXWSATT R318003, R318005
  out.open(name);
  // A name must be there (CreateAttachment in Microsoft's reference).
  out.text("t:Name", a.name.empty() ? std::string_view("attachment") : a.name);
  if (!a.item && !a.content_type.empty()) out.text("t:ContentType", a.content_type);
  if (!a.content_id.empty()) out.text("t:ContentId", a.content_id);
  if (!a.content_location.empty()) out.text("t:ContentLocation", a.content_location);
  if (a.is_inline && since_2010) out.text("t:IsInline", "true");
  if (a.item) {
    write_new_item(out, a.item->item, {}, version, a.item->attachments);
  } else {
    if (a.contact_photo && since_2010) out.text("t:IsContactPhoto", "true");
    out.large("t:Content", a.content_base64);
  }
  out.close(name);
}

segmented_text write(const request_context& context, const create_attachments& request) {
  return write_large_envelope(context, [&](xml_writer& out) {
    out.open("m:CreateAttachment");
    write_item_id(out, "m:ParentItemId", request.parent.id, request.parent.key);
    out.open("m:Attachments");
    for (const auto* a : request.attachments)
      write_attachment(out, *a, *context.version);
    out.close("m:Attachments");
    out.close("m:CreateAttachment");
  });
}

answer_reader<created_attachment> read_create_attachments() {
  return {"CreateAttachment", [](element& message) -> std::variant<created_attachment, std::string> {
            created_attachment out;
            const auto* all = message.child("Attachments");
            if (!all || all->children.empty()) return out;
            if (const auto* id = all->children.front().child("AttachmentId")) {
              out.id = id->attribute("Id");
              out.root = {item_id(std::string(id->attribute("RootItemId"))),
                          change_key(std::string(id->attribute("RootItemChangeKey")))};
            }
            return out;
          }};
}

std::size_t request_bytes(const carried_attachment& a) {
  std::size_t bytes = a.content_base64.size() + a.name.size() + 1024;
  if (a.item) {
    bytes += request_bytes(a.item->item);
    for (const auto& inside : a.item->attachments)
      bytes += request_bytes(inside);
  }
  return bytes;
}

} // namespace exsyncd::ews
