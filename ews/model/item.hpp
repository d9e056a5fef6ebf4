#pragma once

#include "ews/model/ids.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace exsyncd {

/// UTC, whole seconds: what EWS date-times are cut to when they are compared.
using utc_seconds = std::chrono::sys_seconds;

enum class item_class { message, contact, task, appointment, other };

/// A comparable part of an item. The numbers are stored in the data base: never renumber.
enum class field : std::uint8_t {
  subject = 1,
  body = 2,
  categories = 3,
  importance = 4,
  sensitivity = 5,
  flag = 6,
  to = 7,
  cc = 8,
  bcc = 9,
  from = 10,
  reply_to = 11,
  sent = 12,
  /// The names and content types of the attachments, in a stable order.
  attachments = 13,
  /// Their sizes as this server counts them: compared with the same side's base only, never across.
  attachment_sizes = 14,
  /// Whether it is a draft: fixed by the first save.
  draft = 15,
};

/// One field and its value in canonical form: text is whitespace-normalised at its ends, lists are sorted where order
/// means nothing, date-times are UTC with Z. The same value on two servers has the same text, as far as servers allow.
struct field_value {
  enum field field;
  std::string value;
  friend bool operator==(const field_value&, const field_value&) = default;
};

/// The comparable contents of one item at one change key. Values are for sending and comparing, never for a log.
struct content {
  change_key key;
  std::optional<bool> read;
  bool draft = false;
  std::vector<field_value> fields; // sorted by field, absent means empty
};

/// What a mail is carried by: its MIME as the source server wrote it, still base64, and what MIME does not hold.
struct carried_mail {
  std::string mime_base64;
  bool draft = false;
  std::optional<bool> read;
  std::optional<utc_seconds> received; // PR_MESSAGE_DELIVERY_TIME
  std::optional<utc_seconds> sent;     // PR_CLIENT_SUBMIT_TIME
  std::string item_class_name;         // "IPM.Note", …
  std::vector<field_value> fields;     // categories, importance, sensitivity, flag: those that differ from the default
};

} // namespace exsyncd
