#include "actors/logic/match.hpp"

#include "ews/model/field_hints.hpp"
#include "tests/logic/matches.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::tests;

TEST_CASE("what may have been moved out of a folder that cannot be listed now waits until that can") {
  for (side s : both_sides) {
    const auto known = agreed_twin();
    auto arrived = half("n", s, "", "search-" + name(s));
    arrived.seen[s]->folder = folder_pair_id{"archive"};
    logic::match_surroundings around{{folder_pair_id{"inbox"}, folder_pair_id{"archive"}}};
    around.unread[s] = {folder_pair_id{"inbox"}};
    CHECK(in_words(logic::match({known, arrived}, {}, around)) == "held n");
    auto made_by_us = known;
    made_by_us.seen[s]->mark = logic::make_mark(known.pair, known.id, intent_id{"i"});
    arrived.seen[s]->search_key = {};
    arrived.seen[s]->mark = made_by_us.seen[s]->mark;
    CHECK(in_words(logic::match({made_by_us, arrived}, {}, around)) == "held n");
    arrived.seen[s]->mark = {};
    CHECK(in_words(logic::match({known, arrived}, {}, around)) == "");
    // Nor what is in that folder itself, or where only the other side's cannot be listed.
    auto beside = half("n", s, "", "search-" + name(s));
    CHECK(in_words(logic::match({known, beside}, {}, around)) == "");
    arrived.seen[s]->search_key = search_key{"search-" + name(s)};
    around.unread = {};
    around.unread[other(s)] = {folder_pair_id{"inbox"}};
    CHECK(in_words(logic::match({known, arrived}, {}, around)) == "");
  }
}

TEST_CASE("a user's copy that lists have shown beside its original is noted, and stays an item of its own") {
  auto known = agreed_twin();
  auto copy = half("n", R, "", "search-R");
  logic::match_surroundings around = in_inbox;
  const auto noted = [&] { return logic::match({known, copy}, {known}, around).copies; };
  const std::vector once{note_copy{copy.id, R}};
  CHECK(noted() == once);
  SECTION("also a copy of ours, by its mark") {
    copy.seen[R]->search_key = {};
    CHECK(noted().empty());
    known.seen[R]->mark = copy.seen[R]->mark = logic::make_mark(known.pair, known.id, intent_id{"i"});
    CHECK(noted() == once);
    known.seen[R]->unlisted_since = 5; // it may be that one, moved
    CHECK(noted().empty());
  }
  SECTION("not before lists of every folder have told") {
    around.listed_after[R] = copy.seen[R]->sequence;
    CHECK(noted().empty());
  }
  SECTION("not beside what lies where no list tells now, or is not found, or has left") {
    around.unread[R] = {known.seen[R]->folder};
    CHECK(noted().empty());
    around.unread = {};
    known.seen[R]->missed_since = 5;
    CHECK(noted().empty());
    known.seen[R]->missed_since = 0;
    leave(known, R);
    CHECK(noted().empty());
  }
  SECTION("once") {
    copy.seen[R]->copied = true;
    CHECK(noted().empty());
  }
  SECTION("then it is not what is new on the other side") {
    const auto opposite = half("p", P, "<offer@example>", "K");
    copy.seen[R]->message_id = opposite.seen[P]->message_id;
    copy.seen[R]->item_class = opposite.seen[P]->item_class;
    read_contents(copy, R, original);
    CHECK(in_words(logic::match({opposite, copy}, {}, around)) == "p=n@R");
    copy.seen[R]->copied = true;
    CHECK(in_words(logic::match({opposite, copy}, {}, around)) == "");
  }
}

TEST_CASE("what comes back after both users had taken it away is new") {
  auto known = agreed_twin();
  leave(known, R);
  const auto back = half("back", R, "", "search-R");
  auto around = in_inbox;
  const auto found = [&] { return in_words(logic::match({known, back}, {}, around)); };
  known.seen[R]->given_up = true;
  CHECK(found() == "t1=back@R"); // the other one's user has not
  known.seen[P]->missed_since = 15;
  CHECK(found() == "");
  leave(known, P);
  CHECK(found() == "");
  known.seen[R]->given_up = false;
  // An earlier list has told of both, and there is no other folder in which it may have lain since.
  CHECK(found() == "");
  around.listed_after[R] = known.seen[R]->sequence; // the same list tells that it has left and is back
  CHECK(found() == "t1=back@R");
  around.listed_after = in_inbox.listed_after;
  around.unread[R] = {folder_pair_id{"archive"}};
  CHECK(found() == "t1=back@R");
  around.unread = {};
  around.listed.push_back(folder_pair_id{"archive"});
  CHECK(found() == "t1=back@R");
}

