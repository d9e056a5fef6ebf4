#include "daemon/ending.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Runs tasks until `done`, a signal or the deadline.
void wait(const bool& done, steady::time_point deadline, host::main_inbox& inbox) {
  while (!done && steady::now() < deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now());
    const auto event = inbox.next(std::max(0ms, left));
    if (std::holds_alternative<host::stop_asked>(event)) return;
    if (const auto* run = std::get_if<host::task>(&event)) (*run)();
  }
}

} // namespace

bool end_all(std::unique_ptr<engine_room> room, host::main_inbox& inbox, const log_sink& log) {
  const auto ended = std::make_shared<bool>(false);
  const auto end = [&inbox, ended] { inbox.post([ended] { *ended = true; }); };
  room->ask<shut>(
      shut_down{}, 1min, [end](shut&) { end(); }, [end](const std::string&) { end(); });
  const auto begin = steady::now();
  wait(*ended, begin + 8s, inbox);
  if (!*ended) {
    log({log_level::warning, "requests are still in flight: they are cut off, and looked after at the next start", "",
         "", "", ""});
    room->cut_connections();
    wait(*ended, begin + 10s, inbox);
  }
  if (*ended) return true; // and the room goes, in order
  log({log_level::error, "something does not end: exsyncd leaves without it", "", "", "", ""});
  static_cast<void>(room.release()); // its destructor would wait for what hangs
  return false;
}

} // namespace exsyncd
