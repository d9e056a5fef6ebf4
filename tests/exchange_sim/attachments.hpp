#pragma once

#include "tests/exchange_sim/properties.hpp"

namespace exchange_sim {

/// Reads one FileAttachment or ItemAttachment of a request. `depth`: how many attachments it lies in.
/// Throws response_error: a size beyond the server's, an item of a type that cannot be attached, too deep a nest.
attachment read_attachment(session&, node, int depth);

/// What the store makes of an attachment that is put into an item: parses a message, gives new keys to it and to what
/// lies inside.
void settle_attachment(change_context&, attachment&);

/// The attachment of this key, in the item or in an item attached to it; null where there is none.
attachment* find_attachment(item&, std::uint64_t key);

/// Takes it out, wherever it lies.
void remove_attachment(item&, std::uint64_t key);

/// Size in bytes as t:Size shows it: PR_ATTACH_SIZE counts the properties of the attachment beside its content.
std::size_t wire_size(const attachment&);
/// Size of everything inside, for the size of the item.
std::size_t content_size(const attachment&);

} // namespace exchange_sim
