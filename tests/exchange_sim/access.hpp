#pragma once

#include "tests/exchange_sim/session.hpp"

#include <string>
#include <string_view>

namespace exchange_sim {

/// What the asking user may do in one folder (MS-OXWSFOLD, PermissionLevelType and its parts).
struct folder_rights {
  bool visible = false, read = false, create = false;
  bool edit_own = false, edit_all = false, delete_own = false, delete_all = false;
  bool create_subfolders = false, owner = false;
  bool private_items = false; ///< sees what is marked private (the mailbox-wide right)
};

/// None where no such level exists.
std::optional<folder_rights> rights_of_level(std::string_view level);

/// The rights of the session's user in a folder of the mailbox that the session is in.
folder_rights rights_in(const session&, const folder&);

/// Throws response_error where the right is missing: ErrorAccessDenied.
void require(const session&, const folder&, bool folder_rights::*right);
/// The same for the pair of rights over an item: everybody's, or one's own.
void require_edit(const session&, const item&);
void require_delete(const session&, const item&);

/// A private item of somebody else, for one who may not see private items (MS-OXODLGT: PidTagSensitivity is 2). It is
/// nowhere: neither in lists nor by its id.
bool is_hidden(const session&, const item&);

/// Throws the code that `deny` ordered for this folder and the session's accounts, if any.
void refuse_withdrawn(const session&, const folder&);
bool is_withdrawn(const session&, const folder&);

} // namespace exchange_sim
