#include "tests/mailbox/scripted_server.hpp"

using namespace exsyncd;
using namespace tests;

namespace {

const std::string daily = "Daily\nInterval=1\nRange=Numbered\nStartDate=2026-03-01\nNumberOfOccurrences=10";

/// A CalendarItem of the first March, or of this start.
std::string calendar_item(const std::string& id, const std::string& key, const std::string& subject,
                          const std::string& inside = {}, const std::string& day = "01") {
  return success("<m:Items><t:CalendarItem><t:ItemId Id='" + id + "' ChangeKey='" + key + "'/><t:Subject>" + subject +
                 "</t:Subject><t:Start>2026-03-" + day + "T08:00:00Z</t:Start><t:End>2026-03-" + day +
                 "T09:00:00Z</t:End>" + inside + "</t:CalendarItem></m:Items>");
}

std::string deleted(const std::vector<std::string>& days) {
  if (days.empty()) return {};
  std::string out = "<t:DeletedOccurrences>";
  for (const auto& day : days)
    out += "<t:DeletedOccurrence><t:Start>2026-03-" + day + "T08:00:00Z</t:Start></t:DeletedOccurrence>";
  return out + "</t:DeletedOccurrences>";
}

std::string modified(const std::vector<std::string>& days) {
  if (days.empty()) return {};
  std::string out = "<t:ModifiedOccurrences>";
  for (const auto& day : days)
    out += "<t:Occurrence><t:ItemId Id='o" + day + "' ChangeKey='x'/><t:Start>2026-03-" + day +
           "T08:00:00Z</t:Start><t:End>2026-03-" + day + "T09:00:00Z</t:End><t:OriginalStart>2026-03-" + day +
           "T08:00:00Z</t:OriginalStart></t:Occurrence>";
  return out + "</t:ModifiedOccurrences>";
}

std::string master(const std::string& key, const std::vector<std::string>& changed_days = {},
                   const std::vector<std::string>& deleted_days = {}) {
  return calendar_item("s", key, "Daily",
                       "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>"
                       "<t:NumberedRecurrence><t:StartDate>2026-03-01</t:StartDate>"
                       "<t:NumberOfOccurrences>10</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>" +
                           modified(changed_days) + deleted(deleted_days));
}

std::string place(const std::string& day) {
  return success("<m:Items><t:CalendarItem><t:ItemId Id='o' ChangeKey='x'/><t:OriginalStart>2026-03-" + day +
                 "T08:00:00Z</t:OriginalStart></t:CalendarItem></m:Items>");
}

std::string updated(const std::string& key, const std::string& id = "s") {
  return success("<m:Items><t:CalendarItem><t:ItemId Id='" + id + "' ChangeKey='" + key +
                 "'/></t:CalendarItem></m:Items>");
}

update_items wanting(const std::string& exceptions, std::vector<field_value> others = {}) {
  update_item item;
  item.id = item_id("s");
  item.guard = change_key("k0");
  item.item_class = item_class::appointment;
  item.fields = std::move(others);
  item.fields.push_back({field::exceptions, exceptions});
  return {{item}};
}

std::string words(const std::vector<write_outcome>& outcomes) {
  REQUIRE(outcomes.size() == 1);
  struct {
    std::string operator()(const written& w) const { return "written " + w.id.value + " " + w.key.value; }
    std::string operator()(const stale&) const { return "stale"; }
    std::string operator()(const gone&) const { return "gone"; }
    std::string operator()(const refused& r) const { return "refused " + r.why.code; }
    std::string operator()(const not_done& n) const { return "not_done " + n.why.code; }
    std::string operator()(const unknown& u) const { return "unknown " + u.why.code; }
  } say;
  return std::visit(say, outcomes.front());
}

const std::string third = "changed=2026-03-03T08:00:00Z\n1=Third";
const std::string second_gone = "deleted=2026-03-02T08:00:00Z";

std::vector<content_outcome> read(mailbox_stage& stage, std::vector<scripted> script, int items = 1) {
  read_content question;
  question.item_class = item_class::appointment;
  for (int i = 0; i < items; ++i)
    question.items.emplace_back("s");
  auto got = stage.ask<content_read>(std::move(question), std::move(script));
  REQUIRE(succeeded(got.outcome));
  return std::get<0>(std::move(got.outcome));
}

std::string exceptions_in(const content_outcome& outcome) {
  for (const auto& f : std::get<content>(outcome).fields)
    if (f.field == field::exceptions) return f.value;
  return {};
}

} // namespace

TEST_CASE("a series is read with its changed and deleted occurrences, in one request for all") {
  for (const std::string version : {"Exchange2007_SP1", "Exchange2010_SP2", "Exchange2016"}) {
    mailbox_stage stage(version);
    const auto got = read(
        stage,
        {answers("GetItem",
                 {master("k0", {"03", "04"}, {"02"}), calendar_item("s", "k", "Plain"), master("k1", {"05"})}),
         answers("GetItem", {calendar_item("o03", "k", "Third", {}, "03"), calendar_item("o04", "k", "Daily", {}, "04"),
                             calendar_item("o05", "k", "Daily", "<t:Location>Hall</t:Location>", "05")})},
        3);
    REQUIRE(got.size() == 3);
    CHECK(exceptions_in(got[0]) == second_gone + "\n" + third); // the fourth was changed back
    CHECK(exceptions_in(got[1]).empty());
    CHECK(exceptions_in(got[2]) == "changed=2026-03-05T08:00:00Z\n81=Hall");
    CHECK(std::get<content>(got[0]).key == change_key("k0"));
    CHECK(holds(stage.seen[1], "Id=\"o03\""));
    CHECK(holds(stage.seen[1], "Id=\"o05\""));
  }
}

