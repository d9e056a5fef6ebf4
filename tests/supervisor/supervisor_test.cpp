#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

TEST_CASE("pairs start as the file says, and poll") {
  office o({pair_named("jane"), pair_named("joe", false)});
  o.deliver("jane@hq.example", "a");
  o.deliver("joe@hq.example", "b");
  o.advance(5min);
  CHECK(o.condition("jane") == pair_condition::started);
  CHECK(o.condition("joe") == pair_condition::stopped);
  CHECK(o.mails("jane@branch.example") == 1);
  CHECK(o.mails("joe@branch.example") == 0);
}

TEST_CASE("start and stop are remembered over a restart, until the file says otherwise") {
  memory_engine::contents disk;
  {
    office o({pair_named("jane"), pair_named("joe", false)});
    CHECK_FALSE(o.ask<pair_answers>(stop_pairs{{"jane"}}).pairs.at(0).failed);
    CHECK_FALSE(o.ask<pair_answers>(start_pairs{{"joe"}}).pairs.at(0).failed);
    o.advance(1s);
    CHECK(o.condition("jane") == pair_condition::stopped);
    CHECK(o.condition("joe") == pair_condition::started);
    disk = o.disk();
  }
  {
    office o({pair_named("jane"), pair_named("joe", false)}, disk);
    o.advance(1s);
    CHECK(o.condition("jane") == pair_condition::stopped);
    CHECK(o.condition("joe") == pair_condition::started);
  }
  office o({pair_named("jane", false), pair_named("joe", true)}, disk);
  o.advance(1s);
  CHECK(o.condition("jane") == pair_condition::stopped);
  CHECK(o.condition("joe") == pair_condition::started);
}

TEST_CASE("an unknown pair is named, the others are served") {
  office o({pair_named("jane")});
  auto answers = o.ask<pair_answers>(stop_pairs{{"jim", "jane"}}).pairs;
  REQUIRE(answers.size() == 2);
  REQUIRE(answers[0].failed);
  CHECK(answers[0].failed->what.find("jim") != std::string::npos);
  CHECK_FALSE(answers[1].failed);
  CHECK(o.condition("jane") == pair_condition::stopped);
  CHECK(std::holds_alternative<failure>(o.ask<rehearsed>(plan_one{"jim"}).outcome));
  CHECK(o.ask<pairs_synced>(sync_pairs{{"jane"}}).pairs.at(0).failed);
}

TEST_CASE("sync_now is answered when the pair is in step") {
  office o({pair_named("jane")});
  o.deliver("jane@hq.example", "a");
  auto report = o.ask<pairs_synced>(sync_pairs{}).pairs.at(0);
  CHECK(report.report.writes == 1);
  CHECK(report.report.in_step());
  CHECK(o.mails("jane@branch.example") == 1);
}

TEST_CASE("a plan says what would be done and does nothing") {
  office o({pair_named("jane")});
  o.deliver("jane@hq.example", "a");
  auto plan = std::get<pair_plan>(o.ask<rehearsed>(plan_one{"jane"}).outcome);
  auto& steps = plan.folder_pairs.at(folder_pair_id{"inbox"}).steps;
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].what == planned_step::kind::create);
  CHECK(steps[0].on == side::replica);
  CHECK(steps[0].reason == "new on primary");
  CHECK(o.mails("jane@branch.example") == 0);
}

TEST_CASE("a pair can be planned before it is started for the first time, and is started after it") {
  office o({pair_named("jane", false)});
  o.deliver("jane@hq.example", "a");
  auto plan = std::get<pair_plan>(o.ask<rehearsed>(plan_one{"jane"}).outcome);
  CHECK(plan.folder_pairs.at(folder_pair_id{"inbox"}).steps.size() == 1);
  CHECK(o.condition("jane") == pair_condition::stopped);
  CHECK(o.mails("jane@branch.example") == 0);
  o.ask<pair_answers>(start_pairs{{"jane"}});
  o.advance(1s);
  CHECK(o.condition("jane") == pair_condition::started);
  CHECK(o.mails("jane@branch.example") == 1);
}

