#include "tests/exchange_sim/fields_item.hpp"

#include "tests/exchange_sim/attachments.hpp"
#include "tests/exchange_sim/mime.hpp"

#include <array>
#include <cstdlib>

namespace exchange_sim {

namespace {

using reading = field_reading;
using w = xml_writer;
constexpr auto e2007 = schema_version::e2007;
constexpr auto e2010 = schema_version::e2010;
constexpr auto e2010_sp1 = schema_version::e2010_sp1;
constexpr auto e2013 = schema_version::e2013;
constexpr auto e2016 = schema_version::e2016;
constexpr auto only = shape_set::id_only;
constexpr auto standard = shape_set::standard;
constexpr auto all = shape_set::all;
constexpr auto asked = shape_set::on_demand;

void write_body(w& out, const char* element, const reading& r, bool html) {
  auto text = r.of.body.html == html ? r.of.body.text
              : html                 ? html_of_text(r.of.body.text)
                                     : text_of_html(r.of.body.text);
  out.leaf(element, text, {{"BodyType", html ? "HTML" : "Text"}});
}

void write_attachments(const reading& r, w& out) {
  if (r.of.attachments.empty()) return;
  out.open("t:Attachments");
  for (const auto& part : r.of.attachments) {
    const char* element = part.is_message ? "t:ItemAttachment" : "t:FileAttachment";
    out.open(element);
    out.empty("t:AttachmentId", {{"Id", wire_attachment_id(*r.s.box, r.of.key, part.key)}});
    out.leaf("t:Name", part.name);
    if (!part.content_type.empty()) out.leaf("t:ContentType", part.content_type);
    if (!part.content_id.empty()) out.leaf("t:ContentId", part.content_id);
    if (!part.content_location.empty()) out.leaf("t:ContentLocation", part.content_location);
    if (r.s.knows(e2010)) {
      out.leaf("t:Size", std::to_string(wire_size(part)));
      out.leaf("t:LastModifiedTime", wire_time(part.modified));
      out.leaf("t:IsInline", flag_word(part.is_inline));
      if (!part.is_message && part.is_contact_photo) out.leaf("t:IsContactPhoto", "true");
    }
    out.close();
  }
  out.close();
}

void write_flag(const reading& r, w& out) {
  out.open("t:Flag");
  out.leaf("t:FlagStatus", r.of.flag.status);
  if (r.of.flag.status != "NotFlagged") {
    write_time(out, "t:StartDate", r.of.flag.start);
    write_time(out, "t:DueDate", r.of.flag.due);
    write_time(out, "t:CompleteDate", r.of.flag.complete);
  }
  out.close();
}

std::optional<sys_time> time_in(node value) {
  if (!value) return std::nullopt;
  return parse_time(value.text());
}

// Flagged takes StartDate and DueDate (both or none), Complete takes CompleteDate, NotFlagged takes nothing.
void set_flag(session& s, item& of, node value, write_stage) {
  flag_value set;
  set.status = value.child("FlagStatus").text();
  set.start = time_in(value.child("StartDate"));
  set.due = time_in(value.child("DueDate"));
  set.complete = time_in(value.child("CompleteDate"));
  bool dates = set.start || set.due;
  if ((set.status == "NotFlagged" && (dates || set.complete)) || (set.status == "Flagged" && set.complete) ||
      (set.status == "Complete" && dates) || (set.due && !set.start) || (set.start && set.due && *set.due < *set.start))
    throw response_error{"ErrorInvalidArgument", "The dates of the flag do not go with its status."};
  if (set.status == "Complete" && !set.complete) set.complete = s.now;
  of.flag = set;
}

void set_body(session& s, item& of, node value, write_stage) {
  if (value.attribute("IsTruncated") && value.attribute_or("IsTruncated", "") == "true" && s.knows(e2013))
    throw response_error{"ErrorInvalidPropertySet", "A truncated body cannot be written."};
  of.body = {value.attribute_or("BodyType", "Text") == "HTML", value.text()};
}

void append_body(session&, item& of, node value) {
  if (of.body.html) {
    auto end = lower(of.body.text).rfind("</body>");
    of.body.text.insert(end == std::string::npos ? of.body.text.size() : end, value.text());
  } else {
    of.body.text += value.text();
  }
}

void set_categories(session&, item& of, node value, write_stage) {
  of.categories.clear();
  for (auto one : value.children())
    if (auto name = one.text(); !name.empty()) of.categories.push_back(name);
}

void write_response_objects(const reading& r, w& out) {
  if (element_of_class(r.of.item_class) != "Message" || r.of.draft) return;
  out.open("t:ResponseObjects");
  out.empty("t:ReplyToItem");
  out.empty("t:ReplyAllToItem");
  out.empty("t:ForwardItem");
  if (r.of.receipt_pending) out.empty("t:SuppressReadReceipt");
  out.close();
}

void write_mime(const reading& r, w& out) {
  auto element = element_of_class(r.of.item_class);
  bool other = element == "Contact" || element == "DistributionList" || element == "Task";
  // Since 2010 SP3 these have MIME content too (MS-OXWSCORE R23091).
  if (other && r.s.host.profile.newest < e2010)
    throw response_error{"ErrorUnsupportedMimeConversion", "The item has no MIME content."};
  out.leaf("t:MimeContent", base64(make_mime(r.of, r.s.options.random)), {{"CharacterSet", "UTF-8"}});
}

void set_mime(session&, item& of, node value, write_stage) {
  auto element = element_of_class(of.item_class);
  if (element == "Contact" || element == "DistributionList" || element == "Task")
    throw response_error{"ErrorUnsupportedMimeConversion", "MIME content cannot be set on an item of this type."};
  auto mime = from_base64(value.text());
  if (!mime) throw response_error{"ErrorMimeContentInvalidBase64String", "The MIME content is not valid base64."};
  if (!take_mime(of, *mime)) throw response_error{"ErrorMimeContentInvalid", "Mime content is invalid."};
}

// Hidden in its folder from the first save on; Managed API's Item.IsAssociated is set before Save and never after.
void set_associated(session&, item& of, node value, write_stage stage) {
  if (stage != write_stage::creating)
    throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property."};
  of.associated = value.truth();
}

const char* usual_icon(const item& of) {
  if (!of.calendar) return of.read ? "MailRead" : "MailUnread";
  bool meets = (of.calendar->state & 1) != 0, series = of.calendar->repeats.has_value();
  if (meets) return series ? "AppointmentMeetRecur" : "AppointmentMeet";
  return series ? "AppointmentRecur" : "AppointmentItem";
}

void write_rights(const reading& r, w& out) {
  out.open("t:EffectiveRights");
  for (const char* never : {"t:CreateAssociated", "t:CreateContents", "t:CreateHierarchy"})
    out.leaf(never, "false");
  for (const char* always : {"t:Delete", "t:Modify", "t:Read"})
    out.leaf(always, "true");
  if (r.s.knows(e2010)) out.leaf("t:ViewPrivateItems", "true");
  out.close();
}

std::string conversation_id(const item& of) {
  return base64(of.conversation_topic.empty() ? "-" : of.conversation_topic);
}

void write_tag(w& out, const char* element, const std::optional<std::string>& guid) {
  if (guid) out.leaf(element, *guid, {{"IsExplicit", "true"}});
}

/// "<t:Name>…</t:Name>" of a field that is only a boolean.
#define BOOLEAN(member, element) [](const reading& r, w& out) { out.leaf("t:" element, flag_word(r.of.member)); }
#define BOOLEAN_TEXT(member) [](session&, const item& i) { return flag_word(i.member); }
#define KEPT(element) [](const reading& r, w& out) { write_kept(r, out, element); }
#define KEEP(element) [](session&, item& i, node v, write_stage) { i.kept[element] = xml_of(v); }

/// The element as text, with the prefixes of our answers.
std::string xml_of(node value) {
  w out;
  auto name = "t:" + value.name();
  if (!value.first()) {
    out.leaf(name, value.text());
  } else {
    out.open(name);
    for (auto child : value.children())
      out.raw(xml_of(child));
    out.close();
  }
  return out.take();
}

std::string time_text(const std::optional<sys_time>& at) {
  return at ? wire_time(*at) : std::string();
}

const std::array table{
    field{"item:MimeContent", "MimeContent", e2007, asked, false, write_mime, set_mime, nullptr, true, nullptr, nullptr},
    field{"item:ItemId", "ItemId", e2007, only, true,
          [](const reading& r, w& out) { write_item_id(*r.s.box, out, r.of); }, nullptr, nullptr, false, nullptr,
          [](session& s, const item& i) { return wire_id(*s.box, i); }},
    field{"item:ParentFolderId", "ParentFolderId", e2007, all, true,
          [](const reading& r, w& out) { write_folder_id(*r.s.box, out, "t:ParentFolderId", *r.s.box->find_folder(r.of.folder)); },
          nullptr, nullptr, false, nullptr, nullptr},
    field{"item:ItemClass", "ItemClass", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:ItemClass", r.of.item_class); },
          [](session&, item& i, node v, write_stage) { i.item_class = v.text(); }, nullptr, false, nullptr,
          [](session&, const item& i) { return i.item_class; }},
    field{"item:Subject", "Subject", e2007, standard, true,
          [](const reading& r, w& out) { if (!r.of.subject.empty()) out.leaf("t:Subject", r.of.subject); },
          [](session&, item& i, node v, write_stage) { i.subject = v.text(); }, [](item& i) { i.subject.clear(); }, false,
          nullptr, [](session&, const item& i) { return i.subject; }},
    field{"item:Sensitivity", "Sensitivity", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:Sensitivity", r.of.sensitivity); },
          [](session&, item& i, node v, write_stage) { i.sensitivity = v.text(); },
          [](item& i) { i.sensitivity = "Normal"; }, false, nullptr,
          [](session&, const item& i) { return i.sensitivity; }},
    field{"item:Body", "Body", e2007, standard, false,
          [](const reading& r, w& out) {
            write_body(out, "t:Body", r,
                       r.shape.body == body_wish::best ? r.of.body.html : r.shape.body == body_wish::html);
          },
          set_body, [](item& i) { i.body = {}; }, false, append_body,
          [](session&, const item& i) { return i.body.text; }},
    field{"item:Attachments", "Attachments", e2007, standard, false, write_attachments, nullptr,
          [](item& i) { i.attachments.clear(); }, true, nullptr, nullptr},
    field{"item:DateTimeReceived", "DateTimeReceived", e2007, all, true,
          [](const reading& r, w& out) { write_time(out, "t:DateTimeReceived", r.of.received); }, nullptr, nullptr, false,
          nullptr, [](session&, const item& i) { return time_text(i.received); }},
    field{"item:Size", "Size", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:Size", std::to_string(size_of(r.of))); }, nullptr, nullptr, false,
          nullptr, [](session&, const item& i) { return std::to_string(size_of(i)); }},
    field{"item:Categories", "Categories", e2007, all, true,
          [](const reading& r, w& out) {
            if (r.of.categories.empty()) return;
            out.open("t:Categories");
            for (const auto& name : r.of.categories)
              out.leaf("t:String", name);
            out.close();
          },
          set_categories, [](item& i) { i.categories.clear(); }, false, nullptr,
          [](session&, const item& i) {
            std::string joined;
            for (const auto& name : i.categories)
              joined += name + "\n";
            return joined;
          }},
    field{"item:Importance", "Importance", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:Importance", r.of.importance); },
          [](session&, item& i, node v, write_stage) { i.importance = v.text(); },
          [](item& i) { i.importance = "Normal"; }, false, nullptr,
          [](session&, const item& i) { return i.importance; }},
    field{"item:InReplyTo", "InReplyTo", e2007, all, true,
          [](const reading& r, w& out) { if (!r.of.in_reply_to.empty()) out.leaf("t:InReplyTo", r.of.in_reply_to); },
          [](session&, item& i, node v, write_stage) { i.in_reply_to = v.text(); },
          [](item& i) { i.in_reply_to.clear(); }, false, nullptr,
          [](session&, const item& i) { return i.in_reply_to; }},
    field{"item:IsSubmitted", "IsSubmitted", e2007, all, true, BOOLEAN(submitted, "IsSubmitted"), nullptr, nullptr,
          false, nullptr, BOOLEAN_TEXT(submitted)},
    field{"item:IsDraft", "IsDraft", e2007, all, true, BOOLEAN(draft, "IsDraft"), nullptr, nullptr, false, nullptr,
          BOOLEAN_TEXT(draft)},
    field{"item:IsFromMe", "IsFromMe", e2007, all, true, BOOLEAN(from_me, "IsFromMe"), nullptr, nullptr, false,
          nullptr, BOOLEAN_TEXT(from_me)},
    field{"item:IsResend", "IsResend", e2007, all, true, BOOLEAN(resend, "IsResend"), nullptr, nullptr, false,
          nullptr, BOOLEAN_TEXT(resend)},
    field{"item:IsUnmodified", "IsUnmodified", e2007, all, true, BOOLEAN(unmodified, "IsUnmodified"), nullptr,
          nullptr, false, nullptr, BOOLEAN_TEXT(unmodified)},
    field{"item:InternetMessageHeaders", "InternetMessageHeaders", e2007, all, false,
          [](const reading& r, w& out) { write_headers(r.of, {}, out); }, nullptr, nullptr, false, nullptr, nullptr},
    field{"item:DateTimeSent", "DateTimeSent", e2007, standard, true,
          [](const reading& r, w& out) { write_time(out, "t:DateTimeSent", r.of.sent); }, nullptr, nullptr, false, nullptr,
          [](session&, const item& i) { return time_text(i.sent); }},
    field{"item:DateTimeCreated", "DateTimeCreated", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:DateTimeCreated", wire_time(r.of.created)); }, nullptr, nullptr,
          false, nullptr, [](session&, const item& i) { return wire_time(i.created); }},
    field{"item:ResponseObjects", "ResponseObjects", e2007, standard, false, write_response_objects, nullptr,
          nullptr, false, nullptr, nullptr},
    field{"item:ReminderDueBy", "ReminderDueBy", e2007, all, true,
          [](const reading& r, w& out) { if (r.of.reminder_due) write_time(out, "t:ReminderDueBy", r.of.reminder_due); },
          [](session&, item& i, node v, write_stage) { i.reminder_due = parse_time(v.text()); },
          [](item& i) { i.reminder_due.reset(); }, false, nullptr,
          [](session&, const item& i) { return time_text(i.reminder_due); }},
    field{"item:ReminderIsSet", "ReminderIsSet", e2007, all, true, BOOLEAN(reminder_is_set, "ReminderIsSet"),
          [](session&, item& i, node v, write_stage) { i.reminder_is_set = v.truth(); },
          [](item& i) { i.reminder_is_set = false; }, false, nullptr, BOOLEAN_TEXT(reminder_is_set)},
    field{"item:ReminderNextTime", "ReminderNextTime", e2013, all, true,
          [](const reading& r, w& out) {
            if (r.of.reminder_is_set) write_time(out, "t:ReminderNextTime", r.of.reminder_due);
          },
          nullptr, nullptr, false, nullptr, nullptr},
    field{"item:ReminderMinutesBeforeStart", "ReminderMinutesBeforeStart", e2007, all, true,
          [](const reading& r, w& out) {
            out.leaf("t:ReminderMinutesBeforeStart", std::to_string(r.of.reminder_minutes));
          },
          [](session&, item& i, node v, write_stage) { i.reminder_minutes = std::atoi(v.text().c_str()); },
          [](item& i) { i.reminder_minutes = 0; }, false, nullptr,
          [](session&, const item& i) { return std::to_string(i.reminder_minutes); }},
    field{"item:DisplayCc", "DisplayCc", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:DisplayCc", display_of(r.of.cc)); }, nullptr, nullptr, false, nullptr,
          [](session&, const item& i) { return display_of(i.cc); }},
    field{"item:DisplayTo", "DisplayTo", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:DisplayTo", display_of(r.of.to)); }, nullptr, nullptr, false, nullptr,
          [](session&, const item& i) { return display_of(i.to); }},
    field{"item:DisplayBcc", "DisplayBcc", e2016, all, true,
          [](const reading& r, w& out) { out.leaf("t:DisplayBcc", display_of(r.of.bcc)); }, nullptr, nullptr, false,
          nullptr, [](session&, const item& i) { return display_of(i.bcc); }},
    field{"item:HasAttachments", "HasAttachments", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:HasAttachments", flag_word(has_visible_attachments(r.of))); }, nullptr,
          nullptr, false, nullptr, [](session&, const item& i) { return flag_word(has_visible_attachments(i)); }},
    field{"item:Culture", "Culture", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:Culture", r.of.culture); },
          [](session&, item& i, node v, write_stage) { i.culture = v.text(); }, [](item& i) { i.culture = "en-US"; },
          false, nullptr, [](session&, const item& i) { return i.culture; }},
    field{"item:EffectiveRights", "EffectiveRights", e2007, all, true, write_rights, nullptr, nullptr, false,
          nullptr, nullptr},
    field{"item:LastModifiedName", "LastModifiedName", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:LastModifiedName", r.of.modified_by); }, nullptr, nullptr, false,
          nullptr, [](session&, const item& i) { return i.modified_by; }},
    field{"item:LastModifiedTime", "LastModifiedTime", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:LastModifiedTime", wire_time(r.of.modified)); }, nullptr, nullptr,
          false, nullptr, [](session&, const item& i) { return wire_time(i.modified); }},
    field{"item:IsAssociated", "IsAssociated", e2010, all, true, BOOLEAN(associated, "IsAssociated"),
          set_associated, nullptr, false, nullptr, BOOLEAN_TEXT(associated)},
    field{"item:WebClientReadFormQueryString", "WebClientReadFormQueryString", e2010, all, true,
          [](const reading& r, w& out) {
            out.leaf("t:WebClientReadFormQueryString",
                     "?ae=Item&a=Open&t=" + r.of.item_class + "&id=" + wire_id(*r.s.box, r.of.key) + "&exvsurl=1");
          },
          nullptr, nullptr, false, nullptr, nullptr},
    field{"item:WebClientEditFormQueryString", "WebClientEditFormQueryString", e2010, asked, true,
          [](const reading& r, w& out) {
            if (r.of.draft)
              out.leaf("t:WebClientEditFormQueryString",
                       "?ae=Item&a=Open&t=" + r.of.item_class + "&id=" + wire_id(*r.s.box, r.of.key) + "&exvsurl=1");
          },
          nullptr, nullptr, false, nullptr, nullptr},
    field{"item:ConversationId", "ConversationId", e2010, all, true,
          [](const reading& r, w& out) { out.empty("t:ConversationId", {{"Id", conversation_id(r.of)}}); }, nullptr,
          nullptr, false, nullptr, [](session&, const item& i) { return conversation_id(i); }},
    field{"item:UniqueBody", "UniqueBody", e2010, asked, false,
          [](const reading& r, w& out) { write_body(out, "t:UniqueBody", r, r.of.body.html); }, nullptr, nullptr, false,
          nullptr, nullptr},
    field{"item:Flag", "Flag", e2013, all, true, write_flag, set_flag, [](item& i) { i.flag = {}; }, false, nullptr,
          [](session&, const item& i) { return i.flag.status; }},
    field{"item:StoreEntryId", "StoreEntryId", e2010_sp1, asked, true,
          [](const reading& r, w& out) { out.leaf("t:StoreEntryId", wire_id(*r.s.box, r.of.key)); }, nullptr, nullptr,
          false, nullptr, nullptr},
    field{"item:InstanceKey", "InstanceKey", e2013, all, true,
          [](const reading& r, w& out) {
            out.leaf("t:InstanceKey", base64("key" + std::to_string(r.of.key.value)));
          },
          nullptr, nullptr, false, nullptr, nullptr},
    field{"item:NormalizedBody", "NormalizedBody", e2013, asked, false,
          [](const reading& r, w& out) { write_body(out, "t:NormalizedBody", r, r.of.body.html); }, nullptr, nullptr,
          false, nullptr, nullptr},
    field{"item:PolicyTag", "PolicyTag", e2013, all, true,
          [](const reading& r, w& out) { write_tag(out, "t:PolicyTag", r.of.policy_tag); },
          [](session&, item& i, node v, write_stage) { i.policy_tag = v.text(); }, [](item& i) { i.policy_tag.reset(); },
          false, nullptr, nullptr},
    field{"item:ArchiveTag", "ArchiveTag", e2013, all, true,
          [](const reading& r, w& out) { write_tag(out, "t:ArchiveTag", r.of.archive_tag); },
          [](session&, item& i, node v, write_stage) { i.archive_tag = v.text(); },
          [](item& i) { i.archive_tag.reset(); }, false, nullptr, nullptr},
    field{"item:RetentionDate", "RetentionDate", e2013, all, true,
          [](const reading& r, w& out) { if (r.of.retention_date) write_time(out, "t:RetentionDate", r.of.retention_date); },
          [](session&, item& i, node v, write_stage) { i.retention_date = parse_time(v.text()); },
          [](item& i) { i.retention_date.reset(); }, false, nullptr, nullptr},
    field{"item:Preview", "Preview", e2013, all, true,
          [](const reading& r, w& out) {
            auto text = r.of.body.html ? text_of_html(r.of.body.text) : r.of.body.text;
            out.leaf("t:Preview", clipped(text, 255));
          },
          nullptr, nullptr, false, nullptr, nullptr},
    field{"item:BlockStatus", "BlockStatus", e2013, asked, false,
          [](const reading&, w& out) { out.leaf("t:BlockStatus", "false"); }, nullptr, nullptr, false, nullptr, nullptr},
    field{"item:HasBlockedImages", "HasBlockedImages", e2013, asked, false,
          [](const reading&, w& out) { out.leaf("t:HasBlockedImages", "false"); }, nullptr, nullptr, false, nullptr,
          nullptr},
    field{"item:TextBody", "TextBody", e2013, asked, false,
          [](const reading& r, w& out) { write_body(out, "t:TextBody", r, false); }, nullptr, nullptr, false, nullptr,
          nullptr},
    field{"item:IconIndex", "IconIndex", e2013, all, true,
          [](const reading& r, w& out) {
            out.leaf("t:IconIndex", r.of.icon_index.value_or(usual_icon(r.of)));
          },
          [](session&, item& i, node v, write_stage) { i.icon_index = v.text(); },
          [](item& i) { i.icon_index.reset(); }, false, nullptr, nullptr},
    field{"item:Hashtags", "Hashtags", e2016, asked, true, KEPT("Hashtags"), KEEP("Hashtags"),
          [](item& i) { i.kept.erase("Hashtags"); }, false, nullptr, nullptr},
    field{"item:Mentions", "Mentions", e2016, asked, true, KEPT("Mentions"), KEEP("Mentions"),
          [](item& i) { i.kept.erase("Mentions"); }, false, nullptr, nullptr},
    field{"item:MentionedMe", "MentionedMe", e2016, asked, true, KEPT("MentionedMe"), KEEP("MentionedMe"),
          [](item& i) { i.kept.erase("MentionedMe"); }, false, nullptr, nullptr},
    field{"item:InferenceClassification", "InferenceClassification", e2016, asked, true,
          KEPT("InferenceClassification"), KEEP("InferenceClassification"),
          [](item& i) { i.kept.erase("InferenceClassification"); }, false, nullptr, nullptr},
};

#undef BOOLEAN
#undef BOOLEAN_TEXT
#undef KEPT
#undef KEEP

} // namespace

std::span<const field> item_fields() {
  return table;
}

} // namespace exchange_sim
