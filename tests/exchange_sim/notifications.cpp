// Subscribe, Unsubscribe, GetEvents and GetStreamingEvents (MS-OXWSNTIF). Push subscriptions are refused: nothing here
// calls anybody.
#include "tests/exchange_sim/notifications.hpp"

#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/affinity.hpp"
#include "tests/exchange_sim/session.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

using namespace std::chrono_literals;

namespace {

// Microsoft's page on affinity: at most so many ids in one request.
constexpr std::size_t most_in_one_request = 200;
constexpr std::size_t most_in_one_answer = 512;

struct event_name {
  std::string_view name;
  event_kind kind;
};

constexpr std::array event_names{
    event_name{"CopiedEvent", event_kind::copied},
    event_name{"CreatedEvent", event_kind::created},
    event_name{"DeletedEvent", event_kind::deleted},
    event_name{"ModifiedEvent", event_kind::modified},
    event_name{"MovedEvent", event_kind::moved},
    event_name{"NewMailEvent", event_kind::new_mail},
    event_name{"FreeBusyChangedEvent", event_kind::free_busy},
};

std::string_view name_of(event_kind kind) {
  for (const auto& row : event_names)
    if (row.kind == kind) return row.name;
  return {};
}

sys_time connection_now(const session& s) {
  return s.options.connection_time ? s.options.connection_time() : s.now;
}

/// An id names the server that made it; what does not is no id of ours at all.
std::string make_id(session& s) {
  std::string bytes{static_cast<char>(s.host.name.size() & 0xff), '\0'};
  return base64(bytes + s.host.name + random_bytes(s.options.random, 16));
}

bool is_our_id(const server& host, const std::string& id) {
  auto bytes = from_base64(id);
  return bytes && bytes->size() == 2 + host.name.size() + 16 && bytes->substr(2, host.name.size()) == host.name;
}

std::string watermark_text(std::uint64_t number) {
  std::string bytes("AAAA");
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(number >> shift & 0xff);
  return base64(bytes);
}

std::optional<std::uint64_t> read_watermark(const std::string& text) {
  auto bytes = from_base64(text);
  if (!bytes || bytes->size() != 12 || !bytes->starts_with("AAAA")) return std::nullopt;
  std::uint64_t number = 0;
  for (unsigned char c : bytes->substr(4))
    number = number << 8 | c;
  return number;
}

void write_object(xml_writer& out, const mailbox& box, const std::string& prefix, bool of_folder, std::uint64_t key,
                  std::uint64_t parent) {
  if (of_folder)
    out.empty("t:" + prefix + "FolderId",
              {{"Id", wire_id(box, folder_key{key})}, {"ChangeKey", type_only_key_of_folder()}});
  else
    out.empty("t:" + prefix + "ItemId", {{"Id", wire_id(box, item_key{key})}, {"ChangeKey", type_only_key_of_item()}});
  // The parent of the root is the root: the schema wants one.
  if (parent == 0) parent = key;
  out.empty("t:" + prefix + "ParentFolderId",
            {{"Id", wire_id(box, folder_key{parent})}, {"ChangeKey", type_only_key_of_folder()}});
}

// MS-OXWSNTIF: pull answers carry a Watermark with each event, streaming answers none.
void write_event(xml_writer& out, const mailbox& box, const mailbox_event& event, bool with_watermark) {
  out.open("t:" + std::string(name_of(event.kind)));
  if (with_watermark) out.leaf("t:Watermark", watermark_text(event.watermark));
  out.leaf("t:TimeStamp", wire_time(event.at));
  write_object(out, box, "", event.of_folder, event.key, event.parent);
  if (event.kind == event_kind::moved || event.kind == event_kind::copied)
    write_object(out, box, "Old", event.of_folder, event.old_key, event.old_parent);
  if (event.unread) out.leaf("t:UnreadCount", std::to_string(*event.unread));
  out.close();
}

const mailbox* box_of(const server& host, const subscription& who) {
  for (const auto& [name, box] : host.mailboxes)
    if (box.guid == who.mailbox_guid) return &box;
  return nullptr;
}

void drop_expired(notification_center& center, sys_time now) {
  std::erase_if(center.subscriptions, [&](const auto& entry) {
    if (entry.second.expires > now) return false;
    return std::none_of(center.connections.begin(), center.connections.end(), [&](const auto& connection) {
      const auto& carried = connection.second.subscriptions;
      return std::find(carried.begin(), carried.end(), entry.first) != carried.end();
    });
  });
}

// Since 2013 the budget is that of the mailbox, a copy of it for each account that impersonates its owner; before, it
// is the account's own (Microsoft's page on throttling).
std::string budget(const session& s, const std::string& mailbox) {
  if (s.host.profile.newest >= schema_version::e2013 && s.impersonates) return s.account + " as " + mailbox;
  return s.account;
}

/// Throws response_error where the subscription is not there or not this account's.
subscription& subscription_of(session& s, const std::string& id) {
  drop_expired(s.host.notifications, connection_now(s));
  auto at = s.host.notifications.subscriptions.find(id);
  if (at == s.host.notifications.subscriptions.end())
    throw response_error{"ErrorSubscriptionNotFound", "The specified subscription was not found."};
  if (at->second.account != s.account)
    throw response_error{"ErrorSubscriptionAccessDenied",
                         "Access is denied. Only the subscription owner may access the subscription."};
  return at->second;
}

void read_folders(session& s, node asked, subscription& into) {
  auto ids = asked.child("FolderIds").children();
  bool all = asked.attribute_or("SubscribeToAllFolders", "false") == "true" ||
             asked.attribute_or("SubscribeToAllFolders", "false") == "1";
  if (all != ids.empty())
    throw response_error{"ErrorInvalidSubscriptionRequest",
                         "A subscription is to folders or to all folders, and to one of both."};
  const mailbox* only = all ? s.box : nullptr;
  for (auto id : ids) {
    auto& named = folder_named(s, id);
    if ((only != nullptr && only != s.box) || (only != nullptr && s.box->is_public))
      throw response_error{"ErrorInvalidSubscriptionRequest",
                           "A subscription is to folders of one mailbox or to one public folder."};
    if (!rights_in(s, named).owner)
      throw response_error{"ErrorSubscriptionDelegateAccessNotSupported",
                           "Only who owns a mailbox or has owner access can subscribe to its events."};
    only = s.box;
    into.folders.insert(named.key.value);
  }
  into.mailbox_guid = only->guid;
  into.charged = budget(s, only->who.address);
}

} // namespace

