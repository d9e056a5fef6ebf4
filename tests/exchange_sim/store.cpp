#include "tests/exchange_sim/attachments.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return out;
}

std::string random_bytes(const std::function<std::uint64_t()>& random, std::size_t count) {
  std::string out;
  while (out.size() < count) {
    auto number = random();
    for (int i = 0; i < 8 && out.size() < count; ++i, number >>= 8)
      out += static_cast<char>(number & 0xff);
  }
  return out;
}

folder* mailbox::find_folder(folder_key key) {
  auto at = folders.find(key);
  return at == folders.end() ? nullptr : &at->second;
}

folder* mailbox::distinguished(std::string_view name) {
  for (auto& [key, f] : folders)
    if (f.distinguished == name) return &f;
  return nullptr;
}

item* mailbox::find_item(item_key key) {
  auto at = where.find(key);
  if (at == where.end()) return nullptr;
  return &folders.at(at->second).items.at(key);
}

std::vector<folder*> mailbox::children_of(folder_key parent) {
  std::vector<folder*> out;
  for (auto& [key, f] : folders)
    if (f.parent == parent) out.push_back(&f);
  return out;
}

mailbox* server::find_mailbox(std::string_view address) {
  auto wanted = lower(address);
  auto at = mailboxes.find(wanted);
  if (at != mailboxes.end()) return &at->second;
  for (auto& [key, box] : mailboxes)
    for (const auto& alias : box.who.aliases)
      if (lower(alias) == wanted) return &box;
  return nullptr;
}

namespace {

struct standard_folder {
  const char *distinguished, *name, *folder_class, *parent;
};

constexpr std::array standard_folders{
    standard_folder{"msgfolderroot", "Top of Information Store", "IPF.Note", "root"},
    standard_folder{"searchfolders", "Finder", "", "root"},
    standard_folder{"calendar", "Calendar", "IPF.Appointment", "msgfolderroot"},
    standard_folder{"contacts", "Contacts", "IPF.Contact", "msgfolderroot"},
    standard_folder{"deleteditems", "Deleted Items", "IPF.Note", "msgfolderroot"},
    standard_folder{"drafts", "Drafts", "IPF.Note", "msgfolderroot"},
    standard_folder{"inbox", "Inbox", "IPF.Note", "msgfolderroot"},
    standard_folder{"journal", "Journal", "IPF.Journal", "msgfolderroot"},
    standard_folder{"junkemail", "Junk E-Mail", "IPF.Note", "msgfolderroot"},
    standard_folder{"notes", "Notes", "IPF.StickyNote", "msgfolderroot"},
    standard_folder{"outbox", "Outbox", "IPF.Note", "msgfolderroot"},
    standard_folder{"sentitems", "Sent Items", "IPF.Note", "msgfolderroot"},
    standard_folder{"tasks", "Tasks", "IPF.Task", "msgfolderroot"},
    standard_folder{"recoverableitemsroot", "Recoverable Items", "", "root"},
    standard_folder{"recoverableitemsdeletions", "Deletions", "", "recoverableitemsroot"},
    standard_folder{"recoverableitemspurges", "Purges", "", "recoverableitemsroot"},
    standard_folder{"recoverableitemsversions", "Versions", "", "recoverableitemsroot"},
};

change_number next_change(change_context& context) {
  ++context.all.revision;
  return ++context.box.last_change;
}

bool is_rfc(std::string_view item_class) {
  return item_class.starts_with("IPM.Note") || item_class.starts_with("IPM.Schedule");
}

} // namespace

folder& make_folder(change_context& context, folder_key parent, std::string name, std::string folder_class,
                    std::string distinguished) {
  folder made;
  made.key = {++context.box.last_key};
  made.parent = parent;
  made.name = std::move(name);
  made.folder_class = std::move(folder_class);
  made.distinguished = std::move(distinguished);
  made.created = made.changed = next_change(context);
  if (const auto* above = context.box.find_folder(parent)) {
    // A new folder starts with what holds above it.
    made.permissions = above->permissions;
    made.content_guid = above->content_guid;
  }
  auto key = made.key;
  auto& kept = context.box.folders.emplace(key, std::move(made)).first->second;
  tell_created(context, kept);
  return kept;
}

void touch_folder(change_context& context, folder& changed) {
  changed.changed = next_change(context);
  tell_modified(context, changed);
}

void move_folder(change_context& context, folder& moved, folder_key to) {
  auto before = moved.parent;
  moved.parent = to;
  // A folder keeps its id; only the hierarchy changes.
  moved.changed = next_change(context);
  tell_moved(context, moved, before.value);
}

void make_default_folders(change_context& context) {
  make_folder(context, {}, "", "", "root");
  for (const auto& row : standard_folders)
    make_folder(context, context.box.distinguished(row.parent)->key, row.name, row.folder_class, row.distinguished);
}

namespace {

item& place_item(change_context& context, folder& to, item put) {
  put.key = {++context.box.last_key};
  put.folder = to.key;
  put.arrived = put.changed = put.read_changed = next_change(context);
  if (put.search_key.empty()) put.search_key = random_bytes(context.random, 16);
  if (put.created == sys_time{}) put.created = context.now;
  if (put.modified == sys_time{}) put.modified = context.now;
  if (put.modified_by.empty()) put.modified_by = context.actor;
  if (put.created_by.empty()) put.created_by = context.account;
  if (context.box.is_public && put.read && !context.account.empty()) put.read_by.insert(context.account);
  for (auto& part : put.attachments)
    settle_attachment(context, part);
  auto key = put.key;
  context.box.where[key] = to.key;
  return to.items.emplace(key, std::move(put)).first->second;
}

} // namespace

