// What users and the store do by themselves, beside EWS.
#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/item_writing.hpp"
#include "tests/exchange_sim/mime.hpp"
#include "tests/exchange_sim/world.hpp"
#include "tests/exchange_sim/world_parts.hpp"

namespace exchange_sim {

item* locate(mailbox& box, const item_locator& wanted) {
  if (!wanted.id.empty()) {
    auto id = parse_id(wanted.id);
    if (!id || id->kind != id_kind::item || id->mailbox_guid != box.guid) return nullptr;
    return box.find_item({id->key});
  }
  const auto* only = wanted.folder.empty() ? nullptr : folder_at(box, wanted.folder);
  if (!wanted.folder.empty() && only == nullptr) return nullptr;
  // Keys grow with arrival, so the first match in order of keys is the first that came.
  for (auto& [key, where] : box.where) {
    if (only != nullptr && where != only->key) continue;
    auto& i = *box.find_item(key);
    bool match = wanted.message_id.empty() ? i.subject == wanted.subject : i.message_id == wanted.message_id;
    if (match) return &i;
  }
  return nullptr;
}

namespace {

template <class Act>
outcome<std::string> to_folder(const std::string& path, change_context& changes, Act act) {
  auto* to = folder_at(changes.box, path);
  if (to == nullptr) return refusal{"no such folder: " + path};
  return wire_id(changes.box, act(*to).key);
}

} // namespace

outcome<std::string> world::add_folder(const mailbox_ref& ref, const std::string& path,
                                       const std::string& folder_class) {
  act_scope act(*universe_, options_, "add_folder", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto parts = path_parts(path);
  auto* at = found.box->distinguished(parts.front());
  if (at == nullptr) return refusal{"a path starts with a distinguished folder: " + path};
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    folder* next = nullptr;
    for (auto* child : found.box->children_of(at->key))
      if (lower(child->name) == lower(parts[i])) next = child;
    if (next == nullptr)
      next = &make_folder(changes, at->key, parts[i], folder_class.empty() ? "IPF.Note" : folder_class);
    at = next;
  }
  return wire_id(*found.box, at->key);
}

outcome<std::string> world::add_message(const mailbox_ref& ref, const delivered_message& mail) {
  act_scope act(*universe_, options_, "add_message", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* to = folder_at(*found.box, mail.folder);
  if (to == nullptr) return refusal{"no such folder: " + mail.folder};
  item made;
  if (!take_mime(made, mail.mime)) return refusal{"the MIME content is no message"};
  auto now = options_.now();
  made.read = mail.read;
  made.draft = mail.draft;
  made.received = mail.received.value_or(now);
  made.from_me = made.from && lower(made.from->email) == lower(found.box->who.address);
  if (mail.sent) made.sent = mail.sent;
  if (!made.sent) made.sent = made.received;
  if (!mail.categories.empty()) made.categories = mail.categories;
  if (mail.importance) made.importance = *mail.importance;
  if (mail.sensitivity) made.sensitivity = *mail.sensitivity;
  if (mail.flag) made.flag = *mail.flag;
  if (mail.item_class) made.item_class = *mail.item_class;
  if (made.conversation_topic.empty()) made.conversation_topic = topic_of(made.subject);
  made.conversation_index = "\x01" + random_bytes(options_.random, 21);
  if (!made.draft) {
    made.received_by = made.received_representing =
        address{found.box->who.display_name, found.box->who.address, "SMTP"};
    made.receipt_pending = made.read_receipt_requested && !made.read && !made.from_me;
  }
  made.created = made.modified = *made.received;
  made.modified_by = found.box->who.display_name;
  change_context changes{*universe_, *found.host, *found.box, now, options_.random, found.box->who.display_name};
  auto& arrived = put_item(changes, *to, std::move(made));
  if (!arrived.draft && to->distinguished == "inbox") tell_new_mail(changes, arrived);
  return wire_id(*found.box, arrived.key);
}

outcome<std::string> world::user_mark_read(const mailbox_ref& ref, const item_locator& wanted, bool read) {
  act_scope act(*universe_, options_, "user_mark_read", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) -> outcome<std::string> {
    set_read(changes, i, read, false);
    return wire_id(changes.box, i.key);
  });
}

outcome<std::string> world::user_move(const mailbox_ref& ref, const item_locator& wanted, const std::string& path) {
  act_scope act(*universe_, options_, "user_move", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) {
    return to_folder(path, changes, [&](folder& to) -> item& { return move_item(changes, i, to); });
  });
}

outcome<std::string> world::user_copy(const mailbox_ref& ref, const item_locator& wanted, const std::string& path) {
  act_scope act(*universe_, options_, "user_copy", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) {
    return to_folder(path, changes, [&](folder& to) -> item& { return copy_item(changes, i, to); });
  });
}

outcome<std::string> world::user_delete(const mailbox_ref& ref, const item_locator& wanted) {
  act_scope act(*universe_, options_, "user_delete", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) {
    tell_of_deletion(changes, i);
    return to_folder("deleteditems", changes, [&](folder& to) -> item& { return move_item(changes, i, to); });
  });
}

