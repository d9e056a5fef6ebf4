#include "actors/logic/match.hpp"

#include "storage/marks.hpp"
#include "tests/logic/matches.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::tests;

TEST_CASE("the same mail in both mailboxes is one twin") {
  CHECK(in_words(logic::match({half("a", P), half("b", R)}, {}, in_inbox)) == "a=b@R");
  CHECK(in_words(logic::match({half("b", R), half("a", P)}, {}, in_inbox)) == "a=b@R");
}

TEST_CASE("nothing is matched across before both folders were listed") {
  CHECK(in_words(logic::match({half("a", P), half("b", R)}, {}, {})) == "");
}

TEST_CASE("different mails stay apart") {
  CHECK(in_words(logic::match({half("a", P, "<1@example>"), half("b", R, "<2@example>")}, {}, in_inbox)) == "");
  auto elsewhere = half("b", R);
  elsewhere.seen[R]->folder = folder_pair_id{"archive"};
  CHECK(in_words(logic::match({half("a", P), elsewhere}, {}, {{folder_pair_id{"inbox"}, folder_pair_id{"archive"}}})) ==
        "");
}

TEST_CASE("an item that left a folder and turns up in another is a move") {
  for (side s : both_sides) {
    auto moved = agreed_twin();
    leave(moved, s);
    auto arrived = half("n", s, "", "search-" + name(s));
    arrived.seen[s]->folder = folder_pair_id{"archive"};
    CHECK(in_words(logic::match({moved, arrived}, {}, in_inbox)) == "t1=n@" + name(s));
    auto somebody_elses = half("n", other(s), "", "search-" + name(s));
    CHECK(in_words(logic::match({moved, somebody_elses}, {}, in_inbox)) == "");
  }
}

TEST_CASE("of several items of one search key each takes its own new id") {
  auto original = agreed_twin(), copy = agreed_twin();
  copy.id = twin_id{"t2"};
  copy.seen[P]->subject = "Offer, second draft";
  for (auto* t : {&original, &copy})
    t->seen[P]->presence = presence::absent;
  auto a = half("a", P, "", "search-P"), b = half("b", P, "", "search-P");
  a.seen[P]->subject = "Offer, second draft";
  CHECK(in_words(logic::match({original, copy, a, b}, {}, in_inbox)) == "t1=b@P; t2=a@P");
}

TEST_CASE("new ids of a mailbox are told by contents where there is no key that lasts") {
  for (side s : both_sides) {
    auto t = agreed_twin(), u = agreed_twin();
    u.id = twin_id{"t2"};
    for (auto* each : {&t, &u}) {
      each->seen[s]->presence = presence::absent;
      each->seen[s]->message_id = {};
    }
    (*u.base)[s].content = logic::digests_of(with(field::body, "Dear John"));
    auto a = half("a", s, "", "other"), b = half("b", s, "", "another");
    CHECK(in_words(logic::match({t, u, a, b}, {}, in_inbox)) == "held t1; held t2; read a; read b");
    read_contents(a, s, with(field::body, "Dear John"));
    read_contents(b, s, original);
    CHECK(in_words(logic::match({t, u, a, b}, {}, in_inbox)) == "t1=b@" + name(s) + "; t2=a@" + name(s));
  }
}

TEST_CASE("what had no key before is not a mail that has one, and equal dates and subjects") {
  auto t = agreed_twin();
  t.seen[R]->presence = presence::absent;
  t.seen[R]->message_id = {};
  auto n = half("n", R, "<another@example>", "other");
  n.seen[R]->subject = t.seen[R]->subject;
  read_contents(n, R, with(field::body, "Dear John"));
  CHECK(in_words(logic::match({t, n}, {}, in_inbox)) == "");
  n.seen[R]->message_id = {};
  CHECK(in_words(logic::match({t, n}, {}, in_inbox)) == ""); // nor does a name alone tell
  t.seen[R]->received = n.seen[R]->received = utc_seconds{std::chrono::seconds{5}};
  CHECK(in_words(logic::match({t, n}, {}, in_inbox)) == "t1=n@R");
}

