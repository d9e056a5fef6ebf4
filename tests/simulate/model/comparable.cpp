// What two servers can hold alike of an item. Ids, keys and times of change are each server's own; a copy of a meeting
// is an appointment whose attendees are text.
#include "tests/simulate/model/recorder.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace simulate::model {

namespace {

using nlohmann::json;

constexpr const char* of_a_mail[] = {"class",      "subject",    "body_sha256", "from",       "to",
                                     "cc",         "received",   "sent",        "draft",      "message_id",
                                     "categories", "importance", "flag",        "sensitivity"};
constexpr const char* of_others[] = {"class", "subject", "body_sha256", "categories", "importance", "sensitivity"};

bool is_of_a_meeting(const std::string& key) {
  static constexpr std::string_view names[] = {
      "is_meeting",  "required",  "optional",           "resources",         "request_sent",   "state",
      "my_response", "organizer", "response_requested", "new_time_proposal", "conference_type"};
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

void walk(contents& out, const std::string& path, const json& value) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items())
      walk(out, path + "/" + key, inner);
    return;
  }
  if (!value.is_null()) out[path] = value.dump();
}

void walk_attachments(contents& out, const json& list) {
  std::map<std::string, int> count;
  for (const auto& one : list) {
    json kept;
    for (const char* key : {"type", "inline", "photo", "sha256"})
      kept[key] = one.value(key, json());
    auto name = one.value("name", std::string());
    out["/attachments/" + name + " " + std::to_string(++count[name])] = kept.dump();
  }
}

/// What an occurrence has otherwise than its series: an exception cannot be taken back over EWS, its values can.
json exception_of(const json& one, const json& series) {
  json kept = json::object();
  for (const auto& [key, value] : one.items()) {
    if (key == "own" || key == "original_start" || key == "end" || is_of_a_meeting(key)) continue;
    bool same =
        key == "start" ? value == one.value("original_start", json()) : series.contains(key) && series[key] == value;
    if (!same) kept[key] = value;
  }
  if (kept.contains("start")) kept["end"] = one.value("end", json());
  return kept;
}

void walk_appointment(contents& out, const json& shown) {
  const auto& given = shown["appointment"];
  json kept = json::object();
  for (const auto& [key, value] : given.items())
    if (!is_of_a_meeting(key) && key != "modified") kept[key] = value;
  if (auto pattern = kept.find("recurrence"); pattern != kept.end() && pattern->is_object()) {
    // Whether weeks begin on Sunday or Monday tells days apart only where a Sunday is among them.
    const auto days = pattern->value("days", json::array());
    bool sunday = std::find(days.begin(), days.end(), "Sunday") != days.end();
    if (pattern->value("interval", 1) == 1 || !sunday) pattern->erase("first_day");
  }
  walk(out, "/appointment", kept);
  json series = shown;
  series.update(given);
  for (const auto& one : given.value("modified", json::array())) {
    auto differs = exception_of(one, series);
    auto day = differs.value("day", std::string());
    differs.erase("day");
    walk(out, "/appointment/modified/" + day, differs);
  }
}

void walk_task(contents& out, const json& task) {
  json kept = task;
  kept.erase("ChangeCount");
  kept.erase("Owner");
  for (const char* key : {"Companies", "Contacts"})
    if (auto list = kept.find(key); list != kept.end() && list->is_array()) std::sort(list->begin(), list->end());
  walk(out, "/task", kept);
}

} // namespace

std::string mailbox_name(const std::string& server, const std::string& address) {
  auto name = server + "/" + address;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  return name;
}

contents comparable(const json& shown) {
  contents out;
  bool plain = !shown.contains("contact") && !shown.contains("task") && !shown.contains("appointment");
  if (plain) {
    for (const char* key : of_a_mail)
      walk(out, std::string("/") + key, shown.value(key, json()));
    // Who has none goes by none, and not by one that is empty.
    for (const char* path : {"/message_id", "/from"})
      if (auto none = out.find(path); none != out.end() && none->second == "\"\"") out.erase(none);
  } else {
    for (const char* key : of_others)
      // The subject of a contact is what its server makes of its names; a user who writes it edits the contact.
      walk(out,
           shown.contains("contact") && std::string_view(key) == "subject" ? derived_subject : std::string("/") + key,
           shown.value(key, json()));
    const auto& reminder = shown["reminder"];
    bool is_set = reminder.value("is_set", false);
    walk(out, "/reminder", is_set ? reminder : json{{"is_set", false}});
  }
  walk_attachments(out, shown.value("attachments", json::array()));
  if (shown.contains("contact")) walk(out, "/contact", shown["contact"]);
  if (shown.contains("task")) walk_task(out, shown["task"]);
  if (shown.contains("appointment")) walk_appointment(out, shown);
  return out;
}

} // namespace simulate::model
