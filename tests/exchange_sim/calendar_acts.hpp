#pragma once

#include "tests/exchange_sim/calendar_state.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace exchange_sim {

/// What a user sets in an appointment; what is absent stays as it is. Times are xs:dateTime texts; one without an
/// offset is in `zone`, or in the zone of the appointment.
struct appointment_edit {
  std::optional<std::string> subject, body, body_type /* Text or HTML */, sensitivity, importance;
  std::optional<std::vector<std::string>> categories;
  std::optional<std::string> start, end, zone, end_zone, location, free_busy, when;
  std::optional<bool> all_day, response_requested, new_time_proposal;
  /// Minutes before the start; a value below zero: no reminder.
  std::optional<int> reminder;
  std::optional<std::vector<std::string>> required, optional, resources; ///< addresses
  std::optional<recurrence> repeats;
  bool no_recurrence = false; ///< a series becomes a single appointment
};

/// An appointment as its owner's client made it, or as it came with an invitation.
struct new_appointment {
  std::string folder = "calendar";
  appointment_edit values;
  std::optional<std::string> uid;
  std::optional<std::string> organizer; ///< address of somebody else: a meeting that was received
  std::optional<std::string> response;  ///< the owner's own: Accept, Tentative, ...
  bool sent = false;                    ///< the invitations went out
  std::vector<std::pair<std::string, appointment_edit>> modified; ///< by the day on which the pattern has it
  std::vector<std::string> deleted;
};

} // namespace exchange_sim
