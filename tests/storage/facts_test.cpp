#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

const observation& seen(const twin& t, side s = side::primary) {
  REQUIRE(t.seen[s]);
  return *t.seen[s];
}

} // namespace

TEST_CASE("An unknown item becomes a twin with all that the list told of it", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    auto i = item("p1", "k1", true);
    i.draft = true;
    i.item_class = item_class::other;
    i.mark = operation_mark{"jane/t0/i0"};
    i.received = utc_seconds{std::chrono::seconds{1000}};
    i.sent = utc_seconds{std::chrono::seconds{900}};
    const auto before = b->now();
    const auto result = b.list(side::primary, {item_present{i}});
    CHECK(result.minted == 1);
    CHECK(result.changed == 0);
    CHECK_FALSE(result.ignored);
    b.commit();
    b.crash();

    const auto t = b.of(side::primary, "p1");
    CHECK(t.pair == jane);
    CHECK(t.folder_pair == inbox);
    CHECK_FALSE(t.seen.replica);
    const auto& o = seen(t);
    CHECK(o.sequence == before);
    CHECK(b->now() > o.sequence);
    CHECK(o.presence == presence::present);
    CHECK(o.mailbox == mailbox_of(side::primary));
    CHECK(o.folder == inbox);
    CHECK(o.key == i.key);
    CHECK(o.read == true);
    CHECK(o.draft);
    CHECK(o.item_class == item_class::other);
    CHECK(o.subject == i.subject);
    CHECK(o.search_key == i.search_key);
    CHECK(o.message_id == i.message_id);
    CHECK(o.mark == i.mark);
    CHECK(o.received == i.received);
    CHECK(o.sent == i.sent);
    CHECK(o.size == 1000);
    CHECK(o.generation == b.folder(side::primary).generation);
    CHECK(b.unsettled() == std::vector{t.id.value});
  });
}

TEST_CASE("Which entries of a change list are news of an agreed item", "[facts]") {
  struct row {
    const char* what;
    change entry;
    folder_pair_id folder;
    bool news;
  };
  auto other_subject = item("p-a");
  other_subject.subject = "another";
  auto draft = item("p-a");
  draft.draft = true;
  const std::vector<row> rows{
      {"the same again", present("p-a"), inbox, false},
      {"another key", present("p-a", "k2"), inbox, true},
      {"another read state", present("p-a", "k1", true), inbox, true},
      {"no read state told", present("p-a", "k1", std::nullopt), inbox, false},
      {"became a draft", item_present{draft}, inbox, true},
      {"only a subject that the key does not know", item_present{other_subject}, inbox, false},
      {"in another folder", present("p-a"), projects, true},
      {"left", left("p-a"), inbox, true},
      {"left from a folder that it is not in", left("p-a"), projects, false},
      {"read state changed", read_changed("p-a", true), inbox, true},
      {"read state as it was", read_changed("p-a", false), inbox, false},
      {"an unknown one left", left("p-z"), inbox, false},
      {"an unknown one's read state", read_changed("p-z", true), inbox, false},
      {"an id of the other mailbox left", left("r-a"), inbox, false},
  };
  over_each_engine([&](kind_of_engine k) {
    for (const auto& row : rows) {
      INFO(row.what);
      bench b(k);
      const auto before = b.agreed("a");
      REQUIRE(b.unsettled().empty());
      const auto result = b.list(side::primary, {row.entry}, true, row.folder);
      b.commit();
      b.crash();
      const auto after = b.of(side::primary, "p-a");
      CHECK(result.minted == 0);
      CHECK(result.changed == (row.news ? 1 : 0));
      CHECK((seen(after).sequence > seen(before).sequence) == row.news);
      CHECK(b.unsettled().size() == (row.news ? 1 : 0));
      CHECK(after.seen.replica == before.seen.replica);
      if (std::holds_alternative<item_left>(row.entry) && row.news) CHECK(seen(after).presence == presence::left);
      if (!row.news) CHECK(seen(after).key == seen(before).key);
    }
  });
}

TEST_CASE("An item that left and is listed again is there again", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.list(side::primary, {present("p1")});
    b.list(side::primary, {left("p1")});
    const auto gone = b.of(side::primary, "p1");
    CHECK(b.list(side::primary, {left("p1")}).changed == 0);
    CHECK(b.list(side::primary, {present("p1")}).changed == 1);
    b.commit();
    const auto back = b.of(side::primary, "p1");
    CHECK(back.id == gone.id);
    CHECK(seen(back).presence == presence::present);
    CHECK(seen(back).sequence > seen(gone).sequence);
  });
}

