#include "actors/logic/match.hpp"

#include "tests/logic/builders.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::tests;

namespace {

constexpr auto P = side::primary;
constexpr auto R = side::replica;
const std::vector<folder_pair_id> inbox{folder_pair_id{"inbox"}};

twin half(const std::string& id, side s, const std::string& message = "<m@example>", const std::string& search = "") {
  twin t;
  t.id = twin_id{id};
  t.pair = pair_id{"jane"};
  t.folder_pair = folder_pair_id{"inbox"};
  t.seen[s] = seen_at(s, 30);
  t.seen[s]->item = item_id{"item of " + id};
  t.seen[s]->message_id = message_id{message};
  t.seen[s]->search_key = search_key{search};
  return t;
}

std::string in_words(const logic::matches& m) {
  std::vector<std::string> words;
  for (const auto& s : m.same)
    words.push_back(s.keep.value + "=" + s.from.value + "@" + name(s.side));
  for (const auto& h : m.held)
    words.push_back("held " + h.value);
  for (const auto& d : m.duplicates)
    words.push_back("duplicate " + d.value);
  std::sort(words.begin(), words.end());
  std::string all;
  for (const auto& w : words)
    all += (all.empty() ? "" : "; ") + w;
  return all;
}

} // namespace

TEST_CASE("the same mail in both mailboxes is one twin") {
  CHECK(in_words(logic::match({half("a", P), half("b", R)}, {}, inbox)) == "a=b@R");
  CHECK(in_words(logic::match({half("b", R), half("a", P)}, {}, inbox)) == "a=b@R");
}

TEST_CASE("nothing is matched across before both folders were listed") {
  CHECK(in_words(logic::match({half("a", P), half("b", R)}, {}, {})) == "");
}

TEST_CASE("different mails stay apart") {
  CHECK(in_words(logic::match({half("a", P, "<1@example>"), half("b", R, "<2@example>")}, {}, inbox)) == "");
  auto elsewhere = half("b", R);
  elsewhere.seen[R]->folder = folder_pair_id{"archive"};
  CHECK(in_words(logic::match({half("a", P), elsewhere}, {}, {folder_pair_id{"inbox"}, folder_pair_id{"archive"}})) ==
        "");
}

TEST_CASE("copies of one mail are matched as many as there are on both sides, oldest first") {
  auto p1 = half("p1", P), p2 = half("p2", P), p3 = half("p3", P), r1 = half("r1", R), r2 = half("r2", R);
  auto at = [](twin& t, side s, int when) { t.seen[s]->received = utc_seconds{std::chrono::seconds(when)}; };
  at(p1, P, 3), at(p2, P, 1), at(p3, P, 2), at(r1, R, 2), at(r2, R, 1);
  CHECK(in_words(logic::match({p1, p2, p3, r1, r2}, {}, inbox)) == "p2=r2@R; p3=r1@R");
}

TEST_CASE("without Message-ID only subject and both times together make a mail the same") {
  auto a = half("a", P, ""), b = half("b", R, "");
  CHECK(in_words(logic::match({a, b}, {}, inbox)) == "");
  for (auto* t : {&a, &b})
    for (side s : both_sides)
      if (t->seen[s]) t->seen[s]->sent = t->seen[s]->received = utc_seconds{std::chrono::seconds(5)};
  CHECK(in_words(logic::match({a, b}, {}, inbox)) == "a=b@R");
  b.seen[R]->sent = utc_seconds{std::chrono::seconds(6)};
  CHECK(in_words(logic::match({a, b}, {}, inbox)) == "");
}

TEST_CASE("an item that left a folder and turns up in another is a move") {
  for (side s : both_sides) {
    auto moved = agreed_twin();
    leave(moved, s);
    auto arrived = half("n", s, "", "search-" + name(s));
    arrived.seen[s]->folder = folder_pair_id{"archive"};
    CHECK(in_words(logic::match({moved, arrived}, {}, inbox)) == "t1=n@" + name(s));
    auto somebody_elses = half("n", other(s), "", "search-" + name(s));
    CHECK(in_words(logic::match({moved, somebody_elses}, {}, inbox)) == "");
  }
}

TEST_CASE("new ids of a mailbox are told by Message-ID where search keys changed too") {
  auto t = agreed_twin();
  t.seen[P]->presence = presence::absent;
  CHECK(in_words(logic::match({t, half("n", P, "<offer@example>", "other")}, {}, inbox)) == "t1=n@P");
}

TEST_CASE("a user's copy is a new item: its original is still there") {
  auto t = agreed_twin();
  auto copy = half("n", P, "<offer@example>", "search-P");
  copy.seen[P]->mark = operation_mark{"jane/t1/i1"};
  CHECK(in_words(logic::match({t, copy}, {t}, inbox)) == "");
}

TEST_CASE("a copy does not take the place of what we are removing ourselves") {
  for (auto op : {operation::remove, operation::replace}) {
    auto t = agreed_twin();
    leave(t, R);
    intent in;
    in.operation = op;
    in.target = R;
    t.intent = in;
    CHECK(in_words(logic::match({t, half("copy", R, "", "search-R")}, {}, inbox)) == "held copy");
  }
}

TEST_CASE("of a move and a copy only one takes the place") {
  auto t = agreed_twin();
  leave(t, P);
  auto a = half("a", P, "", "search-P"), b = half("b", P, "", "search-P");
  CHECK(in_words(logic::match({t, a, b}, {}, inbox)) == "t1=a@P");
}

TEST_CASE("what an open create has made is left to its intent") {
  auto source = half("s", P);
  intent in;
  in.id = intent_id{"i1"};
  in.target = R;
  in.mark = logic::make_mark(source.pair, source.id, in.id);
  source.intent = in;
  auto made = half("n", R);
  made.seen[R]->mark = in.mark;
  CHECK(in_words(logic::match({source, made}, {source}, inbox)) == "held n");
}

TEST_CASE("a create that comes to light after it was given up") {
  auto mark = operation_mark{"jane/s/i1"};
  auto late = half("n", R);
  late.seen[R]->mark = mark;
  SECTION("fills the place if nothing else has") {
    auto source = half("s", P);
    source.abandoned = {mark};
    CHECK(in_words(logic::match({source, late}, {source}, inbox)) == "s=n@R");
  }
  SECTION("is a duplicate once it was created again") {
    auto source = agreed_twin();
    source.id = twin_id{"s"};
    source.abandoned = {mark};
    CHECK(in_words(logic::match({source, late}, {source}, inbox)) == "duplicate n");
  }
  SECTION("is a duplicate once both sides have deleted the item") {
    auto source = half("s", P);
    source.seen[P].reset();
    source.abandoned = {mark};
    source.buried = utc_seconds{};
    CHECK(in_words(logic::match({late}, {source}, inbox)) == "duplicate n");
  }
}

TEST_CASE("marks name their twin, whatever characters a pair's name has") {
  auto mark = logic::make_mark(pair_id{"a/b"}, twin_id{"t"}, intent_id{"i"});
  CHECK(logic::twin_of_mark(pair_id{"a/b"}, mark) == twin_id{"t"});
  CHECK_FALSE(logic::twin_of_mark(pair_id{"a"}, mark));
  CHECK_FALSE(logic::twin_of_mark(pair_id{"b"}, mark));
  CHECK_FALSE(logic::twin_of_mark(pair_id{"a"}, operation_mark{}));
  CHECK_FALSE(logic::twin_of_mark(pair_id{"a"}, operation_mark{"/x"}));
}
