// Appointments as JSON: for the control interface, for `contents` and for the state file.
#include "tests/exchange_sim/calendar_json.hpp"

#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/fields.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

using nlohmann::json;

namespace {

constexpr std::array<const char*, 6> pattern_words{"daily",  "weekly",         "monthly", "monthly_relative",
                                                   "yearly", "yearly_relative"};

local_day day_from(const std::string& field, const std::string& text) {
  auto day = parse_day(text);
  if (!day) throw std::invalid_argument(field + ": must be a date like 2026-01-31");
  return *day;
}

json time_json(const std::optional<sys_time>& at) {
  return at ? json(at->time_since_epoch().count()) : json(nullptr);
}
std::optional<sys_time> time_from(const json& j) {
  if (j.is_null()) return std::nullopt;
  return sys_time(std::chrono::milliseconds(j.get<std::int64_t>()));
}

bool is_yearly(const recurrence& r) {
  return r.kind == recurrence_kind::yearly || r.kind == recurrence_kind::yearly_relative;
}
bool is_relative(const recurrence& r) {
  return r.kind == recurrence_kind::monthly_relative || r.kind == recurrence_kind::yearly_relative;
}

} // namespace

json recurrence_json(const recurrence& r) {
  json out{{"pattern", pattern_words.at(static_cast<std::size_t>(r.kind))}, {"start", day_text(r.start)}};
  if (!is_yearly(r)) out["interval"] = r.interval;
  if (r.kind == recurrence_kind::weekly) {
    out["days"] = json::array();
    for (int i = 0; i < 7; ++i)
      if ((r.days >> i & 1U) != 0) out["days"].push_back(weekday_name(i));
    out["first_day"] = weekday_name(r.first_day);
  }
  if (is_relative(r)) {
    out["days"] = json::array({words_of_days(r.days)});
    out["week"] = week_name(r.week);
  }
  if (r.kind == recurrence_kind::monthly || r.kind == recurrence_kind::yearly) out["day_of_month"] = r.day_of_month;
  if (is_yearly(r)) out["month"] = month_name(r.month);
  if (r.ends == recurrence_end::date) out["end"] = day_text(r.end);
  if (r.ends == recurrence_end::count) out["count"] = r.count;
  return out;
}

recurrence recurrence_from_json(const json& given) {
  fields from(given, "recurrence.");
  recurrence r;
  auto pattern = from.required<std::string>("pattern");
  auto at = std::find(pattern_words.begin(), pattern_words.end(), pattern);
  if (at == pattern_words.end()) throw std::invalid_argument("recurrence.pattern: no such pattern: " + pattern);
  r.kind = static_cast<recurrence_kind>(at - pattern_words.begin());
  r.start = day_from("recurrence.start", from.required<std::string>("start"));
  r.interval = from.optional<int>("interval").value_or(1);
  for (const auto& word : from.optional<std::vector<std::string>>("days").value_or(std::vector<std::string>{})) {
    auto days = days_of_word(word);
    if (days == 0) throw std::invalid_argument("recurrence.days: no such day: " + word);
    r.days |= days;
  }
  r.week = week_number(from.optional<std::string>("week").value_or("First"));
  r.day_of_month = from.optional<int>("day_of_month").value_or(0);
  r.month = month_number(from.optional<std::string>("month").value_or("January"));
  r.first_day = weekday_number(from.optional<std::string>("first_day").value_or("Sunday"));
  if (r.week == 0) throw std::invalid_argument("recurrence.week: must be First, Second, Third, Fourth or Last");
  if (r.month == 0) throw std::invalid_argument("recurrence.month: must be the name of a month");
  if (r.first_day < 0) throw std::invalid_argument("recurrence.first_day: must be the name of a weekday");
  if (auto end = from.optional<std::string>("end")) {
    r.ends = recurrence_end::date;
    r.end = day_from("recurrence.end", *end);
  } else if (auto count = from.optional<int>("count")) {
    r.ends = recurrence_end::count;
    r.count = *count;
  }
  from.finish();
  // What a pattern does not use says nothing: two that mean the same are the same.
  if (!is_relative(r)) r.week = 0;
  if (!is_yearly(r)) r.month = 0;
  if (r.kind != recurrence_kind::weekly) r.first_day = 0;
  return r;
}