TEST_CASE("what is new on the other side waits until it is told which of these it is the same as") {
  for (side s : both_sides) {
    auto t = agreed_twin();
    t.seen[s]->presence = presence::absent;
    t.seen[s]->message_id = {};
    (*t.base)[s].content = logic::digests_of(with(field::body, "Dear John"));
    auto a = half("a", s), b = half("b", other(s));
    a.seen[s]->subject = b.seen[other(s)]->subject = "Another offer";
    CHECK(in_words(logic::match({t, a, b}, {}, in_inbox)) == "held b; held t1; read a");
    read_contents(a, s, original);
    const std::string pair = s == P ? "a=b@R" : "b=a@R";
    CHECK(in_words(logic::match({t, a, b}, {}, in_inbox)) == pair);
    // Brought back into another folder, it is known by its origin.
    a.seen[s]->content.reset();
    a.seen[s]->search_key = search_key{"K"};
    b.seen[other(s)]->mark = logic::make_mark(pair_id{"jane"}, twin_id{"gone"}, intent_id{"i"}, a.seen[s]);
    b.seen[other(s)]->folder = folder_pair_id{"archive"};
    CHECK(in_words(logic::match({t, a, b}, {}, in_inbox)) == "held b; held t1; read a");
  }
}

TEST_CASE("new ids of a mailbox are told by Message-ID where search keys changed too") {
  auto t = agreed_twin();
  t.seen[P]->presence = presence::absent;
  CHECK(in_words(logic::match({t, half("n", P, "<offer@example>", "other")}, {}, in_inbox)) == "t1=n@P");
}

TEST_CASE("what may be the same as something that is held is held as well") {
  for (side s : both_sides) {
    auto written = agreed_twin();
    written.seen[s]->message_id = message_id{"<m@example>"};
    written.seen[s]->unlisted_since = 20; // it may be the new one, moved
    auto elsewhere = half("c", other(s));
    elsewhere.seen[other(s)]->folder = folder_pair_id{"archive"};
    const auto all = {written, half("a", s), half("b", other(s)), half("d", other(s), "<d@example>"), elsewhere};
    CHECK(in_words(logic::match(all, {}, in_inbox)) == "held a; held b");
  }
}

TEST_CASE("what left is not found again in another mail of its Message-ID") {
  for (side s : both_sides) {
    auto t = agreed_twin();
    leave(t, s);
    const auto comes = [&](auto change) {
      auto n = half("n", s, "<offer@example>", "other");
      for (auto* o : {&*n.seen[s]}) {
        o->subject = t.seen[s]->subject;
        o->sent = t.seen[s]->sent;
        o->received = t.seen[s]->received;
        change(*o);
      }
      return in_words(logic::match({t, n}, {}, in_inbox));
    };
    CHECK(comes([](observation&) {}) == "t1=n@" + name(s)); // copied and deleted, as some clients move
    CHECK(comes([](observation& o) { o.subject = "Another offer"; }) == "");
    CHECK(comes([](observation& o) { o.received = utc_seconds(std::chrono::hours(1)); }) == "");
    CHECK(comes([](observation& o) { o.sent = utc_seconds(std::chrono::hours(1)); }) == "");
  }
}

TEST_CASE("a user's copy is a new item: its original is still there") {
  auto t = agreed_twin();
  auto copy = half("n", P, "<offer@example>", "search-P");
  copy.seen[P]->mark = operation_mark{"jane/t1/i1"};
  CHECK(in_words(logic::match({t, copy}, {t}, in_inbox)) == "");
}

TEST_CASE("a copy does not take the place of what we are removing ourselves") {
  for (auto op : {operation::remove, operation::replace}) {
    auto t = agreed_twin();
    leave(t, R);
    intent in;
    in.operation = op;
    in.target = R;
    in.step = op == operation::replace ? replace_step::removing : 0;
    t.intent = in;
    CHECK(in_words(logic::match({t, half("copy", R, "", "search-R")}, {}, in_inbox)) == "held copy");
  }
}

TEST_CASE("what its user moves while it is being replaced is found again, as long as we have removed nothing") {
  auto t = agreed_twin();
  leave(t, R);
  intent in;
  in.operation = operation::replace;
  in.target = R;
  for (auto step : {replace_step::creating, replace_step::made, replace_step::withdrawing}) {
    in.step = step;
    t.intent = in;
    CHECK(in_words(logic::match({t, half("moved", R, "", "search-R")}, {}, in_inbox)) == "t1=moved@R");
  }
}

TEST_CASE("what has left and is brought back while it is made anew waits until that is known") {
  auto t = agreed_twin();
  leave(t, R);
  const auto back = half("back", R, "", "search-R");
  CHECK(in_words(logic::match({t, back}, {}, in_inbox)) == "t1=back@R");
  t.intent.emplace().target = R;
  CHECK(in_words(logic::match({t, back}, {}, in_inbox)) == "held back");
}

