#pragma once

#include "actors/context.hpp"
#include "actors/ledger.hpp"
#include "actors/logic/allowance.hpp"
#include "actors/traffic.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// Who counts the bytes on the wire, and says what the allowances still grant.
namespace exsyncd {

/// Writes what has been counted by now; answered when it is on disk.
struct write_traffic {};

/// Whoever wants to know what the allowances grant: told at once, and whenever it changes.
struct follow_limits {
  caf::weak_actor_ptr to; // a limits_listener
};
struct limits_are {
  logic::allowance_standing standing;
};
using limits_listener = caf::typed_actor<
    // What the allowances grant now.
    caf::reacts_to<limits_are>>;

struct ask_allowances {};
struct allowances_are {
  bool limited = false;
  utc_seconds now{};
  logic::allowance_book book;
  logic::allowance_standing standing;
};
/// A code whose signature is right. Nothing is added where its id is known, or its time is over.
struct add_allowance {
  allowance what;
};
struct remove_allowance {
  std::string id;
};
struct allowance_changed {
  std::optional<failure> failed;
  allowance what;
};

/// To itself.
struct meter_tick {
  bool is_write = false; // else: the calendar may have gone on
};

using meter_actor = caf::typed_actor<
    // Bytes.
    caf::reacts_to<count_traffic>,
    // To disk, now.
    caf::replies_to<write_traffic>::with<stored>,
    // Allowances.
    caf::reacts_to<follow_limits>, caf::replies_to<ask_allowances>::with<allowances_are>,
    caf::replies_to<add_allowance>::with<allowance_changed>, caf::replies_to<remove_allowance>::with<allowance_changed>,
    // Its timers.
    caf::reacts_to<meter_tick>>;

struct meter_options {
  ledger_actor ledger;
  exsyncd::context context;
  bool limited = false; // whether traffic needs an allowance
};

struct meter_state {
  meter_state(meter_actor::pointer) {}
  meter_options options;

  std::map<std::pair<pair_id, utc_seconds>, traffic_count> days;
  struct of_item {
    byte_count bytes;
    utc_seconds when{};
    bool in_owa = false;
    int tries = 0;
  };
  std::map<std::tuple<pair_id, side, item_id>, of_item> items;
  bool write_due = false; // a timer runs

  bool loaded = false; // what the ledger knew of allowances is in the book
  logic::allowance_book book;
  bool month_changed = false;
  std::vector<std::string> changed; // allowances that are to be written
  caf::weak_actor_ptr follower;
  std::optional<logic::allowance_standing> told;
  std::vector<std::function<void()>> when_loaded;
};

meter_actor::behavior_type meter(meter_actor::stateful_pointer<meter_state> self, meter_options options);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::write_traffic)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::follow_limits)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::limits_are)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_allowances)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::allowances_are)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::add_allowance)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::remove_allowance)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::allowance_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::meter_tick)
