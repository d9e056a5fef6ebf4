// Time zones as EWS writes them: TimeZoneDefinitionType since 2010, TimeZoneType of 2007.
#include "tests/exchange_sim/recurrence.hpp"
#include "tests/exchange_sim/time_zones.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace exchange_sim {

namespace {

std::string minutes_text(int minutes) {
  return (minutes < 0 ? "-PT" : "PT") + std::to_string(std::abs(minutes)) + "M";
}

std::string clock_text(int minute) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%02d:%02d:00", minute / 60, minute % 60);
  return text.data();
}

/// "02:00:00" and more; the minute of the day.
int clock_minute(const std::string& text) {
  int hours = 0, minutes = 0;
  std::sscanf(text.c_str(), "%2d:%2d", &hours, &minutes);
  return hours * 60 + minutes;
}

std::optional<zone_change> read_yearly(node change) {
  auto yearly = change.child("RelativeYearlyRecurrence");
  if (!yearly) return std::nullopt;
  zone_change out;
  out.weekday = weekday_number(yearly.child("DaysOfWeek").text());
  out.week = week_number(yearly.child("DayOfWeekIndex").text());
  out.month = month_number(yearly.child("Month").text());
  out.minute = clock_minute(change.child("Time").text());
  if (out.weekday < 0) return std::nullopt;
  return out;
}

} // namespace

std::optional<int> duration_minutes(std::string_view text) {
  bool negative = text.starts_with("-");
  if (negative) text.remove_prefix(1);
  if (!text.starts_with("P")) return std::nullopt;
  text.remove_prefix(1);
  double minutes = 0;
  bool time = false;
  while (!text.empty()) {
    if (text[0] == 'T') {
      time = true;
      text.remove_prefix(1);
      continue;
    }
    std::string digits(text.substr(0, text.find_first_not_of("0123456789.")));
    if (digits.empty() || digits.size() == text.size()) return std::nullopt;
    auto value = std::strtod(digits.c_str(), nullptr);
    char unit = text[digits.size()];
    text.remove_prefix(digits.size() + 1);
    if (unit == 'D' && !time)
      minutes += value * 1440;
    else if (unit == 'H' && time)
      minutes += value * 60;
    else if (unit == 'M' && time)
      minutes += value;
    else if (unit == 'S' && time)
      minutes += value / 60;
    else
      return std::nullopt;
  }
  return static_cast<int>(negative ? -minutes : minutes);
}

std::optional<time_zone> read_meeting_zone(node element) {
  auto name = element.attribute_or("TimeZoneName", "");
  if (auto known = zone_called(name)) return known;
  // Offsets are written as what leads from local time to UTC: positive in the west.
  auto base = duration_minutes(element.child("BaseOffset").text());
  if (!base) return std::nullopt;
  zone_rule rule;
  rule.standard = rule.daylight = -*base;
  if (auto standard = element.child("Standard")) {
    auto daylight = element.child("Daylight");
    rule.standard = -*base - duration_minutes(standard.child("Offset").text()).value_or(0);
    rule.daylight = -*base - duration_minutes(daylight.child("Offset").text()).value_or(0);
    rule.to_standard = read_yearly(standard);
    rule.to_daylight = read_yearly(daylight);
    if (!rule.to_standard || !rule.to_daylight) return std::nullopt;
  }
  return time_zone{name.empty() ? "Customized Time Zone" : name, "", rule};
}

