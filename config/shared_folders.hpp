#pragma once

#include "config/problem.hpp"
#include "config/settings.hpp"

#include <optional>
#include <string>
#include <vector>

/// Two pairs that keep the same two folders in step would copy each other's copies.
namespace exsyncd {

/// A folder of one mailbox, as far as names can tell it from another.
std::string place_of(const side_settings& side, const std::string& folder);

/// The folder pairs of `pair` whose two folders `others` keep in step with each other already, in either direction, by
/// a folder pair of their own or as folders below one. Each names the other pair.
problems shared_with(const std::vector<pair_settings>& others, const pair_settings& pair);

} // namespace exsyncd
