#include "actors/ledger.hpp"
#include "actors/logic/digest.hpp"
#include "actors/verification.hpp"
#include "storage/store.hpp"
#include "tests/actors/scenario.hpp"
#include "tests/support/actor_stage.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using kind = difference::kind;

namespace {

/// Compares both sides of a world; what repairing changes on disk is kept. That no mailbox is written to is checked.
verification compare(outer_world& world, bool repair = false, std::size_t limit = 100) {
  both<std::shared_ptr<model_mailbox>> boxes{std::make_shared<model_mailbox>(world.mailboxes.primary),
                                             std::make_shared<model_mailbox>(world.mailboxes.replica)};
  memory_engine disk(world.disk);
  auto records = std::make_shared<store>(disk, [&] { return "verify" + std::to_string(++world.minted); });
  REQUIRE_FALSE(records->open());
  const auto before = disk.synced();
  std::uint64_t writes = 0;
  std::size_t largest = 0;
  verified answer;
  {
    tests::actor_stage stage;
    verifier_options o;
    o.settings = world.settings;
    for (const auto s : both_sides) {
      mailbox_script script;
      script.before = [&](const mailbox_call& c) {
        writes += c.writes;
        if (c.name == "read_content") largest = std::max(largest, c.items.size());
        return fault{};
      };
      script.after = [](const mailbox_call&) {};
      script.now = [] { return std::chrono::seconds(0); };
      o.mailboxes[s] = stage.on_stage(stage.system.spawn(scripted_mailbox, s, boxes[s], script));
    }
    o.ledger = stage.on_stage(stage.system.spawn(ledger, records));
    o.context.wall_clock = [&] { return utc_seconds(world.time); };
    o.context.log = [](const log_line&) {};
    const auto by = stage.on_stage(stage.system.spawn(verifier, o));
    answer = stage.ask_now<verified>(by, verify{repair, limit});
  }
  CHECK(writes == 0);
  CHECK(largest <= 25);
  if (!repair) CHECK(disk.synced() == before);
  world.disk = disk.synced();
  REQUIRE(std::holds_alternative<verification>(answer.outcome));
  return std::get<verification>(answer.outcome);
}

outer_world in_step(outer_world world) {
  virtual_world running(std::move(world));
  running.run();
  REQUIRE(running.violations.empty());
  return running.snapshot();
}

/// Ten mails in step, in two folders.
outer_world ten_mails(policy of = {}) {
  outer_world world(settings_for({"inbox", "inbox/B"}, of));
  for (int i = 0; i < 10; ++i)
    world.mailboxes[of.direction == direction::replica_to_primary ? side::replica : side::primary].user_create(
        i < 5 ? "inbox" : "inbox/B", mail_named("m" + std::to_string(i)));
  return in_step(world);
}

item_id item(const outer_world& world, side s, const std::string& name) {
  const auto in_inbox = world.mailboxes[s].find("inbox", id_of(name));
  return in_inbox.empty() ? world.mailboxes[s].find("inbox/B", id_of(name)) : in_inbox;
}

seen_mailbox contents(const outer_world& world, side s) {
  return contents_of(virtual_world(world), s);
}

using counts = std::map<kind, std::uint64_t>;

} // namespace

TEST_CASE("what is in step is found to be in step, every item of it") {
  auto world = ten_mails();
  const auto found = compare(world);
  CHECK(found.compared == 10);
  CHECK(found.in_step == 10);
  CHECK(found.differences.empty());
  CHECK(found.failures.empty());
}

TEST_CASE("differences that no list tells are named, and mended by a round that decides anew") {
  auto world = ten_mails();
  auto& p = world.mailboxes.primary;
  auto& r = world.mailboxes.replica;
  r.change_silently(item(world, side::replica, "m0"), field::categories, "changed");
  r.lose(item(world, side::replica, "m1"));
  p.slip_in("inbox", mail_named("slipped in"));
  p.lose(item(world, side::primary, "m6"));

  const auto found = compare(world);
  CHECK(found.counts == counts{{kind::only_on, 3}, {kind::fields, 1}});
  std::map<std::string, difference> by_name;
  for (const auto& d : found.differences) {
    CHECK(d.explained.empty());
    CHECK_FALSE(d.repair.empty());
    by_name[d.subject] = d;
  }
  CHECK(by_name.at("m0").fields == std::vector<field>{field::categories});
  CHECK(by_name.at("m0").repair == "carried from the replica to the primary");
  CHECK(by_name.at("m1").on == side::primary);
  CHECK(by_name.at("slipped in").on == side::primary);
  CHECK(by_name.at("slipped in").id.empty());
  CHECK(by_name.at("m6").on == side::replica);
  CHECK(found.mended == 0);

  CHECK(compare(world, true).mended == 4);
  world = in_step(world);
  CHECK(contents(world, side::primary) == contents(world, side::replica));
  CHECK(contents(world, side::primary).size() == 11);
  CHECK(world.mailboxes.primary.item(item(world, side::primary, "m0"))->value(field::categories) == "changed");
  CHECK(compare(world).differences.empty());
}

