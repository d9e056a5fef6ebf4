#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/series.hpp"
#include "ews/codec/soap.hpp"

namespace exsyncd::ews {

/// GetItem: one entry for each item asked for.
struct get_item {
  enum class what {
    key,         // nothing but that
    mark,        // the operation mark
    attachments, // ids and sizes of the attachments
    state,       // read state and whether a read receipt is asked for
    content,     // the comparable contents
    whole        // all that carries them to another mailbox: of a mail its MIME too
  };
  what wanted = what::content;
  enum item_class item_class = item_class::message; // of all of them; of no account for a state
  std::vector<item_id> items;                       // at least one; Microsoft advises ten where bodies are large
};
struct got_item {
  listed_item item;
  content contents;
  series_facts series; // of a series of appointments, whose contents lack the exceptions
  bool read_receipt_requested = false;
  large_text mime_base64; // as it arrived
  std::vector<listed_attachment> attachments;
};
std::string write(const request_context& context, const get_item& request);
answer_reader<got_item> read_get_item();
/// What carries an item that was read with what::whole to another mailbox.
carried_item carried(got_item&& whole);

} // namespace exsyncd::ews
