// What users do with the content of items in Outlook: make them, edit them, attach to them.
#include "tests/exchange_sim/attachments.hpp"
#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/item_json.hpp"
#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/item_writing.hpp"
#include "tests/exchange_sim/world.hpp"
#include "tests/exchange_sim/world_parts.hpp"

#include <algorithm>
#include <stdexcept>

namespace exchange_sim {

namespace {

using nlohmann::json;

json patched(json current, const std::string& patch) {
  current.merge_patch(json::parse(patch));
  return current;
}

/// Outlook keeps the three in step as the server does.
void apply_task(task_data& task, const std::string& text, sys_time now) {
  auto patch = json::parse(text);
  auto plain = patch;
  for (const char* name : {"Status", "PercentComplete", "CompleteDate"})
    plain.erase(name);
  task = task_from(patched(task_json(task), plain.dump()));
  if (patch.contains("CompleteDate")) {
    auto at = patch["CompleteDate"].is_string() ? parse_time(patch["CompleteDate"].get<std::string>()) : std::nullopt;
    if (at)
      set_task_complete(task, *at);
    else
      set_task_status(task, "NotStarted", now);
  }
  if (patch.contains("PercentComplete")) set_task_percent(task, patch["PercentComplete"].get<double>(), now);
  if (patch.contains("Status") && patch["Status"] != task.status)
    set_task_status(task, patch["Status"].get<std::string>(), now);
}

/// Throws std::invalid_argument (or nlohmann's exception) for fields that are none.
void apply(item& i, const item_edit& edit, sys_time now) {
  if (edit.subject) {
    i.subject = *edit.subject;
    i.conversation_topic = topic_of(i.subject);
  }
  if (edit.body) i.body = {edit.body_type ? lower(*edit.body_type) == "html" : i.body.html, *edit.body};
  if (edit.importance) i.importance = *edit.importance;
  if (edit.sensitivity) i.sensitivity = *edit.sensitivity;
  if (edit.categories) i.categories = *edit.categories;
  if (edit.flag) i.flag = *edit.flag;
  if (edit.reminder_due) i.reminder_due = edit.reminder_due;
  if (edit.reminder_is_set) i.reminder_is_set = *edit.reminder_is_set;
  if (edit.contact) i.contact = contact_from(patched(contact_json(i.contact), *edit.contact));
  if (edit.task) apply_task(i.task, *edit.task, now);
}

attachment made_of(const user_attachment& from) {
  attachment made;
  made.name = from.name;
  made.content = from.mime.empty() ? from.content : from.mime;
  made.is_message = !from.mime.empty();
  made.content_type = made.is_message ? "message/rfc822" : from.content_type;
  made.content_id = from.content_id;
  made.is_inline = from.is_inline;
  made.is_contact_photo = from.is_contact_photo;
  return made;
}

auto named(item& i, const std::string& name) {
  return std::find_if(i.attachments.begin(), i.attachments.end(),
                      [&](const attachment& part) { return part.name == name; });
}

std::string saved_id(change_context& changes, item& i) {
  i.unmodified = false;
  touch_item(changes, i);
  return wire_id(changes.box, i.key);
}

} // namespace

outcome<std::string> world::add_item(const mailbox_ref& ref, const std::string& element, const std::string& folder_path,
                                     const item_edit& content, const std::vector<user_attachment>& attached) {
  act_scope act(*universe_, options_, "add_item", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  const auto* rules = rules_of_element(element);
  if (rules == nullptr || rules->item_class == nullptr) return refusal{"no such type of items: " + element};
  auto path = folder_path.empty() ? rules->folder : folder_path;
  auto* to = folder_at(*found.box, path);
  if (to == nullptr) return refusal{"no such folder: " + path};
  change_context changes{*universe_,     *found.host,     *found.box,
                         options_.now(), options_.random, found.box->who.display_name};
  item made;
  made.item_class = rules->item_class;
  made.draft = made.read = true;
  made.received = made.sent = changes.now;
  try {
    apply(made, content, changes.now);
  } catch (const std::exception& wrong) {
    return refusal{wrong.what()};
  }
  if (rules->changing != nullptr) rules->changing(*found.host, item{}, made);
  if (element == "Task") complete_new_task(made, found.box->who.display_name);
  for (const auto& one : attached)
    made.attachments.push_back(made_of(one));
  return wire_id(*found.box, put_item(changes, *to, std::move(made)).key);
}

outcome<std::string> world::user_edit(const mailbox_ref& ref, const item_locator& wanted, const item_edit& edit) {
  act_scope act(*universe_, options_, "user_edit", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) -> outcome<std::string> {
    auto edited = i;
    try {
      apply(edited, edit, changes.now);
    } catch (const std::exception& wrong) {
      return refusal{wrong.what()};
    }
    auto& saved = save_item(changes, i, std::move(edited));
    if ((edit.subject || edit.body) && is_live_meeting(saved)) count_mail(changes, saved, "invitations");
    return wire_id(changes.box, saved.key);
  });
}

outcome<std::string> world::change_under_key(const mailbox_ref& ref, const item_locator& wanted,
                                             const item_edit& edit) {
  act_scope act(*universe_, options_, "change_under_key", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) -> outcome<std::string> {
    auto edited = i;
    try {
      apply(edited, edit, changes.now);
    } catch (const std::exception& wrong) {
      return refusal{wrong.what()};
    }
    i = std::move(edited);
    ++universe_->revision;
    universe_->log.note(item_event::kind::changed, changes, i.key.value);
    return wire_id(changes.box, i.key);
  });
}

outcome<std::string> world::user_add_attachment(const mailbox_ref& ref, const item_locator& wanted,
                                                const user_attachment& attached) {
  act_scope act(*universe_, options_, "user_add_attachment", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) -> outcome<std::string> {
    auto made = made_of(attached);
    settle_attachment(changes, made);
    i.attachments.push_back(std::move(made));
    return saved_id(changes, i);
  });
}

outcome<std::string> world::user_replace_attachment(const mailbox_ref& ref, const item_locator& wanted,
                                                    const std::string& name, const std::string& content) {
  act_scope act(*universe_, options_, "user_replace_attachment", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) -> outcome<std::string> {
    auto at = named(i, name);
    if (at == i.attachments.end() || at->is_message) return refusal{"no file is attached under this name: " + name};
    at->content = content;
    at->modified = changes.now;
    // Outlook saves an attachment anew: the old id is gone.
    at->key = ++changes.box.last_key;
    return saved_id(changes, i);
  });
}

outcome<std::string> world::user_remove_attachment(const mailbox_ref& ref, const item_locator& wanted,
                                                   const std::string& name) {
  act_scope act(*universe_, options_, "user_remove_attachment", ref);
  return on_item(*universe_, options_, ref, wanted, [&](change_context& changes, item& i) -> outcome<std::string> {
    auto at = named(i, name);
    if (at == i.attachments.end()) return refusal{"nothing is attached under this name: " + name};
    i.attachments.erase(at);
    return saved_id(changes, i);
  });
}

} // namespace exchange_sim
