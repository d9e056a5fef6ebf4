#pragma once

#include <cstdint>

namespace exsyncd {

/// Bytes of HTTP, heads and bodies as they are on the connection (compressed), without TLS.
struct byte_count {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t total() const { return sent + received; }
  byte_count& operator+=(const byte_count& more) {
    sent += more.sent;
    received += more.received;
    return *this;
  }
  friend bool operator==(const byte_count&, const byte_count&) = default;
};

} // namespace exsyncd