void subscribe(session& s, node request, xml_writer& out) {
  auto asked = request.first();
  // The schema of Exchange2010 is that of 2010 SP2 here, but streaming came with SP1.
  if (asked.is("StreamingSubscriptionRequest") && !s.knows(schema_version::e2010_sp1))
    throw soap_fault{"ErrorIncorrectSchemaVersion",
                     "The request is valid but does not specify the correct server version in the RequestServerVersion "
                     "SOAP header."};
  const auto backend = backend_of(s);
  respond(s, out, "m:SubscribeResponseMessage", {}, [&](xml_writer& inside) {
    if (asked.is("PushSubscriptionRequest"))
      throw response_error{"ErrorInvalidPushSubscriptionUrl", "Push notifications are not served here."};
    auto& center = s.host.notifications;
    auto now = connection_now(s);
    drop_expired(center, now);
    subscription made;
    made.account = s.account;
    made.backend = backend;
    made.pull = asked.is("PullSubscriptionRequest");
    for (auto type : asked.child("EventTypes").children())
      for (const auto& row : event_names)
        if (row.name == type.text()) made.kinds.insert(row.kind);
    read_folders(s, asked, made);
    if (made.pull) {
      made.timeout = std::chrono::minutes(std::stoi(asked.child("Timeout").text()));
      // A watermark of a subscription that is gone: what happened since then is not kept here.
      if (auto old = asked.child("Watermark"); old && !read_watermark(old.text()))
        throw response_error{"ErrorInvalidWatermark",
                             "The watermark used for creating this subscription was not found."};
    }
    made.expires = now + made.timeout;
    auto used = std::count_if(center.subscriptions.begin(), center.subscriptions.end(),
                              [&](const auto& entry) { return entry.second.charged == made.charged; });
    if (static_cast<std::size_t>(used) >= center.settings.subscriptions)
      throw response_error{
          "ErrorExceededSubscriptionCount",
          "The account has exceeded its maximum number of subscriptions.",
          {{"Policy", "MaxSubscriptions"}, {"MaxSubscriptionsLimit", std::to_string(center.settings.subscriptions)}}};
    auto id = make_id(s);
    inside.leaf("m:SubscriptionId", id);
    if (made.pull) inside.leaf("m:Watermark", watermark_text(0));
    center.subscriptions.emplace(id, std::move(made));
  });
}

