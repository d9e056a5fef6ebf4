#include "daemon/host/signals.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <system_error>
#include <unistd.h>

namespace exsyncd::host {
namespace {

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&set, signal);
  return set;
}

} // namespace

main_inbox::main_inbox() {
  const auto set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A client or a server that hangs up is an error of that one connection.
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
  if (signals_ < 0 || wake_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

main_inbox::~main_inbox() {
  ::close(signals_);
  ::close(wake_);
}

event main_inbox::next(std::chrono::milliseconds at_most) {
  std::array<pollfd, 2> fds{pollfd{signals_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  ::poll(fds.data(), fds.size(), static_cast<int>(at_most.count()));
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) return reload_asked{};
    return stop_asked{};
  }
  std::uint64_t one = 0;
  if (::read(wake_, &one, sizeof one) != sizeof one) return nothing_yet{};
  const std::lock_guard lock(mutex_);
  auto what = std::move(tasks_.front());
  tasks_.erase(tasks_.begin());
  return what;
}

void main_inbox::post(task what) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(what));
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_, &one, sizeof one);
}

} // namespace exsyncd::host
