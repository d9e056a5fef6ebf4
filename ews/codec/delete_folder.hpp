#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// DeleteFolder into Deleted Items, where its user can still find it.
struct delete_folder {
  std::vector<folder_id> folders; // at least one
};
std::string write(const request_context& context, const delete_folder& request);
answer_reader<done> read_delete_folder();

} // namespace exsyncd::ews
