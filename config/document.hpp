#pragma once

#include "config/problem.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace exsyncd {

/// JSON with comments; the keys stay in the order of the file. Adds a problem, and returns null, where the syntax is
/// wrong; adds one for each key that is twice in its object (the first one counts).
nlohmann::ordered_json parse_document(std::string_view text, problems& found);

/// "pairs.jane" + "folders" = "pairs.jane.folders"; a key that is no plain word stands in quotes.
std::string path_of(const std::string& parent, const std::string& key);

} // namespace exsyncd
