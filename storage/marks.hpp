#pragma once

#include "storage/records.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Whose copy an item is: what an operation mark says, and where copies come from.
namespace exsyncd {

/// What is copied on through more mailboxes than that is known by the way that it came first. A mark is compared by
/// servers, which do so within 255 characters.
inline constexpr std::size_t most_places = 6;

/// "<pair>/<twin>/<intent>~<origin>~<place>.<place>…~<place>"; older ones end before a "~".
struct mark_parts {
  std::string pair;
  std::string twin;
  std::string intent;
  /// What an original and every copy of it have in common, user's copies too: the search key of the original.
  std::string origin;
  /// The items that it is a copy of, the first original first; no more than `most_places`.
  std::vector<std::string> places;
  /// Where the item was made in place of another one: the place of that one. It is the same item for every pair.
  std::string replaced;
};
std::optional<mark_parts> parts_of(const operation_mark&);
operation_mark mark_of(const mark_parts&);

/// Where an item is now: 4 hexadecimal digits for its mailbox, 12 for its id. A move inside a mailbox changes it. What
/// was made in place of another item has the place of that one.
std::string place_of(const observation&);

/// The items that it is a copy of, the first original first, and itself.
std::vector<std::string> lineage_of(const observation&);

/// The first of them: the same for an original and for every copy of it that daemons made.
std::string first_of_lineage(const observation&);

/// How far two items of two mailboxes have come the same way, where they may be one item; 0: they are two. In each
/// mailbox an item is once: where two of one mailbox were copied on, one of them was a user's copy, and an item of its
/// own with all that came of it.
std::size_t common_lineage(const observation&, const observation&);

/// Under which key `store::unpaired` finds the settled twins of one lineage, beside those of a Message-ID.
message_id key_of_lineage(const std::string& first);

/// What an item and every copy that was made of it have in common, whoever made them: of a copy what its mark says, of
/// an original its search key. Empty: not known.
std::string origin_of(const observation&);

/// Under which key `store::unpaired` finds the settled twins of one origin; nothing where that is not known.
std::optional<message_id> key_of_origin(const observation&);

/// By what `store::unpaired` finds a settled half twin beside its lineage: its Message-ID, its origin, and where it has
/// no Message-ID its subject, and the names of a contact that was read.
std::vector<message_id> keys_of_half(const observation&);

} // namespace exsyncd
