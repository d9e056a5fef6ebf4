#include "tests/exchange_sim/fields_item.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

std::string flag_word(bool value) {
  return value ? "true" : "false";
}

void write_time(xml_writer& out, const char* element, const std::optional<sys_time>& at) {
  if (at) out.leaf(element, wire_time(*at));
}

void write_kept(const field_reading& r, xml_writer& out, const char* element) {
  auto at = r.of.kept.find(element);
  if (at != r.of.kept.end()) out.raw(at->second);
}

std::string clipped(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  // A cut in the middle of a UTF-8 character would not be XML.
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80)
    --bytes;
  return text.substr(0, bytes);
}

bool has_visible_attachments(const item& of) {
  return std::any_of(of.attachments.begin(), of.attachments.end(), [](const attachment& a) { return !a.is_inline; });
}

namespace {

// Exchange completes an address from its directory, so a known mailbox shows its own display name.
address read_address(session& s, node box) {
  address who{box.child("Name").text(), box.child("EmailAddress").text(), "SMTP"};
  if (auto routing = box.child("RoutingType").text(); !routing.empty()) who.routing = routing;
  if (who.name.empty() && !who.email.empty()) {
    auto* known = s.host.find_mailbox(who.email);
    who.name = known == nullptr ? who.email : known->who.display_name;
  }
  return who;
}

} // namespace

std::vector<address> read_recipients(session& s, node list) {
  std::vector<address> out;
  for (auto box : list.children())
    out.push_back(read_address(s, box));
  return out;
}

std::optional<address> read_recipient(session& s, node holder) {
  auto box = holder.child("Mailbox");
  if (!box) return std::nullopt;
  return read_address(s, box);
}

