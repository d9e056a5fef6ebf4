#pragma once

#include "tests/exchange_sim/recurrence.hpp"
#include "tests/exchange_sim/time_zones.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace exchange_sim {

struct item;

struct attendee {
  std::string name, email, routing = "SMTP";
  std::string response = "Unknown"; ///< ResponseTypeType
  std::optional<sys_time> replied;
  bool operator==(const attendee&) const = default;
};

/// One occurrence that differs from its series.
struct changed_occurrence {
  /// What it has of its own, by the names of occurrence_pieces; everything else is read from the series.
  std::set<std::string> pieces;
  /// Exactly one: holds the pieces. A vector because an item is not complete here.
  std::vector<item> values;
};

/// Which occurrence of a series an item stands for that was made to show it.
struct occurrence_place {
  local_day day{}; ///< on which the pattern has it, in the zone of the series
  sys_time original_start{};
  bool exception = false;
};

/// What a request said about times, until everything that it says is known: StartTimeZone stands behind Start.
struct given_times {
  std::optional<std::string> start, end; ///< as written
  std::optional<time_zone> start_zone, end_zone, meeting_zone;
  bool all_day = false;    ///< IsAllDayEvent was set
  bool recurrence = false; ///< Recurrence was set or deleted
};

/// What IPM.Appointment has beyond an item. A series has `repeats`; its start and end are those of its first
/// occurrence.
struct appointment {
  sys_time start{}, end{};
  time_zone start_zone, end_zone;
  bool all_day = false;
  std::string free_busy = "Busy"; ///< LegacyFreeBusyType
  std::string location, when;
  std::vector<attendee> required, optional, resources;
  std::optional<attendee> organizer; ///< none: the owner of the mailbox
  std::string my_response = "Organizer";
  int state = 0; ///< AppointmentState: 1 meeting, 2 received, 4 cancelled
  int sequence = 0;
  bool request_sent = false, response_requested = true, new_time_proposal = true, online = false;
  std::optional<int> conference_type;
  std::string workspace_url, net_show_url;
  std::optional<sys_time> replied;
  std::string uid;
  std::string clean_global_id; ///< bytes (MS-OXOCAL 2.2.1.28)
  std::optional<recurrence> repeats;
  std::map<local_day, changed_occurrence> changed;
  std::set<local_day> deleted;

  std::optional<occurrence_place> shows; ///< set in what occurrence_of makes, never in what is stored
  given_times given;                     ///< only while a request is read
};

} // namespace exchange_sim
