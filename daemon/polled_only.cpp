#include "daemon/polled_only.hpp"

#include "actors/ews/autodiscover.hpp"

namespace exsyncd {

std::string polled_only_because(const server_settings& server) {
  if (!server.streaming) return "streaming is off for this server";
  if (autodiscover_service_of(server.url))
    return "the server is looked for by Autodiscover; name its URL to have changes told as they happen";
  return {};
}

} // namespace exsyncd
