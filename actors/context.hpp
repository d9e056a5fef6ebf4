#pragma once

#include "actors/log.hpp"
#include "storage/records.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace exsyncd {

/// What an actor may not take from the world by itself.
struct context {
  std::function<utc_seconds()> wall_clock;
  std::function<std::string()> mint;     // ids that never repeat
  std::function<std::uint64_t()> random; // jitter
  log_sink log;
  /// How long after a request a server may still commit it.
  std::chrono::seconds commit_window{90};
};

/// Every request to another actor ends by itself. Mailboxes bound their own requests; this is the net below them.
inline constexpr std::chrono::minutes mailbox_patience{30};
inline constexpr std::chrono::minutes ledger_patience{5};

} // namespace exsyncd
