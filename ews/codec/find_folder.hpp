#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// FindFolder: the folders right under one (Traversal Shallow), or all below it (Deep, which public folders refuse), a
/// page of them. One entry.
struct find_folder {
  folder_reference parent;
  bool deep = false;
  std::uint32_t offset = 0;
  std::uint32_t page = 1000; // what servers give at most
  bool is_public = false;    // as in get_folder
};
struct folder_page {
  std::vector<keyed_folder> folders;
  std::uint32_t next_offset = 0; // where the next page begins
  bool last = true;
};
std::string write(const request_context& context, const find_folder& request);
answer_reader<folder_page> read_find_folder();

} // namespace exsyncd::ews