outcome<std::string> world::user_purge(const mailbox_ref& ref, const item_locator& wanted) {
  act_scope act(*universe_, options_, "user_purge", ref);
  return on_item(*universe_, options_, ref, wanted, [](change_context& changes, item& i) -> outcome<std::string> {
    auto id = wire_id(changes.box, i.key);
    tell_of_deletion(changes, i);
    remove_item(changes, i, false);
    return id;
  });
}

outcome<done> world::user_empty_folder(const mailbox_ref& ref, const std::string& path) {
  act_scope act(*universe_, options_, "user_empty_folder", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* emptied = folder_at(*found.box, path);
  if (emptied == nullptr) return refusal{"no such folder: " + path};
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  while (!emptied->items.empty())
    remove_item(changes, emptied->items.begin()->second, false);
  return done{};
}

outcome<std::size_t> world::retention_delete(const mailbox_ref& ref, const std::string& path, sys_time before) {
  act_scope act(*universe_, options_, "retention_delete", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* aged = folder_at(*found.box, path);
  if (aged == nullptr) return refusal{"no such folder: " + path};
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  std::vector<item_key> old;
  for (const auto& [key, i] : aged->items)
    if (!i.associated && i.received.value_or(i.created) < before) old.push_back(key);
  // Public folders have no such place.
  auto* recoverable = found.box->distinguished("recoverableitemsdeletions");
  for (auto key : old)
    if (auto& gone = *found.box->find_item(key); recoverable != nullptr)
      move_item(changes, gone, *recoverable);
    else
      remove_item(changes, gone, false);
  return old.size();
}

outcome<done> world::delete_folder(const mailbox_ref& ref, const std::string& path) {
  act_scope act(*universe_, options_, "delete_folder", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* gone = folder_at(*found.box, path);
  if (gone == nullptr) return refusal{"no such folder: " + path};
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  remove_folder(changes, gone->key);
  return done{};
}

namespace {

/// Makes the folder anew below `parent`, with copies of everything in it under new keys, change numbers running on.
folder& copy_folder(change_context& changes, const folder& original, folder_key parent,
                    const std::vector<folder>& all_originals) {
  auto key = make_folder(changes, parent, original.name, original.folder_class, original.distinguished).key;
  auto& made = *changes.box.find_folder(key);
  made.extended = original.extended;
  made.permissions = original.permissions;
  made.withdrawn = original.withdrawn;
  made.content_guid = original.content_guid;
  for (const auto& [item_key, kept] : original.items)
    put_item(changes, made, kept);
  for (const auto& child : all_originals)
    if (child.parent == original.key) copy_folder(changes, child, key, all_originals);
  return *changes.box.find_folder(key);
}

std::vector<folder> folders_of(const mailbox& box) {
  std::vector<folder> out;
  for (const auto& [key, f] : box.folders)
    out.push_back(f);
  return out;
}

} // namespace

outcome<std::string> world::recreate_folder(const mailbox_ref& ref, const std::string& path) {
  act_scope act(*universe_, options_, "recreate_folder", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* old = folder_at(*found.box, path);
  if (old == nullptr || old->distinguished == "root") return refusal{"no such folder: " + path};
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  auto originals = folders_of(*found.box);
  folder original = *old;
  universe_->log.renewing = true;
  remove_folder(changes, original.key);
  auto made = copy_folder(changes, original, original.parent, originals).key;
  universe_->log.renewing = false;
  return wire_id(*found.box, made);
}

outcome<done> world::recreate_mailbox(const mailbox_ref& ref) {
  act_scope act(*universe_, options_, "recreate_mailbox", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto originals = folders_of(*found.box);
  mailbox fresh;
  fresh.who = found.box->who;
  fresh.denied = found.box->denied;
  fresh.is_public = found.box->is_public;
  fresh.hierarchy_guid = found.box->hierarchy_guid;
  fresh.full_access = found.box->full_access;
  fresh.view_private = found.box->view_private;
  // The mailbox is still there under its GUID, so an old id reads as "not found" and not as "no such mailbox". Keys and
  // change numbers run on, so nothing old can mean something new.
  fresh.guid = found.box->guid;
  fresh.last_key = found.box->last_key;
  fresh.last_change = found.box->last_change;
  fresh.sync_epoch = found.box->sync_epoch + 1;
  *found.box = std::move(fresh);
  exchange_sim::lose_subscriptions(found.host->notifications, found.box->guid);
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  universe_->log.renewing = true;
  for (const auto& original : originals)
    if (original.parent == folder_key{}) copy_folder(changes, original, {}, originals);
  universe_->log.renewing = false;
  return done{};
}

outcome<std::string> world::touch_change_key(const mailbox_ref& ref, const item_locator& wanted) {
  act_scope act(*universe_, options_, "touch_change_key", ref);
  return on_item(*universe_, options_, ref, wanted, [](change_context& changes, item& i) -> outcome<std::string> {
    touch_item(changes, i);
    return wire_id(changes.box, i.key);
  });
}

outcome<std::string> world::mime_of(const mailbox_ref& ref, const item_locator& wanted) {
  return on_item(*universe_, options_, ref, wanted,
                 [&](change_context&, item& i) -> outcome<std::string> { return make_mime(i, options_.random); });
}

} // namespace exchange_sim
