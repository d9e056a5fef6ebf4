#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// MoveFolder: one folder with all that is in it under another. The entry holds its id and key as they are then.
struct move_folder {
  folder_id folder;
  folder_reference to;
};
std::string write(const request_context& context, const move_folder& request);
answer_reader<keyed_folder> read_move_folder();

} // namespace exsyncd::ews
