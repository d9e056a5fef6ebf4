#pragma once

#include "tests/exchange_sim/http.hpp"
#include "tests/exchange_sim/program/certificates.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

namespace httplib {
class Server;
}

namespace exchange_sim {

/// One port of the loopback address with a thread a connection. The handler is called from many threads at once.
class listener {
public:
  using handler = std::function<http_response(http_request)>;
  /// Drives answers that come in pieces (http_response::stream). Called from the connection's thread.
  struct streams {
    std::function<stream_turn(const std::string& server, std::uint64_t stream)> wait_for_turn;
    std::function<void(const std::string& server, std::uint64_t stream)> end;
  };

  /// Listens from the constructor on; port 0 lets the system choose. With `identity` it speaks TLS 1.2 and newer, else
  /// plain HTTP. `name` becomes http_request::server. Throws std::runtime_error where the port cannot be had.
  listener(std::string name, int port, const certified_key* identity, handler, streams = {});
  ~listener();

  int port() const { return port_; }

private:
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
};

} // namespace exchange_sim