void unsubscribe(session& s, node request, xml_writer& out) {
  respond(s, out, "m:UnsubscribeResponseMessage", {}, [&](xml_writer&) {
    auto id = request.child("SubscriptionId").text();
    if (!is_our_id(s.host, id)) throw response_error{"ErrorInvalidSubscription", "The subscription is not valid."};
    subscription_of(s, id);
    auto& center = s.host.notifications;
    center.subscriptions.erase(id);
    for (auto& [number, connection] : center.connections)
      if (std::find(connection.subscriptions.begin(), connection.subscriptions.end(), id) !=
          connection.subscriptions.end()) {
        connection.fails_with = "ErrorInvalidSubscription";
        connection.failed.push_back(id);
      }
    ++center.revision;
  });
}

void get_events(session& s, node request, xml_writer& out) {
  respond(s, out, "m:GetEventsResponseMessage", {}, [&](xml_writer& inside) {
    auto id = request.child("SubscriptionId").text();
    auto mark = read_watermark(request.child("Watermark").text());
    if (!is_our_id(s.host, id)) throw response_error{"ErrorInvalidSubscription", "The subscription is not valid."};
    auto& who = subscription_of(s, id);
    if (!who.pull)
      throw response_error{"ErrorInvalidPullSubscriptionId", "The subscription is not one of pull notifications."};
    if (!mark || *mark > who.last_watermark) throw response_error{"ErrorInvalidWatermark", "The watermark is invalid."};
    who.expires = connection_now(s) + who.timeout;
    while (!who.events.empty() && who.events.front().watermark <= *mark)
      who.events.pop_front();
    const auto* box = box_of(s.host, who);
    auto count = std::min(who.events.size(), most_in_one_answer);
    inside.open("m:Notification");
    inside.leaf("t:SubscriptionId", id);
    inside.leaf("t:PreviousWatermark", watermark_text(*mark));
    inside.leaf("t:MoreEvents", count < who.events.size() ? "true" : "false");
    for (std::size_t i = 0; i < count; ++i)
      write_event(inside, *box, who.events[i], true);
    if (count == 0) {
      inside.open("t:StatusEvent");
      inside.leaf("t:Watermark", watermark_text(*mark));
      inside.close();
    }
    inside.close();
  });
}

