#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace exsyncd {

/// One thing that is wrong with a configuration.
struct problem {
  std::string path;     // "pairs.jane.folders.projects.direction"; empty where it is about the whole file
  std::string text;     // what is wrong and what would be right, one line
  std::size_t line = 0; // syntax only, from 1
  std::size_t column = 0;
  friend bool operator==(const problem&, const problem&) = default;
};
using problems = std::vector<problem>;

/// One line: "exsyncd.json: pairs.jane.start: must be true or false", "exsyncd.json:12:7: …".
std::string to_text(const problem& p, const std::string& file);

} // namespace exsyncd
