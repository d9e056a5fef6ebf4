// Nothing that no user deleted is missing, nothing is there twice, nothing comes back.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

TEST_CASE("a mail that is on both sides once is right") {
  mail_on_both w;
  CHECK(w.words() == "");
}

TEST_CASE("a mail that was never carried is missing") {
  written_history w;
  w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  CHECK(w.broken() == std::vector{rule::missing});
  written_history other;
  other.makes(who::user, side::replica, "label-1", {{"subject", "Lunch"}});
  CHECK(other.broken() == std::vector{rule::missing});
}

TEST_CASE("a mail that the daemon deleted by itself is missing") {
  mail_on_both w;
  w.deletes(who::daemon, w.r);
  CHECK(w.broken() == std::vector{rule::missing});
  w.purges(who::daemon, w.p);
  CHECK(w.broken() == std::vector{rule::missing});
}

TEST_CASE("a second copy that no user made is one too many") {
  mail_on_both w;
  w.carried(w.p);
  CHECK(w.broken() == std::vector{rule::doubled});
}

TEST_CASE("what a user deletes goes on both sides") {
  for (bool at_primary : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, at_primary ? w.p : w.r);
    CHECK(w.broken() == std::vector{rule::came_back});
    w.deletes(who::daemon, at_primary ? w.r : w.p);
    CHECK(w.words() == "");
  }
}

TEST_CASE("what was deleted and is made again by the daemon came back") {
  mail_on_both w;
  w.deletes(who::user, w.p);
  w.deletes(who::daemon, w.r);
  auto again = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
  w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
  CHECK(w.broken() == std::vector{rule::came_back});
  w.purges(who::daemon, again);
  CHECK(w.broken() == std::vector{rule::came_back});
}

TEST_CASE("what its user brings back after its deletion is there again") {
  mail_on_both w;
  w.deletes(who::user, w.p);
  w.deletes(who::daemon, w.r);
  w.moves(who::user, w.p, "inbox");
  CHECK(w.broken() == std::vector{rule::missing});
  w.carried(w.p);
  CHECK(w.words() == "");
}

TEST_CASE("out and back in before anybody looked is a mail that stays") {
  mail_on_both w;
  w.moves(who::user, w.p, "inbox/Elsewhere");
  w.moves(who::user, w.p, "inbox");
  CHECK(w.words() == "");
  w.deletes(who::daemon, w.r);
  CHECK(w.broken() == std::vector{rule::missing});
}

TEST_CASE("brought back at one side while the other deleted it: both sides have it, or none") {
  mail_on_both w;
  w.deletes(who::user, w.r);
  w.moves(who::user, w.p, "inbox/Elsewhere");
  w.moves(who::user, w.p, "inbox");
  CHECK(w.broken() == std::vector{rule::missing});
  auto both = w;
  both.carried(w.p);
  CHECK(both.words() == "");
  w.deletes(who::daemon, w.p);
  CHECK(w.words() == "");
}

TEST_CASE("a deletion that nobody carried before the state was lost may be undone, a carried one may not") {
  mail_on_both w;
  w.deletes(who::user, w.p);
  w.administrator(act::state_lost);
  w.carried(w.r);
  CHECK(w.words() == "");
  mail_on_both v;
  v.deletes(who::user, v.p);
  v.deletes(who::daemon, v.r);
  v.administrator(act::state_lost);
  v.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
  v.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
  CHECK(v.broken() == std::vector{rule::came_back});
}

TEST_CASE("first contents that both sides hold are one item") {
  written_history w;
  w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
  auto r = w.makes(who::transport, side::replica, "label-1", {{"subject", "Lunch"}});
  CHECK(w.words() == "");
  w.carried(r);
  CHECK(w.broken() == std::vector{rule::doubled});
}

TEST_CASE("first contents that one side lost before anybody looked are on both sides, or on none") {
  written_history w;
  auto p = w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
  auto r = w.makes(who::transport, side::replica, "label-1", {{"subject", "Lunch"}});
  w.deletes(who::user, p);
  w.carried(r);
  CHECK(w.words() == "");
}

