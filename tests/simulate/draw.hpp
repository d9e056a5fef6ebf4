#pragma once

#include "tests/simulate/plan.hpp"

#include <cstdint>

namespace simulate {

/// The world and the schedule of a seed. Which items users act on is left open ("pick") until the moment has come.
schedule draw(std::uint64_t seed);

/// Everything that a run of many seeds is to have met at least once, as tally::coverage and tally::faults name it.
std::vector<std::string> expected_coverage();
std::vector<std::string> expected_faults();

} // namespace simulate
