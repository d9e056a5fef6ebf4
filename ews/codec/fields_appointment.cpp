#include "ews/codec/fields_appointment.hpp"

#include "ews/codec/canonical.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/field_rows.hpp"
#include "ews/codec/recurrence.hpp"
#include "ews/codec/time_zones.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace exsyncd::ews {
namespace {

bool zone_definitions(const schema_version& version) { // MS-OXWSMTGS R713, R714: StartTimeZone and EndTimeZone
  return version.age >= schema_age::exchange2010_sp1;
}

bool is_true(std::string_view text) {
  return text == "true" || text == "1";
}

// ---- time
// ------------------------------------------------------------------------------------------------------------

/// Lines: "start=…" and "end=…" in UTC, "zone=…" and, where the end has another one, "end_zone=…" (Windows ids),
/// "all_day=true". Servers keep an all-day appointment from midnight to midnight of its zone.
std::string read_time(const element& item, bool) {
  const auto start = parse_date(item.text_of("Start")), end = parse_date(item.text_of("End"));
  if (!start || !end) return {};
  std::string_view said;
  if (const auto* zone = item.child("StartTimeZone")) said = zone->attribute("Id");
  if (const auto* zone = item.child("MeetingTimeZone"); zone && said.empty()) said = zone->attribute("TimeZoneName");
  if (said.empty()) said = item.text_of("TimeZone");
  std::string out;
  add_line(out, "start", write_date(*start));
  add_line(out, "end", write_date(*end));
  add_line(out, "zone", zone_id(said));
  if (const auto* zone = item.child("EndTimeZone"))
    if (const auto id = zone_id(zone->attribute("Id")); id != zone_id(said)) add_line(out, "end_zone", id);
  if (is_true(item.word_of("IsAllDayEvent"))) add_line(out, "all_day", "true");
  return out;
}

void ask_time(item_shape& shape, const schema_version& version) {
  shape.uris.insert(shape.uris.end(),
                    {"calendar:Start", "calendar:End", "calendar:IsAllDayEvent", "calendar:TimeZone"});
  if (zone_definitions(version))
    shape.uris.insert(shape.uris.end(), {"calendar:StartTimeZone", "calendar:EndTimeZone"});
  else
    shape.uris.push_back("calendar:MeetingTimeZone");
}

void write_zone(xml_writer& out, std::string_view name, std::string_view id) {
  out.empty(name, {{name == "t:MeetingTimeZone" ? "TimeZoneName" : "Id", id}});
}

void write_zones(xml_writer& out, std::string_view value, const schema_version& version) {
  const auto zone = named_line(value, "zone");
  if (!zone) return;
  if (!zone_definitions(version)) return write_zone(out, "t:MeetingTimeZone", *zone);
  write_zone(out, "t:StartTimeZone", *zone);
  write_zone(out, "t:EndTimeZone", named_line(value, "end_zone").value_or(*zone));
}

/// A change of zone shifts the times that are there (Microsoft's page "Time zones and EWS in Exchange"): it comes
/// before them. An occurrence has the zones of its series and no line of them.
void update_time(update_writer& out, std::string_view value) {
  if (const auto zone = named_line(value, "zone")) {
    if (zone_definitions(out.version)) {
      out.set("calendar:StartTimeZone", [&](xml_writer& x) { write_zone(x, "t:StartTimeZone", *zone); });
      const auto end = named_line(value, "end_zone").value_or(*zone);
      out.set("calendar:EndTimeZone", [&](xml_writer& x) { write_zone(x, "t:EndTimeZone", end); });
    } else {
      out.set("calendar:MeetingTimeZone", [&](xml_writer& x) { write_zone(x, "t:MeetingTimeZone", *zone); });
    }
  }
  if (const auto start = named_line(value, "start"))
    out.set("calendar:Start", [&](xml_writer& x) { x.text("t:Start", *start); });
  if (const auto end = named_line(value, "end")) out.set("calendar:End", [&](xml_writer& x) { x.text("t:End", *end); });
  const auto all_day = named_line(value, "all_day");
  if (all_day || named_line(value, "zone"))
    out.set("calendar:IsAllDayEvent", [&](xml_writer& x) { x.text("t:IsAllDayEvent", all_day.value_or("false")); });
}

field_row time_row() {
  field_row row{field::time, settable_when::always};
  row.ask = ask_time;
  row.read = read_time;
  row.update = update_time;
  return row;
}
create_part time_part() {
  return {field::time, [](xml_writer& out, std::string_view value, const schema_version&) {
            out.text("t:Start", named_line(value, "start").value_or(""));
            out.text("t:End", named_line(value, "end").value_or(""));
            out.text("t:IsAllDayEvent", named_line(value, "all_day").value_or("false"));
          }};
}
create_part zones_part() {
  return {field::time, write_zones};
}

// ---- free/busy
// -------------------------------------------------------------------------------------------------------

/// Always a word: what a server takes where a request says nothing may depend on the item. "NoData" cannot be set.
std::string read_free_busy(const element& item, bool) {
  const auto word = item.word_of("LegacyFreeBusyStatus");
  return std::string(word.empty() || word == "NoData" ? "Busy" : word);
}
void write_free_busy(xml_writer& out, std::string_view value, const schema_version& version) {
  // WorkingElsewhere came with 2013, and earlier clients show such appointments as free.
  const bool unknown = value == "WorkingElsewhere" && version.age < schema_age::exchange2013_sp1;
  out.text("t:LegacyFreeBusyStatus", value.empty() ? "Busy" : unknown ? "Free" : value);
}
field_row free_busy_row() {
  return row_with(field::free_busy, "calendar:LegacyFreeBusyStatus", settable_when::always, read_free_busy,
                  [](update_writer& out, std::string_view value) {
                    out.set("calendar:LegacyFreeBusyStatus",
                            [&](xml_writer& x) { write_free_busy(x, value, out.version); });
                  });
}

// ---- attendees
// -------------------------------------------------------------------------------------------------------

struct attendee_kind {
  std::string_view word;
  std::string_view uri; // and the element
  /// As text: attendees to whom nothing can be sent ([MS-OXOCAL] 2.2.1.19 to 2.2.1.21). They make no meeting.
  extended_property text;
};
constexpr std::array kinds{
    attendee_kind{"required", "calendar:RequiredAttendees", {{}, "Common", {}, "34102", "String"}}, // NonSendableTo
    attendee_kind{"optional", "calendar:OptionalAttendees", {{}, "Common", {}, "34103", "String"}}, // NonSendableCc
    attendee_kind{"resource", "calendar:Resources", {{}, "Common", {}, "34104", "String"}},         // NonSendableBcc
};
constexpr std::string_view recipients = "recipients";

/// Lines "required=address" and so on, sorted. Addresses only: servers put their own names beside them. Attendees that
/// are text count like those that are recipients, so that a copy compares with its meeting.
std::string read_attendees(const element& item, bool) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view word, std::string_view who) {
    if (const auto text = trimmed(who); !text.empty()) lines.push_back(std::string(word) + "=" + lower(text));
  };
  for (const auto& kind : kinds) {
    if (const auto* list = item.child(element_of(kind.uri)))
      for (const auto& attendee : list->children)
        if (const auto* mailbox = attendee.child("Mailbox")) {
          const auto address = mailbox->text_of("EmailAddress");
          add(kind.word, trimmed(address).empty() ? mailbox->text_of("Name") : address);
        }
    auto text = property_value(item, kind.text).value_or("");
    while (!text.empty()) {
      const auto end = text.find(';');
      add(kind.word, text.substr(0, end));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
  }
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return joined(lines);
}

