// The commands of the control interface that are about appointments, read from JSON.
#include "tests/exchange_sim/calendar_control.hpp"

#include "tests/exchange_sim/calendar_json.hpp"

namespace exchange_sim {

const char* const appointment_edit_fields =
    "subject body body_type sensitivity importance categories start end zone end_zone location free_busy when all_day "
    "response_requested new_time_proposal reminder required optional resources recurrence";

const char* const new_appointment_fields = "folder uid organizer response sent modified deleted";

appointment_edit read_appointment_edit(fields& from) {
  appointment_edit e;
  e.subject = from.optional<std::string>("subject");
  e.body = from.optional<std::string>("body");
  e.body_type = from.optional<std::string>("body_type");
  e.sensitivity = from.optional<std::string>("sensitivity");
  e.importance = from.optional<std::string>("importance");
  e.categories = from.optional<std::vector<std::string>>("categories");
  e.start = from.optional<std::string>("start");
  e.end = from.optional<std::string>("end");
  e.zone = from.optional<std::string>("zone");
  e.end_zone = from.optional<std::string>("end_zone");
  e.location = from.optional<std::string>("location");
  e.free_busy = from.optional<std::string>("free_busy");
  e.when = from.optional<std::string>("when");
  e.all_day = from.optional<bool>("all_day");
  e.response_requested = from.optional<bool>("response_requested");
  e.new_time_proposal = from.optional<bool>("new_time_proposal");
  if (auto reminder = from.optional<nlohmann::json>("reminder")) {
    if (reminder->is_boolean() && !reminder->get<bool>())
      e.reminder = -1;
    else if (reminder->is_number_integer() && reminder->get<int>() >= 0)
      e.reminder = reminder->get<int>();
    else
      throw std::invalid_argument("reminder: must be minutes before the start, or false");
  }
  e.required = from.optional<std::vector<std::string>>("required");
  e.optional = from.optional<std::vector<std::string>>("optional");
  e.resources = from.optional<std::vector<std::string>>("resources");
  if (auto repeats = from.optional<nlohmann::json>("recurrence")) {
    if (repeats->is_boolean() && !repeats->get<bool>())
      e.no_recurrence = true;
    else
      e.repeats = recurrence_from_json(*repeats);
  }
  return e;
}

new_appointment read_new_appointment(fields& from) {
  new_appointment made;
  made.folder = from.optional<std::string>("folder").value_or("calendar");
  made.values = read_appointment_edit(from);
  made.uid = from.optional<std::string>("uid");
  made.organizer = from.optional<std::string>("organizer");
  made.response = from.optional<std::string>("response");
  made.sent = from.optional<bool>("sent").value_or(false);
  made.deleted = from.optional<std::vector<std::string>>("deleted").value_or(std::vector<std::string>{});
  for (const auto& one :
       from.optional<std::vector<nlohmann::json>>("modified").value_or(std::vector<nlohmann::json>{})) {
    fields object(one, "modified.");
    auto day = object.required<std::string>("occurrence");
    auto edit = read_appointment_edit(object);
    object.finish();
    made.modified.emplace_back(day, std::move(edit));
  }
  return made;
}

} // namespace exchange_sim
