#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// CreateFolder: one folder under a parent. The entry holds its id.
struct create_folder {
  folder_reference parent;
  std::string display_name;
  std::string folder_class; // "IPF.Note"; empty: as the server chooses
};
std::string write(const request_context& context, const create_folder& request);
answer_reader<keyed_folder> read_create_folder();

} // namespace exsyncd::ews
