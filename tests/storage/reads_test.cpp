#include "tests/storage/bench.hpp"

#include "storage/codec.hpp"
#include "storage/keys.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;

TEST_CASE("Troubles are listed until they are lifted", "[reads]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto t = b.agreed("a");
    trouble what;
    what.code = "ErrorMessageSizeExceeded";
    what.what = "CreateItem: too large";
    what.hint = "raise the limit";
    what.tries = 3;
    what.banned = true;
    what.since = utc_seconds{std::chrono::seconds{10}};
    what.at = {change_key{"k1"}, change_key{"k2"}};
    what.side = side::primary;
    b->note({t.id, what});
    b->note({twin_id{"nobody"}, what});
    b.commit();
    b.crash();
    REQUIRE(b->in_trouble(jane).size() == 1);
    CHECK(b->in_trouble(jane).front().trouble == what);
    CHECK(b->in_trouble(pair_id{"john"}).empty());
    CHECK(b.counts().banned == 1);
    b->note({t.id, {}});
    b.commit();
    CHECK(b->in_trouble(jane).empty());
    CHECK(b.counts().banned == 0);
  });
}

TEST_CASE("A settlement may lift the trouble", "[reads]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  b->note({t.id, trouble{}});
  settle_twin call;
  call.twin = t.id;
  call.answers = answers_of(t);
  call.settled = true;
  REQUIRE(b->settle(call));
  CHECK(b->in_trouble(jane).size() == 1);
  call.clear_trouble = true;
  REQUIRE(b->settle(call));
  b.commit();
  CHECK(b->in_trouble(jane).empty());
}

TEST_CASE("What an administrator bans stays banned, whatever comes of a write that was under way", "[reads]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  trouble ban;
  ban.code = banned_by_administrator;
  ban.banned = true;
  b->note({t.id, ban});
  trouble refused;
  refused.code = "ErrorMessageSizeExceeded";
  b->note({t.id, refused});
  CHECK(b->load(t.id)->trouble == ban);
  settle_twin call;
  call.twin = t.id;
  call.answers = answers_of(t);
  call.settled = call.clear_trouble = true;
  REQUIRE(b->settle(call));
  CHECK(b->load(t.id)->trouble == ban);
  b->note({t.id, {}}); // ban.delete
  CHECK_FALSE(b->load(t.id)->trouble);
}

TEST_CASE("What was left alone on one side is found by its Message-ID", "[reads]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.agreed("a");
    b.list(side::replica, {present("r1"), present("r2"), present("r3")});
    auto leave_alone = [&](const char* item) {
      settle_twin call;
      call.twin = b.of(side::replica, item).id;
      call.answers = answers_of(b.of(side::replica, item));
      call.settled = true;
      REQUIRE(b->settle(call));
    };
    leave_alone("r1");
    leave_alone("r2");
    b.commit();
    b.crash();
    const std::vector<message_id> asked{message_id{"<r2>"},  message_id{"<r1>"}, message_id{"<r3>"}, message_id{"<r1>"},
                                        message_id{"<p-a>"}, message_id{"<r>"},  message_id{}};
    std::vector<std::string> found;
    for (const auto& t : b->unpaired(jane, asked))
      found.push_back(t.seen.replica->item.value);
    CHECK(found == std::vector<std::string>{"r1", "r2"});
    CHECK(b->unpaired(pair_id{"john"}, asked).empty());
    b.list(side::replica, {present("r1", "k2")}); // unsettled again
    b.commit();
    CHECK(b->unpaired(jane, asked).size() == 1);
  });
}

