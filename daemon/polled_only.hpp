#pragma once

#include "config/settings.hpp"

#include <string>

namespace exsyncd {

/// Why a server is never asked to tell of changes as they happen; empty where it is asked.
inline std::string polled_only_because(const server_settings& server) {
  if (!server.streaming) return "streaming is off for this server";
  if (server.url.find("utodiscover") != std::string::npos)
    return "the server is looked for by Autodiscover; name its URL to have changes told as they happen";
  return {};
}

} // namespace exsyncd
