#pragma once

#include "ews/model/item.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

/// What a recurrence means: its occurrences, counted. Pure calculation over the canonical text of read_recurrence.
namespace exsyncd::ews {

/// The days of a series in its own zone, in order, as Exchange counts them: deleted occurrences count, and a day that a
/// month does not have is its last one ([MS-OXOCAL] 2.2.1.44). Weeks begin on FirstDayOfWeek (Sunday unless said).
/// Calls `each` with index (1 for the first) and day until it returns false, the range ends, or a hundred thousand
/// occurrences were counted. Nothing for a text that is no pattern of appointments.
void for_each_occurrence(std::string_view recurrence,
                         const std::function<bool(int index, std::chrono::sys_days day)>& each);

/// The InstanceIndex (OccurrenceItemId) of the occurrence on this day, or nothing where the pattern has none.
std::optional<int> instance_index(std::string_view recurrence, std::chrono::sys_days day);

/// The day of an occurrence in the zone of its series, from its original start. Occurrences keep the local time of day,
/// so that their distance in UTC is a whole number of days but for daylight saving: no zone is needed to tell it.
/// `series_start`: Start of the master, which is that of the pattern's first day.
std::optional<std::chrono::sys_days> occurrence_day(std::string_view recurrence, utc_seconds series_start,
                                                    utc_seconds original_start);

} // namespace exsyncd::ews
