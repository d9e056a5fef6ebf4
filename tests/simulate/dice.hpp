#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace simulate {

/// Random numbers that are the same on every machine and with every standard library (splitmix64). Streams of
/// different names know nothing of each other: a new question in one moves no answer of another.
class dice {
public:
  dice(std::uint64_t seed, std::string_view stream) : state_(seed * 0x9e3779b97f4a7c15u + 1) {
    for (const unsigned char c : stream)
      state_ = (state_ ^ c) * 0x100000001b3u;
    throw_once();
  }
  std::uint64_t throw_once() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// 0 to n - 1; n is above 0.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(throw_once() % n); }
  /// Both ends are possible.
  int between(int low, int high) { return low + static_cast<int>(below(static_cast<std::size_t>(high - low) + 1)); }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

private:
  std::uint64_t state_;
};

} // namespace simulate
