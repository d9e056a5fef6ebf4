#include "ews/codec/dates.hpp"
#include "ews/codec/occurrences.hpp"
#include "ews/codec/time_zones.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace exsyncd;
using namespace exsyncd::ews;
using std::chrono::sys_days;

namespace {

std::string text(sys_days day) {
  return write_date(utc_seconds(day)).substr(0, 10);
}

/// The first days, at most ten.
std::string days(const std::string& recurrence) {
  std::string out;
  for_each_occurrence(recurrence, [&](int index, sys_days day) {
    out += (out.empty() ? "" : " ") + text(day);
    return index < 10;
  });
  return out;
}

sys_days day(const std::string& date) {
  return std::chrono::floor<std::chrono::days>(*parse_date(date + "T00:00:00Z"));
}

} // namespace

TEST_CASE("the days of every pattern and range") {
  struct row {
    const char* what;
    std::string recurrence;
    std::string days;
  };
  const std::vector<row> rows{
      {"daily, numbered", "Daily\nInterval=1\nRange=Numbered\nStartDate=2026-02-27\nNumberOfOccurrences=3",
       "2026-02-27 2026-02-28 2026-03-01"},
      {"every third day until", "Daily\nInterval=3\nRange=EndDate\nStartDate=2026-03-01\nEndDate=2026-03-09",
       "2026-03-01 2026-03-04 2026-03-07"},
      {"without an end", "Daily\nInterval=1\nRange=NoEnd\nStartDate=2026-03-01",
       "2026-03-01 2026-03-02 2026-03-03 2026-03-04 2026-03-05 2026-03-06 2026-03-07 2026-03-08 2026-03-09 2026-03-10"},
      {"weekly, begins on a day that is not in it",
       "Weekly\nInterval=1\nDaysOfWeek=Monday Thursday\nRange=Numbered\nStartDate=2026-03-04\nNumberOfOccurrences=3",
       "2026-03-05 2026-03-09 2026-03-12"},
      {"every other week from Sunday",
       "Weekly\nInterval=2\nDaysOfWeek=Sunday Monday\nRange=Numbered\nStartDate=2026-03-02\nNumberOfOccurrences=4",
       "2026-03-02 2026-03-15 2026-03-16 2026-03-29"},
      {"every other week from Monday",
       "Weekly\nInterval=2\nDaysOfWeek=Sunday "
       "Monday\nFirstDayOfWeek=Monday\nRange=Numbered\nStartDate=2026-03-02\nNumberOfOccurrences=4",
       "2026-03-02 2026-03-08 2026-03-16 2026-03-22"},
      {"weekdays",
       "Weekly\nInterval=1\nDaysOfWeek=Monday Tuesday Wednesday Thursday "
       "Friday\nRange=Numbered\nStartDate=2026-03-06\nNumberOfOccurrences=2",
       "2026-03-06 2026-03-09"},
      {"the 31st is a month's last day",
       "AbsoluteMonthly\nInterval=1\nDayOfMonth=31\nRange=Numbered\nStartDate=2026-01-31\nNumberOfOccurrences=4",
       "2026-01-31 2026-02-28 2026-03-31 2026-04-30"},
      {"begins after this month's day",
       "AbsoluteMonthly\nInterval=2\nDayOfMonth=5\nRange=Numbered\nStartDate=2026-01-10\nNumberOfOccurrences=2",
       "2026-03-05 2026-05-05"},
      {"second Tuesday",
       "RelativeMonthly\nInterval=1\nDaysOfWeek=Tuesday\nDayOfWeekIndex=Second\nRange=Numbered\nStartDate=2026-03-01\n"
       "NumberOfOccurrences=2",
       "2026-03-10 2026-04-14"},
      {"last weekday",
       "RelativeMonthly\nInterval=1\nDaysOfWeek=Weekday\nDayOfWeekIndex=Last\nRange=Numbered\nStartDate=2026-02-01\n"
       "NumberOfOccurrences=2",
       "2026-02-27 2026-03-31"},
      {"first weekend day",
       "RelativeMonthly\nInterval=3\nDaysOfWeek=WeekendDay\nDayOfWeekIndex=First\nRange=Numbered\nStartDate=2026-02-"
       "01\n"
       "NumberOfOccurrences=2",
       "2026-02-01 2026-05-02"},
      {"fourth day",
       "RelativeMonthly\nInterval=1\nDaysOfWeek=Day\nDayOfWeekIndex=Fourth\nRange=Numbered\nStartDate=2026-02-01\n"
       "NumberOfOccurrences=1",
       "2026-02-04"},
      {"29th of February",
       "AbsoluteYearly\nDayOfMonth=29\nMonth=February\nRange=Numbered\nStartDate=2024-02-29\n"
       "NumberOfOccurrences=5",
       "2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-29"},
      {"last Monday of May",
       "RelativeYearly\nDaysOfWeek=Monday\nDayOfWeekIndex=Last\nMonth=May\nRange=Numbered\nStartDate=2026-01-01\n"
       "NumberOfOccurrences=2",
       "2026-05-25 2027-05-31"},
      {"no days", "Weekly\nInterval=1\nRange=NoEnd\nStartDate=2026-03-01", ""},
      {"of a task", "DailyRegeneration\nInterval=1\nRange=NoEnd\nStartDate=2026-03-01", ""},
      {"no date", "Daily\nInterval=1\nRange=NoEnd\nStartDate=soon", ""},
      {"nothing", "", ""},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    CHECK(days(r.recurrence) == r.days);
  }
}

