// Where an item lies after moves that compete, that come to nothing, or that go with a deletion.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

/// With a third folder pair, "sent".
struct with_sent : mail_on_both {
  with_sent() {
    auto sent = given.pairs[0].folders[0];
    sent.name = sent.primary = sent.replica = "sentitems";
    given.pairs[0].folders.push_back(sent);
  }
};

} // namespace

TEST_CASE("a move that went with a deletion counts no more where the other side's user brings his item back") {
  for (bool removed : {true, false})
    for (bool told : {true, false}) {
      mail_on_both w;
      w.moves(who::user, w.p, "inbox/Projects");
      w.deletes(who::user, w.r);
      if (told) w.tells_gone(w.r);
      auto late = w;
      if (removed) w.deletes(who::daemon, w.p);
      w.moves(who::user, w.r, "inbox");
      if (removed)
        w.carried(w.r);
      else
        w.moves(who::daemon, w.p, "inbox");
      CHECK(w.broken() == (removed ? nothing : std::vector{rule::place}));
      late.moves(who::user, late.r, "inbox");
      late.carried(late.r);
      late.deletes(who::daemon, late.p);
      CHECK(late.broken() == (told ? nothing : std::vector{rule::place}));
    }
}

TEST_CASE("a replica's move that went with a deletion counts no more, either; a move of what stays does") {
  for (bool stays : {false, true}) {
    mail_on_both w;
    w.deletes(who::user, w.p);
    w.tells_gone(w.p);
    w.moves(who::user, w.r, "inbox/From HQ");
    if (!stays) w.deletes(who::daemon, w.r);
    w.moves(who::user, w.p, "inbox");
    if (stays)
      w.moves(who::daemon, w.r, "inbox");
    else
      w.carried(w.p);
    CHECK(w.broken() == (stays ? std::vector{rule::place} : nothing));
  }
}

TEST_CASE("what is brought back after a deletion is new, also where its user moves it on before anybody looks") {
  for (bool removed : {true, false}) {
    mail_on_both w;
    auto sent = w.inbox();
    sent.name = "sent";
    sent.primary = sent.replica = "sentitems";
    w.given.pairs[0].folders.push_back(sent);
    w.deletes(who::user, w.r);
    w.tells_gone(w.r);
    w.moves(who::user, w.p, "inbox/Projects");
    if (removed) w.deletes(who::daemon, w.p);
    w.moves(who::user, w.r, "inbox");
    w.moves(who::user, w.r, "sentitems");
    if (removed)
      w.carried(w.r, "sentitems");
    else
      w.moves(who::daemon, w.p, "sentitems");
    CHECK(w.broken() == (removed ? nothing : std::vector{rule::place}));
  }
}

TEST_CASE("an older copy that is brought back after a deletion is new, and the move of what was deleted is over") {
  for (bool told : {true, false}) {
    mail_on_both w;
    auto fresh = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    w.lists(fresh);
    w.deletes(who::daemon, w.r);
    w.moves(who::user, w.p, "inbox/Projects");
    w.deletes(who::user, fresh);
    if (told) w.tells_gone(fresh);
    w.moves(who::user, w.r, "inbox");
    w.carried(w.r);
    w.deletes(who::daemon, w.p);
    CHECK(w.broken() == (told ? nothing : std::vector{rule::place}));
  }
}

TEST_CASE(
    "who moves an item away and back before anything was carried has not moved it, and the other one's move counts") {
  for (bool carried : {false, true})
    for (bool back : {true, false}) {
      with_sent w;
      w.moves(who::user, w.p, "sentitems");
      w.lists(w.p);
      if (carried) w.moves(who::daemon, w.r, "sentitems");
      w.moves(who::user, w.r, "inbox/From HQ");
      if (back) w.moves(who::user, w.p, "inbox");
      w.moves(who::daemon, w.p, "inbox/Projects");
      // What was carried is agreed. The replica's move after it stands where the primary's user made no other.
      CHECK(w.broken() == (carried != back ? nothing : std::vector{rule::place}));
    }
}

TEST_CASE("what both users moved alike is agreed once it is listed, and a way back from there is a move") {
  for (bool listed : {true, false}) {
    mail_on_both w;
    w.moves(who::user, w.p, "inbox/Projects");
    w.moves(who::user, w.r, "inbox/From HQ");
    if (listed) w.lists(w.p);
    w.moves(who::user, w.p, "inbox");
    w.moves(who::daemon, w.p, "inbox/Projects");
    CHECK(w.broken() == (listed ? std::vector{rule::place} : nothing));
  }
}

