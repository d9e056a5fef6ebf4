#include "tests/mailbox_sim/sim_stage.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

// Appointments, series and meetings against the strict stand-in.

using namespace exsyncd;
using namespace tests;
using nlohmann::json;

namespace {

struct calendar_stage : sim_stage {
  explicit calendar_stage(std::string on, mailbox_access how = mailbox_access::direct) : sim_stage(std::move(on), how) {
    if (how == mailbox_access::delegate)
      control({{"do", "set_permission"},
               {"folder", "calendar"},
               {"account", "service@" + server + ".example"},
               {"level", "Owner"}});
  }
  ~calendar_stage() {
    CHECK(mails_out() == 0);
    CHECK(control({{"do", "counters"}, {"server", server}}).at("schema_bugs") == 0);
  }

  item_id add(json appointment) {
    appointment["do"] = "add_appointment";
    appointment["folder"] = "calendar";
    return item_id(control(std::move(appointment)).at("id").get<std::string>());
  }
  std::vector<listed_item> list() {
    list_changes what{folder("calendar"), {}};
    std::vector<listed_item> out;
    for (bool last = false; !last;) {
      auto answer = ask<changes_listed>(what);
      auto& page = std::get<change_page>(answer.outcome);
      for (auto& c : page.changes)
        if (auto* one = std::get_if<item_present>(&c)) out.push_back(std::move(one->item));
      what.cursor = page.cursor;
      last = page.last;
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.subject < b.subject; });
    return out;
  }
  fetched fetch(const item_id& id) {
    auto answer = ask<items_fetched>(fetch_items{{id}, item_class::appointment});
    if (auto* why = std::get_if<failure>(&answer.outcome)) FAIL(why->code << ": " << why->what);
    auto& outcome = std::get<0>(answer.outcome).at(0);
    if (auto* why = std::get_if<failure>(&outcome)) FAIL(why->code << ": " << why->what);
    REQUIRE(std::holds_alternative<fetched>(outcome));
    return std::get<fetched>(std::move(outcome));
  }
  content read(const item_id& id) { return fetch(id).at; }
  write_outcome create(carried_item item, enum meetings how = meetings::appointment) {
    return write(create_items{folder("calendar"), {{std::move(item), operation_mark("p/1/2")}}, how});
  }
  write_outcome update(const item_id& id, const change_key& guard, std::vector<field_value> fields,
                       enum meetings how = meetings::appointment) {
    return write(update_items{{{id, guard, std::move(fields), item_class::appointment, how}}});
  }
  settable can() { return ask<settable>(ask_settable{}); }
};

std::string value_of(const content& c, field which) {
  for (const auto& f : c.fields)
    if (f.field == which) return f.value;
  return {};
}

const written& took_effect(const write_outcome& o) {
  if (auto* r = std::get_if<refused>(&o)) FAIL(r->why.code << ": " << r->why.what);
  if (auto* r = std::get_if<not_done>(&o)) FAIL(r->why.code << ": " << r->why.what);
  if (auto* r = std::get_if<unknown>(&o)) FAIL(r->why.code << ": " << r->why.what);
  REQUIRE(std::holds_alternative<written>(o));
  return std::get<written>(o);
}

/// What two appointments differ in, of what both servers can hold.
std::string differences(const content& a, const content& b) {
  std::string out;
  for (int n = 0; n < 256; ++n) {
    const auto which = static_cast<field>(n);
    if (which == field::attachments || tells_of_attachments(which)) continue;
    const auto x = value_of(a, which), y = value_of(b, which);
    if (x != y) out += std::to_string(n) + ":\n" + x + "\n  instead of\n" + y + "\n";
  }
  return out;
}

/// Carries an item over as the engine does: a create, then its exceptions.
item_id carry(calendar_stage& from, calendar_stage& to, const item_id& id) {
  auto source = from.fetch(id);
  const auto made = took_effect(to.create(source.item));
  if (const auto exceptions = value_of(source.at, field::exceptions); !exceptions.empty())
    took_effect(to.update(made.id, made.key, {{field::exceptions, exceptions}}));
  return made.id;
}

const json weekly{{"pattern", "weekly"}, {"days", {"Monday", "Thursday"}}, {"start", "2026-03-02"}, {"count", 12}};

