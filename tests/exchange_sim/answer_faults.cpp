// What servers that are not quite Exchange, proxies and bad days make of an answer: the text of it is changed, so each
// works for every operation that has what it changes.
#include "tests/exchange_sim/answer_faults.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>

namespace exchange_sim {

namespace {

constexpr std::string_view list_begin = "<m:ResponseMessages>", list_end = "</m:ResponseMessages>";

/// An answer taken apart at its response messages.
struct taken_apart {
  std::string before, after;
  std::vector<std::string> messages;

  std::string together() const {
    auto out = before;
    for (const auto& one : messages)
      out += one;
    return out + after;
  }
};

std::optional<taken_apart> take_apart(const std::string& body) {
  auto begin = body.find(list_begin), end = body.rfind(list_end);
  if (begin == body.npos || end == body.npos) return std::nullopt;
  begin += list_begin.size();
  taken_apart out{body.substr(0, begin), body.substr(end), {}};
  // Response messages of one answer have one name and do not lie within each other.
  for (auto at = begin; at < end;) {
    auto name = body.substr(at + 1, body.find_first_of(" >/", at + 1) - at - 1);
    auto close = "</" + name + ">";
    auto next = body.find(close, at);
    if (next == body.npos || next >= end) break;
    next += close.size();
    out.messages.push_back(body.substr(at, next - at));
    at = next;
  }
  return out;
}

template <class Change>
http_response with_messages(http_response answer, Change change) {
  if (auto apart = take_apart(answer.body); apart && !apart->messages.empty()) {
    change(apart->messages);
    answer.body = apart->together();
  }
  return answer;
}

http_response reordered(http_response answer) {
  return with_messages(std::move(answer), [](auto& all) { std::reverse(all.begin(), all.end()); });
}

http_response doubled(http_response answer) {
  return with_messages(std::move(answer), [](auto& all) { all.push_back(all.front()); });
}

http_response fewer(http_response answer) {
  return with_messages(std::move(answer), [](auto& all) { all.pop_back(); });
}

http_response no_messages(http_response answer) {
  return with_messages(std::move(answer), [](auto& all) { all.clear(); });
}

/// Every `name="…"` of the text gives way to what `change` makes of it.
template <class Change>
void each_attribute(std::string& text, const std::string& name, Change change) {
  auto wanted = " " + name + "=\"";
  for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at)) {
    auto value = at + wanted.size();
    auto end = text.find('"', value);
    if (end == text.npos) return;
    auto put = change(text.substr(value, end - value));
    text.replace(at, end + 1 - at, put ? wanted + *put + "\"" : std::string());
    if (put) at += wanted.size() + put->size();
  }
}

http_response no_root_change_key(http_response answer) {
  each_attribute(answer.body, "RootItemChangeKey", [](const std::string&) { return std::optional<std::string>(); });
  return answer;
}

http_response one_id_for_all(http_response answer) {
  std::string first;
  for (auto at = answer.body.find("<t:ItemId "); at != answer.body.npos; at = answer.body.find("<t:ItemId ", at + 1)) {
    auto end = answer.body.find("/>", at);
    if (end == answer.body.npos) break;
    if (first.empty())
      first = answer.body.substr(at, end - at);
    else
      answer.body.replace(at, end - at, first);
  }
  return answer;
}

http_response never_last(http_response answer) {
  for (std::string name : {"IncludesLastItemInRange", "IncludesLastFolderInRange"}) {
    auto says = "<m:" + name + ">true<", instead = "<m:" + name + ">false<";
    for (auto at = answer.body.find(says); at != answer.body.npos; at = answer.body.find(says, at))
      answer.body.replace(at, says.size(), instead);
    each_attribute(answer.body, name, [](const std::string&) { return std::optional<std::string>("false"); });
  }
  return answer;
}

http_response byte_order_mark(http_response answer) {
  answer.body.insert(0, "\xef\xbb\xbf");
  return answer;
}

http_response blank_line_first(http_response answer) {
  answer.body.insert(0, "\r\n");
  return answer;
}

std::uint32_t crc32_of(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t n = 0; n < 256; ++n) {
      auto c = n;
      for (int bit = 0; bit < 8; ++bit)
        c = (c & 1U) != 0 ? 0xedb88320U ^ (c >> 1U) : c >> 1U;
      out[n] = c;
    }
    return out;
  }();
  std::uint32_t crc = 0xffffffffU;
  for (unsigned char byte : bytes)
    crc = table[(crc ^ byte) & 0xffU] ^ (crc >> 8U);
  return crc ^ 0xffffffffU;
}

void put_little(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i, value >>= 8U)
    out += static_cast<char>(value & 0xffU);
}

/// One gzip member (RFC 1952) that stores its bytes: how well it packs is nobody's concern here.
std::string gzip_member(std::string_view bytes) {
  std::string out("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10);
  constexpr std::size_t most = 0xffff;
  for (std::size_t at = 0; at <= bytes.size(); at += most) {
    auto block = bytes.substr(at, most);
    out += static_cast<char>(at + most > bytes.size() ? 1 : 0);
    put_little(out, static_cast<std::uint32_t>(block.size()), 2);
    put_little(out, ~static_cast<std::uint32_t>(block.size()), 2);
    out += block;
  }
  put_little(out, crc32_of(bytes), 4);
  put_little(out, static_cast<std::uint32_t>(bytes.size()), 4);
  return out;
}

http_response gzip_in_two(http_response answer) {
  std::string_view all = answer.body;
  auto half = all.size() / 2;
  answer.body = gzip_member(all.substr(0, half)) + gzip_member(all.substr(half));
  answer.headers.emplace_back("Content-Encoding", "gzip");
  return answer;
}

const std::map<std::string, http_response (*)(http_response), std::less<>>& table() {
  static const std::map<std::string, http_response (*)(http_response), std::less<>> all{
      {"answers_reordered", reordered},
      {"answers_doubled", doubled},
      {"answers_missing", fewer},
      {"no_response_messages", no_messages},
      {"no_root_change_key", no_root_change_key},
      {"one_id_for_all", one_id_for_all},
      {"never_last", never_last},
      {"byte_order_mark", byte_order_mark},
      {"blank_line_first", blank_line_first},
      {"gzip_in_two", gzip_in_two},
  };
  return all;
}

} // namespace

http_response (*answer_rewriting(std::string_view name))(http_response) {
  auto found = table().find(name);
  return found == table().end() ? nullptr : found->second;
}

std::vector<std::string> answer_rewritings() {
  std::vector<std::string> out;
  for (const auto& [name, how] : table())
    out.push_back(name);
  return out;
}

std::vector<std::string> item_ids_of(std::string_view answer) {
  constexpr std::string_view start = "<t:ItemId Id=\"";
  std::vector<std::string> out;
  for (auto at = answer.find(start); at != answer.npos; at = answer.find(start, at)) {
    at += start.size();
    std::string id(answer.substr(at, answer.find('"', at) - at));
    if (std::find(out.begin(), out.end(), id) == out.end()) out.push_back(std::move(id));
  }
  return out;
}

} // namespace exchange_sim
