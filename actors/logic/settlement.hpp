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
/// The intent of an update of `fields`, whose values were read from the source at `source`.
intent intent_to_update(const twin&, const update_on&, const content& source, intent_id, utc_seconds now);
intent intent_of(const twin&, const set_read_on&, intent_id, utc_seconds now);
intent intent_of(const twin&, const move_on&, intent_id, utc_seconds now);
intent intent_of(const twin&, const remove_on&, intent_id, utc_seconds now);

// ---- settlements
// -----------------------------------------------------------------------------------------------------

/// What a write has brought about. `id` and `key` are the answer's; empty ones mean: as before.
settle_twin settlement_of(const twin&, const intent&, const item_id& id, const change_key& key, utc_seconds now);
settle_twin settlement_of(const twin&, const agree&);
settle_twin settlement_of(const twin&, const forget&);
settle_twin settlement_of(const twin&, const bury&, utc_seconds now);
/// What a write leaves that was refused halfway and took back what it had written: an item as it was, under this key.
settle_twin taken_back(const twin&, const intent&, const change_key& key);

// ---- lost answers
// ----------------------------------------------------------------------------------------------------

/// What was found when looking for the outcome of an intent.
struct evidence {
  /// Items in the target folder that hold the intent's mark (create, replace).
  std::vector<listed_item> marked;
  /// The item written to, as it is now; empty: it is not found (update, set_read, move, remove, the old one of
  /// replace).
  std::optional<content> item;
};

/// It took effect: settle with this.
struct took_effect {
  settle_twin settlement;
};
/// A replace whose new copy exists: the old one is still to be removed.
struct half_done {
  item_id made;
  change_key made_key;
};
/// It had no effect. `lost`: it may still have one, so its mark is kept in mind.
struct no_effect {
  bool lost = false;
};
/// Too early to say: the server may still be committing.
struct look_again {};
using resolution = std::variant<took_effect, half_done, no_effect, look_again>;

/// `window`: how long after the request a server may still commit it. Exchange commits up to a minute after the client
/// gave up; the daemon uses 90 s.
resolution judge(const twin&, const intent&, const evidence&, std::chrono::seconds window, utc_seconds now);

} // namespace exsyncd::logic
