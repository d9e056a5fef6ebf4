#pragma once

#include "actors/mailbox.hpp"
#include "storage/records.hpp"
#include "tests/support/model_mailbox.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// A mailbox_actor over a model_mailbox, with a script that decides what goes wrong at each call.
namespace exsyncd::testing {

/// One call, as the script sees it.
struct mailbox_call {
  enum side side = exsyncd::side::primary;
  std::string name; // "list_changes", "create_items", …
  bool writes = false;
  std::vector<item_id> items;          // asked for or written to
  std::vector<operation_mark> marks;   // create_items, find_by_mark
  folder_id folder;                    // list_changes, create_items, move_items, find_by_mark
  std::vector<enum field> fields = {}; // update_items: all that is set
  bool divisible = false;              // update_items: an item takes several requests
};

/// What happens to a call. Reads know only `fails` (any loss of an answer is one) and those of the actor itself.
struct fault {
  enum class kind {
    none,
    fails,              // surely not done
    answer_lost_before, // unknown, and nothing was done
    answer_lost_after,  // unknown, and all was done
    commits_later,      // unknown; done `after`
    answers_late,       // done now, answered `after`
    refuses_item,       // item `at` is refused for good, the others are done
    stops,              // the items before `at` are done, the rest surely not
    cut,                // the items before `at` are done, nothing is known about any
    dies_before,        // the actor ends, nothing was done
    dies_after,         // the actor ends, all was done
    vanishes_before,    // no effect and no answer, ever: the process has ended here
    vanishes_after,     // effect, and no answer, ever
    halfway,            // of an update that takes several requests some had their effect; unknown
    vanishes_halfway    // the same, and no answer, ever
  } kind = kind::none;
  std::size_t at = 0;
  std::chrono::seconds after{0};
  /// With commits_later: how long the call waits here before it leaves.
  std::chrono::seconds held{0};
};

struct mailbox_script {
  /// Asked before a call takes effect.
  std::function<fault(const mailbox_call&)> before;
  /// Told when its effect is there (also where the answer will be lost), before the answer leaves.
  std::function<void(const mailbox_call&)> after;
  /// Virtual time since the world began, for what commits later.
  std::function<std::chrono::seconds()> now;
};

/// An answer that was late leaves now.
struct answer_now {
  std::size_t which;
};
using scripted_mailbox_actor = mailbox_actor::extend<caf::reacts_to<answer_now>>;

struct scripted_mailbox_state {
  explicit scripted_mailbox_state(scripted_mailbox_actor::pointer) {}
  /// Answers that are under way for longer than their calls took.
  std::vector<std::function<void()>> late;
};

/// `model` outlives the actor: it is the server. `side` is only handed to the script. Everything runs in the actor's
/// thread, under a test scheduler.
scripted_mailbox_actor::behavior_type
scripted_mailbox(scripted_mailbox_actor::stateful_pointer<scripted_mailbox_state> self, side side,
                 std::shared_ptr<model_mailbox> model, mailbox_script script);

const char* name_of(enum fault::kind kind);

} // namespace exsyncd::testing

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::testing::answer_now)
