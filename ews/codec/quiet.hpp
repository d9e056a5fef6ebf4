#pragma once

#include "ews/codec/versions.hpp"
#include "ews/codec/xml_writer.hpp"

#include <vector>

namespace exsyncd::ews {

/// The operations of ours that could make a server write to somebody.
enum class quiet_operation { create_item, update_item, delete_item };

/// Nothing that exsyncd sends ever mails anybody: the one place from which every write takes its attributes
/// (MessageDisposition, SendMeeting…, SuppressReadReceipts). Before 2013 SP1 the caller suppresses a pending read
/// receipt by its response object first; see create_item.hpp.
inline std::vector<attribute> quietly(quiet_operation what, const schema_version& version) {
  std::vector<attribute> out;
  switch (what) {
  case quiet_operation::create_item:
    return {{"MessageDisposition", "SaveOnly"}, {"SendMeetingInvitations", "SendToNone"}};
  case quiet_operation::update_item:
    out = {{"MessageDisposition", "SaveOnly"}, {"SendMeetingInvitationsOrCancellations", "SendToNone"}};
    break;
  case quiet_operation::delete_item:
    out = {{"SendMeetingCancellations", "SendToNone"}, {"AffectedTaskOccurrences", "AllOccurrences"}};
    break;
  }
  if (version.suppress_read_receipts_attribute) out.emplace_back("SuppressReadReceipts", "true");
  return out;
}

} // namespace exsyncd::ews
