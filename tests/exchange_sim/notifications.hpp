#pragma once

#include "tests/exchange_sim/state.hpp"

#include <string>

namespace exchange_sim {

/// The limits of a new server.
notification_settings default_notifications(const version_profile&);

/// What one GetStreamingEvents has to say at `now` (the clock of connections). A connection that is not known, or that
/// says its last, is closed and forgotten.
stream_turn next_turn(server&, std::uint64_t connection, sys_time now);

/// The same answer as Microsoft's schemas want it: real servers put Notification and SubscriptionId of a streaming
/// answer into the messages namespace, where the schemas have them in the types namespace.
std::string as_schemas_want(std::string answer);

} // namespace exchange_sim
