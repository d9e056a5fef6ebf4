#pragma once

#include "actors/logic/settlement.hpp"

/// What the settlements of all kinds of writes are made of.
namespace exsyncd::logic {

/// A side's contents, as well as they are known.
field_digests contents(const twin&, side);

/// The reason of a conflict that a delete has won.
const char* deleted_against(side loser);

/// Whether some of an item's edits are written without the others, since the target has refused something of it.
bool goes_in_parts(const twin&, side target);

/// Contents of this side that are to be agreed: what rests, and was not written now, as it was agreed before,
/// or as still to be carried where nothing was.
field_digests without_resting(field_digests contents, const twin&, side, const std::vector<field>& written);

/// What is attached there is agreed by its names alone: what is in it has to be read on both sides.
void doubt_attached(field_digests& base);

/// A settlement of this intent in which nothing is said yet.
settle_twin start(const twin&, const intent&);

/// What was written to the target. Empty ones mean: as before.
settle_twin::write_result result_on(const twin&, const intent&, const item_id&, const change_key&);

/// An update as its answer has it: everything under `key` is ours.
settle_twin updated(const twin&, const intent&, const change_key& key, const change_key& base_key, bool read_back);

/// An update whose item was read back, see settlement_as_read.
settle_twin updated_as_read(const twin&, const intent&, const change_key& ours, const content& there);

/// An update whose answer was lost.
resolution judge_update(const twin&, const intent&, const evidence&, bool late);

} // namespace exsyncd::logic
