#pragma once

#include "ews/http/transport.hpp"

/// The real transport: libcurl on one I/O thread.
namespace exsyncd::http {

struct curl_options {
  /// Transfers under way at once, over all servers and identities; the others wait in order. Hanging ones do not count.
  std::size_t parallel = 256;
  /// Transfers that may wait; one more ends as overloaded.
  std::size_t queue = 20'000;
};

/// Starts the I/O thread. HTTP/1.1 with keep-alive and gzip; TLS 1.2 or newer, certificate and name verified; no
/// proxy, whatever the environment says; a request is never sent twice. Throws std::system_error where the
/// system gives no thread or no descriptors.
std::unique_ptr<transport> make_curl_transport(curl_options options = {});

} // namespace exsyncd::http
