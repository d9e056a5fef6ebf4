#pragma once

#include "config/policy.hpp"
#include "ews/model/change.hpp"
#include "ews/model/failure.hpp"
#include "ews/model/ids.hpp"
#include "ews/model/item.hpp"

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// The model-level interface of one account's store on one server. Nobody above it knows SOAP: the EWS form is in
/// actors/ews, the tests have a scripted one, and another protocol would be a third.
///
/// Every call is one batch. A call answers `failure` only where nothing was, and nothing will be, done because of it;
/// where a write may have taken effect unseen, each item it may have touched answers `unknown`.
namespace exsyncd {

// ---- reading
// ---------------------------------------------------------------------------------------------------------

/// Which store this is; asked at every start, since ids belong to it. Answers result<mailbox_identity>.
struct identify {};
struct identified {
  result<mailbox_identity> outcome;
};

/// Finds the folders of these paths ("inbox/Projects"). An entry that is not there is a failure with code
/// "ErrorFolderNotFound" and reach::folder, in its place; the others are answered all the same.
struct find_folders {
  std::vector<std::string> paths;
};
struct folders_found {
  result<std::vector<result<folder_state>>> outcome;
};

/// Every folder below the one at the end of a path ("msgfolderroot", "inbox/Projects", "public:/Sales"), itself left
/// out; parents come before their children.
struct list_folders {
  std::string root;
};
struct folder_below {
  folder_state state;
  std::string path; // as a configuration would write it: `root`, then the names, slashes in them escaped
  /// Why a copy of a tree leaves it out together with what is below it ("outbox", "search folder", "hidden", …): only
  /// a folder pair that names it reaches it. Empty: it may be copied.
  std::string left_out;
};
struct folders_listed {
  result<std::vector<folder_below>> outcome;
};

/// The next page of changes after `cursor` (empty: from the beginning, which lists what is there and no deletes).
/// Where the server keeps no change list (public folders) the page belongs to a pass, see change_page::pass.
struct list_changes {
  folder_id folder;
  sync_cursor cursor;
};
/// The server does not know the cursor any more: start from the beginning, and believe no absence.
struct cursor_invalid {};
struct changes_listed {
  std::variant<change_page, cursor_invalid, failure> outcome;
};

/// The comparable contents of items of one class, in the order asked for.
struct read_content {
  std::vector<item_id> items;
  enum item_class item_class = item_class::message;
};
/// "Not found" alone also means "no permission": it proves no deletion.
struct gone {};
using content_outcome = std::variant<content, gone, failure>;
struct content_read {
  result<std::vector<content_outcome>> outcome;
};

/// Items of one class to be carried to the other side, with the content at the same moment.
struct fetch_items {
  std::vector<item_id> items;
  enum item_class item_class = item_class::message;
};
struct fetched {
  carried_item item;
  content at;
};
using fetch_outcome = std::variant<fetched, gone, failure>;
struct items_fetched {
  result<std::vector<fetch_outcome>> outcome;
};

/// The attachments of one item, with their contents, as update_items takes them.
struct fetch_attachments {
  item_id item;
  /// Where the list of them shows one of more bytes, nothing is read: a failure of the item with the code "too_large".
  /// 0: whatever they have.
  std::uint64_t largest = 0;
};
struct attachments_of_item {
  std::vector<carried_attachment> all;
  change_key at; // the item's when they were listed: contents of another key are not contents of the same moment
};
struct attachments_fetched {
  std::variant<attachments_of_item, gone, failure> outcome;
};

/// The items of a folder that hold exactly this mark (a user's copy holds it too, so there may be several); where none
/// is given, those with this search key.
struct find_by_mark {
  folder_id folder;
  operation_mark mark = {};
  exsyncd::search_key search_key = {};
};
struct found_by_mark {
  result<std::vector<listed_item>> outcome;
};

// ---- writing
// ---------------------------------------------------------------------------------------------------------

/// It took effect; the item now has this id and key. An empty key: the answer did not tell, read it back.
struct written {
  item_id id;
  change_key key;
};
/// The guard key is not the current one: nothing was written; read again, decide again.
struct stale {};
/// Refused for good, because of what the item is: it rests in the ban list.
struct refused {
  failure why;
  /// Where something was written and taken back before it was known: the key that left the item with. Empty: untouched.
  change_key key = {};
};
/// Surely not done; `why` says how far it reaches and when to try again.
struct not_done {
  failure why;
};
/// May or may not have taken effect, now or within a minute. Look before anything else.
struct unknown {
  failure why;
};
using write_outcome = std::variant<written, stale, gone, refused, not_done, unknown>;
struct write_done {
  /// One for each item asked for, in order.
  std::vector<write_outcome> outcomes;
};

/// Creates items in a folder, each with its mark. Nothing is sent to anybody. A mail comes whole; items of the other
/// classes come without attachments and exceptions, which an update adds.
struct create_items {
  folder_id folder;
  std::vector<std::pair<carried_item, operation_mark>> items;
  enum meetings meetings = meetings::appointment;
};

/// Sets exactly these fields, guarded by the key of the content that was compared. What takes several requests
/// (attachments, exceptions of a series) is brought towards the values asked for, whatever is there: repeating it after
/// a cut is harmless. Cut in between it answers `unknown`.
struct update_item {
  item_id id;
  change_key guard;
  std::vector<field_value> fields;
  enum item_class item_class = item_class::message;
  enum meetings meetings = meetings::appointment;
  /// With field::attachments among the fields: all that the item shall have. Those it has are replaced.
  std::vector<carried_attachment> attachments = {};
};
struct update_items {
  std::vector<update_item> items;
};

/// Sets read states; a pending read receipt is suppressed in the way that the version allows. Repeating it is harmless.
struct set_read_states {
  std::vector<std::pair<item_id, bool>> items;
};

/// Moves items to a folder of the same mailbox; each has a new id afterwards. Not guarded: read just before.
struct move_items {
  folder_id to;
  std::vector<item_id> items;
};

/// Moves items to Deleted Items, where their users can still find them; those of a public folder, which has no Deleted
/// Items, to where its owner can recover them. `written` carries the id that it has there; empty: not told. Not
/// guarded.
struct remove_items {
  std::vector<item_id> items;
};

/// Creates a folder. A name that is taken there is `folder_exists`: find it by list_folders.
struct create_folder {
  folder_id parent;
  std::string name;
  std::string folder_class; // "IPF.Note"; empty: as the server chooses
};
/// Gives a folder another name, guarded by its key (empty: unguarded).
struct rename_folder {
  folder_id id;
  change_key key;
  std::string name;
};
/// Moves a folder with all that is in it under another one of the same mailbox. Not guarded.
struct move_folder {
  folder_id id;
  folder_id to;
};
struct folder_exists {};
/// The folder's id and key afterwards, with what was asked for; `gone` also where a parent is gone or hidden from us.
using folder_outcome = std::variant<folder_state, folder_exists, stale, gone, not_done, unknown>;
struct folder_done {
  folder_outcome outcome;
};

/// Writes at folders which daemons look after them, each guarded by the folder's key; nothing else of them changes.
/// Folders of a mailbox alone: not public ones.
struct write_leases {
  struct at_folder {
    folder_id id;
    change_key key;
    std::string folder_class;
    std::string leases; // empty: nothing is left there
  };
  std::vector<at_folder> folders;
};
struct leases_written {
  std::vector<folder_outcome> outcomes; // one for each, in order; folder_state: with id, key and what was written
};
/// The same folders as they stand now.
struct read_leases {
  std::vector<folder_id> folders;
};
struct leases_read {
  result<std::vector<result<folder_state>>> outcome;
};

/// What this mailbox can hold, and lets change on an item that exists.
struct ask_settable {};
struct settable {
  std::vector<field> on_mail;  // on every mail
  std::vector<field> on_draft; // while it is a draft, besides those
  /// On the other classes; what is not in it is not compared either, since this side cannot hold it.
  std::vector<field> on_contact;
  std::vector<field> on_task;
  std::vector<field> on_appointment;
  /// An item of more bytes fits into no request, whatever it holds; 0: not known.
  std::uint64_t largest_item = 0;
  /// The server is one whose Outlook on the web opens items by the ids that EWS gives (2013 and newer), as far as it
  /// has answered yet.
  bool in_owa = false;
};

using mailbox_actor = caf::typed_actor<
    // Which store this is.
    caf::replies_to<identify>::with<identified>,
    // Paths to folders.
    caf::replies_to<find_folders>::with<folders_found>,
    // A tree of folders.
    caf::replies_to<list_folders>::with<folders_listed>,
    // The next page of changes of one folder.
    caf::replies_to<list_changes>::with<changes_listed>,
    // Comparable contents.
    caf::replies_to<read_content>::with<content_read>,
    // Items to be carried over.
    caf::replies_to<fetch_items>::with<items_fetched>,
    // What is attached to one of them.
    caf::replies_to<fetch_attachments>::with<attachments_fetched>,
    // Who holds a mark.
    caf::replies_to<find_by_mark>::with<found_by_mark>,
    // The writes.
    caf::replies_to<create_items>::with<write_done>, caf::replies_to<update_items>::with<write_done>,
    caf::replies_to<set_read_states>::with<write_done>, caf::replies_to<move_items>::with<write_done>,
    caf::replies_to<remove_items>::with<write_done>,
    // The same for folders.
    caf::replies_to<create_folder>::with<folder_done>, caf::replies_to<rename_folder>::with<folder_done>,
    caf::replies_to<move_folder>::with<folder_done>,
    // Who looks after them.
    caf::replies_to<write_leases>::with<leases_written>, caf::replies_to<read_leases>::with<leases_read>,
    // What an update may set here.
    caf::replies_to<ask_settable>::with<settable>>;

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::identify)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::identified)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::find_folders)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::folders_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::list_folders)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::folders_listed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::list_changes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::changes_listed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::read_content)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::content_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::fetch_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::items_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::fetch_attachments)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::attachments_fetched)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::find_by_mark)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::found_by_mark)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::write_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::create_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::update_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::set_read_states)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::move_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::remove_items)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::create_folder)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::rename_folder)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::move_folder)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::folder_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::write_leases)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::leases_written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::read_leases)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::leases_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_settable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::settable)
