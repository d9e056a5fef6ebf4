#include "tests/actors/scenario.hpp"

#include "actors/oscillation.hpp"
#include "storage/store.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

std::optional<trouble> trouble_in(const virtual_world& world) {
  std::optional<trouble> found;
  world.look_at_disk([&](const store& records) {
    for (const auto& t : records.in_trouble(pair_id("pair")))
      found = t.trouble;
  });
  return found;
}

/// A world with one mail in step; `meddle` is done after each write to that side.
std::unique_ptr<virtual_world> meddled(policy of, side where,
                                       std::function<void(model_mailbox&, const item_id&)> meddle) {
  outer_world before(settings_for({"inbox", "inbox/B"}, of));
  before.mailboxes.primary.user_create("inbox", mail_named("m"));
  {
    virtual_world first(before);
    first.run();
    before = first.snapshot();
  }
  auto world = std::make_unique<virtual_world>(std::move(before));
  world->after_call = [where, meddle](virtual_world& w, const mailbox_call& c, std::uint64_t) {
    if (c.side == where && c.name == "update_items")
      for (const auto& id : c.items)
        meddle(w.mailbox(where), id);
  };
  return world;
}

} // namespace

TEST_CASE("what something on the target changes back after every write is held after three rounds, and named") {
  policy of;
  of.direction = direction::primary_to_replica;
  of.drift = drift::revert;
  auto world = meddled(of, side::replica, [](model_mailbox& box, const item_id& id) {
    box.user_edit(id, field::categories, "by a rule");
  });
  auto& p = world->mailbox(side::primary);
  p.user_edit(p.find("inbox", id_of("m")), field::categories, "red");
  const auto end = world->run();
  INFO(world->story());
  CHECK(world->violations.empty());
  CHECK(end.banned == 1);
  CHECK(world->writes == 3);
  REQUIRE(trouble_in(*world));
  CHECK(trouble_in(*world)->code == oscillating);
  CHECK(trouble_in(*world)->banned);

  // The rule changes it once more: still nothing is written.
  auto& r = world->mailbox(side::replica);
  r.user_edit(r.find("inbox", id_of("m")), field::categories, "by a rule, again");
  CHECK(world->run().banned == 1);
  CHECK(world->writes == 3);

  // An edit of the source, after somebody has ended the rule.
  world->after_call = {};
  p.user_edit(p.find("inbox", id_of("m")), field::categories, "blue");
  CHECK(world->run().banned == 0);
  CHECK(r.items("inbox").begin()->second.value(field::categories) == "blue");
  CHECK_FALSE(trouble_in(*world));
}

TEST_CASE("an item whose each write is answered by an edit on that side goes to both sides three times, and is held") {
  auto world = meddled({}, side::replica, [n = 0](model_mailbox& box, const item_id& id) mutable {
    box.user_edit(id, field::categories, "made of it " + std::to_string(++n));
  });
  auto& p = world->mailbox(side::primary);
  world->after_call = [meddle = world->after_call, n = 0](virtual_world& w, const mailbox_call& c,
                                                          std::uint64_t nth) mutable {
    meddle(w, c, nth);
    if (c.side == side::primary && c.name == "update_items")
      w.mailbox(side::primary).user_edit(c.items[0], field::categories, "and back " + std::to_string(++n));
  };
  p.user_edit(p.find("inbox", id_of("m")), field::categories, "red");
  const auto end = world->run();
  CHECK(end.banned == 1);
  CHECK(world->writes == 6);
  REQUIRE(trouble_in(*world));
  CHECK(trouble_in(*world)->code == oscillating);
}

TEST_CASE("a user who edits one item again and again is no oscillation") {
  outer_world before(settings_for({"inbox"}, {}));
  before.mailboxes.primary.user_create("inbox", mail_named("m"));
  virtual_world world(before);
  world.run();
  for (int i = 0; i < 12; ++i) {
    auto& box = world.mailbox(i % 4 == 3 ? side::replica : side::primary);
    box.user_edit(box.find("inbox", id_of("m")), field::categories, i % 2 ? "red" : "blue");
    CHECK(world.run().banned == 0);
  }
  CHECK(contents_of(world, side::primary) == contents_of(world, side::replica));
  CHECK_FALSE(trouble_in(world));
}

TEST_CASE("answers that are lost again and again are no oscillation") {
  outer_world before(settings_for({"inbox"}, {}));
  before.mailboxes.primary.user_create("inbox", mail_named("m"));
  virtual_world world(before);
  world.run();
  world.before_call = [](virtual_world&, const mailbox_call& c, std::uint64_t nth) {
    return c.name == "update_items" && nth <= 6 ? fault{fault::kind::answer_lost_before} : fault{};
  };
  auto& p = world.mailbox(side::primary);
  p.user_edit(p.find("inbox", id_of("m")), field::categories, "red");
  world.run();
  CHECK(contents_of(world, side::primary) == contents_of(world, side::replica));
  CHECK_FALSE(trouble_in(world));
}
