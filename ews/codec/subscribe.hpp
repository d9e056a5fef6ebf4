#pragma once

#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// Subscribe to streaming notifications (StreamingSubscriptionRequest, Exchange 2010 SP1 and newer): of everything that
/// happens to the items of these folders of one mailbox. One entry: what to name in GetStreamingEvents.
struct subscribe {
  std::vector<folder_id> folders; // at least one
};
std::string write(const request_context& context, const subscribe& request);
answer_reader<subscription_id> read_subscribe();

} // namespace exsyncd::ews
