#include "tests/daemon/line_client.hpp"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

constexpr int patience = 10'000; // ms

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

bool wait_for(int fd, short events, int milliseconds = patience) {
  pollfd p{fd, events, 0};
  return ::poll(&p, 1, milliseconds) == 1;
}

} // namespace

line_client::line_client(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto address = address_of(path);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("connect " + path + ": " + std::strerror(errno));
}

line_client::~line_client() {
  ::close(fd_);
}

void line_client::write(const std::string& text) {
  if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("send failed");
}

void line_client::write_all_while_reading(const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    if (!wait_for(fd_, POLLOUT)) throw std::runtime_error("the other side takes no more");
    const auto n = ::send(fd_, text.data() + written, text.size() - written, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) throw std::runtime_error("send failed");
    if (n > 0) written += static_cast<std::size_t>(n);
  }
}

std::size_t line_client::write_until_full(std::size_t most) {
  const std::string block(65536, 'z');
  std::size_t written = 0;
  // Half a second without room counts as full; on a slow machine that only makes the count smaller.
  while (written < most && wait_for(fd_, POLLOUT, 500)) {
    const auto n = ::send(fd_, block.data(), block.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) written += static_cast<std::size_t>(n);
  }
  return written;
}

void line_client::write_no_more() {
  ::shutdown(fd_, SHUT_WR);
}

bool line_client::read_some() {
  if (!wait_for(fd_, POLLIN)) throw std::runtime_error("nothing to read");
  char buffer[65536];
  const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
  if (n <= 0) return false;
  input_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

std::string line_client::read_line() {
  std::size_t end = 0, from = 0;
  while ((end = input_.find('\n', from)) == std::string::npos) {
    from = input_.size();
    if (!read_some()) return {};
  }
  auto line = input_.substr(0, end);
  input_.erase(0, end + 1);
  return line;
}

void line_client::read_to_end() {
  while (read_some())
    input_.clear();
}

bool line_client::is_closed() {
  return input_.empty() && !read_some();
}

void leave_dead_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = address_of(path);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) throw std::runtime_error("bind");
  ::close(fd);
}
