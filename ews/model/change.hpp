#pragma once

#include "ews/model/failure.hpp"
#include "ews/model/ids.hpp"
#include "ews/model/item.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
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
  bool meeting = false; // an appointment with attendees
  std::string subject;  // for people: lists, reports, bans
  exsyncd::search_key search_key;
  /// What makes it the same item in two mailboxes: of a mail its Message-ID, of an appointment its full GlobalObjectId
  /// (in hexadecimal); empty for the other classes.
  exsyncd::message_id message_id;
  operation_mark mark;
  /// When it was received; of an appointment its end, empty for a series without one; empty for contacts and tasks.
  std::optional<utc_seconds> received;
  std::optional<utc_seconds> sent; // of an appointment its start
  std::uint64_t size = 0;          // bytes, as this server counts them
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

/// What a page is of a listing by comparison: a server that keeps no change list of a folder (public folders) is asked
/// for everything that is in it, again and again. Such a page holds item_present only, for what did not change too.
struct listing_pass {
  /// A new pass begins with this page: what was seen before it counts for no pass any more. A pass begins whenever the
  /// cursor is of no pass that is under way: empty, of a pass that has ended, or of another process.
  bool first = false;
  /// On the last page only: the folder stood still while it was paged through, as far as can be told. What such a pass
  /// has not shown may have left, and has left if the next one does not show it either: pages of a folder in use skip
  /// items. After a pass that is not whole, absence says nothing.
  bool whole = false;
};

/// One page of a change list. Newest first by delivery time, which says nothing about the order of the users' actions.
struct change_page {
  std::vector<change> changes;
  sync_cursor cursor; // to be stored together with what the page said
  bool last = false;
  std::optional<listing_pass> pass = {}; // nothing: a page of a change list
  /// On the last page, where the account has rights on folders only: how many items of the folder are hidden from it
  /// (marked private, without the right to see those). They are left alone.
  std::optional<std::uint32_t> hidden = {};
  /// So many items have left the list, on this page or before, as sight of items was lost: they may be hidden rather
  /// than deleted. They stay as they are on both sides until everything is in sight.
  std::uint32_t doubted = 0;
  /// Items that no list can name without failing, as it was seen: they were stepped over. Each is among the changes,
  /// with what else is known of it.
  std::vector<std::pair<item_id, failure>> unlistable = {};
};

/// EffectiveRights of a folder (MS-OXWSCORE 2.2.4.29): what the account that asks may do there.
struct folder_rights {
  bool read = false;
  bool create_contents = false;
  bool modify = false;
  bool remove = false;
  bool create_folders = false;
  /// Since 2013 (R1485, R1486: not before). Without it items marked private are not listed and not found.
  std::optional<bool> view_private;
  friend bool operator==(const folder_rights&, const folder_rights&) = default;
};

/// A folder as it stands on the server.
struct folder_state {
  folder_id id;
  change_key key; // guards a change of its name
  folder_id parent;
  std::string display_name;
  std::string folder_class; // "IPF.Note", …; empty where the server keeps none
  std::uint32_t total = 0;
  std::uint32_t unread = 0;
  bool in_deleted_items = false; // itself or one of its parents is Deleted Items
  /// What the account may do there; nothing: the server does not say.
  std::optional<folder_rights> rights;
  /// The store that its ids belong to, where that is another one than the mailbox's own: the public folders.
  mailbox_identity store;
  /// Which daemons look after it, as they have written there (actors/logic/lease.hpp); empty: nobody has.
  std::string leases;
  /// The server's clock when it was read, where it tells it.
  std::optional<utc_seconds> read_at;
};

} // namespace exsyncd
