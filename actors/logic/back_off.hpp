#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace exsyncd::logic {

/// How often one item is tried again before it rests in the ban list.
inline constexpr std::uint32_t most_tries = 8;

/// No rest is longer: what is due later than that was noted before the clock was set back.
inline constexpr std::chrono::minutes longest_rest{75};

/// The rest before the next try: 30 s, doubling up to an hour, spread by up to a quarter so that what failed together
/// does not come back together. `tries` counts those that failed, from 1.
inline std::chrono::seconds back_off(std::uint32_t tries, std::uint64_t random) {
  auto base = std::chrono::seconds(30) * (1u << std::min<std::uint32_t>(tries > 0 ? tries - 1 : 0, 7));
  base = std::min<std::chrono::seconds>(base, std::chrono::hours(1));
  return base + std::chrono::seconds(random % (static_cast<std::uint64_t>(base.count()) / 4 + 1));
}

} // namespace exsyncd::logic
