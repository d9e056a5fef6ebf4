#pragma once

#include "tests/exchange_sim/session.hpp"

namespace exchange_sim {

/// Refuses an item that is too large for the server (ErrorMessageSizeExceeded) or for what is left of the quota of the
/// mailbox that the session is in (ErrorQuotaExceeded). `replaced` bytes become free.
void check_room(const session&, const item&, std::size_t replaced = 0);

} // namespace exchange_sim
