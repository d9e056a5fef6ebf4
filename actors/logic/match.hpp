#pragma once

#include "storage/records.hpp"
#include "storage/store.hpp"

#include <vector>

namespace exsyncd::logic {

/// The twin that a mark names ("<pair>/<twin>/<intent>"), where it is of this pair.
std::optional<twin_id> twin_of_mark(const pair_id&, const operation_mark&);

/// The mark of one intent.
operation_mark make_mark(const pair_id&, const twin_id&, const intent_id&);

struct matches {
  /// Two records that turn out to be one item, in an order in which they can be applied.
  std::vector<absorb_twin> same;
  /// Half twins of open intents: resolving the intent takes care of them. And those that may be an item of ours that
  /// moved before any list had shown it: looking at that one tells.
  std::vector<twin_id> held;
  /// Copies that a create of ours left behind after it was given up: to be removed.
  std::vector<twin_id> duplicates;
};

/// Finds out which unknown new items are known ones. Pure. In this order: marks of our own creates; items that left
/// their folder or their mailbox's ids and turn up again (search key, then Message-ID); new items opposite each other
/// in one folder pair with the same Message-ID, as many as there are on both sides, oldest first.
///
/// `unsettled`: every unsettled twin of the pair, and the settled half twins that share a Message-ID with one of them.
/// `marked`: the twins that the marks of its half twins name. `listed`: which folder pairs were listed to their ends on
/// both sides; in the others nothing is matched across.
matches match(const std::vector<twin>& unsettled, const std::vector<twin>& marked,
              const std::vector<folder_pair_id>& listed);

/// A half twin: seen present on exactly one side, never agreed, nothing under way.
std::optional<side> half_of(const twin&);

} // namespace exsyncd::logic
