#pragma once

#include "ews/model/field.hpp"
#include "ews/model/ids.hpp"
#include "ews/model/large_text.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace exsyncd {

/// UTC, whole seconds: what EWS date-times are cut to when they are compared.
using utc_seconds = std::chrono::sys_seconds;

enum class item_class { message, contact, task, appointment, other };

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

/// What an item is carried to the other side by. A mail: its MIME as the source server wrote it, still base64, and what
/// MIME does not hold. Every other class: its fields. Attachments that MIME does not hold follow by an update of their
/// own, as do the exceptions of a series.
struct carried_item {
  enum item_class item_class = exsyncd::item_class::message;
  std::string item_class_name; // "IPM.Note", …
  large_text mime_base64;      // mail only
  bool draft = false;          // mail only
  std::optional<bool> read;
  std::optional<utc_seconds> received; // PR_MESSAGE_DELIVERY_TIME
  std::optional<utc_seconds> sent;     // PR_CLIENT_SUBMIT_TIME
  /// Of a mail those beside MIME that differ from the default; of every other class all of them.
  std::vector<field_value> fields;
};

/// One attachment as it travels: the content stays the base64 text that it arrived in.
struct carried_attachment {
  std::string name;
  std::string content_type;
  std::string content_id;
  std::string content_location;
  bool is_inline = false;
  bool contact_photo = false;
  large_text content_base64; // of a file
  /// Of an attached item: the item itself, its own attachments beside it. Null for a file.
  std::shared_ptr<const struct attached_item> item;
};
struct attached_item {
  carried_item item;
  std::vector<carried_attachment> attachments;
};

} // namespace exsyncd
