#pragma once

#include "actors/context.hpp"
#include "actors/ledger.hpp"
#include "actors/mailbox.hpp"
#include "config/settings.hpp"
#include "storage/undo_files.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Puts back what exsyncd overwrote or deleted, by ordinary writes that a round then takes for a user's.
namespace exsyncd {

/// One item; or everything since a time; or, with neither, everything of the pair that is kept.
struct put_back {
  undo_id id;
  std::optional<utc_seconds> since;
};
struct put_back_item {
  undo_record record;
  bool done = false;
  std::string what; // what was done, or why it was not
};
struct were_put_back {
  result<std::vector<put_back_item>> outcome;
};
/// Ends by itself afterwards.
using putting_back_actor = caf::typed_actor<
    // Items to where they were.
    caf::replies_to<put_back>::with<were_put_back>>;

struct putting_back_options {
  pair_settings settings;
  both<mailbox_actor> mailboxes;
  ledger_actor ledger;
  std::shared_ptr<const undo_files> files;
  exsyncd::context context;
};
struct putting_back_state {
  explicit putting_back_state(putting_back_actor::pointer) {}
  putting_back_options options;
};

putting_back_actor::behavior_type putting_back(putting_back_actor::stateful_pointer<putting_back_state> self,
                                               putting_back_options options);

/// Why this one cannot be put back; empty where it can.
std::string why_not_back(const undo_record& record);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::put_back)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::were_put_back)
