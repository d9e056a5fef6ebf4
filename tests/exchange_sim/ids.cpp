#include "tests/exchange_sim/ids.hpp"

#include "tests/exchange_sim/item_types.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace exchange_sim {

namespace {

constexpr std::string_view id_prefix("\x00\x03\x24\x00", 4);
constexpr std::size_t id_size = 4 + 16 + 1 + 8 + 8 + 4;

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(number >> (8 * i) & 0xff);
}

std::uint64_t number_at(std::string_view from, std::size_t at, int bytes) {
  std::uint64_t out = 0;
  for (int i = 0; i < bytes; ++i)
    out = out << 8 | static_cast<unsigned char>(from[at + static_cast<std::size_t>(i)]);
  return out;
}

std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t sum = 2166136261U;
  for (unsigned char c : bytes)
    sum = (sum ^ c) * 16777619U & 0xffffffffU;
  return sum;
}

std::string make_id(const mailbox& box, id_kind kind, std::uint64_t key, std::uint64_t part) {
  std::string bytes(id_prefix);
  bytes += box.guid;
  bytes += static_cast<char>(kind);
  append_number(bytes, key, 8);
  append_number(bytes, part, 8);
  append_number(bytes, checksum(bytes), 4);
  return base64(bytes);
}

constexpr std::string_view item_type("\x09\x00\x00\x00", 4);
constexpr std::string_view folder_type("\x01\x00\x00\x00", 4);
constexpr std::string_view key_length("\x16\x00\x00\x00", 4);

std::string make_change_key(const mailbox& box, std::string_view type, change_number number) {
  std::string bytes(type);
  bytes += key_length;
  bytes += box.guid;
  append_number(bytes, number, 6);
  return base64(bytes);
}

} // namespace

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  auto written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                 reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(written));
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (char c : text)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') clean += c;
  if (clean.empty()) return std::string{};
  if (clean.size() % 4 != 0) return std::nullopt;
  std::string out(clean.size() / 4 * 3, '\0');
  auto written = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                 reinterpret_cast<const unsigned char*>(clean.data()), static_cast<int>(clean.size()));
  if (written < 0) return std::nullopt;
  auto padding = clean.ends_with("==") ? 2U : clean.ends_with("=") ? 1U : 0U;
  out.resize(static_cast<std::size_t>(written) - padding);
  return out;
}

std::string wire_id(const mailbox& box, folder_key key) {
  return make_id(box, id_kind::folder, key.value, 0);
}
std::string wire_id(const mailbox& box, item_key key) {
  return make_id(box, id_kind::item, key.value, 0);
}
std::string wire_id(const mailbox& box, const item& of) {
  if (!of.calendar || !of.calendar->shows) return wire_id(box, of.key);
  auto day = of.calendar->shows->day.time_since_epoch().count();
  return make_id(box, id_kind::occurrence, of.key.value, static_cast<std::uint64_t>(day));
}
std::string wire_attachment_id(const mailbox& box, item_key key, std::uint64_t part) {
  return make_id(box, id_kind::attachment, key.value, part);
}

std::optional<parsed_id> parse_id(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() != id_size || !bytes->starts_with(id_prefix)) return std::nullopt;
  if (checksum(bytes->substr(0, id_size - 4)) != number_at(*bytes, id_size - 4, 4)) return std::nullopt;
  parsed_id out{bytes->substr(4, 16), static_cast<id_kind>((*bytes)[20]), number_at(*bytes, 21, 8),
                number_at(*bytes, 29, 8)};
  if (out.kind < id_kind::folder || out.kind > id_kind::occurrence) return std::nullopt;
  return out;
}

std::string change_key(const mailbox& box, const folder& of) {
  std::string type(folder_type);
  // Folders of a class have types of their own, as recorded keys show.
  type[0] = of.folder_class.starts_with("IPF.Appointment") ? 2
            : of.folder_class.starts_with("IPF.Contact")   ? 3
            : of.folder_class.starts_with("IPF.Task")      ? 4
                                                           : 1;
  return make_change_key(box, type, of.changed);
}
std::string change_key(const mailbox& box, const item& of) {
  std::string type(item_type);
  type[0] = rules_of_class(of.item_class).change_key_type;
  return make_change_key(box, type, of.changed);
}
std::string type_only_key_of_item() {
  return base64(item_type);
}
std::string type_only_key_of_folder() {
  return base64(folder_type);
}

std::optional<change_number> parse_change_key(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes || (bytes->size() != 4 && bytes->size() != 30)) return std::nullopt;
  if (bytes->size() == 4) return 0;
  if (bytes->substr(4, 4) != key_length) return std::nullopt;
  return number_at(*bytes, 24, 6);
}

} // namespace exchange_sim
