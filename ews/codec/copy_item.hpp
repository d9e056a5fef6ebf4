#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// CopyItem. One entry for each item, in order, with the id it has there; empty where the server does not tell (between
/// stores). Not guarded by keys.
struct copy_items {
  folder_reference to;
  std::vector<item_id> items; // at least one
};
std::string write(const request_context& context, const copy_items& request);
answer_reader<item_key> read_copy_items();

} // namespace exsyncd::ews
