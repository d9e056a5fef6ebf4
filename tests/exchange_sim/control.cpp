// The commands of the control interface: JSON to functions of the world, and their outcomes back to JSON.
// What each command takes is listed in README.md.
#include "tests/exchange_sim/calendar_control.hpp"
#include "tests/exchange_sim/control_commands.hpp"
#include "tests/exchange_sim/faults.hpp"
#include "tests/exchange_sim/seed.hpp"
#include "tests/exchange_sim/seed_items.hpp"
#include "tests/exchange_sim/session.hpp"
#include "tests/exchange_sim/world.hpp"

#include <openssl/evp.h>

#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace exchange_sim {
namespace {

using nlohmann::json;

json answer(const outcome<done>& result) {
  return command_answer(result);
}

json answer(const outcome<std::string>& result) {
  return command_answer(result);
}

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

std::string from_base64(const std::string& field, const std::string& text) {
  std::string bytes(3 * ((text.size() + 3) / 4), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) throw std::invalid_argument(field + ": is not base64 on one line");
  const auto padding = text.size() - (text.find_last_not_of('=') + 1);
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

std::optional<sys_time> optional_time(fields& from, const std::string& name) {
  const auto text = from.optional<std::string>(name);
  if (!text) return std::nullopt;
  const auto time = parse_time(*text);
  if (!time) throw std::invalid_argument(name + ": must be a time like 2026-01-31T08:15:00Z");
  return time;
}

mailbox_ref mailbox(fields& command) {
  return command_mailbox(command);
}

/// `item` is an id, or an object with one of id, subject, message_id; `folder` narrows the search.
item_locator item(fields& command) {
  item_locator where;
  where.folder = command.optional<std::string>("folder").value_or("");
  const auto value = command.required<json>("item");
  if (value.is_string()) {
    where.id = value;
    return where;
  }
  fields object(value, "item.");
  where.id = object.optional<std::string>("id").value_or("");
  where.subject = object.optional<std::string>("subject").value_or("");
  where.message_id = object.optional<std::string>("message_id").value_or("");
  object.finish();
  if (!where.id.empty() + !where.subject.empty() + !where.message_id.empty() != 1)
    throw std::invalid_argument("item: needs exactly one of id, subject, message_id");
  return where;
}

/// A status, or an object with status, start, due, complete.
std::optional<flag_value> flag(fields& command) {
  const auto value = command.optional<json>("flag");
  if (!value) return std::nullopt;
  flag_value result;
  if (value->is_string()) {
    result.status = *value;
  } else {
    fields object(*value, "flag.");
    result.status = object.required<std::string>("status");
    result.start = optional_time(object, "start");
    result.due = optional_time(object, "due");
    result.complete = optional_time(object, "complete");
    object.finish();
  }
  if (result.status != "NotFlagged" && result.status != "Flagged" && result.status != "Complete")
    throw std::invalid_argument("flag: must be NotFlagged, Flagged or Complete");
  return result;
}

json add_server(world& w, fields& c) {
  return answer(w.add_server({c.required<std::string>("name"), c.required<std::string>("version")}));
}

json add_mailbox(world& w, fields& c) {
  mailbox_spec spec;
  spec.server = c.required<std::string>("server");
  spec.address = c.required<std::string>("address");
  spec.display_name = c.optional<std::string>("display_name").value_or(spec.address);
  spec.password = c.required<std::string>("password");
  spec.aliases = c.optional<std::vector<std::string>>("aliases").value_or(std::vector<std::string>{});
  spec.may_impersonate = c.optional<std::vector<std::string>>("may_impersonate").value_or(std::vector<std::string>{});
  return answer(w.add_mailbox(spec));
}

json add_folder(world& w, fields& c) {
  return answer(
      w.add_folder(mailbox(c), c.required<std::string>("path"), c.optional<std::string>("class").value_or("IPF.Note")));
}

json add_message(world& w, fields& c) {
  delivered_message mail;
  mail.folder = c.optional<std::string>("folder").value_or("inbox");
  // JSON holds no bytes beyond UTF-8, mails do.
  const auto encoded = c.optional<std::string>("mime_base64");
  mail.mime = encoded ? from_base64("mime_base64", *encoded) : c.required<std::string>("mime");
  mail.read = c.optional<bool>("read").value_or(false);
  mail.draft = c.optional<bool>("draft").value_or(false);
  mail.received = optional_time(c, "received");
  mail.sent = optional_time(c, "sent");
  mail.categories = c.optional<std::vector<std::string>>("categories").value_or(std::vector<std::string>{});
  mail.importance = c.optional<std::string>("importance");
  mail.sensitivity = c.optional<std::string>("sensitivity");
  mail.flag = flag(c);
  mail.item_class = c.optional<std::string>("class");
  return answer(w.add_message(mailbox(c), mail));
}

delivered_message delivered(const seeded_mail& seeded) {
  const auto received = std::chrono::time_point_cast<std::chrono::milliseconds>(seeded.received);
  delivered_message mail;
  mail.folder = seeded.folder;
  mail.mime = seeded.mime;
  mail.read = seeded.read;
  mail.draft = seeded.state == seed_state::draft;
  mail.received = received;
  mail.sent = received;
  mail.categories = seeded.categories;
  mail.importance = seeded.importance;
  mail.sensitivity = seeded.sensitivity;
  if (seeded.flag == seed_flag::flagged)
    mail.flag = flag_value{"Flagged", received, received + std::chrono::hours(72), {}};
  if (seeded.flag == seed_flag::complete) mail.flag = flag_value{"Complete", {}, {}, received + std::chrono::hours(24)};
  return mail;
}

json seed_messages(world& w, fields& c) {
  const auto where = mailbox(c);
  seed_settings settings;
  settings.count = c.required<std::size_t>("count");
  settings.seed = c.optional<std::uint64_t>("seed").value_or(1);
  settings.owner_address = where.address;
  settings.owner_name = c.optional<std::string>("name").value_or(where.address.substr(0, where.address.find('@')));
  settings.newest = optional_time(c, "newest").value_or(w.options().now());
  settings.folder = c.optional<std::string>("folder").value_or("");
  auto ids = json::array();
  std::set<std::string> folders;
  for (const auto& mail : seed_mails(settings)) {
    if (folders.insert(mail.folder).second)
      if (const auto made = w.add_folder(where, mail.folder, "IPF.Note"); std::holds_alternative<refusal>(made))
        return answer(made);
    const auto added = w.add_message(where, delivered(mail));
    if (std::holds_alternative<refusal>(added)) return answer(added);
    ids.push_back(std::get<std::string>(added));
  }
  return {{"ok", true}, {"ids", std::move(ids)}};
}

/// What items of all types have, and what theirs adds, as `contents` shows it.
item_edit edit_of(fields& c) {
  item_edit edit;
  edit.subject = c.optional<std::string>("subject");
  edit.body = c.optional<std::string>("body");
  edit.body_type = c.optional<std::string>("body_type");
  edit.importance = c.optional<std::string>("importance");
  edit.sensitivity = c.optional<std::string>("sensitivity");
  edit.categories = c.optional<std::vector<std::string>>("categories");
  edit.flag = flag(c);
  edit.reminder_is_set = c.optional<bool>("reminder_is_set");
  edit.reminder_due = optional_time(c, "reminder_due");
  if (auto contact = c.optional<json>("contact")) edit.contact = contact->dump();
  if (auto task = c.optional<json>("task")) edit.task = task->dump();
  return edit;
}

json user_edit(world& w, fields& c) {
  return answer(w.user_edit(mailbox(c), item(c), edit_of(c)));
}

json change_under_key(world& w, fields& c) {
  return answer(w.change_under_key(mailbox(c), item(c), edit_of(c)));
}

json add_contact(world& w, fields& c) {
  const auto element = c.optional<bool>("list").value_or(false) ? "DistributionList" : "Contact";
  return answer(w.add_item(mailbox(c), element, c.optional<std::string>("folder").value_or(""), edit_of(c)));
}

json add_task(world& w, fields& c) {
  return answer(w.add_item(mailbox(c), "Task", c.optional<std::string>("folder").value_or(""), edit_of(c)));
}

std::string bytes_of(fields& c, const std::string& name) {
  // JSON holds no bytes beyond UTF-8, files do.
  const auto encoded = c.optional<std::string>(name + "_base64");
  return encoded ? from_base64(name + "_base64", *encoded) : c.required<std::string>(name);
}

json user_add_attachment(world& w, fields& c) {
  user_attachment attached;
  attached.name = c.required<std::string>("name");
  attached.mime = c.optional<std::string>("mime").value_or("");
  if (attached.mime.empty()) attached.content = bytes_of(c, "content");
  attached.content_type = c.optional<std::string>("type").value_or("");
  attached.content_id = c.optional<std::string>("content_id").value_or("");
  attached.is_inline = c.optional<bool>("inline").value_or(false);
  attached.is_contact_photo = c.optional<bool>("photo").value_or(false);
  return answer(w.user_add_attachment(mailbox(c), item(c), attached));
}

json user_replace_attachment(world& w, fields& c) {
  return answer(
      w.user_replace_attachment(mailbox(c), item(c), c.required<std::string>("name"), bytes_of(c, "content")));
}

json user_remove_attachment(world& w, fields& c) {
  return answer(w.user_remove_attachment(mailbox(c), item(c), c.required<std::string>("name")));
}

json seed_items(world& w, fields& c, const std::string& element) {
  const auto where = mailbox(c);
  const auto count = c.required<std::size_t>("count");
  const auto seed = c.optional<std::uint64_t>("seed").value_or(1);
  const auto folder = c.optional<std::string>("folder").value_or("");
  if (!folder.empty())
    if (const auto made = w.add_folder(where, folder, element == "Task" ? "IPF.Task" : "IPF.Contact");
        std::holds_alternative<refusal>(made))
      return answer(made);
  auto ids = json::array();
  for (const auto& one : element == "Task" ? seed_tasks(count, seed, w.options().now()) : seed_contacts(count, seed)) {
    const auto added = w.add_item(where, element, folder, one.content, one.attached);
    if (std::holds_alternative<refusal>(added)) return answer(added);
    ids.push_back(std::get<std::string>(added));
  }
  return {{"ok", true}, {"ids", std::move(ids)}};
}

json set_limits(world& w, fields& c) {
  limit_changes limits;
  limits.request_bytes = c.optional<std::size_t>("request_bytes");
  limits.attachment_bytes = c.optional<std::size_t>("attachment_bytes");
  limits.message_bytes = c.optional<std::size_t>("message_bytes");
  limits.sync_page = c.optional<std::size_t>("sync_page");
  limits.find_page = c.optional<std::size_t>("find_page");
  return answer(w.set_limits(c.required<std::string>("server"), limits));
}

json contents(world& w, fields& c) {
  const auto result = w.contents(mailbox(c), c.optional<std::string>("folder").value_or(""));
  if (const auto* no = std::get_if<refusal>(&result)) return {{"error", no->reason}};
  return std::get<json>(result);
}

json mime(world& w, fields& c) {
  const auto result = w.mime_of(mailbox(c), item(c));
  if (const auto* no = std::get_if<refusal>(&result)) return {{"error", no->reason}};
  return {{"mime_base64", base64(std::get<std::string>(result))}};
}

json advance_clock(world& w, fields& c) {
  const auto seconds = std::chrono::seconds(c.required<std::uint32_t>("seconds"));
  if (!w.options().advance_clock) return {{"error", "the clock is real"}};
  w.options().advance_clock(seconds);
  w.faults().run_due(w.options().now());
  return {{"ok", true}};
}

json seed_calendar(world& w, fields& c) {
  const auto where = mailbox(c);
  appointment_seed settings;
  settings.count = c.required<std::size_t>("count");
  settings.seed = c.optional<std::uint64_t>("seed").value_or(1);
  settings.zone = c.optional<std::string>("zone").value_or(settings.zone);
  settings.folder = c.optional<std::string>("folder").value_or("calendar");
  const auto first = optional_time(c, "first").value_or(w.options().now());
  settings.first = local_day(std::chrono::floor<std::chrono::days>(first).time_since_epoch());
  if (const auto made = w.add_folder(where, settings.folder, "IPF.Appointment"); std::holds_alternative<refusal>(made))
    return answer(made);
  auto ids = json::array();
  for (const auto& one : seed_appointments(settings)) {
    const auto added = w.add_appointment(where, one);
    if (std::holds_alternative<refusal>(added)) return answer(added);
    ids.push_back(std::get<std::string>(added));
  }
  return {{"ok", true}, {"ids", std::move(ids)}};
}

json change_recurrence(world& w, fields& c) {
  appointment_edit edit;
  const auto all = read_appointment_edit(c);
  edit.repeats = all.repeats;
  edit.no_recurrence = all.no_recurrence;
  if (!edit.repeats && !edit.no_recurrence) return {{"error", "recurrence: is missing"}};
  return answer(w.user_edit_appointment(mailbox(c), item(c), edit));
}

using command = control_command;

json clear_faults(world& w, fields&) {
  w.faults().clear();
  return {{"ok", true}};
}

json reset_counters(world& w, fields&) {
  w.reset_counters();
  return {{"ok", true}};
}

json mark_read(world& w, fields& c) {
  return answer(w.user_mark_read(mailbox(c), item(c), c.optional<bool>("read").value_or(true)));
}

/// What a test looks at and what it does then, with no request of a client between the two.
json together(world& w, fields& c) {
  json answers = json::array();
  for (const auto& one : c.required<json>("commands"))
    answers.push_back(w.control(one));
  return {{"answers", std::move(answers)}};
}

std::map<std::string, command> base_commands() {
  static const std::string of_item = "server mailbox folder item";
  static const std::string content = " subject body body_type importance sensitivity categories flag reminder_is_set "
                                     "reminder_due contact task";
  return {
      {"add_server", {"name version", add_server}},
      {"add_mailbox", {"server address display_name password aliases may_impersonate", add_mailbox}},
      {"add_folder", {"server mailbox path class", add_folder}},
      {"add_message",
       {"server mailbox folder mime mime_base64 read draft received sent categories importance sensitivity flag class",
        add_message}},
      {"seed_messages", {"server mailbox folder count seed name newest", seed_messages}},
      {"add_appointment",
       {"server mailbox " + std::string(new_appointment_fields) + " " + appointment_edit_fields,
        [](world& w, fields& c) { return answer(w.add_appointment(mailbox(c), read_new_appointment(c))); }}},
      {"seed_appointments", {"server mailbox folder count seed first zone", seed_calendar}},
      {"user_edit_appointment",
       {of_item + " " + appointment_edit_fields,
        [](world& w, fields& c) {
          return answer(w.user_edit_appointment(mailbox(c), item(c), read_appointment_edit(c)));
        }}},
      {"user_edit_occurrence",
       {of_item + " occurrence " + appointment_edit_fields,
        [](world& w, fields& c) {
          return answer(w.user_edit_occurrence(mailbox(c), item(c), c.required<std::string>("occurrence"),
                                               read_appointment_edit(c)));
        }}},
      {"user_delete_occurrence",
       {of_item + " occurrence",
        [](world& w, fields& c) {
          return answer(w.user_delete_occurrence(mailbox(c), item(c), c.required<std::string>("occurrence")));
        }}},
      {"user_change_recurrence", {of_item + " recurrence", change_recurrence}},
      {"add_contact", {"server mailbox folder list" + content, add_contact}},
      {"add_task", {"server mailbox folder" + content, add_task}},
      {"seed_contacts",
       {"server mailbox folder count seed", [](world& w, fields& c) { return seed_items(w, c, "Contact"); }}},
      {"seed_tasks",
       {"server mailbox folder count seed", [](world& w, fields& c) { return seed_items(w, c, "Task"); }}},
      {"user_edit", {of_item + content, user_edit}},
      {"change_under_key", {of_item + content, change_under_key}},
      {"user_add_attachment",
       {of_item + " name content content_base64 mime type content_id inline photo", user_add_attachment}},
      {"user_replace_attachment", {of_item + " name content content_base64", user_replace_attachment}},
      {"user_remove_attachment", {of_item + " name", user_remove_attachment}},
      {"user_mark_read", {of_item + " read", mark_read}},
      {"user_move",
       {of_item + " to",
        [](world& w, fields& c) { return answer(w.user_move(mailbox(c), item(c), c.required<std::string>("to"))); }}},
      {"user_copy",
       {of_item + " to",
        [](world& w, fields& c) { return answer(w.user_copy(mailbox(c), item(c), c.required<std::string>("to"))); }}},
      {"user_delete", {of_item, [](world& w, fields& c) { return answer(w.user_delete(mailbox(c), item(c))); }}},
      {"user_purge", {of_item, [](world& w, fields& c) { return answer(w.user_purge(mailbox(c), item(c))); }}},
      {"user_empty_folder",
       {"server mailbox folder",
        [](world& w, fields& c) {
          return answer(w.user_empty_folder(mailbox(c), c.required<std::string>("folder")));
        }}},
      {"delete_folder",
       {"server mailbox folder",
        [](world& w, fields& c) { return answer(w.delete_folder(mailbox(c), c.required<std::string>("folder"))); }}},
      {"recreate_folder",
       {"server mailbox folder",
        [](world& w, fields& c) { return answer(w.recreate_folder(mailbox(c), c.required<std::string>("folder"))); }}},
      {"recreate_mailbox",
       {"server mailbox", [](world& w, fields& c) { return answer(w.recreate_mailbox(mailbox(c))); }}},
      {"touch_change_key",
       {of_item, [](world& w, fields& c) { return answer(w.touch_change_key(mailbox(c), item(c))); }}},
      {"clear_faults", {"", clear_faults}},
      {"faults",
       {"",
        [](world& w, fields&) {
          return json{{"faults", w.faults().describe()}};
        }}},
      {"commit_now",
       {"",
        [](world& w, fields&) {
          return json{{"ok", true}, {"committed", w.faults().commit_now()}};
        }}},
      {"invalidate_sync_states",
       {"server mailbox", [](world& w, fields& c) { return answer(w.invalidate_sync_states(mailbox(c))); }}},
      {"set_limits", {"server request_bytes attachment_bytes message_bytes sync_page find_page", set_limits}},
      {"contents", {"server mailbox folder", contents}},
      {"mime", {of_item, mime}},
      {"counters",
       {"server", [](world& w, fields& c) { return w.counters(c.optional<std::string>("server").value_or("")); }}},
      {"reset_counters", {"", reset_counters}},
      {"servers",
       {"",
        [](world& w, fields&) {
          return json{{"servers", w.servers()}};
        }}},
      {"advance_clock", {"seconds", advance_clock}},
      {"together", {"commands", together}},
  };
}

const std::map<std::string, command>& commands() {
  static const std::map<std::string, command> table = [] {
    auto all = base_commands();
    all.merge(access_commands());
    return all;
  }();
  return table;
}

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

json help() {
  json list = json::object();
  for (const auto& [name, command] : commands())
    list[name] = command.knows;
  list["fault"] = fault_plan::knows();
  return {{"commands", std::move(list)}};
}

json run(world& w, const std::string& name, const json& arguments) {
  if (name == "help") return help();
  if (name == "fault") {
    w.faults().add(arguments);
    return {{"ok", true}};
  }
  const auto found = commands().find(name);
  if (found == commands().end()) return {{"error", "do: no such command: " + name}};
  const auto known = words(found->second.knows);
  for (const auto& [field, value] : arguments.items())
    if (!known.contains(field)) return {{"error", field + ": is not known here"}};
  fields all(arguments);
  return found->second.run(w, all);
}

} // namespace

nlohmann::json command_answer(const outcome<done>& result) {
  if (const auto* no = std::get_if<refusal>(&result)) return {{"error", no->reason}};
  return {{"ok", true}};
}

nlohmann::json command_answer(const outcome<std::string>& result) {
  if (const auto* no = std::get_if<refusal>(&result)) return {{"error", no->reason}};
  return {{"ok", true}, {"id", std::get<std::string>(result)}};
}

mailbox_ref command_mailbox(fields& command) {
  return {command.optional<std::string>("server").value_or(""), command.required<std::string>("mailbox")};
}

nlohmann::json world::control(const json& command) {
  faults_->run_due(options_.now());
  try {
    const auto name = fields(command).required<std::string>("do");
    json arguments = command;
    arguments.erase("do");
    return run(*this, name, arguments);
  } catch (const std::invalid_argument& wrong) {
    return {{"error", wrong.what()}};
  }
}

} // namespace exchange_sim