json series(const std::string& subject) {
  return {{"subject", subject},   {"start", "2026-03-02T09:00:00"},    {"end", "2026-03-02T10:00:00"},
          {"location", "Room 1"}, {"zone", "W. Europe Standard Time"}, {"recurrence", weekly}};
}

} // namespace

TEST_CASE("appointments of every kind arrive as they were, between all ages of servers") {
  const auto [a, b] =
      GENERATE(table<std::string, std::string>({{"oldest", "new"}, {"new", "oldest"}, {"old", "new"}, {"new", "old"}}));
  INFO(a << " to " << b);
  calendar_stage from(a), to(b);
  from.control({{"do", "seed_appointments"}, {"folder", "calendar"}, {"count", 20}, {"seed", 3}});
  const auto all = from.list();
  REQUIRE(all.size() == 20);
  for (const auto& one : all) {
    INFO(one.subject);
    const auto copy = carry(from, to, one.id);
    CHECK(differences(to.read(copy), from.read(one.id)) == "");
  }
  for (const auto& one : to.list())
    CHECK(!one.meeting);
}

TEST_CASE("a list says what an appointment is told by") {
  calendar_stage from("new"), to("old");
  const auto plain = from.add({{"subject", "A"}, {"start", "2026-03-02T09:00:00Z"}, {"end", "2026-03-02T10:00:00Z"}});
  from.add(series("B"));
  from.add({{"subject", "C"},
            {"start", "2026-03-02T09:00:00Z"},
            {"end", "2026-03-02T10:00:00Z"},
            {"required", {"bob@elsewhere.example"}},
            {"sent", true}});
  const auto all = from.list();
  REQUIRE(all.size() == 3);
  CHECK(all[0].item_class == item_class::appointment);
  CHECK(!all[0].meeting);
  CHECK(all[2].meeting);
  CHECK(all[0].received == utc_seconds(std::chrono::sys_days(std::chrono::March / 2 / 2026) + std::chrono::hours(10)));
  CHECK(!all[1].received);
  REQUIRE(!all[0].message_id.empty());
  CHECK(all[0].message_id != all[1].message_id);
  carry(from, to, plain);
  CHECK(to.list().at(0).message_id == all[0].message_id);
}

TEST_CASE("a meeting arrives as an appointment with its attendees as text, or as a meeting, and mails nobody") {
  for (const auto how : {meetings::appointment, meetings::copy}) {
    calendar_stage from("old"), to("new");
    const auto id = from.add({{"subject", "Board"},
                              {"start", "2026-03-02T09:00:00Z"},
                              {"end", "2026-03-02T10:00:00Z"},
                              {"required", {"bob@elsewhere.example", "cy@elsewhere.example"}},
                              {"optional", {"dan@elsewhere.example"}},
                              {"sent", true}});
    const auto source = from.fetch(id);
    CHECK(value_of(source.at, field::attendees) ==
          "optional=dan@elsewhere.example\nrequired=bob@elsewhere.example\nrequired=cy@elsewhere.example");
    const auto made = took_effect(to.create(source.item, how));
    CHECK(to.list().at(0).meeting == (how == meetings::copy));
    CHECK(differences(to.read(made.id), source.at) == "");
    const auto key = to.read(made.id).key;
    const std::string fewer = "required=cy@elsewhere.example";
    took_effect(to.update(made.id, key, {{field::attendees, fewer}}, how));
    CHECK(value_of(to.read(made.id), field::attendees) == fewer);
    CHECK(to.list().at(0).meeting == (how == meetings::copy));
    took_effect(to.write(remove_items{{made.id}}));
  }
}

TEST_CASE("a series is brought to every exception its other side has, whatever it had") {
  const auto on = GENERATE(as<std::string>{}, "oldest", "old", "new");
  INFO(on);
  calendar_stage from("new"), to(on);
  const auto id = from.add(series("Team"));
  const auto copy = carry(from, to, id);
  const auto follow = [&](const char* what) {
    INFO(what);
    const auto source = from.read(id);
    const auto target = to.read(copy);
    took_effect(to.update(copy, target.key, {{field::exceptions, value_of(source, field::exceptions)}}));
    CHECK(differences(to.read(copy), source) == "");
  };
  from.control({{"do", "user_delete_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-05"}});
  from.control(
      {{"do", "user_edit_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-09"}, {"subject", "Other"}});
  follow("one deleted, one renamed");
  from.control({{"do", "user_edit_occurrence"},
                {"item", id.value},
                {"occurrence", "2026-03-30"}, // after summer time has begun
                {"start", "2026-03-31T15:00:00"},
                {"end", "2026-03-31T17:30:00"},
                {"location", "Hall"}});
  from.control({{"do", "user_delete_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-09"}});
  follow("one moved, the renamed one deleted");
  to.control({{"do", "user_delete_occurrence"}, {"item", copy.value}, {"occurrence", "2026-03-12"}});
  to.control({{"do", "user_edit_occurrence"}, {"item", copy.value}, {"occurrence", "2026-03-16"}, {"subject", "Mine"}});
  follow("an occurrence deleted on the target, another one renamed there");
  to.control({{"do", "user_edit_occurrence"}, {"item", copy.value}, {"occurrence", "2026-03-16"}, {"subject", "Mine"}});
  follow("only renamed on the target");
  const auto before = to.read(copy);
  follow("nothing");
  CHECK(to.read(copy).key == before.key);
}

