#pragma once

#include "config/policy.hpp"
#include "storage/records.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The arbiter's core: what is to be done about one twin, from facts, base and settings alone. Pure: the same input
/// gives the same verdict, whenever it is asked; nothing is read, written or remembered here.
namespace exsyncd::logic {

/// What is known beside the twin when it is decided.
struct surroundings {
  exsyncd::policy policy;
  /// Both sides of the folder pair were listed to their ends: only then is an item known to be missing on one.
  bool listed = false;
  /// The oldest listing of any mapped folder of each side: a leaving seen before it is no move that we have yet to see.
  both<sequence> listed_after;
  /// The same over the folders that can be read now: an item new before it is no move whose leaving is yet to be seen.
  both<sequence> new_after;
  /// What each side can hold and set on items of the twin's class; of a mail what UpdateItem may set on every one.
  both<std::vector<field>> settable;
  /// On a mail while it is a draft, besides those.
  both<std::vector<field>> settable_on_draft;
  utc_seconds now{};
  /// What came to be absent by then is put back: an administrator wants it on the source of a one-way pair as well.
  std::optional<sequence> put_back_up_to;
};

// ---- verdicts
// --------------------------------------------------------------------------------------------------------

/// Nothing can be decided yet; what is missing comes by itself (a listing, the time of the next try).
struct wait {
  /// `echo`: all is done, but no change list has shown yet what we wrote.
  enum class reason { listing, believable_delete, echo, rest, banned } why = reason::listing;
};
/// Both sides are as they shall be: the base is set, nothing is written to a mailbox.
struct agree {
  std::optional<both<side_base>> base; // empty: no base (an item that is left alone on one side)
  std::optional<folder_pair_id> folder_pair;
  std::optional<std::string> skipped; // why it is left alone
  bool more = false;                  // with this base, something is left to do
};
/// The item is not on this side any more, and that is to be forgotten: it may be created there anew.
struct forget {
  side where;
  bool settled = false; // leave it so until the other side changes
};
/// Gone on both sides.
struct bury {};
/// The contents must be read before anything can be decided.
struct look {
  std::vector<side> sides;
  /// A complete listing has not shown what we wrote there: if it is not found either, it has left.
  bool unlisted = false;
};
/// An intent is open: its outcome must be found out first.
struct resolve {
  /// Lists tell that what it was writing to has left.
  bool left = false;
};

struct create_on {
  side target;
};
struct update_on {
  side target;
  std::vector<field> fields;
};
struct replace_on {
  side target;
};
struct set_read_on {
  side target;
  bool read;
};
struct move_on {
  side target;
  folder_pair_id to;
};
struct remove_on {
  side target;
};
/// These edits cannot be carried over and the policy says to report them; what else was edited goes over without them.
struct report_unchangeable {
  side target;
  field_digests fields; // as the other side has them
};

using action = std::variant<wait, agree, forget, bury, look, resolve, create_on, update_on, replace_on, set_read_on,
                            move_on, remove_on, report_unchangeable>;

struct verdict {
  action what;
  /// Set where somebody's change loses by this; recorded when the action has succeeded.
  std::optional<conflict> loses;
};

/// The rule of ARCHITECTURE, "The arbiter": two-way by the table, one-way by the table with the target read as
/// unchanged.
verdict decide(const twin&, const surroundings&);

/// When something is to be tried or looked at again by itself; nothing: only news call for it. `window`: how long after
/// the request a server may still commit it.
std::optional<utc_seconds> due(const twin&, std::chrono::seconds window);

/// What trouble.at holds for one side: the key, so that an edit lifts a ban, and another value once the item is gone.
change_key trouble_key(const std::optional<observation>&);

/// What a create of this class does not carry, and an update of its own adds: MIME holds the whole of a mail.
std::vector<field> parts_of(item_class);

/// Fields whose values mean the same on both servers. For a mail that was sent or received and has just been paired,
/// only what its user can set: each server rewrites bodies and addresses in its own way.
std::vector<field> differ_across(const field_digests& primary, const field_digests& replica, bool first_pairing,
                                 item_class of, bool draft);
/// The same of two items that were read and never agreed. Where one is a copy that this pair has made, the words of
/// their bodies count too: servers rewrite the rest of them, and nothing but a user makes those differ.
std::vector<field> differ_when_found(const pair_id&, const observation& one, const observation& another);

} // namespace exsyncd::logic
