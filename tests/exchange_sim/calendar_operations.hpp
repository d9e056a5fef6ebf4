#pragma once

#include "tests/exchange_sim/session.hpp"

#include <vector>

namespace exchange_sim {

// The hooks of CalendarItem in the table of item types, and the same for one occurrence.
void calendar_creating(session&, node request, node element, item& made);
item& calendar_updating(session&, node request, item& stored, item edited);
bool calendar_deleting(session&, node request, item& gone);
/// Saves an occurrence that was edited; answers it as it now is.
item updating_occurrence(session&, node request, item& series, item edited);
void deleting_occurrence(session&, node request, item& series, local_day);

/// The zone in which the request's times without an offset are: of its TimeZoneContext, else UTC.
time_zone zone_of_request(const session&);
/// What a CalendarView shows of a folder: single items and the occurrences of series, by start. Throws response_error
/// for spans that Exchange refuses.
std::vector<item> calendar_view(session&, node view, const folder&);

} // namespace exchange_sim
