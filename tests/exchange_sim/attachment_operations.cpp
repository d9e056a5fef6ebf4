// CreateAttachment, GetAttachment, DeleteAttachment (MS-OXWSATT).
#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/attachments.hpp"
#include "tests/exchange_sim/fields_item.hpp"
#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/mime.hpp"

#include <algorithm>

namespace exchange_sim {

namespace {

constexpr std::string_view no_attachments = "<m:Attachments/>";

const char* element_of(const attachment& part) {
  return part.is_message ? "t:ItemAttachment" : "t:FileAttachment";
}

struct found_attachment {
  item& root;
  attachment& part;
};

found_attachment attachment_named(session& s, node id) {
  auto named = item_of_attachment(s, id);
  auto* part = find_attachment(named.root, named.part);
  if (part == nullptr) throw response_error{"ErrorInvalidAttachmentId", "The attachment was not found."};
  return {named.root, *part};
}

/// What the fault plan may know: the item that the attachment belongs to.
item_fact fact_of_attachment(session& s, node id) {
  return fact_of_id(s.host, id.attribute_or("Id", ""));
}

void write_created(session& s, xml_writer& out, const item& root, const attachment& part) {
  out.open("m:Attachments");
  out.open(element_of(part));
  out.empty("t:AttachmentId", {{"Id", wire_attachment_id(*s.box, root.key, part.key)},
                               {"RootItemId", wire_id(*s.box, root.key)},
                               {"RootItemChangeKey", change_key(*s.box, root)}});
  // As 15.1 was recorded.
  if (s.host.profile.newest >= schema_version::e2013) {
    out.leaf("t:LastModifiedTime", wire_time(part.modified));
    out.leaf("t:IsInline", flag_word(part.is_inline));
  }
  out.close();
  out.close();
}

void write_mime_content(session& s, xml_writer& out, const attachment& part) {
  const auto& of = *part.embedded;
  auto element = element_of_class(of.item_class);
  bool mail = element == "Message" || element == "PostItem" || element == "CalendarItem";
  // Up to 2010 SP2 only mails, posts and appointments have MIME content (MS-OXWSATT, note 10).
  if (!mail && s.host.profile.newest < schema_version::e2013)
    throw response_error{"ErrorUnsupportedMimeConversion", "The item has no MIME content."};
  out.leaf("t:MimeContent", base64(part.content.empty() ? make_mime(of, s.options.random) : part.content),
           {{"CharacterSet", "UTF-8"}});
}

void write_content(session& s, xml_writer& out, const item& root, const attachment& part, node shape) {
  out.open("m:Attachments");
  out.open(element_of(part));
  out.empty("t:AttachmentId", {{"Id", wire_attachment_id(*s.box, root.key, part.key)}});
  out.leaf("t:Name", part.name);
  if (!part.content_type.empty()) out.leaf("t:ContentType", part.content_type);
  if (!part.content_id.empty()) out.leaf("t:ContentId", part.content_id);
  if (!part.content_location.empty()) out.leaf("t:ContentLocation", part.content_location);
  if (part.is_message) {
    auto wanted = read_shape(s, shape);
    wanted.base = shape_set::all;
    wanted.mime = false;
    auto inside = *part.embedded;
    inside.key = root.key;
    // The ids of attachments within lead to the root as well.
    xml_writer mime;
    // Both ways of asking for it at once give it once.
    bool asked = std::find(wanted.fields.begin(), wanted.fields.end(), "item:MimeContent") != wanted.fields.end();
    if (asked || shape.child("IncludeMimeContent").truth()) write_mime_content(s, mime, part);
    write_embedded_item(s, out, inside, wanted, mime.text());
  } else {
    if (s.knows(schema_version::e2010) && part.is_contact_photo) out.leaf("t:IsContactPhoto", "true");
    out.leaf("t:Content", base64(part.content));
  }
  out.close();
  out.close();
}

void add(session& s, item& root, attachment made) {
  auto changes = s.changes();
  settle_attachment(changes, made);
  // A contact has one photo.
  if (made.is_contact_photo)
    for (auto& other : root.attachments)
      other.is_contact_photo = false;
  root.attachments.push_back(std::move(made));
}

} // namespace

void create_attachment(session& s, node request, xml_writer& out) {
  auto parent = request.child("ParentItemId");
  bool saved = false;
  for (auto one : request.child("Attachments").children())
    respond(
        s, out, "m:CreateAttachmentResponseMessage", {fact_of(s, parent)},
        [&](xml_writer& inside) {
          auto& root = item_of_reference(s, parent);
          require_edit(s, root);
          add(s, root, read_attachment(s, one, 0));
          auto changes = s.changes();
          // 15.x was recorded to save a request's attachments at once, under one key; before, each save has its own.
          if (!saved || s.host.profile.newest < schema_version::e2013) {
            root.unmodified = false;
            touch_item(changes, root);
          }
          saved = true;
          write_created(s, inside, root, root.attachments.back());
        },
        no_attachments);
}

void get_attachment(session& s, node request, xml_writer& out) {
  for (auto id : request.child("AttachmentIds").children())
    respond(
        s, out, "m:GetAttachmentResponseMessage", {fact_of_attachment(s, id)},
        [&](xml_writer& inside) {
          auto found = attachment_named(s, id);
          if (content_size(found.part) > s.host.profile.attachment_bytes)
            throw response_error{"ErrorAttachmentSizeLimitExceeded",
                                 "The attachment is larger than the server allows."};
          write_content(s, inside, found.root, found.part, request.child("AttachmentShape"));
        },
        no_attachments);
}

void delete_attachment(session& s, node request, xml_writer& out) {
  for (auto id : request.child("AttachmentIds").children())
    respond(s, out, "m:DeleteAttachmentResponseMessage", {fact_of_attachment(s, id)}, [&](xml_writer& inside) {
      auto found = attachment_named(s, id);
      auto& root = found.root;
      require_edit(s, root);
      remove_attachment(root, found.part.key);
      auto changes = s.changes();
      root.unmodified = false;
      touch_item(changes, root);
      inside.empty("m:RootItemId",
                   {{"RootItemId", wire_id(*s.box, root.key)}, {"RootItemChangeKey", change_key(*s.box, root)}});
    });
}

} // namespace exchange_sim
