// Single appointments on every profile: what is kept, what is computed, what is refused, what would have been mailed.
#include "tests/exchange_sim_tests/calendar_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

json mails_out(fixture& world) {
  auto counted = world.control({{"do", "counters"}})["mails_out"];
  return json{counted["invitations"], counted["cancellations"], counted["responses"]};
}

const std::string subject = "<t:Subject>meet</t:Subject>";
const std::string attendees = "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>bob@x.example</"
                              "t:EmailAddress></t:Mailbox></t:Attendee>"
                              "</t:RequiredAttendees>";

/// Start, End, then what stands behind them in the schema, then the zones.
std::string with_times(const std::string& server, const std::string& start, const std::string& end,
                       const std::string& middle, const std::string& zone) {
  std::string out = "<t:Start>" + start + "</t:Start><t:End>" + end + "</t:End>" + middle;
  if (zone.empty()) return out;
  if (server == "e2007") return out + "<t:MeetingTimeZone TimeZoneName=\"" + zone + "\"/>";
  return out + "<t:StartTimeZone Id=\"" + zone + "\"/><t:EndTimeZone Id=\"" + zone + "\"/>";
}

} // namespace

TEST_CASE("an appointment is kept with all that it was given, on every profile") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    const auto made = world.ask(
        server,
        create_appointment(
            "<t:Subject>Zahnarzt</t:Subject><t:Sensitivity>Private</t:Sensitivity><t:Body BodyType=\"Text\">Karte "
            "mitnehmen</t:Body><t:Categories><t:String>Rot</t:String></t:Categories><t:Importance>High</t:Importance>"
            "<t:ReminderIsSet>true</t:ReminderIsSet><t:ReminderMinutesBeforeStart>30</t:ReminderMinutesBeforeStart>" +
            with_times(server, "2026-01-12T08:00:00Z", "2026-01-12T09:30:00Z",
                       "<t:IsAllDayEvent>false</t:IsAllDayEvent><t:LegacyFreeBusyStatus>OOF</t:LegacyFreeBusyStatus>"
                       "<t:Location>Köln</t:Location><t:When>früh</t:When>",
                       "W. Europe Standard Time")));
    CHECK(codes(made) == names{"NoError"});
    const auto seen = world.appointment(server, "Zahnarzt");
    CHECK(seen["class"] == "IPM.Appointment");
    CHECK(seen["sensitivity"] == "Private");
    CHECK(seen["importance"] == "High");
    CHECK(seen["categories"] == json{"Rot"});
    const auto& a = seen["appointment"];
    CHECK(a["start"] == "2026-01-12T08:00:00Z");
    CHECK(a["end"] == "2026-01-12T09:30:00Z");
    CHECK(a["start_zone"] == "W. Europe Standard Time");
    CHECK(a["end_zone"] == "W. Europe Standard Time");
    CHECK(a["free_busy"] == "OOF");
    CHECK(a["location"] == "Köln");
    CHECK(a["when"] == "früh");
    CHECK(a["reminder"] == 30);
    CHECK(a["type"] == "Single");
    CHECK(a["is_meeting"] == false);
    const auto read = world.get(server, seen["id"]);
    CHECK(first_element(read, "Start") == "2026-01-12T08:00:00Z");
    CHECK(first_element(read, "Duration") == "PT1H30M");
    CHECK(first_element(read, "CalendarItemType") == "Single");
    CHECK(first_element(read, "Organizer/Mailbox/EmailAddress") == ann(server));
    CHECK(first_element(read, "ReminderDueBy") == "2026-01-12T08:00:00Z");
    CHECK(first_element(read, "IsDraft") == "false");
    CHECK(first_element(read, "UID").size() == 112);
    CHECK(mails_out(world) == json{0, 0, 0});
  }
}

