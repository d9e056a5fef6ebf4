#pragma once

#include "ews/model/ids.hpp"
#include "ews/model/item.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace exsyncd {

/// What a change list says of one item that is in the folder: ids and the few properties that a list can return.
struct listed_item {
  item_id id;
  change_key key;
  enum item_class item_class = item_class::message;
  std::string item_class_name;
  std::optional<bool> read;
  bool draft = false;
  std::string subject; // for people: lists, reports, bans
  exsyncd::search_key search_key;
  exsyncd::message_id message_id;
  operation_mark mark;
  std::optional<utc_seconds> received;
  std::optional<utc_seconds> sent;
  std::uint64_t size = 0; // bytes, as this server counts them
};

/// An entry of a change list. `present` stands for Create and Update alike: which of the two says nothing reliable.
struct item_present {
  listed_item item;
};
/// The item is no longer in this folder: deleted, purged or moved. It does not say which.
struct item_left {
  item_id id;
};
/// Only the read state changed (ReadFlagChange); the change key did not move.
struct item_read_changed {
  item_id id;
  bool read;
};
using change = std::variant<item_present, item_left, item_read_changed>;

/// One page of a change list. Newest first by delivery time, which says nothing about the order of the users' actions.
struct change_page {
  std::vector<change> changes;
  sync_cursor cursor; // to be stored together with what the page said
  bool last = false;
};

/// A folder as it stands on the server.
struct folder_state {
  folder_id id;
  folder_id parent;
  std::string display_name;
  std::string folder_class; // "IPF.Note", …; empty where the server keeps none
  std::uint32_t total = 0;
  std::uint32_t unread = 0;
  bool in_deleted_items = false; // itself or one of its parents is Deleted Items
};

} // namespace exsyncd
