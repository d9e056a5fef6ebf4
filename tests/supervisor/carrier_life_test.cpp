#include "actors/folder_pair.hpp"

#include "storage/memory_engine.hpp"
#include "tests/support/actor_stage.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;

TEST_CASE("a folder pair that ends in the middle of its work leaves nothing of it behind") {
  tests::actor_stage stage;
  memory_engine disk{memory_engine::contents{}};
  auto records = std::make_shared<store>(disk, [] { return "id"; });
  REQUIRE_FALSE(records->open());
  folder_pair_options o;
  o.pair = pair_id{"jane"};
  o.settings.name = "inbox";
  o.ledger = stage.on_stage(stage.system.spawn(ledger, records));
  o.context.wall_clock = [] { return utc_seconds{}; };
  o.context.mint = [] { return "i"; };
  o.context.random = [] { return 0; };
  o.context.log = [](const log_line&) {};
  const auto silent = stage.on_stage(stage.system.spawn([](caf::event_based_actor* self) -> caf::behavior {
    self->set_default_handler(caf::skip);
    return {[](caf::unit_t) {}};
  }));
  for (side s : both_sides)
    o.mailboxes[s] = caf::actor_cast<mailbox_actor>(silent);
  const auto working = stage.on_stage(stage.system.spawn(folder_pair, o));
  auto where = std::make_shared<const places>(
      places{{folder_pair_id{"inbox"}, both<folder_id>{folder_id{"p"}, folder_id{"r"}}}});
  carry_out what;
  what.where = where;
  for (int i = 0; i < 100; ++i) { // more batches than are under way at once
    task t;
    t.twin.id = twin_id{std::to_string(i)};
    t.twin.seen.primary.emplace().folder = folder_pair_id{"inbox"};
    t.verdict.what = logic::create_on{side::replica};
    what.tasks.push_back(std::move(t));
  }
  caf::anon_send(working, std::move(what));
  stage.run();
  CHECK(where.use_count() > 1);
  caf::anon_send_exit(working, caf::exit_reason::kill);
  stage.run();
  CHECK(where.use_count() == 1);
}