TEST_CASE("of a move and a copy only one takes the place") {
  auto t = agreed_twin();
  leave(t, P);
  auto a = half("a", P, "", "search-P"), b = half("b", P, "", "search-P");
  CHECK(in_words(logic::match({t, a, b}, {}, in_inbox)) == "t1=a@P");
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
  CHECK(in_words(logic::match({source, made}, {source}, in_inbox)) == "held n");
}

TEST_CASE("a create that comes to light after it was given up") {
  auto mark = operation_mark{"jane/s/i1"};
  auto late = half("n", R);
  late.seen[R]->mark = mark;
  SECTION("fills the place if nothing else has") {
    auto source = half("s", P);
    source.abandoned = {mark};
    CHECK(in_words(logic::match({source, late}, {source}, in_inbox)) == "held s; read n");
    read_contents(late, R, original);
    CHECK(in_words(logic::match({source, late}, {source}, in_inbox)) == "s=n@R");
  }
  SECTION("is a duplicate once it was created again") {
    auto source = agreed_twin();
    source.id = twin_id{"s"};
    source.abandoned = {mark};
    CHECK(in_words(logic::match({source, late}, {source}, in_inbox)) == "duplicate n");
  }
  SECTION("stays where its user deleted the one that we know, once the lists have told of both") {
    auto source = agreed_twin();
    source.id = twin_id{"s"};
    source.abandoned = {mark};
    leave(source, R);
    auto around = in_inbox;
    for (sequence listed : {15, 25, 30}) {
      around.listed_after = {listed, listed};
      CHECK(in_words(logic::match({source, late}, {source}, around)) == "held n");
    }
    around.listed_after = {31, 31};
    read_contents(late, R, original);
    CHECK(in_words(logic::match({source, late}, {source}, around)) == "s=n@R");
  }
  SECTION("is a duplicate where the one that we know was moved") {
    auto source = agreed_twin();
    source.id = twin_id{"s"};
    source.abandoned = {mark};
    source.seen[R]->mark = operation_mark{"jane/s/i2"};
    leave(source, R);
    auto moved = half("m", R);
    moved.seen[R]->mark = source.seen[R]->mark;
    CHECK(in_words(logic::match({source, late, moved}, {source}, in_inbox)) == "duplicate n; s=m@R");
  }
  SECTION("is a duplicate once both sides have deleted the item") {
    auto source = half("s", P);
    source.seen[P].reset();
    source.abandoned = {mark};
    source.buried = utc_seconds{};
    CHECK(in_words(logic::match({late}, {source}, in_inbox)) == "duplicate n");
  }
}

TEST_CASE("what a late create brings is no user's edit: what its source has by now goes over") {
  for (side s : both_sides) {
    auto source = half("s", other(s)), late = half("n", s);
    late.seen[s]->mark = operation_mark{"jane/s/i1"};
    source.abandoned = {late.seen[s]->mark};
    read_contents(late, s, original);
    for (const auto& now : {original, with(field::subject, "Changed"), values{{field::subject, "Offer"}}}) {
      read_contents(source, other(s), now);
      const auto found = logic::match({source, late}, {source}, in_inbox);
      REQUIRE(in_words(found) == "s=n@" + name(s));
      auto t = source;
      t.base = found.same.front().base;
      t.seen[s] = late.seen[s];
      const auto verdict = logic::decide(t, quiet());
      const bool the_same = now == original, fewer = now.size() == 1;
      CHECK(in_words(verdict) == (the_same ? "agree" : "update " + name(s) + (fewer ? " categories" : " subject")));
    }
  }
}