namespace {

struct refused_ids {
  std::string code, text;
  std::vector<std::string> ids;
};

// One bad id fails the whole request.
std::optional<refused_ids> refuse(session& s, const std::vector<std::string>& ids, const std::string& backend) {
  auto& center = s.host.notifications;
  drop_expired(center, connection_now(s));
  refused_ids out;
  for (const auto& id : ids) {
    auto at = center.subscriptions.find(id);
    refused_ids wrong;
    if (!is_our_id(s.host, id) || (at != center.subscriptions.end() && at->second.pull))
      wrong = {"ErrorInvalidSubscription", "The subscription is not valid.", {}};
    else if (at == center.subscriptions.end() || at->second.backend != backend)
      wrong = {"ErrorSubscriptionNotFound", "The specified subscription was not found.", {}};
    else if (at->second.account != s.account)
      wrong = {"ErrorSubscriptionAccessDenied",
               "Access is denied. Only the subscription owner may access the subscription.",
               {}};
    else
      continue;
    if (out.code.empty()) {
      out.code = wrong.code;
      out.text = wrong.text;
    }
    out.ids.push_back(id);
  }
  if (out.ids.empty()) return std::nullopt;
  return out;
}

void write_failed_ids(xml_writer& out, const std::vector<std::string>& ids) {
  if (!ids.empty()) {
    out.open("m:ErrorSubscriptionIds");
    for (const auto& id : ids)
      out.leaf("m:SubscriptionId", id);
    out.close();
  }
  out.leaf("m:ConnectionStatus", "Closed");
}

/// Who opens a second connection for a subscription ends the first.
void end_others(notification_center& center, const std::vector<std::string>& ids) {
  for (auto& [number, connection] : center.connections)
    for (const auto& id : ids)
      if (!connection.fails_with && std::find(connection.subscriptions.begin(), connection.subscriptions.end(), id) !=
                                        connection.subscriptions.end()) {
        connection.fails_with = "ErrorNewEventStreamConnectionOpened";
        ++center.revision;
      }
}

} // namespace

void get_streaming_events(session& s, node request, xml_writer& out) {
  auto& center = s.host.notifications;
  std::vector<std::string> ids;
  for (auto id : request.child("SubscriptionIds").children())
    ids.push_back(id.text());
  if (ids.size() > most_in_one_request)
    throw soap_fault{"ErrorInvalidRequest", "The request is invalid: at most 200 subscriptions fit into one request."};
  auto wrong = refuse(s, ids, backend_of(s));
  xml_writer on_error;
  write_failed_ids(on_error, wrong ? wrong->ids : std::vector<std::string>{});
  std::uint64_t opened = 0;
  respond(
      s, out, "m:GetStreamingEventsResponseMessage", {},
      [&](xml_writer&) {
        if (wrong) throw response_error{wrong->code, wrong->text};
        end_others(center, ids);
        // One whose client never came for its pieces, since a fault was in between, holds no place for ever.
        std::erase_if(center.connections,
                      [&](const auto& entry) { return entry.second.closes + 1min < connection_now(s); });
        auto charged = budget(s, s.home->who.address);
        auto used = std::count_if(center.connections.begin(), center.connections.end(), [&](const auto& entry) {
          return entry.second.charged == charged && !entry.second.fails_with;
        });
        if (static_cast<std::size_t>(used) >= center.settings.hanging_connections)
          throw response_error{"ErrorExceededConnectionCount",
                               "You have exceeded the available concurrent connections for your account.  Try again "
                               "once your other requests have completed.",
                               {{"Policy", "HangingConnectionLimit"},
                                {"MaxConcurrencyLimit", std::to_string(center.settings.hanging_connections)}}};
        auto now = connection_now(s);
        streaming_connection made;
        made.subscriptions = ids;
        made.account = s.account;
        made.charged = charged;
        made.closes = now + std::chrono::minutes(std::stoi(request.child("ConnectionTimeout").text()));
        made.next_heartbeat = now;
        opened = ++center.last_connection;
        center.connections.emplace(opened, std::move(made));
      },
      on_error.text());
  s.opened_stream = opened;
}