TEST_CASE("copies of users are counted") {
  mail_on_both w;
  auto copy = w.copies(who::user, w.p);
  CHECK(w.broken() == std::vector{rule::missing});
  w.carried(copy);
  CHECK(w.words() == "");
  auto more = w;
  more.carried(copy);
  CHECK(more.broken() == std::vector{rule::doubled});
  w.deletes(who::user, copy);
  CHECK(w.broken() != nothing);
  w.deletes(who::daemon, w.r);
  CHECK(w.words() == "");
}

TEST_CASE("three equal first contents here and three there are three") {
  written_history w;
  for (int i = 0; i < 3; ++i) {
    w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
    w.makes(who::transport, side::replica, "label-1", {{"subject", "Lunch"}});
  }
  CHECK(w.words() == "");
  w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
  CHECK(w.broken() == std::vector{rule::doubled});
}

TEST_CASE("an item without a label that the daemon made is nobody's") {
  mail_on_both w;
  w.makes(who::daemon, side::replica, "", {{"subject", "?"}});
  CHECK(w.broken() == std::vector{rule::doubled});
}

TEST_CASE("what lies in no folder pair is no matter of the daemon's") {
  written_history w;
  w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}}, "drafts");
  CHECK(w.words() == "");
}

TEST_CASE("two that go by one name and are new on both sides at once may be taken for one, later ones may not") {
  written_history w;
  w.makes(who::transport, side::primary, "label-1", {{"subject", "A"}, {"message_id", "\"<1@x>\""}});
  auto r = w.makes(who::transport, side::replica, "label-2", {{"subject", "B"}, {"message_id", "\"<1@x>\""}});
  CHECK(w.words() == "");
  w.carried(r);
  CHECK(w.words() == "");
  w.carried(r);
  CHECK(w.broken() == std::vector{rule::doubled});
  mail_on_both v;
  v.makes(who::user, side::replica, "label-2", {{"subject", "Lunch"}});
  CHECK(v.broken() == std::vector{rule::missing});
}

TEST_CASE("what was purged before anybody could know of it may be made again, what lies in Deleted Items may not") {
  for (bool purged : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.so_far.steps.back().answered = false;
    auto seen = w;
    seen.lists(r);
    for (auto* one : {&w, &seen})
      if (purged)
        one->purges(who::user, r);
      else
        one->deletes(who::user, r);
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    seen.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (purged ? nothing : std::vector{rule::came_back}));
    CHECK(seen.broken() == std::vector{rule::came_back});
  }
}

TEST_CASE("one of several copies that its user takes out and brings back is one of them as before") {
  mail_on_both w;
  auto copy = w.copies(who::user, w.p);
  w.carried(copy);
  w.deletes(who::user, w.p);
  w.deletes(who::daemon, w.r);
  w.moves(who::user, w.p, "inbox");
  auto left_out = w;
  w.carried(w.p);
  CHECK(w.words() == "");
  CHECK(left_out.broken() == std::vector{rule::missing});
  w.carried(w.p);
  CHECK(w.broken() == std::vector{rule::doubled});
}

TEST_CASE("a copy deleted between an invalid cursor and the next listing may stay with its twin or go with it") {
  mail_on_both w;
  auto copy = w.copies(who::user, w.p), twin = w.carried(copy);
  w.lists(copy);
  auto followed = w;
  w.administrator(act::cursor_lost);
  for (auto* one : {&w, &followed}) {
    one->deletes(who::user, copy);
    one->makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
  }
  CHECK(w.words() == "");
  CHECK(followed.broken() == std::vector{rule::doubled});
  static_cast<void>(twin);
}

TEST_CASE("a copy that its user made elsewhere and brings in is one more") {
  mail_on_both w;
  auto copy = w.copies(who::user, w.p, "inbox/Elsewhere");
  w.moves(who::user, copy, "inbox");
  CHECK(w.broken() == std::vector{rule::missing});
  w.carried(copy);
  CHECK(w.words() == "");
}

