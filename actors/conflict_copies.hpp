#pragma once

#include "actors/pair.hpp"

#include <functional>
#include <string>

namespace exsyncd {

/// The folder at the top of a mailbox that copies of this class go into. It is never synced.
std::string conflict_folder(item_class of);
bool is_conflict_folder(const std::string& path);

/// Copies what lost a conflict, and was kept before it was overwritten or deleted, into the folder of its own side,
/// made where it is not there. Each copy holds a mark, so that a cut makes none twice. What cannot be done now is done
/// at the end of the next round. Runs in the pair's context; `done` is called once.
void copy_losers(pair_actor::stateful_pointer<pair_state> self, std::function<void()> done);

} // namespace exsyncd