TEST_CASE("each version shows zones in its way") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    world.ask(server, create_appointment(subject + with_times(server, "2026-01-12T08:00:00Z", "2026-01-12T09:00:00Z",
                                                              "", "W. Europe Standard Time")));
    const auto read = world.get(server, world.appointment(server, "meet")["id"]);
    CHECK(all_elements(read, "MeetingTimeZone").empty());
    const auto zone = "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna";
    // Only 2016 and later leave the description out where there is no series.
    CHECK(first_element(read, "TimeZone") == (server == "e2016" || server == "new" ? "" : zone));
    CHECK(all_elements(read, "StartTimeZone").size() == (server == "e2007" ? 0 : 1));
    if (server != "e2007") {
      CHECK(first_attribute(read, "StartTimeZone", "Id") == "W. Europe Standard Time");
      CHECK(first_attribute(read, "EndTimeZone", "Name") == zone);
      CHECK(all_elements(read, "StartTimeZone/Periods").size() == (server == "old" ? 1 : 0));
    }
    if (server == "old") {
      CHECK(all_attributes(read, "StartTimeZone/Periods/Period", "Bias") == names{"-PT60M", "-PT120M"});
      CHECK(all_elements(read, "StartTimeZone/TransitionsGroups/TransitionsGroup/RecurringDayTransition/Month") ==
            names{"10", "3"});
      // A newer server under the schema of 2007 speaks as 2007 did.
      CHECK(
          all_elements(world.get(server, world.appointment(server, "meet")["id"], "Exchange2007_SP1"), "StartTimeZone")
              .empty());
    }
  }
}

TEST_CASE("times without an offset are read in the zone beside them, else in the zone of the request, else in UTC") {
  for (const std::string server : {"old", "e2013", "new"}) {
    calendar_world world;
    const std::string context =
        R"(<t:TimeZoneContext><t:TimeZoneDefinition Id="Pacific Standard Time"/></t:TimeZoneContext>)";
    auto start_of = [&](const std::string& name, const std::string& zone, const std::string& header) {
      world.ask(server,
                create_appointment("<t:Subject>" + name + "</t:Subject>" +
                                   with_times(server, "2026-07-01T12:00:00", "2026-07-01T13:00:00", "", zone)),
                "", header);
      return world.appointment(server, name)["appointment"]["start"].get<std::string>();
    };
    CHECK(start_of("a", "W. Europe Standard Time", context) == "2026-07-01T10:00:00Z");
    CHECK(start_of("b", "", context) == "2026-07-01T19:00:00Z");
    CHECK(world.appointment(server, "b")["appointment"]["start_zone"] == "Pacific Standard Time");
    CHECK(start_of("c", "", "") == "2026-07-01T12:00:00Z");
    CHECK(world.appointment(server, "c")["appointment"]["start_zone"] == "UTC");
  }
  calendar_world world;
  world.ask("e2007", create_appointment(subject + with_times("e2007", "2026-07-01T12:00:00", "2026-07-01T13:00:00", "",
                                                             "Eastern Standard Time")));
  CHECK(world.appointment("e2007", "meet")["appointment"]["start"] == "2026-07-01T16:00:00Z");
}

TEST_CASE("a zone of the client's own making is kept") {
  calendar_world world;
  world.ask("e2007",
            create_appointment(
                subject + "<t:Start>2026-07-01T12:00:00</t:Start><t:End>2026-07-01T13:00:00</t:End>"
                          "<t:MeetingTimeZone TimeZoneName=\"Nowhere\"><t:BaseOffset>PT210M</t:BaseOffset><t:Standard>"
                          "<t:Offset>PT0M</t:Offset><t:RelativeYearlyRecurrence><t:DaysOfWeek>Sunday</t:DaysOfWeek>"
                          "<t:DayOfWeekIndex>First</t:DayOfWeekIndex><t:Month>November</t:Month>"
                          "</t:RelativeYearlyRecurrence><t:Time>02:00:00</t:Time></t:Standard><t:Daylight>"
                          "<t:Offset>-PT60M</t:Offset><t:RelativeYearlyRecurrence><t:DaysOfWeek>Sunday</t:DaysOfWeek>"
                          "<t:DayOfWeekIndex>Second</t:DayOfWeekIndex><t:Month>March</t:Month>"
                          "</t:RelativeYearlyRecurrence><t:Time>02:00:00</t:Time></t:Daylight></t:MeetingTimeZone>"));
  CHECK(world.appointment("e2007", "meet")["appointment"]["start"] == "2026-07-01T14:30:00Z");
  world.ask("new",
            create_appointment(
                subject +
                "<t:Start>2026-07-01T12:00:00</t:Start><t:End>2026-07-01T13:00:00</t:End>"
                "<t:StartTimeZone Id=\"Mine\" Name=\"Mine\"><t:Periods><t:Period Bias=\"PT5H\" Name=\"Standard\" "
                "Id=\"s\"/></t:Periods><t:TransitionsGroups><t:TransitionsGroup Id=\"0\"><t:Transition><t:To "
                "Kind=\"Period\">s</t:To></t:Transition></t:TransitionsGroup></t:TransitionsGroups><t:Transitions>"
                "<t:Transition><t:To Kind=\"Group\">0</t:To></t:Transition></t:Transitions></t:StartTimeZone>"));
  CHECK(world.appointment("new", "meet")["appointment"]["start"] == "2026-07-01T17:00:00Z");
  CHECK(world.appointment("new", "meet")["appointment"]["start_zone"] == "Mine");
  CHECK(codes(world.ask("new", create_appointment("<t:StartTimeZone Id=\"Atlantis Standard Time\"/>"))) ==
        names{"ErrorTimeZone"});
  CHECK(codes(world.ask("e2007", create_appointment("<t:MeetingTimeZone TimeZoneName=\"Atlantis\"/>"))) ==
        names{"ErrorCalendarInvalidTimeZone"});
  CHECK(codes(world.ask("new", create_appointment(R"(<t:MeetingTimeZone TimeZoneName="UTC"/>)"))) ==
        names{"ErrorInvalidPropertySet"});
}