TEST_CASE("a deletion that its user takes back before it was carried is none, or a move to where he puts the item") {
  for (bool elsewhere : {true, false}) {
    with_sent w;
    w.deletes(who::user, w.p);
    w.tells_gone(w.p);
    w.moves(who::user, w.r, "sentitems");
    w.moves(who::user, w.p, elsewhere ? "inbox/Projects" : "inbox");
    w.lists(w.p);
    auto replicas = w;
    w.moves(who::daemon, w.r, elsewhere ? "inbox/From HQ" : "inbox");
    CHECK(w.broken() == (elsewhere ? nothing : std::vector{rule::place}));
    replicas.moves(who::daemon, replicas.p, "sentitems");
    CHECK(replicas.broken() == (elsewhere ? std::vector{rule::place} : nothing));
  }
}

TEST_CASE("what its user brings back after its deletion was carried is a creation, and no move") {
  with_sent w;
  w.deletes(who::user, w.p);
  w.tells_gone(w.p);
  w.deletes(who::daemon, w.r);
  w.moves(who::user, w.p, "inbox/Projects");
  auto copy = w.carried(w.p, "inbox/From HQ");
  w.moves(who::user, copy, "sentitems");
  auto undone = w;
  w.moves(who::daemon, w.p, "sentitems");
  CHECK(w.words() == "");
  undone.moves(who::daemon, copy, "inbox/From HQ");
  CHECK(undone.broken() == std::vector{rule::place});
}

TEST_CASE("what is moved out of a folder behind rights comes over as new, and a move of the old copy goes with that") {
  for (bool rights : {true, false})
    for (bool first : {false, true}) {
      with_sent w;
      if (rights) w.administrator(act::rights_changed);
      w.moves(who::user, w.r, "inbox/From HQ");
      if (first) w.moves(who::user, w.p, "sentitems");
      w.carried(w.r, "inbox/Projects");
      if (!first) w.moves(who::user, w.p, "sentitems");
      w.deletes(who::daemon, w.p);
      // Without a word of rights it is a move, and what is moved only is made anew on no side.
      auto broken = w.broken();
      CHECK((broken == nothing) == (rights && !first));
    }
}

TEST_CASE("one way, a source that was moved away and back has not changed, and what the target's users moved stays") {
  for (bool carried : {false, true}) {
    with_sent w;
    w.one_way(direction::primary_to_replica, drift::leave);
    w.moves(who::user, w.r, "inbox/From HQ");
    w.moves(who::user, w.p, "sentitems");
    if (carried) w.moves(who::daemon, w.r, "sentitems");
    if (carried) w.moves(who::user, w.r, "inbox/From HQ");
    w.moves(who::user, w.p, "inbox");
    CHECK(w.broken() == (carried ? std::vector{rule::place} : nothing));
  }
}

TEST_CASE(
    "who moves a new item there and back before the other side had one has moved it, and what comes later counts") {
  for (bool later : {true, false}) {
    with_sent w;
    auto mail = w.makes(who::user, side::primary, "label-2", {{"subject", "Supper"}});
    w.moves(who::user, mail, "sentitems");
    w.moves(who::user, mail, "inbox");
    w.moves(who::user, mail, "sentitems");
    auto copy = w.carried(mail, "sentitems");
    if (later) w.moves(who::user, copy, "inbox/From HQ");
    w.moves(who::daemon, later ? mail : copy, later ? "inbox/Projects" : "inbox/From HQ");
    if (!later) w.moves(who::daemon, mail, "inbox/Projects");
    CHECK(w.broken() == (later ? nothing : std::vector{rule::place}));
  }
}

TEST_CASE(
    "what lies in a folder that the daemon renames lies where it was put; what the daemon takes out of it does not") {
  for (bool renamed : {true, false}) {
    with_sent w;
    w.moves(who::user, w.p, "inbox/Projects");
    w.moves(who::daemon, w.p, "sentitems");
    if (renamed) w.so_far.steps.back().act = "UpdateFolder";
    w.moves(who::daemon, w.r, "sentitems");
    CHECK(w.broken() == (renamed ? nothing : std::vector{rule::place}));
  }
}

TEST_CASE(
    "a move of one of two that the daemon had made and takes back goes with it; a move of a user's own does not") {
  for (bool ours : {true, false}) {
    mail_on_both w;
    auto late = w.makes(ours ? who::daemon : who::user, side::replica, "label-1", {{"subject", "Lunch"}});
    w.lists(late);
    w.moves(who::user, late, "inbox/From HQ");
    w.deletes(who::daemon, late);
    CHECK(w.broken().empty() == ours);
  }
}