TEST_CASE("an occurrence that cannot be read fails its series and no other, and is no proof that the series is gone") {
  mailbox_stage stage;
  const auto got =
      read(stage,
           {answers("GetItem", {master("k0", {"03"}), master("k1", {"05"})}),
            answers("GetItem", {error("ErrorItemNotFound"), calendar_item("o05", "k", "Fifth", {}, "05")})},
           2);
  REQUIRE(got.size() == 2);
  REQUIRE(std::holds_alternative<failure>(got[0]));
  CHECK(std::get<failure>(got[0]).retry == retry::later);
  CHECK(exceptions_in(got[1]) == "changed=2026-03-05T08:00:00Z\n1=Fifth");
}

TEST_CASE("exceptions are written one by one, each guarded by the key of the one before") {
  mailbox_stage stage;
  const auto got = stage.write(wanting(third + "\nchanged=2026-03-05T08:00:00Z\n81=Hall"),
                               {answers("GetItem", {master("k0")}), answers("GetItem", {place("03"), place("05")}),
                                answers("UpdateItem", {updated("k1")}), answers("UpdateItem", {updated("k2")})});
  CHECK(words(got) == "written s k2");
  CHECK(holds(stage.seen[1], "<t:OccurrenceItemId RecurringMasterId=\"s\" InstanceIndex=\"3\"/>"));
  CHECK(holds(stage.seen[2], "<t:OccurrenceItemId RecurringMasterId=\"s\" ChangeKey=\"k0\" InstanceIndex=\"3\"/>"));
  CHECK(holds(stage.seen[3], "<t:OccurrenceItemId RecurringMasterId=\"s\" ChangeKey=\"k1\" InstanceIndex=\"5\"/>"));
  CHECK(holds(stage.seen[3], "ConflictResolution=\"NeverOverwrite\""));
  CHECK(holds(stage.seen[3], "SendMeetingInvitationsOrCancellations=\"SendToNone\""));
}

TEST_CASE("deletions come first, and what is read after them must show nothing else") {
  mailbox_stage stage;
  auto got = stage.write(wanting(second_gone + "\n" + third),
                         {answers("GetItem", {master("k0")}), answers("GetItem", {place("02"), place("03")}),
                          answers("DeleteItem", {success()}), answers("GetItem", {master("k1", {}, {"02"})}),
                          answers("GetItem", {place("03")}), answers("UpdateItem", {updated("k2")})});
  CHECK(words(got) == "written s k2");
  CHECK(holds(stage.seen[2], "SendMeetingCancellations=\"SendToNone\""));
  CHECK(holds(stage.seen[5], "ChangeKey=\"k1\" InstanceIndex=\"3\""));
  got = stage.write(wanting(second_gone + "\n" + third),
                    {answers("GetItem", {master("k0")}), answers("GetItem", {place("02"), place("03")}),
                     answers("DeleteItem", {success()}), answers("GetItem", {master("k1", {}, {"02", "07"})})});
  CHECK(words(got) == "unknown series");
}

TEST_CASE("a series that is as wanted is not written") {
  mailbox_stage stage;
  CHECK(words(stage.write(wanting(second_gone), {answers("GetItem", {master("k0", {}, {"02"})})})) == "written s k0");
}

TEST_CASE("an occurrence that is deleted here only comes back by setting the recurrence anew") {
  mailbox_stage stage;
  auto got = stage.write(wanting(third), {answers("GetItem", {master("k0", {}, {"02"})}),
                                          answers("UpdateItem", {updated("k1")}), answers("GetItem", {master("k1")}),
                                          answers("GetItem", {place("03")}), answers("UpdateItem", {updated("k2")})});
  CHECK(words(got) == "written s k2");
  CHECK(holds(stage.seen[1], "<t:NumberOfOccurrences>10</t:NumberOfOccurrences>"));
  CHECK(holds(stage.seen[1], "<t:ItemId Id=\"s\" ChangeKey=\"k0\"/>"));
  // A server that keeps the exceptions of the same recurrence gets another one first.
  got =
      stage.write(wanting({}), {answers("GetItem", {master("k0", {}, {"02"})}), answers("UpdateItem", {updated("k1")}),
                                answers("GetItem", {master("k1", {}, {"02"})}), answers("UpdateItem", {updated("k2")}),
                                answers("UpdateItem", {updated("k3")}), answers("GetItem", {master("k3")})});
  CHECK(words(got) == "written s k3");
  CHECK(holds(stage.seen[3], "<t:NumberOfOccurrences>1</t:NumberOfOccurrences>"));
  CHECK(holds(stage.seen[4], "<t:NumberOfOccurrences>10</t:NumberOfOccurrences>"));
  // And if it keeps them all the same, it is said.
  got = stage.write(wanting({}),
                    {answers("GetItem", {master("k0", {}, {"02"})}), answers("UpdateItem", {updated("k1")}),
                     answers("GetItem", {master("k1", {}, {"02"})}), answers("UpdateItem", {updated("k2")}),
                     answers("UpdateItem", {updated("k3")}), answers("GetItem", {master("k3", {}, {"02"})})});
  CHECK(words(got) == "refused series");
}

