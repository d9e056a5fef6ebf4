#include "actors/ews/series_plan.hpp"

#include "ews/codec/canonical.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/occurrences.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace exsyncd {
namespace {

using day = std::chrono::sys_days;
using changed_days = std::map<day, const ews::changed_occurrence*>;

const std::vector<field_value> no_fields;

std::optional<utc_seconds> start_in(std::string_view time) {
  return ews::parse_date(ews::named_line(time, "start").value_or(""));
}

bool has(const std::vector<field_value>& fields, field which) {
  return std::any_of(fields.begin(), fields.end(), [&](const auto& f) { return f.field == which; });
}

/// Whether the whole day is said, so that an earlier value of it does not stay.
std::string whole_time(std::string value, std::string_view series_time) {
  if (!ews::named_line(value, "all_day"))
    ews::add_line(value, "all_day", ews::named_line(series_time, "all_day").value_or("false"));
  return value;
}

class planning {
public:
  planning(const series_state& now, const ews::series_exceptions& wanted)
      : now_(now), wanted_(wanted), recurrence_(ews::value_of(now.fields, field::recurrence)),
        time_(ews::value_of(now.fields, field::time)) {}

  series_plan make() {
    if (recurrence_.empty()) {
      if (!wanted_.deleted.empty() || !wanted_.changed.empty())
        impossible("exceptions are wanted of an appointment that is no series");
      return std::move(plan_);
    }
    const auto deleted_now = days_of(now_.exceptions.deleted), deleted = days_of(wanted_.deleted);
    if (!std::includes(deleted.begin(), deleted.end(), deleted_now.begin(), deleted_now.end())) {
      plan_.start_anew = true;
      return std::move(plan_);
    }
    for (auto on : deleted)
      if (!deleted_now.contains(on))
        // A day that the pattern does not have needs no deletion.
        if (const auto index = ews::instance_index(recurrence_, on)) plan_.erase.push_back({*index, on});
    const auto is = changed_days_of(now_.exceptions.changed), shall = changed_days_of(wanted_.changed);
    std::set<day> all;
    for (const auto* days : {&is, &shall})
      for (const auto& [on, what] : *days)
        if (!deleted.contains(on)) all.insert(on);
    for (auto on : all)
      change(on, find(is, on), find(shall, on));
    order();
    return std::move(plan_);
  }

private:
  void impossible(std::string what) {
    plan_ = {};
    plan_.impossible = failure{reach::item, retry::never, {}, "series", "UpdateItem: " + std::move(what), {}};
  }

  std::set<day> days_of(const std::vector<utc_seconds>& starts) const {
    std::set<day> out;
    for (auto start : starts)
      if (const auto on = day_of(now_, start)) out.insert(*on);
    return out;
  }
  changed_days changed_days_of(const std::vector<ews::changed_occurrence>& changed) const {
    changed_days out;
    for (const auto& one : changed)
      if (const auto on = day_of(now_, one.original_start)) out.emplace(*on, &one);
    return out;
  }
  static const ews::changed_occurrence* find(const changed_days& in, day on) {
    const auto at = in.find(on);
    return at == in.end() ? nullptr : at->second;
  }

  void change(day on, const ews::changed_occurrence* is, const ews::changed_occurrence* shall) {
    if (plan_.impossible) return;
    const auto& has_now = is ? is->fields : no_fields;
    const auto& wants = shall ? shall->fields : no_fields;
    const auto original = is ? is->original_start : shall->original_start;
    std::vector<field_value> fields;
    for (const auto& f : wants) {
      const bool same = has(has_now, f.field)
                            ? ews::value_of(has_now, f.field) == f.value
                            : f.field != field::time && ews::value_of(now_.fields, f.field) == f.value;
      if (!same) fields.push_back(f);
    }
    for (const auto& f : has_now)
      if (!has(wants, f.field)) fields.push_back(ews::unchanged_value(now_.fields, f.field, original));
    if (fields.empty()) return;
    for (auto& f : fields)
      if (f.field == field::time) f.value = whole_time(std::move(f.value), time_);
    const auto index = ews::instance_index(recurrence_, on);
    if (!index)
      return impossible("the series has no occurrence at " + ews::write_date(original) + ", which is to be changed");
    moves_[*index] = movement(fields, has_now, original);
    plan_.changes.push_back({{*index, on}, std::move(fields)});
  }

  /// Negative: to an earlier time.
  static std::chrono::seconds movement(const std::vector<field_value>& fields, const std::vector<field_value>& has_now,
                                       utc_seconds original) {
    const auto to = start_in(ews::value_of(fields, field::time));
    if (!to) return {};
    return *to - start_in(ews::value_of(has_now, field::time)).value_or(original);
  }

  void order() {
    std::stable_sort(plan_.changes.begin(), plan_.changes.end(), [this](const auto& a, const auto& b) {
      const bool later_a = moves_[a.at.index].count() > 0, later_b = moves_[b.at.index].count() > 0;
      if (later_a != later_b) return later_a;
      return later_a ? a.at.index > b.at.index : a.at.index < b.at.index;
    });
  }

  const series_state& now_;
  const ews::series_exceptions& wanted_;
  std::string_view recurrence_, time_;
  series_plan plan_;
  std::map<int, std::chrono::seconds> moves_;
};

} // namespace

std::optional<std::chrono::sys_days> day_of(const series_state& series, utc_seconds original_start) {
  const auto start = start_in(ews::value_of(series.fields, field::time));
  if (!start) return std::nullopt;
  return ews::occurrence_day(ews::value_of(series.fields, field::recurrence), *start, original_start);
}

series_plan plan_series(const series_state& now, const ews::series_exceptions& wanted) {
  return planning(now, wanted).make();
}

bool only_erased(const series_state& before, const series_state& after, const std::vector<series_plan::place>& erased) {
  const auto without_time = [](std::vector<field_value> fields) {
    std::erase_if(fields, [](const auto& f) { return f.field == field::time; });
    return fields;
  };
  const auto deleted_days = [&](const series_state& of) {
    std::set<day> out;
    for (auto start : of.exceptions.deleted)
      if (const auto on = day_of(before, start)) out.insert(*on);
    return out;
  };
  auto deleted = deleted_days(before);
  for (const auto& place : erased)
    deleted.insert(place.day);
  auto changed = before.exceptions.changed;
  std::erase_if(changed, [&](const auto& one) {
    const auto on = day_of(before, one.original_start);
    return on && deleted.contains(*on);
  });
  return without_time(before.fields) == without_time(after.fields) && deleted == deleted_days(after) &&
         ews::canonical({{}, changed}) == ews::canonical({{}, after.exceptions.changed});
}

} // namespace exsyncd
