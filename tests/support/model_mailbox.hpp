#pragma once

#include "actors/mailbox.hpp"
#include "ews/model/change.hpp"
#include "ews/model/ids.hpp"
#include "ews/model/item.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

/// A mailbox in memory that behaves as Exchange does, as far as a mailbox_actor can see it: plain data with the acts of
/// users and of the server as functions. It knows nothing of exsyncd's engine; a copy of it is a snapshot.
namespace exsyncd::testing {

/// One item; of other classes than mail the read state means nothing. `version` moves with every change of contents
/// (the change key is made of it), not with read state.
struct model_item {
  item_id id;
  enum item_class item_class = item_class::message;
  std::uint64_t version = 0;
  std::uint64_t read_version = 0; // moves with every change of the read state, also with one back again
  bool read = false;
  bool draft = false;
  std::map<field, std::string> fields;              // canonical; an empty value is not in it
  std::map<std::string, std::string> attachments;   // name to bytes
  std::map<std::string, std::uint64_t> attached_at; // name to the version that put it there; 0 where it is not in it
  exsyncd::message_id message_id;
  exsyncd::search_key search_key;
  operation_mark mark;
  utc_seconds received{};
  std::optional<utc_seconds> sent;

  change_key key() const;
  std::string value(field f) const;
};

struct model_folder {
  folder_id id;
  std::string path;
  std::map<item_id, model_item> items;
  std::string folder_class = "IPF.Note";
  std::uint64_t version = 0; // moves with its name and place, and with what daemons write there
  std::string leases;

  change_key key() const;
};

/// What a client was told of a folder: what a SyncState means.
struct told {
  folder_id folder;
  struct state {
    std::uint64_t version;
    std::uint64_t read_version;
  };
  std::map<item_id, state> items;
};

/// An item as a user writes or receives it.
struct new_mail {
  std::string message_id; // with angle brackets; the same mail in two mailboxes has the same one
  std::string subject;
  std::string body = "body";
  bool read = false;
  bool draft = false;
  std::map<field, std::string> fields = {}; // besides subject and body
  std::map<std::string, std::string> attachments = {};
  utc_seconds received{};
  enum item_class item_class = item_class::message;
};

class model_mailbox {
public:
  /// `name` makes the ids of this mailbox different from those of others. Has the folders "inbox" and "deleteditems".
  explicit model_mailbox(std::string name);

  // ---- how this server behaves
  // ---------------------------------------------------------------------------------------

  std::size_t page_size = 512;
  /// What the server makes of a value that it stores; none: it keeps it as it is.
  std::function<std::string(field, const std::string&)> normalise;
  std::vector<field> settable_on_mail{field::subject,    field::body,        field::categories,
                                      field::importance, field::sensitivity, field::flag};
  std::vector<field> settable_on_draft;
  std::uint64_t largest_item = 0; // that fits into a request; 0: whatever there is
  /// `uid` is the name that tests know an item by, as Message-IDs are for mails.
  std::vector<field> settable_on_contact{field::subject,       field::body,        field::categories,
                                         field::given_name,    field::surname,     field::birthday,
                                         field::phone_numbers, field::attachments, field::uid};
  std::vector<field> settable_on_task{field::subject,    field::body,        field::categories,
                                      field::task_dates, field::progress,    field::reminder,
                                      field::recurrence, field::attachments, field::uid};
  std::vector<field> settable_on_appointment{field::subject,     field::body,     field::categories, field::time,
                                             field::location,    field::reminder, field::recurrence, field::exceptions,
                                             field::attachments, field::uid};
  /// Message-IDs of mails that this server takes for corrupt: it creates none of them.
  std::set<std::string> refuses;
  /// How this server counts an attachment: its bytes and so much more.
  std::size_t attachment_overhead = 0;
  /// An update that sets a field to one of these is refused, all of it.
  std::set<std::string> refuses_values;
  /// No page of this folder's list is ever the last.
  folder_id endless;
  /// Folders at which this account may write nothing.
  std::set<std::string> no_leases_at;
  /// What the server says of the time; nothing: it says nothing.
  std::function<std::optional<utc_seconds>()> clock;
  /// Whether answers of writes tell the key that they have led to.
  bool tells_keys = true;
  /// A read of what is gone is told as on a server that may only hide it from the account.
  bool may_hide = false;
  /// Whether its lists of attachments tell when each was attached, beside their sizes.
  bool tells_when_attached = true;
  /// The content of an item changes and its key stays: as in servers that compute parts of it.
  void change_under_key(const item_id& item, field f, const std::string& value);

  // ---- what users do (an item that is not there any more: nothing happens)
  // -------------------------------------------

  folder_id make_folder(const std::string& path, const std::string& folder_class = "IPF.Note");
  /// With all that is below it; ids stay.
  void user_rename_folder(const std::string& path, const std::string& name);
  /// Under the folder of path `to` ("msgfolderroot": to the top), with all that is below it; ids stay.
  void user_move_folder(const std::string& path, const std::string& to);
  /// To Deleted Items, with all that is below it.
  void user_delete_folder(const std::string& path);
  item_id user_create(const std::string& path, const new_mail& mail);
  void user_edit(const item_id& item, field f, const std::string& value);
  void user_attach(const item_id& item, const std::string& name, const std::string& bytes);
  void user_detach(const item_id& item, const std::string& name);
  void user_mark_read(const item_id& item, bool read);
  /// The item has another id afterwards; search key, mark and Message-ID stay.
  item_id user_move(const item_id& item, const std::string& to);
  /// The copy has all that the original has, search key and mark too, but its own id.
  item_id user_copy(const item_id& item, const std::string& to);
  /// To Deleted Items.
  void user_delete(const item_id& item);
  /// Gone from everywhere.
  void user_purge(const item_id& item);

