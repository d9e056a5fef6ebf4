#include "tests/exchange_sim/xml.hpp"

#include <libxml/parser.h>

namespace exchange_sim {

namespace {

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

xmlNode* element_from(xmlNode* at) {
  while (at != nullptr && at->type != XML_ELEMENT_NODE)
    at = at->next;
  return at;
}

void silent(void*, const char*, ...) {}

} // namespace

std::string node::name() const {
  return std::string(view(raw_->name));
}

std::string node::space() const {
  return raw_->ns == nullptr ? std::string() : std::string(view(raw_->ns->href));
}

std::string node::text() const {
  if (raw_ == nullptr) return {};
  xmlChar* content = xmlNodeGetContent(raw_);
  std::string out(view(content));
  xmlFree(content);
  return out;
}

std::optional<std::string> node::attribute(const char* local_name) const {
  if (raw_ == nullptr) return std::nullopt;
  xmlChar* value = xmlGetNoNsProp(raw_, reinterpret_cast<const xmlChar*>(local_name));
  if (value == nullptr) return std::nullopt;
  std::string out(view(value));
  xmlFree(value);
  return out;
}

std::string node::attribute_or(const char* local_name, std::string_view fallback) const {
  auto value = attribute(local_name);
  return value ? *value : std::string(fallback);
}

node node::child(std::string_view local_name) const {
  for (node at = first(); at; at = at.next())
    if (at.is(local_name)) return at;
  return {};
}

node node::first() const {
  return node(raw_ == nullptr ? nullptr : element_from(raw_->children));
}
node node::next() const {
  return node(raw_ == nullptr ? nullptr : element_from(raw_->next));
}

std::vector<node> node::children() const {
  std::vector<node> out;
  for (node at = first(); at; at = at.next())
    out.push_back(at);
  return out;
}

bool node::truth() const {
  auto value = text();
  return value == "true" || value == "1";
}

std::optional<document> document::parse(std::string_view text) {
  xmlSetGenericErrorFunc(nullptr, silent);
  xmlDoc* doc = xmlReadMemory(text.data(), static_cast<int>(text.size()), "request.xml", nullptr,
                              XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (doc == nullptr) return std::nullopt;
  document out(doc);
  if (xmlGetIntSubset(doc) != nullptr || xmlDocGetRootElement(doc) == nullptr) return std::nullopt;
  return out;
}

node document::root() const {
  return node(xmlDocGetRootElement(doc_.get()));
}

namespace {

// Nearly every byte of an answer goes through here, so what needs no care goes in runs.
bool is_plain(unsigned char c) {
  return (c >= 0x20 || c == '\n' || c == '\t') && c != '&' && c != '<' && c != '>' && c != '"' && c != 0xef;
}

void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    auto end = i;
    while (end < text.size() && is_plain(static_cast<unsigned char>(text[end])))
      ++end;
    out.append(text.data() + i, end - i);
    if (end == text.size()) return;
    i = end + 1;
    switch (text[end]) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\r':
      out += "&#xD;";
      break;
    case '\xef':
      // U+FFFE and U+FFFF are no XML characters either.
      if (auto three = text.substr(end, 3); three == "\xef\xbf\xbe" || three == "\xef\xbf\xbf")
        i = end + 3;
      else
        out += '\xef';
      break;
    default:
      break;
    }
  }
}

} // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text);
  return out;
}

void xml_writer::open(std::string_view name, const attributes& with) {
  out_ += '<';
  out_ += name;
  for (const auto& [key, value] : with) {
    out_ += ' ';
    out_ += key;
    out_ += "=\"";
    append_escaped(out_, value);
    out_ += '"';
  }
  out_ += '>';
  open_.emplace_back(name);
}

void xml_writer::close() {
  out_ += "</";
  out_ += open_.back();
  out_ += '>';
  open_.pop_back();
}

void xml_writer::leaf(std::string_view name, std::string_view text, const attributes& with) {
  open(name, with);
  append_escaped(out_, text);
  close();
}

void xml_writer::empty(std::string_view name, const attributes& with) {
  open(name, with);
  out_.back() = '/';
  out_ += '>';
  open_.pop_back();
}

} // namespace exchange_sim
