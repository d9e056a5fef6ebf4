#include "ews/http/cookies.hpp"

#include <algorithm>
#include <string_view>

namespace exsyncd::http {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

bool same_word(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// What stands before the next `end`, which is taken off.
std::string_view next_part(std::string_view& text, char end) {
  const auto at = text.find(end);
  const auto part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return trimmed(part);
}

} // namespace

void cookie_jar::take(const std::vector<header>& headers) {
  for (const header& h : headers) {
    if (!same_word(h.name, "Set-Cookie")) continue;
    std::string_view rest = h.value;
    std::string_view pair = next_part(rest, ';');
    const bool named = pair.find('=') != std::string_view::npos;
    const std::string name(next_part(pair, '='));
    const std::string value(trimmed(pair));
    if (!named || name.empty()) continue;
    bool over = value.empty();
    while (!rest.empty()) {
      std::string_view attribute = next_part(rest, ';');
      if (!same_word(next_part(attribute, '='), "Max-Age")) continue;
      const auto age = trimmed(attribute);
      over = over || age == "0" || age.starts_with('-');
    }
    if (over)
      cookies_.erase(name);
    else
      cookies_[name] = value;
  }
}

std::optional<header> cookie_jar::header_line() const {
  if (cookies_.empty()) return std::nullopt;
  header out{"Cookie", {}};
  for (const auto& [name, value] : cookies_)
    out.value += (out.value.empty() ? "" : "; ") + name + "=" + value;
  return out;
}

} // namespace exsyncd::http
