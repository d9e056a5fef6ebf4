#pragma once

#include "tests/exchange_sim/act_log.hpp"
#include "tests/exchange_sim/calendar_state.hpp"
#include "tests/exchange_sim/profile.hpp"
#include "tests/exchange_sim/subscription.hpp"
#include "tests/exchange_sim/world.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace exchange_sim {

struct item_key {
  std::uint64_t value = 0;
  auto operator<=>(const item_key&) const = default;
};
struct folder_key {
  std::uint64_t value = 0;
  auto operator<=>(const folder_key&) const = default;
};
/// Counts the changes of one mailbox; every change takes the next number.
using change_number = std::uint64_t;

struct address {
  std::string name, email;
  std::string routing = "SMTP";
  bool operator==(const address&) const = default;
};

struct body_text {
  bool html = false;
  std::string text;
  bool operator==(const body_text&) const = default;
};

struct item;

struct attachment {
  std::uint64_t key = 0; ///< new when the item gets a new id
  std::string name, content_type, content_id, content_location;
  bool is_inline = false;
  bool is_contact_photo = false;
  bool is_message = false; ///< message/rfc822: shown as an ItemAttachment
  std::string content;     ///< decoded bytes; empty for an item that did not come as MIME
  /// The item of an ItemAttachment, its own attachments with keys; null: a file.
  std::shared_ptr<item> embedded{};
  sys_time modified{};
};

/// A MAPI property that no EWS field shows: values as EWS writes them.
struct extended_value {
  std::string type; ///< MapiPropertyTypeType: "String", "IntegerArray", ...
  std::vector<std::string> values;
  bool operator==(const extended_value&) const = default;
};

/// What ContactItemType and DistributionListType add.
struct contact_data {
  std::map<std::string, std::string> text;               ///< element → value: "GivenName"
  std::map<std::string, std::vector<std::string>> lists; ///< "Children", "Companies"
  /// Dictionary → key → value: "EmailAddresses" → "EmailAddress1"; "PhysicalAddresses" → "Business/Street".
  std::map<std::string, std::map<std::string, std::string>> entries;
  std::vector<address> members; ///< of a DistributionList
  std::optional<sys_time> birthday, wedding_anniversary;
  bool operator==(const contact_data&) const = default;
};

/// A task's recurrence as TaskRecurrenceType says it.
struct task_recurrence {
  std::string pattern; ///< "DailyRecurrence", "WeeklyRegeneration", ...
  int interval = 1;
  std::vector<std::string> days; ///< DaysOfWeek words: "Monday", "Weekday", ...
  std::string index;             ///< DayOfWeekIndex: "First" … "Last"
  int day_of_month = 0, month = 0;
  std::string first_day_of_week;
  std::string range; ///< "NoEndRecurrence", "EndDateRecurrence", "NumberedRecurrence"
  sys_time start{};  ///< midnight
  std::optional<sys_time> end;
  int count = 0;
  bool regenerates() const { return pattern.ends_with("Regeneration"); }
  bool operator==(const task_recurrence&) const = default;
};

/// What TaskType adds.
struct task_data {
  std::optional<int> actual_work, total_work;
  std::string billing, mileage, owner;
  std::vector<std::string> companies, contacts;
  std::optional<sys_time> start, due, complete;
  int change_count = 0;
  double percent = 0;
  std::string status = "NotStarted";
  std::optional<task_recurrence> recurrence;
  bool operator==(const task_data&) const = default;
};

struct item {
  item_key key;
  folder_key folder;
  change_number arrived = 0; ///< in this folder
  change_number changed = 0; ///< last change of content: the ChangeKey
  change_number read_changed = 0;

  std::string item_class = "IPM.Note";
  std::string subject;
  std::string sensitivity = "Normal";
  std::string importance = "Normal";
  std::string culture = "en-US";
  std::string in_reply_to, references, message_id;
  std::string conversation_topic, conversation_index /* bytes */;
  std::string search_key; ///< 16 bytes, kept by move and copy
  body_text body;
  std::vector<attachment> attachments;
  std::vector<std::string> categories;
  std::vector<std::pair<std::string, std::string>> headers; ///< Internet headers of a message that came as MIME
  std::vector<address> to, cc, bcc, reply_to;
  std::optional<address> from, sender, received_by, received_representing;
  std::optional<sys_time> received, sent;
  sys_time created{}, modified{};
  std::string modified_by;
  flag_value flag;
  std::optional<sys_time> reminder_due;
  bool reminder_is_set = false;
  int reminder_minutes = 0;
  bool draft = false, submitted = false, from_me = false, resend = false, unmodified = true, associated = false;
  bool read = false;
  bool read_receipt_requested = false, delivery_receipt_requested = false, response_requested = false;
  /// The sender asked for a receipt, and nobody has yet read, deleted or suppressed it.
  bool receipt_pending = false;
  std::optional<std::string> policy_tag, archive_tag;
  std::optional<sys_time> retention_date;
  std::optional<std::string> icon_index;
  contact_data contact;
  task_data task;
  /// Elements without behaviour of their own, kept as they were written: element name → XML of the whole element.
  std::map<std::string, std::string> kept;
  std::map<std::string, extended_value> extended; ///< by property_path::text
  std::optional<appointment> calendar;            ///< of IPM.Appointment
  std::string created_by;                         ///< address, lower case; empty: the owner or transport
  std::set<std::string> read_by;                  ///< in public folders: whose read state is read
};