TEST_CASE("an all-day event goes from midnight to midnight in its zone") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    auto span = [&](const std::string& name, const std::string& start, const std::string& end) {
      world.ask(server, create_appointment("<t:Subject>" + name + "</t:Subject>" +
                                           with_times(server, start, end, "<t:IsAllDayEvent>true</t:IsAllDayEvent>",
                                                      "W. Europe Standard Time")));
      const auto a = world.appointment(server, name)["appointment"];
      return a["start"].get<std::string>() + " " + a["end"].get<std::string>();
    };
    CHECK(span("exact", "2026-07-01T22:00:00Z", "2026-07-02T22:00:00Z") == "2026-07-01T22:00:00Z 2026-07-02T22:00:00Z");
    CHECK(span("within", "2026-07-02T09:00:00Z", "2026-07-02T10:00:00Z") ==
          "2026-07-01T22:00:00Z 2026-07-02T22:00:00Z");
    CHECK(span("spring", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z") ==
          "2026-03-28T23:00:00Z 2026-03-29T22:00:00Z");
    CHECK(span("empty", "2026-07-01T22:00:00Z", "2026-07-01T22:00:00Z") == "2026-07-01T22:00:00Z 2026-07-02T22:00:00Z");
  }
}

TEST_CASE("impossible times are refused") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    auto code = [&](const std::string& start, const std::string& end) {
      return codes(world.ask(server, create_appointment(with_times(server, start, end, "", ""))));
    };
    CHECK(code("2026-01-12T10:00:00Z", "2026-01-12T09:00:00Z") == names{"ErrorCalendarEndDateIsEarlierThanStartDate"});
    CHECK(code("2026-01-12T10:00:00Z", "2031-01-13T09:00:00Z") == names{"ErrorCalendarDurationIsTooLong"});
    CHECK(world.calendar(server).empty());
  }
}

TEST_CASE("who is told has to be said with every write") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    const auto item = create_appointment(subject + berlin_times(server), "");
    CHECK(codes(world.ask(server, item)) == names{"ErrorSendMeetingInvitationsRequired"});
    world.ask(server, create_appointment(subject + berlin_times(server)));
    const auto seen = world.appointment(server, "meet");
    const auto edit = set_calendar("calendar:Location", "<t:Location>x</t:Location>");
    CHECK(codes(world.ask(server, update_appointment(item_id(seen), edit, R"(ConflictResolution="AutoResolve")"))) ==
          names{"ErrorSendMeetingInvitationsOrCancellationsRequired"});
    CHECK(codes(world.ask(server, delete_appointment(item_id(seen), R"(DeleteType="HardDelete")"))) ==
          names{"ErrorSendMeetingCancellationsRequired"});
    CHECK(world.appointment(server, "meet")["change_key"] == seen["change_key"]);
  }
}

