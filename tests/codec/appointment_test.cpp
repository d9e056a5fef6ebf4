#include "ews/codec/create_item.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/fields_appointment.hpp"
#include "ews/codec/get_item.hpp"
#include "ews/codec/series.hpp"
#include "ews/codec/update_item.hpp"
#include "ews/codec/xml_reader.hpp"
#include "tests/support/ews_schema.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::ews;

namespace {

element parsed(const std::string& inside) {
  element out;
  xml_reader reader(
      [](const auto&, auto) {
        return xml_reader::verdict{true, {}};
      },
      [&](const auto&, element&& e) { out = std::move(e); });
  reader.feed("<t:CalendarItem xmlns:t='urn:t'>" + inside + "</t:CalendarItem>");
  REQUIRE(reader.finish().value_or("") == "");
  return out;
}

std::string value(const std::string& inside, field which) {
  return std::string(value_of(read_content_of(parsed(inside)).fields, which));
}

std::string text_property(const std::string& id, const std::string& text) {
  return "<t:ExtendedProperty><t:ExtendedFieldURI DistinguishedPropertySetId='Common' PropertyId='" + id +
         "' PropertyType='String'/><t:Value>" + text + "</t:Value></t:ExtendedProperty>";
}

const std::string times = "<t:Start>2026-03-02T08:00:00Z</t:Start><t:End>2026-03-02T09:30:00Z</t:End>";

std::string every_other_week(const std::string& days) {
  return "<t:Recurrence><t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>" + days +
         "</t:DaysOfWeek><t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence><t:NoEndRecurrence>"
         "<t:StartDate>2026-03-03</t:StartDate></t:NoEndRecurrence></t:Recurrence>";
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const schema_version& version(const char* name) {
  const auto* v = schema_version_of(name);
  REQUIRE(v);
  return *v;
}

const std::vector<field_value> series_fields{
    {field::subject, "Weekly & more"},
    {field::body, "Text\nAgenda"},
    {field::categories, "blue"},
    {field::reminder, "minutes=15"},
    {field::recurrence,
     "Weekly\nInterval=2\nDaysOfWeek=Monday Thursday\nFirstDayOfWeek=Monday\nRange=EndDate\nStartDate=2026-03-02\n"
     "EndDate=2026-12-31"},
    {field::time, "start=2026-03-02T08:00:00Z\nend=2026-03-02T09:30:00Z\nzone=W. Europe Standard Time\n"
                  "end_zone=GMT Standard Time"},
    {field::location, "Room <1>"},
    {field::free_busy, "WorkingElsewhere"},
    {field::attendees, "optional=bob@b.example\nrequired=ann@a.example\nresource=room@a.example"},
    {field::uid, "040000008200E00074C5B7101A82E008"},
    {field::online_meeting, "MeetingWorkspaceUrl=https://a.example/x\nNetShowUrl=https://a.example/y?a&b"},
};

} // namespace

TEST_CASE("values of appointments are the same on every version") {
  struct row {
    const char* what;
    std::string xml;
    enum field field;
    std::string value;
  };
  const std::vector<row> rows{
      {"time, by zone ids",
       times + "<t:TimeZone>(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna</t:TimeZone>"
               "<t:StartTimeZone Id='W. Europe Standard Time' Name='x'/><t:EndTimeZone Id='W. Europe Standard Time'/>",
       field::time, "start=2026-03-02T08:00:00Z\nend=2026-03-02T09:30:00Z\nzone=W. Europe Standard Time"},
      {"time, by its display name (2007)",
       times + "<t:TimeZone>(GMT+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna</t:TimeZone>", field::time,
       "start=2026-03-02T08:00:00Z\nend=2026-03-02T09:30:00Z\nzone=W. Europe Standard Time"},
      {"time of a series (2007)",
       times + "<t:TimeZone>anything</t:TimeZone><t:MeetingTimeZone TimeZoneName='W. Europe Standard Time'/>",
       field::time, "start=2026-03-02T08:00:00Z\nend=2026-03-02T09:30:00Z\nzone=W. Europe Standard Time"},
      {"another zone at its end", times + "<t:StartTimeZone Id='UTC'/><t:EndTimeZone Id='GMT Standard Time'/>",
       field::time, "start=2026-03-02T08:00:00Z\nend=2026-03-02T09:30:00Z\nzone=UTC\nend_zone=GMT Standard Time"},
      {"times with an offset, no zone",
       "<t:Start>2026-03-02T00:00:00-08:00</t:Start><t:End>2026-03-03T00:00:00-08:00</t:End>"
       "<t:IsAllDayEvent>true</t:IsAllDayEvent>",
       field::time, "start=2026-03-02T08:00:00Z\nend=2026-03-03T08:00:00Z\nzone=UTC\nall_day=true"},
      {"no time", "<t:IsAllDayEvent>true</t:IsAllDayEvent>", field::time, ""},
      {"location", "<t:Location> Room 1 </t:Location>", field::location, "Room 1"},
      {"free/busy", "<t:LegacyFreeBusyStatus>OOF</t:LegacyFreeBusyStatus>", field::free_busy, "OOF"},
      {"no free/busy", "<t:LegacyFreeBusyStatus>NoData</t:LegacyFreeBusyStatus>", field::free_busy, "Busy"},
      {"reminder",
       "<t:ReminderIsSet>true</t:ReminderIsSet><t:ReminderMinutesBeforeStart>10</t:ReminderMinutesBeforeStart>",
       field::reminder, "minutes=10"},
      {"attendees",
       "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:Name>Zoe</t:Name><t:EmailAddress>Zoe@A.example</t:EmailAddress>"
       "</t:Mailbox><t:ResponseType>Accept</t:ResponseType></t:Attendee><t:Attendee><t:Mailbox><t:Name>Ann</t:Name>"
       "<t:EmailAddress>ann@a.example</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>"
       "<t:Resources><t:Attendee><t:Mailbox><t:EmailAddress>room@a.example</t:EmailAddress></t:Mailbox></t:Attendee>"
       "</t:Resources>",
       field::attendees, "required=ann@a.example\nrequired=zoe@a.example\nresource=room@a.example"},
      {"attendees as text",
       text_property("34102", "zoe@a.example; ann@a.example") + text_property("34104", "room@a.example"),
       field::attendees, "required=ann@a.example\nrequired=zoe@a.example\nresource=room@a.example"},
      {"uid", "<t:UID>abc</t:UID>", field::uid, "abc"},
      {"the uid of an occurrence alone is that of its series",
       "<t:UID>abc</t:UID><t:RecurrenceId>2026-03-02T08:00:00Z</t:RecurrenceId>", field::uid, ""},
      {"online meeting", "<t:NetShowUrl>https://a.example/y</t:NetShowUrl>", field::online_meeting,
       "NetShowUrl=https://a.example/y"},
      {"recurrence",
       "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Thursday Monday</t:DaysOfWeek>"
       "<t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence><t:NumberedRecurrence>"
       "<t:StartDate>2026-03-02+01:00</t:StartDate><t:NumberOfOccurrences>4</t:NumberOfOccurrences>"
       "</t:NumberedRecurrence></t:Recurrence>",
       field::recurrence,
       "Weekly\nInterval=1\nDaysOfWeek=Monday Thursday\nRange=Numbered\nStartDate=2026-03-02\nNumberOfOccurrences=4"},
      {"the first day of the week changes nothing", every_other_week("Tuesday Friday"), field::recurrence,
       "Weekly\nInterval=2\nDaysOfWeek=Tuesday Friday\nRange=NoEnd\nStartDate=2026-03-03"},
      {"the first day of the week counts", every_other_week("Sunday Tuesday"), field::recurrence,
       "Weekly\nInterval=2\nDaysOfWeek=Sunday Tuesday\nFirstDayOfWeek=Monday\nRange=NoEnd\nStartDate=2026-03-03"},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    CHECK(value(r.xml, r.field) == r.value);
  }
}

TEST_CASE("requests about appointments validate in every version, and nothing of them mails anybody") {
  std::vector<field_value> live = series_fields;
  for (auto& f : live)
    if (f.field == field::attendees) f.value = as_recipients(f.value);
  std::vector<field_value> empty;
  for (const auto& f : series_fields)
    if (f.field != field::uid) empty.push_back({f.field, ""});
  const auto one = [](const std::vector<field_value>& fields) {
    carried_item item;
    item.item_class = item_class::appointment;
    item.item_class_name = "IPM.Appointment.Custom";
    item.fields = fields;
    return std::pair(item, operation_mark("p/t/i"));
  };
  const auto text = one(series_fields), meeting = one(live);
  for (const auto& v : schema_versions()) {
    const request_context c{&v, {}};
    const item_key key{item_id("I&1"), change_key("K")};
    const std::vector<std::pair<const char*, std::string>> requests{
        {"create", write(c, create_items{folder_id("F"), {&text, &meeting}})},
        {"read", write(c, get_item{get_item::what::content, item_class::appointment, {key.id}})},
        {"update", write(c, update_contents{{{key, series_fields, item_class::appointment},
                                             {key, live, item_class::appointment},
                                             {key, empty, item_class::appointment}}})},
        {"occurrences", write(c, get_occurrences{{{key, 3}, {{key.id, {}}, 4}}})},
        {"occurrence", write(c, update_occurrence{{key, 3},
                                                  {{field::subject, "x"},
                                                   {field::time, "start=2026-03-02T08:00:00Z\n"
                                                                 "end=2026-03-02T09:30:00Z\nall_day=false"}}})},
        {"delete", write(c, delete_occurrence{{key, 3}})}};
    for (const auto& [name, request] : requests) {
      INFO(v.name << ' ' << name << '\n' << request);
      if (test::have_schemas()) CHECK(test::schema_error(request, std::string(v.name)).value_or("") == "");
      CHECK(!holds(request, "SendTo") == holds(request, "<m:GetItem"));
      CHECK(!holds(request, "SendToAll"));
      CHECK(!holds(request, "SendOnly"));
      if (std::string(name) == "create") CHECK(holds(request, "SendMeetingInvitations=\"SendToNone\""));
      if (holds(request, "<m:UpdateItem"))
        CHECK(holds(request, "SendMeetingInvitationsOrCancellations=\"SendToNone\""));
      if (std::string(name) == "delete") CHECK(holds(request, "SendMeetingCancellations=\"SendToNone\""));
    }
  }
}

TEST_CASE("attendees of a copy are text, unless it shall be a meeting") {
  const request_context c{&version("Exchange2013_SP1"), {}};
  std::pair<carried_item, operation_mark> item;
  item.first.item_class = item_class::appointment;
  item.first.fields = {{field::attendees, "required=ann@a.example\nrequired=bob@b.example"}};
  const auto text = write(c, create_items{folder_id("F"), {&item}});
  CHECK(!holds(text, "Attendees>"));
  CHECK(holds(text, "PropertyId=\"34102\""));
  CHECK(holds(text, "<t:Value>ann@a.example; bob@b.example</t:Value>"));
  item.first.fields.front().value = as_recipients(item.first.fields.front().value);
  const auto meeting = write(c, create_items{folder_id("F"), {&item}});
  CHECK(holds(meeting, "<t:RequiredAttendees><t:Attendee>"));
  CHECK(!holds(meeting, "34102"));
  CHECK(!holds(meeting, "recipients"));
}

TEST_CASE("a time goes out in UTC with its zones, as each version names them") {
  const field_value time{field::time, "start=2026-03-02T08:00:00Z\nend=2026-03-02T09:30:00Z\nzone=UTC+12"};
  const auto update = [&](const char* name) {
    return write({&version(name), {}},
                 update_contents{{{{item_id("I"), change_key("K")}, {time}, item_class::appointment}}});
  };
  const auto newer = update("Exchange2010_SP2");
  CHECK(holds(newer, "<t:StartTimeZone Id=\"UTC+12\"/>"));
  CHECK(holds(newer, "<t:EndTimeZone Id=\"UTC+12\"/>"));
  CHECK(newer.find("StartTimeZone") < newer.find("<t:Start>2026-03-02T08:00:00Z</t:Start>"));
  CHECK(holds(newer, "<t:IsAllDayEvent>false</t:IsAllDayEvent>"));
  if (schema_version_of("Exchange2007_SP1")) {
    const auto old = update("Exchange2007_SP1");
    CHECK(holds(old, "<t:MeetingTimeZone TimeZoneName=\"UTC+12\"/>"));
    CHECK(!holds(old, "StartTimeZone"));
  }
}

TEST_CASE("exceptions are one value that can be written again") {
  const auto at = [](const char* text) { return *parse_date(text); };
  const series_exceptions all{
      {at("2026-03-16T08:00:00Z"), at("2026-03-09T08:00:00Z")},
      {{at("2026-03-30T07:00:00Z"), {{field::subject, "One\\two"}, {field::body, "Text\na\\n\nb"}}},
       {at("2026-03-23T08:00:00Z"), {{field::location, ""}, {field::time, "start=x\nend=y"}}}}};
  const auto text = canonical(all);
  CHECK(text == "deleted=2026-03-09T08:00:00Z\ndeleted=2026-03-16T08:00:00Z\nchanged=2026-03-23T08:00:00Z\n"
                "80=start=x\\nend=y\n81=\nchanged=2026-03-30T07:00:00Z\n1=One\\\\two\n2=Text\\na\\\\n\\nb");
  const auto again = exceptions_of(text);
  CHECK(canonical(again) == text);
  CHECK(again.deleted.size() == 2);
  REQUIRE(again.changed.size() == 2);
  CHECK(again.changed[1].fields[1].value == "Text\na\\n\nb");
  CHECK(canonical({}).empty());
  CHECK(exceptions_of("").changed.empty());
}

TEST_CASE("a changed occurrence is what differs from its series") {
  const auto original = *parse_date("2026-03-30T07:00:00Z"); // an hour earlier in UTC: summer time
  auto occurrence = series_fields;
  const auto set = [&](field which, std::string value) {
    for (auto& f : occurrence)
      if (f.field == which) f.value = std::move(value);
  };
  set(field::time, "start=2026-03-30T07:00:00Z\nend=2026-03-30T08:30:00Z\nzone=W. Europe Standard Time");
  CHECK(differences(series_fields, occurrence, original).empty());
  set(field::subject, "Other");
  set(field::location, "");
  CHECK(differences(series_fields, occurrence, original) ==
        std::vector<field_value>{{field::subject, "Other"}, {field::location, ""}});
  set(field::time, "start=2026-03-30T07:00:00Z\nend=2026-03-30T09:30:00Z\nzone=W. Europe Standard Time");
  CHECK(value_of(differences(series_fields, occurrence, original), field::time) ==
        "start=2026-03-30T07:00:00Z\nend=2026-03-30T09:30:00Z");
  set(field::time, "start=2026-03-29T22:00:00Z\nend=2026-03-30T22:00:00Z\nzone=UTC\nall_day=true");
  CHECK(value_of(differences(series_fields, occurrence, original), field::time) ==
        "start=2026-03-29T22:00:00Z\nend=2026-03-30T22:00:00Z\nall_day=true");
  CHECK(unchanged_value(series_fields, field::time, original).value ==
        "start=2026-03-30T07:00:00Z\nend=2026-03-30T08:30:00Z\nall_day=false");
  CHECK(unchanged_value(series_fields, field::location, original).value == "Room <1>");
}

TEST_CASE("a whole-day occurrence is not changed by a day of 23 hours") {
  const std::vector<field_value> series{
      {field::time,
       "start=2026-03-01T23:00:00Z\nend=2026-03-02T23:00:00Z\nzone=W. Europe Standard Time\nall_day=true"}};
  const std::vector<field_value> occurrence{
      {field::time,
       "start=2026-03-28T23:00:00Z\nend=2026-03-29T22:00:00Z\nzone=W. Europe Standard Time\nall_day=true"}};
  CHECK(differences(series, occurrence, *parse_date("2026-03-28T23:00:00Z")).empty());
}

TEST_CASE("a master names its changed and deleted occurrences") {
  const auto facts = read_series_facts(parsed(
      "<t:ModifiedOccurrences><t:Occurrence><t:ItemId Id='O1' ChangeKey='K'/><t:Start>2026-03-03T08:00:00Z</t:Start>"
      "<t:End>2026-03-03T09:00:00Z</t:End><t:OriginalStart>2026-03-02T08:00:00Z</t:OriginalStart></t:Occurrence>"
      "</t:ModifiedOccurrences><t:DeletedOccurrences><t:DeletedOccurrence><t:Start>2026-03-09T08:00:00Z</t:Start>"
      "</t:DeletedOccurrence></t:DeletedOccurrences>"));
  REQUIRE(facts.changed.size() == 1);
  CHECK(facts.changed[0].id == item_id("O1"));
  CHECK(facts.changed[0].original_start == *parse_date("2026-03-02T08:00:00Z"));
  CHECK(facts.deleted == std::vector{*parse_date("2026-03-09T08:00:00Z")});
}
