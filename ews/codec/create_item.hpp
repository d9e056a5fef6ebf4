#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/soap.hpp"

#include <span>
#include <vector>

namespace exsyncd::ews {

/// CreateItem of items, each with its mark: mails by their MIME, the other classes by their fields. One entry for each,
/// in order, with the id it has; empty where the answer names none.
struct create_items {
  folder_id folder;
  /// At least one; borrowed, since mails are large: they live until the answer.
  std::vector<const std::pair<carried_item, operation_mark>*> items;
};
segmented_text write(const request_context& context, const create_items& request);
answer_reader<item_key> read_create_items();
/// About how many bytes of request one item makes.
std::size_t request_bytes(const carried_item& item);
/// The element of one new item. `attachments` only of an item that is attached itself, and only since 2010 SP2, before
/// which they are ignored: other items get theirs by CreateAttachment.
void write_new_item(xml_writer& out, const carried_item& item, const operation_mark& mark,
                    const schema_version& version, std::span<const carried_attachment> attachments = {});

/// CreateItem of the response objects that keep Exchange from ever sending the read receipts that these items ask for
/// (2007+; SuppressReadReceipt in Microsoft's reference). ErrorReadReceiptNotPending means that there was none.
struct suppress_read_receipts {
  std::vector<item_key> items; // at least one, each with its current key
};
std::string write(const request_context& context, const suppress_read_receipts& request);
answer_reader<done> read_suppress_read_receipts();

} // namespace exsyncd::ews
