#pragma once

#include "actors/ews/mailbox_calls.hpp"

#include <functional>
#include <variant>

namespace exsyncd {

/// Reads the next page of a folder's change list. Where one item spoils it the page is read in smaller ones; an item
/// that cannot be told even alone is found out and left out by name (Ignore), and the page tells of it
/// (change_page::unlistable). Only for actors/ews/mailbox*.cpp.
void read_page(mailbox_pointer self, const folder_id& folder, const sync_cursor& cursor,
               std::function<void(std::variant<change_page, ews::meaning>)> then);

} // namespace exsyncd
