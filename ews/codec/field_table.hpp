#pragma once

#include "ews/codec/properties.hpp"
#include "ews/codec/versions.hpp"
#include "ews/codec/xml_reader.hpp"
#include "ews/codec/xml_writer.hpp"
#include "ews/model/item.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The one table of a mail's comparable fields. It drives reading, writing, comparing and what an update may set:
/// adding a field is adding a row in field_table.cpp.
namespace exsyncd::ews {

enum class settable_when {
  never,
  draft, // while the mail is a draft: afterwards Exchange answers ErrorInvalidPropertyUpdateSentMessage
  always
};

struct field_row {
  enum field field;
  std::string_view uri; // of FieldURI; empty: derived from others
  settable_when settable = settable_when::never;
  /// Written beside MimeContent by a create, since MIME does not hold it or not surely.
  bool beside_mime = false;
  /// The value in canonical form, empty for the default. `draft`: recipients of a draft keep their display names, since
  /// they can be written; of any other mail only addresses count, since servers put their own names beside them.
  std::string (*read)(const element& item, bool draft);
  /// Writes the element for a canonical value; null where there is nothing to write.
  void (*write)(xml_writer& out, std::string_view value);
  /// Whether an empty value is set (the element says "Normal") or the property is deleted.
  bool empty_is_set = false;
};

/// In the order of the schema of Message, which requests must keep.
std::span<const field_row> field_table();
const field_row& row_of(field which);

/// What a read of comparable contents asks for in this version, read state and draft state included.
item_shape content_shape(const schema_version& version);

/// The comparable contents of an item that was read with content_shape.
content read_content_of(const element& item);

/// Writes the fields that stand beside MimeContent in a Message, those of the base type: before `extended properties`
/// and after them, as the schema orders them. Values that the version cannot hold as elements become properties.
void write_fields_before_properties(xml_writer& out, const std::vector<field_value>& fields);
void write_fields_as_properties(xml_writer& out, const std::vector<field_value>& fields, const schema_version& version);
void write_fields_after_properties(xml_writer& out, const std::vector<field_value>& fields,
                                   const schema_version& version);

/// Writes the Set- and DeleteItemField entries that give a mail this value of one field.
void write_update(xml_writer& out, const field_value& value, const schema_version& version);

} // namespace exsyncd::ews
