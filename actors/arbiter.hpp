#pragma once

#include "actors/folder_pair.hpp"
#include "actors/ledger.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace exsyncd {

/// A folder pair as the arbiter must know it.
struct arbitrated_folder {
  folder_pair_id name;
  exsyncd::policy policy;
  /// Its folders were found and read in this round. Where not, nothing of it is decided.
  bool usable = true;
  /// One of its folders is known not to exist: then nothing can have been moved into it, and deletes elsewhere need not
  /// wait until it has been listed.
  both<bool> missing;
  /// Where it is not usable: what has left another folder may have been moved into this one, so it is not believed to
  /// be deleted yet. Not for ever: see sync_round.
  bool holds_deletes = true;
  /// Where it is not usable: whose list was read all the same. What has left there is no new item of another folder.
  both<bool> listed;
  /// Where a side has another folder than before: the paths of both, which are one where it was made again there.
  both<std::optional<std::pair<std::string, std::string>>> was_at;
  /// logic::kind_of_folder, as far as it was ever seen; an item of another kind cannot have been moved into it.
  std::string kind;
};

/// Decides about everything that is unsettled.
struct arbitrate {
  std::vector<arbitrated_folder> folders;
  both<settable> what_can_be_set;
  /// Deletes of a day that need no administrator.
  std::uint64_t deletes_a_day = std::numeric_limits<std::uint64_t>::max();
  /// Nothing has been carried out in this round yet.
  bool first_of_round = false;
};

/// What was decided, by folder pair, and what could not be.
struct arbitrated {
  struct of_folder_pair {
    std::vector<task> tasks;
    std::uint32_t waiting_for_listing = 0;
    std::uint32_t waiting_for_delete = 0; // a second listing would let them be believed
    std::uint32_t waiting_for_unread = 0; // a folder that cannot be read may hold them
    std::uint32_t waiting_for_echo = 0;   // a second listing would show what was written
    std::uint32_t resting = 0;
    std::uint32_t banned = 0;
    std::map<std::string, std::uint32_t> skipped; // by reason
    std::optional<frozen> held;                   // by the brake
  };
  std::map<folder_pair_id, of_folder_pair> folder_pairs;
  /// The earliest time at which something that rests, or whose outcome is unknown, is due.
  std::optional<utc_seconds> next_due;
};

/// What a mailbox can hold and set on items of a class; of a mail what UpdateItem may set on every one.
const std::vector<field>& settable_on(const settable& can, item_class c);

/// One a pair: the primary/replica rule, one operation per twin, moves between mapped folders, matching, the brake.
using arbiter_actor = caf::typed_actor<
    // Facts in the ledger to verdicts.
    caf::replies_to<arbitrate>::with<arbitrated>>;

struct arbiter_state {
  arbiter_state(arbiter_actor::pointer) {}
};

arbiter_actor::behavior_type arbiter(arbiter_actor::stateful_pointer<arbiter_state> self, pair_id pair,
                                     ledger_actor ledger, context around);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::arbitrate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::arbitrated)
