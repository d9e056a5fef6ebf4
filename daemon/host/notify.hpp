#pragma once

#include <chrono>
#include <optional>
#include <string>

/// What systemd is told (sd_notify(3)); without systemd nothing happens.
namespace exsyncd::host {

void notify_ready();
void notify_reloading();
void notify_stopping();
void notify_alive();
void notify_status(const std::string& text);

/// How often systemd wants to hear notify_alive, already halved; empty: not at all.
std::optional<std::chrono::milliseconds> watchdog_interval();

} // namespace exsyncd::host