std::vector<std::string_view> of_kind(std::string_view value, const attendee_kind& kind) {
  std::vector<std::string_view> out;
  for (auto line : lines_of(value))
    if (line.starts_with(kind.word) && line.size() > kind.word.size() && line[kind.word.size()] == '=')
      out.push_back(line.substr(kind.word.size() + 1));
  return out;
}

std::string as_text(const std::vector<std::string_view>& who) {
  std::string out;
  for (auto one : who) {
    if (!out.empty()) out += "; ";
    out += one;
  }
  return out;
}

bool are_recipients(std::string_view value) {
  const auto lines = lines_of(value);
  return !lines.empty() && lines.front() == recipients;
}

void write_recipients(xml_writer& out, const attendee_kind& kind, const std::vector<std::string_view>& who) {
  const auto name = "t:" + std::string(element_of(kind.uri));
  out.open(name);
  for (auto one : who) {
    out.open("t:Attendee");
    out.open("t:Mailbox");
    out.text(one.find('@') == std::string_view::npos ? "t:Name" : "t:EmailAddress", one);
    out.close("t:Mailbox");
    out.close("t:Attendee");
  }
  out.close(name);
}

field_row attendees_row() {
  field_row row{field::attendees, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    for (const auto& kind : kinds) {
      shape.uris.push_back(kind.uri);
      shape.properties.push_back(kind.text);
    }
  };
  row.read = read_attendees;
  row.update = [](update_writer& out, std::string_view value) {
    for (const auto& kind : kinds) {
      const auto who = of_kind(value, kind);
      if (are_recipients(value)) {
        if (who.empty())
          out.erase(kind.uri);
        else
          out.set(kind.uri, [&](xml_writer& x) { write_recipients(x, kind, who); });
      } else if (who.empty()) {
        out.erase(kind.text);
      } else {
        out.set(kind.text, as_text(who));
      }
    }
  };
  return row;
}
create_part attendees_text_part() {
  return {field::attendees, [](xml_writer& out, std::string_view value, const schema_version&) {
            if (are_recipients(value)) return;
            for (const auto& kind : kinds)
              if (const auto who = of_kind(value, kind); !who.empty()) write_property(out, kind.text, as_text(who));
          }};
}
create_part attendees_part() {
  return {field::attendees, [](xml_writer& out, std::string_view value, const schema_version&) {
            if (!are_recipients(value)) return;
            for (const auto& kind : kinds)
              if (const auto who = of_kind(value, kind); !who.empty()) write_recipients(out, kind, who);
          }};
}

