#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// DeleteItem into Deleted Items, or to where only its owner can recover it (public folders have no Deleted Items),
/// with read receipts suppressed where the version can say so; before, suppress_read_ receipts comes first. One entry
/// for each item, without a new id.
struct delete_items {
  std::vector<item_id> items; // at least one
  bool soft = false;          // SoftDelete in place of MoveToDeletedItems
};
std::string write(const request_context& context, const delete_items& request);
answer_reader<done> read_delete_items();

} // namespace exsyncd::ews
