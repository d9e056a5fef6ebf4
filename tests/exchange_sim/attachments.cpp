#include "tests/exchange_sim/attachments.hpp"

#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/calendar_operations.hpp"
#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/item_writing.hpp"
#include "tests/exchange_sim/mime.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

namespace {

// Since 2010 SP2 a nest may hold ten (ErrorAttachmentNestLevelLimitExceeded).
constexpr int deepest_nest = 10;

void read_common(attachment& into, node from) {
  into.name = from.child("Name").text();
  into.content_type = from.child("ContentType").text();
  into.content_id = from.child("ContentId").text();
  into.content_location = from.child("ContentLocation").text();
  into.is_inline = from.child("IsInline").truth();
}

node item_of(node attached) {
  static constexpr std::array common{
      "AttachmentId",          "Name", "ContentType",      "ContentId", "ContentLocation",
      "AttachmentOriginalUrl", "Size", "LastModifiedTime", "IsInline"};
  for (auto child : attached.children())
    if (std::find(common.begin(), common.end(), child.name()) == common.end()) return child;
  return {};
}

void read_item(session& s, attachment& into, node element, int depth) {
  if (!element)
    throw response_error{"ErrorMissingItemForCreateItemAttachment", "The item of the item attachment is missing."};
  const auto* rules = rules_of_element(element.name());
  if (rules == nullptr || rules->item_class == nullptr || element.is("DistributionList"))
    throw response_error{"ErrorInvalidItemForOperationCreateItemAttachment",
                         "Items of this type cannot be attached: " + element.name() + "."};
  if (depth >= deepest_nest)
    throw response_error{"ErrorAttachmentNestLevelLimitExceeded", "Attachments are nested too deeply."};
  auto made = read_new_item(s, element, *rules, depth + 1);
  if (element.is("CalendarItem")) {
    // Nobody is invited to what is attached.
    if (!made.calendar) made.calendar.emplace();
    settle_times(made, nullptr, zone_of_request(s), s.version, s.now);
    settle_identity(made, s.now, s.options.random);
  } else if (rules->creating != nullptr) {
    rules->creating(s, {}, element, made);
  }
  made.created = made.modified = s.now;
  if (!made.sent) made.sent = s.now;
  into.is_message = true;
  into.embedded = std::make_shared<item>(std::move(made));
}

} // namespace

attachment read_attachment(session& s, node from, int depth) {
  attachment made;
  read_common(made, from);
  if (from.is("ItemAttachment")) {
    read_item(s, made, item_of(from), depth);
    if (made.name.empty()) made.name = made.embedded->subject;
  } else if (from.is("FileAttachment")) {
    made.is_contact_photo = from.child("IsContactPhoto").truth();
    auto content = from_base64(from.child("Content").text());
    if (!content) throw response_error{"ErrorMimeContentInvalidBase64String", "The content is not base64."};
    made.content = std::move(*content);
  } else {
    throw response_error{"ErrorInvalidItemForOperationCreateItemAttachment", "Reference attachments are not served."};
  }
  if (content_size(made) > s.host.profile.attachment_bytes)
    throw response_error{"ErrorAttachmentSizeLimitExceeded", "The attachment is larger than the server allows."};
  return made;
}

void settle_attachment(change_context& changes, attachment& part) {
  part.key = ++changes.box.last_key;
  if (part.modified == sys_time{}) part.modified = changes.now;
  if (!part.is_message) return;
  // Copies share nothing: what lies inside gets keys of its own.
  auto inside = std::make_shared<item>();
  if (part.embedded != nullptr) {
    *inside = *part.embedded;
  } else if (!take_mime(*inside, part.content)) {
    inside->body.text = part.content;
  }
  for (auto& inner : inside->attachments)
    settle_attachment(changes, inner);
  part.embedded = std::move(inside);
}

attachment* find_attachment(item& in, std::uint64_t key) {
  for (auto& part : in.attachments) {
    if (part.key == key) return &part;
    if (part.embedded != nullptr)
      if (auto* inner = find_attachment(*part.embedded, key)) return inner;
  }
  return nullptr;
}

void remove_attachment(item& from, std::uint64_t key) {
  std::erase_if(from.attachments, [key](const attachment& part) { return part.key == key; });
  for (auto& part : from.attachments)
    if (part.embedded != nullptr) remove_attachment(*part.embedded, key);
}

std::size_t content_size(const attachment& part) {
  if (!part.content.empty() || part.embedded == nullptr) return part.content.size();
  return size_of(*part.embedded);
}

std::size_t wire_size(const attachment& part) {
  return content_size(part) + 2 * (part.name.size() + part.content_id.size() + part.content_location.size()) +
         part.content_type.size() + 116;
}

} // namespace exchange_sim
