#include "tests/exchange_sim/folder_shape.hpp"

#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/fields_item.hpp"
#include "tests/exchange_sim/public_folders.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

namespace {

std::string element_of_folder_class(std::string_view folder_class) {
  if (folder_class.starts_with("IPF.Appointment")) return "CalendarFolder";
  if (folder_class.starts_with("IPF.Contact")) return "ContactsFolder";
  if (folder_class.starts_with("IPF.Task")) return "TasksFolder";
  return "Folder";
}

std::size_t unread_in(const folder& of) {
  return static_cast<std::size_t>(std::count_if(of.items.begin(), of.items.end(), [](const auto& entry) {
    return !entry.second.read && !entry.second.associated;
  }));
}

/// Hidden items count for nothing that is shown.
std::size_t items_in(const folder& of) {
  return static_cast<std::size_t>(
      std::count_if(of.items.begin(), of.items.end(), [](const auto& entry) { return !entry.second.associated; }));
}

struct folder_field {
  const char* uri;
  schema_version since;
  bool standard; ///< in the Default shape; the others come with AllProperties
  void (*write)(session&, xml_writer&, const folder&);
};

constexpr auto e2007 = schema_version::e2007;

// In the order of BaseFolderType, then of FolderType.
const std::array folder_fields{
    folder_field{"folder:FolderId", e2007, true,
                 [](session& s, xml_writer& out, const folder& f) { write_folder_id(*s.box, out, "t:FolderId", f); }},
    folder_field{"folder:ParentFolderId", e2007, false,
                 [](session& s, xml_writer& out, const folder& f) {
                   if (auto* parent = s.box->find_folder(f.parent))
                     write_folder_id(*s.box, out, "t:ParentFolderId", *parent);
                 }},
    folder_field{"folder:FolderClass", e2007, false,
                 [](session&, xml_writer& out, const folder& f) {
                   if (!f.folder_class.empty()) out.leaf("t:FolderClass", f.folder_class);
                 }},
    folder_field{"folder:DisplayName", e2007, true,
                 [](session&, xml_writer& out, const folder& f) { out.leaf("t:DisplayName", f.name); }},
    folder_field{
        "folder:TotalCount", e2007, true,
        [](session&, xml_writer& out, const folder& f) { out.leaf("t:TotalCount", std::to_string(items_in(f))); }},
    folder_field{"folder:ChildFolderCount", e2007, true,
                 [](session& s, xml_writer& out, const folder& f) {
                   out.leaf("t:ChildFolderCount", std::to_string(s.box->children_of(f.key).size()));
                 }},
    folder_field{"", e2007, false, nullptr}, // ExtendedProperty stands here
    folder_field{"folder:EffectiveRights", e2007, false,
                 [](session& s, xml_writer& out, const folder& f) {
                   auto rights = rights_in(s, f);
                   out.open("t:EffectiveRights");
                   out.leaf("t:CreateAssociated", flag_word(rights.owner));
                   out.leaf("t:CreateContents", flag_word(rights.create));
                   out.leaf("t:CreateHierarchy", flag_word(rights.create_subfolders));
                   out.leaf("t:Delete", flag_word(rights.owner && f.distinguished.empty()));
                   out.leaf("t:Modify", flag_word(rights.owner));
                   out.leaf("t:Read", flag_word(rights.read));
                   if (s.knows(schema_version::e2010)) out.leaf("t:ViewPrivateItems", flag_word(rights.private_items));
                   out.close();
                 }},
    folder_field{"folder:DistinguishedFolderId", schema_version::e2013, false,
                 [](session&, xml_writer& out, const folder& f) {
                   if (!f.distinguished.empty()) out.leaf("t:DistinguishedFolderId", f.distinguished);
                 }},
    folder_field{"folder:UnreadCount", e2007, true,
                 [](session&, xml_writer& out, const folder& f) {
                   auto element = element_of_folder_class(f.folder_class);
                   if (element == "Folder" || element == "TasksFolder")
                     out.leaf("t:UnreadCount", std::to_string(unread_in(f)));
                 }},
};

} // namespace

folder_shape read_folder_shape(node shape) {
  folder_shape out;
  auto base = shape.child("BaseShape").text();
  out.all = base == "AllProperties";
  out.standard = out.all || base == "Default";
  for (auto path : shape.child("AdditionalProperties").children()) {
    if (path.is("ExtendedFieldURI"))
      out.extended.emplace_back(read_property_path(path), path);
    else
      out.fields.push_back(path.attribute_or("FieldURI", ""));
  }
  return out;
}

std::optional<extended_value> get_extended(session& s, const folder& of, const property_path& path) {
  if (path.tag == "0x6698" && s.box->is_public) return extended_value{"Binary", {base64(replica_list(s.host, of))}};
  if (path.tag == "0x3613") return extended_value{"String", {of.folder_class}};
  if (path.tag == "0x3001") return extended_value{"String", {of.name}};
  if (path.tag == "0x3602") return extended_value{"Integer", {std::to_string(items_in(of))}};
  if (path.tag == "0x3603") return extended_value{"Integer", {std::to_string(unread_in(of))}};
  auto at = of.extended.find(path.text());
  if (at == of.extended.end()) return std::nullopt;
  return at->second;
}

void write_folder(session& s, xml_writer& out, const folder& of, const folder_shape& shape) {
  out.open("t:" + element_of_folder_class(of.folder_class));
  for (const auto& row : folder_fields) {
    if (row.write == nullptr) {
      for (const auto& [path, asked] : shape.extended)
        if (auto value = get_extended(s, of, path)) write_extended(out, asked, *value);
      continue;
    }
    std::string_view uri(row.uri);
    bool wanted = uri == "folder:FolderId" || shape.all || (shape.standard && row.standard) ||
                  std::find(shape.fields.begin(), shape.fields.end(), uri) != shape.fields.end();
    if (wanted && s.knows(row.since)) row.write(s, out, of);
  }
  out.close();
}

std::optional<std::vector<std::string>> folder_value(session& s, const folder& of, node path) {
  if (path.is("ExtendedFieldURI")) {
    auto value = get_extended(s, of, read_property_path(path));
    return value ? std::optional(value->values) : std::nullopt;
  }
  auto uri = path.attribute_or("FieldURI", "");
  if (uri == "folder:DisplayName") return {{of.name}};
  if (uri == "folder:FolderClass") return {{of.folder_class}};
  if (uri == "folder:TotalCount") return {{std::to_string(items_in(of))}};
  if (uri == "folder:UnreadCount") return {{std::to_string(unread_in(of))}};
  if (uri == "folder:ChildFolderCount") return {{std::to_string(s.box->children_of(of.key).size())}};
  throw response_error{"ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction."};
}

} // namespace exchange_sim