namespace {

using reading = field_reading;
using w = xml_writer;
constexpr auto e2007 = schema_version::e2007;
constexpr auto e2007_sp1 = schema_version::e2007_sp1;
constexpr auto e2013 = schema_version::e2013;
constexpr auto standard = shape_set::standard;
constexpr auto all = shape_set::all;
constexpr auto asked = shape_set::on_demand;

void write_list(w& out, const char* element, const std::vector<address>& list) {
  if (list.empty()) return;
  out.open(element);
  for (const auto& who : list)
    write_mailbox(out, who);
  out.close();
}

void write_one(w& out, const char* element, const std::optional<address>& who) {
  if (!who) return;
  out.open(element);
  write_mailbox(out, *who);
  out.close();
}

std::string name_of(const std::optional<address>& who) {
  return who ? (who->name.empty() ? who->email : who->name) : "";
}

#define RECIPIENTS(member, element)                                                                                    \
  [](const reading& r, w& out) { write_list(out, "t:" element, r.of.member); },                                        \
      [](session& s, item& i, node v, write_stage) { i.member = read_recipients(s, v); },                              \
      [](item& i) { i.member.clear(); }, true,                                                                         \
      [](session& s, item& i, node v) {                                                                                \
        for (auto& who : read_recipients(s, v))                                                                        \
          i.member.push_back(who);                                                                                     \
      },                                                                                                               \
      [](session&, const item& i) { return display_of(i.member); }
#define BOOLEAN(member, element)                                                                                       \
  [](const reading& r, w& out) { out.leaf("t:" element, flag_word(r.of.member)); },                                    \
      [](session&, item& i, node v, write_stage) { i.member = v.truth(); }

const std::array table{
    field{"message:Sender", "Sender", e2007, all, true,
          [](const reading& r, w& out) { write_one(out, "t:Sender", r.of.sender); },
          [](session& s, item& i, node v, write_stage) { i.sender = read_recipient(s, v); },
          [](item& i) { i.sender.reset(); }, true, nullptr, [](session&, const item& i) { return name_of(i.sender); }},
    field{"message:ToRecipients", "ToRecipients", e2007, standard, false, RECIPIENTS(to, "ToRecipients")},
    field{"message:CcRecipients", "CcRecipients", e2007, standard, false, RECIPIENTS(cc, "CcRecipients")},
    field{"message:BccRecipients", "BccRecipients", e2007, standard, false, RECIPIENTS(bcc, "BccRecipients")},
    field{"message:IsReadReceiptRequested", "IsReadReceiptRequested", e2007, standard, true,
          BOOLEAN(read_receipt_requested, "IsReadReceiptRequested"), [](item& i) { i.read_receipt_requested = false; },
          true, nullptr, [](session&, const item& i) { return flag_word(i.read_receipt_requested); }},
    field{"message:IsDeliveryReceiptRequested", "IsDeliveryReceiptRequested", e2007, standard, true,
          BOOLEAN(delivery_receipt_requested, "IsDeliveryReceiptRequested"),
          [](item& i) { i.delivery_receipt_requested = false; }, true, nullptr,
          [](session&, const item& i) { return flag_word(i.delivery_receipt_requested); }},
    field{"message:ConversationIndex", "ConversationIndex", e2007, all, true,
          [](const reading& r, w& out) {
            if (!r.of.conversation_index.empty()) out.leaf("t:ConversationIndex", base64(r.of.conversation_index));
          },
          nullptr, nullptr, false, nullptr, nullptr},
    field{"message:ConversationTopic", "ConversationTopic", e2007, all, true,
          [](const reading& r, w& out) {
            if (!r.of.conversation_topic.empty()) out.leaf("t:ConversationTopic", r.of.conversation_topic);
          },
          nullptr, nullptr, false, nullptr, [](session&, const item& i) { return i.conversation_topic; }},
    field{"message:From", "From", e2007, standard, true,
          [](const reading& r, w& out) { write_one(out, "t:From", r.of.from); },
          [](session& s, item& i, node v, write_stage) { i.from = read_recipient(s, v); },
          [](item& i) { i.from.reset(); }, true, nullptr, [](session&, const item& i) { return name_of(i.from); }},
    field{"message:InternetMessageId", "InternetMessageId", e2007, all, true,
          [](const reading& r, w& out) {
            if (!r.of.message_id.empty()) out.leaf("t:InternetMessageId", r.of.message_id);
          },
          [](session&, item& i, node v, write_stage) { i.message_id = v.text(); }, nullptr, true, nullptr,
          [](session&, const item& i) { return i.message_id; }},
    // IsRead is written by the operations, because it may send a receipt and is no content.
    field{"message:IsRead", "IsRead", e2007, standard, true, BOOLEAN(read, "IsRead"), nullptr, false, nullptr,
          [](session&, const item& i) { return flag_word(i.read); }},
    field{"message:IsResponseRequested", "IsResponseRequested", e2007, all, true,
          BOOLEAN(response_requested, "IsResponseRequested"), [](item& i) { i.response_requested = false; }, false,
          nullptr, [](session&, const item& i) { return flag_word(i.response_requested); }},
    field{"message:References", "References", e2007, all, true,
          [](const reading& r, w& out) {
            if (!r.of.references.empty()) out.leaf("t:References", r.of.references);
          },
          [](session&, item& i, node v, write_stage) { i.references = v.text(); },
          [](item& i) { i.references.clear(); }, true, nullptr, [](session&, const item& i) { return i.references; }},
    field{"message:ReplyTo", "ReplyTo", e2007, all, false, RECIPIENTS(reply_to, "ReplyTo")},
    field{"message:ReceivedBy", "ReceivedBy", e2007_sp1, all, true,
          [](const reading& r, w& out) { write_one(out, "t:ReceivedBy", r.of.received_by); },
          [](session& s, item& i, node v, write_stage) { i.received_by = read_recipient(s, v); },
          [](item& i) { i.received_by.reset(); }, true, nullptr, nullptr},
    field{"message:ReceivedRepresenting", "ReceivedRepresenting", e2007_sp1, all, true,
          [](const reading& r, w& out) { write_one(out, "t:ReceivedRepresenting", r.of.received_representing); },
          [](session& s, item& i, node v, write_stage) { i.received_representing = read_recipient(s, v); },
          [](item& i) { i.received_representing.reset(); }, true, nullptr, nullptr},
    field{"message:ReminderMessageData", "ReminderMessageData", e2013, asked, false,
          [](const reading& r, w& out) { write_kept(r, out, "ReminderMessageData"); }, nullptr, nullptr, false, nullptr,
          nullptr},
};

#undef RECIPIENTS
#undef BOOLEAN

/// PostItemType holds some of the same, in an order of its own.
std::vector<field> post_table() {
  std::vector<field> out;
  for (std::string_view element : {"ConversationIndex", "ConversationTopic", "From", "InternetMessageId", "IsRead",
                                   "PostedTime", "References", "Sender"}) {
    if (element == "PostedTime")
      out.push_back({"postitem:PostedTime", "PostedTime", e2007, standard, true,
                     [](const reading& r, w& o) { write_time(o, "t:PostedTime", r.of.sent); }, nullptr, nullptr, false,
                     nullptr, nullptr});
    for (const auto& row : table)
      if (row.element == element) out.push_back(row);
  }
  return out;
}

} // namespace

std::span<const field> message_fields() {
  return table;
}

std::span<const field> post_fields() {
  static const auto rows = post_table();
  return rows;
}

} // namespace exchange_sim
