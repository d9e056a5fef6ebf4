#pragma once

#include "actors/pair.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

/// Folders that are not what they were. One that the configuration names by its path may be gone: most likely its user
/// has renamed or moved it. And the configuration, or that path, may mean another folder than before.
namespace exsyncd {

struct missing_folder {
  folder_pair_id folder_pair;
  exsyncd::side side = side::primary;
  std::string path;
  failure why; // as the mailbox has told it
};

/// Where the folder was known before, its mailbox is asked where that one is now. `done` gets each with a hint that
/// says so, and what to do. What cannot be found out changes nothing but that.
void explain_missing(pair_actor::stateful_pointer<pair_state> self, std::vector<missing_folder> all,
                     std::function<void(std::vector<missing_folder>)> done);

/// Notes in `folders` where one of their folders is another one than in an earlier round: told where much of what was
/// known is not there, since then nobody has taken it away.
void note_other_folders(pair_actor::stateful_pointer<pair_state> self, const bind_folders& now,
                        const std::vector<folder_side>& known, std::vector<arbitrated_folder>& folders);

} // namespace exsyncd
