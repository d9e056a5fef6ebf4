#pragma once

#include "tests/exchange_sim/http.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace exchange_sim {

class fault_plan;
class observer;
struct appointment_edit;
struct new_appointment;
struct server;
class schema_check;
struct universe;

/// What the world takes from outside: everything that would make two runs differ.
struct world_options {
  std::function<sys_time()> now;
  std::function<std::uint64_t()> random;
  /// The clock of hanging connections and of subscriptions; empty: `now`. Apart, since a clock that only tests move
  /// would let no heartbeat out.
  std::function<sys_time()> connection_time{};
  /// Is told of every act and request (observer.hpp); null: nobody is, and nothing is noted for him.
  observer* watcher = nullptr;
  /// Directory that holds Microsoft's schema sets, one folder each; empty: our own table of element order refuses.
  std::string schema_directory;
  /// Moves a virtual clock; empty: the clock is real and the command is refused.
  std::function<void(std::chrono::seconds)> advance_clock;
};

/// Why a control function did nothing.
struct refusal {
  std::string reason;
};
using done = std::monostate;
template <class T>
using outcome = std::variant<T, refusal>;

struct server_spec {
  std::string name;
  std::string profile; ///< "Exchange2010_SP2" or "ExchangeSE"
};

/// A mailbox is found by any of its addresses; `server` may be empty where the address is unique in the world.
struct mailbox_ref {
  std::string server;
  std::string address;
};

struct mailbox_spec {
  std::string server;
  std::string address; ///< primary SMTP address, also the user name of Basic authentication
  std::string display_name;
  std::string password;
  std::vector<std::string> aliases;
  std::vector<std::string> may_impersonate; ///< addresses, or "*" for everybody on this server
};

/// Exactly one of id, subject, message_id is given; `folder` narrows the search of the last two. The first match in
/// order of arrival is taken.
struct item_locator {
  std::string id;
  std::string subject;
  std::string message_id;
  std::string folder;
};

/// A follow-up flag. Status is EWS's word: NotFlagged, Flagged, Complete.
struct flag_value {
  std::string status = "NotFlagged";
  std::optional<sys_time> start, due, complete;
  bool operator==(const flag_value&) const = default;
};

/// A mail as transport (or Outlook) puts it into a mailbox, not through EWS. Times default to the clock.
struct delivered_message {
  std::string folder; ///< folder path: "inbox", "inbox/Projects", "msgfolderroot/My folder"
  std::string mime;
  bool read = false;
  bool draft = false;
  std::optional<sys_time> received, sent;
  std::vector<std::string> categories;
  std::optional<std::string> importance;  ///< Low, Normal, High
  std::optional<std::string> sensitivity; ///< Normal, Personal, Private, Confidential
  std::optional<flag_value> flag;
  std::optional<std::string> item_class;
};

/// What a user changes in an open item; saving it gives a new ChangeKey and LastModifiedTime.
struct item_edit {
  std::optional<std::string> subject, body, body_type /* Text or HTML */, importance, sensitivity;
  std::optional<std::vector<std::string>> categories;
  std::optional<flag_value> flag;
  std::optional<bool> reminder_is_set;
  std::optional<sys_time> reminder_due;
  /// JSON merge patches of what `contents` shows under "contact" and "task".
  std::optional<std::string> contact, task;
};

/// A file or, where `mime` is given, a message that a user attaches.
struct user_attachment {
  std::string name, content, content_type, content_id, mime;
  bool is_inline = false, is_contact_photo = false;
};

/// Caps that a test can lower; an absent value leaves the profile's.
struct limit_changes {
  std::optional<std::size_t> request_bytes, attachment_bytes, message_bytes, sync_page, find_page;
};

/// What Autodiscover says of one address in place of the usual; empty parts say nothing.
struct discovery {
  std::string redirect_address, redirect_url, grouping;
};

struct notification_count {
  std::string server;
  std::size_t subscriptions = 0, connections = 0;
};

/// How a server notifies; an absent value stays as it is.
struct notification_changes {
  std::optional<std::uint64_t> gather_milliseconds, heartbeat_milliseconds;
  std::optional<bool> status_events;
  std::optional<std::size_t> hanging_connections, subscriptions;
};

