#pragma once

#include "daemon/engine_room.hpp"
#include "daemon/host/signals.hpp"

#include <memory>

namespace exsyncd {

/// Ends everything, within ten seconds: nothing new is begun, the requests in flight are finished as far as there is
/// time, the others are cut off. Nothing is lost by that: every intent is on disk, and the next start looks what became
/// of it. A second signal cuts at once. Runs the inbox's tasks meanwhile.
///
/// False where something hangs all the same: then the process shall be left without waiting for its threads.
bool end_all(std::unique_ptr<engine_room> room, host::main_inbox& inbox, const log_sink& log);

} // namespace exsyncd
