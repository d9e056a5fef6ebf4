// Series: patterns, occurrences, exceptions, one key for all, and what is refused.
#include "tests/exchange_sim_tests/calendar_support.hpp"

#include "tests/exchange_sim/recurrence.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

std::string numbered(const std::string& start, int count) {
  return "<t:NumberedRecurrence><t:StartDate>" + start + "</t:StartDate><t:NumberOfOccurrences>" +
         std::to_string(count) + "</t:NumberOfOccurrences></t:NumberedRecurrence>";
}

std::string until(const std::string& start, const std::string& end) {
  return "<t:EndDateRecurrence><t:StartDate>" + start + "</t:StartDate><t:EndDate>" + end +
         "</t:EndDate></t:EndDateRecurrence>";
}

std::string weekly(const std::string& days, int interval = 1) {
  return "<t:WeeklyRecurrence><t:Interval>" + std::to_string(interval) + "</t:Interval><t:DaysOfWeek>" + days +
         "</t:DaysOfWeek></t:WeeklyRecurrence>";
}

std::string daily(int interval = 1) {
  return "<t:DailyRecurrence><t:Interval>" + std::to_string(interval) + "</t:Interval></t:DailyRecurrence>";
}

std::string series(const std::string& server, const std::string& pattern, const std::string& range,
                   const std::string& subject = "series") {
  const std::string times = "<t:Start>2026-01-12T08:00:00Z</t:Start><t:End>2026-01-12T09:00:00Z</t:End>";
  const std::string repeats = "<t:Recurrence>" + pattern + range + "</t:Recurrence>";
  const std::string zone =
      server == "e2007"
          ? R"(<t:MeetingTimeZone TimeZoneName="W. Europe Standard Time"/>)"
          : R"(<t:StartTimeZone Id="W. Europe Standard Time"/><t:EndTimeZone Id="W. Europe Standard Time"/>)";
  return create_appointment("<t:Subject>" + subject + "</t:Subject>" + times + repeats + zone);
}

/// The starts that a calendar view from 2026 to 2027 shows.
names starts(calendar_world& world, const std::string& server) {
  return all_elements(
      world.ask(server,
                "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
                "<m:CalendarView StartDate=\"2026-01-01T00:00:00Z\" EndDate=\"2027-06-01T00:00:00Z\"/>"
                "<m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>"),
      "CalendarItem/Start");
}

std::string at(const std::string& day, const std::string& hour = "08") {
  return day + "T" + hour + ":00:00Z";
}

std::string sync(const std::string& state) {
  return "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:SyncFolderId>"
         "<t:DistinguishedFolderId Id=\"calendar\"/></m:SyncFolderId>" +
         (state.empty() ? "" : "<m:SyncState>" + state + "</m:SyncState>") +
         "<m:MaxChangesReturned>512</m:MaxChangesReturned></m:SyncFolderItems>";
}

const std::string location = set_calendar("calendar:Location", "<t:Location>elsewhere</t:Location>");

std::string moved(const std::string& start, const std::string& end) {
  return set_calendar("calendar:Start", "<t:Start>" + start + "</t:Start>") +
         set_calendar("calendar:End", "<t:End>" + end + "</t:End>");
}

names days_of(const recurrence& r, int most) {
  names out;
  each_day(r, [&](local_day day) {
    out.push_back(day_text(day));
    return static_cast<int>(out.size()) < most;
  });
  return out;
}

} // namespace

