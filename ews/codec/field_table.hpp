#pragma once

#include "ews/codec/properties.hpp"
#include "ews/codec/versions.hpp"
#include "ews/codec/xml_reader.hpp"
#include "ews/codec/xml_writer.hpp"
#include "ews/model/item.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// The tables of comparable fields, one for each class. They drive reading, writing, comparing and what an update may
/// set: adding a field is adding a row in fields_<class>.cpp, or in fields_common.cpp where several classes have it.
namespace exsyncd::ews {

enum class settable_when {
  never,
  create, // fixed by the create
  draft,  // while the mail is a draft: afterwards Exchange answers ErrorInvalidPropertyUpdateSentMessage
  always
};

/// One entry of an indexed collection: {"contacts:EmailAddress", "EmailAddress1"}.
struct indexed_uri {
  std::string_view uri;
  std::string_view index;
};
/// What a Set- or DeleteItemField is about: a FieldURI, an entry of a collection, an extended property.
using property_path = std::variant<std::string_view, indexed_uri, extended_property>;

/// Writes the entries of one item's Updates.
class update_writer {
public:
  /// `element_name`: what the values of SetItemField stand in: "t:Contact".
  update_writer(xml_writer& out, std::string_view element_name, const schema_version& version)
      : version(version), out_(out), element_(element_name) {}
  /// SetItemField; `value` writes the one property of it.
  void set(const property_path& path, const std::function<void(xml_writer&)>& value);
  void set(const extended_property& which, std::string_view value);
  void erase(const property_path& path);

  const schema_version& version;

private:
  xml_writer& out_;
  std::string_view element_;
};

struct field_row {
  enum field field;
  settable_when settable = settable_when::never;
  /// Of a mail: written beside MimeContent by a create, since MIME does not hold it or not surely.
  bool beside_mime = false;
  /// Whether this version can hold it; null: every version can.
  bool (*held)(const schema_version&) = nullptr;
  /// Adds what a read must ask for.
  std::function<void(item_shape&, const schema_version&)> ask = {};
  /// The value in canonical form, empty for the default. `draft`: recipients of a draft keep their display names, since
  /// they can be written; of any other mail only addresses count, since servers put their own names beside them.
  std::function<std::string(const element& item, bool draft)> read = {};
  /// Writes the entries that give an item this value, an empty one included; null where no update can.
  std::function<void(update_writer& out, std::string_view value)> update = {};

  bool held_by(const schema_version& version) const { return !held || held(version); }
};

/// Writes what a create says of a value that is not empty: an element, or extended properties.
struct create_part {
  enum field field;
  std::function<void(xml_writer& out, std::string_view value, const schema_version& version)> write;
};

struct class_fields {
  enum item_class item_class;
  std::string_view element; // "Contact"
  /// In the order in which an update writes them: what a server computes from others comes after those.
  std::vector<field_row> rows;
  /// What a create writes, in the order of the schema, which requests must keep. Extended properties stand in the
  /// middle of an item, and ours among them. One field may have several parts.
  std::vector<create_part> before_properties;
  std::vector<create_part> properties;
  std::vector<create_part> after_properties;

  /// The row of a field, or null: this class has none.
  const field_row* row_of(field which) const;
};

/// item_class::other is read like a mail, and never written.
const class_fields& fields_of(enum item_class which);

/// What a read of comparable contents asks for in this version, read state and draft state included.
item_shape content_shape(enum item_class which, const schema_version& version);

/// The comparable contents of an item that was read with content_shape; its element tells the class.
content read_content_of(const element& item);
/// The class whose table an element is read by.
enum item_class class_of_element(std::string_view name);

/// Writes those parts of a create for which there is a value.
void write_parts(xml_writer& out, const std::vector<create_part>& parts, const std::vector<field_value>& fields,
                 const schema_version& version);

/// Whether an update of an item of this class can set the field in this version.
bool can_update(enum item_class which, field what, const schema_version& version);
/// Writes the Set- and DeleteItemField entries that give an item these values, in the order of the table.
void write_updates(xml_writer& out, enum item_class which, const std::vector<field_value>& values,
                   const schema_version& version);

} // namespace exsyncd::ews
