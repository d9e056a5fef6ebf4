#include "tests/support/model_mailbox.hpp"

#include "ews/model/field_hints.hpp"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace exsyncd::testing {

namespace {

constexpr field in_mime[] = {field::subject, field::body, field::to,      field::cc,
                             field::bcc,     field::from, field::reply_to};
constexpr field beside_mime[] = {field::categories, field::importance, field::sensitivity, field::flag};

template <class Range>
bool holds(const Range& range, field f) {
  return std::find(std::begin(range), std::end(range), f) != std::end(range);
}

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                              reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size())));
  return text;
}

std::string from_base64(const std::string& text) {
  std::string bytes(3 * (text.size() / 4) + 1, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0) throw std::runtime_error("the engine made up MIME that no mailbox gave it");
  bytes.resize(n);
  while (!bytes.empty() && bytes.back() == '\0')
    bytes.pop_back(); // EVP_DecodeBlock counts the padding
  return bytes;
}

std::string padded(std::uint64_t n) {
  char text[24];
  std::snprintf(text, sizeof text, "%06llu", static_cast<unsigned long long>(n));
  return text;
}

const char* class_name(item_class c) {
  switch (c) {
  case item_class::contact:
    return "IPM.Contact";
  case item_class::task:
    return "IPM.Task";
  case item_class::appointment:
    return "IPM.Appointment";
  case item_class::message:
  case item_class::other:
    break;
  }
  return "IPM.Note";
}

std::string iso(utc_seconds t) {
  return std::to_string(t.time_since_epoch().count()) + "Z";
}

} // namespace

change_key model_folder::key() const {
  return change_key("FK" + padded(version));
}

change_key model_item::key() const {
  return change_key("CK" + padded(version));
}

std::string model_item::value(field f) const {
  const auto i = fields.find(f);
  return i == fields.end() ? std::string() : i->second;
}

model_mailbox::model_mailbox(std::string name) : name_(std::move(name)), identity_(name_ + "/store-1") {
  make_folder("inbox");
  make_folder("deleteditems");
}

folder_id model_mailbox::make_folder(const std::string& path, const std::string& folder_class) {
  if (auto* f = folder_of(path)) return f->id;
  folders_.push_back({folder_id(next_id("folder").value), path, {}, folder_class, ++last_version_, {}});
  return folders_.back().id;
}

item_id model_mailbox::user_create(const std::string& path, const new_mail& mail) {
  auto* into = folder_of(path);
  if (!into) throw std::logic_error("no such folder: " + path);
  model_item item;
  item.item_class = mail.item_class;
  item.read = mail.read;
  item.draft = mail.draft;
  item.fields = mail.fields;
  item.fields[field::subject] = mail.subject;
  item.fields[field::body] = mail.body;
  if (mail.item_class != item_class::message) item.fields[field::uid] = mail.message_id;
  for (auto& [f, v] : item.fields)
    v = stored_value(f, v);
  item.attachments = mail.attachments;
  item.message_id = exsyncd::message_id(mail.message_id);
  item.search_key = exsyncd::search_key(next_id("search").value);
  item.received = mail.received;
  if (!mail.draft && mail.item_class == item_class::message) item.sent = mail.received;
  return put(*into, std::move(item));
}

void model_mailbox::user_edit(const item_id& id, field f, const std::string& value) {
  auto* item = item_of(id);
  if (!item) return;
  const auto kept = stored_value(f, value);
  if (kept.empty())
    item->fields.erase(f);
  else
    item->fields[f] = kept;
  item->version = ++last_version_;
}

void model_mailbox::user_attach(const item_id& id, const std::string& name, const std::string& bytes) {
  auto* item = item_of(id);
  if (!item) return;
  item->attachments[name] = bytes;
  item->version = item->attached_at[name] = ++last_version_;
}

void model_mailbox::change_under_key(const item_id& id, field f, const std::string& value) {
  if (auto* item = item_of(id)) item->fields[f] = value;
}

void model_mailbox::user_detach(const item_id& id, const std::string& name) {
  auto* item = item_of(id);
  if (!item || item->attachments.erase(name) == 0) return;
  item->version = ++last_version_;
}