std::optional<time_zone> read_zone_definition(node element) {
  auto id = element.attribute_or("Id", "");
  if (auto known = zone_called(id)) return known;
  std::map<std::string, int> offsets;
  for (auto period : element.child("Periods").children())
    if (auto bias = duration_minutes(period.attribute_or("Bias", ""))) offsets[period.attribute_or("Id", "")] = -*bias;
  if (offsets.empty()) return std::nullopt;
  zone_rule rule;
  rule.standard = rule.daylight = offsets.begin()->second;
  // The last group is the one that holds today and from now on.
  auto groups = element.child("TransitionsGroups").children();
  if (!groups.empty()) {
    std::vector<std::pair<int, zone_change>> changes;
    for (auto transition : groups.back().children()) {
      auto at = offsets.find(transition.child("To").text());
      if (at == offsets.end()) return std::nullopt;
      rule.standard = rule.daylight = at->second;
      if (!transition.is("RecurringDayTransition")) continue;
      zone_change change;
      change.month = std::atoi(transition.child("Month").text().c_str());
      auto occurrence = std::atoi(transition.child("Occurrence").text().c_str());
      change.week = occurrence < 0 ? 5 : occurrence;
      change.weekday = weekday_number(transition.child("DayOfWeek").text());
      change.minute = duration_minutes(transition.child("TimeOffset").text()).value_or(0);
      if (change.weekday < 0 || change.month < 1 || change.month > 12) return std::nullopt;
      changes.emplace_back(at->second, change);
    }
    if (changes.size() == 2) {
      auto [a, b] = std::pair(changes[0], changes[1]);
      if (a.first > b.first) std::swap(a, b);
      rule.standard = a.first;
      rule.daylight = b.first;
      rule.to_standard = a.second;
      rule.to_daylight = b.second;
    }
  }
  return time_zone{id.empty() ? "Customized Time Zone" : id, element.attribute_or("Name", ""), rule};
}

void write_zone_definition(xml_writer& out, std::string_view element, const time_zone& zone, bool full, sys_time at) {
  attributes with{{"Id", zone.id}, {"Name", shown_name(zone)}};
  if (!full) {
    out.empty(element, with);
    return;
  }
  auto rule = rule_at(zone, at);
  bool changes = rule.to_standard && rule.to_daylight;
  out.open(element, with);
  out.open("t:Periods");
  out.empty("t:Period", {{"Bias", minutes_text(-rule.standard)}, {"Name", "Standard"}, {"Id", "std"}});
  if (changes) out.empty("t:Period", {{"Bias", minutes_text(-rule.daylight)}, {"Name", "Daylight"}, {"Id", "dlt"}});
  out.close();
  out.open("t:TransitionsGroups");
  out.open("t:TransitionsGroup", {{"Id", "0"}});
  auto transition = [&](const char* to, const zone_change& change) {
    out.open("t:RecurringDayTransition");
    out.leaf("t:To", to, {{"Kind", "Period"}});
    out.leaf("t:TimeOffset", minutes_text(change.minute));
    out.leaf("t:Month", std::to_string(change.month));
    out.leaf("t:DayOfWeek", weekday_name(change.weekday));
    out.leaf("t:Occurrence", change.week == 5 ? "-1" : std::to_string(change.week));
    out.close();
  };
  if (changes) {
    transition("std", *rule.to_standard);
    transition("dlt", *rule.to_daylight);
  } else {
    out.open("t:Transition");
    out.leaf("t:To", "std", {{"Kind", "Period"}});
    out.close();
  }
  out.close();
  out.close();
  out.open("t:Transitions");
  out.open("t:Transition");
  out.leaf("t:To", "0", {{"Kind", "Group"}});
  out.close();
  out.close();
  out.close();
}

void write_meeting_zone(xml_writer& out, const time_zone& zone, sys_time at) {
  auto rule = rule_at(zone, at);
  out.open("t:MeetingTimeZone", {{"TimeZoneName", zone.id}});
  out.leaf("t:BaseOffset", minutes_text(-rule.standard));
  if (rule.to_standard && rule.to_daylight) {
    auto change = [&](const char* element, const char* name, int offset, const zone_change& when) {
      out.open(element, {{"TimeZoneName", name}});
      out.leaf("t:Offset", minutes_text(rule.standard - offset));
      out.open("t:RelativeYearlyRecurrence");
      out.leaf("t:DaysOfWeek", weekday_name(when.weekday));
      out.leaf("t:DayOfWeekIndex", week_name(when.week));
      out.leaf("t:Month", month_name(when.month));
      out.close();
      out.leaf("t:Time", clock_text(when.minute));
      out.close();
    };
    change("t:Standard", "Standard", rule.standard, *rule.to_standard);
    change("t:Daylight", "Daylight", rule.daylight, *rule.to_daylight);
  }
  out.close();
}

} // namespace exchange_sim
