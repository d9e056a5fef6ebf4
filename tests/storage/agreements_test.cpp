#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

settle_twin::write_result wrote(side s, const std::string& item, const std::string& key) {
  settle_twin::write_result w;
  w.side = s;
  w.item = item_id{item};
  w.key = change_key{key};
  w.read = false;
  w.folder = inbox;
  return w;
}

} // namespace

// ---- intents ----

TEST_CASE("An intent is open until it is closed, and survives a crash", "[intents]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto t = being_created(b);
    CHECK_FALSE(b->begin(intent_on(t, operation::create, side::replica, "i2")));
    b.commit();
    b.crash();
    const auto found = *b->load(t.id);
    REQUIRE(found.intent);
    CHECK(found == t);
    CHECK(found.intent->id == intent_id{"i1"});
    CHECK_FALSE(b->begin(intent_on(found, operation::create, side::replica, "i2")));
    CHECK(b.unsettled() == std::vector{t.id.value});
  });
}

TEST_CASE("An intent is refused where something was seen since it was decided", "[intents]") {
  for (side s : both_sides) {
    bench b(kind_of_engine::memory);
    const auto t = b.agreed("a");
    const auto decided = intent_on(t, operation::update, side::replica, "i1");
    b.list(s, {present(s == side::primary ? "p-a" : "r-a", "k2")});
    CHECK_FALSE(b->begin(decided));
    CHECK_FALSE(b->load(t.id)->intent);
    CHECK(b->begin(intent_on(*b->load(t.id), operation::update, side::replica, "i2")));
  }
}

TEST_CASE("The steps of a write are kept, and what was made is never forgotten", "[intents]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto t = being_created(b);
    b->progress({t.id, intent_id{"another"}, 9, item_id{"r9"}, {}});
    CHECK(*b->load(t.id) == t);
    b->progress({t.id, intent_id{"i1"}, 1, item_id{"r1"}, change_key{"k1"}});
    b->progress({t.id, intent_id{"i1"}, 2, {}, {}});
    b.commit();
    b.crash();
    const auto found = b->load(t.id)->intent;
    REQUIRE(found);
    CHECK(found->step == 2);
    CHECK(found->made == item_id{"r1"});
    CHECK(found->made_key == change_key{"k1"});
  });
}

TEST_CASE("An intent without effect leaves its twin to be looked at, and a lost create its mark", "[intents]") {
  for (bool lost : {false, true}) {
    bench b(kind_of_engine::memory);
    const auto t = b.agreed("a"); // settled: only the intent keeps it in view
    REQUIRE(b->begin(intent_on(t, operation::create, side::replica, "i1")));
    b->abandon({t.id, intent_id{"another"}, lost});
    CHECK(b->load(t.id)->intent);
    b->abandon({t.id, intent_id{"i1"}, lost});
    b.commit();
    b.crash();
    const auto found = *b->load(t.id);
    CHECK_FALSE(found.intent);
    CHECK(is_unsettled(found));
    CHECK(found.abandoned.size() == (lost ? 1 : 0));
    if (lost) CHECK(found.abandoned.front() == operation_mark{"jane/" + t.id.value + "/i1"});
    CHECK(b->begin(intent_on(found, operation::create, side::replica, "i2")));
  }
}

// ---- settle ----

TEST_CASE("What we made and no list has shown has left once reading finds nothing either", "[settle]") {
  over_each_engine([](kind_of_engine k) {
    for (const bool gone : {false, true})
      for (const bool listed : {false, true}) {
        bench b(k);
        auto call = settlement(being_created(b));
        call.wrote = wrote(side::replica, "r1", "rk1");
        call.settled = true;
        REQUIRE(b->settle(call));
        if (listed) b.list(side::replica, {present("r1", "rk1")});
        auto t = *b->load(call.twin);
        observe_content read;
        read.twin = t.id;
        read.seen = t.seen.replica->sequence;
        read.side = side::replica;
        read.item = item_id{"r1"};
        read.key = change_key{"rk1"};
        read.unlisted = true;
        read.gone = gone;
        b->observe(read);
        b.commit();
        b.crash();
        t = *b->load(t.id);
        const bool left = gone && !listed;
        CHECK((t.seen.replica->presence == presence::left) == left);
        CHECK(has_work(t) == left);
        CHECK_FALSE(is_unlisted(t, side::replica));
      }
  });
}