TEST_CASE("invitations, updates and cancellations are counted where they would have gone out") {
  for (const std::string server : {"old", "new"}) {
    calendar_world world;
    const auto meeting =
        subject + "<t:Start>2026-01-12T08:00:00Z</t:Start><t:End>2026-01-12T09:00:00Z</t:End>" + attendees;
    world.ask(server, create_appointment(meeting));
    CHECK(mails_out(world) == json{0, 0, 0});
    auto seen = world.appointment(server, "meet");
    CHECK(seen["appointment"]["is_meeting"] == true);
    CHECK(seen["appointment"]["request_sent"] == false);
    CHECK(seen["appointment"]["required"] == json{"bob@x.example"});
    const auto edit = set_calendar("calendar:Location", "<t:Location>x</t:Location>");
    world.ask(server, update_appointment(item_id(seen), edit));
    CHECK(mails_out(world) == json{0, 0, 0});
    // What our silence does not change: to its owner it is a live meeting.
    world.control({{"do", "user_edit_appointment"},
                   {"mailbox", ann(server)},
                   {"item", {{"subject", "meet"}}},
                   {"location", "y"}});
    CHECK(mails_out(world) == json{1, 0, 0});
    world.control(
        {{"do", "user_edit_appointment"}, {"mailbox", ann(server)}, {"item", {{"subject", "meet"}}}, {"reminder", 5}});
    CHECK(mails_out(world) == json{1, 0, 0});
    world.ask(server,
              update_appointment(
                  item_id(world.appointment(server, "meet")), edit,
                  R"(ConflictResolution="AutoResolve" SendMeetingInvitationsOrCancellations="SendToAllAndSaveCopy")"));
    CHECK(mails_out(world) == json{2, 0, 0});
    world.ask(server, delete_appointment(item_id(world.appointment(server, "meet")),
                                         R"(DeleteType="HardDelete" SendMeetingCancellations="SendOnlyToAll")"));
    CHECK(mails_out(world) == json{2, 1, 0});
    world.ask(server, create_appointment(meeting, R"(SendMeetingInvitations="SendToAllAndSaveCopy")"));
    CHECK(mails_out(world) == json{3, 1, 0});
    CHECK(world.appointment(server, "meet")["appointment"]["request_sent"] == true);
    world.control({{"do", "user_delete"}, {"mailbox", ann(server)}, {"item", {{"subject", "meet"}}}});
    CHECK(mails_out(world) == json{3, 2, 0});
    const auto trash =
        world.control({{"do", "contents"}, {"mailbox", ann(server)}, {"folder", "deleteditems"}})["items"];
    REQUIRE(trash.size() == 1);
    CHECK(codes(world.ask(
              server,
              update_appointment(
                  item_id(trash[0]), edit,
                  R"(ConflictResolution="AutoResolve" SendMeetingInvitationsOrCancellations="SendOnlyToAll")"))) ==
          names{"ErrorCalendarCannotUpdateDeletedItem"});
  }
}

TEST_CASE("a received meeting is deleted with an answer to its organizer") {
  calendar_world world;
  world.control({{"do", "add_appointment"},
                 {"mailbox", ann("new")},
                 {"subject", "theirs"},
                 {"organizer", "olga@x.example"},
                 {"start", "2026-01-12T09:00:00Z"},
                 {"end", "2026-01-12T10:00:00Z"},
                 {"required", {"ann@new.example"}}});
  const auto read = world.get("new", world.appointment("new", "theirs")["id"]);
  CHECK(first_element(read, "Organizer/Mailbox/EmailAddress") == "olga@x.example");
  CHECK(first_element(read, "MyResponseType") == "Accept");
  CHECK(first_element(read, "AppointmentState") == "3");
  CHECK(first_element(read, "IsOrganizer") == "false");
  world.control({{"do", "user_edit"}, {"mailbox", ann("new")}, {"item", {{"subject", "theirs"}}}, {"body", "noted"}});
  CHECK(mails_out(world) == json{0, 0, 0});
  world.control({{"do", "user_delete"}, {"mailbox", ann("new")}, {"item", {{"subject", "theirs"}}}});
  CHECK(mails_out(world) == json{0, 0, 1});
}