TEST_CASE(
    "files of one name that a late create and its source hold are compared, and what differs is decided by the table") {
  auto files = original;
  files.push_back({field::attachments, "a.pdf"});
  for (side s : both_sides) {
    auto source = half("s", other(s)), late = half("n", s);
    late.seen[s]->mark = operation_mark{"jane/s/i1"};
    source.abandoned = {late.seen[s]->mark};
    read_contents(late, s, files);
    read_contents(source, other(s), files);
    const auto found = logic::match({source, late}, {source}, in_inbox);
    auto t = source;
    t.base = found.same.front().base;
    t.seen[s] = late.seen[s];
    CHECK(in_words(logic::decide(t, quiet())) == "look P R");
    for (const bool alike : {true, false}) {
      t.seen[P]->likeness = logic::digests_of({{hint::attachment_contents, "x"}});
      t.seen[R]->likeness = logic::digests_of({{hint::attachment_contents, alike ? "x" : "y"}});
      CHECK(in_words(logic::decide(t, quiet())) == (alike ? "agree" : "replace R, R loses"));
    }
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

TEST_CASE("a mark carries the origin of what was copied, also through copies of copies") {
  auto o = seen_at(P, 1);
  o.search_key = search_key{"ab/c+="};
  CHECK(origin_of(o) == "ab_c+=");
  auto copy = seen_at(R, 1);
  copy.mark = logic::make_mark(pair_id{"a/b"}, twin_id{"t"}, intent_id{"i"}, o);
  CHECK(origin_of(copy) == "ab_c+=");
  CHECK(logic::twin_of_mark(pair_id{"a/b"}, copy.mark) == twin_id{"t"});
  copy.mark = logic::make_mark(pair_id{"other"}, twin_id{"u"}, intent_id{"j"}, copy);
  CHECK(origin_of(copy) == "ab_c+=");
  CHECK(origin_of(seen_at(R, 1)) == "search-R");
}

namespace {

/// A twin of "a" in the primary and "c" in the replica, and what another pair copied to the replica by way of "b".
struct ring {
  twin known = agreed_twin();
  twin other = half("n", R);
  operation_mark mark_of_ours, mark_of_theirs;

  ring() {
    for (side s : both_sides)
      known.seen[s]->mailbox = mailbox_identity{name(s)};
    other.seen[R]->mailbox = mailbox_identity{name(R)};
    mark_of_ours = logic::make_mark(pair_id{"jane"}, known.id, intent_id{"i"}, known.seen[P]);
    auto b = seen_at(P, 1);
    b.mailbox = mailbox_identity{"B"};
    b.item = item_id{"item-b"};
    b.mark = logic::make_mark(pair_id{"ab"}, twin_id{"x"}, intent_id{"j"}, known.seen[P]);
    mark_of_theirs = logic::make_mark(pair_id{"bc"}, twin_id{"y"}, intent_id{"k"}, b);
  }
  std::string run() const { return in_words(logic::match({known, other}, {}, in_inbox)); }
};

} // namespace

TEST_CASE("a copy that another pair has made of an item that is here is left alone") {
  ring r;
  r.known.seen[R]->mark = r.mark_of_ours;
  r.other.seen[R]->mark = r.mark_of_theirs;
  CHECK(r.run() == "redundant n");
  SECTION("a user's copy of ours is none") {
    r.other.seen[R]->mark = r.mark_of_ours;
    CHECK(r.run() == "");
  }
  SECTION("one that came by another item of a mailbox on the way is none") {
    auto copy = r.known.seen[P];
    copy->item = item_id{"a user's copy of a"};
    r.other.seen[R]->mark = logic::make_mark(pair_id{"bc"}, twin_id{"y"}, intent_id{"k"}, copy);
    CHECK(r.run() == "");
  }
  SECTION("it waits for what we have under way") {
    r.known.intent.emplace();
    CHECK(r.run() == "held n");
  }
  SECTION("it stands in for ours where that one has gone, once all lists have told") {
    leave(r.known, R);
    CHECK(r.run() == "t1=n@R");
    auto around = in_inbox;
    around.listed_after = {25, 25};
    CHECK(in_words(logic::match({r.known, r.other}, {}, around)) == "held n");
  }
}

TEST_CASE("what another pair has put in place of an item is that item, once the old one has gone") {
  ring r;
  r.known.seen[R]->mark = r.mark_of_ours;
  r.other.seen[R]->mark = logic::make_replacing_mark(pair_id{"bc"}, twin_id{"y"}, intent_id{"k"}, *r.known.seen[R]);
  r.other.seen[R]->message_id = {};
  r.other.seen[R]->search_key = search_key{"another"};
  SECTION("both are there: it may still be taken back") {
    CHECK(r.run() == "redundant n");
  }
  SECTION("the old one has gone") {
    leave(r.known, R);
    CHECK(r.run() == "t1=n@R");
  }
  SECTION("the same where the old one is no copy") {
    r.known.seen[R]->mark = {};
    r.other.seen[R]->mark = logic::make_replacing_mark(pair_id{"bc"}, twin_id{"y"}, intent_id{"k"}, *r.known.seen[R]);
    leave(r.known, R);
    CHECK(r.run() == "t1=n@R");
  }
  SECTION("it waits where we are about to remove the old one ourselves") {
    leave(r.known, R);
    r.known.intent.emplace();
    r.known.intent->operation = operation::remove;
    r.known.intent->target = R;
    CHECK(r.run() == "held n");
  }
}

TEST_CASE("of two copies the one that came the longer way gives way to the other, whoever looks") {
  ring r;
  r.known.seen[R]->mark = r.mark_of_ours;
  // Ours came by a mailbox more.
  auto b = seen_at(P, 1);
  b.mailbox = mailbox_identity{"B"};
  b.mark = logic::make_mark(pair_id{"ab"}, twin_id{"x"}, intent_id{"j"}, r.known.seen[P]);
  auto from_b = r.known;
  from_b.seen[P]->mailbox = b.mailbox;
  from_b.seen[P]->item = b.item;
  from_b.seen[P]->mark = b.mark;
  from_b.seen[R]->mark = logic::make_mark(pair_id{"jane"}, from_b.id, intent_id{"i"}, from_b.seen[P]);
  r.other.seen[R]->mark = logic::make_mark(pair_id{"ca"}, twin_id{"y"}, intent_id{"k"}, r.known.seen[P]);
  CHECK(in_words(logic::match({from_b, r.other}, {}, in_inbox)) == "t1=n@R");
  // Where we have not made ours ourselves, it is not ours to remove.
  from_b.seen[R]->mark = {};
  CHECK(in_words(logic::match({from_b, r.other}, {}, in_inbox)) == "redundant n");
}

TEST_CASE("after the state was lost, a copy is linked with what it was made of, and a user's copy of it by contents") {
  ring r;
  auto original = half("a", P);
  original.seen[P]->mailbox = mailbox_identity{"P"};
  auto copy = r.other;
  copy.seen[R]->mark = logic::make_mark(pair_id{"jane"}, twin_id{"gone"}, intent_id{"i"}, original.seen[P]);
  copy.seen[R]->message_id = {};
  CHECK(in_words(logic::match({original, copy}, {}, in_inbox)) == "a=n@R");
  auto users = copy;
  users.id = twin_id{"u"};
  users.seen[R]->item = item_id{"a user's copy"};
  CHECK(in_words(logic::match({original, copy, users}, {}, in_inbox)) == "read a; read n; read u");
}

TEST_CASE("what was deleted and is brought back on both sides is one item again") {
  auto original = half("a", P, "", "K");
  auto copy = half("c", R, "", "k");
  copy.seen[R]->folder = folder_pair_id{"archive"};
  copy.seen[R]->mark = logic::make_mark(pair_id{"jane"}, twin_id{"gone"}, intent_id{"i"}, original.seen[P]);
  logic::match_surroundings around{{folder_pair_id{"inbox"}, folder_pair_id{"archive"}}};
  const auto run = [&](const std::vector<twin>& marked) {
    return in_words(logic::match({original, copy}, marked, around));
  };
  twin owner;
  owner.id = twin_id{"gone"};
  owner.pair = pair_id{"jane"};
  CHECK(run({}) == "a=c@R");
  SECTION("also where its record is still kept") {
    owner.buried = utc_seconds{};
    CHECK(run({owner}) == "a=c@R");
  }
  SECTION("not a copy of what is still there") {
    owner.seen[R] = seen_at(R, 5);
    owner.seen[R]->mark = copy.seen[R]->mark;
    CHECK(run({owner}) == "");
  }
  SECTION("also beside what we have made in its place since") {
    owner.seen[R] = seen_at(R, 5);
    owner.seen[R]->mark = logic::make_mark(pair_id{"jane"}, owner.id, intent_id{"j"}, original.seen[P]);
    CHECK(run({owner}) == "a=c@R");
  }
  SECTION("where one of the two has been deleted again, that goes over") {
    original.seen[P]->presence = presence::left;
    CHECK(run({}) == "a=c@R");
  }
  SECTION("not where there are several") {
    auto another = copy;
    another.id = twin_id{"d"};
    CHECK(in_words(logic::match({original, copy, another}, {}, around)) == "");
  }
  SECTION("not where its user's copy was seen beside what it is a copy of") {
    for (auto& o : {&original.seen[P], &copy.seen[R]}) {
      (*o)->copied = true;
      CHECK(run({}) == "");
      (*o)->copied = false;
    }
  }
  SECTION("not a copy of another one that is still there") {
    auto beside = agreed_twin();
    beside.seen[P]->search_key = original.seen[P]->search_key;
    CHECK(in_words(logic::match({original, copy, beside}, {}, around)) == "");
  }
  SECTION("not before both folders were listed") {
    around.listed.pop_back();
    CHECK(run({}) == "");
  }
  SECTION("where one is being copied, the other one waits for that") {
    original.intent.emplace();
    original.intent->operation = operation::create;
    original.intent->target = R;
    CHECK(run({}) == "held c");
  }
}

TEST_CASE("what an unanswered create had made and its user has taken away says nothing of a copy of its source") {
  auto copied = half("a", P, "", "K"), users_copy = half("b", P, "", "K"), made = half("c", R, "", "k");
  copied.intent.emplace();
  copied.intent->operation = operation::create;
  copied.intent->target = R;
  copied.intent->mark = logic::make_mark(pair_id{"jane"}, copied.id, intent_id{"i"}, copied.seen[P]);
  made.seen[R]->mark = copied.intent->mark;
  made.seen[R]->presence = presence::left;
  const auto run = [&] { return in_words(logic::match({copied, users_copy, made}, {}, in_inbox)); };
  CHECK(run().find("=") == std::string::npos);
  // Once it is known that it had been made, and has gone.
  copied.seen[R] = made.seen[R];
  copied.intent.reset();
  copied.base = agreed_twin().base;
  CHECK(run().find("=") == std::string::npos);
  // Or that it was to stand in place of another one that stays.
  copied.seen[R] = seen_at(R, 10);
  CHECK(run().find("=") == std::string::npos);
}

TEST_CASE("what may be the same as an item that is being copied here waits until that is known") {
  auto copied = half("a", P), come = half("b", R);
  copied.intent.emplace();
  copied.intent->operation = operation::create;
  copied.intent->target = R;
  const auto run = [&] { return in_words(logic::match({copied, come}, {}, in_inbox)); };
  CHECK(run() == "held b");
  SECTION("where it has no key that lasts, by its name") {
    for (const side s : both_sides)
      (s == P ? copied : come).seen[s]->message_id = {};
    CHECK(run() == "held b");
    come.seen[R]->subject = "Another";
    CHECK(run() == "");
  }
  SECTION("not another mail of that id") {
    copied.seen[P]->sent = utc_seconds{};
    come.seen[R]->sent = utc_seconds{std::chrono::seconds{60}};
    CHECK(run() == "");
  }
  SECTION("not in another folder, nor on the side that it comes from") {
    come.seen[R]->folder = folder_pair_id{"archive"};
    CHECK(run() == "");
    come = half("b", P);
    CHECK(run() == "");
  }
  SECTION("also where it is deleted again before that") {
    come.seen[R]->presence = presence::left;
    CHECK(run() == "held b");
  }
  SECTION("once it is known to have had no effect, the two are matched") {
    copied.intent.reset();
    CHECK(run() == "a=b@R");
  }
}

TEST_CASE("what a new listing does not show is given up before what its user has brought back is taken for it") {
  auto known = agreed_twin();
  auto original = half("n", R, "", "K");
  known.seen[R]->presence = presence::absent;
  known.seen[R]->mark = logic::make_mark(pair_id{"jane"}, twin_id{"gone"}, intent_id{"i"}, original.seen[R]);
  known.seen[R]->message_id = {};
  original.seen[R]->subject = "Changed meanwhile";
  read_contents(original, R, with(field::subject, "Changed meanwhile"));
  CHECK(in_words(logic::match({known, original}, {}, in_inbox)) == "held n");
  SECTION("an item of another origin is new") {
    original.seen[R]->search_key = search_key{"L"};
    CHECK(in_words(logic::match({known, original}, {}, in_inbox)) == "");
  }
  SECTION("it does not wait for one that rests") {
    known.trouble.emplace();
    CHECK(in_words(logic::match({known, original}, {}, in_inbox)) == "");
  }
}

TEST_CASE(
    "what we have put another copy in place of is its user's where it comes back, also after the state was lost") {
  ring r;
  r.other.seen[R]->mark = logic::make_mark(pair_id{"jane"}, twin_id{"gone"}, intent_id{"i"}, r.known.seen[P]);
  auto old = *r.other.seen[R];
  old.item = item_id{"the old one"};
  r.known.seen[R]->mark = logic::make_replacing_mark(pair_id{"jane"}, r.known.id, intent_id{"z"}, old, r.known.seen[P]);
  CHECK(r.run() == "");
  r.known.seen[R]->mark = logic::make_mark(pair_id{"jane"}, r.known.id, intent_id{"z"}, r.known.seen[P]);
  CHECK(r.run() == "t1=n@R"); // it was made beside ours
}
