#pragma once

#include "tests/exchange_sim/state.hpp"

#include <nlohmann/json_fwd.hpp>

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

/// An item as `contents` shows it.
nlohmann::json shown(const mailbox&, const item&);

/// Counts what Outlook mails when its user deletes a meeting.
void tell_of_deletion(change_context&, const item& gone);

/// Finds mailbox and item, runs the act on them, and answers the id of the item that the act returns.
template <class Act>
outcome<std::string> on_item(universe& all, const world_options& options, const mailbox_ref& ref,
                             const item_locator& wanted, Act act) {
  auto found = find_mailbox(all, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* named = locate(*found.box, wanted);
  if (named == nullptr)
    return refusal{"no such item: " + (wanted.id.empty() ? wanted.subject + wanted.message_id : wanted.id)};
  change_context changes{all, *found.host, *found.box, options.now(), options.random, found.box->who.display_name};
  return act(changes, *named);
}

} // namespace exchange_sim
