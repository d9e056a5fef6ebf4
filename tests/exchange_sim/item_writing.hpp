#pragma once

#include "tests/exchange_sim/properties.hpp"

namespace exchange_sim {

/// How a CreateItem or UpdateItem treats the message after saving it.
enum class disposition { save_only, send_only, send_and_save };

struct item_rules;

/// The properties as the elements give them, in order; MimeContent stands first in the schema, so fields beat it.
/// `depth`: how many attachments the item lies in.
item read_new_item(session&, node element, const item_rules&, int depth = 0);

/// Reads MessageDisposition; throws response_error ErrorMessageDispositionRequired where a message lacks it.
disposition read_disposition(node request);

/// Refuses what Exchange refuses to send, and counts what would have gone out.
void send(session&, const item&);

/// "RE: x" and "FW: x" → "x".
std::string topic_of(std::string_view subject);

} // namespace exchange_sim
