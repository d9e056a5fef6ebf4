// Tasks: fields that overwrite each other, series that split, what is refused.
#include "tests/exchange_sim_tests/items_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

std::string add(fixture& world, const std::string& server, const std::string& fields) {
  const auto answer = world.call(server, create_item("Task", fields));
  CHECK(codes(answer) == names{"NoError"});
  return first_attribute(answer, "Task/ItemId", "Id");
}

std::string set(const std::string& name, const std::string& value) {
  return set_of("Task", uri("task:" + name), "<t:" + name + ">" + value + "</t:" + name + ">");
}

std::string
daily(const std::string& range = "<t:NoEndRecurrence><t:StartDate>2026-01-05</t:StartDate></t:NoEndRecurrence>",
      const std::string& pattern = "<t:DailyRecurrence><t:Interval>2</t:Interval></t:DailyRecurrence>") {
  return "<t:Recurrence>" + pattern + range + "</t:Recurrence>";
}

const std::string completed = set("Status", "Completed");

} // namespace

TEST_CASE("a task is what it was told to be, in every version") {
  for (const auto& server : all_servers) {
    INFO(server);
    fixture world;
    const auto id = add(
        world, server,
        "<t:Subject>Shoes</t:Subject><t:Body BodyType=\"Text\">size 43</t:Body><t:ReminderDueBy>2026-01-06T09:00:00Z"
        "</t:ReminderDueBy><t:ReminderIsSet>true</t:ReminderIsSet><t:ActualWork>60</"
        "t:ActualWork><t:BillingInformation>b"
        "</t:BillingInformation><t:Companies><t:String>C</t:String></t:Companies><t:Contacts><t:String>Jane</t:String>"
        "</t:Contacts><t:DueDate>2026-01-07T15:00:00Z</t:DueDate><t:Mileage>3</t:Mileage><t:PercentComplete>25"
        "</t:PercentComplete><t:StartDate>2026-01-06T09:00:00Z</t:StartDate><t:Status>InProgress</t:Status>"
        "<t:TotalWork>240</t:TotalWork>");
    const auto item = shown(world, server, id);
    CHECK(item["class"] == "IPM.Task");
    CHECK(item["folder"] == "tasks");
    const auto answer = get(world, server, id);
    const std::pair<std::string, std::string> expected[] = {{"Subject", "Shoes"},
                                                            {"ReminderDueBy", "2026-01-06T09:00:00Z"},
                                                            {"ReminderIsSet", "true"},
                                                            {"ActualWork", "60"},
                                                            {"BillingInformation", "b"},
                                                            {"ChangeCount", "1"},
                                                            {"Companies", "C"},
                                                            {"Contacts", "Jane"},
                                                            {"DueDate", "2026-01-07T00:00:00Z"},
                                                            {"IsComplete", "false"},
                                                            {"IsRecurring", "false"},
                                                            {"Mileage", "3"},
                                                            {"PercentComplete", "25"},
                                                            {"StartDate", "2026-01-06T00:00:00Z"},
                                                            {"Status", "InProgress"},
                                                            {"StatusDescription", "In Progress"},
                                                            {"TotalWork", "240"}};
    for (const auto& [name, value] : expected) {
      INFO(name);
      CHECK(first_element(answer, "Task/" + name) == value);
    }
    CHECK(codes(world.call(server, create_item("Task", "<t:Subject>x</t:Subject>", "inbox"))) ==
          names{"ErrorCannotCreateTaskInNonTaskFolder"});
  }
}

