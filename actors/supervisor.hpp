#pragma once

#include "actors/meter.hpp"
#include "actors/pair.hpp"
#include "actors/putting_back.hpp"
#include "actors/rehearsal.hpp"
#include "actors/verification.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace exsyncd {

/// `paused`: it is to run, and no allowance lets it (actors/meter.hpp).
enum class pair_condition { stopped, starting, started, throttled, error, paused };

struct ask_pairs {};
/// One configured pair, running or not.
struct pair_overview {
  pair_settings settings;
  pair_condition condition = pair_condition::stopped;
  pair_status status; // of a running pair
  pair_counts counts;
  std::uint32_t restarts = 0;    // since the daemon started
  std::optional<failure> paused; // why it does not run though it is to
  bool planned = false;          // something looks at it with mailboxes of its own
  /// Those of the settings, and those that are derived from them for subfolders (actors/folder_pairs.hpp).
  std::vector<folder_pair_settings> folders;
  std::vector<std::pair<folder_pair_id, frozen>> held; // by the brake
};
struct pairs_are {
  std::vector<pair_overview> pairs; // in the order of the configuration
};

/// What became of a request about one pair: done, or why not.
struct pair_answer {
  std::string pair;
  std::optional<failure> failed;
};
struct pair_answers {
  std::vector<pair_answer> pairs;
};

/// Starting a started pair and stopping a stopped one are no errors. Remembered until "start" changes in the file.
struct start_pairs {
  std::vector<std::string> names;
};
struct stop_pairs {
  std::vector<std::string> names;
};

/// A round of each of these pairs; answered when all have ended. Empty: all that are started.
struct sync_pairs {
  std::vector<std::string> names;
};
struct pairs_synced {
  struct of_pair {
    std::string pair;
    std::optional<failure> failed; // it could not be asked
    round_report report;
  };
  std::vector<of_pair> pairs;
};

struct plan_one {
  std::string pair;
};

/// Brings a started pair into step first, then compares both sides by contents; see actors/verification.hpp.
struct verify_one {
  std::string pair;
  verify how;
};

/// Puts back what was overwritten or deleted; a started pair then carries that over.
struct put_back_one {
  std::string pair;
  put_back what;
};

/// Releases a folder pair that the brake holds, with the deletes that had been seen by then. Empty folder pair: all of
/// that pair.
struct approve_one {
  std::string pair, folder_pair;
};
/// Releases it as well, but what is missing on one side is created again there.
struct restore_one {
  std::string pair, folder_pair;
};
/// Looks after folder pairs of a started pair that other daemons have leases on. Empty folder pair: all of them.
struct take_over_one {
  std::string pair, folder_pair;
};
/// Lists from the beginning and compares: nothing is deleted by what was known so far. Empty folder pair: all of them.
/// Answered when that is on disk; the rounds of started pairs follow.
struct resync_pairs {
  std::vector<std::string> names;
  std::string folder_pair;
};

/// What the mailboxes of one pair can hold and set, as far as they have been reached.
struct ask_capabilities {
  std::string pair;
};
struct capabilities_are {
  bool running = false; // of a pair that does not run nothing is known
  both<settable> what;
};

/// Empty pair: of all pairs.
struct ask_conflicts {
  std::string pair;
  std::size_t limit = 100;
};
struct ask_bans {
  std::string pair;
};
struct bans_are {
  std::vector<twin> items; // those in trouble, banned ones and those that rest
  /// By pair, of those that run: see settable::in_owa.
  std::map<std::string, both<bool>> in_owa = {};
};
/// Lets banned items be tried again: one, or all of a pair where `twin` is empty.
struct lift_bans {
  std::string pair;
  twin_id twin;
};
struct bans_lifted {
  std::size_t count = 0;
};

/// New settings: pairs that changed are stopped and started anew, the others go on undisturbed.
struct reconfigure {
  std::vector<pair_settings> pairs;
};
struct reconfigured {};

/// Stops every pair; answered when nothing is under way.
struct shut_down {};
struct shut {};

/// To itself: a pair that ended by itself is started anew, ever later when it keeps ending. Void where the pair has
/// been started since.
struct start_again {
  std::string pair;
  std::uint64_t life = 0;
};