TEST_CASE("the old one of a mail that was replaced is one more if its user brings it back, first or last") {
  for (bool first : {true, false}) {
    mail_on_both w;
    auto fresh = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    w.deletes(who::daemon, w.p);
    w.deletes(who::user, fresh);
    w.deletes(who::daemon, w.r);
    w.moves(who::user, first ? w.p : fresh, "inbox");
    w.moves(who::user, first ? fresh : w.p, "inbox");
    w.carried(w.p);
    w.carried(fresh);
    CHECK(w.words() == "");
  }
}

TEST_CASE("what pairing takes for another's item is written over, and missed by nobody, settings changed or not") {
  for (bool same_name : {true, false}) {
    written_history w;
    auto p = w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.makes(who::transport, side::replica, "label-2", {{"subject", same_name ? "Lunch" : "Tea"}});
    w.administrator(act::settings_changed);
    auto other = std::make_shared<settings>(w.given);
    other->pairs[0].folders[0].direction = direction::primary_to_replica;
    w.so_far.steps.back().changed_to = other;
    w.purges(who::daemon, r);
    w.carried(p);
    CHECK(w.broken() == (same_name ? nothing : std::vector{rule::missing}));
  }
}

TEST_CASE("what left after a list from the beginning that a crash took may come back, one that was kept tells of it") {
  for (bool crashed : {true, false}) {
    mail_on_both w;
    w.administrator(act::cursor_lost);
    w.lists(w.r);
    if (crashed) w.administrator(act::crash);
    w.deletes(who::user, w.r);
    auto told = w;
    w.lists(w.p);
    auto again = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (crashed ? nothing : std::vector{rule::came_back}));
    told.tells_gone(told.r);
    told.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(told.broken() == std::vector{rule::came_back});
    static_cast<void>(again);
  }
}