void model_mailbox::user_mark_read(const item_id& id, bool read) {
  if (auto* item = item_of(id)) put_read(*item, read);
}

item_id model_mailbox::user_move(const item_id& id, const std::string& to) {
  auto* from = holder_of(id);
  auto* into = folder_of(to);
  if (!from || !into) return {};
  auto moved = from->items.extract(id);
  return put(*into, std::move(moved.mapped()));
}

item_id model_mailbox::user_copy(const item_id& id, const std::string& to) {
  const auto* original = item(id);
  auto* into = folder_of(to);
  if (!original || !into) return {};
  return put(*into, *original);
}

void model_mailbox::user_delete(const item_id& id) {
  user_move(id, "deleteditems");
}

void model_mailbox::user_purge(const item_id& id) {
  if (auto* from = holder_of(id)) from->items.erase(id);
}

void model_mailbox::change_silently(const item_id& item, field f, const std::string& value) {
  if (auto* i = item_of(item)) i->fields[f] = value;
}

void model_mailbox::lose(const item_id& item) {
  for (auto& f : folders_)
    f.items.erase(item);
  for (auto& [cursor, told] : cursors_)
    told.items.erase(item);
}

item_id model_mailbox::slip_in(const std::string& path, const new_mail& mail) {
  const auto id = user_create(path, mail);
  const auto* i = item(id);
  for (auto& [cursor, told] : cursors_)
    if (told.folder == folder_of(path)->id) told.items[id] = {i->version, i->read_version};
  return id;
}

void model_mailbox::touch(const item_id& id) {
  if (auto* item = item_of(id)) item->version = ++last_version_;
}

void model_mailbox::invalidate_cursors() {
  cursors_.clear();
}

void model_mailbox::recreate_folder(const std::string& path, bool with_items) {
  auto* f = folder_of(path);
  if (!f) throw std::logic_error("no such folder: " + path);
  auto items = std::move(f->items);
  f->items.clear();
  f->id = folder_id(next_id("folder").value);
  for (auto& [id, item] : items)
    if (with_items) put(*f, std::move(item));
}

void model_mailbox::recreate_mailbox() {
  identity_ = mailbox_identity(name_ + "/store-" + padded(++last_id_));
  cursors_.clear();
  for (auto& f : folders_)
    recreate_folder(f.path, true);
}

std::optional<std::variant<change_page, model_mailbox::cursor_unknown>> model_mailbox::list(const folder_id& folder,
                                                                                            const sync_cursor& since) {
  using answer = std::variant<change_page, cursor_unknown>;
  const auto* f = folder_of(folder);
  if (!f) return std::nullopt;
  told known{folder, {}};
  if (!since.empty()) {
    const auto* before = told_by(since);
    if (!before || before->folder != folder) return answer(cursor_unknown{});
    known = *before;
  }
  // Newest first by delivery time; what left the folder comes after what is in it.
  std::vector<const model_item*> news;
  for (const auto& [id, item] : f->items) {
    const auto k = known.items.find(id);
    if (k == known.items.end() || k->second.version != item.version || k->second.read_version != item.read_version)
      news.push_back(&item);
  }
  std::stable_sort(news.begin(), news.end(), [](const auto* a, const auto* b) { return a->received > b->received; });
  std::vector<item_id> left;
  for (const auto& [id, state] : known.items)
    if (!f->items.contains(id)) left.push_back(id);

  change_page page;
  page.last = folder != endless && news.size() + left.size() <= page_size;
  for (const auto* item : news) {
    if (page.changes.size() == page_size) break;
    const auto k = known.items.find(item->id);
    if (k != known.items.end() && k->second.version == item->version)
      page.changes.push_back(item_read_changed{item->id, item->read});
    else
      page.changes.push_back(item_present{listed(*item)});
    known.items[item->id] = {item->version, item->read_version};
  }
  for (const auto& id : left) {
    if (page.changes.size() == page_size) break;
    page.changes.push_back(item_left{id});
    known.items.erase(id);
  }
  page.cursor = sync_cursor(next_id("cursor").value);
  cursors_[page.cursor] = std::move(known);
  return answer(std::move(page));
}