TEST_CASE("patterns fall on the days on which Outlook has them") {
  recurrence r;
  r.start = *parse_day("2026-01-31");
  r.kind = recurrence_kind::monthly;
  r.day_of_month = 31;
  CHECK(days_of(r, 4) == names{"2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"});
  r.kind = recurrence_kind::monthly_relative;
  r.days = days_of_word("Weekday");
  r.week = 5;
  CHECK(days_of(r, 3) == names{"2026-02-27", "2026-03-31", "2026-04-30"});
  r.days = days_of_word("Friday");
  r.week = 2;
  r.interval = 3;
  CHECK(days_of(r, 3) == names{"2026-04-10", "2026-07-10", "2026-10-09"});
  r.interval = 1;
  r.kind = recurrence_kind::yearly;
  r.month = 2;
  r.day_of_month = 29;
  CHECK(days_of(r, 3) == names{"2026-02-28", "2027-02-28", "2028-02-29"});
  r.kind = recurrence_kind::yearly_relative;
  r.month = 11;
  r.days = days_of_word("Thursday");
  r.week = 4;
  CHECK(days_of(r, 2) == names{"2026-11-26", "2027-11-25"});
  r.kind = recurrence_kind::weekly;
  r.start = *parse_day("2026-01-07"); // a Wednesday
  r.interval = 2;
  r.days = days_of_word("Monday") | days_of_word("Sunday");
  r.first_day = 1; // Sunday ends the week
  CHECK(days_of(r, 4) == names{"2026-01-11", "2026-01-19", "2026-01-25", "2026-02-02"});
  r.first_day = 0; // Sunday begins it
  CHECK(days_of(r, 4) == names{"2026-01-18", "2026-01-19", "2026-02-01", "2026-02-02"});
  r.ends = recurrence_end::date;
  r.end = *parse_day("2026-02-01");
  CHECK(days_of(r, 9).size() == 3);
  CHECK(last_day_of(r) == parse_day("2026-02-01"));
  CHECK(index_of(r, *parse_day("2026-01-19")) == 2);
  CHECK_FALSE(index_of(r, *parse_day("2026-01-20")));
  CHECK_FALSE(day_at(r, 4));
}

TEST_CASE("a series is one item, and a view shows its occurrences at their time on the wall") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    CHECK(codes(world.ask(server, series(server, weekly("Monday", 10), numbered("2026-01-12", 3)))) ==
          names{"NoError"});
    const auto seen = world.appointment(server, "series");
    const auto read = world.get(server, seen["id"]);
    CHECK(first_element(read, "CalendarItemType") == "RecurringMaster");
    CHECK(first_element(read, "Recurrence/WeeklyRecurrence/DaysOfWeek") == "Monday");
    CHECK(first_element(read, "Recurrence/NumberedRecurrence/StartDate") == "2026-01-12+01:00");
    CHECK(first_element(read, "FirstOccurrence/Start") == at("2026-01-12"));
    CHECK(first_element(read, "LastOccurrence/Start") == at("2026-06-01", "07"));
    CHECK(all_elements(read, "ModifiedOccurrences").empty());
    CHECK(all_elements(read, "MeetingTimeZone/BaseOffset") == (server == "e2007" ? names{"-PT60M"} : names{}));
    // Ten weeks later summer time begins: the hour on the wall is what stays.
    CHECK(starts(world, server) == names{at("2026-01-12"), at("2026-03-23"), at("2026-06-01", "07")});
    const auto listed = world.ask(
        server, "<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
                "<m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>");
    CHECK(all_elements(listed, "CalendarItemType") == names{"RecurringMaster"});
    CHECK(all_elements(world.ask(server, sync("")), "Create").size() == 1);
  }
}

TEST_CASE("the item begins where its pattern has its first day") {
  for (const std::string server : {"e2007", "old", "new"}) {
    calendar_world world;
    world.ask(server, series(server, weekly("Wednesday"), until("2026-01-13", "2026-02-01-04:00")));
    const auto a = world.appointment(server, "series")["appointment"];
    CHECK(a["start"] == at("2026-01-14"));
    CHECK(a["end"] == at("2026-01-14", "09"));
    CHECK(a["recurrence"] == json{{"pattern", "weekly"},
                                  {"interval", 1},
                                  {"days", {"Wednesday"}},
                                  {"first_day", "Sunday"},
                                  {"start", "2026-01-13"},
                                  {"end", "2026-02-01"}});
  }
}

