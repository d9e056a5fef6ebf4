#include "actors/logic/lease.hpp"

#include "actors/logic/digest.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace exsyncd::logic {
namespace {

constexpr std::string_view format = "1";
constexpr std::size_t longest_host = 32;

std::string hexadecimal(const std::string& of) {
  constexpr std::size_t bytes = 6;
  constexpr std::string_view digits = "0123456789abcdef";
  const auto digest = digests_of({{field::subject, of}}).front().value;
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

template <class Number>
bool read(std::string_view text, Number& into) {
  const auto end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, into);
  return failed == std::errc() && at == end;
}

std::optional<lease> lease_in(std::string_view entry) {
  std::array<std::string_view, 7> words;
  for (auto& word : words) {
    const auto end = std::min(entry.find(' '), entry.size());
    word = entry.substr(0, end);
    entry.remove_prefix(std::min(end + 1, entry.size()));
  }
  std::int64_t at = 0, life = 0;
  if (words[0] != format || words[1].empty() || words[2].empty() || words[3].empty() || !read(words[4], at) ||
      !read(words[5], life) || life <= 0)
    return std::nullopt;
  return lease{std::string(words[1]),      std::string(words[2]),
               std::string(words[3]),      utc_seconds(std::chrono::seconds(at)),
               std::chrono::seconds(life), std::string(words[6])};
}

/// A host's name has no spaces; what has is no name.
std::string word_of(const std::string& host) {
  std::string word;
  for (const char c : host)
    if (word.size() < longest_host && c > ' ' && c != ';' && c < 0x7f) word += c;
  return word;
}

} // namespace

std::vector<lease> leases_in(std::string_view text) {
  std::vector<lease> all;
  while (!text.empty()) {
    const auto end = std::min(text.find(';'), text.size());
    if (auto one = lease_in(text.substr(0, end))) all.push_back(std::move(*one));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return all;
}

std::string text_of(const std::vector<lease>& all) {
  std::string text;
  for (const auto& l : all) {
    if (!text.empty()) text += ';';
    text += std::string(format) + ' ' + l.partner + ' ' + l.holder + ' ' + l.nonce + ' ' +
            std::to_string(l.at.time_since_epoch().count()) + ' ' + std::to_string(l.life.count()) + ' ' +
            word_of(l.host);
  }
  return text;
}

std::string lease_key(const mailbox_identity& store, const folder_id& folder) {
  return hexadecimal(store.value + '\n' + folder.value);
}

std::string short_form(const std::string& id) {
  return hexadecimal(id);
}

bool has_run_out(const lease& of, const std::optional<utc_seconds>& read_at,
                 std::chrono::steady_clock::duration seen_unchanged_for) {
  if (of.at != utc_seconds{} && read_at && *read_at >= of.at + of.life) return true;
  return seen_unchanged_for >= of.life;
}

} // namespace exsyncd::logic
