// What users do, as commands of exchange-sim.
#include "tests/simulate/stage.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace simulate {

using nlohmann::json;

namespace {

/// A body with its label: whoever edits the text leaves it there.
std::string body_of(const json& act, const std::string& label) {
  return act.value("text", std::string("Nothing much.")) + "\n" + label;
}

/// When it was sent: two mails that were given one Message-ID have two dates.
std::string date_of(const json& act) {
  int year = 2026, month = 1, day = 4, hour = 7, minute = 0, second = 0;
  const auto received = act.value("received", std::string());
  std::sscanf(received.c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second);
  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  const char* const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  const char* const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d +0000", days[std::chrono::weekday(date).c_encoding()],
                day, months[month - 1], year, hour, minute, second);
  return text;
}

std::string mime_of(const json& act) {
  std::string mime = "From: Bob <bob@elsewhere.example>\r\nTo: ann@hq.example\r\n";
  if (act.contains("subject")) mime += "Subject: " + act.at("subject").get<std::string>() + "\r\n";
  if (act.contains("message_id")) mime += "Message-ID: <" + act.at("message_id").get<std::string>() + ">\r\n";
  mime += "Date: " + date_of(act) + "\r\nMIME-Version: 1.0\r\n";
  auto text = body_of(act, act.at("label"));
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2)
    text.replace(at, 1, "\r\n");
  if (!act.contains("file")) return mime + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n";
  return mime +
         "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" +
         text +
         "\r\n--b\r\nContent-Type: application/octet-stream; name=\"a.bin\"\r\n"
         "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"a.bin\"\r\n\r\n" +
         base64(act.at("file").get<std::string>()) + "\r\n--b--\r\n";
}

/// The fields of `from` that are named, as they are.
void take(json& into, const json& from, const std::vector<const char*>& names) {
  for (const char* name : names)
    if (from.contains(name)) into[name] = from.at(name);
}

json made_item(const json& act) {
  const std::string what = act.at("do");
  json command{{"folder", act.at("folder")}};
  if (what == "mail") {
    command["do"] = "add_message";
    command["mime"] = mime_of(act);
    take(command, act, {"read", "draft", "received", "categories", "importance", "sensitivity", "flag"});
    return command;
  }
  command["body"] = body_of(act, act.at("label"));
  take(command, act, {"subject", "categories", "importance", "sensitivity"});
  if (what == "contact") {
    command["do"] = "add_contact";
    take(command, act, {"contact"});
  } else if (what == "task") {
    command["do"] = "add_task";
    take(command, act, {"task"});
  } else {
    command["do"] = "add_appointment";
    take(command, act,
         {"start", "end", "zone", "location", "all_day", "required", "recurrence", "uid", "organizer", "response",
          "sent", "reminder"});
  }
  return command;
}

} // namespace

std::string stage::item_of(const std::string& who, json& act) {
  const auto& all = watcher_.items(who);
  if (act.contains("label")) {
    int copy = act.value("copy", 0);
    const auto label = act.at("label").get<std::string>();
    // Who finds two of it in the moment in which a list has shown one, and means the first.
    if (act.value("beside", false)) {
      const auto& seen = watcher_.recorder().so_far();
      const auto lie = std::count_if(all.begin(), all.end(), [&](const auto& one) {
        return one.second.label == label && !one.second.folder.starts_with("deleteditems");
      });
      const bool shown =
          !seen.steps.empty() &&
          std::any_of(seen.steps.back().told.begin(), seen.steps.back().told.end(), [&](const model::told& one) {
            const auto known = seen.labels.find(one.item);
            return known != seen.labels.end() && known->second == label;
          });
      if (lie < 2 || !shown) return {};
    }
    for (const auto& [key, i] : all)
      if (i.label == label && copy-- == 0) return i.id;
    return {};
  }
  const auto kind = act.at("kind").get<std::string>();
  const auto from = act.value("from", std::string());
  std::vector<const watcher::sight*> open;
  for (const auto& [key, one] : all) {
    const auto made = made_.find(one.label);
    if (made == made_.end() || made->second.kind != kind) continue;
    if (from.empty() ? one.folder.starts_with("deleteditems") : one.folder != from) continue;
    if (act.value("with_file", false) && made->second.files.empty()) continue;
    if (act.value("written", false) &&
        std::find(being_written_.begin(), being_written_.end(), one.label) == being_written_.end())
      continue;
    open.push_back(&one);
  }
  const auto pick = act.at("pick").get<std::uint64_t>();
  const bool with_file = act.value("with_file", false);
  for (const char* name : {"pick", "kind", "from", "with_file", "written"})
    act.erase(name);
  if (open.empty()) return {};
  const auto& chosen = *open[pick % open.size()];
  int copy = 0;
  for (const auto& [key, one] : all)
    if (&one == &chosen)
      break;
    else if (one.label == chosen.label)
      ++copy;
  act["label"] = chosen.label;
  if (copy > 0) act["copy"] = copy;
  const auto& files = made_.at(chosen.label).files;
  if (with_file) act["name"] = files[pick % files.size()];
  return chosen.id;
}