struct item_tombstone {
  item_key key;
  change_number arrived = 0, gone = 0;
};

struct folder {
  folder_key key;
  folder_key parent;
  std::string name;
  std::string folder_class;  ///< empty for the roots
  std::string distinguished; ///< "inbox", or empty
  change_number created = 0, changed = 0;
  std::map<std::string, extended_value> extended;
  std::map<std::string, std::string> permissions; ///< address (lower case) or "default" → level
  std::map<std::string, std::string> withdrawn;   ///< address (lower case) → the error code that it meets here
  std::string content_guid;                       ///< public: of the mailbox that holds the content
  std::map<item_key, item> items;
  std::vector<item_tombstone> tombstones;
};

struct folder_tombstone {
  folder_key key;
  change_number created = 0, gone = 0;
};

struct mailbox {
  std::string guid; ///< 16 bytes; part of every id
  mailbox_spec who;
  bool is_public = false;             ///< the public folder store, nobody's mailbox
  std::string hierarchy_guid;         ///< public, 2013 and later: of the mailbox that holds the hierarchy
  std::size_t quota_bytes = 0;        ///< no more than this in all; 0: any
  std::set<std::string> denied;       ///< accounts, lower case
  std::set<std::string> full_access;  ///< accounts with the mailbox-wide right, lower case
  std::set<std::string> view_private; ///< delegates who see private items, lower case
  change_number last_change = 0;
  std::uint64_t last_key = 0;
  std::uint32_t sync_epoch = 1; ///< part of every SyncState
  std::map<folder_key, folder> folders;
  std::map<item_key, folder_key> where;
  std::vector<folder_tombstone> folder_tombstones;

  folder* find_folder(folder_key);
  folder* distinguished(std::string_view name);
  item* find_item(item_key);
  std::vector<folder*> children_of(folder_key);
};

struct out_mail {
  std::string mailbox, item, kind; ///< "submitted", "read_receipts", "invitations", "cancellations", "responses"
};

struct traffic {
  std::map<std::string, std::uint64_t> requests;
  std::uint64_t bytes_in = 0, bytes_out = 0, schema_bugs = 0;
  std::vector<out_mail> mails_out;
};

struct server {
  std::string name;
  version_profile profile; ///< a copy: set_limits changes it
  std::size_t sync_page = 512;
  std::map<std::string, mailbox> mailboxes; ///< by primary address, lower case
  traffic counted;
  notification_center notifications{};
  std::size_t message_bytes = 0;              ///< no larger item; 0: any
  std::string internal_url{}, external_url{}; ///< of EWS, for Autodiscover; the program's ports, so not saved
  std::string grouping{};                     ///< GroupingInformation of its mailboxes
  std::map<std::string, exchange_sim::discovery> discovery{}; ///< by address (lower case): what Autodiscover says else
  bool strict_routing = false; ///< public folder requests need the right headers (2013 and later)
  /// UpdateItem of StartTimeZone and EndTimeZone is refused for meetings that came by invitation.
  bool refuses_zones_of_received_meetings = false;
  bool strict_affinity = false; ///< streaming needs the headers and cookies of a group (2013 and later)

  /// By primary address or alias, case-insensitive.
  mailbox* find_mailbox(std::string_view address);
};

struct universe {
  std::map<std::string, server> servers;
  std::uint64_t revision = 0;
  act_log log{};
};

std::string lower(std::string_view);

/// What one change of a mailbox needs from outside.
struct change_context {
  universe& all;
  server& host;
  mailbox& box;
  sys_time now;
  const std::function<std::uint64_t()>& random;
  std::string actor;     ///< display name that LastModifiedName shows
  std::string account{}; ///< address of whoever acts, lower case; empty: the owner, transport, an administrator
};

std::string random_bytes(const std::function<std::uint64_t()>&, std::size_t count);

// The few ways in which a mailbox changes; operations and user acts all go through them, so that change numbers,
// tombstones and receipts are right everywhere.

/// The standard folders of a new mailbox.
void make_default_folders(change_context&);
folder& make_folder(change_context&, folder_key parent, std::string name, std::string folder_class,
                    std::string distinguished = {});
/// Name, class or properties of a folder changed.
void touch_folder(change_context&, folder&);
void move_folder(change_context&, folder&, folder_key to);
/// Puts a new item into a folder: keys, search key, created time. Returns it where it now lives.
item& put_item(change_context&, folder&, item);
/// Content changed: new ChangeKey and LastModifiedTime.
void touch_item(change_context&, item&);
/// Read state alone; sends a pending receipt unless told not to.
void set_read(change_context&, item&, bool read, bool suppress_receipt);
item& move_item(change_context&, item&, folder& to);
item& copy_item(change_context&, const item&, folder& to);
/// Gone for good. A pending receipt goes out as "deleted without being read" unless suppressed.
void remove_item(change_context&, item&, bool suppress_receipt);
/// Removes the folder with everything below.
void remove_folder(change_context&, folder_key);
void count_mail(change_context&, const item&, std::string kind);

/// Size in bytes as item:Size shows it.
std::size_t size_of(const item&);
/// "inbox/Projects": from the nearest folder with a distinguished name.
std::string path_of(const mailbox&, folder_key);
/// A folder by such a path; null where a part is missing.
folder* folder_at(mailbox&, std::string_view path);
/// The names between the slashes of a path; "\\/" is a slash in a name.
std::vector<std::string> path_parts(std::string_view path);

} // namespace exchange_sim