TEST_CASE("what was agreed though it differs is mended as at a first pairing: the primary's stands") {
  auto world = ten_mails();
  // The same silent change on both sides of what was agreed: each side is as its base says only once it is in the base.
  world.mailboxes.replica.change_silently(item(world, side::replica, "m0"), field::subject, "other");
  {
    memory_engine disk(world.disk);
    store records(disk, [] { return std::string("none"); });
    REQUIRE_FALSE(records.open());
    for (auto& t : records.browse(""))
      if (t.seen.replica && t.seen.replica->item == item(world, side::replica, "m0")) {
        const auto c = *world.mailboxes.replica.read(t.seen.replica->item);
        settle_twin as_if;
        as_if.twin = t.id;
        as_if.base = t.base;
        (*as_if.base).replica.content = logic::digests_of(c.fields);
        (*as_if.base).replica.read_back = true;
        as_if.answers = {records.now(), records.now()};
        as_if.settled = true;
        REQUIRE(records.settle(as_if));
      }
    REQUIRE_FALSE(records.commit());
    world.disk = disk.synced();
  }
  const auto found = compare(world, true);
  REQUIRE(found.counts == counts{{kind::fields, 1}});
  CHECK(found.differences[0].fields == std::vector<field>{field::subject});
  world = in_step(world);
  CHECK(contents(world, side::primary) == contents(world, side::replica));
  CHECK(world.mailboxes.replica.item(item(world, side::replica, "m0"))->value(field::subject) == "m0");
}

TEST_CASE("an item in another place on one side is told with both places, and put right") {
  auto world = ten_mails();
  auto& r = world.mailboxes.replica;
  auto moved = mail_named("m2");
  moved.subject = "m2";
  r.lose(item(world, side::replica, "m2"));
  r.slip_in("inbox/B", moved);
  const auto found = compare(world, true);
  CHECK(found.counts.at(kind::only_on) == 2); // under another id nobody can know that it is the same one
  world = in_step(world);
  CHECK(contents(world, side::primary).size() == 10);
  CHECK(contents(world, side::replica).size() == 10);
}

TEST_CASE("what the settings or the ban list explain is told with the reason, and not mended") {
  policy of;
  of.direction = direction::primary_to_replica;
  auto world = ten_mails(of);
  auto& r = world.mailboxes.replica;
  r.user_edit(item(world, side::replica, "m0"), field::categories, "drift");
  r.user_delete(item(world, side::replica, "m1"));
  r.user_move(item(world, side::replica, "m2"), "inbox/B");
  r.user_mark_read(item(world, side::replica, "m3"), true);
  r.user_create("inbox", mail_named("only there"));
  world = in_step(world);
  const auto found = compare(world, true);
  CHECK(found.counts.empty());
  CHECK(found.mended == 0);
  CHECK(found.explained == counts{{kind::only_on, 2}, {kind::fields, 1}, {kind::place, 1}, {kind::read_state, 1}});
  for (const auto& d : found.differences)
    CHECK_FALSE(d.explained.empty());
}

TEST_CASE("more differences than were asked for are counted") {
  auto world = ten_mails();
  for (int i = 0; i < 10; ++i) {
    const auto id = item(world, side::replica, "m" + std::to_string(i));
    world.mailboxes.replica.change_silently(id, field::importance, "high");
  }
  const auto found = compare(world, false, 3);
  CHECK(found.differences.size() == 3);
  CHECK(found.counts.at(kind::fields) == 10);
}

TEST_CASE("a folder pair that was never synced, and a mailbox that was replaced, are told as not compared") {
  outer_world fresh(settings_for({"inbox"}, {}));
  fresh.mailboxes.primary.user_create("inbox", mail_named("m"));
  auto found = compare(fresh);
  REQUIRE(found.failures.size() == 1);
  CHECK(found.failures[0].second.what.find("never been synced") != std::string::npos);

  auto world = ten_mails();
  world.mailboxes.replica.recreate_mailbox();
  found = compare(world);
  CHECK(found.failures.size() == 2);
  CHECK(found.differences.empty());
}