namespace {

std::string envelope(const streaming_connection& connection, const std::function<void(xml_writer&)>& act,
                     const std::string& error = {}) {
  xml_writer out;
  out.open("m:GetStreamingEventsResponseMessage", {{"ResponseClass", error.empty() ? "Success" : "Error"}});
  if (!error.empty()) out.leaf("m:MessageText", "The connection ends: " + error + ".");
  out.leaf("m:ResponseCode", error.empty() ? "NoError" : error);
  if (!error.empty()) out.leaf("m:DescriptiveLinkKey", "0");
  act(out);
  out.close();
  return connection.before + out.text() + connection.after;
}

std::string heartbeat(const server& host, const streaming_connection& connection) {
  return envelope(connection, [&](xml_writer& out) {
    if (host.notifications.settings.status_events && connection.begun) {
      out.open("m:Notifications");
      for (const auto& id : connection.subscriptions) {
        out.open("m:Notification");
        out.leaf("t:SubscriptionId", id);
        out.empty("t:StatusEvent");
        out.close();
      }
      out.close();
    }
    out.leaf("m:ConnectionStatus", "OK");
  });
}

std::string all_events(server& host, const streaming_connection& connection) {
  return envelope(connection, [&](xml_writer& out) {
    out.open("m:Notifications");
    for (const auto& id : connection.subscriptions) {
      auto& who = host.notifications.subscriptions.at(id);
      if (who.events.empty()) continue;
      const auto* box = box_of(host, who);
      out.open("m:Notification");
      out.leaf("t:SubscriptionId", id);
      for (const auto& event : who.events)
        write_event(out, *box, event, false);
      out.close();
      who.events.clear();
    }
    out.close();
  });
}

} // namespace

stream_turn next_turn(server& host, std::uint64_t number, sys_time now) {
  auto& center = host.notifications;
  auto at = center.connections.find(number);
  stream_turn turn;
  if (at == center.connections.end()) {
    turn.closed = turn.hang_up = true;
    return turn;
  }
  auto& connection = at->second;
  auto finish = [&] {
    turn.closed = true;
    center.connections.erase(at);
    return turn;
  };
  if (connection.dropped) {
    turn.hang_up = true;
    return finish();
  }
  if (connection.fails_with) {
    turn.chunk = envelope(
        connection, [&](xml_writer& out) { write_failed_ids(out, connection.failed); }, *connection.fails_with);
    return finish();
  }
  for (const auto& id : connection.subscriptions) {
    auto& who = center.subscriptions.at(id);
    who.expires = now + who.timeout;
  }
  if (!connection.begun) {
    turn.chunk = heartbeat(host, connection);
    connection.begun = true;
    connection.next_heartbeat = now + center.settings.heartbeat;
  }
  bool any = std::any_of(connection.subscriptions.begin(), connection.subscriptions.end(),
                         [&](const std::string& id) { return !center.subscriptions.at(id).events.empty(); });
  if (any && !connection.gathering_until) connection.gathering_until = now + center.settings.gather;
  if (any && *connection.gathering_until <= now) {
    turn.chunk += all_events(host, connection);
    connection.gathering_until.reset();
    connection.next_heartbeat = now + center.settings.heartbeat;
  }
  if (connection.closes <= now) {
    turn.chunk += envelope(connection, [](xml_writer& out) { out.leaf("m:ConnectionStatus", "Closed"); });
    return finish();
  }
  if (connection.next_heartbeat <= now) {
    turn.chunk += heartbeat(host, connection);
    connection.next_heartbeat = now + center.settings.heartbeat;
  }
  turn.wake = std::min(connection.closes, connection.next_heartbeat);
  if (connection.gathering_until) turn.wake = std::min(turn.wake, *connection.gathering_until);
  return turn;
}

std::string as_schemas_want(std::string answer) {
  if (answer.find("GetStreamingEventsResponse") == std::string::npos) return answer;
  for (const char* name : {"Notification", "SubscriptionId"})
    for (const char* start : {"<", "</"}) {
      auto from = std::string(start) + "m:" + name + ">", to = std::string(start) + "t:" + name + ">";
      for (auto at = answer.find(from); at != std::string::npos; at = answer.find(from, at + to.size()))
        answer.replace(at, from.size(), to);
    }
  return answer;
}

} // namespace exchange_sim