using supervisor_actor = caf::typed_actor<
    // Every pair and how it stands.
    caf::replies_to<ask_pairs>::with<pairs_are>,
    // Start and stop, remembered.
    caf::replies_to<start_pairs>::with<pair_answers>, caf::replies_to<stop_pairs>::with<pair_answers>,
    // Rounds now.
    caf::replies_to<sync_pairs>::with<pairs_synced>,
    // A dry run.
    caf::replies_to<plan_one>::with<rehearsed>,
    // Both sides as they are.
    caf::replies_to<verify_one>::with<verified>,
    // What was overwritten or deleted.
    caf::replies_to<put_back_one>::with<were_put_back>,
    // After the brake.
    caf::replies_to<approve_one>::with<pair_answers>, caf::replies_to<restore_one>::with<pair_answers>,
    caf::replies_to<resync_pairs>::with<pair_answers>,
    // After a reinstall, or with a restored backup.
    caf::replies_to<take_over_one>::with<pair_answers>,
    // What can be set.
    caf::replies_to<ask_capabilities>::with<capabilities_are>,
    // What lost.
    caf::replies_to<ask_conflicts>::with<conflicts_loaded>,
    // What rests.
    caf::replies_to<ask_bans>::with<bans_are>, caf::replies_to<lift_bans>::with<bans_lifted>,
    // SIGHUP.
    caf::replies_to<reconfigure>::with<reconfigured>,
    // SIGTERM.
    caf::replies_to<shut_down>::with<shut>,
    // What the allowances grant.
    caf::reacts_to<limits_are>,
    // Its own timer.
    caf::reacts_to<start_again>>;

struct supervisor_options {
  std::vector<pair_settings> pairs;
  ledger_actor ledger;
  exsyncd::context context;
  bool polling = true;
  /// Spawns the actor of one mailbox; called in the supervisor's context, once for each side of a pair that starts.
  std::function<mailbox_actor(const side_settings&, const pair_id&, side)> open_mailbox;
  /// The notifier of a side's server, or an invalid handle: polling alone. May be empty.
  std::function<notifier_actor(const side_settings&)> open_notifier;
  /// The ledger has died: nothing can be kept any more. Called once; the process shall end.
  std::function<void(std::string why)> on_fatal;
  /// Who counts the traffic; may be invalid.
  meter_actor meter = {};
  /// Whether pairs run only as far as the meter says that allowances are there.
  bool limited = false;
  /// Who keeps what is overwritten or deleted, and where; invalid: nothing is kept.
  undo_keeper_actor undo = {};
  std::shared_ptr<const exsyncd::undo_files> undo_files = {};
  /// Whether pairs keep away from what other daemons look after.
  lease_options leases = {true, {}};
};

struct supervisor_state {
  supervisor_state(supervisor_actor::pointer) {}
  /// What is wanted of a pair stands here at once; what runs follows it.
  struct member {
    pair_settings settings; // as they were wanted last
    bool removed = false;   // no pair of that name is wanted any more
    bool renewing = false;  // what runs ends, since something else is wanted; what that is, is looked at then
    pair_actor actor;       // invalid: not running
    both<mailbox_actor> mailboxes;
    bool wanted = false;
    bool planning = false;                            // a plan is being made, or both sides are compared
    std::chrono::steady_clock::time_point started_at; // the last time
    bool paused = false;                              // no allowance lets it run, which has been logged
    bool pausing = false;                             // and it is ending for that
    std::uint32_t restarts = 0;
    std::uint32_t restarts_in_a_row = 0;
    std::uint64_t life = 0; // counts its starts
  };
  supervisor_options options;
  std::map<std::string, member> members;
  std::optional<logic::allowance_standing> limits; // as the meter has told them
  std::size_t undecided = 0;                       // pairs of which the ledger has still to say whether they are to run
  std::vector<std::function<void()>> when_decided;
};

/// Starts the pairs that are to run: by what an administrator said last over the socket, else by "start" in the file.
supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           supervisor_options options);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pairs_are)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pair_answers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::start_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::stop_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::sync_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pairs_synced)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::plan_one)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::verify_one)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::put_back_one)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::approve_one)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::restore_one)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::take_over_one)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::resync_pairs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_capabilities)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::capabilities_are)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_conflicts)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_bans)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::bans_are)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::lift_bans)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::bans_lifted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::reconfigure)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::reconfigured)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::shut_down)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::shut)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::start_again)
