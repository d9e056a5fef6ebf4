#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"

#include <string>
#include <vector>

namespace exsyncd::ews {

/// GetAttachment: one entry for each attachment asked for. MIME comes for attached mails and their like only: before
/// 2013 asking for it refuses any other attached item (MS-OXWSATT R552), so what an item is, is asked first.
struct get_attachment {
  std::vector<std::string> attachments; // ids; at least one
  bool mime = false;
};
struct got_attachment {
  /// `content_base64` as it arrived. Of an attached item the fields of its class, and the MIME where it was asked for.
  carried_attachment attachment;
  std::vector<listed_attachment> inside; // what an attached item has attached itself
};
std::string write(const request_context& context, const get_attachment& request);
answer_reader<got_attachment> read_get_attachment();

} // namespace exsyncd::ews
