#include "tests/exchange_sim/program/listener.hpp"

#include <httplib.h>

#include <netinet/in.h>
#include <stdexcept>
#include <strings.h>
#include <sys/socket.h>

#include <filesystem>

namespace exchange_sim {
namespace {

// A client may keep a connection for each of many identities open, and a hanging one besides; each holds a thread here.
constexpr std::size_t threads = 384;
constexpr time_t keep_alive_seconds = 120;
constexpr time_t slow_client_seconds = 60;

/// Ends the connection that a request came by, at once and without TLS's goodbye, as a crashed server does. The library
/// gives no socket to its handlers, so it is found among ours by its two ports.
void hang_up(const httplib::Request& request, int local_port) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::atoi(entry.path().filename().c_str());
    sockaddr_in peer{}, self{};
    socklen_t peer_size = sizeof peer, self_size = sizeof self;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0 || peer.sin_family != AF_INET) continue;
    if (getsockname(fd, reinterpret_cast<sockaddr*>(&self), &self_size) != 0) continue;
    if (ntohs(peer.sin_port) == request.remote_port && ntohs(self.sin_port) == local_port) shutdown(fd, SHUT_RDWR);
  }
}

std::unique_ptr<httplib::Server> new_server(const certified_key* identity) {
  if (!identity) return std::make_unique<httplib::Server>();
  auto server = std::make_unique<httplib::SSLServer>([identity](SSL_CTX& context) {
    SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION);
    return SSL_CTX_use_certificate(&context, identity->certificate.get()) == 1 &&
           SSL_CTX_use_PrivateKey(&context, identity->key.get()) == 1;
  });
  if (!server->is_valid()) throw std::runtime_error("TLS refuses the certificate");
  return server;
}

http_request read(const std::string& name, const httplib::Request& from) {
  http_request request{name, from.method, from.path, {}, from.body};
  for (const auto& [key, value] : from.headers)
    request.headers.emplace_back(key, value);
  return request;
}

/// Pieces as they come, until the last one is said or the client is gone.
void write_stream(std::uint64_t stream, const std::string& server, const std::string& type,
                  const listener::streams& streams, const httplib::Request& request, httplib::Response& to,
                  int local_port) {
  to.set_chunked_content_provider(
      type,
      [=](std::size_t, httplib::DataSink& sink) {
        auto turn = streams.wait_for_turn(server, stream);
        if (!turn.chunk.empty() && !sink.write(turn.chunk.data(), turn.chunk.size())) return false;
        if (turn.hang_up) {
          hang_up(request, local_port);
          return false;
        }
        if (turn.closed) sink.done();
        return sink.is_writable();
      },
      [=](bool) { streams.end(server, stream); });
}

/// Byte by byte, or whole and then without end, until the client has enough.
void write_slowly(http_response&& answer, const std::string& type, httplib::Response& to) {
  auto sent = std::make_shared<std::size_t>(0);
  to.set_chunked_content_provider(type, [answer = std::move(answer), sent](std::size_t, httplib::DataSink& sink) {
    const bool endless = !answer.filler.empty(), begun = *sent > 0 || answer.body.empty();
    if (endless && !begun) {
      *sent = answer.body.size();
      return sink.write(answer.body.data(), answer.body.size());
    }
    std::this_thread::sleep_for(answer.pace);
    if (endless) return sink.write(answer.filler.data(), answer.filler.size());
    if (*sent == answer.body.size()) {
      sink.done();
      return true;
    }
    return sink.write(answer.body.data() + (*sent)++, 1);
  });
}

void write(http_response&& answer, const httplib::Request& request, httplib::Response& to, int local_port,
           const std::string& server, const listener::streams& streams) {
  if (answer.cut_at == 0u) {
    hang_up(request, local_port);
    return;
  }
  to.status = answer.status;
  std::string type = "text/plain";
  bool as_it_is = false;
  for (const auto& [key, value] : answer.headers) {
    if (strcasecmp(key.c_str(), "Content-Type") == 0)
      type = value;
    else if (strcasecmp(key.c_str(), "Content-Encoding") == 0) {
      as_it_is = true;
      if (value != "identity") to.headers.emplace(key, value);
    } else
      to.headers.emplace(key, value);
  }
  // The library takes the header as it stands: with a blank before it, it knows nothing to compress.
  if (as_it_is) type.insert(0, 1, ' ');
  if (answer.stream) {
    write_stream(*answer.stream, server, type, streams, request, to, local_port);
    return;
  }
  if (!answer.filler.empty() || answer.pace.count() > 0) {
    write_slowly(std::move(answer), type, to);
    return;
  }
  if (!answer.cut_at) {
    to.set_content(std::move(answer.body), type);
    return;
  }
  const auto size = answer.body.size();
  const auto sent = std::min(*answer.cut_at, size);
  // One byte more than will come, so that the answer is never whole.
  to.set_content_provider(
      size + 1, type,
      [body = std::move(answer.body), sent, request, local_port](std::size_t, std::size_t, httplib::DataSink& sink) {
        sink.write(body.data(), sent);
        hang_up(request, local_port);
        return false;
      });
}

} // namespace

listener::listener(std::string name, int port, const certified_key* identity, handler handle, streams pieces)
    : server_(new_server(identity)) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(threads); };
  server_->set_keep_alive_max_count(std::numeric_limits<std::size_t>::max());
  server_->set_keep_alive_timeout(keep_alive_seconds);
  server_->set_read_timeout(slow_client_seconds);
  server_->set_write_timeout(slow_client_seconds);
  server_->set_tcp_nodelay(true);
  // The library's own choice is SO_REUSEPORT, which would let two simulators share a port unnoticed.
  server_->set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  const auto serve = [this, name, handle = std::move(handle),
                      pieces = std::move(pieces)](const httplib::Request& request, httplib::Response& response) {
    write(handle(read(name, request)), request, response, port_, name, pieces);
  };
  server_->Get(".*", serve);
  server_->Post(".*", serve);
  if (port == 0)
    port_ = server_->bind_to_any_port("127.0.0.1");
  else if (server_->bind_to_port("127.0.0.1", port))
    port_ = port;
  if (port_ <= 0) throw std::runtime_error(name + ": port " + std::to_string(port) + " cannot be had");
  thread_ = std::thread([this] { server_->listen_after_bind(); });
}

listener::~listener() {
  server_->stop();
  if (thread_.joinable()) thread_.join();
}

} // namespace exchange_sim
