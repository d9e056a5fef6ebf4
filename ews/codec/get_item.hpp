#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// GetItem: one entry for each item asked for.
struct get_item {
  enum class what {
    state,   // read state and whether a read receipt is asked for
    content, // the comparable contents
    mail     // those, the MIME and what it does not hold
  };
  what wanted = what::content;
  std::vector<item_id> items; // at least one; Microsoft advises ten where bodies are large
};
struct got_item {
  listed_item item;
  content contents;
  bool read_receipt_requested = false;
  std::string mime_base64; // as it arrived
};
std::string write(const request_context& context, const get_item& request);
answer_reader<got_item> read_get_item();
/// What carries a mail that was read with what::mail to another mailbox.
carried_item carried(got_item&& mail);

} // namespace exsyncd::ews
