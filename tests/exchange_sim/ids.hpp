#pragma once

#include "tests/exchange_sim/state.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exchange_sim {

std::string base64(std::string_view bytes);
/// None where the text is not base64 to the letter; white space is passed over.
std::optional<std::string> from_base64(std::string_view text);

enum class id_kind : unsigned char { folder = 1, item = 2, attachment = 3, occurrence = 4 };

/// What an opaque EWS id says to the server that made it.
struct parsed_id {
  std::string mailbox_guid;
  id_kind kind;
  std::uint64_t key;  ///< of the folder, item or series
  std::uint64_t part; ///< attachment key, or day of the occurrence since 1970; 0 otherwise
};

std::string wire_id(const mailbox&, folder_key);
std::string wire_id(const mailbox&, item_key);
/// The same, but of the occurrence where the item shows one.
std::string wire_id(const mailbox&, const item&);
std::string wire_attachment_id(const mailbox&, item_key, std::uint64_t attachment);
/// None: malformed, that is, not one of any server of ours (checksum included).
std::optional<parsed_id> parse_id(std::string_view);

/// ChangeKeys start with the type of the object; "type-only" ones hold nothing else ("CQAAAA==", "AQAAAA==").
std::string change_key(const mailbox&, const folder&);
std::string change_key(const mailbox&, const item&);
std::string type_only_key_of_item();
std::string type_only_key_of_folder();

/// The change number of a key of this mailbox, 0 for a type-only key, none where it cannot be parsed.
std::optional<change_number> parse_change_key(std::string_view);

} // namespace exchange_sim