TEST_CASE("an occurrence has an id of its own and the key of its series") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    world.ask(server, series(server, daily(), numbered("2026-01-12", 5)));
    const auto seen = world.appointment(server, "series");
    const auto third = world.get(server, occurrence_id(seen, 3));
    CHECK(first_element(third, "CalendarItemType") == "Occurrence");
    CHECK(first_element(third, "ItemClass") == "IPM.Appointment.Occurrence");
    CHECK(first_element(third, "Start") == at("2026-01-14"));
    CHECK(first_element(third, "OriginalStart") == at("2026-01-14"));
    CHECK(first_element(third, "UID") == seen["appointment"]["uid"].get<std::string>());
    CHECK(all_elements(third, "Recurrence").empty());
    const auto id = first_attribute(third, "ItemId", "Id");
    CHECK(id != seen["id"].get<std::string>());
    CHECK(first_attribute(third, "ItemId", "ChangeKey") == seen["change_key"].get<std::string>());
    CHECK(first_element(world.get(server, id), "Start") == at("2026-01-14"));
    const auto master = world.get(server, "<t:RecurringMasterItemId OccurrenceId=\"" + id + "\"/>");
    CHECK(first_attribute(master, "ItemId", "Id") == seen["id"].get<std::string>());
    CHECK(codes(world.get(server, occurrence_id(seen, 6))) ==
          names{"ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"});
    CHECK(codes(world.get(server, occurrence_id(seen, 0))) ==
          names{"ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange"});
    CHECK(codes(world.get(server, "<t:RecurringMasterItemId OccurrenceId=\"" + seen["id"].get<std::string>() +
                                      "\"/>")) == names{"ErrorCalendarCannotUseIdForOccurrenceId"});
    CHECK(codes(world.get(server, "<t:OccurrenceItemId RecurringMasterId=\"" + id + "\" InstanceIndex=\"1\"/>")) ==
          names{"ErrorCalendarCannotUseIdForRecurringMasterId"});
    for (const std::string operation : {"MoveItem", "CopyItem"})
      CHECK(codes(world.ask(server, move_message(operation, id, "calendar"))) ==
            names{"ErrorCalendarCannotMoveOrCopyOccurrence"});
  }
}

TEST_CASE("an exception has what was changed, and the rest from its series") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    world.ask(server, series(server, daily(), numbered("2026-01-12", 5)));
    const auto before = world.appointment(server, "series");
    const auto state = first_element(world.ask(server, sync("")), "SyncState");
    const auto answer =
        world.ask(server, update_appointment(occurrence_id(before, 2),
                                             location + moved(at("2026-01-13", "10"), at("2026-01-13", "11"))));
    CHECK(codes(answer) == names{"NoError"});
    auto seen = world.appointment(server, "series");
    CHECK(seen["change_key"] != before["change_key"]);
    CHECK(first_attribute(answer, "ItemId", "ChangeKey") == seen["change_key"].get<std::string>());
    REQUIRE(seen["appointment"]["modified"].size() == 1);
    CHECK(seen["appointment"]["modified"][0]["day"] == "2026-01-13");
    CHECK(seen["appointment"]["modified"][0]["location"] == "elsewhere");
    CHECK(seen["appointment"]["modified"][0]["own"] == json{"location", "time"});
    const auto exception = world.get(server, first_attribute(answer, "ItemId", "Id"));
    CHECK(first_element(exception, "CalendarItemType") == "Exception");
    CHECK(first_element(exception, "Start") == at("2026-01-13", "10"));
    CHECK(first_element(exception, "OriginalStart") == at("2026-01-13"));
    const auto read = world.get(server, seen["id"]);
    CHECK(first_element(read, "ModifiedOccurrences/Occurrence/OriginalStart") == at("2026-01-13"));
    CHECK(first_element(read, "ModifiedOccurrences/Occurrence/Start") == at("2026-01-13", "10"));
    // A change of an occurrence is a change of the series.
    const auto changes = world.ask(server, sync(state));
    CHECK(all_attributes(changes, "Update/CalendarItem/ItemId", "Id") == names{seen["id"].get<std::string>()});
    CHECK(all_elements(changes, "Create").empty());
    // What the exception has not changed comes from the series.
    world.ask(server, update_appointment(item_id(seen),
                                         set_calendar("item:Subject", "<t:Subject>renamed</t:Subject>") +
                                             set_calendar("calendar:Location", "<t:Location>hall</t:Location>")));
    const auto later = world.appointment(server, "renamed");
    CHECK(later["appointment"]["modified"][0]["subject"] == "renamed");
    CHECK(later["appointment"]["modified"][0]["location"] == "elsewhere");
    // The old key names no state of the series any more.
    CHECK(codes(world.ask(
              server,
              update_appointment(
                  occurrence_id(before, 3), location,
                  R"(ConflictResolution="NeverOverwrite" SendMeetingInvitationsOrCancellations="SendToNone")"))) ==
          names{"ErrorIrresolvableConflict"});
  }
}