static void to_json(json& j, const attendee& a) {
  j = {a.name, a.email, a.routing, a.response, time_json(a.replied)};
}
static void from_json(const json& j, attendee& a) {
  a = {j.at(0), j.at(1), j.at(2), j.at(3), time_from(j.at(4))};
}

static void to_json(json& j, const zone_change& c) {
  j = {c.month, c.week, c.weekday, c.minute};
}
static void from_json(const json& j, zone_change& c) {
  c = {j.at(0), j.at(1), j.at(2), j.at(3)};
}

static json change_json(const std::optional<zone_change>& c) {
  return c ? json(*c) : json(nullptr);
}
static std::optional<zone_change> change_from(const json& j) {
  if (j.is_null()) return std::nullopt;
  return j.get<zone_change>();
}

static void to_json(json& j, const time_zone& z) {
  j = {{"id", z.id}, {"name", z.name}};
  if (z.own)
    j["own"] = {z.own->standard, z.own->daylight, change_json(z.own->to_standard), change_json(z.own->to_daylight)};
}
static void from_json(const json& j, time_zone& z) {
  z.id = j.at("id");
  z.name = j.at("name");
  if (j.contains("own")) {
    const auto& own = j.at("own");
    z.own = zone_rule{own.at(0), own.at(1), change_from(own.at(2)), change_from(own.at(3))};
  }
}

/// One list of the plain members, used to write and to read.
template <class Appointment, class Visit>
static void plain_members(Appointment& c, Visit visit) {
  visit("start_zone", c.start_zone);
  visit("end_zone", c.end_zone);
  visit("all_day", c.all_day);
  visit("free_busy", c.free_busy);
  visit("location", c.location);
  visit("when", c.when);
  visit("required", c.required);
  visit("optional", c.optional);
  visit("resources", c.resources);
  visit("my_response", c.my_response);
  visit("state", c.state);
  visit("sequence", c.sequence);
  visit("request_sent", c.request_sent);
  visit("response_requested", c.response_requested);
  visit("new_time_proposal", c.new_time_proposal);
  visit("online", c.online);
  visit("workspace_url", c.workspace_url);
  visit("net_show_url", c.net_show_url);
  visit("uid", c.uid);
}

json calendar_json(const appointment& c, const std::function<json(const item&)>& item_json) {
  json j{{"start", time_json(c.start)},
         {"end", time_json(c.end)},
         {"replied", time_json(c.replied)},
         {"organizer", c.organizer ? json(*c.organizer) : json(nullptr)},
         {"conference", c.conference_type ? json(*c.conference_type) : json(nullptr)},
         {"global_id", base64(c.clean_global_id)},
         {"repeats", c.repeats ? recurrence_json(*c.repeats) : json(nullptr)},
         {"changed", json::array()},
         {"deleted", json::array()}};
  plain_members(c, [&](const char* name, const auto& member) { j[name] = member; });
  for (const auto& [day, change] : c.changed) {
    auto values = item_json(change.values.front());
    const auto& shows = *change.values.front().calendar->shows;
    j["changed"].push_back({{"day", day_text(day)},
                            {"pieces", change.pieces},
                            {"original_start", time_json(shows.original_start)},
                            {"item", values}});
  }
  for (auto day : c.deleted)
    j["deleted"].push_back(day_text(day));
  return j;
}

