#include "actors/logic/likeness.hpp"

#include "actors/logic/digest.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace exsyncd::logic {
namespace {

void add_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x110000) {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

/// The character of "amp", "#228" or "#xE4". Names beside the five of XML stay as they are: all servers write those
/// characters themselves or by number.
std::optional<std::uint32_t> character_of(std::string_view entity) {
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 6> named{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}}};
  for (const auto& [name, c] : named)
    if (entity == name) return c;
  if (!entity.starts_with('#')) return {};
  entity.remove_prefix(1);
  const bool hexadecimal = entity.starts_with('x') || entity.starts_with('X');
  if (hexadecimal) entity.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(entity.data(), entity.data() + entity.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end != entity.data() + entity.size()) return {};
  return value;
}

bool starts_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  return std::equal(word.begin(), word.end(), text.begin(), same) &&
         (text.size() == word.size() || !std::isalnum(static_cast<unsigned char>(text[word.size()])));
}

/// Behind the mark-up that begins at `at`; a comment, and what is a style or a script, counts with it.
std::size_t behind_markup(std::string_view html, std::size_t at) {
  const auto behind = [&](std::string_view end) {
    const auto found = html.find(end, at);
    return found == std::string_view::npos ? html.size() : found + end.size();
  };
  const auto rest = html.substr(at + 1);
  if (rest.starts_with("!--")) return behind("-->");
  for (std::string_view hidden : {"style", "script", "title"})
    if (starts_with_word(rest, hidden)) {
      for (std::size_t next = at + 1; (next = html.find("</", next)) != std::string_view::npos; ++next)
        if (starts_with_word(html.substr(next + 2), hidden)) {
          at = next;
          return behind(">");
        }
      return html.size();
    }
  return behind(">");
}

std::string text_of_html(std::string_view html) {
  std::string out;
  for (std::size_t at = 0; at < html.size();) {
    if (html[at] == '<' && at + 1 < html.size() &&
        (std::isalpha(static_cast<unsigned char>(html[at + 1])) || html[at + 1] == '/' || html[at + 1] == '!' ||
         html[at + 1] == '?')) {
      at = behind_markup(html, at);
      continue;
    }
    if (html[at] == '&') {
      const auto end = html.substr(at, 12).find(';');
      if (end != std::string_view::npos)
        if (const auto c = character_of(html.substr(at + 1, end - 1))) {
          add_utf8(out, *c);
          at += end + 1;
          continue;
        }
    }
    out += html[at++];
  }
  return out;
}

} // namespace

std::string words_of(std::string_view body) {
  const auto kind = body.substr(0, body.find('\n'));
  std::string text;
  if (kind == "HTML")
    text = text_of_html(body.substr(std::min(body.size(), kind.size() + 1)));
  else
    text = kind == "Text" ? body.substr(std::min(body.size(), kind.size() + 1)) : body;
  std::string words, signs;
  words.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xa0)
      ++i; // a space that does not break
    else if (c >= 0x80 || std::isalnum(c))
      words += text[i];
    else if (std::isgraph(c))
      signs += text[i];
  }
  return words.empty() ? signs : words;
}

field_digests likeness_of(const content& c) {
  std::vector<field_value> parts;
  for (const auto& f : c.fields)
    if (f.field == field::body) parts.push_back({field::body, words_of(f.value)});
  return digests_of(parts);
}

field_digests with_words(field_digests sent, const content& source) {
  const auto words = likeness_of(source);
  return with_fields(std::move(sent), {{hint::body_words, words.empty() ? digest{} : words.front().value}},
                     {hint::body_words});
}

} // namespace exsyncd::logic
