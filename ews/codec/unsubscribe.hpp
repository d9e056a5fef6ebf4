#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// Unsubscribe: gives one subscription back before the server forgets it by itself (half an hour without a listener).
struct unsubscribe {
  subscription_id subscription;
};
std::string write(const request_context& context, const unsubscribe& request);
answer_reader<done> read_unsubscribe();

} // namespace exsyncd::ews