appointment calendar_from(const json& j, const std::function<item(const json&)>& item_from) {
  appointment c;
  c.start = time_from(j.at("start")).value_or(sys_time{});
  c.end = time_from(j.at("end")).value_or(sys_time{});
  c.replied = time_from(j.at("replied"));
  if (!j.at("organizer").is_null()) c.organizer = j.at("organizer").get<attendee>();
  if (!j.at("conference").is_null()) c.conference_type = j.at("conference").get<int>();
  c.clean_global_id = from_base64(j.at("global_id").get<std::string>()).value_or("");
  if (!j.at("repeats").is_null()) c.repeats = recurrence_from_json(j.at("repeats"));
  plain_members(c, [&](const char* name, auto& member) { j.at(name).get_to(member); });
  for (const auto& one : j.at("changed")) {
    auto day = day_from("day", one.at("day"));
    changed_occurrence change;
    one.at("pieces").get_to(change.pieces);
    change.values.push_back(item_from(one.at("item")));
    change.values.front().calendar->shows =
        occurrence_place{day, time_from(one.at("original_start")).value_or(sys_time{}), true};
    c.changed.emplace(day, std::move(change));
  }
  for (const auto& day : j.at("deleted"))
    c.deleted.insert(day_from("deleted", day));
  return c;
}

namespace {

json addresses(const std::vector<attendee>& list) {
  json out = json::array();
  for (const auto& who : list)
    out.push_back(lower(who.email));
  return out;
}

json own_values(const item& i, const std::function<std::string(const item&)>& body_digest) {
  const auto& c = *i.calendar;
  auto categories = i.categories;
  std::sort(categories.begin(), categories.end());
  return {{"subject", i.subject},
          {"body_sha256", body_digest(i)},
          {"categories", categories},
          {"importance", i.importance},
          {"sensitivity", i.sensitivity},
          {"reminder", i.reminder_is_set ? json(i.reminder_minutes) : json(nullptr)},
          {"start", wire_time(c.start)},
          {"end", wire_time(c.end)},
          {"all_day", c.all_day},
          {"free_busy", c.free_busy},
          {"location", c.location},
          {"when", c.when},
          {"required", addresses(c.required)},
          {"optional", addresses(c.optional)},
          {"resources", addresses(c.resources)}};
}

} // namespace

json appointment_shown(const item& i, const std::function<std::string(const item&)>& body_digest) {
  const auto& c = *i.calendar;
  auto out = own_values(i, body_digest);
  // These stand beside, for items of every class.
  for (const char* name : {"subject", "body_sha256", "categories", "importance", "sensitivity"})
    out.erase(name);
  out["start_zone"] = c.start_zone.id;
  out["end_zone"] = c.end_zone.id;
  out["type"] = c.repeats ? "RecurringMaster" : "Single";
  out["state"] = c.state;
  out["is_meeting"] = (c.state & 1) != 0;
  out["my_response"] = c.my_response;
  out["organizer"] = c.organizer ? json(lower(c.organizer->email)) : json(nullptr);
  out["request_sent"] = c.request_sent;
  out["response_requested"] = c.response_requested;
  out["new_time_proposal"] = c.new_time_proposal;
  out["online"] = c.online;
  out["conference_type"] = c.conference_type ? json(*c.conference_type) : json(nullptr);
  out["workspace_url"] = c.workspace_url;
  out["net_show_url"] = c.net_show_url;
  out["uid"] = c.uid;
  out["recurrence"] = c.repeats ? recurrence_json(*c.repeats) : json(nullptr);
  out["modified"] = json::array();
  out["deleted"] = json::array();
  for (const auto& [day, change] : c.changed)
    if (auto one = occurrence_of(i, day)) {
      auto values = own_values(*one, body_digest);
      values["day"] = day_text(day);
      values["original_start"] = wire_time(one->calendar->shows->original_start);
      values["own"] = change.pieces;
      out["modified"].push_back(std::move(values));
    }
  for (auto day : c.deleted)
    out["deleted"].push_back(day_text(day));
  return out;
}

} // namespace exchange_sim
