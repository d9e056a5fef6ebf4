#pragma once

#include "tests/simulate/plan.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace simulate {

/// The world and the schedule of a seed. Which items users act on is left open ("pick") until the moment has come.
/// `more`: what some of the worlds hold besides, by name, and in how many of a hundred.
schedule draw(std::uint64_t seed, const std::map<std::string, int>& more);

/// All that there is more, or what is drawn without being asked for since such worlds hold.
std::map<std::string, int> all_there_is_more();
std::map<std::string, int> more_that_holds();
void draw_more(schedule&, std::uint64_t seed, const std::map<std::string, int>& more);

/// Everything that a run of many seeds is to have met at least once, as tally::coverage and tally::faults name it.
std::vector<std::string> expected_coverage();
std::vector<std::string> expected_faults();

} // namespace simulate
