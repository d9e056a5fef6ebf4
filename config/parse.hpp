#pragma once

#include "config/files.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace exsyncd {

using configuration = std::variant<settings, problems>;

/// JSON with comments to settings, or everything that is wrong with it at once. Reads the password and certificate
/// files that it names.
configuration parse_settings(std::string_view text, const file_places& places);

/// What was made over the admin socket, by name: JSON objects as they would stand in the file, but that secrets stand
/// in them ("password" in place of "password_file").
struct additions {
  std::map<std::string, std::string> servers, pairs;
  /// Pairs that are just being made or changed: what they share with another pair is told of them, not of that one.
  std::set<std::string> edited_pairs = {};
};
/// The settings of the file and of the additions that are right; what is wrong with the others, by their names.
struct added_settings {
  settings all;
  std::map<std::string, problems> wrong_servers, wrong_pairs;
};
/// The file's own problems refuse all of it. Additions may use the file's servers; the file knows nothing of them.
std::variant<added_settings, problems> parse_settings(std::string_view text, const file_places& places,
                                                      const additions& more);

/// The same from a file. `credentials` is $CREDENTIALS_DIRECTORY or empty.
configuration load_settings(const std::string& file, const std::string& credentials);

/// The text of a configuration file, and where it looks for other files.
struct configuration_text {
  std::string text;
  file_places places;
};
std::variant<configuration_text, problems> load_text(const std::string& file, const std::string& credentials);

} // namespace exsyncd
