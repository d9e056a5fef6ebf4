#include "ews/codec/canonical.hpp"

#include <cctype>

namespace exsyncd::ews {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return out;
}

std::optional<std::string_view> named_line(std::string_view text, std::string_view name) {
  for (auto line : lines_of(text))
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=')
      return line.substr(name.size() + 1);
  return std::nullopt;
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
  if (!text.empty()) text += '\n';
  text += name;
  text += '=';
  for (char c : value) {
    if (c == '\r') continue;
    if (c == '\n')
      text += "\\n";
    else if (c == '\\')
      text += "\\\\";
    else
      text += c;
  }
}

std::string unfolded(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size())
      out += value[++i] == 'n' ? '\n' : value[i];
    else
      out += value[i];
  }
  return out;
}

std::string type_of_file(std::string_view told) {
  const auto type = lower(trimmed(told.substr(0, told.find(';'))));
  return type.empty() ? "application/octet-stream" : type;
}

} // namespace exsyncd::ews