TEST_CASE("an occurrence is deleted by an account with rights on the calendar only") {
  const auto on = GENERATE(as<std::string>{}, "oldest", "old", "new");
  INFO(on);
  calendar_stage from("new"), to(on, mailbox_access::delegate);
  const auto id = from.add(series("Team"));
  from.control({{"do", "user_delete_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-05"}});
  CHECK(differences(to.read(carry(from, to, id)), from.read(id)) == "");
}

TEST_CASE("a new pattern and a new time come with the exceptions that belong to them") {
  calendar_stage from("old"), to("new");
  const auto id = from.add(series("Team"));
  from.control({{"do", "user_delete_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-05"}});
  const auto copy = carry(from, to, id);
  from.control({{"do", "user_change_recurrence"},
                {"item", id.value},
                {"recurrence",
                 {{"pattern", "monthly_relative"},
                  {"days", {"Monday"}},
                  {"week", "First"},
                  {"start", "2026-03-02"},
                  {"count", 6}}}});
  from.control(
      {{"do", "user_edit_occurrence"}, {"item", id.value}, {"occurrence", "2026-04-06"}, {"location", "Hall"}});
  const auto source = from.read(id);
  std::vector<field_value> fields;
  for (auto which : {field::recurrence, field::time, field::exceptions})
    fields.push_back({which, value_of(source, which)});
  took_effect(to.update(copy, to.read(copy).key, fields));
  CHECK(differences(to.read(copy), source) == "");
}

TEST_CASE("a series whose write is cut anywhere comes to what is wanted when it is repeated") {
  calendar_stage from("new");
  const auto id = from.add(series("Team"));
  from.control({{"do", "user_delete_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-05"}});
  from.control(
      {{"do", "user_edit_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-09"}, {"subject", "Other"}});
  from.control(
      {{"do", "user_edit_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-12"}, {"location", "Hall"}});
  const auto source = from.fetch(id);
  const std::string exceptions = value_of(source.at, field::exceptions);
  for (const bool whole : {true, false}) // whether the series as a whole is written first
    for (const std::string what : {"close_before_acting", "close_after_acting"})
      for (const std::string operation : {"UpdateItem", "DeleteItem"}) {
        INFO(what << ' ' << operation << ' ' << whole);
        std::vector<field_value> wanted{{field::exceptions, exceptions}};
        auto shall = source.at;
        if (whole) {
          wanted.push_back({field::location, "Room 2"});
          for (auto& f : shall.fields)
            if (f.field == field::location) f.value = "Room 2";
        }
        calendar_stage to("old");
        const auto made = took_effect(to.create(source.item));
        to.fault({{"what", what}}, operation);
        CHECK(std::holds_alternative<unknown>(to.update(made.id, made.key, wanted)));
        took_effect(to.update(made.id, to.read(made.id).key, wanted));
        CHECK(differences(to.read(made.id), shall) == "");
      }
}

TEST_CASE("a series that somebody changes while it is written is not overwritten") {
  calendar_stage to("new");
  const auto id = to.add(series("Team"));
  const auto key = to.read(id).key;
  to.control({{"do", "user_edit_occurrence"}, {"item", id.value}, {"occurrence", "2026-03-09"}, {"subject", "Mine"}});
  const auto outcome = to.update(id, key, {{field::exceptions, "deleted=2026-03-05T08:00:00Z"}});
  CHECK(std::holds_alternative<stale>(outcome));
  CHECK(value_of(to.read(id), field::exceptions).find("Mine") != std::string::npos);
}