TEST_CASE("Contents are kept until the item has another key", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.list(side::primary, {present("p1")});
    const auto t = b.of(side::primary, "p1");
    b->observe({t.id, seen(t).sequence, side::primary, item_id{"p1"}, change_key{"k1"}, false, false, digests(7)});
    auto read = b.of(side::primary, "p1");
    CHECK(seen(read).content == digests(7));
    CHECK(seen(read).content_key == change_key{"k1"});
    CHECK(seen(read).sequence == seen(t).sequence); // no news
    b.list(side::primary, {read_changed("p1", true), present("p1", "k1", true)});
    CHECK(seen(b.of(side::primary, "p1")).content == digests(7));
    b.list(side::primary, {present("p1", "k2", true)});
    b.commit();
    b.crash();
    CHECK_FALSE(seen(b.of(side::primary, "p1")).content);
    CHECK(seen(b.of(side::primary, "p1")).content_key.empty());
  });
}

TEST_CASE("What a read may tell depends on whether it is newer than the observation", "[facts]") {
  struct row {
    const char* what;
    const char* item;
    const char* key;
    bool read;
    bool seen_before; // the read was asked for before the last observation
    bool content;     // it is kept
    bool news;
  };
  const std::vector<row> rows{
      {"the observed key", "p1", "k2", false, false, true, false},
      {"the observed key, asked for before", "p1", "k2", false, true, true, false},
      {"a newer key", "p1", "k3", false, false, true, true},
      {"perhaps an older key", "p1", "k1", false, true, false, false},
      {"a newer read state", "p1", "k2", true, false, true, true},
      {"perhaps an older read state", "p1", "k2", true, true, true, false},
      {"another item", "p2", "k2", false, false, false, false},
  };
  over_each_engine([&](kind_of_engine k) {
    for (const auto& row : rows) {
      INFO(row.what);
      bench b(k);
      b.list(side::primary, {present("p1", "k1")});
      const auto first = seen(b.of(side::primary, "p1")).sequence;
      b.list(side::primary, {present("p1", "k2")});
      const auto t = b.of(side::primary, "p1");
      const auto last = seen(t).sequence;
      b->observe({t.id, row.seen_before ? first : last, side::primary, item_id{row.item}, change_key{row.key}, row.read,
                  false, digests(3)});
      b.commit();
      const auto o = seen(*b->load(t.id));
      CHECK(o.content.has_value() == row.content);
      CHECK((o.sequence > last) == row.news);
      CHECK(o.key == change_key{row.news ? row.key : "k2"});
      CHECK(o.read == (row.news && row.read));
    }
  });
}

TEST_CASE("The cursor is never ahead of the facts", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.commit();
    b.list(side::primary, {present("p1")}, false, inbox, "after p1");
    b.crash();
    CHECK(b.folder(side::primary).cursor.empty());
    CHECK_FALSE(b.known(side::primary, "p1"));

    b.list(side::primary, {present("p1")}, false, inbox, "after p1");
    b.commit();
    b.list(side::primary, {present("p2")}, true, inbox, "after p2");
    b.crash();
    CHECK(b.folder(side::primary).cursor == sync_cursor{"after p1"});
    CHECK(b.known(side::primary, "p1"));
    CHECK_FALSE(b.known(side::primary, "p2"));
  });
}

TEST_CASE("A page, its twins and its cursor are one write", "[facts]") {
  bench b(kind_of_engine::memory);
  b.commit();
  const auto before = b.memory().writes();
  std::vector<change> page;
  for (int i = 0; i < 512; ++i)
    page.push_back(present("p" + std::to_string(i)));
  b.list(side::primary, page, true, inbox, "all");
  b.commit();
  CHECK(b.memory().writes() == before + 1);
}

TEST_CASE("A listing is complete with its last page, and as old as its first request", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    accept_page call;
    call.pair = jane;
    call.folder_pair = inbox;
    call.side = side::replica;
    call.asked_at = b->now();
    call.page.changes = {present("r1")};
    b->accept(call);
    CHECK(b.folder(side::replica).phase == listing_phase::from_beginning);
    CHECK(b.folder(side::replica).listed_at == 0);
    call.page.changes = {present("r2")};
    call.page.last = true;
    b->accept(call);
    b.commit();
    b.crash();
    CHECK(b.folder(side::replica).phase == listing_phase::following);
    CHECK(b.folder(side::replica).listed_at == call.asked_at);
    // What this listing told is not older than itself: a deletion in it is not believed by it.
    CHECK_FALSE(seen(b.of(side::replica, "r1"), side::replica).sequence < b.folder(side::replica).listed_at);
    b.list(side::replica, {});
    CHECK(seen(b.of(side::replica, "r1"), side::replica).sequence < b.folder(side::replica).listed_at);
  });
}

