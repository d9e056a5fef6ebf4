#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// UpdateFolder: our own property of several folders, each guarded by its key. An entry for each. Only who owns a
/// folder may do that (UpdateFolder operation; EffectiveRights, Modify).
struct set_folder_marks {
  struct one {
    folder_id folder;
    change_key guard;
    std::string folder_class; // decides which element of the schema stands for it
    std::string value;        // empty: the property goes
  };
  std::vector<one> folders; // at least one
};
std::string write(const request_context& context, const set_folder_marks& request);
answer_reader<keyed_folder> read_set_folder_marks();

} // namespace exsyncd::ews
