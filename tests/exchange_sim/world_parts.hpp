#pragma once

#include "tests/exchange_sim/state.hpp"

namespace exchange_sim {

/// A mailbox that a mailbox_ref names, or why there is none.
struct found_mailbox {
  server* host = nullptr;
  mailbox* box = nullptr;
  std::string why{};
};
found_mailbox find_mailbox(universe&, const mailbox_ref&);

/// The item that a locator names, or null.
item* locate(mailbox&, const item_locator&);

/// Counts what Outlook mails when its user deletes a meeting.
void tell_of_deletion(change_context&, const item& gone);

} // namespace exchange_sim