TEST_CASE("What was stepped over by name is in no list before one shows it", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.list(side::replica, {present("r1")});
    accept_page call;
    call.pair = jane;
    call.folder_pair = inbox;
    call.side = side::replica;
    call.page.last = true;
    call.page.changes = {present("r1"), present("r2")};
    for (const char* id : {"r1", "r2"})
      call.page.unlistable.emplace_back(item_id{id}, failure{});
    const auto stepped_over = [&] {
      call.asked_at = b->now();
      b->accept(call);
      b.commit();
      CHECK_FALSE(
          is_unlisted(b.of(side::replica, "r1"), side::replica)); // a list that has shown it tells of its leaving
      CHECK(is_unlisted(b.of(side::replica, "r2"), side::replica));
    };
    stepped_over();
    stepped_over();
    b.list(side::replica, {present("r2")});
    CHECK_FALSE(is_unlisted(b.of(side::replica, "r2"), side::replica));
  });
}

TEST_CASE("Binding a folder anew starts from the beginning", "[facts]") {
  struct row {
    const char* what;
    const char* mailbox;
    const char* folder;
    bool restart;
    bool anew;
  };
  const std::vector<row> rows{
      {"the same", "mailbox-p", "inbox", false, false},
      {"another folder id", "mailbox-p", "inbox-2", false, true},
      {"another mailbox", "mailbox-q", "inbox", false, true},
      {"an invalid cursor", "mailbox-p", "inbox", true, true},
  };
  over_each_engine([&](kind_of_engine k) {
    for (const auto& row : rows) {
      INFO(row.what);
      bench b(k);
      b.list(side::primary, {present("p1")}, true, inbox, "c1");
      const auto before = b.folder(side::primary);
      const auto asked_before = b->now();
      b.bind(side::primary, inbox, row.mailbox, row.folder, row.restart);
      b.commit();
      b.crash();
      const auto after = b.folder(side::primary);
      CHECK(after.mailbox == mailbox_identity{row.mailbox});
      CHECK(after.folder == folder_id{row.folder});
      CHECK(after.cursor.empty() == row.anew);
      CHECK((after.phase == listing_phase::from_beginning) == row.anew);
      CHECK((after.generation > before.generation) == row.anew);
      CHECK((after.listed_at == 0) == row.anew);
      if (!row.anew) continue;

      // A page of the listing that was under way belongs to the folder as it was.
      accept_page late;
      late.pair = jane;
      late.folder_pair = inbox;
      late.side = side::primary;
      late.asked_at = asked_before;
      late.page.changes = {present("p2")};
      late.page.cursor = sync_cursor{"c2"};
      CHECK(b->accept(late).ignored);
      CHECK(b.folder(side::primary).cursor.empty());
      CHECK(b.counts().known == 1);
    }
  });
}

TEST_CASE("Binding the same folder under another path changes only the path", "[facts]") {
  bench b(kind_of_engine::memory);
  auto f = b.folder(side::primary);
  b->bind({jane, inbox, side::primary, f.mailbox, f.folder, "renamed", false});
  f.path = "renamed";
  CHECK(b.folder(side::primary) == f);
}

TEST_CASE("What the settings leave alone is decided anew by others", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b.agreed("a");
    b.list(side::primary, {present("p1")});
    b.list(side::replica, {present("r1")}); // left alone there by a one-way pair
    for (const auto& t : {b.of(side::primary, "p1"), b.of(side::replica, "r1")}) {
      settle_twin call;
      call.twin = t.id;
      call.answers = answers_of(t);
      call.settled = true;
      REQUIRE(b->settle(call));
    }
    const auto bind_by = [&](std::optional<std::string> settings) {
      const auto f = b.folder(side::primary);
      b->bind({jane, inbox, side::primary, f.mailbox, f.folder, f.path, false, std::move(settings)});
      b.commit();
      b.crash();
      return b.unsettled();
    };
    const auto p1 = b.of(side::primary, "p1").id.value;
    CHECK(bind_by("since 2026") == std::vector{p1}); // not known before
    settle_twin again;
    again.twin = twin_id{p1};
    again.settled = true;
    REQUIRE(b->settle(again));
    CHECK(bind_by("since 2026").empty());
    CHECK(bind_by({}).empty());
    CHECK(bind_by("since 2025") == std::vector{p1});
  });
}

