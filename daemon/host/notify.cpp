#include "daemon/host/notify.hpp"

#include <algorithm>
#include <cstdint>
#include <systemd/sd-daemon.h>

namespace exsyncd::host {

void notify_ready() {
  ::sd_notify(0, "READY=1");
}

void notify_reloading() {
  ::sd_notify(0, "RELOADING=1");
}

void notify_stopping() {
  ::sd_notify(0, "STOPPING=1");
}

void notify_alive() {
  ::sd_notify(0, "WATCHDOG=1");
}

void notify_status(const std::string& text) {
  auto line = text;
  std::replace(line.begin(), line.end(), '\n', ' '); // a newline would begin another assignment
  ::sd_notify(0, ("STATUS=" + line).c_str());
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(microseconds) / 2);
}

} // namespace exsyncd::host
