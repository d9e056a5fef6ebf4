#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// MoveItem. One entry for each item, in order, with the id it has there; empty where the server does not tell (between
/// stores). Not guarded by keys.
struct move_items {
  folder_reference to;
  std::vector<item_id> items; // at least one
};
std::string write(const request_context& context, const move_items& request);
answer_reader<item_key> read_move_items();

} // namespace exsyncd::ews