// ---- series
// ----------------------------------------------------------------------------------------------------------

field_row recurrence_row() {
  return row_with(
      field::recurrence, "calendar:Recurrence", settable_when::always,
      [](const element& item, bool) { return read_recurrence(item); },
      [](update_writer& out, std::string_view value) {
        if (value.empty()) return out.erase("calendar:Recurrence");
        out.set("calendar:Recurrence", [&](xml_writer& x) { write_recurrence(x, value, out.version); });
      });
}
create_part recurrence_part() {
  return {field::recurrence, [](xml_writer& out, std::string_view value, const schema_version& version) {
            write_recurrence(out, value, version);
          }};
}

/// Read and written by requests of their own: the changed occurrences are items themselves.
field_row exceptions_row() {
  field_row row{field::exceptions, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    shape.uris.insert(shape.uris.end(), {"calendar:ModifiedOccurrences", "calendar:DeletedOccurrences"});
  };
  row.read = [](const element&, bool) { return std::string(); };
  row.update = [](update_writer&, std::string_view) {};
  return row;
}

// ---- the rest
// --------------------------------------------------------------------------------------------------------

/// Not of an occurrence that stands alone (an invitation to one of a series): its UID is that of the series, whose
/// copy may be there too.
std::string read_uid(const element& item, bool) {
  return item.word_of("RecurrenceId").empty() ? std::string(item.word_of("UID")) : std::string();
}
field_row uid_row() {
  field_row row{field::uid, settable_when::create};
  row.ask = [](item_shape& shape, const schema_version&) {
    shape.uris.insert(shape.uris.end(), {"calendar:UID", "calendar:RecurrenceId"});
  };
  row.read = read_uid;
  return row;
}

/// The addresses of a meeting's workspace and of its online meeting; the other elements are read-only or gone since
/// 2016 (MS-OXWSMTGS R2185, R2301).
constexpr std::array online{std::pair{std::string_view("MeetingWorkspaceUrl"), "calendar:MeetingWorkspaceUrl"},
                            std::pair{std::string_view("NetShowUrl"), "calendar:NetShowUrl"}};

field_row online_meeting_row() {
  field_row row{field::online_meeting, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    for (const auto& [name, uri] : online)
      shape.uris.push_back(uri);
  };
  row.read = [](const element& item, bool) {
    std::string out;
    for (const auto& [name, uri] : online)
      if (const auto url = item.word_of(name); !url.empty()) add_line(out, name, url);
    return out;
  };
  row.update = [](update_writer& out, std::string_view value) {
    for (const auto& [name, uri] : online) {
      if (const auto url = named_line(value, name))
        out.set(std::string_view(uri),
                [&, &name = name](xml_writer& x) { x.text("t:" + std::string(name), unfolded(*url)); });
      else
        out.erase(std::string_view(uri));
    }
  };
  return row;
}
create_part online_meeting_part() {
  return {field::online_meeting, [](xml_writer& out, std::string_view value, const schema_version&) {
            for (const auto& [name, uri] : online)
              if (const auto url = named_line(value, name)) out.text("t:" + std::string(name), unfolded(*url));
          }};
}

} // namespace

std::string as_recipients(std::string_view attendees) {
  std::string out(recipients);
  if (!attendees.empty()) out += "\n" + std::string(attendees);
  return out;
}

const class_fields& appointment_fields() {
  static const class_fields table{item_class::appointment,
                                  "CalendarItem",
                                  {subject_row(), sensitivity_row(), body_row(), replaceable_attachments_row(),
                                   attachment_sizes_row(), attachment_ids_row(), attachment_holder_row(),
                                   categories_row(), importance_row(), text_row(field::location, "calendar:Location"),
                                   free_busy_row(), attendees_row(), online_meeting_row(), uid_row(), time_row(),
                                   // The pattern counts from the start, and the reminder before it.
                                   recurrence_row(), exceptions_row(), reminder_before_start_row()},
                                  {subject_part(), sensitivity_part(), body_part(), categories_part(),
                                   importance_part(), reminder_is_set_part(), reminder_minutes_part()},
                                  {attendees_text_part()},
                                  {text_part(field::uid, "calendar:UID"),
                                   time_part(),
                                   {field::free_busy, write_free_busy},
                                   text_part(field::location, "calendar:Location"),
                                   attendees_part(),
                                   recurrence_part(),
                                   zones_part(),
                                   online_meeting_part()}};
  return table;
}

} // namespace exsyncd::ews
