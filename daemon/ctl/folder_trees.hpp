#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

/// Two mailboxes' folders side by side: what setup proposes to pair.
namespace exsyncd::ctl {

/// A folder that can be kept in step, as server.folders tells it.
struct known_folder {
  std::string path;
  std::string kind; // "IPF.Note", "IPF.Contact", "IPF.Task" or "IPF.Appointment"
  std::size_t items = 0;
};
/// Without those that nobody wants in step: left out by the daemon, of a class that exsyncd does not sync, or junk.
std::vector<known_folder> syncable(const nlohmann::json& told);

struct trees_compared {
  struct both_have {
    std::string path;
    std::size_t primary_items = 0, replica_items = 0;
  };
  std::vector<both_have> both; // of one path and one kind
  std::vector<std::string> primary_only, replica_only;
};
/// Where subfolders come along by themselves, those below a folder that both have are none to choose.
trees_compared compare_trees(const std::vector<known_folder>& primary, const std::vector<known_folder>& replica,
                             bool subfolders_come_along);

/// A name for a folder pair: of the path's last name what a name may hold; such that `folders` has none of it yet.
std::string name_of_folder_pair(const std::string& path, const nlohmann::json& folders);

} // namespace exsyncd::ctl
