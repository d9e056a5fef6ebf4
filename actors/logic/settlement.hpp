#pragma once

#include "actors/logic/decide.hpp"
#include "ews/model/change.hpp"
#include "ews/model/item.hpp"
#include "storage/store.hpp"

#include <optional>
#include <variant>
#include <vector>

/// From a decision to an intent, from an answer to a settlement, and what to believe where the answer was lost. Pure.
namespace exsyncd::logic {

// ---- intents
// ---------------------------------------------------------------------------------------------------------

/// The intent of a create or a replace: carries the whole mail, as it was read from the source.
intent intent_to_carry(const twin&, enum operation, side target, const content& source, const folder_pair_id& folder,
                       intent_id, utc_seconds now);
/// The intent of an update of `fields`, whose values were read from the source at `source`. `target`: the target's
/// contents, where one of the fields takes several requests.
intent intent_to_update(const twin&, const update_on&, const content& source, intent_id, utc_seconds now,
                        const content* target = nullptr);
intent intent_of(const twin&, const set_read_on&, intent_id, utc_seconds now);
intent intent_of(const twin&, const move_on&, intent_id, utc_seconds now);
intent intent_of(const twin&, const remove_on&, intent_id, utc_seconds now);

// ---- settlements
// -----------------------------------------------------------------------------------------------------

/// What a write has brought about. `id` and `key` are the answer's; empty ones mean: as before.
settle_twin settlement_of(const twin&, const intent&, const item_id& id, const change_key& key, utc_seconds now);
/// The same for an item that was read back: its answer gave no key, or it took several requests. `ours`: the key that
/// the last answer gave; empty: none. What its user did meanwhile stays to be carried.
settle_twin settlement_as_read(const twin&, const intent&, const item_id& id, const change_key& ours,
                               const content& there, utc_seconds now);
/// What our last write has left on this side, where it is read under the key that its answer gave; else nothing.
std::optional<settle_twin> read_back_of(const twin&, side, const content& there);
settle_twin settlement_of(const twin&, const agree&);
settle_twin settlement_of(const twin&, const forget&);
settle_twin settlement_of(const twin&, const bury&, utc_seconds now);
/// What a write leaves that was refused halfway and took back what it had written: an item as it was, under this key.
settle_twin taken_back(const twin&, const intent&, const change_key& key);

// ---- lost answers
// ----------------------------------------------------------------------------------------------------

/// What was found when looking for the outcome of an intent.
struct evidence {
  /// Items that hold the intent's mark (create, replace).
  std::vector<listed_item> marked;
  /// The item written to, as it is now; empty: it is not found (update, set_read, move, remove, the old one of
  /// replace).
  std::optional<content> item = {};
  /// The folder pair in whose folder the marked ones are; empty: the intent's. And whether that is Deleted Items
  /// instead.
  folder_pair_id place = {};
  bool deleted = false;
  /// Lists tell that the item written to has left its folder, and is nowhere else.
  bool left = false;
  /// What is in its attachments, as a value of hint::attachment_contents; empty: they were not read.
  std::optional<std::string> attached = {};
  /// What was removed, as it lies in Deleted Items (remove); empty: not told.
  std::optional<content> removed = {};
  /// It has been found where its user has moved it, and not in Deleted Items (remove).
  bool moved = false;
  /// The source's contents as they are now (update of attachments that were never agreed); empty: not read.
  std::optional<content> source = {};
};

/// It took effect: settle with this.
struct took_effect {
  settle_twin settlement;
};
/// A replace whose new copy exists: the old one is still to be removed. `deleted`: its user has put the new one into
/// Deleted Items, so the old one stays.
struct half_done {
  item_id made;
  change_key made_key;
  bool deleted = false;
};
/// It had no effect. `lost`: it may still have one, so its mark is kept in mind. `in_part`: some of it took effect, and
/// the rest is decided anew; what loses by it has lost.
struct no_effect {
  bool lost = false;
  bool in_part = false;
};
/// Too early to say: the server may still be committing.
struct look_again {};
/// The item is not found: lists are to tell what became of it.
struct missed {};
/// An update of several requests was cut between them: it goes on from what is there.
struct halfway {};
using resolution = std::variant<took_effect, half_done, no_effect, look_again, missed, halfway>;

/// `window`: how long after the request a server may still commit it. Exchange commits up to a minute after the client
/// gave up; the daemon uses 90 s.
resolution judge(const twin&, const intent&, const evidence&, std::chrono::seconds window, utc_seconds now);

/// Whether an earlier try of this update has taken effect in part.
bool has_begun(const intent&);

/// The step of an update whose files were all seen on the target after a try of it that was cut.
inline constexpr std::uint8_t files_came = 2;

/// How an update goes on that was cut between its requests.
struct continued {
  /// What is written now, with what the target's user added meanwhile.
  std::vector<part_values> parts;
  /// Fields of which this side's edit goes down by that.
  both<std::vector<field>> lost;
  /// What was written, or what it was to replace, was taken away by the user who wins, and nothing of ours is left in
  /// between: it is not written again, but decided anew.
  bool taken_away = false;
};
/// `target_wins`: where both users have changed the same entry, or the target's has taken one away. `found.item` is
/// there.
continued go_on(const intent&, const evidence& found, const content& source, bool target_wins);
/// An edit of both sides that the table lets one lose.
conflict lost_against(const twin&, side loser, std::vector<field>, utc_seconds now);

/// What becomes of a replacement whose new copy exists, decided on a fresh read of the old one.
enum class replacing {
  remove_old, // it is as it was when the replacement was decided
  withdraw,   // its user did something to it: the new copy goes, and all is decided anew
  settle,     // it is gone by our own removal
  miss        // it is not found: lists are to tell
};
replacing judge_replacement(const twin&, const intent&, const evidence& old);

/// What a user had changed of an item just before we removed it, where that was found out afterwards.
std::optional<conflict> lost_by_removal(const twin&, const intent&, const content& there, const policy&,
                                        utc_seconds now);

/// What the user of a replacement's new copy had made of it, which was removed again: `there` is where it went. It has
/// lost, and nobody is to look for it in vain.
std::optional<conflict> lost_by_withdrawal(const twin&, const intent&, const content& there, const policy&,
                                           utc_seconds);
/// The same for `half`, which is left over on that side from a create of `owner`'s that had been given up: what it has
/// that was never agreed there. Its contents are known.
std::optional<conflict> lost_with_duplicate(const twin& half, side, const twin& owner, const policy&, utc_seconds);
/// Records what has lost, and nothing else.
settle_twin noted(const twin&, conflict);
/// Ends an update of which it will never be known what it did, with what lost by that; to be stored in one batch.
std::vector<settle_twin> ended_with(const twin&, const intent&, conflict lost);

/// The same for a removal whose answer was lost, by what was read of the item while its outcome was open.
std::optional<conflict> lost_unanswered(const twin&, const intent&, const policy&, utc_seconds now);

/// The same for an update whose answer was lost and whose target has left since: nobody knows whether it took effect.
/// `source`: as it is now. Where its user has set back what was sent, the base does not show that as an edit.
std::optional<conflict> lost_unknown(const twin&, const intent&, const content& source, const policy&, utc_seconds now);

} // namespace exsyncd::logic
