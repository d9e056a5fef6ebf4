#include "storage/marks.hpp"
#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;

TEST_CASE("Two halves that are one mail become one twin", "[absorb]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.list(side::primary, {present("p1")});
    b.list(side::replica, {present("r1")});
    const auto keep = b.of(side::primary, "p1"), from = b.of(side::replica, "r1");
    b->absorb({keep.id, from.id, side::replica, {}});
    b.commit();
    b.crash();
    CHECK_FALSE(b->load(from.id));
    const auto found = *b->load(keep.id);
    CHECK(found.seen.replica == from.seen.replica);
    CHECK(b.of(side::replica, "r1").id == keep.id);
    CHECK(b.unsettled() == std::vector{keep.id.value});
    CHECK(b.counts().known == 1);
  });
}

TEST_CASE("A ban of an administrator goes over to the twin that the item turns out to belong to", "[absorb]") {
  bench b(kind_of_engine::memory);
  b.list(side::primary, {present("p1")});
  b.list(side::replica, {present("r1")});
  const auto keep = b.of(side::primary, "p1"), from = b.of(side::replica, "r1");
  trouble ban;
  ban.code = banned_by_administrator;
  ban.banned = true;
  b->note({from.id, ban});
  b->absorb({keep.id, from.id, side::replica, {}});
  CHECK(b->load(keep.id)->trouble == ban);
}

TEST_CASE("An item that moved is found again by its twin, and is news to it", "[absorb]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  b.list(side::primary, {present("p-moved")}, true, projects);
  const auto half = b.of(side::primary, "p-moved");
  b.list(side::primary, {left("p-a")});
  auto call = settlement(*b->load(t.id)); // answers something later than the new half
  call.settled = true;
  REQUIRE(b->settle(call));
  b->absorb({t.id, half.id, side::primary, {}});
  b.commit();
  const auto found = *b->load(t.id);
  CHECK(found.seen.primary->item == item_id{"p-moved"});
  CHECK(found.seen.primary->folder == projects);
  CHECK(found.base == t.base);
  CHECK(is_unsettled(found));
  CHECK_FALSE(b.known(side::primary, "p-a"));
}

TEST_CASE("A late create that was taken in is no longer one that was given up", "[absorb]") {
  bench b(kind_of_engine::memory);
  const auto t = being_created(b);
  b->abandon({t.id, t.intent->id, true});
  REQUIRE(b->load(t.id)->abandoned.size() == 1);
  auto late = item("r1");
  late.mark = b->load(t.id)->abandoned.front();
  b.list(side::replica, {item_present{late}});
  b->absorb({t.id, b.of(side::replica, "r1").id, side::replica, {}});
  b.commit();
  CHECK(b.of(side::replica, "r1").id == t.id);
  CHECK(b->load(t.id)->abandoned.empty()); // another item with its mark is a user's move or copy of it
}

TEST_CASE("A late create was agreed to lie where it was to be made, wherever its user has put it since", "[absorb]") {
  bench b(kind_of_engine::memory);
  const auto to = GENERATE(inbox, projects); // where its source lay then; it was first seen in the inbox
  b.list(side::primary, {present("p1")});
  auto call = intent_on(b.of(side::primary, "p1"), operation::create, side::replica, "i1");
  call.intent.folder = to;
  REQUIRE(b->begin(call));
  b->abandon({call.twin, call.intent.id, true});
  auto late = item("r1");
  late.mark = call.intent.mark;
  b.list(side::replica, {item_present{late}}, true, to == inbox ? projects : inbox);
  b->absorb({call.twin, b.of(side::replica, "r1").id, side::replica, {}, both<side_base>{}});
  b.commit();
  CHECK(b->load(call.twin)->base);
  CHECK(b->load(call.twin)->folder_pair == to);
}

TEST_CASE("A late create that was removed is no longer one that was given up: brought back it is new", "[absorb]") {
  bench b(kind_of_engine::memory);
  const auto t = being_created(b);
  b->abandon({t.id, t.intent->id, true});
  auto late = item("r1");
  late.mark = b->load(t.id)->abandoned.front();
  b.list(side::replica, {item_present{late}});
  const auto half = b.of(side::replica, "r1");
  REQUIRE(b->begin(intent_on(half, operation::remove, side::replica, "i2")));
  CHECK(b->load(t.id)->abandoned.size() == 1);
  auto call = settlement(*b->load(half.id));
  call.bury = utc_seconds{std::chrono::hours{24}};
  REQUIRE(b->settle(call));
  CHECK(b->load(t.id)->abandoned.empty());
}

TEST_CASE("What is no half is not absorbed", "[absorb]") {
  bench b(kind_of_engine::memory);
  const auto whole = b.agreed("a");
  b.list(side::primary, {present("p1"), present("p2")});
  b.list(side::replica, {present("r1")});
  const auto keep = b.of(side::primary, "p1"), busy = b.of(side::primary, "p2"), half = b.of(side::replica, "r1");
  REQUIRE(b->begin(intent_on(busy, operation::create, side::replica, "i1")));
  b.commit();
  const auto before = contents_of(b.disk());
  b->absorb({half.id, whole.id, side::primary, {}});
  b->absorb({half.id, busy.id, side::primary, {}});
  b->absorb({half.id, keep.id, side::replica, {}}); // it has no such side
  b->absorb({half.id, half.id, side::replica, {}});
  b->absorb({half.id, twin_id{"nobody"}, side::primary, {}});
  b->absorb({twin_id{"nobody"}, half.id, side::replica, {}});
  b.commit();
  CHECK(contents_of(b.disk()) == before);
}

