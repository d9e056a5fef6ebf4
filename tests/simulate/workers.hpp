#pragma once

#include "tests/simulate/run.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace simulate {

/// One run that went wrong.
struct failed_run {
  std::string name; // of the seed or the file
  std::vector<violation> violations;
};

struct sum_of_runs {
  std::uint64_t runs = 0;
  tally counts;
  std::vector<failed_run> failed;
  /// Of whole worlds, exchange-sim and the history of its users included.
  std::uint64_t peak_memory = 0, memory_of_worlds = 0;
  std::string hungriest; ///< the run that held the most
};

/// A piece of work: what it is called, and the run itself, asked in a process of its own.
struct job {
  std::string name;
  std::function<outcome_of_run()> run;
};

/// Runs jobs 0 to `count` - 1 in `processes` child processes: one that hangs or dies is a violation of its job, and the
/// others go on.
/// `make(n)` is called in the child. `tell` is called in the parent for each job that went wrong; false: that is
/// enough, and the others are ended.
sum_of_runs run_all(std::size_t count, int processes, const std::function<job(std::size_t)>& make,
                    const std::function<bool(const failed_run&)>& tell);

} // namespace simulate
