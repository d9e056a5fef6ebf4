#include "tests/exchange_sim/mime.hpp"

#include <gmime/gmime.h>

#include <memory>

namespace exchange_sim {

namespace {

template <class T>
struct unref {
  void operator()(T* object) const { g_object_unref(object); }
};
template <class T>
using held = std::unique_ptr<T, unref<T>>;

std::string text_or_empty(const char* text) {
  if (text == nullptr) return {};
  char* valid = g_utf8_make_valid(text, -1);
  std::string out(valid);
  g_free(valid);
  return out;
}

std::string trimmed(std::string text) {
  auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void take_addresses(InternetAddressList* list, std::vector<address>& out) {
  for (int i = 0; list != nullptr && i < internet_address_list_length(list); ++i) {
    auto* one = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(one)) {
      take_addresses(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)), out);
      continue;
    }
    address who{text_or_empty(internet_address_get_name(one)),
                text_or_empty(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one))), "SMTP"};
    if (who.name.empty()) who.name = who.email;
    if (!who.email.empty()) out.push_back(who);
  }
}

std::optional<address> first_address(InternetAddressList* list) {
  std::vector<address> all;
  take_addresses(list, all);
  if (all.empty()) return std::nullopt;
  return all.front();
}

std::string bytes_of(GMimeObject* object) {
  held<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_object_write_to_stream(object, nullptr, stream.get());
  auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

std::string content_of(GMimePart* part) {
  auto* content = g_mime_part_get_content(part);
  if (content == nullptr) return {};
  held<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, stream.get());
  auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

/// What of a body has been found while walking the parts.
struct found_body {
  std::optional<std::string> text, html;
};

std::string mime_type(GMimeObject* object) {
  char* type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object));
  std::string out = lower(text_or_empty(type));
  g_free(type);
  return out;
}

void take_attachment(item& into, GMimePart* part, const std::string& type, bool related) {
  auto* object = GMIME_OBJECT(part);
  attachment made;
  made.name = text_or_empty(g_mime_part_get_filename(part));
  made.content_type = type;
  made.content_id = text_or_empty(g_mime_object_get_content_id(object));
  made.content_location = text_or_empty(g_mime_part_get_content_location(part));
  auto disposition = lower(text_or_empty(g_mime_object_get_disposition(object)));
  made.is_inline = !made.content_id.empty() && (related || disposition == "inline");
  made.content = content_of(part);
  if (made.name.empty()) made.name = made.content_id.empty() ? "attachment" : made.content_id;
  if (type == "text/calendar") {
    auto method = lower(text_or_empty(g_mime_object_get_content_type_parameter(object, "method")));
    if (method == "request") into.item_class = "IPM.Schedule.Meeting.Request";
    if (method == "cancel") into.item_class = "IPM.Schedule.Meeting.Canceled";
  }
  into.attachments.push_back(std::move(made));
}

void walk(item& into, GMimeObject* object, found_body& body, bool related) {
  if (object == nullptr) return;
  if (GMIME_IS_MULTIPART(object)) {
    auto type = mime_type(object);
    if (type == "multipart/report") into.item_class = "REPORT.IPM.Note.NDR";
    for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); ++i)
      walk(into, g_mime_multipart_get_part(GMIME_MULTIPART(object), i), body, related || type == "multipart/related");
    return;
  }
  if (GMIME_IS_MESSAGE_PART(object)) {
    auto* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    attachment made;
    made.is_message = true;
    made.content_type = "message/rfc822";
    if (inner != nullptr) {
      made.name = text_or_empty(g_mime_message_get_subject(inner));
      made.content = bytes_of(GMIME_OBJECT(inner));
    }
    if (made.name.empty()) made.name = "message";
    into.attachments.push_back(std::move(made));
    return;
  }
  if (!GMIME_IS_PART(object)) return;
  auto type = mime_type(object);
  bool attached = lower(text_or_empty(g_mime_object_get_disposition(object))) == "attachment";
  if (!attached && GMIME_IS_TEXT_PART(object) && (type == "text/plain" || type == "text/html")) {
    auto& place = type == "text/html" ? body.html : body.text;
    if (!place) {
      char* text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));
      place = text_or_empty(text);
      g_free(text);
      return;
    }
  }
  take_attachment(into, GMIME_PART(object), type, related);
}

void take_header(item& into, const std::string& name, const std::string& value) {
  auto key = lower(name);
  auto word = lower(trimmed(value));
  if (key == "message-id") into.message_id = trimmed(value);
  if (key == "references") into.references = trimmed(value);
  if (key == "in-reply-to") into.in_reply_to = trimmed(value);
  if (key == "thread-topic") into.conversation_topic = trimmed(value);
  if (key == "importance") into.importance = word == "high" ? "High" : word == "low" ? "Low" : "Normal";
  if (key == "x-priority" && !word.empty())
    into.importance = word[0] == '1' || word[0] == '2' ? "High" : word[0] == '4' || word[0] == '5' ? "Low" : "Normal";
  if (key == "sensitivity")
    into.sensitivity = word == "personal"                                         ? "Personal"
                       : word == "private"                                        ? "Private"
                       : word == "company-confidential" || word == "confidential" ? "Confidential"
                                                                                  : "Normal";
  if (key == "disposition-notification-to") into.read_receipt_requested = true;
  if (key == "return-receipt-to") into.delivery_receipt_requested = true;
  if (key == "keywords") {
    std::string name_of_one;
    for (char c : value + ",")
      if (c == ',') {
        if (auto one = trimmed(name_of_one); !one.empty()) into.categories.push_back(one);
        name_of_one.clear();
      } else {
        name_of_one += c;
      }
  }
}

} // namespace

bool take_mime(item& into, const std::string& mime) {
  g_mime_init();
  held<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(mime.data(), mime.size()));
  held<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  held<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  if (!message) return false;
  auto* headers = g_mime_object_get_header_list(GMIME_OBJECT(message.get()));
  if (g_mime_header_list_get_count(headers) == 0) return false;
  into.subject = text_or_empty(g_mime_message_get_subject(message.get()));
  into.from = first_address(g_mime_message_get_from(message.get()));
  into.sender = first_address(g_mime_message_get_sender(message.get()));
  if (!into.sender) into.sender = into.from;
  take_addresses(g_mime_message_get_to(message.get()), into.to);
  take_addresses(g_mime_message_get_cc(message.get()), into.cc);
  take_addresses(g_mime_message_get_bcc(message.get()), into.bcc);
  take_addresses(g_mime_message_get_reply_to(message.get()), into.reply_to);
  if (auto* date = g_mime_message_get_date(message.get()); date != nullptr)
    into.sent = sys_time(std::chrono::seconds(g_date_time_to_unix(date)));
  into.headers.clear();
  into.categories.clear();
  for (int i = 0; i < g_mime_header_list_get_count(headers); ++i) {
    auto* header = g_mime_header_list_get_header_at(headers, i);
    auto name = text_or_empty(g_mime_header_get_name(header));
    auto value = text_or_empty(g_mime_header_get_value(header));
    into.headers.emplace_back(name, trimmed(value));
    take_header(into, name, value);
  }
  found_body body;
  into.attachments.clear();
  walk(into, g_mime_message_get_mime_part(message.get()), body, false);
  if (body.html)
    into.body = {true, *body.html};
  else
    into.body = {false, body.text.value_or("")};
  return true;
}

} // namespace exchange_sim