TEST_CASE("Status, PercentComplete and CompleteDate overwrite each other, the last one stands") {
  struct row {
    std::vector<std::pair<const char*, const char*>> sets;
    const char *status, *percent, *complete;
  };
  const char* today = "2026-01-05T00:00:00Z";
  const row rows[] = {
      {{{"Status", "Completed"}}, "Completed", "100", today},
      {{{"PercentComplete", "100"}}, "Completed", "100", today},
      {{{"CompleteDate", "2026-01-02T10:00:00Z"}}, "Completed", "100", "2026-01-02T00:00:00Z"},
      {{{"PercentComplete", "50"}}, "InProgress", "50", ""},
      {{{"PercentComplete", "50"}, {"Status", "Deferred"}}, "Deferred", "50", ""},
      {{{"Status", "Deferred"}, {"PercentComplete", "50"}}, "InProgress", "50", ""},
      // Microsoft's own example.
      {{{"PercentComplete", "100"}, {"CompleteDate", "2026-01-01T00:00:00Z"}, {"Status", "NotStarted"}},
       "NotStarted",
       "0",
       ""},
      {{{"CompleteDate", "2026-01-02T00:00:00Z"}, {"Status", "Completed"}}, "Completed", "100", today},
      {{{"Status", "Completed"}, {"CompleteDate", "2026-01-02T00:00:00Z"}}, "Completed", "100", "2026-01-02T00:00:00Z"},
      {{{"Status", "Completed"}, {"PercentComplete", "0"}}, "NotStarted", "0", ""},
      {{{"Status", "Completed"}, {"Status", "WaitingOnOthers"}}, "WaitingOnOthers", "0", ""},
  };
  fixture world;
  for (const std::string server : {"2007", "new"})
    for (const auto& r : rows) {
      const auto id = add(world, server, "<t:Subject>x</t:Subject>");
      std::string updates;
      for (const auto& [name, value] : r.sets)
        updates += set(name, value);
      INFO(updates);
      CHECK(codes(update_now(world, server, id, updates)) == names{"NoError"});
      const auto answer = get(world, server, id);
      CHECK(first_element(answer, "Task/Status") == r.status);
      CHECK(first_element(answer, "PercentComplete") == r.percent);
      CHECK(first_element(answer, "CompleteDate") == r.complete);
      CHECK(first_element(answer, "IsComplete") == (std::string(r.status) == "Completed" ? "true" : "false"));
      CHECK(first_element(answer, "ChangeCount") == "2");
    }
}

TEST_CASE("what is computed, or nobody sets over EWS, is refused") {
  fixture world;
  for (const auto& server : all_servers) {
    INFO(server);
    const auto id = add(world, server, "<t:Subject>x</t:Subject><t:Owner>Me</t:Owner>");
    CHECK(first_element(get(world, server, id), "Owner") == "Me");
    const std::pair<const char*, const char*> refused[] = {
        {"IsRecurring", "true"},    {"IsComplete", "true"},
        {"StatusDescription", "x"}, {"AssignedTime", "2026-01-01T00:00:00Z"},
        {"ChangeCount", "7"},       {"IsTeamTask", "true"},
        {"Delegator", "x"},         {"DelegationState", "Owned"},
        {"Owner", "You"},           {"IsAssignmentEditable", "1"}};
    for (const auto& [name, value] : refused) {
      INFO(name);
      CHECK(codes(update_now(world, server, id, set(name, value))) == names{"ErrorInvalidPropertySet"});
    }
    CHECK(codes(update_now(world, server, id, set("PercentComplete", "101"))) ==
          names{"ErrorInvalidPercentCompleteValue"});
    CHECK(codes(update_now(world, server, id, set("CompleteDate", "2026-03-01T00:00:00Z"))) ==
          names{"ErrorInvalidCompleteDate"});
    CHECK(codes(world.call(server, delete_message(id))) == names{"ErrorAffectedTaskOccurrencesRequired"});
    CHECK(codes(world.call(
              server, delete_message(id, R"(DeleteType="HardDelete" AffectedTaskOccurrences="AllOccurrences")"))) ==
          names{"NoError"});
  }
}