TEST_CASE(
    "what we have put in place of an item since an older state was kept is that item, once the old one has gone") {
  auto known = agreed_twin();
  known.seen[R]->mark = logic::make_mark(pair_id{"jane"}, known.id, intent_id{"i"}, known.seen[P]);
  auto made = half("n", R, "");
  made.seen[R]->mark =
      logic::make_replacing_mark(pair_id{"jane"}, known.id, intent_id{"forgotten"}, *known.seen[R], known.seen[P]);
  auto around = in_inbox;
  const auto run = [&] { return in_words(logic::match({known, made}, {known}, around)); };
  SECTION("as long as both are there nobody knows which one its user wants") {
    CHECK(run() == "");
  }
  SECTION("the old one has gone") {
    known.seen[R]->presence = presence::left;
    CHECK(run() == "t1=n@R");
    SECTION("it waits until all lists have told whether that one was moved") {
      around.listed_after = {25, 25};
      CHECK(run() == "held n");
    }
    SECTION("it waits for what we have under way") {
      known.intent.emplace();
      CHECK(run() == "held n");
    }
  }
  SECTION("what was removed for good is no longer its own") {
    known.seen[R]->presence = presence::left;
    known.buried = utc_seconds{};
    CHECK(run() == "");
  }
}

TEST_CASE("a copy that an older state never knew is its item's, wherever its user has put it since") {
  for (side s : both_sides) {
    auto known = half("t", other(s)), copy = half("n", s);
    copy.seen[s]->mark = logic::make_mark(known.pair, known.id, intent_id{"forgotten"}, *known.seen[other(s)]);
    copy.seen[s]->folder = folder_pair_id{"archive"};
    const logic::match_surroundings around{{folder_pair_id{"inbox"}, folder_pair_id{"archive"}}};
    const auto found = [&] { return in_words(logic::match({known, copy}, {known}, around)); };
    CHECK(found() == "t=n@" + name(s));
    auto beside = copy; // a user's copy of it, opposite to what has its own by now
    beside.id = twin_id{"o"};
    beside.seen[s]->folder = folder_pair_id{"inbox"};
    CHECK(in_words(logic::match({known, copy, beside}, {known}, around)) == "t=n@" + name(s));
    known.intent = intent{};
    CHECK(found() == "held n");
    known.intent.reset();
    known.seen[s] = copy.seen[s]; // its user's copy of what is known
    CHECK(found() == "");
  }
}

TEST_CASE("what a create that was given up has made, and its user has deleted before it was read, is deleted") {
  for (side s : both_sides) {
    auto source = half("s", other(s)), made = half("n", s);
    made.seen[s]->mark = operation_mark{"jane/s/i1"};
    made.seen[s]->presence = presence::left;
    source.abandoned = {made.seen[s]->mark};
    CHECK(in_words(logic::match({source, made}, {source}, in_inbox)) == "held n; read s");
    read_contents(source, other(s), original);
    auto around = in_inbox;
    around.listed_after = {30, 30}; // it may have been moved
    CHECK(in_words(logic::match({source, made}, {source}, around)) == "held n; held s");
    const auto found = logic::match({source, made}, {source}, in_inbox);
    REQUIRE(in_words(found) == "s=n@" + name(s));
    auto t = source;
    t.base = found.same.front().base;
    t.seen[s] = made.seen[s];
    CHECK(in_words(logic::decide(t, quiet())) == "remove " + name(other(s)));
    edit(t, other(s), with(field::subject, "Changed"));
    CHECK(in_words(logic::decide(t, quiet())) == "remove " + name(other(s)) + ", " + name(other(s)) + " loses");
    SECTION("not before it is known what came of a create that is open") {
      source.intent.emplace();
      source.intent->operation = operation::create;
      source.intent->mark = made.seen[s]->mark;
      source.intent->target = s;
      made.seen[s]->message_id = {}; // its mark alone tells
      CHECK(in_words(logic::match({source, made}, {source}, in_inbox)) == "held n");
    }
    SECTION("nothing else has taken its place") {
      source.seen[s] = seen_at(s, 40);
      CHECK(in_words(logic::match({source, made}, {source}, in_inbox)) == "");
    }
  }
}

TEST_CASE("that a file was put in place of another one stays known where its mailbox gets other ids") {
  // A server of 2007 tells no sizes.
  const auto known_by = [](const std::string& ids) {
    auto v = with(field::attachments, "a.pdf");
    v.push_back({hint::attachment_ids, ids});
    v.push_back({hint::attachment_holder, "old"});
    return v;
  };
  auto t = agreed_twin();
  (*t.base)[P].content = logic::digests_of(known_by("1"));
  const auto agreed_now = [&] {
    t.seen[P]->presence = presence::absent;
    const auto found = logic::match({t, half("n", P, "", "search-P")}, {}, in_inbox);
    REQUIRE(in_words(found) == "t1=n@P");
    const auto& base = found.same.front().base;
    return base ? logic::only((*base)[P].content, {field::attachments}) : field_digests{};
  };
  edit(t, P, known_by("1"));
  CHECK(agreed_now().empty());
  edit(t, P, known_by("2"));
  CHECK(agreed_now() == field_digests{{field::attachments, logic::to_be_carried}});
}