TEST_CASE("the index counts deleted occurrences, and they go to no folder") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    world.ask(server, series(server, daily(), numbered("2026-01-12", 4)));
    auto seen = world.appointment(server, "series");
    const auto id = first_attribute(world.get(server, occurrence_id(seen, 2)), "ItemId", "Id");
    CHECK(codes(world.ask(server, delete_appointment(occurrence_id(seen, 2)))) == names{"NoError"});
    seen = world.appointment(server, "series");
    CHECK(seen["appointment"]["deleted"] == json{"2026-01-13"});
    CHECK(world.control({{"do", "contents"}, {"mailbox", ann(server)}, {"folder", "deleteditems"}})["items"].empty());
    CHECK(codes(world.get(server, occurrence_id(seen, 2))) == names{"ErrorCalendarOccurrenceIsDeletedFromRecurrence"});
    CHECK(codes(world.get(server, id)) == names{"ErrorItemNotFound"});
    CHECK(first_element(world.get(server, occurrence_id(seen, 3)), "Start") == at("2026-01-14"));
    const auto read = world.get(server, seen["id"]);
    CHECK(all_elements(read, "DeletedOccurrences/DeletedOccurrence/Start") == names{at("2026-01-13")});
    CHECK(starts(world, server) == names{at("2026-01-12"), at("2026-01-14"), at("2026-01-15")});
    for (const int index : {1, 3})
      world.ask(server, delete_appointment(occurrence_id(world.appointment(server, "series"), index)));
    CHECK(first_element(world.get(server, seen["id"]), "FirstOccurrence/Start") == at("2026-01-15"));
    CHECK(codes(world.ask(server, delete_appointment(occurrence_id(world.appointment(server, "series"), 4)))) ==
          names{"ErrorRecurrenceHasNoOccurrence"});
    CHECK(codes(world.ask(server, delete_appointment(occurrence_id(world.appointment(server, "series"), 4),
                                                     R"(DeleteType="HardDelete")"))) ==
          names{"ErrorSendMeetingCancellationsRequired"});
  }
}

TEST_CASE("an occurrence does not pass its neighbours") {
  for (const std::string server : {"e2007", "old", "new"}) {
    calendar_world world;
    world.ask(server, series(server, daily(), numbered("2026-01-12", 5)));
    auto move = [&](int index, const std::string& start, const std::string& end) {
      return codes(world.ask(
          server, update_appointment(occurrence_id(world.appointment(server, "series"), index), moved(start, end))));
    };
    CHECK(move(3, at("2026-01-15", "10"), at("2026-01-15", "11")) == names{"ErrorOccurrenceCrossingBoundary"});
    CHECK(move(3, at("2026-01-13", "06"), at("2026-01-13", "07")) == names{"ErrorOccurrenceCrossingBoundary"});
    CHECK(world.appointment(server, "series")["appointment"]["modified"].empty());
    CHECK(move(3, at("2026-01-13", "12"), at("2026-01-13", "13")) == names{"NoError"});
    // The neighbour's place is where it was moved to.
    CHECK(move(2, at("2026-01-13", "13"), at("2026-01-13", "14")) == names{"ErrorOccurrenceCrossingBoundary"});
    world.ask(server, delete_appointment(occurrence_id(world.appointment(server, "series"), 4)));
    CHECK(move(3, at("2026-01-15", "10"), at("2026-01-15", "11")) == names{"NoError"});
    CHECK(move(1, at("2026-01-12", "10"), at("2026-01-12", "09")) ==
          names{"ErrorCalendarEndDateIsEarlierThanStartDate"});
  }
}