TEST_CASE("completing a recurring task splits off a one-off, whose id the answer carries") {
  for (const auto& server : all_servers) {
    INFO(server);
    fixture world;
    const auto mark_path = "<t:ExtendedFieldURI " + mark + "/>";
    const auto id = add(world, server, "<t:Subject>series</t:Subject>" + extended(mark, "m") + daily());
    CHECK(first_element(get(world, server, id), "IsRecurring") == "true");
    CHECK(first_element(get(world, server, id), "DueDate") == "2026-01-05T00:00:00Z");
    const std::string key = shown(world, server, id)["change_key"];
    const auto answer = world.call(server, update_message(id, key, completed));
    CHECK(codes(answer) == names{"NoError"});
    const auto one_off = first_attribute(answer, "Task/ItemId", "Id");
    CHECK(one_off != id);
    const auto done = shown(world, server, one_off), series = shown(world, server, id);
    CHECK(first_attribute(answer, "Task/ItemId", "ChangeKey") == done["change_key"]);
    CHECK(done["task"]["Status"] == "Completed");
    CHECK(done["task"]["DueDate"] == "2026-01-05T00:00:00Z");
    CHECK_FALSE(done["task"].contains("Recurrence"));
    CHECK(done["marks"] == series["marks"]);
    CHECK(done["search_key"] != series["search_key"]);
    CHECK(series["task"]["Status"] == "NotStarted");
    CHECK(series["task"]["DueDate"] == "2026-01-07T00:00:00Z");
    CHECK(series["change_key"] != key);
    // The date of a series' task moves in the same way, a subject does not split.
    const auto moved = update_now(world, server, id, set("DueDate", "2026-01-20T00:00:00Z"));
    CHECK(first_attribute(moved, "Task/ItemId", "Id") != id);
    CHECK(shown(world, server, id)["task"]["DueDate"] == "2026-01-09T00:00:00Z");
    const auto named = update_now(world, server, id, set_of("Task", uri("item:Subject"), "<t:Subject>y</t:Subject>"));
    CHECK(first_attribute(named, "Task/ItemId", "Id") == id);
  }
}

TEST_CASE("the last occurrence does not split, and a regenerating task begins anew from its completion") {
  fixture world;
  const std::string numbered = "<t:NumberedRecurrence><t:StartDate>2026-01-05</t:StartDate><t:NumberOfOccurrences>2</"
                               "t:NumberOfOccurrences></t:NumberedRecurrence>";
  for (const auto& server : all_servers) {
    INFO(server);
    const auto id = add(world, server, "<t:Subject>twice</t:Subject>" + daily(numbered));
    CHECK(first_attribute(update_now(world, server, id, completed), "Task/ItemId", "Id") != id);
    CHECK(codes(world.call(
              server,
              delete_message(id, R"(DeleteType="HardDelete" AffectedTaskOccurrences="SpecifiedOccurrenceOnly")"))) ==
          names{"ErrorCannotDeleteTaskOccurrence"});
    CHECK(first_attribute(update_now(world, server, id, completed), "Task/ItemId", "Id") == id);
    CHECK(shown(world, server, id)["task"]["Status"] == "Completed");

    const auto again = add(world, server,
                           "<t:Subject>again</t:Subject>" +
                               daily("<t:NoEndRecurrence><t:StartDate>2026-01-05</t:StartDate></t:NoEndRecurrence>",
                                     "<t:WeeklyRegeneration><t:Interval>1</t:Interval></t:WeeklyRegeneration>"));
    // Its dates may be moved without a split.
    CHECK(first_attribute(update_now(world, server, again, set("DueDate", "2026-01-06T00:00:00Z")), "Task/ItemId",
                          "Id") == again);
    CHECK(first_attribute(update_now(world, server, again, set("CompleteDate", "2026-01-03T00:00:00Z")), "Task/ItemId",
                          "Id") != again);
    CHECK(shown(world, server, again)["task"]["DueDate"] == "2026-01-10T00:00:00Z");
    CHECK(codes(world.call(
              server,
              delete_message(again, R"(DeleteType="HardDelete" AffectedTaskOccurrences="SpecifiedOccurrenceOnly")"))) ==
          names{"NoError"});
    CHECK(shown(world, server, again)["task"]["DueDate"] == "2026-01-12T00:00:00Z");
  }
}

