#include "tests/fuzz/targets.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

// One program for each target, by EXSYNCD_FUZZ_TARGET. What a target throws is a finding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto& target = []() -> const exsyncd::fuzz::target& {
    for (const auto& t : exsyncd::fuzz::targets())
      if (t.name == EXSYNCD_FUZZ_TARGET) return t;
    std::abort();
  }();
  try {
    target.run({reinterpret_cast<const char*>(data), size});
  } catch (const std::exception& found) {
    std::fprintf(stderr, "%s\n", found.what());
    std::abort();
  }
  return 0;
}
