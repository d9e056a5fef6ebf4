#pragma once

#include "tests/exchange_sim/http.hpp"
#include "tests/exchange_sim/xml.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exchange_sim {

/// What a clock on the wall shows in some zone.
using local_time = std::chrono::local_time<std::chrono::milliseconds>;

/// The yearly moment at which a zone changes its offset, in the local time that holds until then.
struct zone_change {
  int month = 0;   ///< 1 to 12
  int week = 0;    ///< 1 to 4, 5 is the last
  int weekday = 0; ///< 0 is Sunday
  int minute = 0;  ///< of the day
  bool operator==(const zone_change&) const = default;
};

/// The offsets of a zone in one year, minutes east of UTC. Without changes: standard time always.
struct zone_rule {
  int standard = 0, daylight = 0;
  std::optional<zone_change> to_standard, to_daylight;
  bool operator==(const zone_rule&) const = default;
};

/// A zone by its Windows name, with ICU's rules, or with a rule of its own where a request defined one.
struct time_zone {
  std::string id = "UTC";
  std::string name; ///< as the request called it; empty: shown_name makes one
  std::optional<zone_rule> own;
  bool operator==(const time_zone&) const = default;
};

/// The zone of a Windows name ("W. Europe Standard Time", "UTC"); none where Windows knows no such zone.
std::optional<time_zone> zone_called(std::string_view windows_id);
/// Every Windows name, sorted.
std::vector<std::string> known_zones();
/// "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"
std::string shown_name(const time_zone&);

/// A time that the change leaves out moves on by the change; one that it brings twice is the later one (standard time).
sys_time to_utc(const time_zone&, local_time);
local_time to_local(const time_zone&, sys_time);
/// Minutes east of UTC.
int offset_at(const time_zone&, sys_time);
/// "Z", "-08:00"
std::string offset_text(int minutes);
/// The rule of the year in which this moment lies.
zone_rule rule_at(const time_zone&, sys_time);

/// xs:duration in minutes ("PT8H", "-P0DT7H0M0.0S"); none where it is none.
std::optional<int> duration_minutes(std::string_view);

/// A TimeZoneDefinitionType: a known Id alone, or any with its periods. None where it says nothing usable.
std::optional<time_zone> read_zone_definition(node);
/// A TimeZoneType (2007's MeetingTimeZone): a known name, or offsets of its own.
std::optional<time_zone> read_meeting_zone(node);
/// `full`: with periods and transitions, of the year of `at`.
void write_zone_definition(xml_writer&, std::string_view element, const time_zone&, bool full, sys_time at);
void write_meeting_zone(xml_writer&, const time_zone&, sys_time at);

} // namespace exchange_sim
