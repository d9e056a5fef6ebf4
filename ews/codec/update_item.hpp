#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// UpdateItem. One entry for each item, in order; its key is the new one.
struct update_contents {
  struct one {
    item_key guard; // ConflictResolution NeverOverwrite: nothing is written unless this is still the current key
    std::vector<field_value> fields; // at least one that the table of its class can write
    enum item_class item_class = item_class::message;
  };
  std::vector<one> items; // at least one
};
std::string write(const request_context& context, const update_contents& request);

/// UpdateItem of read states, which move no key: AlwaysOverwrite, with the key that the operation demands all the same
/// (ErrorChangeKeyRequiredForWriteOperations in Microsoft's reference).
struct update_read_states {
  std::vector<std::pair<item_key, bool>> items; // at least one
};
std::string write(const request_context& context, const update_read_states& request);

answer_reader<item_key> read_update_item();

} // namespace exsyncd::ews
