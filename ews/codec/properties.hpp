#pragma once

#include "ews/codec/versions.hpp"
#include "ews/codec/xml_reader.hpp"
#include "ews/codec/xml_writer.hpp"
#include "ews/model/ids.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Names of properties and folders as requests write them.
namespace exsyncd::ews {

/// A MAPI property as EWS names it: by tag, or by set and name, or by set and id. Empty parts are not written.
struct extended_property {
  std::string_view tag;  // "0x0e07"
  std::string_view set;  // DistinguishedPropertySetId
  std::string_view name; // PropertyName
  std::string_view id;   // PropertyId, decimal
  std::string_view type; // "Integer", "String", "Binary", "SystemTime"
};

namespace property {
/// Our one named property: the operation mark of an item, the leases on a folder. One for all, since names have a quota
/// for each mailbox.
inline constexpr extended_property mark{{}, "PublicStrings", "exsyncd", {}, "String"};
inline constexpr extended_property search_key{"0x300b", {}, {}, {}, "Binary"};        // PR_SEARCH_KEY
inline constexpr extended_property message_flags{"0x0e07", {}, {}, {}, "Integer"};    // PR_MESSAGE_FLAGS
inline constexpr extended_property delivery_time{"0x0e06", {}, {}, {}, "SystemTime"}; // PR_MESSAGE_DELIVERY_TIME
inline constexpr extended_property hidden{"0x10f4", {}, {}, {}, "Boolean"};           // PR_ATTR_HIDDEN, of a folder
inline constexpr extended_property replica_list{"0x6698", {}, {}, {}, "Binary"};      // PR_REPLICA_LIST, of a folder
inline constexpr extended_property submit_time{"0x0039", {}, {}, {}, "SystemTime"};   // PR_CLIENT_SUBMIT_TIME
inline constexpr extended_property global_object_id{
    {}, "Meeting", {}, "3", "Binary"}; // PidLidGlobalObjectId, [MS-OXOCAL] 2.2.1.27
// Flags before item:Flag: [MS-OXOFLAG] 2.2.1.1, 2.2.1.2, 2.2.1.3; [MS-OXOTASK] 2.2.2.2.4, 2.2.2.2.5.
inline constexpr extended_property flag_status{"0x1090", {}, {}, {}, "Integer"};           // PidTagFlagStatus
inline constexpr extended_property flag_complete_time{"0x1091", {}, {}, {}, "SystemTime"}; // PidTagFlagCompleteTime
inline constexpr extended_property flag_icon{"0x1095", {}, {}, {}, "Integer"};             // PidTagFollowupIcon
inline constexpr extended_property flag_start{{}, "Task", {}, "33028", "SystemTime"};      // PidLidTaskStartDate 0x8104
inline constexpr extended_property flag_due{{}, "Task", {}, "33029", "SystemTime"};        // PidLidTaskDueDate 0x8105
// Of contacts, where EWS has read-only elements: [MS-OXOCNTC] 2.2.1.1.
inline constexpr extended_property display_name_prefix{"0x3a45", {}, {}, {}, "String"};   // PR_DISPLAY_NAME_PREFIX
inline constexpr extended_property yomi_first_name{{}, "Address", {}, "32812", "String"}; // PidLidYomiFirstName 0x802C
inline constexpr extended_property yomi_last_name{{}, "Address", {}, "32813", "String"};  // PidLidYomiLastName 0x802D
inline constexpr extended_property yomi_company_name{
    {}, "Address", {}, "32814", "String"}; // PidLidYomiCompanyName 0x802E
} // namespace property

void write_property_name(xml_writer& out, const extended_property& which);
void write_property(xml_writer& out, const extended_property& which, std::string_view value);
/// The value of an extended property in an item, or nothing. Tags and GUIDs are compared without case.
std::optional<std::string_view> property_value(const element& item, const extended_property& which);

/// A folder by its id or by the name that every mailbox knows ("inbox", "deleteditems", "msgfolderroot").
struct distinguished_folder {
  std::string name;
  /// Whose folder, where it is not that of the account that asks (access by folder permission); empty: its own.
  std::string mailbox = {};
  auto operator<=>(const distinguished_folder&) const = default;
};
using folder_reference = std::variant<folder_id, distinguished_folder>;
void write_folder_reference(xml_writer& out, const folder_reference& folder);
/// Whether a mailbox has a distinguished folder of this name (DistinguishedFolderIdNameType of the 2010 SP2 schema).
bool is_distinguished_folder(std::string_view name);

void write_item_id(xml_writer& out, std::string_view element_name, const item_id& id, const change_key& key = {});

/// What a read asks for besides ids.
struct item_shape {
  std::vector<std::string_view> uris; // "item:Subject"
  std::vector<extended_property> properties;
  bool mime = false;
};
/// `element_name`: "m:ItemShape".
void write_item_shape(xml_writer& out, const item_shape& shape);

/// What exsyncd asks of a folder: its name, class and counts, what the account may do there, and whether it is hidden;
/// of a public one also where its content lies. `named`: also by which name every mailbox knows it.
void write_folder_shape(xml_writer& out, bool is_public = false, bool named = false);

} // namespace exsyncd::ews
