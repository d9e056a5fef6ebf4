#pragma once

#include "ews/codec/series.hpp"
#include "ews/model/failure.hpp"

#include <chrono>
#include <optional>
#include <vector>

/// How a series is brought to the exceptions that it shall have: a pure function, asked again after each step.
namespace exsyncd {

/// A series as it was just read.
struct series_state {
  std::vector<field_value> fields; // of the master, without the exceptions
  ews::series_exceptions exceptions;
  friend bool operator==(const series_state&, const series_state&) = default;
};

struct series_plan {
  /// An occurrence is deleted that shall be there: only a recurrence that is set anew brings it back, without any
  /// exceptions. Everything else waits for what a read says after that.
  bool start_anew = false;
  /// Where an occurrence is and, to be sure of it, the day on which the server must say it was meant to be.
  struct place {
    int index;
    std::chrono::sys_days day;
  };
  std::vector<place> erase;
  struct change {
    place at;
    std::vector<field_value> fields; // only what is not so already
  };
  /// In an order in which no occurrence passes another one on the way (ErrorOccurrenceCrossingBoundary): those that
  /// move to a later time from the last one on, those that move to an earlier one from the first one on.
  std::vector<change> changes;
  std::optional<failure> impossible;
  bool nothing_to_do() const { return !start_anew && erase.empty() && changes.empty() && !impossible; }
};

series_plan plan_series(const series_state& now, const ews::series_exceptions& wanted);

/// Whether nothing but erasing these places can have happened to the series in between. Its time is left out: it may
/// follow the first occurrence.
bool only_erased(const series_state& before, const series_state& after, const std::vector<series_plan::place>& erased);

/// The day of an occurrence of this series in its own zone.
std::optional<std::chrono::sys_days> day_of(const series_state& series, utc_seconds original_start);

} // namespace exsyncd
