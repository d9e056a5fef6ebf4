#include "ews/codec/recurrence.hpp"

#include "ews/codec/canonical.hpp"
#include "ews/codec/occurrences.hpp"

#include <array>
#include <vector>

namespace exsyncd::ews {
namespace {

constexpr std::array<std::string_view, 10> patterns{
    "RelativeYearlyRecurrence", "AbsoluteYearlyRecurrence", "RelativeMonthlyRecurrence", "AbsoluteMonthlyRecurrence",
    "WeeklyRecurrence",         "DailyRecurrence",          "DailyRegeneration",         "WeeklyRegeneration",
    "MonthlyRegeneration",      "YearlyRegeneration"};
constexpr std::array<std::string_view, 3> ranges{"NoEndRecurrence", "EndDateRecurrence", "NumberedRecurrence"};

// In the order of the schema, which is the same for every pattern that has them.
constexpr std::array<std::string_view, 6> pattern_parts{"Interval",       "DaysOfWeek", "FirstDayOfWeek",
                                                        "DayOfWeekIndex", "DayOfMonth", "Month"};
constexpr std::array<std::string_view, 3> range_parts{"StartDate", "EndDate", "NumberOfOccurrences"};

constexpr std::array<std::string_view, 10> days{"Sunday", "Monday",   "Tuesday", "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Day",     "Weekday",   "WeekendDay"};

constexpr std::string_view recurrence = "Recurrence";

std::string_view without_suffix(std::string_view name) {
  return name.ends_with(recurrence) ? name.substr(0, name.size() - recurrence.size()) : name;
}

std::string sorted_days(std::string_view list) {
  std::string out;
  for (auto day : days) {
    const auto at = (" " + std::string(list) + " ").find(" " + std::string(day) + " ");
    if (at == std::string::npos) continue;
    if (!out.empty()) out += ' ';
    out += day;
  }
  return out;
}

/// The same without its FirstDayOfWeek, if that changes no day: two weeks of it show that.
std::string without_idle_first_day(std::string text) {
  const auto at = text.find("\nFirstDayOfWeek=");
  if (at == std::string::npos) return text;
  const auto two_weeks = [](std::string_view of) {
    std::vector<std::chrono::sys_days> out;
    for_each_occurrence(of, [&](int index, std::chrono::sys_days day) {
      out.push_back(day);
      return index < 14;
    });
    return out;
  };
  auto without = text;
  without.erase(at, without.find('\n', at + 1) - at);
  return two_weeks(without) == two_weeks(text) ? without : text;
}

} // namespace

std::string_view date_only(std::string_view date) {
  return trimmed(date).substr(0, 10);
}

std::string read_recurrence(const element& item) {
  const auto* all = item.child(recurrence);
  if (!all) return {};
  std::string out;
  for (auto name : patterns) {
    const auto* pattern = all->child(name);
    if (!pattern) continue;
    out = without_suffix(name);
    for (auto part : pattern_parts) {
      const auto value = pattern->word_of(part);
      if (value.empty()) continue;
      if (part == "FirstDayOfWeek" && (value == "Sunday" || pattern->word_of("Interval") == "1")) continue;
      add_line(out, part, part == "DaysOfWeek" ? sorted_days(value) : std::string(value));
    }
  }
  if (out.empty()) return {};
  for (auto name : ranges) {
    const auto* range = all->child(name);
    if (!range) continue;
    add_line(out, "Range", without_suffix(name));
    for (auto part : range_parts)
      if (const auto value = range->word_of(part); !value.empty())
        add_line(out, part, part == "NumberOfOccurrences" ? value : date_only(value));
  }
  return without_idle_first_day(std::move(out));
}

void write_recurrence(xml_writer& out, std::string_view value, const schema_version& version) {
  const auto lines = lines_of(value);
  if (lines.empty()) return;
  const auto write_parts = [&](const auto& names) {
    for (auto part : names) {
      if (part == "FirstDayOfWeek" && version.age < schema_age::exchange2010_sp1) continue;
      if (const auto is = named_line(value, part)) out.text("t:" + std::string(part), *is);
    }
  };
  const auto element_name = [](std::string_view word) {
    const bool regenerates = word.ends_with("Regeneration");
    return "t:" + std::string(word) + (regenerates ? std::string() : std::string(recurrence));
  };
  out.open("t:Recurrence");
  const auto pattern = element_name(lines.front());
  out.open(pattern);
  write_parts(pattern_parts);
  out.close(pattern);
  if (const auto range = named_line(value, "Range")) {
    const auto name = element_name(*range);
    out.open(name);
    write_parts(range_parts);
    out.close(name);
  }
  out.close("t:Recurrence");
}

} // namespace exsyncd::ews
