#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/fields_item.hpp"

#include <array>
#include <cstdlib>

namespace exchange_sim {

namespace {

using reading = field_reading;
using w = xml_writer;
constexpr auto e2007 = schema_version::e2007;
constexpr auto e2010 = schema_version::e2010;
constexpr auto e2013 = schema_version::e2013;
constexpr auto e2016 = schema_version::e2016;
constexpr auto standard = shape_set::standard;
constexpr auto all = shape_set::all;
constexpr auto asked = shape_set::on_demand;

// An item may be of the class without ever having been a calendar item.
const appointment& calendar_of(const item& i) {
  static const appointment none;
  return i.calendar ? *i.calendar : none;
}
appointment& writing(item& i) {
  if (!i.calendar) i.calendar.emplace();
  return *i.calendar;
}

bool is_meeting(const item& i) {
  return (calendar_of(i).state & 1) != 0;
}

std::string type_of(const item& i) {
  const auto& c = calendar_of(i);
  if (c.repeats) return "RecurringMaster";
  return !c.shows ? "Single" : c.shows->exception ? "Exception" : "Occurrence";
}

attendee organizer_of(const session& s, const item& i) {
  const auto& c = calendar_of(i);
  if (c.organizer) return *c.organizer;
  return {s.box->who.display_name, s.box->who.address, "SMTP", "Organizer", std::nullopt};
}

void write_person(w& out, const attendee& who) {
  write_mailbox(out, address{who.name, who.email, who.routing});
}

void write_attendees(const reading& r, w& out, const char* element, const std::vector<attendee>& list) {
  if (list.empty()) return;
  out.open(element);
  for (const auto& who : list) {
    out.open("t:Attendee");
    write_person(out, who);
    // Exchange 2010 leaves out the answer of somebody who has not answered (MS-OXWSMTGS R1282).
    bool silent = who.response == "Unknown" && r.s.host.profile.major == 14;
    if (!silent) out.leaf("t:ResponseType", who.response);
    if (who.replied) write_time(out, "t:LastResponseTime", who.replied);
    out.close();
  }
  out.close();
}

std::vector<attendee> read_attendees(session& s, node list) {
  std::vector<attendee> out;
  for (auto one : list.children())
    if (auto who = read_recipient(s, one))
      out.push_back({who->name, who->email, who->routing, "Unknown", std::nullopt});
  return out;
}

std::string duration_text(const appointment& c) {
  auto minutes = std::chrono::duration_cast<std::chrono::minutes>(c.end - c.start).count();
  if (minutes == 0) return "PT0S";
  std::string out = "P";
  if (minutes >= 1440) out += std::to_string(minutes / 1440) + "D";
  if (minutes % 1440 == 0) return out;
  out += "T";
  if (minutes % 1440 >= 60) out += std::to_string(minutes % 1440 / 60) + "H";
  if (minutes % 60 != 0) out += std::to_string(minutes % 60) + "M";
  return out;
}

void write_occurrence(const reading& r, w& out, const char* element, const std::optional<item>& one) {
  if (!one) return;
  out.open(element);
  write_item_id(*r.s.box, out, *one);
  out.leaf("t:Start", wire_time(one->calendar->start));
  out.leaf("t:End", wire_time(one->calendar->end));
  out.leaf("t:OriginalStart", wire_time(one->calendar->shows->original_start));
  out.close();
}

void write_modified(const reading& r, w& out) {
  const auto& c = calendar_of(r.of);
  if (c.changed.empty()) return;
  out.open("t:ModifiedOccurrences");
  for (const auto& [day, change] : c.changed)
    write_occurrence(r, out, "t:Occurrence", occurrence_of(r.of, day));
  out.close();
}

void write_deleted(const reading& r, w& out) {
  const auto& c = calendar_of(r.of);
  if (c.deleted.empty()) return;
  auto start = to_local(c.start_zone, c.start);
  auto time_of_day = start - std::chrono::floor<std::chrono::days>(start);
  out.open("t:DeletedOccurrences");
  for (auto day : c.deleted) {
    out.open("t:DeletedOccurrence");
    out.leaf("t:Start", wire_time(to_utc(c.start_zone, local_time(day.time_since_epoch()) + time_of_day)));
    out.close();
  }
  out.close();
}

void write_repeats(const reading& r, w& out) {
  const auto& c = calendar_of(r.of);
  if (!c.repeats) return;
  write_recurrence(out, *c.repeats, r.s.version, [&](local_day day) {
    return offset_text(offset_at(c.start_zone, to_utc(c.start_zone, local_time(day.time_since_epoch()))));
  });
}

void write_zone(const reading& r, w& out, const char* element, const time_zone& zone) {
  // Exchange 2010 spells a zone out; from 2013 on its name is enough, where it has one that others know.
  write_zone_definition(out, element, zone, r.s.host.profile.major < 15 || zone.own, calendar_of(r.of).start);
}

std::string wall_clock(const time_zone& zone, sys_time at) {
  // The wire form of UTC without its Z: what the clock on the wall shows, in the zone that stands beside it.
  auto text = wire_time(sys_time(to_local(zone, at).time_since_epoch()));
  return text.substr(0, text.size() - 1) + offset_text(offset_at(zone, at));
}

/// What else the owner has at that time, or right before and after it.
std::vector<item> others(const reading& r, bool adjacent) {
  std::vector<item> out;
  if (!r.of.calendar || r.of.calendar->repeats || r.place != shape_place::get_item) return out;
  const auto& c = *r.of.calendar;
  const auto* in = r.s.box->find_folder(r.of.folder);
  if (in == nullptr) return out;
  auto minute = std::chrono::minutes(1);
  for (const auto& [key, other] : in->items) {
    if (key == r.of.key || !other.calendar) continue;
    for (auto& one : in_span(other, c.start - minute, c.end + minute)) {
      const auto& o = *one.calendar;
      if (o.free_busy == "Free") continue;
      bool conflicts = o.start < c.end && o.end > c.start;
      bool touches = o.start == c.end || o.end == c.start;
      if (adjacent ? !conflicts && touches : conflicts) out.push_back(std::move(one));
    }
  }
  return out;
}

void write_others(const reading& r, w& out, const char* element, bool adjacent) {
  auto list = others(r, adjacent);
  if (list.empty()) return;
  out.open(element);
  for (const auto& one : list) {
    out.open("t:CalendarItem");
    write_item_id(*r.s.box, out, one);
    out.leaf("t:Subject", one.subject);
    out.leaf("t:Start", wire_time(one.calendar->start));
    out.leaf("t:End", wire_time(one.calendar->end));
    out.leaf("t:LegacyFreeBusyStatus", one.calendar->free_busy);
    out.leaf("t:Location", one.calendar->location);
    out.close();
  }
  out.close();
}

time_zone definition_in(node value) {
  auto zone = read_zone_definition(value);
  if (!zone) throw response_error{"ErrorTimeZone", "The time zone is not known and not defined."};
  return *zone;
}

void set_meeting_zone(session& s, item& i, node value, write_stage) {
  // StartTimeZone and EndTimeZone took its place in 2010 (MS-OXWSMTGS R7151).
  if (s.knows(e2010)) throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property."};
  auto zone = read_meeting_zone(value);
  if (!zone) throw response_error{"ErrorCalendarInvalidTimeZone", "The time zone is invalid."};
  writing(i).given.meeting_zone = zone;
}

void set_recurrence(session&, item& i, node value, write_stage) {
  auto& c = writing(i);
  if (c.shows) throw response_error{"ErrorInvalidPropertySet", "An occurrence has no recurrence of its own."};
  c.repeats = read_recurrence(value);
  c.given.recurrence = true;
}

void clear_recurrence(item& i) {
  auto& c = writing(i);
  c.repeats.reset();
  c.given.recurrence = true;
}

void set_uid(session&, item& i, node value, write_stage stage) {
  if (stage == write_stage::updating)
    throw response_error{"ErrorInvalidPropertySet", "The UID of a calendar item is fixed."};
  writing(i).uid = value.text();
}

void set_online(session& s, item& i, node value, write_stage) {
  // Read-only since Exchange 2016 (MS-OXWSMTGS R2001, R2186).
  if (s.host.profile.newest >= e2016)
    throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property."};
  writing(i).online = value.truth();
}

#define BOOLEAN_OUT(element, value)                                                                                    \
  [](const reading& r, w& out) { out.leaf("t:" element, flag_word([](const item& i) { return value; }(r.of))); }
#define TEXT_OUT(element, member)                                                                                      \
  [](const reading& r, w& out) {                                                                                       \
    if (!calendar_of(r.of).member.empty()) out.leaf("t:" element, calendar_of(r.of).member);                           \
  }
#define TEXT_IN(member)                                                                                                \
  [](session&, item& i, node v, write_stage) { writing(i).member = v.text(); },                                        \
      [](item& i) { writing(i).member.clear(); }
#define BOOLEAN_IN(member) [](session&, item& i, node v, write_stage) { writing(i).member = v.truth(); }
#define SEARCHED(value) [](session&, const item& i) -> std::string { return value; }
#define READ_ONLY nullptr, nullptr, false, nullptr
#define ATTENDEES(element, member)                                                                                     \
  [](const reading& r, w& out) { write_attendees(r, out, "t:" element, calendar_of(r.of).member); },                   \
      [](session& s, item& i, node v, write_stage) { writing(i).member = read_attendees(s, v); },                      \
      [](item& i) { writing(i).member.clear(); }, false,                                                               \
      [](session& s, item& i, node v) {                                                                                \
        for (auto& who : read_attendees(s, v))                                                                         \
          writing(i).member.push_back(who);                                                                            \
      },                                                                                                               \
      nullptr

const std::array table{
    field{"calendar:UID", "UID", e2007, all, false, TEXT_OUT("UID", uid), set_uid, nullptr, false, nullptr, nullptr},
    field{"calendar:RecurrenceId", "RecurrenceId", e2007, all, false,
          [](const reading& r, w& out) {
            const auto& c = calendar_of(r.of);
            if (c.shows) out.leaf("t:RecurrenceId", wire_time(c.shows->original_start));
          },
          READ_ONLY, nullptr},
    field{"calendar:DateTimeStamp", "DateTimeStamp", e2007, all, false,
          [](const reading& r, w& out) { out.leaf("t:DateTimeStamp", wire_time(r.of.created)); }, READ_ONLY, nullptr},
    field{"calendar:Start", "Start", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:Start", wire_time(calendar_of(r.of).start)); },
          [](session&, item& i, node v, write_stage) { writing(i).given.start = v.text(); }, nullptr, false, nullptr,
          SEARCHED(wire_time(calendar_of(i).start))},
    field{"calendar:End", "End", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:End", wire_time(calendar_of(r.of).end)); },
          [](session&, item& i, node v, write_stage) { writing(i).given.end = v.text(); }, nullptr, false, nullptr,
          SEARCHED(wire_time(calendar_of(i).end))},
    field{"calendar:OriginalStart", "OriginalStart", e2007, standard, true,
          [](const reading& r, w& out) {
            const auto& c = calendar_of(r.of);
            if (c.shows) out.leaf("t:OriginalStart", wire_time(c.shows->original_start));
          },
          READ_ONLY, nullptr},
    field{"calendar:IsAllDayEvent", "IsAllDayEvent", e2007, all, true,
          BOOLEAN_OUT("IsAllDayEvent", calendar_of(i).all_day),
          [](session&, item& i, node v, write_stage) {
            writing(i).all_day = v.truth();
          },
          [](item& i) { writing(i).all_day = false; }, false, nullptr, SEARCHED(flag_word(calendar_of(i).all_day))},
    field{"calendar:LegacyFreeBusyStatus", "LegacyFreeBusyStatus", e2007, standard, true,
          [](const reading& r, w& out) {
            // 2010 has no word for WorkingElsewhere.
            const auto& word = calendar_of(r.of).free_busy;
            out.leaf("t:LegacyFreeBusyStatus", word == "WorkingElsewhere" && !r.s.knows(e2013) ? "NoData" : word);
          },
          [](session&, item& i, node v, write_stage) { writing(i).free_busy = v.text(); },
          [](item& i) { writing(i).free_busy = "Busy"; }, false, nullptr, SEARCHED(calendar_of(i).free_busy)},
    field{"calendar:Location", "Location", e2007, standard, true, TEXT_OUT("Location", location), TEXT_IN(location),
          false, nullptr, SEARCHED(calendar_of(i).location)},
    field{"calendar:When", "When", e2007, all, true, TEXT_OUT("When", when), TEXT_IN(when), false, nullptr, nullptr},
    field{"calendar:IsMeeting", "IsMeeting", e2007, all, true, BOOLEAN_OUT("IsMeeting", is_meeting(i)), READ_ONLY,
          SEARCHED(flag_word(is_meeting(i)))},
    field{"calendar:IsCancelled", "IsCancelled", e2007, all, true,
          BOOLEAN_OUT("IsCancelled", (calendar_of(i).state & 4) != 0), READ_ONLY,
          SEARCHED(flag_word((calendar_of(i).state & 4) != 0))},
    field{"calendar:IsRecurring", "IsRecurring", e2007, all, true,
          BOOLEAN_OUT("IsRecurring", type_of(i) != "Single"), READ_ONLY, SEARCHED(flag_word(type_of(i) != "Single"))},
    field{"calendar:MeetingRequestWasSent", "MeetingRequestWasSent", e2007, all, true,
          BOOLEAN_OUT("MeetingRequestWasSent", calendar_of(i).request_sent), READ_ONLY, nullptr},
    field{"calendar:IsResponseRequested", "IsResponseRequested", e2007, all, true,
          BOOLEAN_OUT("IsResponseRequested", calendar_of(i).response_requested), BOOLEAN_IN(response_requested),
          [](item& i) { writing(i).response_requested = true; }, false, nullptr, nullptr},
    field{"calendar:CalendarItemType", "CalendarItemType", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:CalendarItemType", type_of(r.of)); }, READ_ONLY,
          SEARCHED(type_of(i))},
    field{"calendar:MyResponseType", "MyResponseType", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:MyResponseType", calendar_of(r.of).my_response); }, READ_ONLY,
          SEARCHED(calendar_of(i).my_response)},
    field{"calendar:Organizer", "Organizer", e2007, standard, true,
          [](const reading& r, w& out) {
            out.open("t:Organizer");
            write_person(out, organizer_of(r.s, r.of));
            out.close();
          },
          READ_ONLY, [](session& s, const item& i) { return organizer_of(s, i).name; }},
    field{"calendar:RequiredAttendees", "RequiredAttendees", e2007, all, false,
          ATTENDEES("RequiredAttendees", required)},
    field{"calendar:OptionalAttendees", "OptionalAttendees", e2007, all, false,
          ATTENDEES("OptionalAttendees", optional)},
    field{"calendar:Resources", "Resources", e2007, all, false, ATTENDEES("Resources", resources)},
    field{"calendar:ConflictingMeetingCount", "ConflictingMeetingCount", e2007, all, false,
          [](const reading& r, w& out) {
            out.leaf("t:ConflictingMeetingCount", std::to_string(others(r, false).size()));
          },
          READ_ONLY, nullptr},
    field{"calendar:AdjacentMeetingCount", "AdjacentMeetingCount", e2007, all, false,
          [](const reading& r, w& out) { out.leaf("t:AdjacentMeetingCount", std::to_string(others(r, true).size())); },
          READ_ONLY, nullptr},
    field{"calendar:ConflictingMeetings", "ConflictingMeetings", e2007, asked, false,
          [](const reading& r, w& out) { write_others(r, out, "t:ConflictingMeetings", false); }, READ_ONLY, nullptr},
    field{"calendar:AdjacentMeetings", "AdjacentMeetings", e2007, asked, false,
          [](const reading& r, w& out) { write_others(r, out, "t:AdjacentMeetings", true); }, READ_ONLY, nullptr},
    field{"calendar:Duration", "Duration", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:Duration", duration_text(calendar_of(r.of))); }, READ_ONLY,
          nullptr},
    field{"calendar:TimeZone", "TimeZone", e2007, all, true,
          [](const reading& r, w& out) {
            // 2016 and later show it for series only (MS-OXWSMTGS R2182).
            if (r.s.host.profile.newest < e2016 || type_of(r.of) != "Single")
              out.leaf("t:TimeZone", shown_name(calendar_of(r.of).start_zone));
          },
          READ_ONLY, nullptr},
    field{"calendar:AppointmentReplyTime", "AppointmentReplyTime", e2007, all, true,
          [](const reading& r, w& out) { write_time(out, "t:AppointmentReplyTime", calendar_of(r.of).replied); },
          READ_ONLY, nullptr},
    field{"calendar:AppointmentSequenceNumber", "AppointmentSequenceNumber", e2007, all, true,
          [](const reading& r, w& out) {
            out.leaf("t:AppointmentSequenceNumber", std::to_string(calendar_of(r.of).sequence));
          },
          READ_ONLY, nullptr},
    field{"calendar:AppointmentState", "AppointmentState", e2007, all, true,
          [](const reading& r, w& out) { out.leaf("t:AppointmentState", std::to_string(calendar_of(r.of).state)); },
          READ_ONLY, nullptr},
    field{"calendar:Recurrence", "Recurrence", e2007, all, false, write_repeats, set_recurrence, clear_recurrence,
          false, nullptr, nullptr},
    field{"calendar:FirstOccurrence", "FirstOccurrence", e2007, all, false,
          [](const reading& r, w& out) {
            if (is_series(r.of)) write_occurrence(r, out, "t:FirstOccurrence", first_occurrence(r.of));
          },
          READ_ONLY, nullptr},
    field{"calendar:LastOccurrence", "LastOccurrence", e2007, all, false,
          [](const reading& r, w& out) {
            if (is_series(r.of)) write_occurrence(r, out, "t:LastOccurrence", last_occurrence(r.of));
          },
          READ_ONLY, nullptr},
    field{"calendar:ModifiedOccurrences", "ModifiedOccurrences", e2007, all, false, write_modified, READ_ONLY, nullptr},
    field{"calendar:DeletedOccurrences", "DeletedOccurrences", e2007, all, false, write_deleted, READ_ONLY, nullptr},
    field{"calendar:MeetingTimeZone", "MeetingTimeZone", e2007, all, false,
          [](const reading& r, w& out) {
            const auto& c = calendar_of(r.of);
            if (c.repeats && !r.s.knows(e2010)) write_meeting_zone(out, c.start_zone, c.start);
          },
          set_meeting_zone, nullptr, false, nullptr, nullptr},
    field{"calendar:StartTimeZone", "StartTimeZone", e2010, all, true,
          [](const reading& r, w& out) { write_zone(r, out, "t:StartTimeZone", calendar_of(r.of).start_zone); },
          [](session&, item& i, node v, write_stage) { writing(i).given.start_zone = definition_in(v); }, nullptr,
          false, nullptr, nullptr},
    field{"calendar:EndTimeZone", "EndTimeZone", e2010, all, true,
          [](const reading& r, w& out) { write_zone(r, out, "t:EndTimeZone", calendar_of(r.of).end_zone); },
          [](session&, item& i, node v, write_stage) { writing(i).given.end_zone = definition_in(v); }, nullptr, false,
          nullptr, nullptr},
    field{"calendar:ConferenceType", "ConferenceType", e2007, all, true,
          [](const reading& r, w& out) {
            if (auto type = calendar_of(r.of).conference_type) out.leaf("t:ConferenceType", std::to_string(*type));
          },
          [](session&, item& i, node v, write_stage) { writing(i).conference_type = std::atoi(v.text().c_str()); },
          [](item& i) { writing(i).conference_type.reset(); }, false, nullptr, nullptr},
    field{"calendar:AllowNewTimeProposal", "AllowNewTimeProposal", e2007, all, true,
          BOOLEAN_OUT("AllowNewTimeProposal", calendar_of(i).new_time_proposal), BOOLEAN_IN(new_time_proposal),
          [](item& i) { writing(i).new_time_proposal = true; }, false, nullptr, nullptr},
    field{"calendar:IsOnlineMeeting", "IsOnlineMeeting", e2007, all, true,
          BOOLEAN_OUT("IsOnlineMeeting", calendar_of(i).online), set_online, [](item& i) { writing(i).online = false; },
          false, nullptr, nullptr},
    field{"calendar:MeetingWorkspaceUrl", "MeetingWorkspaceUrl", e2007, all, true,
          TEXT_OUT("MeetingWorkspaceUrl", workspace_url), TEXT_IN(workspace_url), false, nullptr, nullptr},
    field{"calendar:NetShowUrl", "NetShowUrl", e2007, all, true, TEXT_OUT("NetShowUrl", net_show_url),
          TEXT_IN(net_show_url), false, nullptr, nullptr},
    field{"calendar:EnhancedLocation", "EnhancedLocation", e2013, asked, false,
          [](const reading& r, w& out) {
            const auto& place = calendar_of(r.of).location;
            if (place.empty()) return;
            out.open("t:EnhancedLocation");
            out.leaf("t:DisplayName", place);
            out.close();
          },
          // The place is one thing under two names; an address is not kept.
          [](session&, item& i, node v, write_stage) { writing(i).location = v.child("DisplayName").text(); },
          [](item& i) { writing(i).location.clear(); }, false, nullptr, nullptr},
    field{"calendar:StartWallClock", "StartWallClock", e2013, asked, false,
          [](const reading& r, w& out) {
            const auto& c = calendar_of(r.of);
            out.leaf("t:StartWallClock", wall_clock(c.start_zone, c.start));
          },
          READ_ONLY, nullptr},
    field{"calendar:EndWallClock", "EndWallClock", e2013, asked, false,
          [](const reading& r, w& out) {
            const auto& c = calendar_of(r.of);
            out.leaf("t:EndWallClock", wall_clock(c.end_zone, c.end));
          },
          READ_ONLY, nullptr},
    field{"calendar:StartTimeZoneId", "StartTimeZoneId", e2013, asked, false,
          [](const reading& r, w& out) { out.leaf("t:StartTimeZoneId", calendar_of(r.of).start_zone.id); }, READ_ONLY,
          nullptr},
    field{"calendar:EndTimeZoneId", "EndTimeZoneId", e2013, asked, false,
          [](const reading& r, w& out) { out.leaf("t:EndTimeZoneId", calendar_of(r.of).end_zone.id); }, READ_ONLY,
          nullptr},
    // Ignored by the server (MS-OXWSMTGS R2003).
    field{"calendar:JoinOnlineMeetingUrl", "JoinOnlineMeetingUrl", e2013, asked, false, [](const reading&, w&) {},
          [](session&, item&, node, write_stage) {}, nullptr, false, nullptr, nullptr},
    field{"calendar:IsOrganizer", "IsOrganizer", e2013, all, true,
          BOOLEAN_OUT("IsOrganizer", calendar_of(i).my_response == "Organizer"), READ_ONLY, nullptr},
};

#undef BOOLEAN_OUT
#undef TEXT_OUT
#undef TEXT_IN
#undef BOOLEAN_IN
#undef SEARCHED
#undef READ_ONLY
#undef ATTENDEES

} // namespace

std::span<const field> calendar_fields() {
  return table;
}

} // namespace exchange_sim
