#pragma once

#include "actors/folder_pair.hpp"

#include <functional>

namespace exsyncd {

using folder_pair_self = folder_pair_actor::stateful_pointer<folder_pair_state>;

/// Reads both sides' change lists; `done` is called once, from `self`'s context.
void start_pulling(folder_pair_self self, const pull& what, std::function<void(pulled)> done);

} // namespace exsyncd