TEST_CASE("a changed recurrence, time or zone has no exceptions any more") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    auto with_exceptions = [&](const std::string& subject) {
      world.ask(server, series(server, daily(), numbered("2026-01-12", 5), subject));
      world.ask(server, update_appointment(occurrence_id(world.appointment(server, subject), 2), location));
      world.ask(server, delete_appointment(occurrence_id(world.appointment(server, subject), 3)));
      return world.appointment(server, subject);
    };
    auto exceptions = [&](const std::string& subject) {
      const auto a = world.appointment(server, subject)["appointment"];
      return a["modified"].size() + a["deleted"].size();
    };
    CHECK(with_exceptions("kept")["appointment"]["modified"].size() == 1);
    world.ask(server, update_appointment(item_id(world.appointment(server, "kept")), location));
    CHECK(exceptions("kept") == 2);
    world.ask(server, update_appointment(
                          item_id(with_exceptions("pattern")),
                          set_calendar("calendar:Recurrence",
                                       "<t:Recurrence>" + daily(2) + numbered("2026-01-12", 5) + "</t:Recurrence>")));
    CHECK(exceptions("pattern") == 0);
    CHECK(world.appointment(server, "pattern")["appointment"]["recurrence"]["interval"] == 2);
    world.ask(server, update_appointment(item_id(with_exceptions("time")),
                                         moved(at("2026-01-12", "10"), at("2026-01-12", "11"))));
    CHECK(exceptions("time") == 0);
    CHECK(world.appointment(server, "time")["appointment"]["start"] == at("2026-01-12", "10"));
    with_exceptions("user");
    world.control({{"do", "user_change_recurrence"},
                   {"mailbox", ann(server)},
                   {"item", {{"subject", "user"}}},
                   {"recurrence", {{"pattern", "daily"}, {"interval", 3}, {"start", "2026-01-12"}, {"count", 2}}}});
    CHECK(exceptions("user") == 0);
    world.ask(server, update_appointment(
                          item_id(with_exceptions("single")),
                          "<t:DeleteItemField><t:FieldURI FieldURI=\"calendar:Recurrence\"/></t:DeleteItemField>"));
    CHECK(world.appointment(server, "single")["appointment"]["type"] == "Single");
  }
}

TEST_CASE("recurrences that Exchange does not take are refused") {
  for (const auto& server : calendar_servers) {
    calendar_world world;
    auto code = [&](const std::string& pattern, const std::string& range) {
      const auto all = codes(world.ask(server, series(server, pattern, range)));
      return all.front();
    };
    CHECK(code(daily(0), numbered("2026-01-12", 5)) == "ErrorCalendarOutOfRange");
    CHECK(code(daily(1000), numbered("2026-01-12", 5)) == "ErrorCalendarOutOfRange");
    CHECK(code(daily(), numbered("2026-01-12", 0)) == "ErrorCalendarOutOfRange");
    CHECK(code(daily(), numbered("2026-01-12", 1000)) == "ErrorCalendarOutOfRange");
    CHECK(code("<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>32</t:DayOfMonth></"
               "t:AbsoluteMonthlyRecurrence>",
               numbered("2026-01-12", 5)) == "ErrorCalendarOutOfRange");
    CHECK(code(daily(), until("2026-01-12", "2026-01-11")) == "ErrorRecurrenceHasNoOccurrence");
    CHECK(code(weekly("Sunday"), until("2026-01-12", "2026-01-14")) == "ErrorRecurrenceHasNoOccurrence");
    CHECK(code(daily(), until("2026-01-12", "4500-09-02")) == "ErrorRecurrenceEndDateTooBig");
    const bool newer = server != "e2007" && server != "old";
    CHECK(code(weekly("Weekday"), numbered("2026-01-12", 5)) ==
          (newer ? "ErrorCalendarInvalidDayForWeeklyRecurrence" : "ErrorCalendarInvalidRecurrence"));
    CHECK(codes(world.ask(
              server, create_appointment(
                          "<t:Start>2026-01-12T08:00:00Z</t:Start><t:End>2026-01-13T09:00:00Z</t:End><t:Recurrence>" +
                          daily() + numbered("2026-01-12", 5) + "</t:Recurrence>"))) ==
          names{"ErrorOccurrenceTimeSpanTooBig"});
    CHECK(world.calendar(server).empty());
  }
}