TEST_CASE("A settlement closes its intent, writes the base and answers what it was decided on", "[settle]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto t = being_created(b);
    auto call = settlement(t);
    call.wrote = wrote(side::replica, "r1", "rk1");
    call.wrote->mark = t.intent->mark;
    both<side_base> base;
    base.primary = {change_key{"k1"}, false, digests(1), true};
    base.replica = {change_key{"rk1"}, false, digests(1), false};
    call.base = base;
    call.folder_pair = inbox;
    call.settled = true;
    call.count_sync = true;
    CHECK(b->settle(call));
    b.commit();
    b.crash();
    const auto found = *b->load(t.id);
    CHECK_FALSE(found.intent);
    CHECK(found.base == base);
    CHECK(found.times_synced == 1);
    CHECK_FALSE(has_work(found));

    const auto& o = found.seen.replica;
    REQUIRE(o);
    CHECK(o->item == item_id{"r1"});
    CHECK(o->key == change_key{"rk1"});
    CHECK(o->read == false);
    CHECK(o->folder == inbox);
    CHECK(o->mailbox == mailbox_of(side::replica));
    CHECK(o->mark == operation_mark{"jane/" + t.id.value + "/i1"});
    CHECK(o->presence == presence::present);
    CHECK(o->generation == b.folder(side::replica).generation);
    CHECK(o->subject == t.seen.primary->subject);
    CHECK(o->message_id == t.seen.primary->message_id);
    CHECK(o->search_key.empty()); // that one is the copy's own
    CHECK_FALSE(o->content);      // sent, not yet read back

    CHECK(b.unsettled() == std::vector{t.id.value}); // until a list has shown it
    b.list(side::replica, {present("r1", "rk1")});
    CHECK(b.unsettled().empty());
    CHECK(b.counts().agreed == 1);
    // Its echo finds the twin and is no news; what the list knows besides is taken.
    CHECK(b.list(side::replica, {present("r1", "rk1")}).changed == 0);
    CHECK(b.unsettled().empty());
    CHECK(b.of(side::replica, "r1").id == t.id);
    CHECK(b.of(side::replica, "r1").seen.replica->search_key == search_key{"search r1"});
    b.commit();
  });
}

TEST_CASE("A settlement for another intent, or for none while one is open, changes nothing", "[settle]") {
  bench b(kind_of_engine::memory);
  const auto t = being_created(b);
  auto call = settlement(t);
  call.settled = true;
  call.conflict = conflict{};
  call.wrote = wrote(side::replica, "r1", "rk1");
  for (std::optional<intent_id> id : {std::optional<intent_id>{}, std::optional{intent_id{"another"}}}) {
    call.intent = id;
    CHECK_FALSE(b->settle(call));
  }
  call.intent = intent_id{"i1"};
  call.twin = twin_id{"nobody"};
  CHECK_FALSE(b->settle(call));
  call.twin = t.id;
  call.wrote->folder = folder_pair_id{"nowhere"};
  CHECK_FALSE(b->settle(call));
  CHECK(*b->load(t.id) == t);
  CHECK_FALSE(b.known(side::replica, "r1"));
  CHECK(b->conflicts(jane, 10).empty());

  call.wrote->folder = inbox;
  CHECK(b->settle(call));
  CHECK_FALSE(b->settle(call)); // it is closed now
  b.commit();
}

TEST_CASE("Only what was answered is answered", "[settle]") {
  for (side s : both_sides)
    for (bool settled : {false, true}) {
      bench b(kind_of_engine::memory);
      const auto t = b.agreed("a");
      REQUIRE(b->begin(intent_on(t, operation::set_read, side::replica, "i1")));
      b.list(s, {present(s == side::primary ? "p-a" : "r-a", "k2")});
      auto call = settlement(*b->load(t.id));
      call.settled = settled;
      REQUIRE(b->settle(call));
      b.commit();
      CHECK(is_unsettled(*b->load(t.id))); // the edit is still to be answered
      auto again = settlement(*b->load(t.id));
      again.settled = settled;
      REQUIRE(b->settle(again));
      CHECK(is_unsettled(*b->load(t.id)) == !settled);
      // A number from nowhere answers no fact that is yet to come.
      again.settled = true;
      again.answers = {1000000, 1000000};
      REQUIRE(b->settle(again));
      b.list(s, {present(s == side::primary ? "p-a" : "r-a", "k3")});
      CHECK(is_unsettled(*b->load(t.id)));
      b.commit();
    }
}

