#pragma once

#include "config/settings.hpp"

#include <algorithm>
#include <string>
#include <string_view>

/// What the two sides of a pair have to do with public folders, which belong to a server and not to a mailbox.
namespace exsyncd {

/// Whether a folder path, as a configuration writes it, names a public folder: the same one from whichever mailbox it
/// is looked at.
inline bool names_public_folder(std::string_view path) {
  return path.starts_with("public:");
}

/// Whether one side of a pair (`folder_pair_settings::primary` or `replica`) is public folders alone.
inline bool has_only_public_folders(const pair_settings& pair, std::string folder_pair_settings::*side) {
  return std::all_of(pair.folders.begin(), pair.folders.end(),
                     [&](const folder_pair_settings& f) { return names_public_folder(f.*side); });
}

/// How a side is called before an administrator.
inline std::string called(const side_settings& side) {
  return side.mailbox.empty() ? "public folders of " + side.server.name : side.mailbox;
}

} // namespace exsyncd
