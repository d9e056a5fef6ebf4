#include "ews/http/curl_transport.hpp"

#include "ews/http/curl_transfer.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace exsyncd::http {

namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

/// The connections of an identity that asks nothing any more are closed after this.
constexpr auto lane_max_idle = 90s;

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

class file_descriptor {
public:
  explicit file_descriptor(int fd) : fd_(fd) {}
  ~file_descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;
  int get() const { return fd_; }

private:
  int fd_;
};

/// Whose connections: all that must be equal for a connection to be used again.
struct lane_key {
  std::string user, secret, ca_file;
  auth_kind kind;
  auto operator<=>(const lane_key&) const = default;
};

/// The connections of one identity. libcurl would give one user's kept connection to the next (Basic travels with each
/// request), so that what a server remembers by connection would leak: each identity has a multi handle of its own.
struct lane {
  CURLM* multi = nullptr;
  int epoll = -1;
  std::unordered_map<int, lane*>* sockets = nullptr; // the loop's: whose each watched socket is
  std::optional<clock::time_point> due;              // libcurl's timer
  std::size_t running = 0;
  clock::time_point idle_since;
};

int on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
  lane& l = *static_cast<lane*>(user);
  epoll_event event{};
  event.data.fd = socket;
  if (what == CURL_POLL_REMOVE) {
    l.sockets->erase(socket);
    ::epoll_ctl(l.epoll, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  bool known = !l.sockets->insert_or_assign(socket, &l).second;
  return ::epoll_ctl(l.epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) == 0 ? 0 : -1;
}

int on_timer(CURLM*, long wait_ms, void* user) {
  lane& l = *static_cast<lane*>(user);
  if (wait_ms < 0)
    l.due.reset();
  else
    l.due = clock::now() + std::chrono::milliseconds(wait_ms);
  return 0;
}

/// Everything that belongs to the I/O thread. libcurl's callbacks only record; curl_multi_socket_action and all calls
/// that end a transfer are made from the loop.
class io_loop {
public:
  io_loop(int epoll, std::size_t parallel) : epoll_(epoll), parallel_(parallel) {}
  ~io_loop() {
    for (auto& [key, l] : lanes_)
      curl_multi_cleanup(l.multi);
  }

  void begin(std::unique_ptr<curl_transfer> t) {
    if (t->what().hanging) return start(std::move(t));
    waiting_due_.emplace(t->due(), t->id());
    waiting_.push_back(std::move(t));
  }

  void cancel(transfer_id id) {
    if (auto waiting = take_waiting(id)) {
      waiting->end(failed{failed_kind::cancelled, false, "cancelled"});
    } else if (active_.contains(id)) {
      end(id, failed{failed_kind::cancelled, true, "cancelled"});
    }
  }

  void end_all() {
    waiting_due_.clear();
    for (auto waiting = std::exchange(waiting_, {}); auto& t : waiting)
      t->end(failed{failed_kind::cancelled, false, "shut down"});
    while (!active_.empty())
      end(active_.begin()->first, failed{failed_kind::cancelled, true, "shut down"});
  }

  std::size_t waiting() const { return waiting_.size(); }

  /// Starts what may start, lets libcurl work on what is due, and tells until when nothing else will be.
  std::optional<clock::time_point> work() {
    start_waiting();
    auto now = clock::now();
    for (auto& [key, l] : lanes_)
      if (l.due && *l.due <= now) {
        l.due.reset(); // libcurl sets it anew where it wants another
        action(l, CURL_SOCKET_TIMEOUT, 0);
      }
    end_idle(now);
    while (!waiting_due_.empty() && waiting_due_.begin()->first <= now)
      take_waiting(waiting_due_.begin()->second)
          ->end(failed{failed_kind::timeout, false, "too many other requests were before it"});
    start_waiting();
    close_unused_lanes(now);
    std::optional<clock::time_point> next;
    auto sooner = [&](clock::time_point t) { next = next ? std::min(*next, t) : t; };
    for (auto& [key, l] : lanes_) {
      if (l.due) sooner(*l.due);
      if (l.running == 0) sooner(l.idle_since + lane_max_idle);
    }
    if (!idle_at_.empty()) sooner(idle_at_.begin()->first);
    if (!waiting_due_.empty()) sooner(waiting_due_.begin()->first);
    return next;
  }

  void ready(int socket, std::uint32_t events) {
    auto at = sockets_.find(socket);
    if (at == sockets_.end()) return; // closed by an earlier event of the same round
    int mask = 0;
    if (events & EPOLLIN) mask |= CURL_CSELECT_IN;
    if (events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
    if (events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_ERR;
    action(*at->second, socket, mask);
  }

private:
  struct running {
    std::unique_ptr<curl_transfer> transfer;
    lane* on;
    clock::time_point idle_at;
  };

  void start_waiting() {
    while (active_.size() - hanging_ < parallel_ && !waiting_.empty()) {
      start(take_waiting(waiting_.front()->id()));
    }
  }

  std::unique_ptr<curl_transfer> take_waiting(transfer_id id) {
    auto at = std::ranges::find_if(waiting_, [&](const auto& t) { return t->id() == id; });
    if (at == waiting_.end()) return nullptr;
    auto t = std::move(*at);
    waiting_.erase(at);
    waiting_due_.erase({t->due(), id});
    return t;
  }

  void start(std::unique_ptr<curl_transfer> t) {
    if (auto bad = t->prepare()) return t->end(std::move(*bad));
    const request& r = t->what();
    lane& l = lane_of({r.who.user, r.who.secret, r.ca_file, r.who.kind});
    if (!l.multi || curl_multi_add_handle(l.multi, t->easy()) != CURLM_OK)
      return t->end(failed{failed_kind::overloaded, false, "libcurl takes no more transfers"});
    ++l.running;
    if (r.hanging) ++hanging_;
    auto id = t->id();
    auto idle = look_at(*t, t->idle_at(clock::now()));
    idle_at_.emplace(idle, id);
    active_.emplace(id, running{std::move(t), &l, idle});
  }

  /// When a transfer is looked at that ends at `due` if nothing happens: its answer may begin meanwhile, and be slow.
  static clock::time_point look_at(const curl_transfer& t, clock::time_point due) {
    return t.what().hanging ? due : std::min(due, clock::now() + t.what().limits.slow);
  }

  lane& lane_of(const lane_key& key) {
    auto [at, fresh] = lanes_.try_emplace(key);
    lane& l = at->second;
    if (fresh) {
      l.epoll = epoll_;
      l.sockets = &sockets_;
      l.multi = curl_multi_init();
      if (l.multi) {
        curl_multi_setopt(l.multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
        curl_multi_setopt(l.multi, CURLMOPT_SOCKETDATA, &l);
        curl_multi_setopt(l.multi, CURLMOPT_TIMERFUNCTION, &on_timer);
        curl_multi_setopt(l.multi, CURLMOPT_TIMERDATA, &l);
        curl_multi_setopt(l.multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
      }
    }
    return l;
  }

  void action(lane& l, curl_socket_t socket, int mask) {
    int still_running = 0;
    curl_multi_socket_action(l.multi, socket, mask, &still_running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(l.multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURLcode code = message->data.result;
      void* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      end(static_cast<curl_transfer*>(self)->id(), code);
    }
  }

  template <class Why>
  void end(transfer_id id, Why why) {
    auto at = active_.find(id);
    running r = std::move(at->second);
    active_.erase(at);
    idle_at_.erase({r.idle_at, id});
    curl_multi_remove_handle(r.on->multi, r.transfer->easy());
    if (--r.on->running == 0) r.on->idle_since = clock::now();
    if (r.transfer->what().hanging) --hanging_;
    r.transfer->end(std::move(why));
  }

  void end_idle(clock::time_point now) {
    while (!idle_at_.empty() && idle_at_.begin()->first <= now) {
      auto id = idle_at_.begin()->second;
      running& r = active_.at(id);
      auto again = r.transfer->idle_at(now);
      if (again <= now) {
        end(id, failed{failed_kind::timeout, true,
                       r.transfer->is_slow(now) ? "the answer comes too slowly"
                                                : "nothing has moved on the connection for too long"});
        continue;
      }
      again = look_at(*r.transfer, again);
      idle_at_.erase(idle_at_.begin());
      r.idle_at = again;
      idle_at_.emplace(again, id);
    }
  }

  void close_unused_lanes(clock::time_point now) {
    std::erase_if(lanes_, [&](auto& entry) {
      const lane& l = entry.second;
      if (l.running > 0 || now < l.idle_since + lane_max_idle) return false;
      curl_multi_cleanup(l.multi);
      return true;
    });
  }

  int epoll_;
  std::size_t parallel_;
  std::unordered_map<int, lane*> sockets_;
  std::map<lane_key, lane> lanes_;
  std::deque<std::unique_ptr<curl_transfer>> waiting_;
  std::set<std::pair<clock::time_point, transfer_id>> waiting_due_;
  std::map<transfer_id, running> active_;
  std::size_t hanging_ = 0; // of the active ones
  std::set<std::pair<clock::time_point, transfer_id>> idle_at_;
};

class curl_transport final : public transport {
public:
  explicit curl_transport(curl_options options)
      : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    check(epoll_.get() >= 0, "epoll_create1");
    check(wake_.get() >= 0, "eventfd");
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (global != CURLE_OK) throw std::system_error(ENOMEM, std::generic_category(), "curl_global_init");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_.get();
    check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0, "epoll_ctl");
    // The thread inherits the mask: signals are the main thread's, and OpenSSL may raise SIGPIPE here.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~curl_transport() override { shutdown(); }

  transfer_id start(std::shared_ptr<const request> what, std::shared_ptr<handler> to) override {
    std::unique_lock lock(mutex_);
    transfer_id id{++last_id_};
    if (closed_) {
      lock.unlock();
      to->on_end({failed{failed_kind::cancelled, false, "shut down"}, {}});
      return id;
    }
    command c{id, {}, std::move(to)};
    if (queued_ < options_.queue) {
      ++queued_;
      c.what = std::move(what);
    }
    commands_.push_back(std::move(c));
    lock.unlock();
    wake();
    return id;
  }

  void cancel(transfer_id id) override {
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      commands_.push_back({id, {}, {}});
    }
    wake();
  }

  void shutdown() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake();
    std::lock_guard lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
  }

private:
  /// Start (a request and its handler), refuse (a handler only: the queue was full), or cancel (neither).
  struct command {
    transfer_id id;
    std::shared_ptr<const request> what;
    std::shared_ptr<handler> to;
  };

  void wake() {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(wake_.get(), &one, sizeof one); // full means that it is awake already
  }

  /// False once the end has come and nobody can ask any more.
  bool take_commands(io_loop& loop) {
    std::deque<command> taken;
    bool last = false;
    {
      std::lock_guard lock(mutex_);
      taken.swap(commands_);
      last = closed_ = stopping_;
    }
    for (command& c : taken) {
      if (c.what)
        loop.begin(std::make_unique<curl_transfer>(c.id, std::move(c.what), std::move(c.to)));
      else if (c.to)
        c.to->on_end({failed{failed_kind::overloaded, false, "too many requests are waiting"}, {}});
      else
        loop.cancel(c.id);
    }
    return !last;
  }

  void count_waiting(std::size_t in_loop) {
    std::lock_guard lock(mutex_);
    queued_ = in_loop + static_cast<std::size_t>(std::ranges::count_if(commands_, [](auto& c) { return !!c.what; }));
  }

  void run() {
    io_loop loop(epoll_.get(), options_.parallel);
    std::array<epoll_event, 64> events;
    while (take_commands(loop)) {
      auto next = loop.work();
      count_waiting(loop.waiting());
      int wait_ms = -1;
      if (next) {
        auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - clock::now()).count();
        wait_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
      }
      int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms);
      for (int i = 0; i < n; ++i) {
        if (events[i].data.fd == wake_.get()) {
          std::uint64_t count = 0;
          [[maybe_unused]] auto got = ::read(wake_.get(), &count, sizeof count);
        } else {
          loop.ready(events[i].data.fd, events[i].events);
        }
      }
    }
    loop.end_all();
  }

  const curl_options options_;
  file_descriptor epoll_;
  file_descriptor wake_;
  std::mutex mutex_; // commands_, queued_, last_id_, stopping_, closed_
  std::deque<command> commands_;
  std::size_t queued_ = 0; // requests in commands_ and waiting in the loop
  std::uint64_t last_id_ = 0;
  bool stopping_ = false;
  bool closed_ = false;
  std::mutex join_mutex_;
  std::thread thread_;
};

} // namespace

std::unique_ptr<transport> make_curl_transport(curl_options options) {
  return std::make_unique<curl_transport>(options);
}

} // namespace exsyncd::http
