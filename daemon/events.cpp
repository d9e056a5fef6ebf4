#include "daemon/events.hpp"

#include "daemon/show.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace exsyncd {
namespace {

using nlohmann::json;

std::string now() {
  return show_time(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

} // namespace

void event_hub::follow(follower f) {
  const std::lock_guard lock(mutex_);
  f.to.stay_open();
  f.to.done({{"following", true}});
  seats_.push_back({std::move(f), {}});
}

bool event_hub::is_followed() const {
  const std::lock_guard lock(mutex_);
  return !seats_.empty();
}

void event_hub::tell(const host::kept_line& line) {
  const std::lock_guard lock(mutex_);
  if (seats_.empty()) return;
  auto event = show(line);
  event["event"] = "log";
  std::erase_if(seats_, [&](const seat& s) {
    const bool wants = line.line.level >= s.who.least && (s.who.pair.empty() || s.who.pair == line.line.pair);
    return wants && !s.who.to.push(event);
  });
}

void event_hub::tell(const std::vector<pair_overview>& pairs) {
  const std::lock_guard lock(mutex_);
  std::erase_if(seats_, [&](seat& s) {
    auto gone = s.told;
    for (const auto& p : pairs) {
      const auto& name = p.settings.name;
      gone.erase(name);
      if (!s.who.pair.empty() && s.who.pair != name) continue;
      auto shown = show(p, false);
      auto text = shown.dump(-1, ' ', false, json::error_handler_t::replace);
      auto& told = s.told[name];
      if (told == text) continue;
      told = std::move(text);
      if (!s.who.to.push({{"event", "pair"}, {"time", now()}, {"pair", std::move(shown)}})) return true;
    }
    for (const auto& [name, unused] : gone) {
      s.told.erase(name);
      if (!s.who.to.push({{"event", "pair_gone"}, {"time", now()}, {"name", name}})) return true;
    }
    // So that whoever hung up without a word is noticed, and nobody is asked on his behalf for ever.
    return !s.who.to.is_open();
  });
}

} // namespace exsyncd
