#pragma once

#include "storage/records.hpp"
#include "storage/store.hpp"

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace exsyncd::logic {

/// The twin that a mark names (storage/marks.hpp), where it is of this pair.
std::optional<twin_id> twin_of_mark(const pair_id&, const operation_mark&);

/// The mark of one intent; of `source` the copy takes origin and lineage.
operation_mark make_mark(const pair_id&, const twin_id&, const intent_id&,
                         const std::optional<observation>& source = {});

/// The same for what is made in place of `old`: it has come the way that `old` has come; its origin is that of
/// `source`, where there is one.
operation_mark make_replacing_mark(const pair_id&, const twin_id&, const intent_id&, const observation& old,
                                   const std::optional<observation>& source = {});

struct matches {
  /// Two records that turn out to be one item, in an order in which they can be applied.
  std::vector<absorb_twin> same;
  /// Half twins of open intents: resolving the intent takes care of them. Those that may be an item of ours that moved
  /// before any list had shown it: looking at that one tells. And those that wait for the contents of others.
  std::vector<twin_id> held;
  /// Copies that a create of ours left behind after it was given up: to be removed.
  std::vector<twin_id> duplicates;
  /// Copies that another pair or daemon made of an item that both sides have already: they are left alone.
  std::vector<twin_id> redundant;
  /// Users' copies that lists have shown beside what they are copies of, and that is to be noted.
  std::vector<note_copy> copies;
  /// Half twins whose contents must be read before it can be told what they are the same as.
  std::vector<twin_id> unread;
};

/// What is known beside the twins when they are matched.
struct match_surroundings {
  /// Which folder pairs were listed to their ends on both sides; in the others nothing is matched across.
  std::vector<folder_pair_id> listed;
  /// As in `surroundings`: what was seen before it has been seen by a listing of every folder since.
  both<sequence> listed_after{std::numeric_limits<sequence>::max(), std::numeric_limits<sequence>::max()};
  std::function<bool(item_class, field)> held_by_both = [](item_class, field) { return true; };
  /// Which could not be listed in this round, on that side: what is known to be there may have been moved since.
  both<std::vector<folder_pair_id>> unread = {};
};

/// Finds out which unknown new items are known ones. Pure. In this order: marks of our own creates; what another
/// pair has put in place of an item; items that left their folder or their mailbox's ids and turn up again (mark,
/// search key, Message-ID, contents); copies of other pairs in the same place; what was brought back on both sides
/// (one origin); new items opposite each other in one
/// folder pair (find_alike).
///
/// `unsettled`: every unsettled twin of the pair, the settled half twins that share a key with one of them
/// (keys_of_half), and the settled twins of the lineages in their marks and of their origins. `marked`: the twins that
/// the marks of its half twins name.
matches match(const std::vector<twin>& unsettled, const std::vector<twin>& marked, const match_surroundings&);

/// A half twin: seen present on exactly one side, never agreed, nothing under way.
std::optional<side> half_of(const twin&);

} // namespace exsyncd::logic
