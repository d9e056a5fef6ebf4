#pragma once

#include "tests/simulate/plan.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace simulate {

/// What a run is counted by.
struct tally {
  std::uint64_t user_actions = 0, admin_actions = 0, crashes = 0, requests = 0, log_lines = 0;
  std::int64_t virtual_milliseconds = 0;
  std::map<std::string, std::uint64_t> faults;   // by kind
  std::map<std::string, std::uint64_t> coverage; // "class: mail", "crash: after CreateItem", …
};

/// Something that must never be. `kind` is one or two words; equal kinds are taken for the same fault when a schedule
/// is shortened.
struct violation {
  std::string kind, what;
};

struct outcome_of_run {
  std::vector<violation> violations;
  tally counts;
  /// The schedule with every draw resolved: run again, it does the same.
  schedule done;
  /// What happened, line by line; empty unless it was asked for.
  std::vector<std::string> trace;
  /// Of everything that passed between daemon and servers, in its order.
  std::uint64_t fingerprint = 0;
};

/// Plays a schedule from its beginning until the world is quiet, and judges what has become of it. The same schedule
/// gives the same outcome.
outcome_of_run run(const schedule&, bool with_trace = false);

} // namespace simulate
