#pragma once

#include "actors/context.hpp"
#include "actors/ledger.hpp"
#include "actors/mailbox.hpp"
#include "actors/plan.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>

/// A dry run is the real thing before a painted background: a pair of its own works on a fork of the store and on
/// mailboxes that only seem to be written to, and somebody notes what it does. So a plan can tell nothing that a round
/// would not do, and neither a mailbox nor the store can change by it.
namespace exsyncd {

struct rehearse {};
struct rehearsed {
  result<pair_plan> outcome;
};
/// One dry run; ends by itself afterwards.
using rehearsal_actor = caf::typed_actor<
    // What a round would do.
    caf::replies_to<rehearse>::with<rehearsed>>;

struct rehearsal_options {
  pair_settings settings;
  both<mailbox_actor> mailboxes; // the real ones
  ledger_actor ledger;           // the real one
  exsyncd::context context;
  /// Whether folder pairs that another daemon looks after are left out: no round of this one touches them.
  bool keeps_away = false;
};
struct rehearsal_state {
  explicit rehearsal_state(rehearsal_actor::pointer) {}
  rehearsal_options options;
};

rehearsal_actor::behavior_type rehearsal(rehearsal_actor::stateful_pointer<rehearsal_state> self,
                                         rehearsal_options options);

/// Why a write of this intent is to be made, in words.
std::string reason_for(const twin& before, const intent& what);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::rehearse)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::rehearsed)