TEST_CASE("what the server computes is refused") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    world.ask(server, create_appointment(subject + berlin_times(server)));
    const auto seen = world.appointment(server, "meet");
    for (const auto& [uri, element] : std::vector<std::pair<std::string, std::string>>{
             {"IsMeeting", "<t:IsMeeting>true</t:IsMeeting>"},
             {"IsCancelled", "<t:IsCancelled>true</t:IsCancelled>"},
             {"IsRecurring", "<t:IsRecurring>true</t:IsRecurring>"},
             {"CalendarItemType", "<t:CalendarItemType>Single</t:CalendarItemType>"},
             {"MyResponseType", "<t:MyResponseType>Accept</t:MyResponseType>"},
             {"Organizer",
              "<t:Organizer><t:Mailbox><t:EmailAddress>b@x.example</t:EmailAddress></t:Mailbox></t:Organizer>"},
             {"OriginalStart", "<t:OriginalStart>2026-01-12T08:00:00Z</t:OriginalStart>"},
             {"RecurrenceId", "<t:RecurrenceId>2026-01-12T08:00:00Z</t:RecurrenceId>"},
             {"DateTimeStamp", "<t:DateTimeStamp>2026-01-12T08:00:00Z</t:DateTimeStamp>"},
             {"Duration", "<t:Duration>PT1H</t:Duration>"},
             {"TimeZone", "<t:TimeZone>x</t:TimeZone>"},
             {"AppointmentState", "<t:AppointmentState>1</t:AppointmentState>"},
             {"AppointmentSequenceNumber", "<t:AppointmentSequenceNumber>1</t:AppointmentSequenceNumber>"},
             {"MeetingRequestWasSent", "<t:MeetingRequestWasSent>true</t:MeetingRequestWasSent>"},
             {"ConflictingMeetingCount", "<t:ConflictingMeetingCount>1</t:ConflictingMeetingCount>"}}) {
      INFO(server << " " << uri);
      CHECK(codes(world.ask(server, create_appointment(element))) == names{"ErrorInvalidPropertySet"});
      CHECK(codes(world.ask(server, update_appointment(item_id(seen), set_calendar("calendar:" + uri, element)))) ==
            names{"ErrorInvalidPropertySet"});
    }
    // Read-only since 2016.
    const bool newer = server == "e2016" || server == "new";
    CHECK(codes(world.ask(server, create_appointment("<t:IsOnlineMeeting>true</t:IsOnlineMeeting>"))) ==
          names{newer ? "ErrorInvalidPropertySet" : "NoError"});
    CHECK(world.appointment(server, "meet")["change_key"] == seen["change_key"]);
  }
}

TEST_CASE("the UID is given once, and the GlobalObjectId holds it") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    world.ask(server, create_appointment(subject + "<t:UID>foreign-uid@x.example</t:UID>" + berlin_times(server)));
    const auto seen = world.appointment(server, "meet");
    CHECK(seen["appointment"]["uid"] == "foreign-uid@x.example");
    CHECK(
        codes(world.ask(server, update_appointment(item_id(seen), set_calendar("calendar:UID", "<t:UID>x</t:UID>")))) ==
        names{"ErrorInvalidPropertySet"});
    const auto read = world.ask(
        server,
        "<m:GetItem><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties><t:FieldURI "
        "FieldURI=\"calendar:UID\"/><t:ExtendedFieldURI DistinguishedPropertySetId=\"Meeting\" PropertyId=\"3\" "
        "PropertyType=\"Binary\"/><t:ExtendedFieldURI PropertySetId=\"6ED8DA90-450B-101B-98DA-00AA003F1305\" "
        "PropertyId=\"35\" PropertyType=\"Binary\"/></t:AdditionalProperties></m:ItemShape><m:ItemIds><t:ItemId Id=\"" +
            seen["id"].get<std::string>() + "\"/></m:ItemIds></m:GetItem>");
    const auto values = all_elements(read, "ExtendedProperty/Value");
    REQUIRE(values.size() == 2);
    CHECK(values[0] == values[1]);
    // "vCal-Uid" and the UID inside of an id of Exchange's own form.
    CHECK(values[0].starts_with("BAAAAIIA4AB0xbcQGoLgCA"));
    CHECK(values[0].find("AHZDYWwtVWlkAQAA") != std::string::npos);
    // A UID of that form is the id itself.
    world.ask(server, create_appointment("<t:Subject>again</t:Subject><t:UID>" +
                                         world.appointment(server, "meet")["appointment"]["uid"].get<std::string>() +
                                         "</t:UID>" + berlin_times(server)));
    CHECK(world.appointment(server, "again")["appointment"]["uid"] == "foreign-uid@x.example");
  }
}

