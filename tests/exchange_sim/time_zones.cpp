#include "tests/exchange_sim/time_zones.hpp"

#include <unicode/basictz.h>
#include <unicode/simpletz.h>
#include <unicode/strenum.h>
#include <unicode/timezone.h>
#include <unicode/tzrule.h>

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

namespace exchange_sim {

namespace {

using std::chrono::milliseconds;

constexpr int ms_a_minute = 60'000;
constexpr std::string_view tzone_utc = "tzone://Microsoft/Utc";

std::optional<icu::UnicodeString> icu_id(std::string_view windows_id) {
  if (windows_id == "UTC" || windows_id == tzone_utc) return icu::UnicodeString("Etc/UTC");
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString id;
  icu::TimeZone::getIDForWindowsID(icu::UnicodeString(std::string(windows_id).c_str()), nullptr, id, error);
  if (U_FAILURE(error) || id.isEmpty()) return std::nullopt;
  return id;
}

/// ICU counts weeks from the front, or from the end with -1.
int icu_week(const zone_change& change) {
  return change.week == 5 ? -1 : change.week;
}

std::unique_ptr<icu::BasicTimeZone> make_zone(const time_zone& zone) {
  if (!zone.own) {
    auto id = icu_id(zone.id).value_or(icu::UnicodeString("Etc/UTC"));
    return std::unique_ptr<icu::BasicTimeZone>(dynamic_cast<icu::BasicTimeZone*>(icu::TimeZone::createTimeZone(id)));
  }
  const auto& rule = *zone.own;
  icu::UnicodeString name(zone.id.c_str());
  if (!rule.to_standard || !rule.to_daylight || rule.daylight == rule.standard)
    return std::make_unique<icu::SimpleTimeZone>(rule.standard * ms_a_minute, name);
  UErrorCode error = U_ZERO_ERROR;
  const auto &on = *rule.to_daylight, &off = *rule.to_standard;
  return std::make_unique<icu::SimpleTimeZone>(
      rule.standard * ms_a_minute, name, static_cast<int8_t>(on.month - 1), static_cast<int8_t>(icu_week(on)),
      static_cast<int8_t>(on.weekday + 1), on.minute * ms_a_minute, icu::SimpleTimeZone::WALL_TIME,
      static_cast<int8_t>(off.month - 1), static_cast<int8_t>(icu_week(off)), static_cast<int8_t>(off.weekday + 1),
      off.minute * ms_a_minute, icu::SimpleTimeZone::WALL_TIME, (rule.daylight - rule.standard) * ms_a_minute, error);
}

const icu::BasicTimeZone& icu_zone(const time_zone& zone) {
  // Zones of the table are made once for each thread; those with rules of their own are rare.
  thread_local std::map<std::string, std::unique_ptr<icu::BasicTimeZone>, std::less<>> made;
  auto key = zone.id;
  if (zone.own) {
    key += "\n" + std::to_string(zone.own->standard) + "/" + std::to_string(zone.own->daylight);
    for (const auto& change : {zone.own->to_standard, zone.own->to_daylight})
      if (change)
        key += "/" + std::to_string(change->month) + "." + std::to_string(change->week) + "." +
               std::to_string(change->weekday) + "." + std::to_string(change->minute);
  }
  auto& at = made[key];
  if (!at) at = make_zone(zone);
  return *at;
}

struct zone_name {
  const char *id, *name;
};

// Exchange's display names of zones that people here meet; the others are named by their offset and Windows name.
constexpr std::array names{
    zone_name{"UTC", "(UTC) Coordinated Universal Time"},
    zone_name{"W. Europe Standard Time", "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"},
    zone_name{"Romance Standard Time", "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"},
    zone_name{"GMT Standard Time", "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"},
    zone_name{"Pacific Standard Time", "(UTC-08:00) Pacific Time (US & Canada)"},
    zone_name{"Mountain Standard Time", "(UTC-07:00) Mountain Time (US & Canada)"},
    zone_name{"Central Standard Time", "(UTC-06:00) Central Time (US & Canada)"},
    zone_name{"Eastern Standard Time", "(UTC-05:00) Eastern Time (US & Canada)"},
    zone_name{"India Standard Time", "(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"},
    zone_name{"Tokyo Standard Time", "(UTC+09:00) Osaka, Sapporo, Tokyo"},
    zone_name{"AUS Eastern Standard Time", "(UTC+10:00) Canberra, Melbourne, Sydney"},
};

zone_change change_of(const icu::AnnualTimeZoneRule& rule, int offset_before) {
  const auto& when = *rule.getRule();
  zone_change out;
  out.month = when.getRuleMonth() + 1;
  out.weekday = when.getRuleDayOfWeek() - 1;
  switch (when.getDateRuleType()) {
  case icu::DateTimeRule::DOW:
    out.week = when.getRuleWeekInMonth() < 0 ? 5 : when.getRuleWeekInMonth();
    break;
  case icu::DateTimeRule::DOW_GEQ_DOM:
    out.week = (when.getRuleDayOfMonth() - 1) / 7 + 1;
    break;
  case icu::DateTimeRule::DOW_LEQ_DOM:
    out.week = when.getRuleDayOfMonth() > 28 ? 5 : (when.getRuleDayOfMonth() - 1) / 7;
    break;
  case icu::DateTimeRule::DOM:
    out.week = (when.getRuleDayOfMonth() - 1) / 7 + 1;
    out.weekday = 0;
    break;
  }
  auto in_day = static_cast<int>(when.getRuleMillisInDay() / ms_a_minute);
  if (when.getTimeRuleType() == icu::DateTimeRule::UTC_TIME) in_day += offset_before;
  out.minute = (in_day % 1440 + 1440) % 1440;
  return out;
}

} // namespace

std::optional<time_zone> zone_called(std::string_view windows_id) {
  if (!icu_id(windows_id)) return std::nullopt;
  return time_zone{std::string(windows_id), "", std::nullopt};
}

std::vector<std::string> known_zones() {
  UErrorCode error = U_ZERO_ERROR;
  std::unique_ptr<icu::StringEnumeration> all(
      icu::TimeZone::createTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL, nullptr, nullptr, error));
  std::set<std::string> out{"UTC"};
  while (all && U_SUCCESS(error)) {
    const auto* id = all->snext(error);
    if (id == nullptr) break;
    icu::UnicodeString windows;
    icu::TimeZone::getWindowsID(*id, windows, error);
    std::string text;
    windows.toUTF8String(text);
    if (!text.empty()) out.insert(text);
  }
  return {out.begin(), out.end()};
}

