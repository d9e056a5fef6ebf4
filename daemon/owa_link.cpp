#include "daemon/owa_link.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace exsyncd {
namespace {

/// Percent-encoded for a query (RFC 3986).
std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
        c == '.') {
      out += c;
      continue;
    }
    std::array<char, 4> hex{};
    std::snprintf(hex.data(), hex.size(), "%%%02X", static_cast<unsigned char>(c));
    out += hex.data();
  }
  return out;
}

} // namespace

std::string owa_link(const server_settings& server, const item_id& id, item_class of) {
  // What stands in front of a public folder's id is our own sign.
  if (id.empty() || id.value.find(':') != std::string::npos) return {};
  auto lower = server.url;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto at = lower.find("/ews/exchange.asmx");
  if (at == std::string::npos) return {};
  return server.url.substr(0, at) + "/owa/?ItemID=" + encoded(id.value) + "&exvsurl=1" +
         (of == item_class::message ? "&viewmodel=ReadMessageItem" : "");
}

} // namespace exsyncd
