#pragma once

#include "actors/context.hpp"
#include "actors/ledger.hpp"
#include "config/settings.hpp"
#include "storage/undo_files.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <memory>
#include <vector>

/// Keeps what was there before exsyncd overwrites or deletes it, within the bytes and days of the settings.
namespace exsyncd {

struct keep_items {
  struct one {
    undo_record record; // without bytes; `lacks` tells where there is no item
    std::optional<kept_item> item;
  };
  std::vector<one> items;
};
/// What an item may have at most to be kept: one of them must not push out all others.
struct ask_largest_kept {};
struct largest_kept {
  std::uint64_t bytes = 0;
};
using undo_keeper_actor = caf::typed_actor<
    // Items to files and records to the ledger, before the write that they are kept for.
    caf::replies_to<keep_items>::with<stored>,
    // The size from which items are not kept; 0: none is.
    caf::replies_to<ask_largest_kept>::with<largest_kept>>;

struct undo_keeper_options {
  undo_settings limits;
  std::shared_ptr<const undo_files> files;
  ledger_actor ledger;
  exsyncd::context context;
};
struct undo_keeper_state {
  explicit undo_keeper_state(undo_keeper_actor::pointer) {}
  undo_keeper_options options;
  std::uint64_t bytes = 0; // of all files
  utc_seconds looked{};    // when the oldest ones were looked at last
  bool tidying = false;
};

undo_keeper_actor::behavior_type undo_keeper(undo_keeper_actor::stateful_pointer<undo_keeper_state> self,
                                             undo_keeper_options options);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::keep_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_largest_kept)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::largest_kept)
