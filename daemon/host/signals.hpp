#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <variant>
#include <vector>

namespace exsyncd::host {

/// What the main thread waits for.
struct stop_asked {};               // SIGTERM or SIGINT
struct reload_asked {};             // SIGHUP
using task = std::function<void()>; // posted by another thread
struct nothing_yet {};              // the time is over
using event = std::variant<stop_asked, reload_asked, task, nothing_yet>;

/// The main thread's inbox: signals, and tasks of other threads. To be made before the first thread starts, since it
/// blocks the signals for all threads to come.
class main_inbox {
public:
  main_inbox();
  ~main_inbox();
  main_inbox(const main_inbox&) = delete;
  main_inbox& operator=(const main_inbox&) = delete;

  /// Main thread: the next event, or nothing_yet after `at_most`.
  event next(std::chrono::milliseconds at_most);

  /// Any thread: `what` is to run in the main thread.
  void post(task what);

private:
  int signals_;
  int wake_;
  std::mutex mutex_;
  std::vector<task> tasks_;
};

} // namespace exsyncd::host
