#pragma once

#include "ews/http/transport.hpp"

#include <caf/actor_system.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The door to one server for one account: lets as many requests through at once as the server allows, and stops
/// knocking when it says that it is busy, in whichever of its disguises. It never repeats a request: what was answered
/// is told, and whoever asked decides.
namespace exsyncd {

/// Sends one request when its turn comes.
struct exchange {
  std::shared_ptr<const http::request> request;
  /// The mailbox it is about: mailboxes take turns, and one that hangs or is throttled does not hold up the others.
  std::string mailbox;
  /// How long it may wait for its turn. The answer comes at the latest `answer_within(*this)` after asking.
  std::chrono::milliseconds patience = std::chrono::seconds(120);
  /// A part of a request that failed: it is asked to find the item that spoils that one.
  bool narrowing = false;
};

/// The time-out to ask with: the gateway has always answered before.
std::chrono::milliseconds answer_within(const exchange& e);

/// A whole HTTP answer, of whichever status.
struct answer {
  int status = 0;
  std::vector<http::header> headers;
  large_text body;
  /// The gateway took this answer for throttling (503, 429, a 401 where the password has worked before, a redirect to
  /// an error page) and rests for so long: not an error of the account, the mailbox or the item.
  std::optional<std::chrono::milliseconds> resting;
};

/// The request was not sent, and will not be: the server wants rest (`wait`: until when at least), or the turn did not
/// come within `patience`.
struct not_sent {
  std::optional<std::chrono::milliseconds> wait;
  std::string what;
  bool locked_out = false; // the account was refused a moment ago, though it had been let in before
};

struct exchanged {
  /// http::failed::may_have_reached_server tells whether a write is unknown or surely not done.
  std::variant<answer, http::failed, not_sent> outcome;
  byte_count bytes;
};

/// To be sent by the mailbox, right after the answer, where the body said that the server is busy: a fault with
/// BackOffMilliseconds, ErrorServerBusy, or HTTP 200 with ErrorInternalServerError and an inner ErrorServerBusy.
struct server_busy {
  std::string mailbox;
  std::optional<std::chrono::milliseconds> wait; // as the server asked
  std::string code;                              // "ErrorServerBusy", for the status
};

/// Asks how things stand.
struct ask_gateway_status {};
struct gateway_status {
  std::size_t in_flight = 0;
  std::size_t waiting = 0;
  std::size_t credit = 0; // how many may be in flight now
  /// Set while resting, for all mailboxes of this account: how long still, and because of what.
  std::optional<std::chrono::milliseconds> resting;
  std::string because;
  /// Mailboxes that rest by themselves, and how long still.
  std::vector<std::pair<std::string, std::chrono::milliseconds>> resting_mailboxes;
  std::uint64_t requests = 0; // sent since the start
  byte_count bytes;
};

using gateway_actor = caf::typed_actor<
    // One request and what came of it.
    caf::replies_to<exchange>::with<exchanged>,
    // The server said in a body that it is busy.
    caf::reacts_to<server_busy>,
    // Credit, back-off and counters.
    caf::replies_to<ask_gateway_status>::with<gateway_status>>;

struct gateway_options {
  std::shared_ptr<http::transport> transport;
  /// Requests at once: Exchange allows 10 (2010) or 27 (2013+) an account, and other clients of the account need
  /// theirs.
  std::size_t credit = 5;
  /// Requests that may wait; one more is answered not_sent.
  std::size_t queue = 10'000;
  /// Rest where the server names no time, doubled with each sign of throttling in a row.
  std::chrono::milliseconds rest = std::chrono::seconds(60);
  std::chrono::milliseconds longest_rest = std::chrono::minutes(15);
  /// Jitter: any 64 random bits.
  std::function<std::uint64_t()> random;
  /// Where large answers go as they arrive; empty: into memory.
  exsyncd::spool spool = {};
};

/// Spawns the gateway of one account on one server. Shared by all mailboxes that are reached as this account.
gateway_actor spawn_gateway(caf::actor_system& system, gateway_options options);

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::exchange)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::exchanged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::server_busy)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_gateway_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::gateway_status)
