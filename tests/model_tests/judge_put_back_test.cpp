// What users put back: beside another copy it is one item or two, on the two sides it is one.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

TEST_CASE("what a user puts back beside the copy of the other one's is one item or two, and as many on both sides") {
  mail_on_both w;
  w.deletes(who::user, w.p);
  w.deletes(who::daemon, w.r);
  w.moves(who::user, w.p, "inbox");
  auto copy = w.carried(w.p);
  w.lists(copy);
  CHECK(w.words() == "");
  // The other side's old copy, beside the new one.
  w.moves(who::user, w.r, "inbox");
  CHECK(w.broken() == std::vector{rule::missing});
  auto one = w;
  one.deletes(who::daemon, w.r);
  CHECK(one.words() == "");
  auto none = one;
  none.deletes(who::daemon, copy);
  none.deletes(who::daemon, w.p);
  CHECK(none.broken() == std::vector{rule::missing});
  w.carried(w.r);
  CHECK(w.words() == "");
  w.carried(w.r);
  CHECK(w.broken() == std::vector{rule::doubled});
}

TEST_CASE("what users put back on the two sides is one item, and two only where one was carried before the other was "
          "listed") {
  for (bool listed : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, w.p);
    w.deletes(who::daemon, w.r);
    w.moves(who::user, w.p, "inbox");
    w.lists(w.p);
    w.moves(who::user, w.r, "inbox");
    if (listed) w.lists(w.r);
    CHECK(w.words() == "");
    w.carried(w.p);
    w.carried(w.r);
    CHECK(w.broken() == (listed ? std::vector{rule::doubled} : nothing));
    w.carried(w.p);
    CHECK(w.broken() == std::vector{rule::doubled});
  }
}

TEST_CASE("a list that a crash took has told of nothing") {
  for (bool crashed : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, w.p);
    w.deletes(who::daemon, w.r);
    w.moves(who::user, w.p, "inbox");
    w.moves(who::user, w.r, "inbox");
    w.lists(w.r);
    if (crashed) w.administrator(act::crash);
    w.carried(w.p);
    w.carried(w.r);
    CHECK(w.broken() == (crashed ? nothing : std::vector{rule::doubled}));
  }
}

TEST_CASE("an older copy that is put back where the newer one lay is the other side's, too") {
  mail_on_both w;
  auto fresh = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
  w.lists(fresh);
  w.deletes(who::daemon, w.p);
  w.deletes(who::user, w.r);
  w.deletes(who::daemon, fresh);
  w.moves(who::user, w.r, "inbox");
  w.lists(w.r);
  w.moves(who::user, w.p, "inbox");
  w.lists(w.p);
  CHECK(w.words() == "");
  auto copy = w.carried(w.p);
  CHECK(w.broken() != nothing);
  w.carried(w.r);
  CHECK(w.broken() == std::vector{rule::doubled});
  static_cast<void>(copy);
}

TEST_CASE("a copy put where its user has just taken the item away stands in its place: one is there, and not none") {
  mail_on_both w;
  auto copy = w.copies(who::user, w.p, "inbox/Elsewhere");
  w.lists(w.p);
  w.deletes(who::user, w.p);
  w.moves(who::user, copy, "inbox");
  CHECK(w.words() == "");
  auto two = w;
  two.carried(copy);
  two.carried(w.r);
  CHECK(two.broken() == std::vector{rule::doubled});
  w.deletes(who::daemon, w.r);
  CHECK(w.broken() == std::vector{rule::missing});
  w.deletes(who::daemon, copy);
  CHECK(w.broken() == std::vector{rule::missing});
}

TEST_CASE("a copy that the daemon took back and a user puts beside the one that stayed may stay or go") {
  for (bool listed : {false, true}) {
    mail_on_both w;
    auto fresh = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    if (listed) w.lists(fresh);
    w.deletes(who::daemon, fresh);
    w.moves(who::user, fresh, "inbox");
    CHECK(w.broken() == std::vector{rule::missing});
    auto gone = w;
    w.carried(fresh);
    CHECK(w.words() == "");
    w.carried(fresh);
    CHECK(w.broken() == std::vector{rule::doubled});
    gone.deletes(who::daemon, fresh);
    CHECK(gone.words() == "");
    gone.deletes(who::daemon, gone.p);
    CHECK(gone.broken() == std::vector{rule::missing});
  }
}

