#include "ews/codec/delete_attachment.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const delete_attachments& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:DeleteAttachment");
    out.open("m:AttachmentIds");
    for (const auto& id : request.attachments)
      out.empty("t:AttachmentId", {{"Id", id}});
    out.close("m:AttachmentIds");
    out.close("m:DeleteAttachment");
  });
}

answer_reader<item_key> read_delete_attachments() {
  return {"DeleteAttachment", [](element& message) -> std::variant<item_key, std::string> {
            const auto* root = message.child("RootItemId");
            if (!root) return item_key{};
            return item_key{item_id(std::string(root->attribute("RootItemId"))),
                            change_key(std::string(root->attribute("RootItemChangeKey")))};
          }};
}

} // namespace exsyncd::ews
