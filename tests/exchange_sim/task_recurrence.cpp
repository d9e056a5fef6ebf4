#include "tests/exchange_sim/task_recurrence.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace exchange_sim {

namespace {

namespace chrono = std::chrono;
using chrono::sys_days;
using chrono::year_month_day;

constexpr std::array months{"January", "February", "March",     "April",   "May",      "June",
                            "July",    "August",   "September", "October", "November", "December"};
constexpr std::array weekdays{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array indexes{"First", "Second", "Third", "Fourth", "Last"};

sys_days day_of(sys_time at) {
  return chrono::floor<chrono::days>(at);
}

/// xs:date, whose zone (if any) names the day and does not move it.
sys_time read_date(node value) {
  auto at = parse_time(value.text().substr(0, 10) + "T00:00:00");
  if (!at) throw response_error{"ErrorCalendarOutOfRange", "The date of the recurrence is invalid."};
  return *at;
}

std::string date_text(sys_time at) {
  return wire_time(at).substr(0, 10) + "Z";
}

int read_number(node value, int least, int most) {
  auto number = std::atoi(value.text().c_str());
  if (number < least || number > most)
    throw response_error{"ErrorCalendarOutOfRange", "A number of the recurrence is out of range."};
  return number;
}

int index_of(const auto& words, const std::string& word) {
  return static_cast<int>(std::find(words.begin(), words.end(), word) - words.begin());
}

bool day_matches(const std::string& word, unsigned weekday) {
  bool weekend = weekday == 0 || weekday == 6;
  if (word == "Day") return true;
  if (word == "Weekday") return !weekend;
  if (word == "WeekendDay") return weekend;
  return word == weekdays[weekday];
}

bool any_day_matches(const task_recurrence& r, sys_days day) {
  auto weekday = chrono::weekday(day).c_encoding();
  return std::any_of(r.days.begin(), r.days.end(), [&](const std::string& word) { return day_matches(word, weekday); });
}

/// The "second Tuesday", "last weekday" of the month of a day.
bool is_indexed_day(const task_recurrence& r, sys_days day) {
  if (!any_day_matches(r, day)) return false;
  year_month_day date(day);
  sys_days first = date.year() / date.month() / 1, last = date.year() / date.month() / chrono::last;
  if (r.index == "Last") {
    for (auto later = day + chrono::days(1); later <= last; later += chrono::days(1))
      if (any_day_matches(r, later)) return false;
    return true;
  }
  int count = 0;
  for (auto earlier = first; earlier < day; earlier += chrono::days(1))
    if (any_day_matches(r, earlier)) ++count;
  return count == index_of(indexes, r.index);
}

/// A day that a short month does not have is its last.
bool is_day_of_month(const task_recurrence& r, sys_days day) {
  year_month_day date(day);
  unsigned last = static_cast<unsigned>((date.year() / date.month() / chrono::last).day());
  return static_cast<unsigned>(date.day()) == std::min(static_cast<unsigned>(r.day_of_month), last);
}

int months_between(sys_days from, sys_days to) {
  year_month_day a(from), b(to);
  return (static_cast<int>(b.year()) - static_cast<int>(a.year())) * 12 +
         static_cast<int>(static_cast<unsigned>(b.month())) - static_cast<int>(static_cast<unsigned>(a.month()));
}

bool matches(const task_recurrence& r, sys_days day) {
  auto start = day_of(r.start);
  auto month = static_cast<int>(static_cast<unsigned>(year_month_day(day).month()));
  if (r.pattern == "DailyRecurrence") return (day - start).count() % r.interval == 0;
  if (r.pattern == "WeeklyRecurrence") {
    auto first = chrono::weekday(static_cast<unsigned>(std::min(6, index_of(weekdays, r.first_day_of_week))));
    auto week_of = [&](sys_days d) { return d - (chrono::weekday(d) - first); };
    return any_day_matches(r, day) && (week_of(day) - week_of(start)).count() / 7 % r.interval == 0;
  }
  if (r.pattern == "AbsoluteMonthlyRecurrence")
    return months_between(start, day) % r.interval == 0 && is_day_of_month(r, day);
  if (r.pattern == "RelativeMonthlyRecurrence")
    return months_between(start, day) % r.interval == 0 && is_indexed_day(r, day);
  if (r.pattern == "AbsoluteYearlyRecurrence") return month == r.month && is_day_of_month(r, day);
  return month == r.month && is_indexed_day(r, day);
}

sys_days regenerated(const task_recurrence& r, sys_days done) {
  if (r.pattern == "DailyRegeneration") return done + chrono::days(r.interval);
  if (r.pattern == "WeeklyRegeneration") return done + chrono::days(7 * r.interval);
  year_month_day date(done);
  date += chrono::months(r.pattern == "MonthlyRegeneration" ? r.interval : 12 * r.interval);
  return date.ok() ? sys_days(date) : sys_days(date.year() / date.month() / chrono::last);
}

// Nothing that a client can ask for is rarer than the 29th of February every so many years.
constexpr auto search_limit = chrono::days(366 * 100);

/// The first occurrence after `after`, and not more than the range allows.
std::optional<sys_days> occurrence_after(const task_recurrence& r, sys_days after) {
  int number = 0;
  auto limit = std::max(after, day_of(r.start)) + search_limit;
  for (auto day = day_of(r.start); day < limit; day += chrono::days(1)) {
    if (r.end && day > day_of(*r.end)) return std::nullopt;
    if (!matches(r, day)) continue;
    if (r.range == "NumberedRecurrence" && ++number > r.count) return std::nullopt;
    if (day > after) return day;
  }
  return std::nullopt;
}

} // namespace

task_recurrence read_task_recurrence(node given) {
  task_recurrence out;
  auto pattern = given.first(), range = pattern.next();
  out.pattern = pattern.name();
  if (auto interval = pattern.child("Interval")) out.interval = read_number(interval, 1, 999);
  std::istringstream days(pattern.child("DaysOfWeek").text());
  for (std::string word; days >> word;)
    out.days.push_back(word);
  out.index = pattern.child("DayOfWeekIndex").text();
  if (auto day = pattern.child("DayOfMonth")) out.day_of_month = read_number(day, 1, 31);
  if (auto month = pattern.child("Month")) out.month = index_of(months, month.text()) + 1;
  if (out.pattern == "WeeklyRecurrence") {
    auto first = pattern.child("FirstDayOfWeek");
    out.first_day_of_week = first ? first.text() : "Sunday";
  }
  out.range = range.name();
  out.start = read_date(range.child("StartDate"));
  if (auto end = range.child("EndDate")) out.end = read_date(end);
  if (auto count = range.child("NumberOfOccurrences")) out.count = read_number(count, 1, 999);
  if (out.end && *out.end < out.start)
    throw response_error{"ErrorCalendarEndDateIsEarlierThanStartDate", "The end of the range lies before its start."};
  // A task that regenerates cannot know on which date it will be done.
  if (out.regenerates() && out.range == "EndDateRecurrence")
    throw response_error{"ErrorUnsupportedRecurrence", "The recurrence is not supported for tasks."};
  if (!first_occurrence(out))
    throw response_error{"ErrorRecurrenceHasNoOccurrence", "The recurrence has no occurrence in its range."};
  return out;
}

void write_task_recurrence(session& s, xml_writer& out, const task_recurrence& r) {
  out.open("t:Recurrence");
  out.open("t:" + r.pattern);
  bool yearly = r.pattern.ends_with("YearlyRecurrence");
  if (!yearly) out.leaf("t:Interval", std::to_string(r.interval));
  if (!r.days.empty()) {
    std::string joined;
    for (const auto& day : r.days)
      joined += (joined.empty() ? "" : " ") + day;
    out.leaf("t:DaysOfWeek", joined);
  }
  // Microsoft's list of behaviour gives the element to 2013 and later.
  if (r.pattern == "WeeklyRecurrence" && s.knows(schema_version::e2013))
    out.leaf("t:FirstDayOfWeek", r.first_day_of_week);
  if (!r.index.empty()) out.leaf("t:DayOfWeekIndex", r.index);
  if (r.day_of_month > 0) out.leaf("t:DayOfMonth", std::to_string(r.day_of_month));
  if (r.month > 0) out.leaf("t:Month", months[static_cast<std::size_t>(r.month - 1)]);
  out.close();
  out.open("t:" + r.range);
  out.leaf("t:StartDate", date_text(r.start));
  if (r.range == "EndDateRecurrence") out.leaf("t:EndDate", date_text(*r.end));
  if (r.range == "NumberedRecurrence") out.leaf("t:NumberOfOccurrences", std::to_string(r.count));
  out.close();
  out.close();
}

std::optional<sys_time> first_occurrence(const task_recurrence& r) {
  if (r.regenerates()) return r.start;
  auto found = occurrence_after(r, day_of(r.start) - chrono::days(1));
  return found ? std::optional<sys_time>(*found) : std::nullopt;
}

std::optional<sys_time> next_occurrence(const task_recurrence& r, sys_time current) {
  if (r.regenerates()) {
    if (r.range == "NumberedRecurrence" && r.count <= 1) return std::nullopt;
    return regenerated(r, day_of(current));
  }
  auto found = occurrence_after(r, day_of(current));
  return found ? std::optional<sys_time>(*found) : std::nullopt;
}

} // namespace exchange_sim
