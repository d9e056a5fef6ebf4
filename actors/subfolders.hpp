#pragma once

#include "actors/logic/subfolders.hpp"
#include "actors/pair.hpp"

#include <functional>
#include <optional>
#include <vector>

namespace exsyncd {

/// The folders below one folder pair, as they stand now.
struct subfolders_found {
  struct one {
    logic::known_subfolder pair;
    both<folder_state> folders;
  };
  std::vector<one> pairs;
  /// Of which one side's folder is gone, and the other one's is still there: what is said of each.
  std::vector<std::pair<folder_pair_id, failure>> halved;
  /// Known ones that are not looked after below this root any more, though their folders are there.
  std::vector<folder_pair_id> apart;
  /// One tree could not be read, or a folder not be created: what is known stands, the rest waits for the next round.
  both<std::optional<failure>> failed;
};

/// Reads both trees below a folder pair, carries creates, renames and moves of folders over, reads them again, until
/// nothing is left to do. Every step may be repeated: a folder that was created or
/// renamed and whose answer was lost is found by its name. Runs in the pair's context; `done` is called once.
void find_subfolders(pair_actor::stateful_pointer<pair_state> self, const folder_pair_settings& root,
                     logic::subfolder_question what, std::function<void(subfolders_found)> done);

} // namespace exsyncd