/// Several Exchange servers in one process, without threads and sockets: request bytes in, answer bytes out.
/// Not thread-safe: one caller at a time.
class world {
public:
  explicit world(world_options);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Answers one HTTP request to /EWS/Exchange.asmx of one server, through the fault plan.
  http_response handle(const http_request&);

  /// The next piece of an answer that has http_response::stream. Asked again at `wake`, or when stream_revision grows.
  stream_turn next_turn(const std::string& server, std::uint64_t stream);
  /// The client is gone.
  void end_stream(const std::string& server, std::uint64_t stream);
  /// Grows whenever a hanging connection may have something new to say.
  std::uint64_t stream_revision() const;

  /// One command {"do": "...", ...}; the answer is an object, with "error" where it was refused. (control.cpp)
  nlohmann::json control(const nlohmann::json& command);

  /// Everything that survives a restart: servers, mailboxes, ids, change numbers (so SyncStates stay good), counters.
  nlohmann::json save() const;
  /// Replaces everything. Throws std::runtime_error where the file is not one of ours.
  void load(const nlohmann::json&);
  /// Grows with every change of what save() returns.
  std::uint64_t revision() const;

  fault_plan& faults() { return *faults_; }
  const world_options& options() const { return options_; }
  bool has_server(const std::string& name) const;
  std::vector<std::string> servers() const;

  // Set-up.
  outcome<done> add_server(const server_spec&);
  outcome<done> add_mailbox(const mailbox_spec&);
  /// Makes every missing part of the path; answers the wire FolderId.
  outcome<std::string> add_folder(const mailbox_ref&, const std::string& path, const std::string& folder_class);
  /// Answers the wire ItemId, as do all that follow (the new one where an act gives the item a new id).
  outcome<std::string> add_message(const mailbox_ref&, const delivered_message&);
  /// A contact or a task (`element`: "Contact", "DistributionList", "Task") as a user makes it in Outlook.
  outcome<std::string> add_item(const mailbox_ref&, const std::string& element, const std::string& folder,
                                const item_edit& content, const std::vector<user_attachment>& attached = {});

  // What users do in Outlook.
  outcome<std::string> user_edit(const mailbox_ref&, const item_locator&, const item_edit&);
  outcome<std::string> user_add_attachment(const mailbox_ref&, const item_locator&, const user_attachment&);
  /// The first attachment of this name gets other content.
  outcome<std::string> user_replace_attachment(const mailbox_ref&, const item_locator&, const std::string& name,
                                               const std::string& content);
  outcome<std::string> user_remove_attachment(const mailbox_ref&, const item_locator&, const std::string& name);
  outcome<std::string> user_mark_read(const mailbox_ref&, const item_locator&, bool read);
  outcome<std::string> user_move(const mailbox_ref&, const item_locator&, const std::string& to_folder);
  outcome<std::string> user_copy(const mailbox_ref&, const item_locator&, const std::string& to_folder);
  outcome<std::string> user_delete(const mailbox_ref&, const item_locator&);
  outcome<std::string> user_purge(const mailbox_ref&, const item_locator&);
  outcome<done> user_empty_folder(const mailbox_ref&, const std::string& folder);
  outcome<done> delete_folder(const mailbox_ref&, const std::string& folder);
  /// The same folder with the same content, under a new FolderId and new item ids.
  outcome<std::string> recreate_folder(const mailbox_ref&, const std::string& folder);
  /// The same mailbox with the same content; every id is new and every SyncState is invalid.
  outcome<done> recreate_mailbox(const mailbox_ref&);
  // Appointments. An act on a meeting that its owner organizes mails the others, as Outlook does; counters show it.
  outcome<std::string> add_appointment(const mailbox_ref&, const new_appointment&);
  outcome<std::string> user_edit_appointment(const mailbox_ref&, const item_locator&, const appointment_edit&);
  /// `day`: on which the pattern of the series has the occurrence, "2026-01-31", in the zone of the series.
  outcome<std::string> user_edit_occurrence(const mailbox_ref&, const item_locator&, const std::string& day,
                                            const appointment_edit&);
  outcome<std::string> user_delete_occurrence(const mailbox_ref&, const item_locator&, const std::string& day);
  /// A server's touch: ChangeKey moves, content does not.
  outcome<std::string> touch_change_key(const mailbox_ref&, const item_locator&);
  /// A user's edit that moves neither ChangeKey nor LastModifiedTime: no list tells of it, only a read does.
  outcome<std::string> change_under_key(const mailbox_ref&, const item_locator&, const item_edit&);
  /// A retention policy: what was received before the time goes to the Recoverable Items; answers how many.
  outcome<std::size_t> retention_delete(const mailbox_ref&, const std::string& folder, sys_time received_before);