item& put_item(change_context& context, folder& to, item put) {
  auto before = put.key.value;
  auto& placed = place_item(context, to, std::move(put));
  context.all.log.note(context.all.log.renewing ? item_event::kind::moved : item_event::kind::created, context,
                       placed.key.value, before);
  tell_created(context, placed);
  return placed;
}

void touch_item(change_context& context, item& touched) {
  touched.changed = next_change(context);
  touched.modified = context.now;
  touched.modified_by = context.actor;
  context.all.log.note(item_event::kind::changed, context, touched.key.value);
  tell_modified(context, touched);
}

void count_mail(change_context& context, const item& about, std::string kind) {
  ++context.all.revision;
  if (context.all.log.to != nullptr)
    context.all.log.mails.push_back({context.host.name, lower(context.box.who.address), about.subject, kind});
  context.host.counted.mails_out.push_back({context.box.who.address, about.subject, std::move(kind)});
}

void set_read(change_context& context, item& marked, bool read, bool suppress_receipt) {
  if (marked.receipt_pending && read) {
    if (!suppress_receipt) count_mail(context, marked, "read_receipts");
    marked.receipt_pending = false;
    ++context.all.revision;
  }
  if (context.box.is_public) {
    // Each user's own, and no change of the item for anybody.
    if (read)
      marked.read_by.insert(context.account);
    else
      marked.read_by.erase(context.account);
    ++context.all.revision;
    return;
  }
  if (marked.read == read) return;
  marked.read = read;
  // Neither ChangeKey nor LastModifiedTime moves: read state is a register of its own.
  marked.read_changed = next_change(context);
  context.all.log.note(item_event::kind::read_changed, context, marked.key.value);
  tell_read(context, marked);
}

item& move_item(change_context& context, item& moved, folder& to) {
  auto& from = *context.box.find_folder(moved.folder);
  item taken = std::move(moved);
  item before;
  before.key = taken.key;
  before.folder = taken.folder;
  from.tombstones.push_back({before.key, taken.arrived, next_change(context)});
  context.box.where.erase(before.key);
  from.items.erase(before.key);
  auto& placed = place_item(context, to, std::move(taken));
  context.all.log.note(item_event::kind::moved, context, placed.key.value, before.key.value);
  tell_moved(context, placed, before);
  return placed;
}

item& copy_item(change_context& context, const item& original, folder& to) {
  item copy = original;
  copy.created = sys_time{}; // a copy is a new object of the store
  copy.modified = context.now;
  copy.receipt_pending = false;
  copy.created_by = context.account;
  item before;
  before.key = original.key;
  before.folder = original.folder;
  auto& placed = place_item(context, to, std::move(copy));
  context.all.log.note(item_event::kind::created, context, placed.key.value, before.key.value);
  tell_copied(context, placed, before);
  return placed;
}

void remove_item(change_context& context, item& removed, bool suppress_receipt) {
  if (removed.receipt_pending && !suppress_receipt && is_rfc(removed.item_class))
    count_mail(context, removed, "read_receipts");
  auto& from = *context.box.find_folder(removed.folder);
  auto key = removed.key;
  from.tombstones.push_back({key, removed.arrived, next_change(context)});
  item gone = std::move(removed);
  context.all.log.note(item_event::kind::removed, context, key.value);
  context.box.where.erase(key);
  from.items.erase(key);
  tell_deleted(context, gone);
}

void remove_folder(change_context& context, folder_key key) {
  for (auto* child : context.box.children_of(key))
    remove_folder(context, child->key);
  auto& gone = *context.box.find_folder(key);
  for (const auto& [item_key, kept] : gone.items) {
    context.box.where.erase(item_key);
    if (!context.all.log.renewing) context.all.log.note(item_event::kind::removed, context, item_key.value);
  }
  context.box.folder_tombstones.push_back({key, gone.created, next_change(context)});
  folder removed = std::move(gone);
  context.box.folders.erase(key);
  tell_deleted(context, removed);
}

std::size_t size_of(const item& sized) {
  std::size_t total = 512 + sized.subject.size() + sized.body.text.size();
  for (const auto& part : sized.attachments)
    total += wire_size(part);
  for (const auto& [name, value] : sized.headers)
    total += name.size() + value.size();
  for (const auto* list : {&sized.to, &sized.cc, &sized.bcc, &sized.reply_to})
    for (const auto& who : *list)
      total += who.name.size() + who.email.size() + 64;
  return total;
}

std::string path_of(const mailbox& box, folder_key key) {
  const auto& at = box.folders.at(key);
  if (!at.distinguished.empty()) return at.distinguished;
  std::string name;
  for (char c : at.name) {
    if (c == '/' || c == '\\') name += '\\';
    name += c;
  }
  return path_of(box, at.parent) + "/" + name;
}

std::vector<std::string> path_parts(std::string_view path) {
  std::vector<std::string> parts{{}};
  for (std::size_t i = 0; i < path.size(); ++i)
    if (path[i] == '\\' && i + 1 < path.size())
      parts.back() += path[++i];
    else if (path[i] == '/')
      parts.emplace_back();
    else
      parts.back() += path[i];
  return parts;
}

folder* folder_at(mailbox& box, std::string_view path) {
  auto parts = path_parts(path);
  auto* at = box.distinguished(parts.front());
  for (std::size_t i = 1; at != nullptr && i < parts.size(); ++i) {
    folder* found = nullptr;
    for (auto* child : box.children_of(at->key))
      if (lower(child->name) == lower(parts[i])) found = child;
    at = found;
  }
  return at;
}

} // namespace exchange_sim
