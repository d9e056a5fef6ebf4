#pragma once

#include "tests/exchange_sim/http.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace exchange_sim {

struct change_context;
struct folder;
struct item;
struct mailbox;

/// EWS's NotificationEventTypeType, without StatusEvent, which nobody subscribes to.
enum class event_kind { copied, created, deleted, modified, moved, new_mail, free_busy };

/// One thing that happened to an item or a folder. Keys are of the one mailbox of the subscription.
struct mailbox_event {
  event_kind kind;
  sys_time at{};
  bool of_folder = false;
  std::uint64_t key = 0, parent = 0;
  std::uint64_t old_key = 0, old_parent = 0; ///< moved and copied
  std::optional<std::size_t> unread;         ///< a folder's, where it was modified
  std::uint64_t watermark = 0;
};

struct subscription {
  std::string mailbox_guid;
  std::string account; ///< who made it; nobody else may use it
  std::string charged; ///< whose budget it counts against
  std::string backend; ///< the machine that knows it, where the server is strict about affinity
  bool pull = false;
  std::set<event_kind> kinds;
  std::set<std::uint64_t> folders; ///< empty: all folders of the mailbox
  std::deque<mailbox_event> events;
  std::uint64_t last_watermark = 0;
  std::chrono::minutes timeout{30};
  sys_time expires{}; ///< of the clock of connections; moved on by every use
};

/// One GetStreamingEvents that is being answered.
struct streaming_connection {
  std::vector<std::string> subscriptions;
  std::string account, charged;
  std::string before, after; ///< the envelope around a response message
  sys_time closes{}, next_heartbeat{};
  std::optional<sys_time> gathering_until; ///< events wait so long for others
  std::optional<std::string> fails_with;   ///< this error code is its last message
  std::vector<std::string> failed;         ///< ids for ErrorSubscriptionIds
  bool begun = false, dropped = false;
};

struct notification_settings {
  std::chrono::milliseconds gather{100};
  std::chrono::milliseconds heartbeat{45'000};
  bool status_events = false; ///< heartbeats are a StatusEvent for each subscription
  std::size_t hanging_connections = 10;
  std::size_t subscriptions = 5000; ///< for each account and mailbox
};

/// What a server remembers of its subscribers. Nothing of it survives a restart, as on a real server.
struct notification_center {
  notification_settings settings;
  std::map<std::string, subscription> subscriptions; ///< by SubscriptionId
  std::map<std::uint64_t, streaming_connection> connections;
  std::uint64_t last_connection = 0;
  std::uint64_t revision = 0; ///< grows whenever a connection may have something new to say
};

// What the store tells subscribers of. Each is called after the change.
void tell_created(change_context&, const item&);
void tell_new_mail(change_context&, const item&);
void tell_modified(change_context&, const item&);
void tell_read(change_context&, const item&);
void tell_moved(change_context&, const item& now, const item& before);
void tell_copied(change_context&, const item& now, const item& original);
void tell_deleted(change_context&, const item& gone);
void tell_created(change_context&, const folder&);
void tell_modified(change_context&, const folder&);
void tell_moved(change_context&, const folder& now, std::uint64_t old_parent);
void tell_deleted(change_context&, const folder& gone);

/// Ends subscriptions of one mailbox (empty: of all); connections that carry them say ErrorInvalidSubscription.
std::size_t lose_subscriptions(notification_center&, const std::string& mailbox_guid);

} // namespace exchange_sim
