#pragma once

#include "tests/exchange_sim/session.hpp"

#include <optional>
#include <string>

namespace exchange_sim {

/// A MAPI property as EWS names it, made canonical: sets by their GUID, tags in lower-case hex.
struct property_path {
  std::string tag; ///< "0x0e07", or empty
  std::string set; ///< GUID in lower case, or empty
  std::optional<std::string> name;
  std::optional<int> id;
  std::string type;

  /// One text for one property: the key of item::extended.
  std::string text() const;
};

/// Reads an ExtendedFieldURI; throws response_error ErrorInvalidExtendedProperty for combinations that mean nothing.
property_path read_property_path(node extended_field_uri);

/// The value of an ExtendedProperty element (Value or Values); throws ErrorInvalidExtendedPropertyValue.
extended_value read_extended_value(const property_path&, node extended_property);

/// Properties that an EWS field shows too (flags, times, subject...) are computed from the item; others are what was
/// written.
std::optional<extended_value> get_extended(session&, const item&, const property_path&);

enum class write_stage { creating, updating };
/// Throws response_error where the property is read-only.
void set_extended(session&, item&, const property_path&, extended_value, write_stage);
void delete_extended(session&, item&, const property_path&);

/// Writes t:ExtendedProperty with the path as the request wrote it.
void write_extended(xml_writer&, node requested_path, const extended_value&);

/// The type that holds several values ("StringArray").
bool is_multiple(const extended_value&);

} // namespace exchange_sim
