#pragma once

#include "config/files.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace exsyncd {

using configuration = std::variant<settings, problems>;

/// JSON with comments to settings, or everything that is wrong with it at once. Reads the password and certificate
/// files that it names.
configuration parse_settings(std::string_view text, const file_places& places);

/// The same from a file. `credentials` is $CREDENTIALS_DIRECTORY or empty.
configuration load_settings(const std::string& file, const std::string& credentials);

} // namespace exsyncd
