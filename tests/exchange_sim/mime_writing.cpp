#include "tests/exchange_sim/mime.hpp"

#include "tests/exchange_sim/properties.hpp"

#include <gmime/gmime.h>

#include <algorithm>
#include <array>
#include <memory>

namespace exchange_sim {

namespace {

template <class T>
struct unref {
  void operator()(T* object) const { g_object_unref(object); }
};
template <class T>
using held = std::unique_ptr<T, unref<T>>;

/// Made anew from properties, so what came is not written a second time.
bool is_made_anew(std::string_view name) {
  static constexpr std::array names{"from",
                                    "sender",
                                    "to",
                                    "cc",
                                    "bcc",
                                    "reply-to",
                                    "subject",
                                    "date",
                                    "message-id",
                                    "references",
                                    "in-reply-to",
                                    "importance",
                                    "x-priority",
                                    "sensitivity",
                                    "mime-version",
                                    "thread-topic",
                                    "thread-index",
                                    "keywords",
                                    "disposition-notification-to",
                                    "return-receipt-to"};
  auto key = lower(name);
  return key.starts_with("content-") || std::find(names.begin(), names.end(), key) != names.end();
}

GMimePart* binary_part(const attachment& from) {
  auto type = from.content_type.empty() ? std::string("application/octet-stream") : from.content_type;
  auto slash = type.find('/');
  auto* part = slash == std::string::npos
                   ? g_mime_part_new_with_type("application", "octet-stream")
                   : g_mime_part_new_with_type(type.substr(0, slash).c_str(), type.substr(slash + 1).c_str());
  held<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(from.content.data(), from.content.size()));
  held<GMimeDataWrapper> content(g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  g_mime_part_set_content(part, content.get());
  g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
  g_mime_object_set_disposition(GMIME_OBJECT(part), from.is_inline ? "inline" : "attachment");
  if (!from.name.empty()) g_mime_part_set_filename(part, from.name.c_str());
  if (!from.content_id.empty()) g_mime_object_set_content_id(GMIME_OBJECT(part), from.content_id.c_str());
  if (!from.content_location.empty()) g_mime_part_set_content_location(part, from.content_location.c_str());
  return part;
}

GMimeObject* attached(const attachment& from) {
  if (!from.is_message) return GMIME_OBJECT(binary_part(from));
  held<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(from.content.data(), from.content.size()));
  held<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  auto* inner = g_mime_parser_construct_message(parser.get(), nullptr);
  if (inner == nullptr) return GMIME_OBJECT(binary_part(from));
  auto* part = g_mime_message_part_new_with_message("rfc822", inner);
  g_object_unref(inner);
  g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
  return GMIME_OBJECT(part);
}

GMimeObject* text_part(const char* subtype, const std::string& text) {
  auto* part = g_mime_part_new_with_type("text", subtype);
  held<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
  held<GMimeDataWrapper> content(g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  g_mime_part_set_content(part, content.get());
  // Base64, because quoted-printable would touch the line ends.
  g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
  g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
  return GMIME_OBJECT(part);
}

/// A multipart that takes over `children`.
GMimeObject* multipart(const char* subtype, const std::vector<GMimeObject*>& children,
                       const std::function<std::uint64_t()>& random) {
  auto* whole = g_mime_multipart_new_with_subtype(subtype);
  auto boundary = "_" + std::to_string(children.size()) + "_" + std::to_string(random()) + "sim_";
  g_mime_multipart_set_boundary(whole, boundary.c_str());
  for (auto* child : children) {
    g_mime_multipart_add(whole, child);
    g_object_unref(child);
  }
  return GMIME_OBJECT(whole);
}

GMimeObject* whole_body(const item& of, const std::function<std::uint64_t()>& random) {
  auto* body =
      of.body.html
          ? multipart("alternative", {text_part("plain", text_of_html(of.body.text)), text_part("html", of.body.text)},
                      random)
          : text_part("plain", of.body.text);
  std::vector<GMimeObject*> inner{body}, outer;
  for (const auto& part : of.attachments)
    (part.is_inline ? inner : outer).push_back(attached(part));
  if (inner.size() > 1) body = multipart("related", inner, random);
  if (outer.empty()) return body;
  outer.insert(outer.begin(), body);
  return multipart("mixed", outer, random);
}

void set_addresses(InternetAddressList* list, const std::vector<address>& from) {
  for (const auto& who : from) {
    auto* box = internet_address_mailbox_new(who.name.empty() ? nullptr : who.name.c_str(), who.email.c_str());
    internet_address_list_add(list, box);
    g_object_unref(box);
  }
}

void set_header(GMimeMessage* message, const char* name, const std::string& value) {
  if (!value.empty()) g_mime_object_set_header(GMIME_OBJECT(message), name, value.c_str(), "utf-8");
}

void set_headers(GMimeMessage* message, const item& of) {
  for (const auto& [name, value] : of.headers)
    if (!is_made_anew(name)) g_mime_object_append_header(GMIME_OBJECT(message), name.c_str(), value.c_str(), "utf-8");
  if (of.from) set_addresses(g_mime_message_get_from(message), {*of.from});
  if (of.sender && of.sender != of.from) set_addresses(g_mime_message_get_sender(message), {*of.sender});
  set_addresses(g_mime_message_get_to(message), of.to);
  set_addresses(g_mime_message_get_cc(message), of.cc);
  set_addresses(g_mime_message_get_bcc(message), of.bcc);
  set_addresses(g_mime_message_get_reply_to(message), of.reply_to);
  g_mime_message_set_subject(message, of.subject.c_str(), "utf-8");
  if (of.sent) {
    auto* date =
        g_date_time_new_from_unix_utc(std::chrono::floor<std::chrono::seconds>(*of.sent).time_since_epoch().count());
    g_mime_message_set_date(message, date);
    g_date_time_unref(date);
  }
  set_header(message, "Message-ID", of.message_id);
  set_header(message, "References", of.references);
  set_header(message, "In-Reply-To", of.in_reply_to);
  set_header(message, "Thread-Topic", of.conversation_topic);
  if (of.importance != "Normal") set_header(message, "Importance", lower(of.importance));
  if (of.sensitivity != "Normal")
    set_header(message, "Sensitivity", of.sensitivity == "Confidential" ? "Company-Confidential" : of.sensitivity);
  if (of.read_receipt_requested && of.from)
    set_header(message, "Disposition-Notification-To", "<" + of.from->email + ">");
  std::string keywords;
  for (const auto& name : of.categories)
    keywords += (keywords.empty() ? "" : ", ") + name;
  set_header(message, "Keywords", keywords);
}

} // namespace

std::string make_mime(const item& of, const std::function<std::uint64_t()>& random) {
  g_mime_init();
  held<GMimeMessage> message(g_mime_message_new(TRUE));
  set_headers(message.get(), of);
  auto* body = whole_body(of, random);
  g_mime_message_set_mime_part(message.get(), body);
  g_object_unref(body);
  g_mime_object_set_header(GMIME_OBJECT(message.get()), "MIME-Version", "1.0", nullptr);
  held<GMimeStream> stream(g_mime_stream_mem_new());
  auto* format = g_mime_format_options_new();
  g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
  g_mime_object_write_to_stream(GMIME_OBJECT(message.get()), format, stream.get());
  g_mime_format_options_free(format);
  auto* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

void write_headers(const item& of, const std::vector<std::string>& names, xml_writer& out) {
  xml_writer inside;
  for (const auto& [name, value] : of.headers) {
    bool wanted = names.empty() ||
                  std::any_of(names.begin(), names.end(), [&](const auto& one) { return lower(one) == lower(name); });
    if (wanted) inside.leaf("t:InternetMessageHeader", value, {{"HeaderName", name}});
  }
  if (inside.text().empty()) return;
  out.open("t:InternetMessageHeaders");
  out.raw(inside.text());
  out.close();
}

} // namespace exchange_sim
