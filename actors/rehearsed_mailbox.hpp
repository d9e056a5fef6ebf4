#pragma once

#include "actors/mailbox.hpp"
#include "actors/plan.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// A mailbox as it would be after what was "written" to it: reads go to the real one, writes never do.
namespace exsyncd {

/// What was done to folders so far.
struct ask_folder_acts {};
struct folder_acts {
  std::vector<planned_folder_act> acts;
};
using rehearsed_mailbox_actor = mailbox_actor::extend<caf::replies_to<ask_folder_acts>::with<folder_acts>>;

struct rehearsed_mailbox_state {
  explicit rehearsed_mailbox_state(rehearsed_mailbox_actor::pointer) {}

  /// What a change list has told of an item of the real mailbox.
  struct listed {
    change_key key;
    std::optional<bool> read;
    bool draft = false;
  };
  /// An item that differs from the real mailbox's.
  struct item {
    bool gone = false;
    std::optional<folder_id> made_in;  // it is not in the real mailbox under this id
    std::optional<item_id> stands_for; // contents are those of this real item
    change_key key;                    // empty: the real one
    std::optional<bool> read;
    bool draft = false;
    enum item_class item_class = item_class::message;
    std::map<field, std::string> fields; // written over the real ones; an empty value takes one away
  };
  struct folder_act {
    planned_folder_act::kind what = planned_folder_act::kind::create;
    folder_state state; // afterwards, as far as it is known
  };

  mailbox_actor real;
  std::map<item_id, listed> known;
  std::map<item_id, item> items;
  std::vector<folder_act> acts;
  std::map<std::string, folder_id> paths;    // that were asked for
  std::map<folder_id, folder_below> folders; // that were told of
  std::uint64_t last = 0;                    // number of an id or a key
};

/// `real` must outlive it. Answers every write as if it had taken effect.
rehearsed_mailbox_actor::behavior_type
rehearsed_mailbox(rehearsed_mailbox_actor::stateful_pointer<rehearsed_mailbox_state> self, mailbox_actor real);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_folder_acts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::folder_acts)
