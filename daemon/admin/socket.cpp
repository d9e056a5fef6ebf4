#include "daemon/admin/socket.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <grp.h>
#include <map>
#include <mutex>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace exsyncd::admin {
namespace {

class descriptor {
public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  ~descriptor() { reset(); }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd_;
};

/// What outlives the client for those who push.
struct client_link {
  std::atomic<bool> gone = false;
  std::atomic<bool> streams = false;   // somebody pushes: that it writes no more is not the end
  std::atomic<std::size_t> unread = 0; // bytes that were pushed and not written
};

struct client {
  client() = default;
  client(client&&) = default;
  ~client() {
    if (link) link->gone = true;
  }
  std::shared_ptr<client_link> link = std::make_shared<client_link>();
  descriptor fd;
  std::string input;         // what has been read and not been answered
  std::string output;        // what has not been written
  std::size_t pushed = 0;    // how much of it at most is counted in link->unread
  bool is_answering = false; // a call runs
  bool has_ended = false;    // it will write no more; what it wrote is still answered
  bool is_skipping = false;  // in a line that is too long
  std::uint64_t last_active = 0;
};

constexpr std::uint64_t listener_key = 0, wake_key = 1, first_client = 2;

} // namespace

class socket_server::loop : public std::enable_shared_from_this<loop> {
public:
  explicit loop(socket_options options) : options_(std::move(options)) {}

  /// Empty, or why it cannot.
  std::string open();
  void run_in_thread() {
    thread_ = std::thread([this] { run(); });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake();
    thread_.join();
    ::unlink(options_.path.c_str());
  }

private:
  void run();
  void wake();
  bool watch(int operation, int fd, std::uint32_t events, std::uint64_t key);
  bool deliver_answers();
  void accept_clients();
  void make_room();
  void handle(std::uint64_t key, std::uint32_t events);
  void read_some(client& c);
  void next_line(std::uint64_t key, client& c);
  bool write_some(client& c);
  /// Goes on with a client after something happened; false where it is finished.
  bool go_on(std::uint64_t key, client& c);
  void drop(std::uint64_t key) {
    clients_.erase(key);
    if (!is_listening_) is_listening_ = watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, listener_key);
  }

  socket_options options_;
  descriptor listener_, epoll_, wake_;
  std::thread thread_;

  // The socket's thread only.
  std::map<std::uint64_t, client> clients_;
  std::uint64_t next_key_ = first_client;
  std::uint64_t activity_ = 0;
  bool is_listening_ = true; // false while the process has no descriptor left

  std::mutex mutex_;
  bool stopping_ = false;
  struct outgoing {
    std::uint64_t key;
    std::string text;
    bool is_pushed;
  };
  std::vector<outgoing> answers_;
  void queue(outgoing what);
  bool push(std::uint64_t key, client_link& to, std::string text);
};

namespace {

std::string system_error(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

/// Whether somebody listens at this address.
bool is_alive(const sockaddr_un& address) {
  const descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto connected = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  return connected || errno == EAGAIN; // its queue is full: it is alive
}

} // namespace

std::string socket_server::loop::open() {
  const auto& path = options_.path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return path + ": is no usable name for a socket";
  path.copy(address.sun_path, path.size());

  std::error_code ignored; // bind tells what is wrong
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return path + ": is there and is no socket; remove it or name another";
    if (is_alive(address)) return path + ": another daemon listens there";
    ::unlink(path.c_str());
  }
  epoll_ = descriptor(::epoll_create1(EPOLL_CLOEXEC));
  wake_ = descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!epoll_ || !wake_ || !listener) return system_error(path);
  // On Linux the socket's own mode becomes the file's, so that there is no moment at which everybody may connect.
  ::fchmod(listener.get(), 0660);
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return system_error(path);
  listener_ = std::move(listener);
  if (::chmod(path.c_str(), 0660) != 0) return system_error(path);
  if (const auto* group = ::getgrnam(options_.group.c_str()); group != nullptr)
    // Refused where the daemon is not in that group: then its own group has the socket.
    if (::chown(path.c_str(), static_cast<uid_t>(-1), group->gr_gid) != 0) errno = 0;
  if (::listen(listener_.get(), 128) != 0) return system_error(path);
  if (!watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, listener_key) ||
      !watch(EPOLL_CTL_ADD, wake_.get(), EPOLLIN, wake_key))
    return system_error(path);
  return {};
}

bool socket_server::loop::watch(int operation, int fd, std::uint32_t events, std::uint64_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void socket_server::loop::wake() {
  const std::uint64_t one = 1;
  // Full means that it will wake anyway.
  [[maybe_unused]] const auto n = ::write(wake_.get(), &one, sizeof one);
}

void socket_server::loop::run() {
  std::array<epoll_event, 32> events{};
  for (;;) {
    constexpr int retry_listening = 1000; // ms, while the process has no descriptor left
    const auto n = ::epoll_wait(epoll_.get(), events.data(), events.size(), is_listening_ ? -1 : retry_listening);
    if (!is_listening_) is_listening_ = watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, listener_key);
    for (int i = 0; i < n; ++i) {
      const auto key = events[static_cast<std::size_t>(i)].data.u64;
      if (key == listener_key)
        accept_clients();
      else if (key == wake_key) {
        if (!deliver_answers()) return clients_.clear();
      } else
        handle(key, events[static_cast<std::size_t>(i)].events);
    }
  }
}

