#pragma once

#include "tests/exchange_sim/session.hpp"

namespace exchange_sim {

/// Reads a TaskRecurrenceType; throws response_error ErrorCalendarOutOfRange for numbers that no calendar has.
task_recurrence read_task_recurrence(node);
void write_task_recurrence(session&, xml_writer&, const task_recurrence&);

/// The first day of the series, at midnight; none where it has no occurrence at all.
std::optional<sys_time> first_occurrence(const task_recurrence&);
/// The day of the occurrence after the one at `current` (for a regenerating task: after the day it was completed on);
/// none after the last.
std::optional<sys_time> next_occurrence(const task_recurrence&, sys_time current);

} // namespace exchange_sim
