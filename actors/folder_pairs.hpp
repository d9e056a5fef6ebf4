#pragma once

#include "config/settings.hpp"
#include "storage/records.hpp"

#include <vector>

namespace exsyncd {

struct folder_sides_loaded;

/// The folder pairs of a pair: those of its settings, then those of subfolders, as the store knows them. A derived one
/// has the settings of the folder pair that it is derived from, and its own name and paths.
std::vector<folder_pair_settings> folder_pairs_of(const pair_settings&, const std::vector<folder_side>& known);

/// Those of them that are looked after. A derived one that is wary while what it is derived from is not has the name
/// only: its folders do not lie below those any more, or not both. What is frozen waits for an administrator, so it is
/// one.
std::vector<folder_pair_settings> looked_after_of(const pair_settings&, const folder_sides_loaded& known);

/// The folder pair with this name, or nothing.
const folder_pair_settings* find_folder_pair(const std::vector<folder_pair_settings>&, const folder_pair_id&);

} // namespace exsyncd
