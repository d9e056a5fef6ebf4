#include "tests/http/local_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace tests {

namespace {

sockaddr_in loopback(int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

int listening_socket(int& port) {
  int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a = loopback(0);
  socklen_t size = sizeof a;
  if (s < 0 || ::bind(s, reinterpret_cast<sockaddr*>(&a), size) != 0 || ::listen(s, 512) != 0 ||
      ::getsockname(s, reinterpret_cast<sockaddr*>(&a), &size) != 0)
    throw std::runtime_error("cannot listen");
  port = ntohs(a.sin_port);
  return s;
}

std::string basic_user(const std::string& head) {
  const std::string key = "Authorization: Basic ";
  auto at = head.find(key);
  if (at == std::string::npos) return {};
  at += key.size();
  std::string text = head.substr(at, head.find('\r', at) - at);
  std::string plain(text.size(), '\0');
  int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(plain.data()),
                          reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  plain.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  while (!plain.empty() && plain.back() == '\0')
    plain.pop_back();
  return plain;
}

std::size_t body_length(const std::string& head) {
  const std::string key = "Content-Length: ";
  auto at = head.find(key);
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + key.size()));
}

/// A connection, plain or TLS.
class stream {
public:
  stream(int socket, SSL_CTX* tls) : socket_(socket) {
    if (!tls) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, socket);
    good_ = SSL_accept(ssl_) == 1;
  }
  ~stream() {
    if (ssl_) SSL_free(ssl_);
  }
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;
  bool good() const { return good_; }
  long read(char* to, std::size_t n) {
    return ssl_ ? SSL_read(ssl_, to, static_cast<int>(n)) : ::recv(socket_, to, n, 0);
  }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      long n = ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                    : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

private:
  int socket_;
  SSL* ssl_ = nullptr;
  bool good_ = true;
};

} // namespace

local_server::local_server(script what, std::optional<server_certificate> tls, int max_tls_version)
    : script_(std::move(what)) {
  std::signal(SIGPIPE, SIG_IGN); // SSL_write to a closed connection
  if (tls) {
    tls_ = SSL_CTX_new(TLS_server_method());
    if (max_tls_version) {
      SSL_CTX_set_security_level(tls_, 0); // old versions are off otherwise
      SSL_CTX_set_min_proto_version(tls_, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(tls_, max_tls_version);
    }
    if (SSL_CTX_use_certificate_file(tls_, tls->certificate_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls_, tls->key_file.c_str(), SSL_FILETYPE_PEM) != 1)
      throw std::runtime_error("cannot use the certificate");
  }
  listener_ = listening_socket(port_);
  acceptor_ = std::thread([this] { accept_all(); });
}

local_server::~local_server() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (int s : open_)
      ::shutdown(s, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (auto& t : threads_)
    t.join();
  ::close(listener_);
  if (tls_) SSL_CTX_free(tls_);
}

std::string local_server::url(const std::string& host) const {
  return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port_) + "/EWS/Exchange.asmx";
}

std::vector<received_request> local_server::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void local_server::accept_all() {
  for (;;) {
    int s = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (s < 0) return;
    if (stopping_) {
      ::close(s);
      return;
    }
    open_.insert(s);
    int number = ++connections_;
    threads_.emplace_back([this, s, number] {
      serve(s, number);
      std::lock_guard end(mutex_);
      open_.erase(s);
      ::close(s);
    });
  }
}

void local_server::serve(int socket, int number) {
  stream connection(socket, tls_);
  if (!connection.good()) return;
  std::string buffer;
  char part[16 * 1024];
  auto more = [&] {
    long n = connection.read(part, sizeof part);
    if (n <= 0) return false;
    bytes_in_ += static_cast<std::uint64_t>(n);
    buffer.append(part, static_cast<std::size_t>(n));
    return true;
  };
  for (;;) {
    std::size_t head_end;
    while ((head_end = buffer.find("\r\n\r\n")) == std::string::npos)
      if (!more())
        return;
      else if (buffer[0] < 'A') { // no method begins so: the client speaks TLS to a plain server
        connection.write(http_answer("not HTTP", "400 Bad Request"));
        return;
      }
    received_request r;
    r.head = buffer.substr(0, head_end + 4);
    r.connection = number;
    r.user = basic_user(r.head);
    std::size_t length = body_length(r.head);
    while (buffer.size() < r.head.size() + length)
      if (!more()) return;
    r.body = buffer.substr(r.head.size(), length);
    buffer.erase(0, r.head.size() + length);
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(r);
    }
    reaction then = script_(r);
    bytes_out_ += then.bytes.size();
    if (!connection.write(then.bytes) || then.close) return;
  }
}

std::string http_answer(const std::string& body, const std::string& status, const std::string& more_headers) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: text/xml; charset=utf-8\r\n" + more_headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

silent_server::silent_server() {
  listener_ = listening_socket(port_);
}

silent_server::~silent_server() {
  ::close(listener_);
}

int closed_port() {
  int port = 0;
  ::close(listening_socket(port));
  return port;
}

} // namespace tests