std::optional<content> model_mailbox::read(const item_id& id) const {
  const auto* item = this->item(id);
  if (!item) return std::nullopt;
  content c;
  c.key = item->key();
  if (item->item_class == item_class::message) c.read = item->read;
  c.draft = item->draft;
  auto fields = item->fields;
  if (item->sent) fields[field::sent] = iso(*item->sent);
  for (const auto& [name, bytes] : item->attachments) {
    const auto at = item->attached_at.find(name);
    const auto when = at == item->attached_at.end() ? std::string() : std::to_string(at->second);
    fields[field::attachments] += name + "\n";
    fields[hint::attachment_ids] += id.value + "/" + name + "/" + when + "\n";
    fields[hint::attachment_holder] = id.value;
    fields[field::attachment_sizes] += std::to_string(bytes.size() + attachment_overhead);
    if (tells_when_attached && !when.empty()) fields[field::attachment_sizes] += "@" + when;
    fields[field::attachment_sizes] += "\n";
  }
  // A server may make nothing of sizes: 2007 does not tell them.
  if (auto sizes = fields.find(field::attachment_sizes); sizes != fields.end() && normalise) {
    sizes->second = normalise(field::attachment_sizes, sizes->second);
    if (sizes->second.empty()) fields.erase(sizes);
  }
  for (const auto& [f, v] : fields)
    c.fields.push_back({f, v});
  return c;
}

