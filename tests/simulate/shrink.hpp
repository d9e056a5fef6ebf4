#pragma once

#include "tests/simulate/run.hpp"

namespace simulate {

struct shrunk {
  schedule shortest;
  outcome_of_run outcome; // of the shortest, with its trace
  int runs = 0;
};

/// Leaves out whatever can be left out of a schedule that breaks the rule `kind`, as long as it still does; tries no
/// more than `most_runs` times.
shrunk shrink(const schedule& failing, const std::string& kind, int most_runs);

/// What went wrong and how it came to it, for people: the violations, the world, the schedule and all that happened.
std::string story_of(std::uint64_t seed, const outcome_of_run& told);

} // namespace simulate
