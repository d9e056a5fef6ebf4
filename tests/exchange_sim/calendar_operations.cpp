// What CreateItem, UpdateItem, DeleteItem and FindItem do with calendar items beside what they do with any.
#include "tests/exchange_sim/calendar_operations.hpp"

#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/calendar.hpp"

#include <algorithm>

namespace exchange_sim {

namespace {

/// The value of the attribute that says who is told; throws `missing` where the request has none.
bool sends(node request, const char* attribute, const char* missing) {
  auto how = request.attribute(attribute);
  if (!how) throw response_error{missing, std::string(attribute) + " is required for calendar items."};
  return *how != "SendToNone";
}

bool has_attendees(const item& i) {
  const auto& c = *i.calendar;
  return !(c.required.empty() && c.optional.empty() && c.resources.empty());
}

void tell(session& s, item& about, const char* kind) {
  auto changes = s.changes();
  count_mail(changes, about, kind);
}

void check_update(session& s, node request, const item& stored, bool& told) {
  told = sends(request, "SendMeetingInvitationsOrCancellations", "ErrorSendMeetingInvitationsOrCancellationsRequired");
  const auto* in = s.box->find_folder(stored.folder);
  if (told && in != nullptr && in->distinguished == "deleteditems")
    throw response_error{"ErrorCalendarCannotUpdateDeletedItem", "A deleted calendar item sends nothing."};
}

void tell_update(session& s, item& edited, bool told) {
  if (!told || !is_live_meeting(edited)) return;
  edited.calendar->request_sent = true;
  ++edited.calendar->sequence;
  tell(s, edited, "invitations");
}

} // namespace

time_zone zone_of_request(const session& s) {
  auto definition = s.header.child("TimeZoneContext").child("TimeZoneDefinition");
  if (!definition) return {};
  auto zone = read_zone_definition(definition);
  if (!zone) throw response_error{"ErrorTimeZone", "The time zone of the request is not known and not defined."};
  return *zone;
}

void calendar_creating(session& s, node request, node element, item& made) {
  bool told = sends(request, "SendMeetingInvitations", "ErrorSendMeetingInvitationsRequired");
  if (element.child("MimeContent"))
    throw response_error{"ErrorUnsupportedMimeConversion", "Calendar items are not taken as MIME here."};
  if (!made.calendar) made.calendar.emplace();
  made.draft = false;
  // A new appointment reminds its owner unless the request says otherwise.
  if (!element.child("ReminderIsSet")) made.reminder_is_set = true;
  if (!element.child("ReminderMinutesBeforeStart")) made.reminder_minutes = 15;
  settle_times(made, nullptr, zone_of_request(s), s.version, s.now);
  settle_identity(made, s.now, s.options.random);
  if (told && has_attendees(made)) {
    made.calendar->request_sent = true;
    tell(s, made, "invitations");
  }
}

item& calendar_updating(session& s, node request, item& stored, item edited) {
  bool told = false;
  check_update(s, request, stored, told);
  if (!edited.calendar) edited.calendar.emplace();
  settle_times(edited, stored.calendar ? &stored : nullptr, zone_of_request(s), s.version, s.now);
  if (edited.calendar->uid.empty()) settle_identity(edited, s.now, s.options.random);
  tell_update(s, edited, told);
  stored = std::move(edited);
  auto changes = s.changes();
  touch_item(changes, stored);
  return stored;
}

item updating_occurrence(session& s, node request, item& series, item edited) {
  bool told = false;
  check_update(s, request, series, told);
  auto day = edited.calendar->shows->day;
  auto before = *occurrence_of(series, day);
  settle_times(edited, &before, zone_of_request(s), s.version, s.now);
  tell_update(s, edited, told);
  auto changes = s.changes();
  save_occurrence(changes, series, std::move(edited));
  return *occurrence_of(series, day);
}

bool calendar_deleting(session& s, node request, item& gone) {
  bool told = sends(request, "SendMeetingCancellations", "ErrorSendMeetingCancellationsRequired");
  if (told && is_live_meeting(gone)) tell(s, gone, "cancellations");
  return false;
}

void deleting_occurrence(session& s, node request, item& series, local_day day) {
  bool told = sends(request, "SendMeetingCancellations", "ErrorSendMeetingCancellationsRequired");
  auto changes = s.changes();
  delete_occurrence(changes, series, day);
  if (told && is_live_meeting(series)) tell(s, series, "cancellations");
}

std::vector<item> calendar_view(session& s, node view, const folder& f) {
  auto zone = zone_of_request(s);
  auto at = [&](const char* attribute) {
    auto text = view.attribute_or(attribute, "");
    auto parsed = parse_time(text);
    if (!parsed) throw response_error{"ErrorInvalidArgument", "The time span is invalid."};
    bool has_offset = text.find_first_of("Z+", 10) != std::string::npos || text.find('-', 11) != std::string::npos;
    return has_offset ? *parsed : to_utc(zone, local_time(parsed->time_since_epoch()));
  };
  auto from = at("StartDate"), to = at("EndDate");
  if (to < from)
    throw response_error{"ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate."};
  if (to - from > std::chrono::days(2 * 366))
    throw response_error{"ErrorCalendarViewRangeTooBig", "The span of a calendar view is two years at most."};
  std::vector<item> out;
  for (const auto& [key, i] : f.items) {
    if (is_hidden(s, i)) continue;
    for (auto& one : in_span(i, from, to))
      out.push_back(std::move(one));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const item& a, const item& b) { return a.calendar->start < b.calendar->start; });
  return out;
}

void get_server_time_zones(session& s, node request, xml_writer& out) {
  respond(s, out, "m:GetServerTimeZonesResponseMessage", {}, [&](xml_writer& inside) {
    bool full = request.attribute_or("ReturnFullTimeZoneData", "true") != "false";
    std::vector<std::string> wanted;
    for (auto id : request.child("Ids").children())
      wanted.push_back(id.text());
    if (!request.child("Ids")) wanted = known_zones();
    inside.open("m:TimeZoneDefinitions");
    for (const auto& id : wanted)
      if (auto zone = zone_called(id)) write_zone_definition(inside, "t:TimeZoneDefinition", *zone, full, s.now);
    inside.close();
  });
}

} // namespace exchange_sim