TEST_CASE("what is set of the series as a whole comes before its exceptions") {
  mailbox_stage stage;
  const auto got = stage.write(wanting(third, {{field::recurrence, daily}, {field::subject, "Daily"}}),
                               {answers("UpdateItem", {updated("k1")}), answers("GetItem", {master("k1")}),
                                answers("GetItem", {place("03")}), answers("UpdateItem", {updated("k2")})});
  CHECK(words(got) == "written s k2");
  CHECK(holds(stage.seen[0], "calendar:Recurrence"));
  CHECK(!holds(stage.seen[0], "OccurrenceItemId"));
}

TEST_CASE("a cut at each step leaves what the engine must look at, and what was surely not done") {
  const std::vector<scripted> whole{answers("UpdateItem", {updated("k1")}),         answers("GetItem", {master("k1")}),
                                    answers("GetItem", {place("02"), place("03")}), answers("DeleteItem", {success()}),
                                    answers("GetItem", {master("k2", {}, {"02"})}), answers("GetItem", {place("03")}),
                                    answers("UpdateItem", {updated("k3")})};
  const auto question = [] { return wanting(second_gone + "\n" + third, {{field::subject, "Daily"}}); };
  {
    mailbox_stage stage;
    CHECK(words(stage.write(question(), whole)) == "written s k3");
  }
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    INFO("cut at request " << cut);
    auto script = std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    script.push_back(lost());
    mailbox_stage stage;
    CHECK(words(stage.write(question(), script)) == "unknown cut");
    script.back() = unreached();
    mailbox_stage other;
    CHECK(words(other.write(question(), script)) == (cut == 0 ? "not_done refused" : "unknown refused"));
  }
}

TEST_CASE("refusals on the way to the exceptions") {
  const auto to = [](std::vector<scripted> script) {
    mailbox_stage stage;
    return words(stage.write(wanting(third), std::move(script)));
  };
  CHECK(to({answers("GetItem", {master("other")})}) == "stale");
  CHECK(to({answers("GetItem", {error("ErrorItemNotFound")})}) == "gone");
  CHECK(to({answers("GetItem", {calendar_item("s", "k0", "No series")})}) == "refused series");
  CHECK(to({lost()}) == "not_done cut");
  CHECK(to({answers("GetItem", {master("k0")}), answers("GetItem", {place("04")})}) == "refused series");
  CHECK(to({answers("GetItem", {master("k0")}), answers("GetItem", {place("03")}),
            answers("UpdateItem", {error("ErrorIrresolvableConflict")})}) == "stale");
  CHECK(to({answers("GetItem", {master("k0")}), answers("GetItem", {place("03")}),
            answers("UpdateItem", {error("ErrorOccurrenceCrossingBoundary")})}) ==
        "refused ErrorOccurrenceCrossingBoundary");
  CHECK(to({answers("GetItem", {master("k0")}), answers("GetItem", {place("03")}),
            answers("UpdateItem", {success()})}) == "unknown protocol");
}

TEST_CASE("a series is written alone; those beside it go out together") {
  auto question = wanting(third);
  for (const std::string id : {"a", "b"}) {
    update_item plain;
    plain.id = item_id(id);
    plain.guard = change_key("g");
    plain.item_class = item_class::appointment;
    plain.fields = {{field::subject, "x"}};
    question.items.push_back(plain);
  }
  mailbox_stage stage;
  const auto got = stage.write(question, {answers("GetItem", {master("k0")}), answers("GetItem", {place("03")}),
                                          answers("UpdateItem", {updated("k1")}),
                                          answers("UpdateItem", {updated("ka", "a"), updated("kb", "b")})});
  REQUIRE(got.size() == 3);
  CHECK(std::holds_alternative<written>(got[0]));
  CHECK(std::holds_alternative<written>(got[2]));
}

TEST_CASE("attendees of a changed occurrence are text, unless meetings are copied") {
  for (const bool copied : {false, true}) {
    auto question = wanting("changed=2026-03-03T08:00:00Z\n83=required=ann@a.example");
    question.items[0].meetings = copied ? meetings::copy : meetings::appointment;
    mailbox_stage stage;
    stage.write(question, {answers("GetItem", {master("k0")}), answers("GetItem", {place("03")}),
                           answers("UpdateItem", {updated("k1")})});
    CHECK(holds(stage.seen[2], "<t:RequiredAttendees>") == copied);
    CHECK(holds(stage.seen[2], "<t:Value>ann@a.example</t:Value>") != copied);
  }
}
