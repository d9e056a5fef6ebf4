#pragma once

#include "ews/codec/xml_reader.hpp"
#include "ews/model/change.hpp"

#include <string>
#include <variant>
#include <vector>

/// What answers say of items and folders, in model terms.
namespace exsyncd::ews {

/// Id and key as a write answers them.
struct item_key {
  item_id id;
  change_key key;
  friend bool operator==(const item_key&, const item_key&) = default;
};
/// A success that says nothing more.
struct done {
  friend bool operator==(const done&, const done&) = default;
};
/// A folder, and what only lists of folders are read for.
struct keyed_folder {
  folder_state folder;
  change_key key;
  std::string kind; // the element: "Folder", "CalendarFolder", "SearchFolder", …
  bool hidden = false;
  /// The GUID of the public folder mailbox that holds a public folder's content (PR_REPLICA_LIST, as the guide "Route
  /// public folder content requests" reads it); empty where none is told, as before 2013.
  std::string content_mailbox = {};
  /// By which name every mailbox knows it ("inbox"); empty where none is told, as before 2013.
  std::string distinguished = {};
};

/// An attachment as its item names it.
struct listed_attachment {
  std::string id;
  bool is_item = false;
  std::uint64_t size = 0; // bytes as this server counts them; 0 where it does not say (2007)
  /// GetAttachment need not say it again: its answer holds names, types and contents (GetAttachment operation).
  bool is_inline = false;
  bool contact_photo = false;
  std::string name;
};

item_key read_item_key(const element& item);
/// Files and items; what is neither (a link to a file elsewhere) cannot be carried and is left out.
std::vector<listed_attachment> read_listed_attachments(const element& item);
/// The properties that a change list and a search can return; what was not asked for stays empty.
listed_item read_listed_item(const element& item);
keyed_folder read_folder(const element& folder);
bool read_bool(std::string_view text);

/// The first item of a message's Items, or null.
element* first_item(element& message);

} // namespace exsyncd::ews
