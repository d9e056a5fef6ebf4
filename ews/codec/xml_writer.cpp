#include "ews/codec/xml_writer.hpp"

namespace exsyncd::ews {

void xml_writer::escaped(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    switch (c) {
    case '&':
      out_ += "&amp;";
      break;
    case '<':
      out_ += "&lt;";
      break;
    case '>':
      out_ += "&gt;";
      break;
    case '"':
      out_ += "&quot;";
      break;
    // Written as references: a parser would turn the bare characters into spaces (attributes) or line feeds (text).
    case '\r':
      out_ += "&#13;";
      break;
    case '\n':
      out_ += "&#10;";
      break;
    case '\t':
      out_ += "&#9;";
      break;
    default:
      if (static_cast<unsigned char>(c) < 0x20) {
        out_ += "\xEF\xBF\xBD";
      } else if (c == '\xEF' && i + 2 < value.size() && value[i + 1] == '\xBF' &&
                 (value[i + 2] == '\xBE' || value[i + 2] == '\xBF')) {
        out_ += "\xEF\xBF\xBD"; // U+FFFE, U+FFFF
        i += 2;
      } else {
        out_ += c;
      }
    }
  }
}

void xml_writer::start(std::string_view name, std::span<const attribute> attributes) {
  out_ += '<';
  out_ += name;
  for (const auto& [key, value] : attributes) {
    out_ += ' ';
    out_ += key;
    out_ += "=\"";
    escaped(value);
    out_ += '"';
  }
}

void xml_writer::open(std::string_view name, std::initializer_list<attribute> attributes) {
  open(name, std::span(attributes.begin(), attributes.size()));
}

void xml_writer::open(std::string_view name, std::span<const attribute> attributes) {
  start(name, attributes);
  out_ += '>';
}

void xml_writer::close(std::string_view name) {
  out_ += "</";
  out_ += name;
  out_ += '>';
}

void xml_writer::empty(std::string_view name, std::initializer_list<attribute> attributes) {
  start(name, std::span(attributes.begin(), attributes.size()));
  out_ += "/>";
}

void xml_writer::text(std::string_view name, std::string_view value, std::initializer_list<attribute> attributes) {
  open(name, attributes);
  escaped(value);
  close(name);
}

void xml_writer::plain(std::string_view name, std::string_view value, std::initializer_list<attribute> attributes) {
  out_.reserve(out_.size() + value.size() + 2 * name.size() + 32);
  open(name, attributes);
  out_ += value;
  close(name);
}

segmented_text::operator std::string() const {
  std::string all = text;
  // From the end, so that the places before stay right.
  for (auto at = large.rbegin(); at != large.rend(); ++at)
    all.insert(at->first, at->second.text());
  return all;
}

std::string xml_writer::take() {
  if (large_.empty()) return std::move(out_);
  return take_segments();
}

void xml_writer::large(std::string_view name, const large_text& value) {
  if (!value.is_stored()) return plain(name, value.text());
  open(name);
  large_.emplace_back(out_.size(), value);
  close(name);
}

} // namespace exsyncd::ews