TEST_CASE("Counters tell what is known, agreed, waiting and banned in each folder pair", "[reads]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    CHECK(b.counts().known == 0);
    const auto a = b.agreed("a");
    b.agreed("b");
    b.list(side::primary, {present("p1")}, true, projects);
    b.list(side::primary, {present("p-a", "k2")});
    b.commit();
    b.crash();
    CHECK(b.counts().known == 2);
    CHECK(b.counts().agreed == 1);
    CHECK(b.counts().unsettled == 1);
    CHECK(b.counts(projects).known == 1);
    CHECK(b.counts(projects).agreed == 0);
    CHECK(b.counts(projects).unsettled == 1);
    settle_twin call;
    call.twin = a.id;
    call.folder_pair = projects;
    call.answers = answers_of(*b->load(a.id));
    call.settled = true;
    REQUIRE(b->settle(call));
    b.commit();
    CHECK(b.counts().known == 1);
    CHECK(b.counts(projects).known == 2);
    CHECK(b.counts(projects).agreed == 1);
  });
}

TEST_CASE("The brake and an administrator's stop outlive a restart", "[reads]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k, false);
    CHECK(b->pairs().empty());
    const frozen held{"nearly everything vanished", utc_seconds{std::chrono::seconds{7}}};
    b->note(note_brake{jane, {{inbox, held}}, {}, {}});
    pair_memory memory;
    memory.started = false;
    memory.start_in_file = true;
    b->remember({jane, memory});
    b.commit();
    b.crash();
    CHECK(b->frozen_state(jane, inbox) == held);
    CHECK_FALSE(b->frozen_state(jane, projects));
    CHECK_FALSE(b->frozen_state(pair_id{"jan"}, folder_pair_id{"einbox"}));
    CHECK(b->memory(jane) == memory);
    CHECK_FALSE(b->memory(pair_id{"john"}));
    CHECK(b->pairs() == std::vector{jane});
    CHECK(b->release({jane, inbox, false, {}}) == std::vector{inbox});
    b.commit();
    b.crash();
    CHECK_FALSE(b->frozen_state(jane, inbox));
  });
}

TEST_CASE("Reads see what is not yet committed, among what is", "[reads]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.list(side::primary, {present("p1"), present("p2"), present("p3"), present("p4")});
    b.commit(); // t1 … t4
    auto ids = [&] { return b.unsettled(); };
    CHECK(ids() == std::vector<std::string>{"t1", "t2", "t3", "t4"});
    for (const char* item : {"p1", "p3"}) {
      settle_twin call;
      call.twin = b.of(side::primary, item).id;
      call.answers = answers_of(b.of(side::primary, item));
      call.settled = true;
      REQUIRE(b->settle(call));
    }
    b.list(side::primary, {present("p5")});
    CHECK(ids() == std::vector<std::string>{"t2", "t4", "t5"});
    b.crash();
    CHECK(ids() == std::vector<std::string>{"t1", "t2", "t3", "t4"});
  });
}

TEST_CASE("Ids of any bytes and lengths do not run into each other", "[reads]") {
  bench b(kind_of_engine::memory, false);
  const std::string long_name(300, 'x');
  const std::vector<std::string> names{"a", "ab", "b", std::string("a\0b", 3), "a/b", long_name, long_name + "y", "ä"};
  for (const auto& pair : names)
    for (const auto& folder : names)
      b->bind({pair_id{pair}, folder_pair_id{folder}, side::primary, mailbox_identity{"m"}, folder_id{folder}, folder,
               false});
  b.commit();
  CHECK(b->pairs().size() == names.size());
  for (const auto& pair : names) {
    CHECK(b->folder_sides(pair_id{pair}).size() == names.size());
    CHECK(keys::pair_of(keys::memory(pair_id{pair})) == pair_id{pair});
  }
}

// ---- what can go wrong ----

TEST_CASE("The counter of facts never goes back", "[open]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.list(side::primary, {present("p1")});
    b.commit();
    const auto committed = b->now();
    b.crash();
    CHECK(b->now() == committed);
  });
}

