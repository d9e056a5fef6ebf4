#pragma once

#include "ews/model/byte_count.hpp"
#include "ews/model/ids.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <string>
#include <utility>
#include <vector>

namespace exsyncd {

/// To be sent by whoever has sent a request for a pair, once it is over. Costs no disk: the counts are written together
/// every ten seconds. What was not yet written is lost where the process is killed.
struct count_traffic {
  std::string payer; // "pair/primary", "pair/replica"
  bool polling = false;
  byte_count bytes; // with those of `items`
  std::vector<std::pair<item_id, byte_count>> items;
  /// The server is Exchange 2013 or newer: Outlook on the web shows an item by its EWS id.
  bool in_owa = false;
  std::uint32_t requests = 1; // 0: of one that goes on, or that another pair is told of
};

using traffic_counter = caf::typed_actor<
    // Bytes that were on the wire.
    caf::reacts_to<count_traffic>>;

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::count_traffic)
