#include "tests/simulate/draw_items.hpp"

#include <nlohmann/json.hpp>

namespace simulate {

using nlohmann::json;

namespace {

const std::vector<std::string> subjects{"Lunch", "Lunch", "Re: Budget", "Äpfel & Birnen", "Minutes", "", "FW: <offer>"};
const std::vector<std::string> names{"Ann", "Bob", "Cid", "Dora"};
const std::vector<std::string> colours{"blue", "red", "green"};
const std::vector<std::string> zones{"UTC", "W. Europe Standard Time", "Eastern Standard Time"};

std::string day_of_january(int day) {
  return std::string("2026-01-") + (day < 10 ? "0" : "") + std::to_string(day);
}

} // namespace

json item_drawer::mail(const std::string& folder) {
  json made{{"do", "mail"}, {"folder", folder}, {"label", label()}, {"read", dice_.chance(40)}};
  const auto subject = dice_.one_of(subjects);
  if (!subject.empty()) made["subject"] = dice_.chance(50) ? subject : subject + " " + number();
  const int id = dice_.between(0, 99);
  if (id < 75)
    made["message_id"] = made.at("label").get<std::string>() + "@elsewhere.example";
  else if (id < 87)
    made["message_id"] = "often-" + std::to_string(dice_.below(3)) + "@elsewhere.example";
  made["received"] = dice_.chance(20) ? "2025-12-2" + std::to_string(dice_.below(10)) + "T07:00:00Z"
                                      : "2026-01-04T0" + std::to_string(dice_.below(10)) + ":00:00Z";
  if (folder == "drafts") made["draft"] = true;
  if (dice_.chance(20)) made["categories"] = {dice_.one_of(colours)};
  if (dice_.chance(15)) made["importance"] = "High";
  if (dice_.chance(15)) made["flag"] = "Flagged";
  if (dice_.chance(25)) made["file"] = "file of " + number();
  made["text"] = words();
  return made;
}

json item_drawer::contact(const std::string& folder) {
  json about = json::object();
  if (dice_.chance(85)) about["GivenName"] = dice_.one_of(names);
  if (dice_.chance(60)) about["Surname"] = dice_.chance(50) ? "Miller" : "Miller" + number();
  if (dice_.chance(40)) about["CompanyName"] = "Company " + number();
  if (dice_.chance(40)) about["EmailAddresses"] = {{"EmailAddress1", "a" + number() + "@elsewhere.example"}};
  if (dice_.chance(30)) about["PhoneNumbers"] = {{"MobilePhone", "+41 " + number()}, {"HomePhone", "+42 " + number()}};
  json made{{"do", "contact"}, {"folder", folder}, {"label", label()}, {"contact", about}, {"text", words()}};
  if (dice_.chance(15)) made["categories"] = {dice_.one_of(colours)};
  return made;
}

json item_drawer::task(const std::string& folder) {
  json about = json::object();
  if (dice_.chance(50)) about["DueDate"] = day_of_january(dice_.between(6, 28)) + "T00:00:00Z";
  if (dice_.chance(25)) about["PercentComplete"] = dice_.between(1, 90);
  if (dice_.chance(20)) {
    const auto day = day_of_january(dice_.between(6, 12)) + "T00:00:00Z";
    about["StartDate"] = about["DueDate"] = day;
    about["Recurrence"] = {{"Pattern", "DailyRecurrence"}, {"Interval", 1}, {"StartDate", day}};
  }
  json made{{"do", "task"}, {"folder", folder}, {"label", label()}, {"task", about}, {"text", words()}};
  made["subject"] = dice_.chance(60) ? "Task " + number() : dice_.one_of(subjects);
  if (dice_.chance(15)) made["categories"] = {dice_.one_of(colours)};
  return made;
}

json item_drawer::appointment(const std::string& folder) {
  const auto day = day_of_january(dice_.between(5, 12));
  const int hour = dice_.between(10, 18);
  json made{{"do", "appointment"},
            {"folder", folder},
            {"label", label()},
            {"subject", dice_.chance(60) ? "Meeting " + number() : dice_.one_of(subjects)},
            {"start", day + "T" + std::to_string(hour) + ":00:00"},
            {"end", day + "T" + std::to_string(hour) + ":45:00"},
            {"zone", dice_.one_of(zones)},
            {"text", words()}};
  if (dice_.chance(40)) made["location"] = "Room " + number();
  if (dice_.chance(40))
    made["recurrence"] = {{"pattern", "daily"}, {"interval", 1}, {"start", day}, {"count", dice_.between(4, 8)}};
  if (dice_.chance(15)) {
    made["required"] = {"carol@elsewhere.example"};
    if (dice_.chance(50))
      made["organizer"] = "dave@elsewhere.example";
    else
      made["sent"] = true;
  }
  return made;
}

json item_drawer::item(const std::string& kind, const std::string& folder) {
  if (kind == "contacts") return contact(folder);
  if (kind == "tasks") return task(folder);
  if (kind == "calendar") return appointment(folder);
  return mail(folder);
}

json item_drawer::edit(const std::string& kind) {
  json set = json::object();
  for (int fields = dice_.chance(30) ? dice_.between(2, 3) : 1; fields > 0; --fields) {
    const int which = dice_.between(0, 5);
    if (which == 0) set["subject"] = "Subject " + number();
    if (which == 1) set["categories"] = {dice_.one_of(colours), "category " + number()};
    if (which == 2 && kind != "calendar") set["importance"] = dice_.chance(50) ? "High" : "Low";
    if (which == 3) set["text"] = words();
    if (kind == "mail" && which == 4) set["flag"] = dice_.chance(50) ? "Flagged" : "NotFlagged";
    if (kind == "contacts" && which > 3)
      set["contact"] = which == 4 ? json{{"JobTitle", "Job " + number()}}
                                  : json{{"PhoneNumbers", {{"MobilePhone", "+41 " + number()}}}};
    if (kind == "tasks" && which > 3) set["task"] = {{which == 4 ? "BillingInformation" : "Mileage", number()}};
    if (kind == "calendar" && (which > 3 || which == 2)) set["location"] = "Room " + number();
  }
  if (set.empty()) set["subject"] = "Subject " + number();
  return {{"do", kind == "calendar" ? "edit appointment" : "edit"}, {"set", set}};
}

json item_drawer::act(const std::string& kind, const std::vector<std::string>& folders) {
  json act;
  const int which = dice_.between(0, 99);
  if (which < 34) {
    act = edit(kind);
  } else if (which < 46) {
    act = {{"do", dice_.chance(75) ? "delete" : "purge"}};
  } else if (which < 58) {
    act = {{"do", "move"}, {"to", dice_.one_of(folders)}};
  } else if (which < 62) {
    // Out of Deleted Items again.
    act = {{"do", "move"}, {"to", folders.front()}, {"from", "deleteditems"}};
  } else if (which < 66) {
    act = {{"do", "copy item"}, {"to", dice_.one_of(folders)}};
  } else if (which < 74) {
    act = {{"do", "attach"}, {"name", "file " + number() + ".txt"}, {"content", "content " + number()}};
  } else if (which < 78) {
    // Now and then of the size of what was there: most contents have as many letters.
    const auto content = (dice_.chance(20) ? "content " : "longer content ") + number();
    act = {{"do", "attach again"}, {"name", "a.bin"}, {"content", content}, {"with_file", true}};
  } else if (which < 81) {
    act = {{"do", "detach"}, {"name", "a.bin"}, {"with_file", true}};
  } else if (kind == "mail") {
    act = {{"do", "read"}, {"read", dice_.chance(65)}};
  } else if (kind == "calendar") {
    const auto day = day_of_january(dice_.between(5, 14));
    if (dice_.chance(60))
      act = {{"do", "edit occurrence"}, {"day", day}, {"set", {{"subject", "Occurrence " + number()}}}};
    else
      act = {{"do", "delete occurrence"}, {"day", day}};
  } else if (kind == "tasks") {
    act = {{"do", "edit"}, {"set", {{"task", {{"PercentComplete", 100}}}}}};
  } else {
    act = edit(kind);
  }
  act["pick"] = dice_.below(1'000'000);
  act["kind"] = kind;
  return act;
}

} // namespace simulate