/// False when it is time to stop.
bool socket_server::loop::deliver_answers() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto n = ::read(wake_.get(), &count, sizeof count);
  decltype(answers_) answers;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    answers.swap(answers_);
  }
  for (auto& [key, answer, is_pushed] : answers) {
    const auto at = clients_.find(key);
    if (at == clients_.end()) continue; // it hung up
    auto& c = at->second;
    c.output += answer;
    if (is_pushed)
      c.pushed += answer.size();
    else
      c.is_answering = false;
    // It was marked because it does not keep up.
    if (c.link->gone || !go_on(key, c)) drop(key);
  }
  return true;
}

void socket_server::loop::accept_clients() {
  for (;;) {
    descriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE) {
        // Otherwise the waiting connection would wake this thread again and again.
        is_listening_ = !watch(EPOLL_CTL_DEL, listener_.get(), 0, listener_key);
      }
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    if (clients_.size() >= options_.most_clients) make_room();
    if (clients_.size() >= options_.most_clients) continue; // all of them wait for answers: the new one must come again
    const auto key = next_key_++;
    client c;
    c.fd = std::move(fd);
    c.last_active = ++activity_;
    if (watch(EPOLL_CTL_ADD, c.fd.get(), EPOLLIN, key)) clients_.emplace(key, std::move(c));
  }
}

void socket_server::loop::make_room() {
  auto stillest = clients_.end();
  for (auto at = clients_.begin(); at != clients_.end(); ++at)
    if (!at->second.is_answering &&
        (stillest == clients_.end() || at->second.last_active < stillest->second.last_active))
      stillest = at;
  if (stillest != clients_.end()) clients_.erase(stillest);
}

void socket_server::loop::handle(std::uint64_t key, std::uint32_t events) {
  const auto at = clients_.find(key);
  if (at == clients_.end()) return; // made room in this round
  auto& c = at->second;
  if ((events & EPOLLIN) != 0) read_some(c);
  // After it hung up nobody reads an answer; the line that came with it is still carried out.
  if (!go_on(key, c) || (events & (EPOLLHUP | EPOLLERR)) != 0) drop(key);
}

void socket_server::loop::read_some(client& c) {
  std::array<char, 65536> buffer;
  const auto n = ::recv(c.fd.get(), buffer.data(), buffer.size(), 0);
  if (n > 0) {
    c.last_active = ++activity_;
    c.input.append(buffer.data(), static_cast<std::size_t>(n));
  } else if (n == 0 || (errno != EAGAIN && errno != EINTR))
    c.has_ended = true;
}

/// Starts the call of the next line, where there is one.
void socket_server::loop::next_line(std::uint64_t key, client& c) {
  while (!c.is_answering && c.output.empty()) {
    auto end = c.input.find('\n');
    if (end == std::string::npos && c.has_ended && !c.input.empty())
      end = c.input.size(); // the last one needs no newline
    const bool is_long = std::min(end, c.input.size()) > options_.longest_line;
    if (is_long && !c.is_skipping) c.output = options_.too_long_answer;
    if (end == std::string::npos) {
      if (is_long || c.is_skipping) {
        c.is_skipping = true;
        c.input.clear();
      }
      return;
    }
    const auto line = c.input.substr(0, end);
    c.input.erase(0, end + 1);
    const bool was_skipped = std::exchange(c.is_skipping, false);
    if (is_long || was_skipped) continue;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    c.is_answering = true;
    options_.on_line(
        line,
        [key, weak = weak_from_this()](std::string answer) {
          if (const auto self = weak.lock()) self->queue({key, std::move(answer), false});
        },
        [key, weak = weak_from_this(), link = c.link](std::string text) {
          const auto self = weak.lock();
          return self && self->push(key, *link, std::move(text));
        });
  }
}

void socket_server::loop::queue(outgoing what) {
  {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(what));
  }
  wake();
}

bool socket_server::loop::push(std::uint64_t key, client_link& to, std::string text) {
  to.streams = true;
  if (to.gone) return false;
  if (text.empty()) return true;
  if (to.unread.fetch_add(text.size()) + text.size() > options_.longest_backlog) {
    to.gone = true;
    text.clear();
  }
  queue({key, std::move(text), true}); // an empty one lets the socket's thread see that it is to go
  return !to.gone;
}

/// False where the client is gone.
bool socket_server::loop::write_some(client& c) {
  while (!c.output.empty()) {
    const auto n = ::send(c.fd.get(), c.output.data(), c.output.size(), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    c.last_active = ++activity_;
    c.output.erase(0, static_cast<std::size_t>(n));
    const auto of_pushed = std::min(c.pushed, static_cast<std::size_t>(n));
    c.pushed -= of_pushed;
    c.link->unread -= of_pushed;
  }
  return true;
}

bool socket_server::loop::go_on(std::uint64_t key, client& c) {
  for (;;) {
    if (!write_some(c)) return false;
    if (!c.output.empty()) break; // it does not read: nothing more is done for it
    next_line(key, c);
    if (c.output.empty()) break;
  }
  const bool is_idle = !c.is_answering && c.output.empty();
  if (is_idle && c.has_ended && c.input.empty() && !c.link->streams) return false;
  const std::uint32_t events = (is_idle && !c.has_ended ? EPOLLIN : 0u) | (c.output.empty() ? 0u : EPOLLOUT);
  return watch(EPOLL_CTL_MOD, c.fd.get(), events, key);
}

socket_server::socket_server(std::shared_ptr<loop> running) : loop_(std::move(running)) {}

socket_server::~socket_server() {
  loop_->stop();
}

std::variant<std::unique_ptr<socket_server>, std::string> socket_server::listen(socket_options options) {
  auto running = std::make_shared<loop>(std::move(options));
  if (auto why = running->open(); !why.empty()) return why;
  running->run_in_thread();
  return std::unique_ptr<socket_server>(new socket_server(std::move(running)));
}

} // namespace exsyncd::admin