TEST_CASE("a mailbox whose actor has died takes its pair along, and both are started again") {
  office o({pair_named("jane")});
  o.advance(1s);
  o.kill_mailbox("jane@hq.example");
  CHECK(o.condition("jane") == pair_condition::starting);
  o.deliver("jane@hq.example", "a");
  o.advance(1min);
  CHECK(o.condition("jane") == pair_condition::started);
  CHECK(o.mails("jane@branch.example") == 1);
  CHECK(o.ask<pairs_are>(ask_pairs{}).pairs.at(0).restarts == 1);
}

TEST_CASE("what does not change in the file is not disturbed by a reload") {
  office o({pair_named("jane"), pair_named("joe")});
  o.advance(1s);
  auto started = [&](const std::string& name) { return std::count(o.log.begin(), o.log.end(), name + ": started"); };
  auto changed = pair_named("joe");
  changed.folders[0].polling_interval = 1min;
  o.ask<reconfigured>(reconfigure{{pair_named("jane"), changed, pair_named("jill")}});
  CHECK(started("jane") == 1);
  CHECK(started("joe") == 2);
  CHECK(started("jill") == 1);
  o.ask<reconfigured>(reconfigure{{pair_named("jane")}});
  CHECK(o.ask<pairs_are>(ask_pairs{}).pairs.size() == 1);
}

TEST_CASE("a refused item is listed, can be lifted, and holds up nothing") {
  office o({pair_named("jane")});
  bool refuse = true;
  o.script = [&](const mailbox_call& c) {
    fault f;
    if (refuse && c.name == "create_items" && !c.marks.empty()) f.kind = fault::kind::refuses_item;
    return f;
  };
  o.deliver("jane@hq.example", "a");
  o.deliver("jane@hq.example", "b");
  auto report = o.ask<pairs_synced>(sync_pairs{}).pairs.at(0).report;
  CHECK(report.writes == 1);
  CHECK(report.failed == 1);
  CHECK_FALSE(report.in_step());
  auto bans = o.ask<bans_are>(ask_bans{}).items;
  REQUIRE(bans.size() == 1);
  CHECK(bans[0].trouble->banned);
  CHECK(o.ask<pairs_synced>(sync_pairs{}).pairs.at(0).report.writes == 0);
  refuse = false;
  CHECK(o.ask<bans_lifted>(lift_bans{"jane", bans[0].id}).count == 1);
  CHECK(o.mails("jane@branch.example") == 2);
  CHECK(o.ask<bans_are>(ask_bans{}).items.empty());
}

TEST_CASE("an emptied folder freezes the folder pair until it is approved") {
  office o({pair_named("jane")});
  for (int i = 0; i < 12; ++i)
    o.deliver("jane@hq.example", "m" + std::to_string(i));
  CHECK(o.ask<pairs_synced>(sync_pairs{}).pairs.at(0).report.in_step());
  auto all = o.box("jane@hq.example").items("inbox");
  for (const auto& [id, item] : all)
    o.box("jane@hq.example").user_delete(id);
  auto report = o.ask<pairs_synced>(sync_pairs{}).pairs.at(0).report;
  REQUIRE(report.held.size() == 1);
  CHECK(report.held[0].second.reason.find("12 of 12") != std::string::npos);
  CHECK(o.mails("jane@branch.example") == 12);
  CHECK_FALSE(o.ask<pair_answers>(approve_one{"jane", ""}).pairs.at(0).failed);
  CHECK(o.ask<pairs_synced>(sync_pairs{}).pairs.at(0).report.in_step());
  CHECK(o.mails("jane@branch.example") == 0);
  CHECK(o.ask<pair_answers>(approve_one{"jane", ""}).pairs.at(0).failed);
}

