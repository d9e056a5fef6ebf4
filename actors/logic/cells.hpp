#pragma once

#include <functional>
#include <string>

namespace exsyncd::logic {

/// Is told which cell of the arbiter's table a decision falls into: "two-way: edited, deleted" (the primary first;
/// one-way the source), "read state", "move", "new".
using cell_listener = std::function<void(const std::string& cell)>;

/// For tests that count what decides. Nobody listens in the daemon. It replaces the listener before; an empty one ends
/// that. Not to be called while something is being decided.
void listen_to_cells(cell_listener);

} // namespace exsyncd::logic
