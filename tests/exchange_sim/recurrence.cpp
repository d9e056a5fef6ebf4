#include "tests/exchange_sim/recurrence.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

namespace exchange_sim {

namespace {

using namespace std::chrono;

constexpr std::array<const char*, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};
constexpr std::array<const char*, 12> months{"January", "February", "March",     "April",   "May",      "June",
                                             "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<const char*, 5> weeks{"First", "Second", "Third", "Fourth", "Last"};
constexpr unsigned every_day = 0x7f, work_days = 0x3e, weekend_days = 0x41;

constexpr local_day last_of_all{year{4500} / August / 31};

bool has(unsigned among, local_day at) {
  return (among >> weekday{at}.c_encoding() & 1U) != 0;
}

local_day absolute_day(year_month at, int day_of_month) {
  auto last = unsigned(year_month_day_last{at.year(), month_day_last{at.month()}}.day());
  return local_days{at / day{std::min(static_cast<unsigned>(day_of_month), last)}};
}

std::optional<local_day> relative_day(year_month at, unsigned among, int week) {
  local_day first{at / day{1}}, last{at / std::chrono::last};
  if (week == 5) {
    for (auto d = last; d >= first; d -= days{1})
      if (has(among, d)) return d;
    return std::nullopt;
  }
  int met = 0;
  for (auto d = first; d <= last; d += days{1})
    if (has(among, d) && ++met == week) return d;
  return std::nullopt;
}

year_month month_of(local_day at) {
  year_month_day date{at};
  return {date.year(), date.month()};
}

/// The days of the pattern from the start of the range on, whatever the range's end; stops when `visit` says false.
void pattern_days(const recurrence& r, const std::function<bool(local_day)>& visit) {
  auto step = std::max(1, r.interval);
  auto take = [&](local_day at) { return at <= last_of_all && visit(at); };
  switch (r.kind) {
  case recurrence_kind::daily:
    for (auto at = r.start; take(at); at += days{step})
      ;
    return;
  case recurrence_kind::weekly: {
    if (r.days == 0) return;
    auto into = (static_cast<int>(weekday{r.start}.c_encoding()) - r.first_day + 7) % 7;
    for (auto week = r.start - days{into};; week += days{7 * step})
      for (int i = 0; i < 7; ++i) {
        auto at = week + days{i};
        if (has(r.days, at) && at >= r.start && !take(at)) return;
      }
  }
  case recurrence_kind::monthly:
  case recurrence_kind::monthly_relative:
  case recurrence_kind::yearly:
  case recurrence_kind::yearly_relative: {
    bool yearly = r.kind == recurrence_kind::yearly || r.kind == recurrence_kind::yearly_relative;
    bool relative = r.kind == recurrence_kind::monthly_relative || r.kind == recurrence_kind::yearly_relative;
    auto at = month_of(r.start);
    if (yearly) at = at.year() / month{static_cast<unsigned>(r.month)};
    for (;; at += std::chrono::months{yearly ? 12 : step}) {
      auto found = relative ? relative_day(at, r.days, r.week) : std::optional(absolute_day(at, r.day_of_month));
      if (local_days{at / day{1}} > last_of_all) return;
      if (found && *found >= r.start && !take(*found)) return;
    }
  }
  }
}

} // namespace

void each_day(const recurrence& r, const std::function<bool(local_day)>& visit) {
  int met = 0;
  if (r.ends == recurrence_end::count && r.count <= 0) return;
  pattern_days(r, [&](local_day at) {
    if (r.ends == recurrence_end::date && at > r.end) return false;
    return visit(at) && (r.ends != recurrence_end::count || ++met < r.count);
  });
}

std::optional<local_day> first_day_of(const recurrence& r) {
  return day_at(r, 1);
}

std::optional<local_day> last_day_of(const recurrence& r) {
  if (r.ends == recurrence_end::never) return std::nullopt;
  std::optional<local_day> last;
  each_day(r, [&](local_day at) {
    last = at;
    return true;
  });
  return last;
}

std::optional<local_day> day_at(const recurrence& r, int index) {
  std::optional<local_day> found;
  if (index < 1) return found;
  each_day(r, [&](local_day at) {
    if (--index == 0) found = at;
    return index > 0;
  });
  return found;
}

std::optional<int> index_of(const recurrence& r, local_day wanted) {
  int index = 0;
  bool met = false;
  each_day(r, [&](local_day at) {
    ++index;
    met = at == wanted;
    return at < wanted;
  });
  return met ? std::optional(index) : std::nullopt;
}

std::optional<std::string> objection_to(const recurrence& r, schema_version version) {
  const char* out_of_range = "ErrorCalendarOutOfRange";
  // Exchange's own bounds: 999 days, 99 weeks or months, 999 occurrences.
  if (r.interval < 1 || r.interval > (r.kind == recurrence_kind::daily ? 999 : 99)) return out_of_range;
  if (r.ends == recurrence_end::count && (r.count < 1 || r.count > 999)) return out_of_range;
  bool absolute = r.kind == recurrence_kind::monthly || r.kind == recurrence_kind::yearly;
  if (absolute && (r.day_of_month < 1 || r.day_of_month > 31)) return out_of_range;
  if (r.kind == recurrence_kind::yearly &&
      static_cast<unsigned>(r.day_of_month) >
          unsigned(year_month_day_last{year{2024}, month_day_last{month{static_cast<unsigned>(r.month)}}}.day()))
    return out_of_range;
  if (r.kind == recurrence_kind::weekly && r.days == 0)
    return version >= schema_version::e2013_sp1 ? "ErrorCalendarInvalidDayForWeeklyRecurrence"
                                                : "ErrorCalendarInvalidRecurrence";
  if (r.ends == recurrence_end::date && r.end > local_day{year{4500} / September / 1})
    return "ErrorRecurrenceEndDateTooBig";
  if (!first_day_of(r)) return "ErrorRecurrenceHasNoOccurrence";
  return std::nullopt;
}

std::optional<local_day> parse_day(std::string_view given) {
  int y = 0, m = 0, d = 0;
  std::string text(given.substr(0, 10));
  if (text.size() != 10 || std::sscanf(text.c_str(), "%4d-%2d-%2d", &y, &m, &d) != 3) return std::nullopt;
  auto date = year{y} / month{static_cast<unsigned>(m)} / day{static_cast<unsigned>(d)};
  if (!date.ok()) return std::nullopt;
  return local_days{date};
}

std::string day_text(local_day at) {
  year_month_day date{at};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", int(date.year()), unsigned(date.month()),
                unsigned(date.day()));
  return text.data();
}