  // ---- what servers and administrators do
  // ----------------------------------------------------------------------------

  /// The server touches an item again after a write: its key moves, its contents do not.
  void touch(const item_id& item);
  /// The same without moving the key, so that no list tells it.
  void change_silently(const item_id& item, field f, const std::string& value);
  /// The item goes, or is there, and nobody who holds a SyncState will ever be told.
  void lose(const item_id& item);
  item_id slip_in(const std::string& path, const new_mail& mail);
  /// No SyncState given so far is known any more.
  void invalidate_cursors();
  /// The folder of this path was deleted and made again: another id. Its items are gone, or were put back under other
  /// ids.
  void recreate_folder(const std::string& path, bool with_items);
  /// Restored or migrated: another identity, other ids of everything, the same mails.
  void recreate_mailbox();

  // ---- what a client asks for
  // ----------------------------------------------------------------------------------------

  const mailbox_identity& identity() const { return identity_; }
  std::optional<folder_state> folder(const std::string& path) const;
  /// Everything below a folder ("msgfolderroot": the whole tree). None: it is not there.
  std::optional<std::vector<folder_below>> below(const std::string& path) const;
  /// None: the folder is not there. cursor_unknown: the cursor is not (any more).
  struct cursor_unknown {};
  std::optional<std::variant<change_page, cursor_unknown>> list(const folder_id& folder, const sync_cursor& since);
  std::optional<content> read(const item_id& item) const;
  std::optional<carried_item> carry(const item_id& item);
  /// Each as often as it is there, the newest last.
  std::optional<attachments_of_item> attachments(const item_id& item) const;
  std::optional<std::vector<listed_item>> find_by_mark(const folder_id& folder, const operation_mark& mark,
                                                       const exsyncd::search_key& key = {}) const;

  struct done {
    item_id id;
    change_key key;
  };
  struct stale {};
  struct gone {};
  struct not_settable {};
  struct no_folder {};
  struct corrupt {};
  using outcome = std::variant<done, stale, gone, not_settable, no_folder, corrupt>;
  outcome create(const folder_id& folder, const carried_item& mail, const operation_mark& mark);
  /// Changed times or another recurrence drop the exceptions, as Exchange does; those that are set with them are kept.
  outcome update(const item_id& item, const change_key& guard, const std::vector<field_value>& fields,
                 const std::vector<carried_attachment>& attachments = {});
  /// Of the requests that the same update takes, some: fields first, then the new attachments beside the old ones, or a
  /// part of the exceptions.
  outcome update_halfway(const item_id& item, const change_key& guard, const std::vector<field_value>& fields,
                         const std::vector<carried_attachment>& attachments);
  outcome set_read(const item_id& item, bool read);
  outcome move(const item_id& item, const folder_id& to);
  /// To Deleted Items, under another id.
  outcome remove(const item_id& item);

  folder_outcome create_folder(const folder_id& parent, const std::string& name, const std::string& folder_class);
  folder_outcome rename_folder(const folder_id& folder, const change_key& guard, const std::string& name);
  folder_outcome move_folder(const folder_id& folder, const folder_id& to);
  folder_outcome write_leases(const folder_id& folder, const change_key& guard, const std::string& leases);
  std::optional<folder_state> folder(const folder_id& id) const;

  // ---- what commits later than its request was given up
  // ---------------------------------------------------------------

  void commit_at(std::chrono::seconds due, std::function<void(model_mailbox&)> act);
  /// Lets everything happen that is due by now.
  void reach(std::chrono::seconds now);
  bool commits_to_come() const { return !later_.empty(); }

  // ---- what tests look at
  // ----------------------------------------------------------------------------------------------

  /// Everything in the folder of this path, by id.
  const std::map<item_id, model_item>& items(const std::string& path) const;
  /// The item that has this Message-ID in this folder; where there are several, the first by id; empty where there is
  /// none.
  item_id find(const std::string& path, const std::string& message_id) const;
  const model_item* item(const item_id& id) const;
  /// What the holder of this cursor was told.
  const told* told_by(const sync_cursor& cursor) const;
  std::vector<std::string> paths() const;

private:
  model_folder* folder_of(const std::string& path);
  model_folder* folder_of(const folder_id& id);
  const model_folder* folder_of(const folder_id& id) const;
  model_folder* holder_of(const item_id& id);
  const model_folder* holder_of(const item_id& id) const;
  model_item* item_of(const item_id& id);
  folder_id root_id() const;
  folder_state state_of(const model_folder& f) const;
  /// False where the name is taken there.
  bool put_folder(model_folder& f, const std::string& path);
  void put_read(model_item& item, bool read);
  item_id put(model_folder& into, model_item item);
  item_id next_id(const char* kind);
  std::string stored_value(field f, const std::string& value) const;
  bool settable(const model_item& item, field f) const;
  listed_item listed(const model_item& item) const;

  std::string name_;
  mailbox_identity identity_;
  std::vector<model_folder> folders_;
  std::map<sync_cursor, told> cursors_;
  std::uint64_t last_version_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t mime_reads_ = 0;
  std::multimap<std::chrono::seconds, std::function<void(model_mailbox&)>> later_;
};

} // namespace exsyncd::testing
