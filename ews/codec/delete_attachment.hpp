#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

#include <string>
#include <vector>

namespace exsyncd::ews {

/// DeleteAttachment: one entry for each, in order, with the id and the new key of the item that it was attached to.
struct delete_attachments {
  std::vector<std::string> attachments; // ids; at least one
};
std::string write(const request_context& context, const delete_attachments& request);
answer_reader<item_key> read_delete_attachments();

} // namespace exsyncd::ews