TEST_CASE("A page for a folder that is not bound changes nothing", "[facts]") {
  bench b(kind_of_engine::memory, false);
  CHECK(b.list(side::primary, {present("p1")}).ignored);
  b.commit();
  CHECK(contents_of(b.disk()).size() == 1); // the format mark
}

TEST_CASE("After a listing from the beginning, what it did not hold is absent", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto kept = b.agreed("kept");
    const auto lost = b.agreed("lost");
    b.list(side::primary, {present("elsewhere")}, true, projects);
    b.list(side::primary, {present("gone"), left("gone")});
    const auto gone = b.of(side::primary, "gone");
    REQUIRE(b.unsettled().size() == 2);

    b.bind(side::primary, inbox, "mailbox-p", "inbox", true);
    b.list(side::primary, {present("p-kept")}, false);
    CHECK(seen(*b->load(lost.id)).presence == presence::present); // not before it is complete
    b.list(side::primary, {present("fresh")}, true);
    b.commit();
    b.crash();
    const auto after = *b->load(lost.id);
    CHECK(seen(after).presence == presence::absent);
    CHECK(seen(after).sequence > seen(lost).sequence);
    CHECK(after.seen.replica == lost.seen.replica);
    CHECK(after.base == lost.base);
    CHECK(is_unsettled(after));
    CHECK_FALSE(is_unsettled(*b->load(kept.id)));
    CHECK(seen(b.of(side::primary, "elsewhere")).presence == presence::present);
    CHECK(seen(b.of(side::primary, "fresh")).presence == presence::present);
    CHECK(*b->load(gone.id) == gone);

    // A later listing of changes is no listing from the beginning.
    b.list(side::primary, {});
    CHECK(seen(b.of(side::primary, "p-kept")).presence == presence::present);
  });
}

TEST_CASE("Another mailbox under the same folder pair makes all that was known absent", "[facts]") {
  bench b(kind_of_engine::memory);
  const auto t = b.agreed("a");
  b.bind(side::primary, inbox, "mailbox-q", "inbox");
  b.list(side::primary, {present("p-a")}); // the same id means nothing there
  b.commit();
  CHECK(seen(*b->load(t.id)).presence == presence::absent);
  const auto other = b->find(jane, side::primary, mailbox_identity{"mailbox-q"}, item_id{"p-a"});
  REQUIRE(other);
  CHECK(other->id != t.id);
}

TEST_CASE("More than a thousand items become absent at once", "[facts]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    std::vector<change> page;
    for (int i = 0; i < 1200; ++i)
      page.push_back(present("p" + std::to_string(i)));
    b.list(side::primary, page);
    b.commit();
    b.bind(side::primary, inbox, "mailbox-p", "inbox", true);
    b.list(side::primary, {present("p17")});
    b.commit();
    std::size_t absent = 0;
    for (const auto& t : b->unsettled(jane))
      absent += seen(t).presence == presence::absent;
    CHECK(absent == 1199);
  });
}

TEST_CASE("Two pairs on one mailbox have their own twins", "[facts]") {
  bench b(kind_of_engine::memory);
  const pair_id john{"john"};
  b->bind({john, inbox, side::replica, mailbox_of(side::primary), folder_id{"inbox"}, "inbox", false});
  b.list(side::primary, {present("p1")});
  accept_page call;
  call.pair = john;
  call.folder_pair = inbox;
  call.side = side::replica;
  call.page = {{present("p1", "k9")}, sync_cursor{"c"}, true};
  call.asked_at = b->now();
  CHECK(b->accept(call).minted == 1);
  b.commit();
  const auto johns = b->find(john, side::replica, mailbox_of(side::primary), item_id{"p1"});
  REQUIRE(johns);
  CHECK(johns->id != b.of(side::primary, "p1").id);
  CHECK(seen(b.of(side::primary, "p1")).key == change_key{"k1"});
  CHECK(b->unsettled(jane).size() == 1);
  CHECK(b->unsettled(john).size() == 1);
  CHECK(b->pairs() == std::vector{jane, john});
}