TEST_CASE("the place of an occurrence counts from one, and only days of the pattern have one") {
  const std::string weekly = "Weekly\nInterval=1\nDaysOfWeek=Monday Wednesday\nRange=EndDate\nStartDate=2026-03-02\n"
                             "EndDate=2026-03-31";
  CHECK(instance_index(weekly, day("2026-03-02")) == 1);
  CHECK(instance_index(weekly, day("2026-03-11")) == 4);
  CHECK(!instance_index(weekly, day("2026-03-12")));
  CHECK(!instance_index(weekly, day("2026-04-06")));
  CHECK(!instance_index(weekly, day("2026-02-25")));
}

TEST_CASE("the day of an occurrence follows from its original start, across daylight saving") {
  const std::string daily = "Daily\nInterval=1\nRange=NoEnd\nStartDate=2026-03-06";
  // 21:30 on the 6th in Los Angeles is the 7th in UTC; summer time begins on the 8th.
  const auto series = *parse_date("2026-03-07T05:30:00Z");
  CHECK(occurrence_day(daily, series, series) == day("2026-03-06"));
  CHECK(occurrence_day(daily, series, *parse_date("2026-03-08T05:30:00Z")) == day("2026-03-07"));
  CHECK(occurrence_day(daily, series, *parse_date("2026-03-09T04:30:00Z")) == day("2026-03-08"));
  // 00:15 in Sydney, where it ends in April.
  const auto sydney = *parse_date("2026-03-05T13:15:00Z");
  CHECK(occurrence_day(daily, sydney, *parse_date("2026-04-06T14:15:00Z")) == day("2026-04-07"));
  CHECK(!occurrence_day("", series, series));
}

TEST_CASE("a time zone has one id, whatever a server calls it") {
  struct row {
    std::string said, id;
  };
  const std::vector<row> rows{
      {"Pacific Standard Time", "Pacific Standard Time"},
      {"(UTC-08:00) Pacific Time (US & Canada)", "Pacific Standard Time"},
      {"(GMT-08:00) Pacific Time (US & Canada); Tijuana", "Pacific Standard Time"},
      {"(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "W. Europe Standard Time"},
      {"(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "GMT Standard Time"},
      {"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "India Standard Time"},
      {"(UTC) Coordinated Universal Time", "UTC"},
      {"tzone://Microsoft/Utc", "UTC"},
      {"UTC", "UTC"},
      {"", "UTC"},
      {"(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien", "UTC"}, // German: not known here
      {"Mars Standard Time", "Mars Standard Time"},
  };
  for (const auto& r : rows) {
    INFO(r.said);
    CHECK(zone_id(r.said) == r.id);
  }
}
