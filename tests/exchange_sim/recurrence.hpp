#pragma once

#include "tests/exchange_sim/profile.hpp"
#include "tests/exchange_sim/xml.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace exchange_sim {

/// A date without a zone: the day on which something stands in the zone of its series.
using local_day = std::chrono::local_days;

enum class recurrence_kind { daily, weekly, monthly, monthly_relative, yearly, yearly_relative };
enum class recurrence_end { never, date, count };

/// A pattern and its range, as EWS knows them (MS-OXWSCDATA RecurrenceType; what they mean: MS-OXOCAL 2.2.1.44.1).
struct recurrence {
  recurrence_kind kind = recurrence_kind::daily;
  int interval = 1;
  unsigned days = 0;    ///< one bit a weekday, bit 0 is Sunday; weekly and relative patterns
  int week = 0;         ///< relative patterns: 1 to 4, 5 is the last
  int day_of_month = 0; ///< absolute patterns; a shorter month takes its last day
  int month = 0;        ///< yearly patterns: 1 to 12
  int first_day = 0;    ///< weekly: the day on which a week begins, 0 is Sunday
  local_day start{};    ///< of the range
  recurrence_end ends = recurrence_end::never;
  local_day end{}; ///< last possible day
  int count = 0;
  bool operator==(const recurrence&) const = default;
};

/// Calls `visit` for every day of the series in order, until it says false or the series ends (at the latest on
/// 4500-08-31, Exchange's last day).
void each_day(const recurrence&, const std::function<bool(local_day)>& visit);
std::optional<local_day> first_day_of(const recurrence&);
/// None: the series has no end, or no day at all.
std::optional<local_day> last_day_of(const recurrence&);
/// The day at this place, the first is 1.
std::optional<local_day> day_at(const recurrence&, int index);
/// The place of a day in the series, the first is 1; none where the series does not have it.
std::optional<int> index_of(const recurrence&, local_day);

/// Exchange's response code for a recurrence that it does not take; none where it does.
std::optional<std::string> objection_to(const recurrence&, schema_version);

/// A RecurrenceType element; its values are what the schema allows. `objection_to` says what Exchange makes of them.
recurrence read_recurrence(node);
/// Writes t:Recurrence. `offset_of` gives the offset from UTC that a date is shown with ("-08:00", "Z").
void write_recurrence(xml_writer&, const recurrence&, schema_version,
                      const std::function<std::string(local_day)>& offset_of);

/// "2026-01-31"; what follows the date (an offset) is passed over.
std::optional<local_day> parse_day(std::string_view);
std::string day_text(local_day);
/// "Sunday" is 0; -1 where it is no weekday.
int weekday_number(std::string_view);
std::string weekday_name(int);
/// The days of a DayOfWeekType word, "Day" and "Weekday" too; 0 where there is no such word.
unsigned days_of_word(std::string_view);
/// One word for such a set of days, or the names with spaces between.
std::string words_of_days(unsigned days);
/// "January" is 1; 0 where it is no month.
int month_number(std::string_view);
std::string month_name(int);
/// "First" is 1, "Last" is 5; 0 where it is none.
int week_number(std::string_view);
std::string week_name(int);

} // namespace exchange_sim