  outcome<std::string> user_create_folder(const mailbox_ref&, const std::string& path, const std::string& folder_class);
  outcome<std::string> user_rename_folder(const mailbox_ref&, const std::string& path, const std::string& name);
  outcome<std::string> user_move_folder(const mailbox_ref&, const std::string& path, const std::string& to_folder);

  // Conditions.
  outcome<done> invalidate_sync_states(const mailbox_ref&);
  outcome<done> set_limits(const std::string& server, const limit_changes&);
  /// `account` may no longer reach `mailbox` (impersonation and access); allow undoes it.
  outcome<done> set_quota(const mailbox_ref&, std::size_t bytes);
  /// What Autodiscover calls the server's EWS; empty: not told. The program does it for its own ports.
  outcome<done> set_urls(const std::string& server, const std::string& internal, const std::string& external);
  outcome<done> set_autodiscover(const std::string& server, const std::string& address, const discovery&);
  outcome<done> add_public_folders(const std::string& server, const std::string& everybody);
  /// The GUID of the public folder mailbox that holds the hierarchy.
  outcome<std::string> hierarchy_guid(const std::string& server) const;
  /// The folder's content goes to a public folder mailbox of its own; answers its GUID.
  outcome<std::string> set_content_mailbox(const std::string& server, const std::string& path);
  outcome<done> set_routing(const std::string& server, std::optional<bool> public_folders,
                            std::optional<bool> affinity);
  /// `account` (or "default") gets a permission level on a folder, and on those below.
  outcome<done> set_permission(const mailbox_ref&, const std::string& path, const std::string& account,
                               const std::string& level, bool below);
  outcome<done> set_access(const mailbox_ref&, const std::string& account, std::optional<bool> full,
                           std::optional<bool> view_private);
  /// `account` meets this error code in the folder from now on, whatever its rights are; give_back undoes it.
  outcome<done> withdraw(const mailbox_ref&, const std::string& path, const std::string& account,
                         const std::string& code);
  outcome<done> give_back(const mailbox_ref&, const std::string& path, const std::string& account);
  outcome<done> deny(const mailbox_ref&, const std::string& account);
  outcome<done> allow(const mailbox_ref&, const std::string& account);

  /// Every subscription of one mailbox (empty address: of all) is gone, as after a restart of the server.
  outcome<std::size_t> lose_subscriptions(const std::string& server, const std::string& address);
  /// Hanging connections break off without a word; answers how many.
  outcome<std::size_t> drop_connections(const std::string& server);
  /// Subscriptions and hanging connections are gone, every SyncState stays good.
  outcome<done> restart_server(const std::string& server);
  outcome<done> set_meetings(const std::string& server, bool refuse_zones_of_received);
  outcome<done> set_notifications(const std::string& server, const notification_changes&);

  // Looking.
  std::vector<notification_count> subscriptions() const;
  /// {"items": [...]} of one folder path or, where it is empty, of the whole mailbox, in order of (folder path,
  /// received, subject, id).
  outcome<nlohmann::json> contents(const mailbox_ref&, const std::string& folder = {}) const;
  /// The raw MIME as a read would give it now.
  outcome<std::string> mime_of(const mailbox_ref&, const item_locator&);
  /// {"requests": {operation: n}, "bytes_in", "bytes_out", "mails_out": {...}, "schema_bugs": n} of one server, or of
  /// all where empty.
  nlohmann::json counters(const std::string& server = {}) const;
  void reset_counters();

private:
  http_response answer_discovery(server&, const http_request&, sys_time now);

  world_options options_;
  std::unique_ptr<fault_plan> faults_;
  std::unique_ptr<universe> universe_;
  std::unique_ptr<schema_check> schemas_;
};

} // namespace exchange_sim
