#pragma once

#include "actors/context.hpp"
#include "actors/ledger.hpp"
#include "actors/logic/decide.hpp"
#include "actors/mailbox.hpp"
#include "actors/sight.hpp"
#include "actors/undo_keeper.hpp"
#include "config/settings.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace exsyncd {

/// One twin and what the arbiter wants done about it.
struct task {
  exsyncd::twin twin;
  logic::verdict verdict;
};

/// Where the folder pairs of a pair are: the targets of creates and moves.
using places = std::map<folder_pair_id, both<folder_id>>;

/// Reads the change lists of both sides to their ends, page by page, each stored before the next is asked for.
struct pull {
  both<folder_id> folders;
};
struct pulled {
  both<std::optional<failure>> failed; // that side's list was not read to its end
  bool news = false;                   // something was not as known
  both<std::optional<out_of_sight>> unseen;
  bool suspects = false; // a listing by comparison has not shown what it showed before
};

/// Carries out verdicts in batches: intent on disk, request, settlement on disk.
struct carry_out {
  std::vector<task> tasks;
  std::shared_ptr<const places> where;
};
struct carried {
  std::uint32_t done = 0;    // twins that have come further
  std::uint32_t writes = 0;  // writes that took effect
  std::uint32_t waiting = 0; // nothing could be done now
  std::uint32_t failed = 0;  // refused or to be tried again
  /// What reaches further than one item and stopped the rest.
  both<std::optional<failure>> stopped;
};

/// A batch of a carry_out has ended: what has come further since the last one.
struct batch_carried {
  std::uint32_t done = 0, writes = 0, waiting = 0, failed = 0;
};
using progress_listener = caf::typed_actor<caf::reacts_to<batch_carried>>;

/// Nothing new is begun: a carry_out under way ends when its requests in flight have been answered.
struct halt_work {};

using folder_pair_actor = caf::typed_actor<
    // Facts in.
    caf::replies_to<pull>::with<pulled>,
    // Verdicts out.
    caf::replies_to<carry_out>::with<carried>,
    // An orderly end.
    caf::reacts_to<halt_work>>;

struct folder_pair_options {
  pair_id pair;
  folder_pair_settings settings;
  both<mailbox_actor> mailboxes;
  ledger_actor ledger;
  exsyncd::context context;
  /// A progress_listener, weak: the pair holds its folder pairs. May be empty.
  caf::weak_actor_ptr progress;
  /// Who keeps what is overwritten or deleted; invalid: nothing is kept.
  undo_keeper_actor undo = {};
};

struct folder_pair_state {
  folder_pair_state(folder_pair_actor::pointer) {}
  folder_pair_options options;
  bool halted = false;
  /// When the outcome of a write was looked for first, by a clock that nobody sets.
  std::map<intent_id, std::chrono::steady_clock::time_point> looked_for_since;
  /// Writes of each kind that have passed, and what is known of items whose writes get lost again and again.
  std::map<std::pair<operation, side>, std::uint64_t> passed;
  struct lost_writes {
    std::uint64_t passed = 0; // of that kind when it was tried last
    std::uint32_t tries = 0;
    bool is_the_item = false; // others have passed meanwhile
  };
  std::map<twin_id, lost_writes> in_vain;
};

folder_pair_actor::behavior_type folder_pair(folder_pair_actor::stateful_pointer<folder_pair_state> self,
                                             folder_pair_options options);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pull)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pulled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::carry_out)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::carried)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::batch_carried)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::halt_work)
