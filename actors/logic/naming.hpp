#pragma once

#include "storage/records.hpp"

#include <set>
#include <utility>
#include <vector>

/// Which folder pair is which: what is known is found by the two folders, not by the name that the configuration gives
/// them. Pure.
namespace exsyncd::logic {

/// A folder pair of a round, and where its folders are.
struct placed_folder_pair {
  folder_pair_id name;
  both<mailbox_identity> mailboxes;
  both<folder_id> folders;
};

struct naming_question {
  std::vector<placed_folder_pair> placed;
  /// All that the round looks after, those among them whose folders were not found in it.
  std::set<folder_pair_id> looked_after;
  std::vector<folder_side> known;
};

/// What is known under one name belongs to another, all at once. What has these two folders is that folder pair. Where
/// nothing is known of it, one that shares one of its folders and is not looked after any more is: it was mapped to
/// another folder, and was given another name at once. What loses its name to that and has no other one is kept under a
/// name of its own.
std::vector<std::pair<folder_pair_id, folder_pair_id>> names_by_folders(const naming_question&);

} // namespace exsyncd::logic
