#pragma once

#include "actors/arbiter.hpp"
#include "actors/context.hpp"
#include "actors/folder_pair.hpp"
#include "actors/leases.hpp"
#include "actors/notifier.hpp"
#include "actors/oscillation.hpp"
#include "config/settings.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace exsyncd {

/// The poll timer. Timers cannot be taken back, so each carries the epoch it was set in; older ones are ignored.
struct tick {
  std::uint64_t epoch = 0;
};
/// Brings the pair into step now; answered when nothing is left that can be done now.
struct sync_now {};
struct round_report {
  std::uint32_t writes = 0;                            // to either mailbox
  std::uint32_t waiting = 0;                           // items that could not be brought further in this round
  std::uint32_t failed = 0;                            // items that are tried again later or banned since this round
  std::uint32_t banned = 0;                            // items that rest in the ban list
  std::vector<std::pair<folder_pair_id, frozen>> held; // by the brake
  /// What reached further than one item; of the whole pair where the name is empty.
  std::vector<std::pair<folder_pair_id, failure>> failures;
  /// Nothing is waiting, banned, held or failed.
  bool in_step() const { return waiting == 0 && failed == 0 && banned == 0 && held.empty() && failures.empty(); }
};

enum class pair_phase { starting, started, throttled, error };

/// failure.code of a subfolder of which one side's user has deleted his.
inline constexpr auto half_deleted = "half_deleted";

/// Whether only somebody's act mends this, and nothing else of the pair need wait for it.
inline bool waits_for_somebody(const failure& f) {
  return f.reach == reach::folder && f.retry == retry::after_change;
}

struct ask_pair_status {};
struct pair_status {
  pair_phase phase = pair_phase::starting;
  std::vector<std::pair<folder_pair_id, failure>> failures; // of the last round
  std::vector<std::pair<folder_pair_id, frozen>> held;
  bool syncing = false;
  /// Of the round that is under way, batch by batch; else of the last one.
  std::uint32_t done = 0, writes = 0, waiting = 0, failed = 0;
  std::uint64_t rounds = 0;
  std::optional<utc_seconds> last_sync;   // the last round that ended in step
  std::optional<utc_seconds> last_change; // the last round that wrote something
  std::optional<utc_seconds> next_poll;
  /// Whether each side's news are told as they happen; where not, why not ("" before that is known).
  both<bool> live;
  both<std::string> polled_because;
  /// Of folder pairs with a side that is reached by rights on folders only, as they were listed last.
  std::map<folder_pair_id, both<out_of_sight>> unseen;
  /// Of folder pairs that were looked at for leases of other daemons.
  std::map<folder_pair_id, lease_standing> leases;
};

/// From now on this daemon looks after folder pairs whatever leases of others are there. Empty: all of the pair that
/// somebody else has now.
struct take_over {
  folder_pair_id folder_pair;
};
struct taken_over {
  std::vector<folder_pair_id> folders; // that somebody else has; the round that follows takes them
};

/// To itself: a round that takes long renews its leases.
struct lease_due {};

/// Ends the pair: requests in flight are waited for, nothing new is begun. Answered when nothing is under way.
struct stop_pair {};
struct pair_stopped {};

using pair_actor = caf::typed_actor<
    // The poll timer.
    caf::reacts_to<tick>,
    // A streaming notification.
    caf::reacts_to<folder_dirty>, caf::reacts_to<hints_state>,
    // A folder pair has come further.
    caf::reacts_to<batch_carried>,
    // A round now, whatever the timer says.
    caf::replies_to<sync_now>::with<round_report>,
    // How it stands.
    caf::replies_to<ask_pair_status>::with<pair_status>,
    // What other daemons look after, or seem to.
    caf::replies_to<take_over>::with<taken_over>, caf::reacts_to<lease_due>,
    // An orderly end.
    caf::replies_to<stop_pair>::with<pair_stopped>>;

struct pair_options {
  pair_settings settings;
  both<mailbox_actor> mailboxes;
  ledger_actor ledger;
  exsyncd::context context;
  /// Whether the poll timer runs. `--once` and some tests ask for every round themselves.
  bool polling = true;
  /// Who tells of news between the polls; may be invalid.
  both<notifier_actor> notifiers;
  /// Gives another one in place of one that has died. May be empty.
  std::function<notifier_actor(side)> open_notifier = {};
  /// Who keeps what is overwritten or deleted; invalid: nothing is kept.
  undo_keeper_actor undo = {};
  std::shared_ptr<const exsyncd::undo_files> undo_files = {};
  /// Whether it keeps other daemons away, and lets itself be kept away.
  lease_options leases = {};
  /// Folder pairs that are left alone for a while: their records are nobody else's.
  std::set<folder_pair_id> off = {};
};

class sync_round;

struct pair_state {
  pair_state(pair_actor::pointer) {}
  pair_options options;
  arbiter_actor judge;
  std::map<folder_pair_id, folder_pair_actor> folder_pairs;
  std::shared_ptr<sync_round> round;                              // under way
  std::vector<caf::typed_response_promise<round_report>> waiting; // for the round that follows
  std::vector<caf::typed_response_promise<pair_stopped>> stops;
  bool dirty = false;         // somebody wants a round, whatever there is to wait for
  std::set<folder_id> hinted; // folders that may have news: a round of those alone is enough
  both<std::vector<folder_id>> watched;
  both<bool> notifier_died; // another one is to be opened
  std::map<folder_pair_id, std::chrono::steady_clock::time_point> unread_since;
  std::map<folder_pair_id, std::string> kinds; // of their folders, as they were seen last
  /// Those that have another folder than in an earlier round of this process: its path, and that of now.
  std::map<folder_pair_id, both<std::optional<std::pair<std::string, std::string>>>> other_folders;
  bool stopping = false;
  std::uint64_t epoch = 0;
  std::optional<std::chrono::steady_clock::time_point> poll_at; // when everything is to be listed again, hints or not
  std::uint32_t failed_in_a_row = 0;
  oscillation back_and_forth;
  bool losers_to_copy = true; // what lost a conflict may still be to be copied
  lease_book leases;
  bool releasing = false; // it stops, and takes its leases back first
  pair_status status;
};

/// The actor of this folder pair, made where there is none yet.
void hold_folder_pair(pair_actor::stateful_pointer<pair_state> self, const folder_pair_settings& settings);

pair_actor::behavior_type pair(pair_actor::stateful_pointer<pair_state> self, pair_options options);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::sync_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::round_report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_pair_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pair_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::take_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::taken_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::lease_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::stop_pair)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pair_stopped)
