// Which subscription hears of what.
#include "tests/exchange_sim/subscription.hpp"

#include "tests/exchange_sim/state.hpp"

#include <algorithm>

namespace exchange_sim {

namespace {

bool in_dumpster(const mailbox& box, std::uint64_t folder) {
  auto at = box.folders.find({folder});
  return at != box.folders.end() && at->second.distinguished.starts_with("recoverableitems");
}

bool hears_of(const subscription& who, const mailbox& box, const mailbox_event& event) {
  if (who.folders.empty()) return !in_dumpster(box, event.parent);
  return who.folders.contains(event.parent) || (event.old_parent != 0 && who.folders.contains(event.old_parent)) ||
         (event.of_folder && who.folders.contains(event.key));
}

// What moves to the Recoverable Items is told as a deletion by 2010 always, and since then to who watches the whole
// mailbox; who watches single folders since 2013 hears of a move (the documents' table of deletion-related events).
mailbox_event as_told(const subscription& who, const change_context& context, mailbox_event event) {
  bool removed = event.kind == event_kind::moved && !event.of_folder && in_dumpster(context.box, event.parent);
  if (removed && (who.folders.empty() || context.host.profile.newest < schema_version::e2013)) {
    event.kind = event_kind::deleted;
    event.key = event.old_key;
    event.parent = event.old_parent;
    event.old_key = event.old_parent = 0;
  }
  return event;
}

void tell(change_context& context, mailbox_event event) {
  auto& center = context.host.notifications;
  event.at = context.now;
  for (auto& [id, who] : center.subscriptions) {
    if (who.mailbox_guid != context.box.guid) continue;
    auto told = as_told(who, context, event);
    if (!who.kinds.contains(told.kind) || !hears_of(who, context.box, told)) continue;
    told.watermark = ++who.last_watermark;
    who.events.push_back(std::move(told));
    ++center.revision;
  }
}

void tell_item(change_context& context, event_kind kind, const item& of, const item* before = nullptr) {
  mailbox_event event{kind, {}, false, of.key.value, of.folder.value, 0, 0, {}, 0};
  if (before != nullptr) {
    event.old_key = before->key.value;
    event.old_parent = before->folder.value;
  }
  tell(context, event);
  if (of.item_class.starts_with("IPM.Appointment") && kind != event_kind::copied && kind != event_kind::new_mail)
    tell(context, {event_kind::free_busy, {}, false, of.key.value, of.folder.value, 0, 0, {}, 0});
}

void tell_folder(change_context& context, event_kind kind, const folder& of, std::uint64_t old_parent = 0) {
  mailbox_event event{kind, {}, true, of.key.value, of.parent.value, 0, old_parent, {}, 0};
  if (old_parent != 0) event.old_key = of.key.value;
  if (kind == event_kind::modified)
    event.unread = static_cast<std::size_t>(
        std::count_if(of.items.begin(), of.items.end(), [](const auto& entry) { return !entry.second.read; }));
  tell(context, event);
}

void tell_counts(change_context& context, folder_key key) {
  if (const auto* changed = context.box.find_folder(key)) tell_folder(context, event_kind::modified, *changed);
}

} // namespace

void tell_created(change_context& context, const item& made) {
  tell_item(context, event_kind::created, made);
  tell_counts(context, made.folder);
}

void tell_new_mail(change_context& context, const item& arrived) {
  tell_item(context, event_kind::new_mail, arrived);
}

void tell_modified(change_context& context, const item& changed) {
  tell_item(context, event_kind::modified, changed);
}

void tell_read(change_context& context, const item& marked) {
  tell_item(context, event_kind::modified, marked);
  tell_counts(context, marked.folder);
}

void tell_moved(change_context& context, const item& now, const item& before) {
  tell_item(context, event_kind::moved, now, &before);
  tell_counts(context, before.folder);
  if (now.folder != before.folder) tell_counts(context, now.folder);
}

void tell_copied(change_context& context, const item& now, const item& original) {
  tell_item(context, event_kind::copied, now, &original);
  tell_counts(context, now.folder);
}

void tell_deleted(change_context& context, const item& gone) {
  tell_item(context, event_kind::deleted, gone);
  tell_counts(context, gone.folder);
}

void tell_created(change_context& context, const folder& made) {
  tell_folder(context, event_kind::created, made);
  tell_counts(context, made.parent);
}

void tell_modified(change_context& context, const folder& changed) {
  tell_folder(context, event_kind::modified, changed);
}

void tell_moved(change_context& context, const folder& now, std::uint64_t old_parent) {
  tell_folder(context, event_kind::moved, now, old_parent);
  tell_counts(context, {old_parent});
  tell_counts(context, now.parent);
}

void tell_deleted(change_context& context, const folder& gone) {
  tell_folder(context, event_kind::deleted, gone);
  tell_counts(context, gone.parent);
}

std::size_t lose_subscriptions(notification_center& center, const std::string& mailbox_guid) {
  std::size_t lost = 0;
  for (auto at = center.subscriptions.begin(); at != center.subscriptions.end();) {
    if (!mailbox_guid.empty() && at->second.mailbox_guid != mailbox_guid) {
      ++at;
      continue;
    }
    for (auto& [number, connection] : center.connections)
      if (std::find(connection.subscriptions.begin(), connection.subscriptions.end(), at->first) !=
          connection.subscriptions.end()) {
        connection.fails_with = "ErrorInvalidSubscription";
        connection.failed.push_back(at->first);
      }
    at = center.subscriptions.erase(at);
    ++lost;
  }
  ++center.revision;
  return lost;
}

} // namespace exchange_sim