TEST_CASE("An older settlement takes no answer back", "[settle]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  auto call = settlement(t);
  call.answers = {};
  call.settled = true;
  REQUIRE(b->settle(call));
  CHECK(b.unsettled().empty());
}

TEST_CASE("What a write's answer tells beside what was seen meanwhile", "[settle]") {
  struct row {
    const char* what;
    operation how;
    std::vector<change> meanwhile; // on the replica
    const char* made;
    const char* item;
    const char* key;
    bool read;
    presence where;
    bool unsettled;
  };
  const std::vector<row> rows{
      {"nothing, an update", operation::update, {}, "r-a", "r-a", "new", true, presence::present, false},
      {"the echo", operation::update, {present("r-a", "new")}, "r-a", "r-a", "new", false, presence::present, true},
      {"a later edit", operation::update, {present("r-a", "k9")}, "r-a", "r-a", "k9", false, presence::present, true},
      {"it left after", operation::update, {left("r-a")}, "r-a", "r-a", "k1", false, presence::left, true},
      {"nothing, a move", operation::move, {}, "r-b", "r-b", "new", true, presence::present, false},
      {"a move's echo at the old place",
       operation::move,
       {left("r-a")},
       "r-b",
       "r-b",
       "new",
       true,
       presence::present,
       false},
      {"an edit before the move",
       operation::move,
       {present("r-a", "k9")},
       "r-b",
       "r-b",
       "new",
       false,
       presence::present,
       true},
      {"a move's echoes at both places",
       operation::move,
       {left("r-a"), present("r-b", "new")},
       "r-b",
       "r-b",
       "new",
       false,
       presence::present,
       true},
      {"another key before read was set",
       operation::set_read,
       {present("r-a", "k9")},
       "r-a",
       "r-a",
       "k9",
       true,
       presence::present,
       true},
      {"nothing, a replacement", operation::replace, {}, "r-b", "r-b", "new", true, presence::present, false},
      {"a replacement's echo",
       operation::replace,
       {present("r-b", "new")},
       "r-b",
       "r-b",
       "new",
       false,
       presence::present,
       true},
  };
  over_each_engine([&](kind_of_engine k) {
    for (const auto& row : rows) {
      INFO(row.what);
      bench b(k);
      const auto t = b.agreed("a");
      REQUIRE(b->begin(intent_on(t, row.how, side::replica, "i1")));
      b.list(side::replica, row.meanwhile);
      auto call = settlement(*b->load(t.id));
      call.wrote = wrote(side::replica, row.made, "new");
      call.wrote->read = true;
      call.settled = true;
      REQUIRE(b->settle(call));
      b.commit();
      b.crash();
      const auto found = *b->load(t.id);
      REQUIRE(found.seen.replica);
      const auto& o = *found.seen.replica;
      CHECK(o.item == item_id{row.item});
      CHECK(o.key == change_key{row.key});
      CHECK(o.read == row.read);
      CHECK(o.presence == row.where);
      CHECK(has_work(found) == row.unsettled);
      const auto shown = [&](const change& c) {
        const auto* p = std::get_if<item_present>(&c);
        return p && p->item.id.value == row.made;
      };
      CHECK(is_unlisted(found, side::replica) ==
            (std::string(row.made) != "r-a" && std::none_of(row.meanwhile.begin(), row.meanwhile.end(), shown)));
      CHECK(b.of(side::replica, row.item).id == t.id);
      if (std::string(row.made) != "r-a") CHECK_FALSE(b.known(side::replica, "r-a"));
      CHECK(b.counts().known == 1); // an echo before the answer is no second twin
      CHECK(o.search_key.empty() == (row.how == operation::replace && row.meanwhile.empty()));
    }
  });
}

