#pragma once

#include "tests/http/certificates.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

struct ssl_ctx_st;

namespace tests {

/// What a server of a test received.
struct received_request {
  std::string head; // with its blank line
  std::string body;
  int connection = 0; // counted from 1
  /// "user:password" of Basic, decoded; empty without.
  std::string user;
};

/// What it does then: writes these bytes as they are, and closes the connection or keeps it.
struct reaction {
  std::string bytes;
  bool close = false;
};

/// A small HTTP server on 127.0.0.1 that does as it is told, one thread a connection; over TLS where it is given a
/// certificate. The script runs in those threads and may block, as long as it returns once `stop` is called.
class local_server {
public:
  using script = std::function<reaction(const received_request&)>;
  explicit local_server(script what, std::optional<server_certificate> tls = {}, int max_tls_version = 0);
  ~local_server();

  std::string url(const std::string& host = "127.0.0.1") const;
  int connections() const { return connections_; }
  std::vector<received_request> requests() const;
  std::uint64_t bytes_in() const { return bytes_in_; } // without TLS
  std::uint64_t bytes_out() const { return bytes_out_; }

private:
  void accept_all();
  void serve(int socket, int number);

  script script_;
  ssl_ctx_st* tls_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<std::uint64_t> bytes_in_ = 0, bytes_out_ = 0;
  mutable std::mutex mutex_;
  std::vector<received_request> requests_;
  std::set<int> open_;
  bool stopping_ = false;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

/// A complete answer with Content-Length.
std::string http_answer(const std::string& body, const std::string& status = "200 OK",
                        const std::string& more_headers = {});

/// Takes connections on 127.0.0.1 and never says a word.
class silent_server {
public:
  silent_server();
  ~silent_server();
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;
  int port() const { return port_; }

private:
  int listener_ = -1;
  int port_ = 0;
};

/// A port of 127.0.0.1 where nobody listens.
int closed_port();

} // namespace tests
