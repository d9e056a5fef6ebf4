#include "ews/codec/get_attachment.hpp"

#include "ews/codec/field_table.hpp"

#include <algorithm>
#include <array>

namespace exsyncd::ews {
namespace {

/// All elements of an attached item come by themselves; its extended properties must be named, and its class is not
/// known yet.
std::vector<extended_property> properties_of_every_class(const schema_version& version) {
  std::vector<extended_property> out;
  for (auto which : {item_class::message, item_class::contact, item_class::task, item_class::appointment})
    for (const auto& p : content_shape(which, version).properties) {
      const auto same = [&](const auto& q) {
        return q.tag == p.tag && q.set == p.set && q.name == p.name && q.id == p.id;
      };
      if (std::none_of(out.begin(), out.end(), same)) out.push_back(p);
    }
  return out;
}

constexpr std::array<std::string_view, 5> not_an_item{"AttachmentId", "Name", "ContentType", "ContentId",
                                                      "ContentLocation"};

void read_attached_item(element& attachment, got_attachment& out) {
  for (auto& c : attachment.children) {
    // Beside the item stand only texts.
    if (c.children.empty() || std::find(not_an_item.begin(), not_an_item.end(), c.name) != not_an_item.end()) continue;
    auto held = std::make_shared<attached_item>();
    const auto listed = read_listed_item(c);
    held->item.item_class = listed.item_class;
    held->item.item_class_name = listed.item_class_name;
    if (auto* mime = c.child("MimeContent")) held->item.mime_base64 = mime->take_large();
    auto contents = read_content_of(c);
    held->item.draft = contents.draft;
    held->item.read = contents.read;
    held->item.fields = std::move(contents.fields);
    out.inside = read_listed_attachments(c);
    out.attachment.item = std::move(held);
    return;
  }
}

} // namespace

std::string write(const request_context& context, const get_attachment& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:GetAttachment");
    out.open("m:AttachmentShape");
    if (request.mime) out.text("t:IncludeMimeContent", "true");
    out.text("t:BodyType", "Best"); // without it, bodies of attached items come as text
    if (const auto properties = properties_of_every_class(*context.version); !properties.empty()) {
      out.open("t:AdditionalProperties");
      for (const auto& p : properties)
        write_property_name(out, p);
      out.close("t:AdditionalProperties");
    }
    out.close("m:AttachmentShape");
    out.open("m:AttachmentIds");
    for (const auto& id : request.attachments)
      out.empty("t:AttachmentId", {{"Id", id}});
    out.close("m:AttachmentIds");
    out.close("m:GetAttachment");
  });
}

answer_reader<got_attachment> read_get_attachment() {
  return {"GetAttachment", [](element& message) -> std::variant<got_attachment, std::string> {
            auto* all = message.child("Attachments");
            if (!all || all->children.empty()) return "a success without an attachment";
            auto& one = all->children.front();
            got_attachment out;
            auto& to = out.attachment;
            to.name = one.text_of("Name");
            to.content_type = one.text_of("ContentType");
            to.content_id = one.text_of("ContentId");
            to.content_location = one.text_of("ContentLocation");
            to.is_inline = read_bool(one.text_of("IsInline"));
            to.contact_photo = read_bool(one.text_of("IsContactPhoto"));
            if (one.name == "ItemAttachment") {
              read_attached_item(one, out);
              if (!to.item) return "an attached item without the item";
            } else if (auto* content = one.child("Content")) {
              to.content_base64 = content->take_large();
            }
            return out;
          }};
}

} // namespace exsyncd::ews
