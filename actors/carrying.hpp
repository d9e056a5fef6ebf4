#pragma once

#include "actors/pulling.hpp"

namespace exsyncd {

/// Carries out tasks in batches, a few batches at once; `done` is called once, from `self`'s context.
///
/// Why a crash anywhere in it is harmless: an intent is on disk before its request leaves, and its settlement replaces
/// it in one batch afterwards. Whoever finds an intent on disk therefore knows that its outcome is unknown, and looks.
void start_carrying(folder_pair_self self, carry_out what, std::function<void(carried)> done);

} // namespace exsyncd
