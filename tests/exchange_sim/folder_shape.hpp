#pragma once

#include "tests/exchange_sim/extended.hpp"

namespace exchange_sim {

/// A FolderShape, read.
struct folder_shape {
  bool standard = false, all = false;
  std::vector<std::string> fields;
  std::vector<std::pair<property_path, node>> extended;
};

folder_shape read_folder_shape(node);
/// <t:Folder>, <t:CalendarFolder>... with what the shape asks for.
void write_folder(session&, xml_writer&, const folder&, const folder_shape&);
/// The value of a path as a restriction of FindFolder sees it.
std::optional<std::vector<std::string>> folder_value(session&, const folder&, node path);
std::optional<extended_value> get_extended(session&, const folder&, const property_path&);

} // namespace exchange_sim
