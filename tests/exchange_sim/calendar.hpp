#pragma once

#include "tests/exchange_sim/session.hpp"

#include <string>
#include <vector>

namespace exchange_sim {

// Occurrences. One change number, and so one ChangeKey, stands for a series and all its occurrences.

inline bool is_series(const item& i) {
  return i.calendar && i.calendar->repeats;
}
/// An occurrence as an item of its own, with the ids and the key of the series; none where the series does not have
/// this day, or has it deleted.
std::optional<item> occurrence_of(const item& series, local_day);
/// What an occurrence may have of its own.
const std::vector<std::string>& occurrence_pieces();
/// Makes `edited` (an occurrence that was changed) the occurrence of its day. Throws response_error
/// ErrorOccurrenceCrossingBoundary where it passes a neighbour.
void save_occurrence(change_context&, item& series, item edited);
/// Deletes one occurrence; it goes to no folder. Throws response_error ErrorRecurrenceHasNoOccurrence for the last one.
void delete_occurrence(change_context&, item& series, local_day);
/// The day of an InstanceIndex: the first is 1, and deleted ones count. Throws response_error
/// ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange or ErrorCalendarOccurrenceIsDeletedFromRecurrence.
local_day day_of_index(const item& series, int index);
/// First and last occurrence that are not deleted; none where the series has no end.
std::optional<item> first_occurrence(const item& series);
std::optional<item> last_occurrence(const item& series);
/// The item itself, or the occurrences of a series, as far as they touch the span; by start.
std::vector<item> in_span(const item&, sys_time from, sys_time to);

/// Works out start, end, zones and recurrence from what was given (appointment::given, then cleared), completes what
/// the server computes, and refuses what Exchange refuses. `before`: the item as it was; null for a new one. `zone` is
/// what times without an offset are read in where the request names no other.
void settle_times(item&, const item* before, const time_zone& zone, schema_version, sys_time now);
/// A new appointment's UID and GlobalObjectId: from the UID that is there, or made.
void settle_identity(item&, sys_time now, const std::function<std::uint64_t()>& random);
/// The GlobalObjectId of an item: that of an occurrence holds its day.
std::string global_id(const item&);

/// Whether its owner mails others when he changes it: a meeting that he organizes, with somebody to mail to.
bool is_live_meeting(const item&);

} // namespace exchange_sim
