#pragma once

#include "actors/ews/mailbox_calls.hpp"

#include <functional>
#include <memory>
#include <vector>

/// Attachments of an item: what takes several requests. Only for actors/ews/mailbox*.cpp.
namespace exsyncd {

struct wanted_attachments {
  item_id item;
  change_key guard; // the key that the item must have just before
  std::shared_ptr<const std::vector<carried_attachment>> attachments;
};
/// Gives an item these attachments in place of those it has: files that are there already stay, the new ones are
/// created, the largest first, then the old ones are deleted, each request with the key that the one before has
/// answered. A refusal of any of them takes back what was created, so that nothing has changed; a cut in between is
/// `unknown`, and repeating all of it is harmless. `written` has the last key. `then` is called once, or destroyed when
/// the mailbox ends before.
void write_attachments(mailbox_pointer self, wanted_attachments wanted, std::function<void(write_outcome)> then);

} // namespace exsyncd