TEST_CASE("a copy that a user took away and puts beside the one that was made after it may stay or go") {
  written_history w;
  w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
  auto r = w.makes(who::transport, side::replica, "label-1", {{"subject", "Lunch"}});
  auto first = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
  w.lists(first);
  w.deletes(who::user, first);
  w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
  w.deletes(who::daemon, r);
  CHECK(w.words() == "");
  w.moves(who::user, first, "inbox");
  auto gone = w;
  w.carried(first);
  CHECK(w.words() == "");
  gone.deletes(who::daemon, first);
  CHECK(gone.words() == "");
}

TEST_CASE(
    "one user brings an item back and takes it out again, then the other one brings it back: who was told keeps it") {
  for (bool told : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, w.r);
    w.tells_gone(w.r);
    w.deletes(who::daemon, w.p);
    w.moves(who::user, w.r, "inbox");
    w.lists(w.r);
    w.moves(who::user, w.r, "inbox/Elsewhere");
    if (told) w.tells_gone(w.r);
    w.moves(who::user, w.p, "inbox");
    auto kept = w;
    kept.carried(w.p);
    CHECK(kept.words() == "");
    w.lists(w.p);
    w.deletes(who::daemon, w.p);
    CHECK(w.broken() == (told ? std::vector{rule::missing} : nothing));
  }
}

TEST_CASE(
    "what the daemon had put out is one more where its user puts it back, whatever the other side's users copied") {
  for (bool by_daemon : {true, false}) {
    mail_on_both w;
    auto last = w.p;
    if (by_daemon) {
      last = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
      w.lists(last);
      w.deletes(who::daemon, w.p);
    }
    auto copy = w.copies(who::user, w.r);
    if (!by_daemon) w.deletes(who::user, w.p);
    w.moves(who::user, w.p, "inbox");
    w.carried(w.p);
    w.carried(copy);
    if (!by_daemon) w.carried(w.r);
    CHECK(w.broken() == (by_daemon ? nothing : std::vector{rule::doubled}));
    auto more = w;
    more.carried(last);
    more.carried(w.r);
    CHECK(more.broken() == std::vector{rule::doubled});
  }
}

TEST_CASE("a copy that one user puts where nothing is left and an original that the other one puts back are two where "
          "they differ") {
  for (bool differ : {true, false}) {
    written_history w;
    auto p = w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.makes(who::transport, side::replica, "label-1", {{"subject", "Lunch"}});
    auto copy = w.copies(who::user, p, "inbox/Elsewhere");
    if (differ) w.edits(who::user, copy, {{"subject", "Supper"}});
    w.deletes(who::user, p);
    w.tells_gone(p);
    w.deletes(who::daemon, r);
    auto back = w.copies(who::user, copy);
    w.moves(who::user, r, "inbox");
    w.lists(back);
    w.lists(r);
    w.reads(back);
    w.reads(r);
    w.carried(back);
    w.carried(r);
    CHECK(w.broken() == (differ ? nothing : std::vector{rule::doubled}));
    w.carried(r);
    w.carried(back);
    CHECK(w.broken().at(0) == rule::doubled);
  }
}

TEST_CASE(
    "what its user takes away and puts back between two lists, while the other side's user deletes his, was moved "
    "and deleted, and one of it and its copy may go") {
  for (bool copied : {true, false})
    for (bool told : {true, false}) {
      mail_on_both w;
      w.deletes(who::user, w.p);
      if (told) w.tells_gone(w.p);
      w.deletes(who::user, w.r);
      auto one = w.p;
      if (copied)
        one = w.copies(who::user, w.p, "inbox");
      else
        w.moves(who::user, w.p, "inbox");
      auto two = w.copies(who::user, w.p, "inbox");
      w.lists(one);
      w.lists(two);
      w.carried(two);
      auto both = w;
      w.deletes(who::daemon, one);
      CHECK(w.broken() == (told ? std::vector{rule::missing} : nothing));
      both.carried(one);
      CHECK(both.words() == "");
      w.deletes(who::daemon, two);
      CHECK(w.broken() == std::vector{rule::missing});
    }
}

TEST_CASE("a copy in place of what was moved away goes where the other side's user deletes his, and only there") {
  for (bool deleted : {true, false}) {
    mail_on_both w;
    if (deleted) w.deletes(who::user, w.r);
    w.moves(who::user, w.p, "inbox/Elsewhere");
    auto copy = w.copies(who::user, w.p, "inbox");
    w.lists(copy);
    auto more = w.copies(who::user, w.p, "inbox");
    w.deletes(who::user, more);
    w.deletes(who::daemon, copy);
    if (!deleted) w.deletes(who::daemon, w.r);
    CHECK(w.broken() == (deleted ? nothing : std::vector{rule::missing}));
  }
}

