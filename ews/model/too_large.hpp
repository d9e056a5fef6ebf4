#pragma once

#include "ews/model/failure.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace exsyncd {

/// Bytes for people: "35.0 MB", "12 kB".
inline std::string size_text(std::uint64_t bytes) {
  std::array<char, 40> text{};
  if (bytes < 1'000'000)
    std::snprintf(text.data(), text.size(), "%llu kB", static_cast<unsigned long long>((bytes + 999) / 1000));
  else
    std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text.data();
}

/// What an administrator can do about what a server refuses for its size. The settings: Microsoft's "Configure
/// client-specific message size limits".
inline constexpr std::string_view what_to_do_about_size =
    "make it smaller, for example by taking attachments out; or raise the server's limits (sizes of messages in "
    "Exchange, maxAllowedContentLength and maxReceivedMessageSize in the web.config of EWS) and lift the ban with "
    "ban.delete";

inline constexpr auto too_large_code = "too_large";

/// Why something is not even sent: it fits into no request that servers of this version take. `what`: "the item".
inline failure too_large(const std::string& what, std::uint64_t bytes, std::uint64_t most) {
  return {reach::item,
          retry::never,
          {},
          too_large_code,
          what + " has " + size_text(bytes) + ", the server takes up to " + size_text(most),
          "make it smaller, for example by taking attachments out: servers of this version take no larger requests"};
}

} // namespace exsyncd
