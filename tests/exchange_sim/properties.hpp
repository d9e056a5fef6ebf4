#pragma once

#include "tests/exchange_sim/extended.hpp"
#include "tests/exchange_sim/session.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace exchange_sim {

/// Where a shape is answered: lists leave out what Exchange does not put into them (body, MIME, attachments,
/// recipients).
enum class shape_place { get_item, list };

/// Which of its three standard sets a field belongs to, smallest first.
enum class shape_set { id_only, standard, all, on_demand };

/// How a body is asked for.
enum class body_wish { best, html, text };

/// An ItemShape, read.
struct item_shape {
  shape_set base = shape_set::id_only;
  bool mime = false;
  body_wish body = body_wish::best;
  std::vector<std::string> fields;  ///< field URIs asked for besides
  std::vector<std::string> headers; ///< item:InternetMessageHeader, by name
  /// Other entries that an IndexedFieldURI asked for: FieldURI, FieldIndex.
  std::vector<std::pair<std::string, std::string>> entries;
  std::vector<std::pair<property_path, node>> extended;
};

/// What writing a field may look at.
struct field_reading {
  session& s;
  const item& of;
  const item_shape& shape;
  shape_place place;
};

/// One field of a type of items. The order of the table is the order of the schema.
struct field {
  const char* uri;
  const char* element; ///< without prefix
  schema_version since;
  shape_set set;
  bool in_lists;
  void (*write)(const field_reading&, xml_writer&);
  /// Takes the element of a CreateItem or SetItemField; null: read-only.
  void (*set_value)(session&, item&, node value, write_stage);
  /// DeleteItemField; null: refused.
  void (*clear)(item&);
  /// After the first save of an item that is no draft Exchange refuses to change these.
  bool fixed_when_sent;
  /// AppendToItemField; null: refused.
  void (*append)(session&, item&, node value);
  /// The value as text, to compare and sort by; null: not searchable.
  std::string (*text)(session&, const item&);
};

/// One URI whose IndexedFieldURIs name single entries of a dictionary ("contacts:EmailAddress").
struct indexed_field {
  const char* uri;
  const char* element; ///< the dictionary: "EmailAddresses"
  /// Takes the dictionary of a SetItemField, which holds that one entry; throws response_error where it does not.
  void (*set_value)(session&, item&, const std::string& index, node dictionary);
  void (*clear)(item&, const std::string& index);
  /// The value to compare by; none where the entry is not there.
  std::optional<std::string> (*text)(const item&, const std::string& index);
};

/// Reads an ItemShape element. Throws response_error for property paths that mean nothing here.
item_shape read_shape(session&, node shape);

/// Writes <t:Message> (or the element that the class calls for) with what the shape asks for.
void write_item(session&, xml_writer&, const item&, const item_shape&, shape_place);

/// The item of an ItemAttachment: no ItemId and no ParentFolderId, since it is no object of its own. `before` is XML
/// that stands first (MimeContent).
void write_embedded_item(session&, xml_writer&, const item&, const item_shape&, std::string_view before);

/// The element of an item of this class: Message, Item, CalendarItem, ...
std::string element_of_class(std::string_view item_class);

// Used by the table and by others that show the same values.
void write_mailbox(xml_writer&, const address&);
std::string display_of(const std::vector<address>&);
std::string text_of_html(std::string_view html);
std::string html_of_text(std::string_view text);

} // namespace exchange_sim
