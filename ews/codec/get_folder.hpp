#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// GetFolder: one entry for each folder asked for.
struct get_folder {
  std::vector<folder_reference> folders; // at least one
  bool is_public = false;                // public folders: where their content lies is asked for too
};
std::string write(const request_context& context, const get_folder& request);
/// The folder of a message that carries one; shared with CreateFolder and UpdateFolder.
std::variant<keyed_folder, std::string> read_one_folder(element& message);
answer_reader<keyed_folder> read_get_folder();

} // namespace exsyncd::ews