TEST_CASE("An item whose id was another twin's is that twin's no more", "[settle]") {
  bench b(kind_of_engine::memory);
  const auto t = being_created(b);
  // The echo was taken for a mail that both mailboxes received, before its answer came.
  const auto other = b.agreed("b");
  auto call = settlement(t);
  call.wrote = wrote(side::replica, "r-b", "rk1");
  REQUIRE(b->settle(call));
  b.commit();
  CHECK(b.of(side::replica, "r-b").id == t.id);
  const auto rest = *b->load(other.id);
  CHECK_FALSE(rest.seen.replica);
  CHECK_FALSE(rest.base);
  CHECK(is_unsettled(rest));
}

TEST_CASE("Contents that the base carries need not be read again", "[settle]") {
  for (bool read_back : {false, true})
    for (bool same_key : {false, true}) {
      bench b(kind_of_engine::memory);
      const auto t = b.agreed("a");
      REQUIRE(b->begin(intent_on(t, operation::update, side::replica, "i1")));
      auto call = settlement(*b->load(t.id));
      call.wrote = wrote(side::replica, "r-a", "k2");
      call.base = base_of(t);
      call.base->replica = {change_key{same_key ? "k2" : "k1"}, false, digests(5), read_back};
      REQUIRE(b->settle(call));
      const auto o = *b->load(t.id)->seen.replica;
      CHECK(o.content.has_value() == (read_back && same_key));
      CHECK(o.content_key == change_key{read_back && same_key ? "k2" : ""});
      b.commit();
    }
}

TEST_CASE("A forgotten side and the base go, unless the item was seen since", "[settle]") {
  for (side s : both_sides)
    for (bool back : {false, true}) {
      bench b(kind_of_engine::memory);
      const auto t = b.agreed("a");
      const std::string id = s == side::primary ? "p-a" : "r-a";
      b.list(s, {left(id)});
      auto call = settlement(*b->load(t.id));
      call.forget = s;
      call.settled = true;
      if (back) b.list(s, {present(id)});
      REQUIRE(b->settle(call));
      b.commit();
      const auto found = *b->load(t.id);
      CHECK(found.seen[s].has_value() == back);
      CHECK(found.base.has_value() == back);
      CHECK(b.known(s, id) == back);
      CHECK(is_unsettled(found) == back);
      CHECK(found.seen[other(s)] == t.seen[other(s)]);
    }
}

TEST_CASE("A twin of which nothing is left goes, unless a late create may name it", "[settle]") {
  for (bool lost : {false, true}) {
    bench b(kind_of_engine::memory);
    const auto t = being_created(b);
    b->abandon({t.id, intent_id{"i1"}, lost});
    auto call = settlement(*b->load(t.id));
    call.forget = side::primary;
    REQUIRE(b->settle(call));
    b.commit();
    CHECK(b->load(t.id).has_value() == lost);
  }
}

TEST_CASE("A buried twin keeps its marks and is found by its id alone, until it is exhumed", "[settle]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const utc_seconds day{std::chrono::hours{24}};
    const auto t = b.agreed("a");
    REQUIRE(b->begin(intent_on(t, operation::create, side::replica, "i1")));
    b->abandon({t.id, intent_id{"i1"}, true});
    b->note({t.id, trouble{}});
    auto call = settlement(*b->load(t.id));
    call.bury = day;
    REQUIRE(b->settle(call));
    b.commit();
    b.crash();
    const auto found = *b->load(t.id);
    CHECK(found.buried == day);
    CHECK(found.abandoned.size() == 1);
    CHECK_FALSE(b.known(side::primary, "p-a"));
    CHECK(b.unsettled().empty());
    CHECK(b->in_trouble(jane).empty());
    CHECK(b.counts().known == 0);
    // Nothing wakes it.
    CHECK_FALSE(b->begin(intent_on(found, operation::update, side::replica, "i2")));
    CHECK_FALSE(b->settle(call));
    b->note({t.id, trouble{}});
    CHECK(*b->load(t.id) == found);
    // An item that comes back under its old id is a new one.
    b.list(side::primary, {present("p-a")});
    CHECK(b.of(side::primary, "p-a").id != t.id);

    b->exhume(jane, day);
    CHECK(b->load(t.id));
    b->exhume(pair_id{"john"}, day + std::chrono::seconds{1});
    CHECK(b->load(t.id));
    b->exhume(jane, day + std::chrono::seconds{1});
    b.commit();
    CHECK_FALSE(b->load(t.id));
  });
}