std::string shown_name(const time_zone& zone) {
  if (!zone.name.empty()) return zone.name;
  for (const auto& row : names)
    if (zone.id == row.id || (zone.id == tzone_utc && std::string_view(row.id) == "UTC")) return row.name;
  auto offset = rule_at(zone, sys_time{}).standard;
  auto id = zone.id;
  if (auto at = id.find(" Standard Time"); at != std::string::npos) id.resize(at);
  return "(UTC" + (offset == 0 ? std::string("+00:00") : offset_text(offset)) + ") " + id;
}

sys_time to_utc(const time_zone& zone, local_time local) {
  UErrorCode error = U_ZERO_ERROR;
  std::int32_t raw = 0, daylight = 0;
  icu_zone(zone).getOffsetFromLocal(static_cast<double>(local.time_since_epoch().count()), UCAL_TZ_LOCAL_FORMER,
                                    UCAL_TZ_LOCAL_LATTER, raw, daylight, error);
  return sys_time(local.time_since_epoch() - milliseconds(raw + daylight));
}

int offset_at(const time_zone& zone, sys_time at) {
  UErrorCode error = U_ZERO_ERROR;
  std::int32_t raw = 0, daylight = 0;
  icu_zone(zone).getOffset(static_cast<double>(at.time_since_epoch().count()), 0, raw, daylight, error);
  return (raw + daylight) / ms_a_minute;
}

local_time to_local(const time_zone& zone, sys_time at) {
  return local_time(at.time_since_epoch() + std::chrono::minutes(offset_at(zone, at)));
}

std::string offset_text(int minutes) {
  if (minutes == 0) return "Z";
  std::array<char, 16> text{};
  auto size = minutes < 0 ? -minutes : minutes;
  std::snprintf(text.data(), text.size(), "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60, size % 60);
  return text.data();
}

zone_rule rule_at(const time_zone& zone, sys_time at) {
  if (zone.own) return *zone.own;
  UErrorCode error = U_ZERO_ERROR;
  icu::InitialTimeZoneRule* initial = nullptr;
  icu::AnnualTimeZoneRule *standard = nullptr, *daylight = nullptr;
  icu_zone(zone).getSimpleRulesNear(static_cast<double>(at.time_since_epoch().count()), initial, standard, daylight,
                                    error);
  std::unique_ptr<icu::InitialTimeZoneRule> own_initial(initial);
  std::unique_ptr<icu::AnnualTimeZoneRule> own_standard(standard), own_daylight(daylight);
  zone_rule out;
  if (U_FAILURE(error) || !initial) return out;
  out.standard = out.daylight = (initial->getRawOffset()) / ms_a_minute;
  if (standard == nullptr || daylight == nullptr) return out;
  out.standard = standard->getRawOffset() / ms_a_minute;
  out.daylight = (daylight->getRawOffset() + daylight->getDSTSavings()) / ms_a_minute;
  out.to_standard = change_of(*standard, out.daylight);
  out.to_daylight = change_of(*daylight, out.standard);
  return out;
}

} // namespace exchange_sim
