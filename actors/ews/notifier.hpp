#pragma once

#include "actors/ews/mailbox.hpp"
#include "actors/notifier.hpp"

#include <cstdint>
#include <functional>

namespace exsyncd {

/// Streaming notifications of one account on one server.
struct notifier_options {
  std::string url;
  mailbox_access access = mailbox_access::direct;
  http::identity who;
  std::string ca_file;
  http::time_limits limits; // of the ordinary requests
  std::string version = "auto";
  gateway_actor gateway; // for Subscribe and Unsubscribe
  /// For the connections that hang: they take no credit of the gateway, since Exchange counts them apart.
  std::shared_ptr<http::transport> transport;
  /// Jitter: any 64 random bits.
  std::function<std::uint64_t()> random;
  /// How long the server keeps a connection open (1–30); we give up a minute later.
  std::chrono::minutes open_for{29};
  /// Who counts the bytes, those of a connection shared out evenly among the pairs that it is for; nobody where
  /// invalid.
  traffic_counter counter = {};
};

/// Spawns the notifier of one account on one server. It subscribes each watched mailbox once, hangs up to 200
/// subscriptions on one connection, and has 3 such connections, 10 where the server is Exchange 2016 or newer; who does
/// not fit in, or has no right to subscribe, is told that polling alone finds its news. To be ended with an exit
/// message.
notifier_actor spawn_notifier(caf::actor_system& system, notifier_options options);

} // namespace exsyncd
