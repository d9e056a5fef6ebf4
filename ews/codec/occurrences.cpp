#include "ews/codec/occurrences.hpp"

#include "ews/codec/canonical.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace exsyncd::ews {
namespace {

using namespace std::chrono;

constexpr int most = 100'000;

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months_of_year{"January",   "February", "March",    "April",
                                                          "May",       "June",     "July",     "August",
                                                          "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 4> ordinals{"First", "Second", "Third", "Fourth"}; // the other is Last

template <class Words>
std::optional<unsigned> position(const Words& words, std::string_view word) {
  const auto at = std::find(words.begin(), words.end(), word);
  if (at == words.end()) return std::nullopt;
  return static_cast<unsigned>(at - words.begin());
}

std::optional<int> number(std::string_view text, std::string_view name) {
  const auto value = named_line(text, name);
  int out = 0;
  if (!value || std::from_chars(value->data(), value->data() + value->size(), out).ec != std::errc{})
    return std::nullopt;
  return out;
}

std::optional<sys_days> date(std::string_view text, std::string_view name) {
  const auto value = named_line(text, name);
  if (!value || value->size() != 10) return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t count) {
    int out = 0;
    std::from_chars(value->data() + from, value->data() + from + count, out);
    return out;
  };
  const year_month_day ymd{year(part(0, 4)), month(static_cast<unsigned>(part(5, 2))),
                           day(static_cast<unsigned>(part(8, 2)))};
  if (!ymd.ok()) return std::nullopt;
  return sys_days(ymd);
}

/// Which days of the week are meant; "Day", "Weekday" and "WeekendDay" are several.
std::array<bool, 7> days_of(std::string_view text) {
  std::array<bool, 7> out{};
  auto list = named_line(text, "DaysOfWeek").value_or("");
  while (!list.empty()) {
    const auto word = list.substr(0, list.find(' '));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
    for (unsigned d = 0; d < 7; ++d) {
      const bool weekend = d == 0 || d == 6;
      if (word == weekdays[d] || word == "Day" || (word == "Weekday" && !weekend) || (word == "WeekendDay" && weekend))
        out[d] = true;
    }
  }
  return out;
}

unsigned week_day(sys_days day) {
  return weekday(day).c_encoding();
}

/// The day of a month that an absolute or a relative pattern means.
std::optional<sys_days> day_in(year_month in, std::string_view text) {
  const auto last = sys_days(in / std::chrono::last);
  if (const auto of_month = number(text, "DayOfMonth")) {
    if (*of_month < 1) return std::nullopt;
    return std::min(last, sys_days(in / 1) + days(*of_month - 1));
  }
  const auto wanted = days_of(text);
  const auto index = named_line(text, "DayOfWeekIndex").value_or("");
  if (index == "Last") {
    for (auto day = last; day >= sys_days(in / 1); day -= days(1))
      if (wanted[week_day(day)]) return day;
    return std::nullopt;
  }
  auto left = position(ordinals, index);
  if (!left) return std::nullopt;
  for (auto day = sys_days(in / 1); day <= last; day += days(1))
    if (wanted[week_day(day)] && (*left)-- == 0) return day;
  return std::nullopt;
}

/// Counts days up to the end of the range.
class counter {
public:
  counter(std::string_view text, sys_days start, const std::function<bool(int, sys_days)>& each)
      : start_(start), end_(date(text, "EndDate")), count_(number(text, "NumberOfOccurrences")), each_(each) {}
  /// Whether to go on after this day; days before the range's start are not counted.
  bool take(sys_days day) {
    if (day < start_) return true;
    if (index_ >= most || (end_ && day > *end_) || (count_ && index_ >= *count_)) return false;
    return each_(++index_, day);
  }

private:
  sys_days start_;
  std::optional<sys_days> end_;
  std::optional<int> count_;
  const std::function<bool(int, sys_days)>& each_;
  int index_ = 0;
};

void each_week(std::string_view text, sys_days start, int interval, counter& count) {
  const auto wanted = days_of(text);
  if (std::none_of(wanted.begin(), wanted.end(), [](bool b) { return b; })) return;
  const auto first = position(weekdays, named_line(text, "FirstDayOfWeek").value_or("Sunday")).value_or(0);
  auto week = start - days((week_day(start) + 7 - first) % 7);
  for (int weeks = 0; weeks < most; ++weeks, week += days(7 * interval))
    for (int d = 0; d < 7; ++d)
      if (wanted[week_day(week + days(d))] && !count.take(week + days(d))) return;
}

void each_month(std::string_view text, year_month from, int interval, counter& count) {
  for (int n = 0; n < most; ++n, from += months(interval)) {
    const auto day = day_in(from, text);
    if (!day || !count.take(*day)) return;
  }
}

} // namespace

void for_each_occurrence(std::string_view recurrence, const std::function<bool(int, sys_days)>& each) {
  const auto lines = lines_of(recurrence);
  const auto start = date(recurrence, "StartDate");
  if (lines.empty() || !start) return;
  const auto pattern = lines.front();
  const auto interval = number(recurrence, "Interval").value_or(1);
  if (interval < 1) return;
  counter count(recurrence, *start, each);
  const year_month_day first(*start);
  if (pattern == "Daily") {
    for (auto day = *start; count.take(day);)
      day += days(interval);
  } else if (pattern == "Weekly") {
    each_week(recurrence, *start, interval, count);
  } else if (pattern == "AbsoluteMonthly" || pattern == "RelativeMonthly") {
    each_month(recurrence, first.year() / first.month(), interval, count);
  } else if (pattern == "AbsoluteYearly" || pattern == "RelativeYearly") {
    const auto in = position(months_of_year, named_line(recurrence, "Month").value_or(""));
    if (in) each_month(recurrence, first.year() / month(*in + 1), 12, count);
  }
}

std::optional<int> instance_index(std::string_view recurrence, sys_days day) {
  std::optional<int> found;
  for_each_occurrence(recurrence, [&](int index, sys_days at) {
    if (at == day) found = index;
    return at < day;
  });
  return found;
}

std::optional<sys_days> occurrence_day(std::string_view recurrence, utc_seconds series_start,
                                       utc_seconds original_start) {
  std::optional<sys_days> first;
  for_each_occurrence(recurrence, [&](int, sys_days at) {
    first = at;
    return false;
  });
  if (!first) return std::nullopt;
  return *first + std::chrono::floor<days>(original_start - series_start + hours(12));
}

} // namespace exsyncd::ews