TEST_CASE("a recurrence counts its days as a calendar does") {
  struct row {
    const char *pattern, *first, *second;
  };
  const row rows[] = {
      {"<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday "
       "Thursday</t:DaysOfWeek></t:WeeklyRecurrence>",
       "2026-01-05", "2026-01-08"},
      {"<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek></t:WeeklyRecurrence>",
       "2026-01-05", "2026-01-19"},
      {"<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>31</t:DayOfMonth></"
       "t:AbsoluteMonthlyRecurrence>",
       "2026-01-31", "2026-02-28"},
      {"<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Tuesday</"
       "t:DaysOfWeek><t:DayOfWeekIndex>Second</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
       "2026-01-13", "2026-02-10"},
      {"<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</"
       "t:DaysOfWeek><t:DayOfWeekIndex>Last</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
       "2026-01-30", "2026-02-27"},
      {"<t:AbsoluteYearlyRecurrence><t:DayOfMonth>29</t:DayOfMonth><t:Month>February</t:Month></"
       "t:AbsoluteYearlyRecurrence>",
       "2026-02-28", "2027-02-28"},
      {"<t:RelativeYearlyRecurrence><t:DaysOfWeek>Sunday</t:DaysOfWeek><t:DayOfWeekIndex>First</"
       "t:DayOfWeekIndex><t:Month>March</t:Month></t:RelativeYearlyRecurrence>",
       "2026-03-01", "2027-03-07"},
  };
  fixture world;
  const std::string forever = "<t:NoEndRecurrence><t:StartDate>2026-01-05</t:StartDate></t:NoEndRecurrence>";
  for (const auto& r : rows) {
    INFO(r.pattern);
    const auto id = add(world, "old", "<t:Subject>x</t:Subject>" + daily(forever, r.pattern));
    CHECK(shown(world, "old", id)["task"]["DueDate"] == std::string(r.first) + "T00:00:00Z");
    update_now(world, "old", id, completed);
    CHECK(shown(world, "old", id)["task"]["DueDate"] == std::string(r.second) + "T00:00:00Z");
    // What is read back is what was written.
    CHECK(codes(world.call("old", get_message(id))) == names{"NoError"});
  }
  const auto none = world.call(
      "new",
      create_item("Task", "<t:Subject>x</t:Subject>" +
                              daily("<t:EndDateRecurrence><t:StartDate>2026-01-05</t:StartDate><t:EndDate>2026-01-06"
                                    "</t:EndDate></t:EndDateRecurrence>",
                                    "<t:AbsoluteYearlyRecurrence><t:DayOfMonth>1</t:DayOfMonth><t:Month>May</t:Month></"
                                    "t:AbsoluteYearlyRecurrence>")));
  CHECK(codes(none) == names{"ErrorRecurrenceHasNoOccurrence"});
}

TEST_CASE("tasks of users: made, completed, kept over a restart") {
  fixture world;
  for (const auto& server : all_servers) {
    INFO(server);
    world.control({{"do", "seed_tasks"}, {"mailbox", ann(server)}, {"count", 25}, {"seed", 3}});
    const std::string id = world.control(
        {{"do", "add_task"},
         {"mailbox", ann(server)},
         {"subject", "mine"},
         {"task", {{"Recurrence", {{"Pattern", "DailyRecurrence"}, {"StartDate", "2026-01-05T00:00:00Z"}}}}}})["id"];
    const std::string done = world.control(
        {{"do", "user_edit"}, {"mailbox", ann(server)}, {"item", id}, {"task", {{"Status", "Completed"}}}})["id"];
    CHECK(done != id);
    CHECK(shown(world, server, done)["task"]["PercentComplete"] == 100);
    CHECK(shown(world, server, id)["task"]["DueDate"] == "2026-01-06T00:00:00Z");
    const auto contents = [&] {
      return world.control({{"do", "contents"}, {"mailbox", ann(server)}, {"folder", "tasks"}});
    };
    const auto before = contents();
    CHECK(before["items"].size() == 27);
    world.sim->load(world.sim->save());
    CHECK(contents() == before);
    for (const auto& one : before["items"])
      CHECK(codes(get(world, server, one["id"])) == names{"NoError"});
  }
}
