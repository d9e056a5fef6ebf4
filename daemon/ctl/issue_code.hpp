#pragma once

#include "daemon/ctl/session.hpp"

#include <cstdint>
#include <string>

namespace exsyncd::ctl {

/// What an operator says of a code. Needs no daemon.
struct issue_options {
  std::string key_file; // PEM; made by new_key
  bool new_key = false;
  bool top_up = false;
  std::string bytes, from, to, id; // as on the command line
  std::uint32_t pairs = 0;
};

/// Makes a key pair, or prints a code on standard output and what it grants on standard error.
outcome issue_code(const session& with, const issue_options& asked);

} // namespace exsyncd::ctl
