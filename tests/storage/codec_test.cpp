#include "storage/codec.hpp"
#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <random>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

/// Every field holds something else than its default, so that one that is left out shows.
observation full_observation(const std::string& n) {
  observation o;
  o.sequence = 0xfedcba9876543210;
  o.presence = presence::absent;
  o.item = item_id{"item" + n};
  o.mailbox = mailbox_identity{"mailbox" + n};
  o.folder = folder_pair_id{"folder" + n};
  o.key = change_key{"key" + n};
  o.read = true;
  o.draft = true;
  o.item_class = item_class::appointment;
  o.subject = "Übergrößenträger " + n;
  o.search_key = search_key{"search" + n};
  o.message_id = message_id{"message" + n};
  o.mark = operation_mark{"mark" + n};
  o.received = utc_seconds{std::chrono::seconds{-5}};
  o.sent = utc_seconds{std::chrono::seconds{1'900'000'000}};
  o.size = 1ull << 40;
  o.generation = 12;
  o.content = digests(9);
  o.content_key = change_key{"content" + n};
  o.unlisted_since = 4711;
  o.likeness = digests(3);
  o.missed_since = 4712;
  o.copied = o.given_up = true;
  return o;
}

twin full_twin() {
  twin t;
  t.id = twin_id{"twin"};
  t.pair = pair_id{"pair"};
  t.folder_pair = folder_pair_id{"folder"};
  t.seen = {full_observation("p"), full_observation("r")};
  t.base = both<side_base>{{change_key{"b1"}, true, digests(1), true}, {change_key{"b2"}, false, digests(2), false}};
  intent i;
  i.id = intent_id{"intent"};
  i.operation = operation::replace;
  i.target = side::primary;
  i.folder = folder_pair_id{"to"};
  i.item = item_id{"item"};
  i.source_key = change_key{"source"};
  i.guard = change_key{"guard"};
  i.fields = {field::flag, field::draft};
  i.expected = digests(3);
  i.read = false;
  i.mark = operation_mark{"mark"};
  i.step = 255;
  i.made = item_id{"made"};
  i.made_key = change_key{"made key"};
  i.answers = {3, 4};
  i.begun = utc_seconds{std::chrono::seconds{5}};
  i.loses = conflict{t.pair,
                     t.folder_pair,
                     t.id,
                     "subject",
                     side::primary,
                     "reason",
                     {field::subject},
                     {change_key{"k1"}, change_key{"k2"}},
                     utc_seconds{std::chrono::seconds{17}}};
  i.parts = {{field::exceptions, "before", "wanted", "kept"}};
  t.intent = i;
  trouble w;
  w.code = "code";
  w.what = "what";
  w.hint = "hint";
  w.tries = 0xffffffff;
  w.banned = true;
  w.since = utc_seconds{std::chrono::seconds{6}};
  w.next = utc_seconds{std::chrono::seconds{7}};
  w.at = {change_key{"at1"}, change_key{"at2"}};
  w.side = side::primary;
  w.refused = digests(4);
  w.one_by_one = true;
  t.trouble = w;
  t.abandoned = {operation_mark{"m1"}, operation_mark{"m2"}};
  t.buried = utc_seconds{std::chrono::seconds{8}};
  t.times_synced = 9;
  t.answered = {10, 11};
  t.unfinished = true;
  return t;
}

folder_side full_folder_side() {
  return {jane,
          inbox,
          side::replica,
          mailbox_identity{"m"},
          folder_id{"f"},
          "inbox/Ä",
          sync_cursor{std::string("H4s\0I", 5)},
          listing_phase::following,
          2,
          3,
          4,
          5,
          "since 2026"};
}

template <class Record>
void there_and_back(const Record& r) {
  const auto bytes = encode(r);
  const auto again = decode<Record>(bytes);
  REQUIRE(std::holds_alternative<Record>(again));
  CHECK(std::get<Record>(again) == r);
}

template <class Record>
bool is_damaged(std::string_view bytes) {
  const auto result = decode<Record>(bytes);
  const auto* failed = std::get_if<storage_failure>(&result);
  return failed && failed->kind == storage_failure::kind::damaged;
}

} // namespace

TEST_CASE("Every field of every record comes back", "[codec]") {
  there_and_back(full_twin());
  there_and_back(twin{});
  there_and_back(full_folder_side());
  there_and_back(folder_side{});
  there_and_back(frozen{"why", utc_seconds{std::chrono::seconds{1}}});
  there_and_back(release{true, 7, utc_seconds{std::chrono::seconds{1}}});
  there_and_back(wary{7, utc_seconds{std::chrono::seconds{1}}});
  there_and_back(departure{{1, 2}, {3, 4}});
  there_and_back(delete_count{utc_seconds{std::chrono::seconds{1}}, 7});
  there_and_back(conflict{jane,
                          inbox,
                          twin_id{"t"},
                          "s",
                          side::primary,
                          "r",
                          {field::body},
                          {change_key{"a"}, {}},
                          utc_seconds{std::chrono::seconds{2}}});
  there_and_back(pair_memory{true, true});
  there_and_back(pair_memory{std::nullopt, false});
  there_and_back(declaration{declared::pair, "jane", "{}"});
  there_and_back(lease_record{folder_pair_id{"inbox"}, side::primary, folder_id{"f"}, "nonce", "next"});
  there_and_back(undo_record{undo_id{"u"},
                             pair_id{"jane"},
                             folder_pair_id{"inbox"},
                             twin_id{"t"},
                             intent_id{"i"},
                             side::primary,
                             operation::remove,
                             item_class::task,
                             "subject",
                             item_id{"p1"},
                             mailbox_identity{"m"},
                             {field::subject},
                             {"its attachments"},
                             17,
                             utc_seconds(std::chrono::seconds(5)),
                             true,
                             utc_seconds(std::chrono::seconds(6)),
                             true});
  there_and_back(traffic_period{pair_id{"jane"}, utc_seconds{std::chrono::seconds{86'400}}, {{1, 2}, {3, 4}, 5}});
  there_and_back(costly_item{pair_id{"jane"},
                             twin_id{"t"},
                             {},
                             folder_pair_id{"inbox"},
                             item_class::task,
                             "subject",
                             {item_id{"p"}, {}},
                             {true, false},
                             utc_seconds{std::chrono::seconds{7}},
                             8,
                             {9, 10},
                             {},
                             11});
  there_and_back(allowance{"id", allowance_kind::top_up, {}, {}, 1, 2, 3, {}, utc_seconds{std::chrono::seconds{4}}});
  there_and_back(allowance_month{utc_seconds{std::chrono::seconds{5}}, 6});
}

TEST_CASE("A settled mail takes less than a kilobyte besides its ids", "[codec]") {
  bench b(kind_of_engine::memory);
  auto t = b.agreed("a");
  t.seen.primary->content = t.seen.replica->content = digests(1);
  CHECK(encode(t).size() < 700);
}

TEST_CASE("Bytes that are no record are damage", "[codec]") {
  const auto bytes = encode(full_twin());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO("cut to " << length);
    REQUIRE(is_damaged<twin>(std::string_view(bytes).substr(0, length)));
  }
  CHECK(is_damaged<twin>(bytes + '\0'));
  CHECK(is_damaged<twin>(encode(full_folder_side())));
  CHECK(is_damaged<frozen>(bytes));
  CHECK(is_damaged<pair_memory>("{}"));
  // Lengths that no memory holds: an array and a string of 2^63 elements.
  CHECK(is_damaged<twin>("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"));
  CHECK(is_damaged<twin>("\x7b\x7f\xff\xff\xff\xff\xff\xff\xff"));
}

TEST_CASE("Bytes that nest without end are damage, and take no stack", "[codec]") {
  constexpr std::size_t deep = 3'000'000;
  for (const char* one : {"\x81", "\x9f", "\xa1\x01", "\xbf\x01", "\xc1", "\x98\x01", "\x99\xff\xff"}) {
    std::string bytes;
    for (std::size_t i = 0; i < deep; ++i)
      bytes += one;
    CHECK(is_damaged<twin>(bytes));
    CHECK(is_damaged<twin>("\x82\x01" + bytes));
  }
}

TEST_CASE("A record of before a field was added is read, and the field is as in a new one", "[codec]") {
  auto t = full_twin();
  auto record = nlohmann::json::from_cbor(encode(t));
  // version, id, pair, folder pair, seen: of each side the last four fields are the newest ones
  for (auto& seen : record[4])
    for (int i = 0; i < 4; ++i)
      seen.erase(seen.size() - 1);
  const auto bytes = nlohmann::json::to_cbor(record);
  const auto read = decode<twin>(std::string(bytes.begin(), bytes.end()));
  REQUIRE(std::holds_alternative<twin>(read));
  for (auto s : both_sides)
    t.seen[s]->likeness.clear(), t.seen[s]->missed_since = 0, t.seen[s]->copied = t.seen[s]->given_up = false;
  CHECK(std::get<twin>(read) == t);
}

TEST_CASE("Another version of a record, and values that mean nothing, are damage", "[codec]") {
  auto f = full_folder_side();
  auto bytes = encode(f);
  REQUIRE(bytes[1] == 1); // behind the head of the array
  bytes[1] = 2;
  CHECK(is_damaged<folder_side>(bytes));
  f.side = static_cast<side>(2);
  CHECK(is_damaged<folder_side>(encode(f)));
  f.side = side::primary;
  f.phase = static_cast<listing_phase>(7);
  CHECK(is_damaged<folder_side>(encode(f)));
  auto t = full_twin();
  t.base->primary.content.front().field = static_cast<field>(0);
  CHECK(is_damaged<twin>(encode(t)));
  t = full_twin();
  t.intent->fields = {static_cast<field>(200)};
  CHECK(is_damaged<twin>(encode(t)));
}

TEST_CASE("Changed bytes never crash, and what is read of them can be written again", "[codec]") {
  const auto bytes = encode(full_twin());
  std::mt19937 random(4711);
  std::size_t damaged = 0;
  for (int i = 0; i < 20000; ++i) {
    auto changed = bytes;
    for (std::size_t n = 1 + random() % 4; n > 0; --n)
      changed[random() % changed.size()] = static_cast<char>(random());
    const auto result = decode<twin>(changed);
    if (const auto* t = std::get_if<twin>(&result))
      REQUIRE(std::get<twin>(decode<twin>(encode(*t))) == *t);
    else
      ++damaged;
  }
  CHECK(damaged > 1000);
}
