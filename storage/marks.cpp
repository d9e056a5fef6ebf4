#include "storage/marks.hpp"

#include <algorithm>
#include <cstdint>

namespace exsyncd {
namespace {

constexpr std::size_t of_mailbox = 4, of_item = 12;

/// FNV-1a: places are compared by it in every daemon there ever is.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3;
  return hash ^ hash >> 32;
}

std::string hexadecimal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4)
    text[i] = "0123456789abcdef"[value & 0xf];
  return text;
}

/// Of a contact that was read what people call it, in digits: before 2010 servers give it no subject.
std::string names_of(const observation& o) {
  std::string all;
  if (!o.content || o.item_class != item_class::contact) return all;
  for (const auto& d : *o.content)
    if (d.field == field::given_name || d.field == field::surname || d.field == field::company_name) {
      all += static_cast<char>(d.field);
      all.append(d.value.begin(), d.value.end());
    }
  return all.empty() ? all : hexadecimal(hash_of(all), 16);
}

} // namespace

std::optional<mark_parts> parts_of(const operation_mark& mark) {
  const std::string_view m = mark.value;
  const auto last = m.rfind('/');
  if (last == std::string_view::npos || last == 0) return {};
  const auto middle = m.rfind('/', last - 1);
  if (middle == std::string_view::npos) return {};
  mark_parts parts;
  parts.pair = m.substr(0, middle);
  parts.twin = m.substr(middle + 1, last - middle - 1);
  auto rest = m.substr(last + 1);
  const auto next = [&rest](char end) {
    const auto at = std::min(rest.find(end), rest.size());
    const auto part = rest.substr(0, at);
    rest.remove_prefix(std::min(rest.size(), at + 1));
    return std::string(part);
  };
  parts.intent = next('~');
  parts.origin = next('~');
  const auto is_place = [](const std::string& text) { return text.size() == of_mailbox + of_item; };
  const auto replaced_at = rest.find('~');
  if (replaced_at != std::string_view::npos) {
    parts.replaced = rest.substr(replaced_at + 1);
    if (!is_place(parts.replaced)) parts.replaced.clear();
    rest = rest.substr(0, replaced_at);
  }
  while (!rest.empty())
    if (auto place = next('.'); is_place(place)) parts.places.push_back(std::move(place));
  return parts;
}

operation_mark mark_of(const mark_parts& parts) {
  auto text = parts.pair + "/" + parts.twin + "/" + parts.intent;
  if (!parts.origin.empty() || !parts.places.empty() || !parts.replaced.empty()) text += "~" + parts.origin;
  for (std::size_t i = 0; i < parts.places.size(); ++i)
    text += (i == 0 ? "~" : ".") + parts.places[i];
  if (!parts.replaced.empty()) text += (parts.places.empty() ? "~~" : "~") + parts.replaced;
  return operation_mark{std::move(text)};
}

std::string place_of(const observation& o) {
  if (const auto parts = parts_of(o.mark); parts && !parts->replaced.empty()) return parts->replaced;
  return hexadecimal(hash_of(o.mailbox.value), of_mailbox) + hexadecimal(hash_of(o.item.value), of_item);
}

std::vector<std::string> lineage_of(const observation& o) {
  std::vector<std::string> all;
  if (auto parts = parts_of(o.mark)) all = std::move(parts->places);
  all.push_back(place_of(o));
  return all;
}

std::string first_of_lineage(const observation& o) {
  const auto parts = parts_of(o.mark);
  return parts && !parts->places.empty() ? parts->places.front() : place_of(o);
}

message_id key_of_lineage(const std::string& first) {
  return message_id{" " + first}; // no Message-ID begins with a space
}

std::string origin_of(const observation& o) {
  if (const auto parts = parts_of(o.mark); parts && !parts->origin.empty()) return parts->origin;
  auto origin = o.search_key.value;
  std::replace(origin.begin(), origin.end(), '/', '_'); // which parts marks
  return origin;
}

std::optional<message_id> key_of_origin(const observation& o) {
  const auto origin = origin_of(o);
  if (origin.empty()) return {};
  return message_id{"  origin " + origin};
}

std::vector<message_id> keys_of_half(const observation& o) {
  std::vector<message_id> keys;
  if (!o.message_id.empty())
    keys.push_back(o.message_id);
  else if (!o.subject.empty())
    keys.emplace_back("  subject " + o.subject);
  if (auto names = names_of(o); o.message_id.empty() && !names.empty()) keys.emplace_back("  names " + names);
  if (auto key = key_of_origin(o)) keys.push_back(std::move(*key));
  return keys;
}

std::size_t common_lineage(const observation& a, const observation& b) {
  const auto x = lineage_of(a), y = lineage_of(b);
  const auto way = static_cast<std::size_t>(std::mismatch(x.begin(), x.end(), y.begin(), y.end()).first - x.begin());
  if (way == 0) return 0;
  const auto mailbox = [](const std::string& place) { return std::string_view(place).substr(0, of_mailbox); };
  for (auto i = way; i < x.size(); ++i)
    for (auto j = way; j < y.size(); ++j)
      if (mailbox(x[i]) == mailbox(y[j]) && x[i] != y[j]) return 0;
  // Who comes back to the mailbox that both have come by last comes as a user's copy that was made behind it.
  for (const auto* one : {&x, &y})
    for (auto i = way; i < one->size(); ++i)
      if (mailbox((*one)[i]) == mailbox(x[way - 1])) return 0;
  return way;
}

} // namespace exsyncd
