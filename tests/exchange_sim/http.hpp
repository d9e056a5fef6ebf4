#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace exchange_sim {

/// Points in time are UTC; EWS shows whole seconds, we keep milliseconds for order.
using sys_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// One HTTP request as it reached a listener. `server` is the name of the simulated server that the listener stands
/// for.
struct http_request {
  std::string server;
  std::string method;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// One HTTP answer and how it leaves: whole, or cut after `cut_at` bytes of the body and the connection closed
/// (0: closed without an answer).
struct http_response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::optional<std::size_t> cut_at;
  std::chrono::milliseconds delay{0};
  /// Not empty: after the body this comes again and again, once each `pace`, and the answer never ends.
  std::string filler{};
  /// Without a filler: the body comes a byte each `pace`; zero: at once.
  std::chrono::milliseconds pace{0};
  /// Set where the body comes in pieces while it goes on: see world::next_turn. `body` is empty then.
  std::optional<std::uint64_t> stream{};
};

/// What a hanging connection has to say now.
struct stream_turn {
  std::string chunk;    ///< whole envelopes, or nothing
  bool closed = false;  ///< this was the last
  bool hang_up = false; ///< the connection breaks without a word
  sys_time wake{};      ///< when to ask again at the latest, by the clock of connections
};

} // namespace exchange_sim
