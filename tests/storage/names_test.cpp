#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const utc_seconds some_day{24h * 100};
const folder_pair_id mail{"mail"};

bool is_known(bench& b, const folder_pair_id& name) {
  for (const auto& c : b->counts(jane).folder_pairs)
    if (c.folder_pair == name) return true;
  return false;
}

/// Everything that is kept under the name of a folder pair, as text.
std::string all_that_is_kept(bench& b) {
  std::string all;
  for (const auto& [key, value] : contents_of(b.disk()))
    all += key + value;
  return all;
}

undo_record overwritten(const twin& t) {
  undo_record r;
  r.id = undo_id{"u1"};
  r.pair = t.pair;
  r.folder_pair = t.folder_pair;
  r.twin = t.id;
  r.when = some_day;
  r.done = true;
  return r;
}

conflict lost(const twin& t) {
  conflict c;
  c.pair = t.pair;
  c.folder_pair = t.folder_pair;
  c.twin = t.id;
  c.reason = "edited on both sides";
  c.when = some_day;
  return c;
}

} // namespace

TEST_CASE("What is known of a folder pair is known under its new name, all of it or nothing", "[names]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    for (side s : both_sides)
      b.bind(s, inbox, mailbox_of(s).value, "one folder");
    const auto a = b.agreed("a");
    b.agreed("gone");
    b.list(side::primary, {left("p-gone")});
    b.list(side::primary, {present("p-new")}, true, inbox, "far");
    auto open = intent_on(a, operation::update, side::replica, "i1");
    open.intent.loses = lost(a);
    REQUIRE(b->begin(open));
    auto settled = settlement(b.of(side::primary, "p-gone"));
    settled.conflict = lost(b.of(side::primary, "p-gone"));
    REQUIRE(b->settle(settled));
    b->keep(keep_undo{overwritten(a)});
    b->note(note_brake{jane, {{inbox, frozen{"much has left", some_day}}}, {}, {}});
    b->keep(keep_leases{jane, {{inbox, side::replica, folder_id{"f"}, "n", {}}}});
    b->leave({jane, some_day, {projects}});
    b.commit();
    const auto sides = both<folder_side>{b.folder(side::primary), b.folder(side::replica)};
    const auto counted = b.counts();

    b->rename({jane, {{inbox, mail}}});
    const bool crashed = GENERATE(true, false);
    if (crashed) {
      b.crash();
      CHECK(b.folder(side::primary) == sides.primary);
      CHECK(b.of(side::primary, "p-a").folder_pair == inbox);
      CHECK_FALSE(is_known(b, mail));
      b->rename({jane, {{inbox, mail}}});
    }
    b.commit();
    b.crash();

    CHECK_FALSE(is_known(b, inbox));
    for (const std::string item : {"p-a", "p-gone", "p-new"}) {
      const auto t = b.of(side::primary, item);
      CHECK(t.folder_pair == mail);
      CHECK(t.seen.primary->folder == mail);
      if (t.seen.replica) CHECK(t.seen.replica->folder == mail);
    }
    const auto now = b.of(side::primary, "p-a");
    REQUIRE(now.intent);
    CHECK(now.intent->folder == mail);
    CHECK(now.intent->loses->folder_pair == mail);
    for (side s : both_sides) {
      auto as_before = sides[s];
      as_before.folder_pair = mail;
      CHECK(b.folder(s, mail) == as_before);
    }
    CHECK(b.counts(mail).known == counted.known);
    CHECK(b.counts(mail).agreed == counted.agreed);
    CHECK_FALSE(b->frozen_state(jane, inbox));
    CHECK(b->frozen_state(jane, mail));
    CHECK(b->leases(jane).at(0).folder_pair == mail);
    CHECK(b->undos(jane).at(0).folder_pair == mail);
    CHECK(b->conflicts(jane, 10).at(0).folder_pair == mail);
    REQUIRE(b->brakes_of(jane).unattended.size() == 1);
    CHECK(b->brakes_of(jane).unattended[0].first == projects);
    CHECK(all_that_is_kept(b).find("inbox") == std::string::npos);
    // The listing goes on where it was.
    b.list(side::primary, {left("p-new")}, true, mail);
    CHECK(b.of(side::primary, "p-new").seen.primary->presence == presence::left);
  });
}

TEST_CASE("Two folder pairs exchange their names at once", "[names]") {
  bench b(kind_of_engine::memory);
  b.agreed("a");
  b.list(side::primary, {present("p-b")}, true, projects);
  b->note(note_brake{jane, {{projects, frozen{"much has left", some_day}}}, {}, {}});
  const auto was = both<folder_side>{b.folder(side::primary), b.folder(side::primary, projects)};
  b->rename({jane, {{inbox, projects}, {projects, inbox}}});
  b.commit();
  CHECK(b.of(side::primary, "p-a").folder_pair == projects);
  CHECK(b.of(side::primary, "p-b").folder_pair == inbox);
  CHECK(b.counts(inbox).known == 1);
  CHECK(b.counts(projects).agreed == 1);
  CHECK(b.folder(side::primary, projects).folder == was.primary.folder);
  CHECK(b.folder(side::primary, inbox).folder == was.replica.folder);
  CHECK(b->frozen_state(jane, inbox));
  CHECK_FALSE(b->frozen_state(jane, projects));
}

TEST_CASE("One folder pair that is known under two names is one again, and what left meanwhile is told", "[names]") {
  bench b(kind_of_engine::memory);
  b.agreed("a");
  b.agreed("b");
  b.list(side::replica, {}, true, inbox, "here");
  b.list(side::primary, {}, true, inbox, "here");
  b->leave({jane, some_day, {inbox}});
  for (side s : both_sides)
    b.bind(s, mail, mailbox_of(s).value, b.folder(s).folder.value);
  b.list(side::primary, {present("p-a", "k2"), present("p-new")}, true, mail, "there");
  b.list(side::replica, {present("r-a"), present("r-b")}, true, mail, "there");
  b->rename({jane, {{inbox, mail}}});
  b.commit();
  CHECK_FALSE(is_known(b, inbox));
  for (const std::string item : {"p-a", "p-b", "p-new"})
    CHECK(b.of(side::primary, item).folder_pair == mail);
  CHECK(b.folder(side::primary, mail).cursor == sync_cursor{"here"});
  CHECK(b.folder(side::primary, mail).phase == listing_phase::following);
  REQUIRE(b->brakes_of(jane).unattended.size() == 1);
  CHECK(b->brakes_of(jane).unattended[0].first == mail);
  // The primary's b was deleted before the second listing began: only the first cursor tells it.
  b.list(side::primary, {present("p-a", "k2"), left("p-b"), present("p-new")}, true, mail);
  CHECK(b.of(side::primary, "p-b").seen.primary->presence == presence::left);
}

TEST_CASE("A name that nothing is known of is no one's", "[names]") {
  bench b(kind_of_engine::memory);
  b.agreed("a");
  b.commit();
  const auto before = contents_of(b.disk());
  b->rename({jane, {{mail, folder_pair_id{"other"}}, {inbox, inbox}}});
  b.commit();
  CHECK(contents_of(b.disk()) == before);
}