TEST_CASE("what a search found while the cursor was lost may come back, what a list told of may not") {
  for (bool searched : {true, false}) {
    mail_on_both w;
    w.administrator(act::cursor_lost);
    w.lists(w.r);
    if (searched) w.so_far.steps.back().act = "FindItem";
    w.deletes(who::user, w.r);
    w.lists(w.p);
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (searched ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("a list of the other side does not tell whether a crash took the list of this one") {
  for (bool crashed : {true, false}) {
    mail_on_both w;
    auto other = w.makes(who::user, side::replica, "label-2", {{"subject", "Tea"}});
    w.carried(other);
    w.administrator(act::cursor_lost);
    w.lists(w.r);
    w.deletes(who::user, w.r);
    w.lists(w.p);
    if (crashed) w.administrator(act::crash);
    w.lists(other);
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (crashed ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("what its user puts elsewhere before anything told of it is found nowhere, and may be made again") {
  for (bool answered : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.so_far.steps.back().answered = answered;
    w.moves(who::user, r, "inbox/Elsewhere");
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (answered ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("what is brought back is new once more, and pairing may take another of its name for it") {
  mail_on_both w;
  w.deletes(who::user, w.p);
  w.deletes(who::daemon, w.r);
  w.makes(who::user, side::replica, "label-2", {{"subject", "Lunch"}});
  auto before = w;
  w.moves(who::user, w.p, "inbox");
  CHECK(w.words() == "");
  CHECK(before.broken() == std::vector{rule::missing});
}

TEST_CASE("what is put back is what a frozen folder pair lost: two deletions freeze none") {
  for (int count : {2, 3}) {
    written_history w;
    std::vector<item_number> p, r;
    for (int i = 1; i <= count; ++i) {
      p.push_back(w.makes(who::user, side::primary, "label-" + std::to_string(i), {{"subject", "S"}}));
      r.push_back(w.carried(p.back()));
    }
    for (auto one : p)
      w.deletes(who::user, one);
    w.administrator(act::restored);
    for (auto one : r)
      w.carried(one);
    CHECK(w.broken() == (count == 3 ? nothing : std::vector{rule::came_back, rule::came_back}));
  }
}

TEST_CASE("of a forgotten item what one side loses before both were read again may come back, later it may not") {
  for (bool read : {true, false}) {
    mail_on_both w;
    w.administrator(act::state_lost);
    w.lists(w.p);
    w.lists(w.r);
    if (read) w.reads(w.p);
    if (read) w.reads(w.r);
    w.deletes(who::user, w.r);
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (read ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("what is out of the settings for a while is put back, however little it was") {
  for (bool away : {true, false}) {
    mail_on_both w;
    if (away) w.administrator(act::away);
    w.deletes(who::user, w.p);
    w.administrator(act::restored);
    w.carried(w.r);
    CHECK(w.broken() == (away ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("two users bring one item back, and one takes it out again: who has read both, and not only listed them, "
          "carries that") {
  for (bool read : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, w.p);
    w.lists(w.r);
    w.deletes(who::daemon, w.r);
    w.moves(who::user, w.p, "inbox");
    w.lists(w.p);
    w.moves(who::user, w.r, "inbox");
    w.lists(w.r);
    if (read) w.reads(w.p);
    if (read) w.reads(w.r);
    w.moves(who::user, w.p, "inbox/Elsewhere");
    w.lists(w.r);
    w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (read ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("a copy that lay elsewhere is one of its own when it is brought in where nothing lies any more") {
  mail_on_both w;
  auto copy = w.copies(who::user, w.r, "inbox/Elsewhere");
  w.deletes(who::user, w.p);
  w.deletes(who::daemon, w.r);
  w.moves(who::user, copy, "inbox");
  auto twin = w.carried(copy);
  auto second = w.copies(who::user, twin);
  w.carried(second);
  CHECK(w.words() == "");
}

TEST_CASE("what was made while the cursor was invalid, and left before the next list, may come back") {
  for (bool listed : {true, false}) {
    written_history w;
    auto other = w.makes(who::user, side::replica, "label-2", {{"subject", "Tea"}});
    w.carried(other);
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    w.administrator(act::cursor_lost);
    auto r = w.carried(p);
    if (listed) w.lists(other);
    w.deletes(who::user, r);
    w.lists(other);
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (listed ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("what got a new id with its mailbox and left before anybody read it may come back, what was read may not") {
  for (bool read : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.administrator("recreate_mailbox");
    w.so_far.steps.back().by = who::server;
    w.so_far.steps.back().mailbox = w.given.pairs[0].replica;
    w.lists(r);
    if (read) w.reads(r);
    w.deletes(who::user, r);
    w.tells_gone(r);
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (read ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("who brought back his own and deletes the copy of the other one's has his own still") {
  for (bool his_own : {true, false}) {
    mail_on_both w;
    w.lists(w.r);
    w.deletes(who::user, w.p);
    w.deletes(who::daemon, w.r);
    if (his_own) w.moves(who::user, w.p, "inbox");
    w.moves(who::user, w.r, "inbox");
    w.lists(w.r);
    w.reads(w.r);
    auto copy = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    w.lists(copy);
    w.deletes(who::user, copy);
    w.tells_gone(copy);
    if (!his_own) w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    CHECK(w.broken() == (his_own ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE(
    "who takes an item out, leaves a copy of it that is replaced, and brings it back has two, and not three or one") {
  for (int held : {2, 3}) {
    written_history w;
    auto p = w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.moves(who::user, r, "elsewhere");
    auto copy = w.copies(who::user, r, "inbox");
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    w.deletes(who::daemon, copy);
    w.moves(who::user, r, "inbox");
    for (int n = 1; n < held; ++n)
      w.carried(r);
    if (held == 3) w.carried(p);
    CHECK(w.broken() == (held == 2 ? nothing : std::vector{rule::doubled}));
  }
}

TEST_CASE(
    "what is moved into a subfolder that is left alone, since its mate was deleted, is gone from the other side") {
  enum class then { left_alone, nothing_said, nothing_deleted };
  for (auto which : {then::left_alone, then::nothing_said, then::nothing_deleted}) {
    mail_on_both w;
    w.inbox().include_subfolders = true;
    auto other = w.makes(who::user, side::primary, "label-2", {{"subject", "Supper"}}, "deleteditems");
    if (which != then::nothing_deleted) w.moves(who::user, other, "deleteditems", "delete_folder");
    if (which != then::nothing_said) w.said.unreachable.insert({"jane", "inbox/Sub 1"});
    w.moves(who::user, w.r, "inbox/Sub 1");
    w.deletes(who::daemon, w.p);
    CHECK(w.broken().empty() == (which == then::left_alone));
  }
}
