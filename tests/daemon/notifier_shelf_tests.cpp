#include "daemon/notifier_shelf.hpp"

#include "tests/support/actor_stage.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;

TEST_CASE("servers share a notifier as long as it lives, and get another one when it has died") {
  tests::actor_stage stage;
  const auto shelf = std::make_shared<notifier_shelf>();
  int made = 0;
  const auto make = [&] {
    ++made;
    return stage.on_stage(stage.system.spawn([](notifier_actor::pointer) -> notifier_actor::behavior_type {
      return {[](const watch_folders&) {}, [](const ask_notifier_status&) { return notifier_status{}; }};
    }));
  };
  server_settings hq, branch;
  hq.url = "https://hq.example";
  branch.url = "https://branch.example";
  const auto first = shelf->get(hq, make);
  CHECK(shelf->get(hq, make) == first);
  const auto another = shelf->get(branch, make);
  CHECK(another != first);
  CHECK(made == 2);
  caf::anon_send_exit(first, caf::exit_reason::kill);
  stage.run();
  const auto next = shelf->get(hq, make);
  CHECK(next != first);
  CHECK(shelf->get(branch, make) == another);
  CHECK(made == 3);
  shelf->end();
  CHECK_FALSE(shelf->get(hq, make));
  CHECK(made == 3);
}