TEST_CASE("a calendar view has its limits") {
  calendar_world world;
  world.ask("new", series("new", daily(), numbered("2026-01-12", 5)));
  auto view = [&](const std::string& attributes, const std::string& folder = "calendar") {
    return world.ask(
        "new", "<m:FindItem "
               "Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:CalendarView " +
                   attributes + "/><m:ParentFolderIds><t:DistinguishedFolderId Id=\"" + folder +
                   "\"/></m:ParentFolderIds></m:FindItem>");
  };
  CHECK(codes(view(R"(StartDate="2026-01-01T00:00:00Z" EndDate="2028-02-01T00:00:00Z")")) ==
        names{"ErrorCalendarViewRangeTooBig"});
  CHECK(codes(view(R"(StartDate="2026-01-02T00:00:00Z" EndDate="2026-01-01T00:00:00Z")")) ==
        names{"ErrorCalendarEndDateIsEarlierThanStartDate"});
  CHECK(codes(view(R"(StartDate="2026-01-01T00:00:00Z" EndDate="2026-02-01T00:00:00Z")", "inbox")) ==
        names{"ErrorCalendarFolderIsInvalidForCalendarView"});
  const auto two = view(R"(MaxEntriesReturned="2" StartDate="2026-01-13T08:30:00Z" EndDate="2026-01-16T08:00:00Z")");
  CHECK(all_elements(two, "CalendarItem").size() == 2);
  CHECK(first_attribute(two, "RootFolder", "TotalItemsInView") == "3");
  CHECK(first_attribute(two, "RootFolder", "IncludesLastItemInRange") == "false");
}

TEST_CASE("users change and delete occurrences too, and a live series tells its attendees") {
  calendar_world world;
  world.control({{"do", "add_appointment"},
                 {"mailbox", ann("new")},
                 {"subject", "live"},
                 {"zone", "W. Europe Standard Time"},
                 {"start", "2026-01-12T09:00:00"},
                 {"end", "2026-01-12T10:00:00"},
                 {"required", {"bob@x.example"}},
                 {"recurrence", {{"pattern", "weekly"}, {"days", {"Monday"}}, {"start", "2026-01-12"}, {"count", 6}}},
                 {"modified", {{{"occurrence", "2026-01-19"}, {"subject", "other"}}}},
                 {"deleted", {"2026-01-26"}}});
  auto counted = [&] {
    const auto mails = world.control({{"do", "counters"}})["mails_out"];
    return json{mails["invitations"], mails["cancellations"]};
  };
  CHECK(counted() == json{0, 0});
  const json of{{"mailbox", ann("new")}, {"item", {{"subject", "live"}}}};
  auto act = [&](json command) {
    command.update(of);
    return world.sim->control(command);
  };
  CHECK(act({{"do", "user_edit_occurrence"},
             {"occurrence", "2026-02-02"},
             {"start", "2026-02-02T11:00:00"},
             {"end", "2026-02-02T12:00:00"}})
            .contains("id"));
  CHECK(counted() == json{1, 0});
  CHECK(act({{"do", "user_delete_occurrence"}, {"occurrence", "2026-02-09"}}).contains("id"));
  CHECK(counted() == json{1, 1});
  CHECK(act({{"do", "user_delete_occurrence"}, {"occurrence", "2026-02-09"}}).contains("error"));
  CHECK(act({{"do", "user_edit_occurrence"}, {"occurrence", "2026-02-03"}, {"subject", "x"}}).contains("error"));
  CHECK(starts(world, "new") == names{at("2026-01-12"), at("2026-01-19"), at("2026-02-02", "10"), at("2026-02-16")});
  const auto a = world.appointment("new", "live")["appointment"];
  CHECK(a["deleted"] == json{"2026-01-26", "2026-02-09"});
  CHECK(a["modified"][0]["subject"] == "other");
}
