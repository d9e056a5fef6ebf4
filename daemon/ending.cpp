#include "daemon/ending.hpp"

#include <algorithm>
#include <memory>

namespace exsyncd {

bool end_pairs(engine_room& room, host::main_inbox& inbox) {
  using steady = std::chrono::steady_clock;
  constexpr auto patience = std::chrono::seconds(10);
  const auto ended = std::make_shared<bool>(false);
  const auto end = [&inbox, ended] { inbox.post([ended] { *ended = true; }); };
  room.ask<shut>(shut_down{}, patience, [end](shut&) { end(); }, [end](const std::string&) { end(); });
  const auto deadline = steady::now() + patience;
  while (!*ended && steady::now() < deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady::now());
    const auto event = inbox.next(std::max(std::chrono::milliseconds(0), left));
    if (std::holds_alternative<host::stop_asked>(event)) break;
    if (const auto* run = std::get_if<host::task>(&event)) (*run)();
  }
  return *ended;
}

} // namespace exsyncd