TEST_CASE("Only data of this format is opened", "[open]") {
  struct row {
    const char* what;
    memory_engine::contents data;
    std::optional<enum storage_failure::kind> failure;
  };
  using kind = enum storage_failure::kind;
  const auto mark = keys::format(), last = keys::last_sequence();
  const std::vector<row> rows{
      {"nothing", {}, {}},
      {"this format", {{mark, "exsyncd 5"}, {last, "17"}}, {}},
      {"the oldest one that is read", {{mark, "exsyncd 4"}, {last, "17"}}, {}},
      {"one that is no longer read", {{mark, "exsyncd 3"}}, kind::damaged},
      {"a newer one", {{mark, "exsyncd 1000"}}, kind::newer},
      {"somebody else's", {{"something", "else"}}, kind::damaged},
      {"another mark", {{mark, "mbsync 1"}}, kind::damaged},
      {"no number", {{mark, "exsyncd "}}, kind::damaged},
      {"not quite a number", {{mark, "exsyncd 1x"}}, kind::damaged},
      {"version zero", {{mark, "exsyncd 0"}}, kind::damaged},
      {"a counter that is none", {{mark, "exsyncd 5"}, {last, "many"}}, kind::damaged},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    memory_engine e(row.data);
    store s(e, [] { return std::string("t"); });
    const auto failed = s.open();
    CHECK(failed.has_value() == row.failure.has_value());
    if (failed && row.failure) {
      CHECK(failed->kind == *row.failure);
      CHECK(failed->what.find("state directory") != std::string::npos);
      CHECK(e.synced() == row.data);
    }
  }
}

TEST_CASE("A damaged record ends the use of the store, and nothing is written on top of it", "[open]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  b.commit();
  auto data = b.memory().synced();
  for (const auto& key : {keys::of_twin(t.id), keys::folder_side(jane, inbox, side::primary)}) {
    auto damaged = data;
    damaged[key] = damaged[key].substr(0, damaged[key].size() / 2);
    memory_engine e(damaged);
    store s(e, [] { return std::string("t99"); });
    REQUIRE_FALSE(s.open());
    accept_page call;
    call.pair = jane;
    call.folder_pair = inbox;
    call.side = side::primary;
    call.page.changes = {present("p-a", "k2")};
    call.asked_at = s.now();
    s.accept(call);
    REQUIRE(s.failure());
    CHECK(s.failure()->kind == storage_failure::kind::damaged);
    const auto failed = s.commit();
    REQUIRE(failed);
    CHECK(failed->kind == storage_failure::kind::damaged);
    CHECK(e.synced() == damaged);
  }
}

TEST_CASE("An index without its record is damage, not an unknown item", "[open]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  b.commit();
  auto data = b.memory().synced();
  data.erase(keys::of_twin(t.id));
  memory_engine e(data);
  store s(e, [] { return std::string("t99"); });
  REQUIRE_FALSE(s.open());
  CHECK_FALSE(s.find(jane, side::primary, mailbox_of(side::primary), item_id{"p-a"}));
  CHECK(s.failure());
}

TEST_CASE("A write that fails leaves all or nothing, and the store says so ever after", "[open]") {
  using moment = memory_engine::moment;
  for (auto when : {moment::before, moment::after}) {
    bench b(kind_of_engine::memory);
    b.commit();
    const auto before = b.memory().synced();
    b.memory().on_write = [when](std::uint64_t, moment m) -> std::optional<storage_failure> {
      if (m != when) return {};
      return storage_failure{storage_failure::kind::full, "no room"};
    };
    b.list(side::primary, {present("p1")}, true, inbox, "c1");
    const auto failed = b->commit();
    REQUIRE(failed);
    CHECK(failed->kind == storage_failure::kind::full);
    CHECK((b.memory().synced() == before) == (when == moment::before));
    b.memory().on_write = {};
    CHECK(b->commit()); // not a second time, over what may be there
    b.crash();
    CHECK(b.known(side::primary, "p1") == (when == moment::after));
    CHECK(b.folder(side::primary).cursor.empty() == (when == moment::before));
  }
}
