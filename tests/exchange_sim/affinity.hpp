#pragma once

#include "tests/exchange_sim/session.hpp"

#include <string>

namespace exchange_sim {

/// The machine behind the balancer that a request of subscriptions reaches, on a server that is strict about it; empty
/// on others. Throws `unroutable` where the headers that Microsoft's page on affinity asks for are missing.
std::string backend_of(session&);

/// Leaves as HTTP 503 without a body. Thrown inside this folder only.
struct unroutable {};

} // namespace exchange_sim