namespace {

template <std::size_t n>
int place_of(const std::array<const char*, n>& among, std::string_view word) {
  auto at = std::find(among.begin(), among.end(), word);
  return at == among.end() ? -1 : static_cast<int>(at - among.begin());
}

} // namespace

int weekday_number(std::string_view word) {
  return place_of(weekdays, word);
}
std::string weekday_name(int number) {
  return weekdays.at(static_cast<std::size_t>(number));
}
int month_number(std::string_view word) {
  return place_of(months, word) + 1;
}
std::string month_name(int number) {
  return months.at(static_cast<std::size_t>(number - 1));
}
int week_number(std::string_view word) {
  return place_of(weeks, word) + 1;
}
std::string week_name(int number) {
  return weeks.at(static_cast<std::size_t>(number - 1));
}

unsigned days_of_word(std::string_view word) {
  if (word == "Day") return every_day;
  if (word == "Weekday") return work_days;
  if (word == "WeekendDay") return weekend_days;
  auto number = weekday_number(word);
  return number < 0 ? 0 : 1U << number;
}

std::string words_of_days(unsigned days) {
  if (days == every_day) return "Day";
  if (days == work_days) return "Weekday";
  if (days == weekend_days) return "WeekendDay";
  std::string out;
  for (int i = 0; i < 7; ++i)
    if ((days >> i & 1U) != 0) out += (out.empty() ? "" : " ") + weekday_name(i);
  return out;
}

} // namespace exchange_sim
