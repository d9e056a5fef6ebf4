#include "tests/exchange_sim/recurrence.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

namespace exchange_sim {

namespace {

struct pattern {
  recurrence_kind kind;
  const char* element;
};
constexpr std::array patterns{
    pattern{recurrence_kind::yearly_relative, "RelativeYearlyRecurrence"},
    pattern{recurrence_kind::yearly, "AbsoluteYearlyRecurrence"},
    pattern{recurrence_kind::monthly_relative, "RelativeMonthlyRecurrence"},
    pattern{recurrence_kind::monthly, "AbsoluteMonthlyRecurrence"},
    pattern{recurrence_kind::weekly, "WeeklyRecurrence"},
    pattern{recurrence_kind::daily, "DailyRecurrence"},
};

int number(node holder, const char* element) {
  return std::atoi(holder.child(element).text().c_str());
}

bool is_yearly(recurrence_kind kind) {
  return kind == recurrence_kind::yearly || kind == recurrence_kind::yearly_relative;
}
bool is_relative(recurrence_kind kind) {
  return kind == recurrence_kind::monthly_relative || kind == recurrence_kind::yearly_relative;
}

void read_pattern(recurrence& out, node at) {
  for (const auto& row : patterns)
    if (at.is(row.element)) out.kind = row.kind;
  if (!is_yearly(out.kind)) out.interval = number(at, "Interval");
  if (out.kind == recurrence_kind::weekly) {
    // A set of days that is no set of weekdays ("Weekday") is none: Exchange refuses it.
    std::istringstream words(at.child("DaysOfWeek").text());
    for (std::string word; words >> word;) {
      auto day = weekday_number(word);
      if (day < 0) {
        out.days = 0;
        break;
      }
      out.days |= 1U << day;
    }
    if (auto first = at.child("FirstDayOfWeek")) out.first_day = std::max(0, weekday_number(first.text()));
  }
  if (is_relative(out.kind)) {
    out.days = days_of_word(at.child("DaysOfWeek").text());
    out.week = week_number(at.child("DayOfWeekIndex").text());
  }
  if (out.kind == recurrence_kind::monthly || out.kind == recurrence_kind::yearly)
    out.day_of_month = number(at, "DayOfMonth");
  if (is_yearly(out.kind)) out.month = month_number(at.child("Month").text());
}

} // namespace

recurrence read_recurrence(node element) {
  recurrence out;
  auto at = element.first();
  read_pattern(out, at);
  auto range = at.next();
  out.start = parse_day(range.child("StartDate").text()).value_or(local_day{});
  if (range.is("EndDateRecurrence")) {
    out.ends = recurrence_end::date;
    out.end = parse_day(range.child("EndDate").text()).value_or(local_day{});
  } else if (range.is("NumberedRecurrence")) {
    out.ends = recurrence_end::count;
    out.count = number(range, "NumberOfOccurrences");
  }
  return out;
}

void write_recurrence(xml_writer& out, const recurrence& r, schema_version version,
                      const std::function<std::string(local_day)>& offset_of) {
  auto date = [&](const char* element, local_day at) { out.leaf(element, day_text(at) + offset_of(at)); };
  out.open("t:Recurrence");
  const char* element = "";
  for (const auto& row : patterns)
    if (row.kind == r.kind) element = row.element;
  out.open(std::string("t:") + element);
  if (!is_yearly(r.kind)) out.leaf("t:Interval", std::to_string(r.interval));
  if (r.kind == recurrence_kind::weekly) {
    std::string days;
    for (int i = 0; i < 7; ++i)
      if ((r.days >> i & 1U) != 0) days += (days.empty() ? "" : " ") + weekday_name(i);
    out.leaf("t:DaysOfWeek", days);
    if (version >= schema_version::e2010) out.leaf("t:FirstDayOfWeek", weekday_name(r.first_day));
  }
  if (is_relative(r.kind)) {
    out.leaf("t:DaysOfWeek", words_of_days(r.days));
    out.leaf("t:DayOfWeekIndex", week_name(r.week));
  }
  if (r.kind == recurrence_kind::monthly || r.kind == recurrence_kind::yearly)
    out.leaf("t:DayOfMonth", std::to_string(r.day_of_month));
  if (is_yearly(r.kind)) out.leaf("t:Month", month_name(r.month));
  out.close();
  out.open(r.ends == recurrence_end::never  ? "t:NoEndRecurrence"
           : r.ends == recurrence_end::date ? "t:EndDateRecurrence"
                                            : "t:NumberedRecurrence");
  date("t:StartDate", r.start);
  if (r.ends == recurrence_end::date) date("t:EndDate", r.end);
  if (r.ends == recurrence_end::count) out.leaf("t:NumberOfOccurrences", std::to_string(r.count));
  out.close();
  out.close();
}

} // namespace exchange_sim
