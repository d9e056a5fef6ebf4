#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

#include <vector>

namespace exsyncd::ews {

/// What a listing asks for: ids, marks, read state and what identifies a mail. Never Body, Attachments or MIME, which
/// neither SyncFolderItems nor FindItem returns.
const item_shape& listing_shape();

/// SyncFolderItems: a page of changes of one folder. One entry. A page that names no SyncState is an item_error, so
/// that an empty one, as ErrorInvalidSyncStateData carries it, is never stored.
struct sync_folder_items {
  static constexpr int largest_page = 512; // MaxSyncChangesReturnedType
  folder_id folder;
  sync_cursor cursor; // empty: from the beginning
  int page = largest_page;
  std::vector<item_id> ignore = {}; // left out of the answer, and told by no later one unless they change
};
std::string write(const request_context& context, const sync_folder_items& request);
answer_reader<change_page> read_sync_folder_items();

} // namespace exsyncd::ews
