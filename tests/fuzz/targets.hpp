#pragma once

#include <span>
#include <string>
#include <string_view>

/// What reads bytes from outside, each with what must hold whatever the bytes are. A violation throws
/// std::logic_error, so that both a test and libFuzzer see it.
namespace exsyncd::fuzz {

struct target {
  std::string_view name;
  void (*run)(std::string_view bytes);
  /// Sound inputs to begin from.
  std::span<const std::string> seeds;
};

std::span<const target> targets();

} // namespace exsyncd::fuzz