std::optional<carried_item> model_mailbox::carry(const item_id& id) {
  const auto* item = this->item(id);
  if (!item) return std::nullopt;
  if (item->item_class != item_class::message) {
    carried_item one;
    one.item_class = item->item_class;
    one.item_class_name = class_name(item->item_class);
    for (const auto& [f, v] : item->fields)
      if (f != field::exceptions) one.fields.push_back({f, v});
    return one;
  }
  // Exchange makes MIME anew at each read: no two reads give the same bytes.
  nlohmann::json mime{{"read", ++mime_reads_}, {"id", item->message_id.value}, {"attached", item->attachments}};
  for (const auto f : in_mime)
    mime["fields"].push_back({static_cast<int>(f), item->value(f)});
  carried_item mail;
  mail.mime_base64 = base64(mime.dump());
  mail.draft = item->draft;
  mail.read = item->read;
  mail.received = item->received;
  mail.sent = item->sent;
  mail.item_class_name = "IPM.Note";
  for (const auto f : beside_mime)
    if (const auto v = item->value(f); !v.empty()) mail.fields.push_back({f, v});
  std::sort(mail.fields.begin(), mail.fields.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  return mail;
}

std::optional<attachments_of_item> model_mailbox::attachments(const item_id& id) const {
  const auto* item = this->item(id);
  if (!item) return std::nullopt;
  attachments_of_item found{{}, item->key()};
  auto& all = found.all;
  for (const auto& [name, bytes] : item->attachments) {
    carried_attachment one;
    one.name = name;
    one.content_base64 = base64(bytes);
    all.push_back(std::move(one));
  }
  return found;
}

std::optional<std::vector<listed_item>> model_mailbox::find_by_mark(const folder_id& folder, const operation_mark& mark,
                                                                    const exsyncd::search_key& key) const {
  const auto* f = folder_of(folder);
  if (!f) return std::nullopt;
  std::vector<listed_item> holders;
  for (const auto& [id, item] : f->items)
    if (mark.empty() ? item.search_key == key : item.mark == mark) holders.push_back(listed(item));
  return holders;
}

model_mailbox::outcome model_mailbox::create(const folder_id& folder, const carried_item& mail,
                                             const operation_mark& mark) {
  auto* into = folder_of(folder);
  if (!into) return no_folder{};
  if (mail.item_class != item_class::message) {
    model_item item;
    item.item_class = mail.item_class;
    for (const auto& f : mail.fields) {
      if (!settable(item, f.field)) continue; // what this version does not know is dropped
      if (f.field == field::subject && refuses.contains(f.value)) return corrupt{};
      item.fields[f.field] = stored_value(f.field, f.value);
    }
    std::erase_if(item.fields, [](const auto& f) { return f.second.empty(); });
    item.message_id = exsyncd::message_id(item.value(field::uid));
    item.search_key = exsyncd::search_key(next_id("search").value);
    item.mark = mark;
    const auto id = put(*into, std::move(item));
    return done{id, into->items.at(id).key()};
  }
  for (const auto& f : mail.fields)
    if (!holds(beside_mime, f.field)) return not_settable{};
  const auto mime = nlohmann::json::parse(from_base64(mail.mime_base64.text()));
  if (refuses.contains(mime.at("id"))) return corrupt{};
  model_item item;
  item.read = mail.read.value_or(false);
  item.draft = mail.draft;
  for (const auto& [f, v] : mime.at("fields").get<std::vector<std::pair<int, std::string>>>())
    item.fields[static_cast<field>(f)] = stored_value(static_cast<field>(f), v);
  for (const auto& f : mail.fields)
    item.fields[f.field] = stored_value(f.field, f.value);
  std::erase_if(item.fields, [](const auto& f) { return f.second.empty(); });
  item.attachments = mime.at("attached").get<std::map<std::string, std::string>>();
  item.message_id = exsyncd::message_id(mime.at("id").get<std::string>());
  item.search_key = exsyncd::search_key(next_id("search").value);
  item.mark = mark;
  item.received = mail.received.value_or(utc_seconds{});
  item.sent = mail.sent;
  const auto id = put(*into, std::move(item));
  return done{id, into->items.at(id).key()};
}

model_mailbox::outcome model_mailbox::update(const item_id& id, const change_key& guard,
                                             const std::vector<field_value>& fields,
                                             const std::vector<carried_attachment>& attachments) {
  auto* item = item_of(id);
  if (!item) return gone{};
  for (const auto& f : fields)
    if (!settable(*item, f.field) || refuses_values.contains(f.value)) return not_settable{};
  if (item->key() != guard) return stale{};
  for (const auto& f : fields)
    if (f.field == field::time || f.field == field::recurrence) item->fields.erase(field::exceptions);
  for (const auto& f : fields) {
    if (f.field == field::attachments) {
      item->attachments.clear();
      item->attached_at.clear();
      for (const auto& a : attachments) {
        item->attachments[a.name] = from_base64(a.content_base64.text());
        item->attached_at[a.name] = last_version_ + 1;
      }
      continue;
    }
    const auto kept = stored_value(f.field, f.value);
    if (kept.empty())
      item->fields.erase(f.field);
    else
      item->fields[f.field] = kept;
  }
  item->version = ++last_version_;
  return done{id, item->key()};
}

model_mailbox::outcome model_mailbox::update_halfway(const item_id& id, const change_key& guard,
                                                     const std::vector<field_value>& fields,
                                                     const std::vector<carried_attachment>& attachments) {
  std::vector<field_value> first;
  for (const auto& f : fields)
    if (f.field == field::exceptions && f.value.find('\n') != std::string::npos)
      first.push_back({f.field, f.value.substr(0, f.value.find('\n'))}); // the first of them
    else if (f.field != field::exceptions && f.field != field::attachments)
      first.push_back(f);
  if (!first.empty()) return update(id, guard, first);
  auto* item = item_of(id);
  if (!item) return gone{};
  if (item->key() != guard) return stale{};
  // The first of the new ones stands beside the old ones, or has taken the place of the one under its name.
  for (const auto& a : attachments) {
    item->attachments[a.name] = from_base64(a.content_base64.text());
    item->attached_at[a.name] = last_version_ + 1;
    break;
  }
  item->version = ++last_version_;
  return done{id, item->key()};
}

model_mailbox::outcome model_mailbox::set_read(const item_id& id, bool read) {
  auto* item = item_of(id);
  if (!item) return gone{};
  put_read(*item, read);
  return done{id, item->key()};
}

model_mailbox::outcome model_mailbox::move(const item_id& id, const folder_id& to) {
  auto* from = holder_of(id);
  auto* into = folder_of(to);
  if (!from) return gone{};
  if (!into) return no_folder{};
  auto moved = from->items.extract(id);
  const auto now = put(*into, std::move(moved.mapped()));
  return done{now, into->items.at(now).key()};
}

model_mailbox::outcome model_mailbox::remove(const item_id& id) {
  if (!item_of(id)) return gone{};
  const auto now = user_move(id, "deleteditems");
  return done{now, item_of(now)->key()};
}

void model_mailbox::commit_at(std::chrono::seconds due, std::function<void(model_mailbox&)> act) {
  later_.emplace(due, std::move(act));
}

void model_mailbox::reach(std::chrono::seconds now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    const auto act = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    act(*this);
  }
}