TEST_CASE("A half with a lost create leaves a grave, so that the create is recognised when it turns up", "[absorb]") {
  bench b(kind_of_engine::memory);
  const utc_seconds when{std::chrono::seconds{50}};
  b.list(side::replica, {present("r1")});
  const auto from = b.of(side::replica, "r1");
  REQUIRE(b->begin(intent_on(from, operation::create, side::primary, "i1")));
  b->abandon({from.id, intent_id{"i1"}, true});
  b.list(side::primary, {present("p1")});
  b->absorb({b.of(side::primary, "p1").id, from.id, side::replica, when});
  b.commit();
  const auto grave = b->load(from.id);
  REQUIRE(grave);
  CHECK(grave->buried == when);
  CHECK(grave->abandoned.size() == 1);
  CHECK(b.of(side::replica, "r1").id == b.of(side::primary, "p1").id);
}

TEST_CASE("A copy that gives way to another one is a half twin of its own, left over from a create given up",
          "[absorb]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto t = b.agreed("a");
    change copy = present("theirs");
    std::get<item_present>(copy).item.mark = operation_mark{"theirs"};
    b.list(side::replica, {copy});
    const auto half = b.of(side::replica, "theirs");
    const auto ours = *t.seen.replica;
    b->absorb({t.id, half.id, side::replica, {}});
    b.commit();
    b.crash();
    const auto found = *b->load(t.id);
    CHECK(found.seen.primary == t.seen.primary);
    CHECK(found.seen.replica->item == item_id{"theirs"});
    CHECK_FALSE(found.base);
    CHECK(found.abandoned == std::vector{ours.mark});
    CHECK(b.of(side::replica, "theirs").id == t.id);
    const auto rest = *b->load(half.id);
    CHECK(rest.seen.replica->item == ours.item);
    CHECK(b.of(side::replica, ours.item.value).id == half.id);
    CHECK(is_unsettled(rest));
    CHECK(is_unsettled(found));
  });
}

TEST_CASE("What belongs to one lineage is found by it, once it is settled", "[absorb]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  const auto found = b->unpaired(jane, {key_of_lineage(first_of_lineage(*t.seen.primary))});
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == t.id);
  CHECK(b->unpaired(jane, {key_of_lineage("another")}).empty());
}

TEST_CASE("What is agreed is found by its origin, since a list may show it elsewhere first", "[absorb]") {
  bench b(kind_of_engine::memory);
  auto item = present("p-a");
  std::get<item_present>(item).item.search_key = search_key{"a/b"};
  b.list(side::primary, {item});
  const auto t = b.of(side::primary, "p-a");
  const auto key = key_of_origin(*t.seen.primary);
  REQUIRE(key);
  CHECK(b->unpaired(jane, {*key}).empty());
  settle_twin call;
  call.twin = t.id;
  call.answers.primary = t.seen.primary->sequence;
  call.settled = true;
  call.base = both<side_base>{};
  REQUIRE(b->settle(call));
  const auto found = b->unpaired(jane, {*key});
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == t.id);
}

TEST_CASE("A draft that a list shows as it was sent before its write is settled has that read state agreed",
          "[settle]") {
  bench b(kind_of_engine::memory);
  const auto t = being_created(b);
  b.list(side::replica, {present("r1", "k1", true)});
  auto call = settlement(*b->load(t.id));
  call.wrote = settle_twin::write_result{side::replica, item_id{"r1"}, change_key{"k"}, true, t.intent->folder, {}};
  both<side_base> base;
  base.primary.read = true;
  call.base = base;
  REQUIRE(b->settle(call));
  CHECK((*b->load(t.id)->base).replica.read == true);
}

TEST_CASE("A user's copy stays known for one until it is agreed or turns out to be another item", "[absorb]") {
  bench b(kind_of_engine::memory);
  b.list(side::primary, {present("p1"), present("p2")});
  b.list(side::replica, {present("r1")});
  const auto copy = b.of(side::primary, "p1"), other = b.of(side::primary, "p2"), mate = b.of(side::replica, "r1");
  b->note_users_copy({copy.id, side::primary});
  b->note_users_copy({mate.id, side::replica});
  b.commit();
  b.crash();
  CHECK(b->load(copy.id)->seen.primary->copied);
  CHECK_FALSE(b->load(other.id)->seen.primary->copied);
  b->absorb({other.id, mate.id, side::replica, {}});
  CHECK_FALSE(b->load(other.id)->seen.replica->copied);
  settle_twin call;
  call.twin = copy.id;
  call.answers.primary = copy.seen.primary->sequence;
  call.base = both<side_base>{};
  REQUIRE(b->settle(call));
  CHECK_FALSE(b->load(copy.id)->seen.primary->copied);
}

TEST_CASE("What has left is given up once its mate is looked for in vain, until it is there again", "[settle]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  b.list(side::replica, {left("r-a")});
  observe_content missed;
  missed.twin = t.id;
  missed.seen = t.seen.primary->sequence;
  missed.side = side::primary;
  missed.item = t.seen.primary->item;
  missed.key = t.seen.primary->key;
  missed.gone = true;
  b->observe(missed);
  b.commit();
  b.crash();
  CHECK(b->load(t.id)->seen.replica->given_up);
  CHECK_FALSE(b->load(t.id)->seen.primary->given_up);
  b.list(side::replica, {present("r-a")});
  CHECK_FALSE(b->load(t.id)->seen.replica->given_up);
}
