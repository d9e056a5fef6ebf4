#pragma once

#include "config/policy.hpp"
#include "ews/model/change.hpp"
#include "storage/records.hpp"

#include <set>
#include <string>
#include <variant>
#include <vector>

/// What is to be done about the folders below a folder pair (include_subfolders), from both trees and what is known.
/// Creates, renames and moves; never deletes. Pure.
namespace exsyncd::logic {

struct tree_folder {
  folder_state state;
  std::string path;      // as a configuration would write it
  bool left_out = false; // it and what is below it are reached by a folder pair that names them only
};

/// A folder pair that was made for a subfolder in an earlier round.
struct known_subfolder {
  folder_pair_id name;
  both<folder_id> ids;
  both<std::string> paths; // as they were then
  /// It has another name than those below this root, and is not looked after as what it was: it goes on as one of them
  /// where both of its folders lie below the root.
  bool of_another = false;
};

struct subfolder_question {
  known_subfolder root;
  enum direction direction = direction::bidirectional;
  both<std::vector<tree_folder>> trees; // below the root; parents before their children
  std::vector<known_subfolder> known;
  both<std::set<folder_id>> taken; // by folder pairs that name them, with what is below them
  std::set<folder_pair_id> names;  // that the configuration gives
};

struct create_subfolder {
  side target = side::replica;
  folder_id parent;
  std::string name;
  std::string folder_class;
};
struct rename_subfolder {
  side target = side::replica;
  folder_id id;
  change_key key;
  std::string name;
};
struct move_subfolder {
  side target = side::replica;
  folder_id id;
  folder_id to;
};
using subfolder_step = std::variant<create_subfolder, rename_subfolder, move_subfolder>;

struct subfolder_plan {
  /// Folder pairs that stand now, new ones included.
  std::vector<known_subfolder> pairs;
  /// To be done, after which the trees are read again and asked about anew: a second level follows the first.
  std::vector<subfolder_step> steps;
  /// A folder pair of which one side's folder is gone, while the other one is still there: what is in that, and comes
  /// into it, is left alone.
  struct halved {
    folder_pair_id name;
    side gone = side::primary;
    std::string path;  // of the folder that is gone, as it was
    std::string there; // of the other one, as it is now
  };
  std::vector<halved> halves;
  /// Known ones whose folders are both there and belong to folder pairs that name them, or to what lies below those.
  std::vector<folder_pair_id> apart;
};

subfolder_plan plan_subfolders(const subfolder_question&);

/// What the items of a folder of this class are ("IPF.Contact.MOC.QuickContacts" → "IPF.Contact"); mail where it says
/// nothing.
std::string kind_of_folder(const std::string& folder_class);

} // namespace exsyncd::logic