TEST_CASE("times are changed with their zone, and a zone alone keeps the time on the wall") {
  for (const std::string server : {"old", "e2013", "new"}) {
    calendar_world world;
    world.ask(server, create_appointment(subject + berlin_times(server)));
    const auto zone = [](const std::string& id) {
      return set_calendar("calendar:StartTimeZone", "<t:StartTimeZone Id=\"" + id + "\"/>") +
             set_calendar("calendar:EndTimeZone", "<t:EndTimeZone Id=\"" + id + "\"/>");
    };
    CHECK(codes(world.ask(server, update_appointment(item_id(world.appointment(server, "meet")),
                                                     zone("Eastern Standard Time")))) == names{"NoError"});
    CHECK(world.appointment(server, "meet")["appointment"]["start"] == "2026-01-12T14:00:00Z");
    CHECK(world.appointment(server, "meet")["appointment"]["end"] == "2026-01-12T15:00:00Z");
    const auto times = set_calendar("calendar:Start", "<t:Start>2026-01-12T10:00:00</t:Start>") +
                       set_calendar("calendar:End", "<t:End>2026-01-12T11:00:00</t:End>");
    world.ask(server,
              update_appointment(item_id(world.appointment(server, "meet")), times + zone("Tokyo Standard Time")));
    CHECK(world.appointment(server, "meet")["appointment"]["start"] == "2026-01-12T01:00:00Z");
    CHECK(world.appointment(server, "meet")["appointment"]["start_zone"] == "Tokyo Standard Time");
    CHECK(codes(world.ask(
              server, update_appointment(item_id(world.appointment(server, "meet")),
                                         set_calendar("calendar:Start", "<t:Start>2027-01-12T10:00:00Z</t:Start>")))) ==
          names{"ErrorCalendarEndDateIsEarlierThanStartDate"});
  }
}

TEST_CASE("calendar items live in calendars, meeting messages are not made by fields") {
  for (const std::string server : {"old", "new"}) {
    calendar_world world;
    CHECK(
        codes(world.ask(
            server, "<m:CreateItem SendMeetingInvitations=\"SendToNone\"><m:SavedItemFolderId><t:DistinguishedFolderId "
                    "Id=\"inbox\"/></m:SavedItemFolderId><m:Items><t:CalendarItem/></m:Items></m:CreateItem>")) ==
        names{"ErrorCannotCreateCalendarItemInNonCalendarFolder"});
    CHECK(codes(world.ask(
              server,
              "<m:CreateItem MessageDisposition=\"SaveOnly\"><m:Items><t:MeetingRequest/></m:Items></m:CreateItem>")) ==
          names{"ErrorInvalidItemForOperationCreateItem"});
  }
}

TEST_CASE("seeded appointments are the same for a seed, and survive a save") {
  calendar_world world;
  for (const auto& server : calendar_servers) {
    world.control({{"do", "seed_appointments"}, {"mailbox", ann(server)}, {"count", 40}, {"seed", 7}});
    const auto items = world.calendar(server);
    CHECK(items.size() == 40);
    for (const auto& one : items) {
      const auto read = world.get(server, one["id"]);
      CHECK(codes(read) == names{"NoError"});
      CHECK(first_element(read, "CalendarItemType") == one["appointment"]["type"].get<std::string>());
    }
  }
  auto comparable = [](json items) {
    for (auto& one : items)
      for (const char* own : {"id", "change_key", "search_key"})
        one.erase(own);
    for (auto& one : items)
      one["appointment"].erase("uid");
    return items;
  };
  CHECK(comparable(world.calendar("old")) == comparable(world.calendar("new")));
  const auto before = world.calendar("new");
  const auto saved = world.sim->save();
  world.sim->load(saved);
  CHECK(world.calendar("new") == before);
  CHECK(world.sim->save() == saved);
  CHECK(mails_out(world) == json{0, 0, 0});
}
