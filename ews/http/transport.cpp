#include "ews/http/transport.hpp"

#include <algorithm>

namespace exsyncd::http {

std::string_view response_head::value_of(std::string_view name) const {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  auto same = [&](const header& h) { return std::ranges::equal(h.name, name, {}, lower, lower); };
  auto at = std::ranges::find_if(headers, same);
  return at == headers.end() ? std::string_view{} : std::string_view{at->value};
}

std::string_view name_of(failed_kind kind) {
  switch (kind) {
  case failed_kind::bad_request:
    return "bad request";
  case failed_kind::dns:
    return "dns";
  case failed_kind::refused:
    return "refused";
  case failed_kind::unreachable:
    return "unreachable";
  case failed_kind::tls:
    return "tls";
  case failed_kind::timeout:
    return "timeout";
  case failed_kind::cut:
    return "cut";
  case failed_kind::protocol:
    return "protocol";
  case failed_kind::too_large:
    return "too large";
  case failed_kind::cancelled:
    return "cancelled";
  case failed_kind::overloaded:
    return "overloaded";
  }
  return "unknown";
}

} // namespace exsyncd::http
