#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

#include <optional>

namespace exsyncd::ews {

/// FindItem, Traversal Shallow: a page of one folder's items, all of them or those whose property has this value. One
/// entry. A page may be shorter than asked for without being the last.
struct find_item {
  folder_id folder;
  std::optional<distinguished_folder> well_known{}; // in its place
  std::optional<std::pair<extended_property, std::string>> where;
  std::uint32_t offset = 0;
  std::uint32_t page = 250; // what 2013+ gives at most with a restriction
};
struct item_page {
  std::vector<listed_item> items;
  std::uint32_t next_offset = 0;
  std::optional<std::uint32_t> total; // in the folder, or of those that match
  bool last = true;
};
std::string write(const request_context& context, const find_item& request);
answer_reader<item_page> read_find_item();

} // namespace exsyncd::ews