TEST_CASE("conflicts are listed, the newest first") {
  office o({pair_named("jane")});
  o.deliver("jane@hq.example", "a");
  o.deliver("jane@hq.example", "b");
  o.ask<pairs_synced>(sync_pairs{});
  for (std::string id : {"<a>", "<b>"}) {
    for (std::string where : {"jane@hq.example", "jane@branch.example"})
      o.box(where).user_edit(o.box(where).find("inbox", id), field::categories, where);
    o.ask<pairs_synced>(sync_pairs{});
    o.advance(2s);
  }
  auto c = o.ask<conflicts_loaded>(ask_conflicts{}).conflicts;
  REQUIRE(c.size() == 2);
  CHECK(c[0].subject == "b");
  CHECK(c[0].loser == side::replica);
  CHECK(o.ask<conflicts_loaded>(ask_conflicts{"jane", 1}).conflicts.size() == 1);
}

TEST_CASE("shutting down ends every pair") {
  office o({pair_named("jane"), pair_named("joe")});
  o.ask<shut>(shut_down{});
}

TEST_CASE("the death of the ledger is fatal") {
  office o({pair_named("jane")});
  o.kill_ledger();
  CHECK(o.fatal.find("state directory") != std::string::npos);
}

TEST_CASE("a mail that fits into no request of the other server is listed with its size, and is not even read") {
  office o({pair_named("jane", false)});
  o.box("jane@branch.example").largest_item = 1000;
  int fetched = 0;
  o.script = [&](const mailbox_call& c) {
    if (c.name == "fetch_items") fetched += static_cast<int>(c.items.size());
    return fault{};
  };
  o.deliver("jane@hq.example", "small");
  new_mail large;
  large.message_id = "<large>";
  large.subject = "large";
  large.body = std::string(2000, 'x');
  o.box("jane@hq.example").user_create("inbox", large);
  o.ask<pair_answers>(start_pairs{{"jane"}});
  for (int i = 0; i < 2; ++i)
    o.ask<pairs_synced>(sync_pairs{});
  CHECK(o.mails("jane@branch.example") == 1);
  CHECK(fetched == 1);
  auto bans = o.ask<bans_are>(ask_bans{}).items;
  REQUIRE(bans.size() == 1);
  CHECK(bans[0].trouble->banned);
  CHECK(bans[0].trouble->code == "too_large");
  CHECK(bans[0].trouble->what.find("has 3 kB, the server takes up to ") != std::string::npos);
  CHECK(bans[0].seen.primary->size == 2500);
}

TEST_CASE("a list that has no end is given up after fifty pages that show nothing new, and the others go on") {
  auto two = pair_named("jane");
  two.folders.push_back(two.folders[0]);
  two.folders[1].name = "done";
  two.folders[1].primary = two.folders[1].replica = "inbox/Done";
  office o({});
  for (const auto* address : {"jane@hq.example", "jane@branch.example"})
    o.box(address).make_folder("inbox/Done");
  const auto endless = o.box("jane@hq.example").make_folder("inbox/Endless");
  two.folders[0].primary = "inbox/Endless";
  o.box("jane@hq.example").endless = endless;
  std::size_t pages = 0;
  o.script = [&](const mailbox_call& c) {
    pages += c.name == "list_changes" && c.folder == endless ? 1 : 0;
    return fault{};
  };
  o.restart({two});
  o.deliver("jane@hq.example", "one", "inbox/Endless");
  o.deliver("jane@hq.example", "two", "inbox/Done");
  pages = 0;
  const auto report = o.sync();
  REQUIRE(report.failures.size() == 1);
  CHECK(report.failures[0].first == folder_pair_id{"inbox"});
  CHECK_THAT(report.failures[0].second.what, Catch::Contains("50 pages in a row show nothing new"));
  CHECK(pages == 52); // one that shows something, and one more than the bound
  CHECK(o.mails("jane@branch.example", "inbox/Done") == 1);
  o.box("jane@hq.example").endless = {};
  CHECK(o.sync().in_step());
  CHECK(o.mails("jane@branch.example") == 1);
}
