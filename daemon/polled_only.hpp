#pragma once

#include "config/settings.hpp"

#include <string>

namespace exsyncd {

/// Why a server is never asked to tell of changes as they happen; empty where it is asked.
std::string polled_only_because(const server_settings& server);

} // namespace exsyncd
