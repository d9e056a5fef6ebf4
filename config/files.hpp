#pragma once

#include "config/values.hpp"

#include <string>

namespace exsyncd {

/// Where relative files are looked for: in order, those that are not empty.
struct file_places {
  std::string credentials;   // $CREDENTIALS_DIRECTORY, systemd's LoadCredential
  std::string configuration; // the directory of the configuration
};

/// The absolute name of a file that is there and can be read.
checked<std::string> find_readable(const std::string& name, const file_places& places);

/// The one line that a password file holds. Refused where others than its owner and group may read it.
checked<std::string> read_secret(const std::string& name, const file_places& places);

/// A whole file of at most `limit` bytes.
checked<std::string> read_file(const std::string& name, std::size_t limit);

} // namespace exsyncd
