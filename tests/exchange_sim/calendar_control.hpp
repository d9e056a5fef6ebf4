#pragma once

#include "tests/exchange_sim/calendar_acts.hpp"
#include "tests/exchange_sim/fields.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace exchange_sim {

/// The fields of a command that make an appointment_edit, by name; and read from one.
extern const char* const appointment_edit_fields;
appointment_edit read_appointment_edit(fields&);
/// The same with folder, uid, organizer, response, sent, modified and deleted.
extern const char* const new_appointment_fields;
new_appointment read_new_appointment(fields&);

struct appointment_seed {
  std::size_t count = 40;
  std::uint64_t seed = 1;
  local_day first{}; ///< appointments lie from two months before to four months after
  std::string zone = "W. Europe Standard Time";
  std::string folder = "calendar";
};
/// Appointments like those of a real calendar, the same for the same settings: timed, all-day, private, with and
/// without reminders, every free/busy status, several zones, series of every pattern with changed and deleted
/// occurrences, meetings that the owner organizes and that he was invited to. Twenty in a row hold one of each kind.
std::vector<new_appointment> seed_appointments(const appointment_seed&);

} // namespace exchange_sim
