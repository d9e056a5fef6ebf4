#include "actors/logic/back_off.hpp"

#include <catch2/catch.hpp>

#include <cstdint>

using namespace exsyncd;
using namespace std::chrono_literals;

TEST_CASE("back-off doubles up to an hour and is spread by up to a quarter") {
  CHECK(logic::back_off(1, 0) == 30s);
  CHECK(logic::back_off(2, 0) == 60s);
  CHECK(logic::back_off(8, 0) == 3600s);
  CHECK(logic::back_off(4'000'000'000u, 0) == 3600s);
  for (std::uint64_t r : {0ull, 7ull, 12345ull, ~0ull}) {
    CHECK(logic::back_off(3, r) >= 120s);
    CHECK(logic::back_off(3, r) <= 150s);
  }
}
