#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// UpdateFolder: a new name, guarded by the folder's key.
struct update_folder {
  folder_id folder;
  change_key guard;
  std::string display_name;
};
std::string write(const request_context& context, const update_folder& request);
answer_reader<keyed_folder> read_update_folder();

} // namespace exsyncd::ews
