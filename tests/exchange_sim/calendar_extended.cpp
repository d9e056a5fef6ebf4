#include "tests/exchange_sim/calendar_extended.hpp"

#include "tests/exchange_sim/calendar.hpp"

#include <array>

namespace exchange_sim {

namespace {

constexpr std::string_view meeting_set = "6ed8da90-450b-101b-98da-00aa003f1305";
constexpr std::string_view appointment_set = "00062002-0000-0000-c000-000000000046";
constexpr std::string_view common_set = "00062008-0000-0000-c000-000000000046";

/// One named property that a field shows too (MS-OXOCAL 2.2.1, MS-OXORMDR 2.2.1).
struct row {
  std::string_view set;
  int id;
  const char* type;
  std::string (*get)(const item&);
};

int busy_number(const std::string& word) {
  constexpr std::array words{"Free", "Tentative", "Busy", "OOF", "WorkingElsewhere"};
  for (std::size_t i = 0; i < words.size(); ++i)
    if (word == words[i]) return static_cast<int>(i);
  return 0;
}

int response_number(const std::string& word) {
  constexpr std::array words{"Unknown", "Organizer", "Tentative", "Accept", "Decline", "NoResponseReceived"};
  for (std::size_t i = 0; i < words.size(); ++i)
    if (word == words[i]) return static_cast<int>(i);
  return 0;
}

std::string word_of(bool value) {
  return value ? "true" : "false";
}

const std::array table{
    row{meeting_set, 0x03, "Binary", [](const item& i) { return base64(global_id(i)); }},
    row{meeting_set, 0x23, "Binary", [](const item& i) { return base64(i.calendar->clean_global_id); }},
    row{appointment_set, 0x8205, "Integer",
        [](const item& i) { return std::to_string(busy_number(i.calendar->free_busy)); }},
    row{appointment_set, 0x8208, "String", [](const item& i) { return i.calendar->location; }},
    row{appointment_set, 0x820d, "SystemTime", [](const item& i) { return wire_time(i.calendar->start); }},
    row{appointment_set, 0x820e, "SystemTime", [](const item& i) { return wire_time(i.calendar->end); }},
    row{appointment_set, 0x8215, "Boolean", [](const item& i) { return word_of(i.calendar->all_day); }},
    row{appointment_set, 0x8217, "Integer", [](const item& i) { return std::to_string(i.calendar->state); }},
    row{appointment_set, 0x8218, "Integer",
        [](const item& i) { return std::to_string(response_number(i.calendar->my_response)); }},
    row{appointment_set, 0x8223, "Boolean", [](const item& i) { return word_of(is_series(i)); }},
    row{appointment_set, 0x8234, "String", [](const item& i) { return shown_name(i.calendar->start_zone); }},
    row{common_set, 0x8501, "Integer", [](const item& i) { return std::to_string(i.reminder_minutes); }},
    row{common_set, 0x8503, "Boolean", [](const item& i) { return word_of(i.reminder_is_set); }},
    row{common_set, 0x8516, "SystemTime", [](const item& i) { return wire_time(i.calendar->start); }},
    row{common_set, 0x8517, "SystemTime", [](const item& i) { return wire_time(i.calendar->end); }},
};

const row* row_of(const property_path& path) {
  if (!path.id) return nullptr;
  for (const auto& one : table)
    if (one.set == path.set && one.id == *path.id) return &one;
  return nullptr;
}

} // namespace

std::optional<extended_value> calendar_extended(const item& of, const property_path& path) {
  const auto* found = row_of(path);
  if (found == nullptr) return std::nullopt;
  auto value = found->get(of);
  if (value.empty()) return std::nullopt;
  return extended_value{found->type, {std::move(value)}};
}

bool set_calendar_extended(item& of, const property_path& path, const extended_value&) {
  const auto* found = row_of(path);
  bool appointment = of.calendar || of.item_class.starts_with("IPM.Appointment");
  if (found == nullptr || !appointment) return false;
  // The description of a zone may be written (and is written in Microsoft's own example), but StartTimeZone decides.
  if (found->id == 0x8234) return true;
  throw response_error{"ErrorInvalidPropertySet", "The property has a field of its own: write that."};
}

} // namespace exchange_sim