const std::map<item_id, model_item>& model_mailbox::items(const std::string& path) const {
  for (const auto& f : folders_)
    if (f.path == path) return f.items;
  throw std::logic_error("no such folder: " + path);
}

item_id model_mailbox::find(const std::string& path, const std::string& message_id) const {
  for (const auto& [id, item] : items(path))
    if (item.message_id.value == message_id) return id;
  return {};
}

const model_item* model_mailbox::item(const item_id& id) const {
  const auto* f = holder_of(id);
  return f ? &f->items.at(id) : nullptr;
}

const told* model_mailbox::told_by(const sync_cursor& cursor) const {
  const auto i = cursors_.find(cursor);
  return i == cursors_.end() ? nullptr : &i->second;
}

std::vector<std::string> model_mailbox::paths() const {
  std::vector<std::string> all;
  for (const auto& f : folders_)
    all.push_back(f.path);
  return all;
}

model_folder* model_mailbox::folder_of(const std::string& path) {
  for (auto& f : folders_)
    if (f.path == path) return &f;
  return nullptr;
}

model_folder* model_mailbox::folder_of(const folder_id& id) {
  for (auto& f : folders_)
    if (f.id == id) return &f;
  return nullptr;
}

const model_folder* model_mailbox::folder_of(const folder_id& id) const {
  return const_cast<model_mailbox*>(this)->folder_of(id);
}

model_folder* model_mailbox::holder_of(const item_id& id) {
  for (auto& f : folders_)
    if (f.items.contains(id)) return &f;
  return nullptr;
}

const model_folder* model_mailbox::holder_of(const item_id& id) const {
  return const_cast<model_mailbox*>(this)->holder_of(id);
}

model_item* model_mailbox::item_of(const item_id& id) {
  auto* f = holder_of(id);
  return f ? &f->items.at(id) : nullptr;
}

void model_mailbox::put_read(model_item& item, bool read) {
  if (item.read == read) return;
  item.read = read;
  item.read_version = ++last_version_;
}

item_id model_mailbox::put(model_folder& into, model_item item) {
  item.id = next_id("item");
  item.version = ++last_version_;
  const auto id = item.id;
  into.items.emplace(id, std::move(item));
  return id;
}

item_id model_mailbox::next_id(const char* kind) {
  return item_id(name_ + "/" + kind + "-" + padded(++last_id_));
}

bool model_mailbox::settable(const model_item& item, field f) const {
  switch (item.item_class) {
  case item_class::contact:
    return holds(settable_on_contact, f);
  case item_class::task:
    return holds(settable_on_task, f);
  case item_class::appointment:
    return holds(settable_on_appointment, f);
  case item_class::message:
  case item_class::other:
    return holds(settable_on_mail, f) || (item.draft && holds(settable_on_draft, f));
  }
  return false;
}

std::string model_mailbox::stored_value(field f, const std::string& value) const {
  return normalise ? normalise(f, value) : value;
}

listed_item model_mailbox::listed(const model_item& item) const {
  listed_item l;
  l.id = item.id;
  l.key = item.key();
  l.item_class = item.item_class;
  l.item_class_name = class_name(item.item_class);
  if (item.item_class == item_class::message) l.read = item.read;
  l.draft = item.draft;
  l.subject = item.value(field::subject);
  l.search_key = item.search_key;
  if (item.item_class == item_class::message || item.item_class == item_class::appointment)
    l.message_id = item.message_id;
  l.mark = item.mark;
  l.received = item.received;
  l.sent = item.sent;
  l.size = 500 + item.value(field::body).size();
  return l;
}

} // namespace exsyncd::testing
