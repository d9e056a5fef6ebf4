#pragma once

#include "config/settings.hpp"
#include "storage/records.hpp"

#include <vector>

namespace exsyncd {

/// The folder pairs of a pair: those of its settings, then those of subfolders, as the store knows them. A derived one
/// has the settings of the folder pair that it is derived from, and its own name and paths.
std::vector<folder_pair_settings> folder_pairs_of(const pair_settings&, const std::vector<folder_side>& known);

/// The folder pair with this name, or nothing.
const folder_pair_settings* find_folder_pair(const std::vector<folder_pair_settings>&, const folder_pair_id&);

} // namespace exsyncd
