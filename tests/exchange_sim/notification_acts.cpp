// Hanging connections as the program drives them, and what administrators do to notifications.
#include "tests/exchange_sim/notifications.hpp"
#include "tests/exchange_sim/soap.hpp"
#include "tests/exchange_sim/world.hpp"

namespace exchange_sim {

notification_settings default_notifications(const version_profile& profile) {
  notification_settings out;
  // Microsoft's pages on throttling: 3 hanging connections on 2013, 10 since 2016; 2010 counts them against its
  // EWSMaxConcurrency of 10.
  if (profile.newest == schema_version::e2013 || profile.newest == schema_version::e2013_sp1)
    out.hanging_connections = 3;
  return out;
}

stream_turn world::next_turn(const std::string& name, std::uint64_t stream) {
  auto at = universe_->servers.find(name);
  stream_turn turn;
  turn.closed = turn.hang_up = true;
  if (at == universe_->servers.end()) return turn;
  auto& host = at->second;
  turn = exchange_sim::next_turn(host, stream, options_.connection_time ? options_.connection_time() : options_.now());
  host.counted.bytes_out += turn.chunk.size();
  if (!turn.chunk.empty()) ++universe_->revision;
  // Each envelope by itself; they are told apart by their declarations.
  for (std::size_t from = 0; from < turn.chunk.size();) {
    auto next = turn.chunk.find("<?xml", from + 1);
    if (next == std::string::npos) next = turn.chunk.size();
    answer_bug(host, *schemas_, turn.chunk.substr(from, next - from));
    from = next;
  }
  return turn;
}

void world::end_stream(const std::string& name, std::uint64_t stream) {
  auto at = universe_->servers.find(name);
  if (at != universe_->servers.end()) at->second.notifications.connections.erase(stream);
}

std::uint64_t world::stream_revision() const {
  std::uint64_t sum = 0;
  for (const auto& [name, host] : universe_->servers)
    sum += host.notifications.revision;
  return sum;
}

outcome<std::size_t> world::lose_subscriptions(const std::string& name, const std::string& address) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  const auto* box = address.empty() ? nullptr : at->second.find_mailbox(address);
  if (box == nullptr && !address.empty()) return refusal{"no such mailbox: " + address};
  return exchange_sim::lose_subscriptions(at->second.notifications, box == nullptr ? std::string() : box->guid);
}

outcome<std::size_t> world::drop_connections(const std::string& name) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  auto& center = at->second.notifications;
  for (auto& [number, connection] : center.connections)
    connection.dropped = true;
  ++center.revision;
  return center.connections.size();
}

outcome<done> world::restart_server(const std::string& name) {
  if (auto lost = lose_subscriptions(name, {}); std::holds_alternative<refusal>(lost)) return std::get<refusal>(lost);
  drop_connections(name);
  return done{};
}

outcome<done> world::set_meetings(const std::string& name, bool refuse_zones_of_received) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  at->second.refuses_zones_of_received_meetings = refuse_zones_of_received;
  ++universe_->revision;
  return done{};
}

outcome<done> world::set_notifications(const std::string& name, const notification_changes& changes) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  auto& settings = at->second.notifications.settings;
  if (changes.gather_milliseconds) {
    if (*changes.gather_milliseconds > 5000) return refusal{"gather_milliseconds: at most 5000, as on real servers"};
    settings.gather = std::chrono::milliseconds(*changes.gather_milliseconds);
  }
  if (changes.heartbeat_milliseconds)
    settings.heartbeat = std::chrono::milliseconds(std::max<std::uint64_t>(1, *changes.heartbeat_milliseconds));
  if (changes.status_events) settings.status_events = *changes.status_events;
  if (changes.hanging_connections) settings.hanging_connections = *changes.hanging_connections;
  if (changes.subscriptions) settings.subscriptions = *changes.subscriptions;
  ++at->second.notifications.revision;
  ++universe_->revision;
  return done{};
}

std::vector<notification_count> world::subscriptions() const {
  std::vector<notification_count> out;
  for (const auto& [name, host] : universe_->servers)
    out.push_back({name, host.notifications.subscriptions.size(), host.notifications.connections.size()});
  return out;
}

} // namespace exchange_sim
