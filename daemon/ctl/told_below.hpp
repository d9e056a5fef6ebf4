#pragma once

#include "daemon/ctl/session.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

/// What is said of pairs below a table.
namespace exsyncd::ctl {

/// What nobody looks after: nothing is wrong with it, but nothing is compared either. Without a pair's name, each is
/// told with the name that comes with it.
std::string left_as_lines(const nlohmann::json& of, const std::string& pair);

/// What is wrong with pairs, or left out of them.
std::string errors_of(const session& with, const nlohmann::json& pairs);

} // namespace exsyncd::ctl
