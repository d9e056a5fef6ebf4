#pragma once

#include "ews/model/field.hpp"

/// What is kept beside an item's fields, in their numbering, and is none of its contents: what servers tell of
/// attachments is a reason to look, no edit. The numbers are stored in the data base: never renumber.
namespace exsyncd::hint {

/// The ids of the attachments, and of the item that they belong to: another item has others, also one that was moved.
inline constexpr field attachment_ids{17};
inline constexpr field attachment_holder{18};
/// What is in the attachments; known only once they were read (observation::likeness).
inline constexpr field attachment_contents{19};
/// Of a body that we sent, its words: known until it is read back (side_base::content).
inline constexpr field body_words{49};

} // namespace exsyncd::hint