TEST_CASE(
    "what a create in flight makes beside an item that its user brings back is one more, however late it is made; "
    "after that was listed it is not") {
  for (bool before : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, w.p);
    w.tells_gone(w.p);
    w.deletes(who::daemon, w.r);
    w.moves(who::user, w.r, "inbox");
    w.lists(w.r);
    const auto asked = w.so_far.steps.back().at;
    w.moves(who::user, w.p, "inbox");
    w.lists(w.p);
    auto late = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    w.so_far.steps.back().answered = false;
    if (before) w.so_far.steps.back().asked = asked;
    w.lists(late);
    w.carried(w.p);
    CHECK(w.broken() == (before ? nothing : std::vector{rule::doubled}));
  }
}

TEST_CASE(
    "a copy that comes so late that its pair has been forgotten is one more, carried or not; what was listed before "
    "is none") {
  for (bool listed : {true, false})
    for (bool carried : {true, false}) {
      mail_on_both w;
      auto late = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
      w.so_far.steps.back().answered = false;
      if (listed) w.lists(late);
      w.administrator(act::state_lost);
      w.lists(late);
      w.reads(w.p);
      w.reads(w.r);
      if (carried) w.carried(late);
      CHECK(w.broken() == (listed ? std::vector{rule::doubled} : nothing));
      w.carried(late);
      if (!listed && carried) CHECK(w.broken() == std::vector{rule::doubled});
    }
}

TEST_CASE("a state that is lost while an item is being replaced leaves two; where what was made says the same, it is "
          "doubled") {
  for (bool replaced : {true, false}) {
    mail_on_both w;
    if (replaced) w.edits(who::user, w.p, {{"importance", "High"}});
    fields says{{"subject", "Lunch"}};
    if (replaced) says["importance"] = "High";
    auto fresh = w.makes(who::daemon, side::replica, "label-1", says);
    w.lists(fresh);
    w.administrator(act::state_lost);
    w.reads(w.p);
    w.reads(w.r);
    w.reads(fresh);
    auto copy = w.carried(w.r);
    CHECK(w.broken() == (replaced ? nothing : std::vector{rule::doubled}));
    w.carried(copy);
    CHECK(w.broken() == std::vector{rule::doubled});
  }
}

TEST_CASE(
    "what lay here before all was gone is one more beside another, whatever was copied meanwhile; a third one is not") {
  mail_on_both w;
  w.deletes(who::user, w.r);
  w.tells_gone(w.r);
  w.deletes(who::daemon, w.p);
  w.moves(who::user, w.p, "inbox");
  w.lists(w.carried(w.p));
  auto copy = w.copies(who::user, w.p);
  w.lists(copy);
  w.moves(who::user, w.r, "inbox");
  w.lists(w.r);
  w.carried(copy);
  auto again = w.carried(w.r);
  CHECK(w.words() == "");
  w.carried(again);
  CHECK(w.broken().at(0) == rule::doubled);
}

TEST_CASE("a copy of a copy in place of what was taken away is a move, too; a mail of its own is none") {
  for (bool copied : {true, false}) {
    mail_on_both w;
    auto kept = copied ? w.copies(who::user, w.p, "inbox/Elsewhere")
                       : w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}}, "inbox/Elsewhere");
    w.deletes(who::user, w.r);
    w.deletes(who::user, w.p);
    auto one = w.copies(who::user, kept, "inbox");
    auto two = w.copies(who::user, kept, "inbox");
    w.lists(one);
    w.lists(two);
    w.carried(two);
    w.deletes(who::daemon, one);
    CHECK(w.broken() == (copied ? nothing : std::vector{rule::missing}));
  }
}

TEST_CASE("of what its user put back after a move and a deletion one may go, and no copy that he made of it later") {
  enum class goes { first, copy, later_copy };
  for (auto which : {goes::first, goes::copy, goes::later_copy}) {
    mail_on_both w;
    w.deletes(who::user, w.p);
    w.deletes(who::user, w.r);
    auto one = w.copies(who::user, w.p, "inbox");
    if (which == goes::later_copy) w.lists(one);
    auto two = w.copies(who::user, w.p, "inbox");
    w.lists(one);
    w.lists(two);
    auto mate = w.carried(which == goes::first ? two : one);
    w.deletes(who::daemon, which == goes::first ? one : two);
    CHECK(w.broken() == (which == goes::later_copy ? std::vector{rule::missing} : nothing));
    w.deletes(who::daemon, which == goes::first ? two : one);
    w.deletes(who::daemon, mate);
    CHECK(w.broken() == std::vector{rule::missing});
  }
}
