#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

/// A pair whose stop takes its time: a write of it is answered twenty seconds late.
struct slow_office : office {
  explicit slow_office(const pair_settings& only) : office({only}) {
    advance(1s);
    deliver("jane@hq.example", "a");
    script = [](const mailbox_call& c) {
      fault f;
      if (c.name == "create_items") f.kind = fault::kind::answers_late, f.after = 20s;
      return f;
    };
    advance(5min); // the poll has found the mail
  }
  void reload(std::vector<pair_settings> pairs) { ask<reconfigured>(reconfigure{std::move(pairs)}); }
};

pair_settings polled_every(std::chrono::minutes interval) {
  auto p = pair_named("jane");
  p.folders[0].polling_interval = interval;
  return p;
}

} // namespace

TEST_CASE("settings that are taken back while the pair still stops are those that it has in the end") {
  const auto before = polled_every(5min);
  slow_office o(before);
  o.reload({polled_every(1min)});
  o.reload({before});
  o.advance(1min);
  CHECK(o.overview("jane").settings == before);
  CHECK(o.condition("jane") == pair_condition::started);
}

TEST_CASE("of several changes while the pair stops the last one counts") {
  slow_office o(polled_every(5min));
  o.reload({polled_every(1min)});
  o.reload({polled_every(2min)});
  o.reload({polled_every(3min)});
  o.advance(1min);
  CHECK(o.overview("jane").settings == polled_every(3min));
  CHECK(std::count(o.log.begin(), o.log.end(), "jane: started") == 2);
}

TEST_CASE("a pair that is taken out and put back while it still stops stays, and goes on") {
  const auto before = polled_every(5min);
  slow_office o(before);
  o.reload({});
  o.reload({before});
  o.advance(1min);
  CHECK(o.overview("jane").settings == before);
  o.script = {};
  o.deliver("jane@hq.example", "b");
  CHECK(o.sync().in_step());
  CHECK(o.mails("jane@branch.example") == 2);
}

TEST_CASE("a pair that is changed, and taken out while it stops, is gone") {
  slow_office o(polled_every(5min));
  o.reload({polled_every(1min)});
  o.reload({});
  o.advance(1min);
  CHECK(o.ask<pairs_are>(ask_pairs{}).pairs.empty());
}

TEST_CASE("a pair that is started while it still stops runs in the end") {
  slow_office o(polled_every(5min));
  const auto stopped = o.ask_later<pair_answers>(stop_pairs{{"jane"}});
  CHECK_FALSE(*stopped);
  CHECK_FALSE(o.ask<pair_answers>(start_pairs{{"jane"}}).pairs.at(0).failed);
  o.advance(1min);
  REQUIRE(*stopped);
  CHECK(o.condition("jane") == pair_condition::started);
  o.restart({polled_every(5min)});
  o.advance(1s);
  CHECK(o.condition("jane") == pair_condition::started);
}

TEST_CASE("a pair that is stopped while a change lets it stop stays stopped") {
  slow_office o(polled_every(5min));
  o.reload({polled_every(1min)});
  const auto stopped = o.ask_later<pair_answers>(stop_pairs{{"jane"}});
  o.advance(1min);
  REQUIRE(*stopped);
  CHECK(o.condition("jane") == pair_condition::stopped);
  CHECK(o.overview("jane").settings == polled_every(1min));
}

TEST_CASE("a plan that is being made of a pair holds up nobody who changes the pair") {
  office o({pair_named("jane", false)});
  o.deliver("jane@hq.example", "a");
  bool slow = true;
  o.script = [&](const mailbox_call& c) {
    fault f;
    if (slow && c.name == "list_changes") f.kind = fault::kind::answers_late, f.after = 20s;
    return f;
  };
  const auto plan = o.ask_later<rehearsed>(plan_one{"jane"});
  CHECK(o.overview("jane").planned);
  auto changed = polled_every(1min);
  changed.start = true;
  o.ask<reconfigured>(reconfigure{{changed}});
  slow = false;
  o.advance(1min);
  REQUIRE(*plan);
  CHECK_FALSE(o.overview("jane").planned);
  CHECK(o.condition("jane") == pair_condition::started);
  CHECK(o.mails("jane@branch.example") == 1);
}

TEST_CASE("listing may take hours, as long as each page comes") {
  auto one = pair_named("jane", false);
  one.folders[0].polling_interval = 24h;
  office o({one});
  o.box("jane@hq.example").page_size = 1;
  for (int i = 0; i < 20; ++i)
    o.deliver("jane@hq.example", "m" + std::to_string(i));
  o.script = [](const mailbox_call& c) {
    fault f;
    if (c.name == "list_changes" && c.side == side::primary) f.kind = fault::kind::answers_late, f.after = 5min;
    return f;
  };
  o.ask<pair_answers>(start_pairs{{"jane"}});
  o.advance(5h, 30s);
  CHECK(o.overview("jane").restarts == 0);
  CHECK(o.mails("jane@branch.example") == 20);
}

TEST_CASE("a pair that lists for hours stops after the page under way, and goes on from it") {
  auto one = pair_named("jane", false);
  one.folders[0].polling_interval = 24h;
  office o({one});
  o.box("jane@hq.example").page_size = 1;
  for (int i = 0; i < 20; ++i)
    o.deliver("jane@hq.example", "m" + std::to_string(i));
  int pages = 0;
  o.script = [&](const mailbox_call& c) {
    fault f;
    if (c.name != "list_changes" || c.side != side::primary) return f;
    ++pages;
    f.kind = fault::kind::answers_late, f.after = 5min;
    return f;
  };
  o.ask<pair_answers>(start_pairs{{"jane"}});
  o.advance(11min, 30s);
  const auto stopped = o.ask_later<pair_answers>(stop_pairs{{"jane"}});
  o.advance(5min, 30s);
  REQUIRE(*stopped);
  CHECK(pages == 3);
  o.ask<pair_answers>(start_pairs{{"jane"}});
  o.advance(2h, 30s);
  CHECK(o.mails("jane@branch.example") == 20);
  CHECK(pages < 23); // from the beginning it would be more
}

TEST_CASE("a write whose answer was lost is looked for in its time, though the clock was set back meanwhile") {
  office o({pair_named("jane")});
  o.advance(1s);
  o.deliver("jane@hq.example", "a");
  bool lost = true;
  o.script = [&](const mailbox_call& c) {
    fault f;
    if (lost && c.name == "create_items") f.kind = fault::kind::answer_lost_before;
    return f;
  };
  o.sync();
  lost = false;
  o.clock_set_by = -24h;
  o.advance(10min);
  CHECK(o.mails("jane@branch.example") == 1);
  CHECK(o.sync().in_step());
}

TEST_CASE("an item that rests is tried again, though the clock was set back meanwhile") {
  office o({pair_named("jane")});
  o.advance(1s);
  o.deliver("jane@hq.example", "a");
  bool stops = true;
  o.script = [&](const mailbox_call& c) {
    fault f;
    if (stops && c.name == "create_items") f.kind = fault::kind::stops;
    return f;
  };
  o.sync();
  stops = false;
  o.clock_set_by = -24h;
  o.advance(10min);
  CHECK(o.mails("jane@branch.example") == 1);
}
