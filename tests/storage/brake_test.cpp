#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const utc_seconds some_day{24h * 100};

void freeze(bench& b, folder_pair_id folder = inbox) {
  b->note(note_brake{jane, {{std::move(folder), frozen{"nearly everything has left", some_day}}}, {}, {}});
}

/// The removal of what has left the primary, decided, written and agreed.
void carry_delete(bench& b, const twin& t, utc_seconds when) {
  auto open = intent_on(t, operation::remove, side::replica, "i-" + t.id.value);
  open.intent.begun = when;
  REQUIRE(b->begin(open));
  auto done = settlement(*b->load(t.id));
  done.bury = when;
  REQUIRE(b->settle(done));
}

} // namespace

TEST_CASE("What is let go is what had left by then, over a crash, and until it is noted as done", "[brake]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.agreed("a");
    b.agreed("b");
    b.list(side::primary, {left("p-a")});
    freeze(b);
    CHECK(b->release({jane, projects, false, some_day}).empty());
    CHECK(b->release({jane, inbox, false, some_day}) == std::vector{inbox});
    b.list(side::primary, {left("p-b")});
    b.commit();
    b.crash();
    const auto known = b->brakes_of(jane);
    CHECK(known.held.empty());
    REQUIRE(known.released.size() == 1);
    CHECK(known.released[0].first == inbox);
    CHECK_FALSE(known.released[0].second.put_back);
    CHECK(b.of(side::primary, "p-a").seen.primary->sequence <= known.released[0].second.up_to);
    CHECK(b.of(side::primary, "p-b").seen.primary->sequence > known.released[0].second.up_to);
    // Said again before it is through, that is no error; the limit stays.
    CHECK(b->release({jane, {}, false, some_day}) == std::vector{inbox});
    CHECK(b->brakes_of(jane).released == known.released);
    b->note(note_brake{jane, {}, {}, {inbox}});
    CHECK(b->brakes_of(jane).released.empty());
    CHECK(b->release({jane, {}, false, some_day}).empty());
  });
}

TEST_CASE("What is put back is absent, which deletes nothing; what is there is left alone", "[brake]") {
  bench b(kind_of_engine::memory);
  const auto a = b.agreed("a");
  const auto there = b.agreed("b");
  b.list(side::primary, {left("p-a")});
  freeze(b);
  const auto before = b.of(side::primary, "p-a");
  b->release({jane, inbox, true, some_day});
  b.commit();
  const auto after = *b->load(a.id);
  CHECK(after.seen.primary->presence == presence::absent);
  CHECK(after.seen.primary->sequence > before.seen.primary->sequence);
  CHECK(after.seen.replica == before.seen.replica);
  CHECK(after.base);
  CHECK(*b->load(there.id) == there);
  const auto known = b->brakes_of(jane).released;
  REQUIRE(known.size() == 1);
  CHECK(known[0].second.put_back);
  CHECK(after.seen.primary->sequence <= known[0].second.up_to);
}

TEST_CASE("A delete that was decided before its item was put back is refused", "[brake]") {
  bench b(kind_of_engine::memory);
  b.agreed("a");
  b.list(side::primary, {left("p-a")});
  freeze(b);
  const auto decided = intent_on(b.of(side::primary, "p-a"), operation::remove, side::replica, "i1");
  b->release({jane, inbox, true, some_day});
  CHECK_FALSE(b->begin(decided));
}

TEST_CASE("A listing that starts again takes what has left for absent, and the brake lets go", "[brake]") {
  bench b(kind_of_engine::memory);
  const auto a = b.agreed("a");
  b.list(side::replica, {left("r-a")});
  freeze(b);
  freeze(b, projects);
  b->restart({jane, inbox});
  b.commit();
  CHECK(b->load(a.id)->seen.replica->presence == presence::absent);
  CHECK(b.folder(side::primary).phase == listing_phase::from_beginning);
  CHECK(b.folder(side::replica).cursor.empty());
  CHECK_FALSE(b->frozen_state(jane, inbox));
  CHECK(b->frozen_state(jane, projects));
}

TEST_CASE("A listing that starts again takes what left before it was agreed on for absent as well", "[brake]") {
  bench b(kind_of_engine::memory);
  b.list(side::replica, {present("r-a")});
  b.list(side::replica, {left("r-a")});
  b->restart({jane, inbox});
  b.commit();
  CHECK(b.of(side::replica, "r-a").seen.replica->presence == presence::absent);
}

TEST_CASE("Deletes are counted by the day, but for those that were let go", "[brake]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    for (const std::string name : {"a", "b", "c", "d"}) {
      b.agreed(name);
      b.list(side::primary, {left("p-" + name)});
    }
    carry_delete(b, b.of(side::primary, "p-a"), some_day + 1h);
    carry_delete(b, b.of(side::primary, "p-b"), some_day + 23h);
    CHECK(b->brakes_of(jane).deletes == delete_count{some_day, 2});
    carry_delete(b, b.of(side::primary, "p-c"), some_day + 24h);
    CHECK(b->brakes_of(jane).deletes == delete_count{some_day + 24h, 1});
    freeze(b);
    b->release({jane, inbox, false, some_day});
    carry_delete(b, b.of(side::primary, "p-d"), some_day + 25h);
    b.commit();
    b.crash();
    CHECK(b->brakes_of(jane).deletes == delete_count{some_day + 24h, 1});
  });
}

TEST_CASE("Of a pair that is forgotten nothing stays but the bytes that it has cost", "[brake]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.agreed("a");
    b.list(side::primary, {present("p-new"), left("p-a")});
    carry_delete(b, b.of(side::primary, "p-a"), some_day);
    freeze(b);
    b->remember({jane, {true, true}});
    keep_traffic cost;
    cost.days.push_back({jane, some_day, {}});
    cost.items.push_back({jane, side::primary, item_id{"p-new"}, some_day, {10, 10}, false});
    b->keep(cost);
    b->keep(keep_declaration{declared::pair, "jane", "{}"});
    b->bind({pair_id{"joe"}, inbox, side::primary, mailbox_of(side::primary), folder_id{"f"}, "inbox", false, {}});
    b.commit();
    REQUIRE(b->costly(month_of(some_day), jane, 10).size() == 1);
    b->keep(keep_declaration{declared::pair, "jane", {}});
    b.commit();
    b.crash();
    for (const auto& [key, value] : contents_of(b.disk())) {
      INFO(key);
      const bool names_it = (key + value).find("jane") != std::string::npos;
      CHECK(names_it == (key.front() == 'a' || key.front() == 'o'));
    }
    CHECK(b->pairs() == std::vector{pair_id{"joe"}});
  });
}

TEST_CASE("A pair that is left keeps all, and is wary of what leaves meanwhile", "[brake]") {
  bench b(kind_of_engine::memory);
  const auto a = b.agreed("a");
  b->remember({jane, {true, true}});
  b->keep(keep_declaration{declared::pair, "jane", "{}"});
  b->keep(keep_declaration{declared::pair, "jane", {}, true, some_day});
  b.commit();
  CHECK(*b->load(a.id) == a);
  CHECK_FALSE(b->memory(jane));
  const auto unattended = b->brakes_of(jane).unattended;
  REQUIRE(unattended.size() == 2);
  CHECK(unattended[0].second == wary{b->now() - 1, some_day});
  b->leave({jane, some_day + 24h}); // since then, not since it was said again
  CHECK(b->brakes_of(jane).unattended == unattended);
  b->note(note_brake{jane, {{inbox, frozen{"has left", some_day}}}, {projects}, {}});
  CHECK(b->brakes_of(jane).unattended.empty());
}
