#pragma once

#include "actors/supervisor.hpp"
#include "daemon/admin/control.hpp"
#include "daemon/host/log_ring.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace exsyncd {

/// What the followers of `events.follow` are told: every line of the log, and every pair whose state or progress has
/// changed. Any thread. A follower that hangs up, or does not read what it is told, is forgotten.
class event_hub {
public:
  struct follower {
    std::string pair; // empty: all
    log_level least = log_level::info;
    admin::reply to;
  };
  /// Answers the call, and goes on from there.
  void follow(follower f);
  bool is_followed() const;

  void tell(const host::kept_line& line);
  void tell(const std::vector<pair_overview>& pairs);

private:
  struct seat {
    follower who;
    std::map<std::string, std::string> told; // pair → what it was told last, but for the time
  };
  mutable std::mutex mutex_;
  std::vector<seat> seats_;
};

} // namespace exsyncd
