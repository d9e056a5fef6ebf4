#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

#include <optional>

namespace exsyncd::ews {

/// SyncFolderHierarchy: what changed among the folders under one. One entry.
struct sync_folder_hierarchy {
  std::optional<folder_reference> root; // nothing: the whole mailbox
  sync_cursor cursor;                   // empty: from the beginning
};
struct folder_left {
  folder_id id;
};
struct hierarchy_page {
  std::vector<std::variant<keyed_folder, folder_left>> changes;
  sync_cursor cursor;
  bool last = false;
};
std::string write(const request_context& context, const sync_folder_hierarchy& request);
answer_reader<hierarchy_page> read_sync_folder_hierarchy();

} // namespace exsyncd::ews
