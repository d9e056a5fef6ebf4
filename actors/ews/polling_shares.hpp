#pragma once

#include "actors/traffic.hpp"

#include <caf/send.hpp>

#include <string>
#include <vector>

/// Bytes that were for several pairs at once. Only for actors/ews.
namespace exsyncd {

using polling_payers = std::vector<std::string>;

/// Each of them pays the same; what cannot be divided is the first one's, the request too. Any thread.
inline void count_polling(const traffic_counter& counter, const polling_payers& payers, const byte_count& bytes,
                          std::uint32_t requests) {
  if (!counter || payers.empty() || bytes.total() == 0) return;
  const auto n = payers.size();
  byte_count rest{bytes.sent % n, bytes.received % n};
  for (const auto& payer : payers) {
    const byte_count part{bytes.sent / n + rest.sent, bytes.received / n + rest.received};
    rest = {};
    if (part.total() > 0) caf::anon_send(counter, count_traffic{payer, true, part, {}, false, requests});
    requests = 0;
  }
}

} // namespace exsyncd
