#pragma once

#include "actors/context.hpp"
#include "actors/ledger.hpp"
#include "actors/mailbox.hpp"
#include "config/settings.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Compares the two sides of a pair as they are, not as the store says they are: everything is listed and read again.
namespace exsyncd {

struct difference {
  enum class kind {
    only_on, // one side holds it, and the other does not
    fields,  // contents
    place,   // in folders of two folder pairs, or outside all of them on one side
    read_state
  } what = kind::only_on;
  folder_pair_id folder;
  twin_id id; // empty: the daemon does not know it
  std::string subject;
  enum item_class item_class = item_class::message;
  std::optional<side> on = {};         // only_on: the side that holds it
  std::vector<field> fields = {};      // fields
  both<folder_pair_id> places = {};    // place; empty: outside the folder pairs
  both<std::optional<bool>> read = {}; // read_state
  std::string explained = {};          // by what of the settings or of the ban list; empty: it should not be
  std::string repair = {};             // what brings both in step; empty where it is explained
};

struct verification {
  std::uint64_t compared = 0; // items whose contents were read on both sides
  std::uint64_t in_step = 0;
  std::uint64_t waiting = 0;           // a round has still to do with them, so they are not compared
  std::vector<difference> differences; // as many as were asked for
  /// Of all differences: unexplained and explained ones.
  std::map<difference::kind, std::uint64_t> counts, explained;
  std::uint64_t mended = 0; // items that a round decides anew
  std::vector<std::pair<folder_pair_id, failure>> failures;
};

/// With `repair`, what differs without an explanation gets fresh facts and is decided anew by the next round, as
/// everything is. Nothing is written to a mailbox here.
struct verify {
  bool repair = false;
  std::size_t limit = 100; // differences that are told by name
};
struct verified {
  result<verification> outcome;
};
/// One comparison; ends by itself afterwards.
using verifier_actor = caf::typed_actor<
    // What differs.
    caf::replies_to<verify>::with<verified>>;

struct verifier_options {
  pair_settings settings;
  both<mailbox_actor> mailboxes;
  ledger_actor ledger;
  exsyncd::context context;
  /// Whether folder pairs that another daemon looks after are left out: what is known of them here is of former times.
  bool keeps_away = false;
};
struct verifier_state {
  explicit verifier_state(verifier_actor::pointer) {}
  verifier_options options;
};

/// Memory: a page of the list, a batch of contents, and 16 bytes for each item of the primary side.
verifier_actor::behavior_type verifier(verifier_actor::stateful_pointer<verifier_state> self, verifier_options options);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::verify)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::verified)
