#pragma once

#include "daemon/engine_room.hpp"
#include "daemon/host/signals.hpp"

namespace exsyncd {

/// Ends all pairs: nothing new is begun, the requests in flight are finished, for at most ten seconds. False where that
/// was too short or a second signal came: nothing is lost then either, every intent is on disk and the next start looks
/// what became of it. Runs the inbox's tasks meanwhile.
bool end_pairs(engine_room& room, host::main_inbox& inbox);

} // namespace exsyncd
