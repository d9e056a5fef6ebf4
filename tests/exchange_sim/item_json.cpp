#include "tests/exchange_sim/item_json.hpp"

#include "tests/exchange_sim/fields.hpp"
#include "tests/exchange_sim/session.hpp"

#include <array>

namespace exchange_sim {

namespace {

using nlohmann::json;

constexpr std::array contact_texts{
    "FileAs",      "FileAsMapping",  "DisplayName",        "GivenName",  "Initials",   "MiddleName", "Nickname",
    "CompanyName", "AssistantName",  "BusinessHomePage",   "Department", "Generation", "JobTitle",   "Manager",
    "Mileage",     "OfficeLocation", "PostalAddressIndex", "Profession", "SpouseName", "Surname"};
constexpr std::array contact_lists{"Children", "Companies"};
constexpr std::array contact_dictionaries{"EmailAddresses", "PhysicalAddresses", "PhoneNumbers", "ImAddresses"};

void put_time(json& into, const char* name, const std::optional<sys_time>& at) {
  if (at) into[name] = wire_time(*at);
}

std::optional<sys_time> take_time(fields& from, const char* name) {
  auto text = from.optional<std::string>(name);
  if (!text) return std::nullopt;
  auto at = parse_time(*text);
  if (!at) throw std::invalid_argument(std::string(name) + ": must be a time like 2026-01-31T00:00:00Z");
  return at;
}

template <class T>
void put(json& into, const char* name, const T& value) {
  if (value != T{}) into[name] = value;
}

template <class T>
void take(fields& from, const char* name, T& into) {
  if (auto value = from.optional<T>(name)) into = *value;
}

json recurrence_json(const task_recurrence& r) {
  json out{{"Pattern", r.pattern}, {"Interval", r.interval}, {"Range", r.range}, {"StartDate", wire_time(r.start)}};
  put(out, "DaysOfWeek", r.days);
  put(out, "DayOfWeekIndex", r.index);
  put(out, "DayOfMonth", r.day_of_month);
  put(out, "Month", r.month);
  put(out, "FirstDayOfWeek", r.first_day_of_week);
  put(out, "NumberOfOccurrences", r.count);
  put_time(out, "EndDate", r.end);
  return out;
}

task_recurrence recurrence_from(const json& given) {
  fields from(given, "Recurrence.");
  task_recurrence r;
  r.pattern = from.required<std::string>("Pattern");
  take(from, "Interval", r.interval);
  r.range = from.optional<std::string>("Range").value_or("NoEndRecurrence");
  auto start = take_time(from, "StartDate");
  if (!start) throw std::invalid_argument("Recurrence.StartDate: is missing");
  r.start = *start;
  take(from, "DaysOfWeek", r.days);
  take(from, "DayOfWeekIndex", r.index);
  take(from, "DayOfMonth", r.day_of_month);
  take(from, "Month", r.month);
  take(from, "FirstDayOfWeek", r.first_day_of_week);
  take(from, "NumberOfOccurrences", r.count);
  r.end = take_time(from, "EndDate");
  from.finish();
  return r;
}

} // namespace

json contact_json(const contact_data& contact) {
  json out = json::object();
  for (const auto& [name, text] : contact.text)
    out[name] = text;
  for (const auto& [name, list] : contact.lists)
    out[name] = list;
  for (const auto& [name, entries] : contact.entries)
    out[name] = entries;
  put_time(out, "Birthday", contact.birthday);
  put_time(out, "WeddingAnniversary", contact.wedding_anniversary);
  for (const auto& who : contact.members)
    out["Members"].push_back({{"Name", who.name}, {"EmailAddress", who.email}, {"RoutingType", who.routing}});
  return out;
}

contact_data contact_from(const json& given) {
  fields from(given);
  contact_data out;
  for (const char* name : contact_texts)
    if (auto text = from.optional<std::string>(name); text && !text->empty()) out.text[name] = *text;
  for (const char* name : contact_lists)
    if (auto list = from.optional<std::vector<std::string>>(name); list && !list->empty()) out.lists[name] = *list;
  for (const char* name : contact_dictionaries)
    if (auto entries = from.optional<std::map<std::string, std::string>>(name); entries && !entries->empty())
      out.entries[name] = *entries;
  out.birthday = take_time(from, "Birthday");
  out.wedding_anniversary = take_time(from, "WeddingAnniversary");
  for (const auto& one : from.optional<json>("Members").value_or(json::array())) {
    fields member(one, "Members.");
    out.members.push_back({member.optional<std::string>("Name").value_or(""),
                           member.required<std::string>("EmailAddress"),
                           member.optional<std::string>("RoutingType").value_or("SMTP")});
    member.finish();
  }
  from.finish();
  return out;
}

json task_json(const task_data& task) {
  json out{{"Status", task.status}, {"PercentComplete", task.percent}, {"ChangeCount", task.change_count}};
  if (task.actual_work) out["ActualWork"] = *task.actual_work;
  if (task.total_work) out["TotalWork"] = *task.total_work;
  put(out, "BillingInformation", task.billing);
  put(out, "Mileage", task.mileage);
  put(out, "Owner", task.owner);
  put(out, "Companies", task.companies);
  put(out, "Contacts", task.contacts);
  put_time(out, "StartDate", task.start);
  put_time(out, "DueDate", task.due);
  put_time(out, "CompleteDate", task.complete);
  if (task.recurrence) out["Recurrence"] = recurrence_json(*task.recurrence);
  return out;
}

task_data task_from(const json& given) {
  fields from(given);
  task_data task;
  take(from, "Status", task.status);
  take(from, "PercentComplete", task.percent);
  take(from, "ChangeCount", task.change_count);
  task.actual_work = from.optional<int>("ActualWork");
  task.total_work = from.optional<int>("TotalWork");
  take(from, "BillingInformation", task.billing);
  take(from, "Mileage", task.mileage);
  take(from, "Owner", task.owner);
  take(from, "Companies", task.companies);
  take(from, "Contacts", task.contacts);
  task.start = take_time(from, "StartDate");
  task.due = take_time(from, "DueDate");
  task.complete = take_time(from, "CompleteDate");
  if (auto recurrence = from.optional<json>("Recurrence")) task.recurrence = recurrence_from(*recurrence);
  from.finish();
  return task;
}

} // namespace exchange_sim
