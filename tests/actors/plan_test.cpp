#include "actors/ledger.hpp"
#include "actors/rehearsal.hpp"
#include "storage/store.hpp"
#include "tests/actors/scenario.hpp"
#include "tests/support/actor_stage.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using kind = planned_step::kind;

namespace {

/// A dry run over a world as it is; that it changes neither a mailbox nor the disk is always checked.
pair_plan plan_of(const outer_world& world) {
  auto mailboxes = world.mailboxes;
  both<std::shared_ptr<model_mailbox>> boxes{std::make_shared<model_mailbox>(mailboxes.primary),
                                             std::make_shared<model_mailbox>(mailboxes.replica)};
  memory_engine disk(world.disk);
  auto records = std::make_shared<store>(disk, [] { return std::string("of the daemon"); });
  REQUIRE_FALSE(records->open());
  const auto before = disk.synced();
  std::uint64_t writes = 0, fetches = 0;
  rehearsed answer;
  {
    tests::actor_stage stage;
    rehearsal_options o;
    o.settings = world.settings;
    for (const auto s : both_sides) {
      mailbox_script script;
      script.before = [&](const mailbox_call& c) {
        writes += c.writes;
        fetches += c.name.starts_with("fetch_");
        return fault{};
      };
      script.after = [](const mailbox_call&) {};
      script.now = [] { return std::chrono::seconds(0); };
      o.mailboxes[s] = stage.on_stage(stage.system.spawn(scripted_mailbox, s, boxes[s], script));
    }
    o.ledger = stage.on_stage(stage.system.spawn(ledger, records));
    o.context.wall_clock = [&] { return utc_seconds(world.time); };
    o.context.mint = [n = 0]() mutable { return "plan" + std::to_string(++n); };
    o.context.random = [] { return 0; };
    o.context.log = [](const log_line&) {};
    const auto player = stage.on_stage(stage.system.spawn(rehearsal, o));
    answer = stage.ask_now<rehearsed>(player, rehearse{});
  }
  CHECK(writes == 0);
  CHECK(fetches == 0); // whole items are not read for it
  CHECK(disk.synced() == before);
  REQUIRE(std::holds_alternative<pair_plan>(answer.outcome));
  return std::get<pair_plan>(answer.outcome);
}

outer_world in_step(outer_world world) {
  virtual_world running(std::move(world));
  running.run();
  REQUIRE(running.violations.empty());
  return running.snapshot();
}

std::string text_of(const planned_step& s) {
  static constexpr std::array names{"link", "create", "update", "replace", "set_read",
                                    "move", "delete", "refuse", "leave"};
  std::string text = std::string(names.at(static_cast<std::size_t>(s.what))) + " " + s.subject;
  if (s.on) text += s.on == side::primary ? " on primary" : " on replica";
  if (!s.to.empty()) text += " to " + s.to.value;
  return text + (s.reason.empty() ? "" : ": " + s.reason);
}

std::vector<std::string> steps_in(const pair_plan& plan, const std::string& folder) {
  std::vector<std::string> all;
  for (const auto& s : plan.folder_pairs.at(folder_pair_id{folder}).steps)
    all.push_back(text_of(s));
  std::sort(all.begin(), all.end());
  return all;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("a plan names what would be created, changed, moved, deleted and linked, and why") {
  outer_world world(settings_for({"inbox", "inbox/B"}, {}));
  auto& p = world.mailboxes.primary;
  auto& r = world.mailboxes.replica;
  for (const auto* name : {"edited", "moved", "gone", "read", "both"})
    p.user_create("inbox", mail_named(name));
  world = in_step(world);
  p.user_create("inbox", mail_named("new"));
  p.user_create("inbox", mail_named("same"));
  r.user_create("inbox", mail_named("same"));
  p.user_edit(p.find("inbox", id_of("edited")), field::categories, "red");
  r.user_move(r.find("inbox", id_of("moved")), "inbox/B");
  r.user_delete(r.find("inbox", id_of("gone")));
  r.user_mark_read(r.find("inbox", id_of("read")), true);
  p.user_edit(p.find("inbox", id_of("both")), field::categories, "red");
  r.user_edit(r.find("inbox", id_of("both")), field::categories, "blue");

  const auto plan = plan_of(world);
  CHECK(steps_in(plan, "inbox") ==
        texts{"create new on replica: new on primary", "delete gone on primary: deleted on replica",
              "link same: the same identity (Message-ID or GlobalObjectId) on both sides",
              "move moved on primary to inbox/B: moved on replica", "set_read read on primary: marked read on replica",
              "update both on replica: edited on both sides", "update edited on replica: edited on primary"});
  CHECK(plan.failures.empty());
  for (const auto& s : plan.folder_pairs.at(folder_pair_id{"inbox"}).steps)
    if (s.what == kind::update) CHECK(s.fields == std::vector<field>{field::categories});
}

TEST_CASE("everything that follows from one change of an item is planned, one thing after the other") {
  outer_world world(settings_for({"inbox", "inbox/B"}, {}));
  auto& p = world.mailboxes.primary;
  p.user_create("inbox", mail_named("m"));
  world = in_step(world);
  const auto item = p.find("inbox", id_of("m"));
  p.user_edit(item, field::categories, "red");
  p.user_mark_read(item, true);
  p.user_move(item, "inbox/B");
  CHECK(steps_in(plan_of(world), "inbox") == texts{"move m on replica to inbox/B: moved on primary",
                                                   "set_read m on replica: marked read on primary",
                                                   "update m on replica: edited on primary"});
}

TEST_CASE("a plan of a mailbox that was replaced links what is the same and creates what is missing") {
  outer_world world(settings_for({"inbox"}, {}));
  auto& p = world.mailboxes.primary;
  auto& r = world.mailboxes.replica;
  p.user_create("inbox", mail_named("kept"));
  p.user_create("inbox", mail_named("lost"));
  world = in_step(world);
  r.recreate_mailbox();
  r.user_purge(r.find("inbox", id_of("lost")));
  const auto steps = steps_in(plan_of(world), "inbox");
  CHECK(std::count(steps.begin(), steps.end(), "create lost on replica: missing on replica") == 1);
  for (const auto& s : steps)
    CHECK(s.find("delete") == std::string::npos);
  CHECK(std::none_of(steps.begin(), steps.end(), [](auto& s) { return s.starts_with("create kept"); }));
}

TEST_CASE("the plan of a frozen folder pair names what pair.approve would delete") {
  outer_world world(settings_for({"inbox"}, {}));
  auto& p = world.mailboxes.primary;
  for (int i = 0; i < 20; ++i)
    p.user_create("inbox", mail_named("m" + std::to_string(i)));
  world = in_step(world);
  for (int i = 0; i < 15; ++i)
    p.user_delete(p.find("inbox", id_of("m" + std::to_string(i))));
  // Also where a round has frozen it before.
  for (const bool frozen_before : {false, true}) {
    if (frozen_before) world = in_step(world);
    const auto plan = plan_of(world);
    const auto& inbox = plan.folder_pairs.at(folder_pair_id{"inbox"});
    CHECK(inbox.held);
    CHECK(inbox.counts == decltype(inbox.counts){{{kind::remove, side::replica}, 15}});
  }
}

TEST_CASE("a plan tells of folders that would be made, and of what would come into them") {
  auto settings = settings_for({"inbox"}, {});
  settings.folders[0].include_subfolders = true;
  outer_world world(settings);
  auto& p = world.mailboxes.primary;
  p.make_folder("inbox/Projects");
  p.user_create("inbox/Projects", mail_named("inside"));
  const auto plan = plan_of(world);
  REQUIRE(plan.folders.replica.size() == 1);
  CHECK(plan.folders.replica[0].what == planned_folder_act::kind::create);
  CHECK(plan.folders.replica[0].name == "Projects");
  CHECK(plan.folders.replica[0].where == "inbox");
  CHECK(plan.folders.primary.empty());
  texts all;
  for (const auto& [name, f] : plan.folder_pairs)
    for (const auto& s : f.steps)
      all.push_back(text_of(s));
  CHECK(all == texts{"create inside on replica: new on primary"});
}

TEST_CASE("what the settings leave alone, and what cannot be changed, is told by a plan") {
  policy p;
  p.unchangeable = unchangeable::report;
  p.start_date = std::chrono::sys_days(std::chrono::days(1));
  outer_world world(settings_for({"inbox"}, p));
  auto recent = mail_named("recent");
  recent.received = utc_seconds(std::chrono::days(2));
  world.mailboxes.primary.user_create("inbox", recent);
  world = in_step(world);
  world.mailboxes.primary.user_create("inbox", mail_named("old"));
  auto& box = world.mailboxes.primary;
  box.user_edit(box.find("inbox", id_of("recent")), field::to, "somebody else");
  const auto steps = steps_in(plan_of(world), "inbox");
  REQUIRE(steps.size() == 2);
  CHECK(steps[0] == "leave old");
  CHECK(steps[1].starts_with("refuse recent on replica: "));
}

TEST_CASE("a round does what the plan said, item by item") {
  for (const auto way : {direction::bidirectional, direction::primary_to_replica, direction::replica_to_primary}) {
    policy of;
    of.direction = way;
    outer_world world(settings_for({"inbox", "inbox/B"}, of));
    for (int i = 0; i < 12; ++i)
      for (const auto s : both_sides)
        world.mailboxes[s].user_create(i % 3 ? "inbox" : "inbox/B",
                                       mail_named("m" + std::to_string(i + (s == side::replica ? 6 : 0))));
    world = in_step(world);
    for (int i = 0; i < 18; ++i) {
      auto& box = world.mailboxes[i % 2 ? side::primary : side::replica];
      const auto item = box.find("inbox", id_of("m" + std::to_string(i)));
      if (i % 5 == 0) box.user_delete(item);
      if (i % 5 == 1) box.user_edit(item, field::categories, "c" + std::to_string(i));
      if (i % 5 == 2) box.user_move(item, "inbox/B");
      if (i % 5 == 3) box.user_mark_read(item, true);
    }
    std::map<std::string, std::uint64_t> planned;
    for (const auto& [name, f] : plan_of(world).folder_pairs)
      for (const auto& [what, count] : f.counts) {
        static constexpr std::array names{
            "", "create_items", "update_items", "create_items", "set_read_states", "move_items", "remove_items", "",
            ""};
        const std::string call = names.at(static_cast<std::size_t>(what.first));
        if (!call.empty()) planned[call] += count;
      }
    std::map<std::string, std::uint64_t> made;
    virtual_world real(world);
    real.after_call = [&](virtual_world&, const mailbox_call& c, std::uint64_t) {
      if (c.writes) made[c.name] += c.name == "create_items" ? c.marks.size() : c.items.size();
    };
    real.run();
    CHECK(planned == made);
    CHECK(planned.size() >= 3);
  }
}
