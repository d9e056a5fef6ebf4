#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

#include <string>
#include <vector>

namespace exsyncd::ews {

/// CreateAttachment of files and items on one item, guarded by nothing: its parent's key must be the current one as far
/// as a server checks it. One entry for each attachment, in order; the key of the last one is the parent's new key.
struct create_attachments {
  item_key parent;
  std::vector<const carried_attachment*> attachments; // at least one; borrowed until the answer
};
struct created_attachment {
  std::string id;
  item_key root; // empty where the answer does not say
};
segmented_text write(const request_context& context, const create_attachments& request);
answer_reader<created_attachment> read_create_attachments();
/// About how many bytes of request one attachment makes.
std::size_t request_bytes(const carried_attachment& attachment);

/// One attachment as requests hold it, in CreateAttachment and inside a new item.
void write_attachment(xml_writer& out, const carried_attachment& attachment, const schema_version& version);

} // namespace exsyncd::ews
