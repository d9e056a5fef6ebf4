#include "tests/fuzz/targets.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <vector>

using namespace exsyncd::fuzz;

namespace {

/// Always the same, on every machine: mt19937_64 is laid down by the standard, its distributions are not.
class mutator {
public:
  explicit mutator(std::uint64_t seed) : random_(seed) {}

  std::string next(std::span<const std::string> seeds) {
    std::string bytes = seeds[below(seeds.size())];
    for (auto times = 1 + below(6); times > 0; --times)
      change(bytes, seeds);
    return bytes;
  }

private:
  std::size_t below(std::size_t most) { return static_cast<std::size_t>(random_() % most); }

  void change(std::string& bytes, std::span<const std::string> seeds) {
    const auto at = below(bytes.size() + 1);
    switch (below(6)) {
    case 0:
      if (at < bytes.size()) bytes[at] = static_cast<char>(random_());
      break;
    case 1:
      bytes.insert(at, 1, static_cast<char>(random_()));
      break;
    case 2:
      bytes.erase(at, 1 + below(20));
      break;
    case 3: // again and again
      if (at < bytes.size()) {
        const auto part = bytes.substr(at, 1 + below(12));
        for (auto times = below(40); times > 0; --times)
          bytes.insert(at, part);
      }
      break;
    case 4: {
      const auto& other = seeds[below(seeds.size())];
      bytes.insert(at, other.substr(below(other.size() + 1), below(60)));
      break;
    }
    default:
      bytes.resize(at);
    }
  }

  std::mt19937_64 random_;
};

} // namespace

TEST_CASE("Whatever comes from outside is read or refused, and never anything else") {
  for (const auto& t : targets()) {
    DYNAMIC_SECTION(t.name) {
      for (const auto& seed : t.seeds)
        t.run(seed);
      mutator m(20261128);
      for (int i = 0; i < 2'000; ++i) {
        const auto bytes = m.next(t.seeds);
        CAPTURE(i, bytes);
        REQUIRE_NOTHROW(t.run(bytes));
      }
    }
  }
}