/// What came of it: empty where it was done, else why not.
std::string stage::user_act(const std::string& who, json& act) {
  const std::string what = act.at("do");
  json command;
  if (what == "mail" || what == "contact" || what == "task" || what == "appointment") {
    command = made_item(act);
  } else if (act.contains("pick") || act.contains("label")) {
    const auto id = item_of(who, act);
    if (id.empty()) return "there is no such item";
    const auto& all = watcher_.items(who);
    if (what == "move" && std::any_of(all.begin(), all.end(), [&](const auto& one) {
          return one.second.id == id && one.second.folder == act.at("to");
        }))
      return "it lies there already";
    command = {{"item", id}};
    const auto set_body = [&](json& set) {
      if (!set.contains("text")) return;
      command["body"] = body_of(set, act.at("label"));
      set.erase("text");
    };
    if (what == "edit" || what == "edit under key" || what == "edit appointment" || what == "edit occurrence") {
      command["do"] = what == "edit"              ? "user_edit"
                      : what == "edit under key"  ? "change_under_key"
                      : what == "edit occurrence" ? "user_edit_occurrence"
                                                  : "user_edit_appointment";
      json set = act.at("set");
      set_body(set);
      command.update(set);
      if (what == "edit occurrence") command["occurrence"] = act.at("day");
    } else if (what == "delete occurrence") {
      command["do"] = "user_delete_occurrence";
      command["occurrence"] = act.at("day");
    } else if (what == "read") {
      command["do"] = "user_mark_read";
      command["read"] = act.at("read");
    } else if (what == "move" || what == "copy item") {
      command["do"] = what == "move" ? "user_move" : "user_copy";
      command["to"] = act.at("to");
    } else if (what == "delete" || what == "purge") {
      command["do"] = "user_" + what;
    } else if (what == "attach") {
      command["do"] = "user_add_attachment";
      command["type"] = "text/plain";
      take(command, act, {"name", "content", "photo"});
    } else if (what == "attach again") {
      command["do"] = "user_replace_attachment";
      take(command, act, {"name", "content"});
    } else if (what == "detach") {
      command["do"] = "user_remove_attachment";
      take(command, act, {"name"});
    } else if (what == "touch") {
      command["do"] = "touch_change_key";
    } else {
      return "no such act: " + what;
    }
  } else {
    command = act; // about folders: exchange-sim's own words
  }
  command["mailbox"] = box_of(who);
  command["server"] = server_of(who);
  const auto told = control(command);
  if (!told.contains("error") && act.contains("label")) {
    auto& known = made_[act.at("label").get<std::string>()];
    if (act.contains("folder"))
      known.kind = what == "mail" ? "mail" : what == "contact" ? "contacts" : what == "task" ? "tasks" : "calendar";
    if (act.contains("file")) known.files.push_back("a.bin");
    if (what == "attach") known.files.push_back(act.at("name"));
  }
  return told.contains("error") ? told.at("error").get<std::string>() : std::string();
}

} // namespace simulate