TEST_CASE("What came back meanwhile is not buried", "[settle]") {
  for (side s : both_sides) {
    bench b(kind_of_engine::memory);
    const auto t = b.agreed("a");
    const std::string id = s == side::primary ? "p-a" : "r-a";
    b.list(s, {left(id)});
    REQUIRE(b->begin(intent_on(*b->load(t.id), operation::remove, other(s), "i1")));
    b.list(s, {present(id)});
    auto call = settlement(*b->load(t.id));
    call.bury = utc_seconds{};
    call.settled = true;
    REQUIRE(b->settle(call));
    b.commit();
    const auto found = *b->load(t.id);
    CHECK_FALSE(found.buried);
    CHECK_FALSE(found.base);
    CHECK(found.seen[s]);
    CHECK_FALSE(found.seen[other(s)]);
    CHECK(is_unsettled(found));
  }
}

TEST_CASE("The echo of our own delete does not keep a twin from its grave", "[settle]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  b.list(side::primary, {left("p-a")});
  REQUIRE(b->begin(intent_on(*b->load(t.id), operation::remove, side::replica, "i1")));
  b.list(side::replica, {left("r-a")});
  auto call = settlement(*b->load(t.id));
  call.bury = utc_seconds{};
  REQUIRE(b->settle(call));
  b.commit();
  CHECK(b->load(t.id)->buried);
}

TEST_CASE("Conflicts are kept with the settlement that lost something, the newest first", "[settle]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto t = b.agreed("a");
    for (int i = 1; i <= 3; ++i) {
      auto call = settlement(*b->load(t.id));
      conflict c;
      c.pair = jane;
      c.folder_pair = inbox;
      c.twin = t.id;
      c.subject = "number " + std::to_string(i);
      c.loser = side::replica;
      c.reason = "edited on both sides";
      c.fields = {field::subject, field::flag};
      c.keys = {change_key{"k1"}, change_key{"k2"}};
      c.when = utc_seconds{std::chrono::seconds{i}};
      call.conflict = c;
      REQUIRE(b->settle(call));
      if (i == 2) b.commit();
    }
    CHECK(b->conflicts(jane, 10).size() == 3);
    CHECK(b->conflicts(jane, 2).size() == 2);
    CHECK(b->conflicts(jane, 0).empty());
    CHECK(b->conflicts(pair_id{"jan"}, 10).empty());
    CHECK(b->conflicts(jane, 1).front().subject == "number 3");
    b.crash();
    REQUIRE(b->conflicts(jane, 10).size() == 2);
    CHECK(b->conflicts(jane, 10).front().subject == "number 2");
    CHECK(b->conflicts(jane, 10).back().fields == std::vector{field::subject, field::flag});
  });
}

TEST_CASE("Conflicts beyond the newest ones, and those that are old, are pruned", "[settle]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto t = b.agreed("a");
    for (int i = 1; i <= 6; ++i) {
      auto call = settlement(*b->load(t.id));
      call.conflict = conflict{};
      call.conflict->pair = jane;
      call.conflict->subject = std::to_string(i);
      call.conflict->when = utc_seconds{std::chrono::seconds{i}};
      REQUIRE(b->settle(call));
    }
    const auto left = [&] {
      std::string subjects;
      for (const auto& c : b->conflicts(jane, 10))
        subjects += c.subject;
      return subjects;
    };
    b.commit();
    b->prune({pair_id{"joe"}, 0, utc_seconds{std::chrono::seconds{100}}});
    CHECK(left() == "654321");
    b->prune({jane, 5, {}});
    CHECK(left() == "65432");
    b->prune({jane, 5, utc_seconds{std::chrono::seconds{4}}});
    b.commit();
    b.crash();
    CHECK(left() == "654");
  });
}

// ---- absorb ----
