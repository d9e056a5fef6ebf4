#pragma once

#include "tests/exchange_sim/state.hpp"

#include <string>

namespace exchange_sim {

/// Whether a path (without its query) is one of the two that Autodiscover listens on.
bool is_autodiscover(std::string_view path);

/// Answers a POX request to /autodiscover/autodiscover.xml or GetUserSettings at /autodiscover/autodiscover.svc
/// (MS-OXDSCLI; MS-OXWSADISC) for somebody who has logged in.
http_response autodiscover(server&, const http_request&);

} // namespace exchange_sim
