#pragma once

#include "tests/exchange_sim/properties.hpp"

namespace exchange_sim {

/// The rows of ItemType, and what MessageType and PostItemType add, each in the order of the schema.
std::span<const field> item_fields();
std::span<const field> message_fields();
std::span<const field> post_fields();

// Pieces that both tables use.
std::string flag_word(bool);
/// At most so many bytes, cut between characters.
std::string clipped(const std::string& utf8, std::size_t bytes);
/// Inline images do not count as attachments.
bool has_visible_attachments(const item&);
void write_time(xml_writer&, const char* element, const std::optional<sys_time>&);
void write_kept(const field_reading&, xml_writer&, const char* element);
std::vector<address> read_recipients(session&, node list);
std::optional<address> read_recipient(session&, node holder);

} // namespace exchange_sim
