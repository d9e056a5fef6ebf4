#pragma once

#include "tests/simulate/model/settings.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace simulate::model {

/// What an item says, as paths of leaves and their values as JSON writes them ("/subject" → "\"Lunch\""). Only what two
/// servers can hold alike: no ids, keys, times of change; place and read state are apart.
using contents = std::map<std::string, std::string>;

/// Said of an item, and never compared: each server makes it of other fields, until somebody writes it.
inline constexpr const char* derived_subject = "/derived/subject";

/// One object in a mailbox, counted by the recorder. It stays the same number where it moves within its mailbox and
/// where the mailbox or a folder gets new ids; a copy is another one.
using item_number = std::uint64_t;

/// An item at one moment.
struct snapshot {
  std::string mailbox;
  std::string place;   ///< folder path
  std::string label{}; ///< the "label-17" in its body; empty: it has none
  bool read = false;
  bool meeting = false;      ///< an appointment with others
  std::uint64_t version = 0; ///< of its contents, counted for each item from 1: moves only where contents do
  std::shared_ptr<const contents> says;
};

/// What one step did to one item.
struct effect {
  item_number item = 0;
  std::optional<snapshot> before; ///< none: the step made it
  std::optional<snapshot> after;  ///< none: it is gone for good
  item_number copy_of = 0;        ///< set where the step made it as a copy of another of the same mailbox

  bool made() const { return !before; }
  bool gone() const { return !after; }
  bool content_changed() const { return before && after && before->version != after->version; }
  bool read_changed() const { return before && after && before->read != after->read; }
  bool moved() const { return before && after && before->place != after->place; }
};

/// What an answer told of one item.
struct told {
  enum class how { listed, read, gone } as = how::listed;
  item_number item = 0;
  std::uint64_t version = 0; ///< of the contents; 0 where it is gone
  bool read_state = false;
  std::string place{};
};

/// One thing that happened: an act of a user or an administrator, or a request that a server handled. What is in one
/// step happened at once: nobody else acted in between.
struct step {
  enum class who {
    user,          ///< somebody in Outlook; what retention deletes counts as his
    transport,     ///< put there as part of the first contents
    daemon,        ///< a request
    server,        ///< the server by itself: touches, new ids, lost states. No act of a user
    administrator, ///< of exsyncd: settings, stop, start, pair deleted and made again, resync, approve
  };
  std::uint64_t number = 0; ///< place in the history, from 1
  instant at{};
  instant asked{}; ///< when a request came, upon which the server may have acted only later
  who by = who::user;
  std::string act; ///< of the simulator: "user_edit", "CreateItem"; of an administrator: "settings", "state lost", …
  std::string mailbox; ///< that was acted upon
  std::string pair;    ///< of an administrator's act; empty: all
  /// Of a request: whether the client got a whole and true answer.
  bool answered = true;
  /// While a dry run was under way, which forgets what it reads.
  bool rehearsed = false;
  std::vector<effect> effects;
  std::vector<model::told> told;
  /// The settings from here on, where an administrator changed them.
  std::shared_ptr<const settings> changed_to;
};

/// Names that an administrator's or a server's step may have because the judge allows more after it.
namespace act {
inline constexpr const char* settings_changed = "settings";
/// The daemon starts from the mailboxes' contents: state lost, restored from a backup, pair deleted and made again,
/// resync. What was deleted before and not yet carried may come back.
inline constexpr const char* state_lost = "state lost";
/// A mailbox, folder or cursor starts from the beginning at the server ("recreate_mailbox", "recreate_folder",
/// "invalidate_sync_states" of the simulator mean the same).
inline constexpr const char* cursor_lost = "cursor lost";
/// The daemon put the deletes of a frozen folder pair back into effect, or the missing items back.
inline constexpr const char* approved = "approve";
inline constexpr const char* restored = "restore";
/// An administrator has both sides compared and repaired: what is missing on one of them is made there again.
inline constexpr const char* repaired = "repair";
/// The daemon goes on with a state of some time ago. As state lost, but what was paired then is paired.
inline constexpr const char* older_state = "older state";
/// What an older state is a state of. Without one all that there is counts as paired then.
inline constexpr const char* state_kept = "state kept";
/// What the daemon had listed as lost is forgotten: a pair was deleted, or an older state came back.
inline constexpr const char* lists_lost = "lists lost";
/// A pair left the settings, or came back to them: what has left meanwhile freezes its folder pair, however little.
inline constexpr const char* away = "away";
/// The same of one entry of its folders.
inline constexpr const char* entry_away = "entry away";
/// A dry run begins; it ends, or ended with the daemon.
inline constexpr const char* rehearsal = "plan";
inline constexpr const char* rehearsal_over = "plan over";
/// The account lost or regained rights: what is behind them is not in step until they are back.
inline constexpr const char* rights_changed = "rights";
/// A pair was told to stop, or the daemon to end: its round ends with the requests that are under way.
inline constexpr const char* stopped = "stop";
/// The daemon ended without a word and was started again: what it had not yet on disk it has forgotten.
inline constexpr const char* crash = "crash";
} // namespace act

/// A list of some folder that was asked for, whether it told of anything or not.
struct list_call {
  std::uint64_t after = 0; ///< the last step before it, or that it is
  std::string mailbox;
  std::string place{}; ///< folder path
  bool came = true;    ///< the server gave it, and its answer arrived
};

/// A request to take items away of which no whole answer came, whether the server acted or not.
struct unanswered_removal {
  std::uint64_t after = 0; ///< the last step before it, or that it is
  std::vector<item_number> items;
};

/// A mail that left, or would have left, a server.
struct mailed {
  std::string mailbox, subject, kind;
  std::uint64_t step = 0;
  bool by_user = false;
};

/// Everything that happened, in order. Nothing of it comes from the daemon.
struct history {
  std::vector<step> steps;
  std::vector<mailed> mails;
  std::vector<list_call> listings{};
  std::vector<unanswered_removal> removals{};
  /// Every id that an item ever had, in whichever mailbox, so that what the daemon says by id can be understood.
  std::map<std::string, item_number> ids;
  /// The labels of all items, by number.
  std::map<item_number, std::string> labels;
  /// Of an item that the daemon wrote over with another one: the one that it was before, under the same id.
  std::map<item_number, item_number> written_over;
};

/// One item that is there when all is quiet.
struct final_item {
  item_number item = 0;
  snapshot is;
};
using final_contents = std::vector<final_item>;

} // namespace simulate::model
