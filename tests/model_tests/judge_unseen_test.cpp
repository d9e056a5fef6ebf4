// What the daemon could not see: what changed under its key and was read by nobody, a file whose coming nothing told,
// one of two copies that a cut write has left, a list that a crash took.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

void changes_under_key(written_history& w, item_number item) {
  w.edits(who::user, item, {{"subject", "Dinner"}});
  w.so_far.steps.back().act = "change_under_key";
}

} // namespace

TEST_CASE("of two copies nobody owes what changed under a key and was never read; what was read he does") {
  for (bool read : {true, false}) {
    mail_on_both w;
    w.carried(w.copies(who::user, w.p));
    changes_under_key(w, w.r);
    if (read) w.reads(w.r);
    CHECK(w.broken() == (read ? std::vector{rule::contents} : nothing));
  }
}

TEST_CASE("one way, too, what changed under a key and was never read is owed to nobody") {
  for (bool read : {true, false})
    for (auto how : {drift::leave, drift::revert}) {
      mail_on_both w;
      w.one_way(direction::primary_to_replica, how);
      changes_under_key(w, w.p);
      if (read) w.reads(w.p);
      CHECK(w.broken() == (read ? std::vector{how == drift::revert ? rule::drift : rule::contents} : nothing));
    }
}

TEST_CASE("who removes a file of which the daemon may not know that it has come may find it there once more") {
  const fields file{{"attachments/a.txt 1", "1"}}, none{{"attachments/a.txt 1", ""}};
  for (auto [crashed, read] : {std::pair{true, false}, {false, false}, {true, true}}) {
    mail_on_both w;
    w.edits(who::user, w.r, file);
    w.reads(w.r);
    w.reads(w.p);
    w.edits(who::daemon, w.p, file);
    if (read) w.reads(w.p);
    w.edits(who::user, w.p, none);
    if (crashed) w.administrator(act::crash);
    w.reads(w.p);
    w.edits(who::daemon, w.p, file);
    CHECK(w.broken() == (crashed && !read ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("who deletes one of two copies that a cut write has left may want the other, who deletes both wants none") {
  for (bool cut : {true, false}) {
    mail_on_both w;
    auto fresh = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    if (cut) w.administrator(act::crash);
    w.lists(fresh);
    w.deletes(who::user, fresh);
    CHECK(w.broken() == (cut ? nothing : std::vector{rule::came_back}));
    auto gone = w;
    gone.deletes(who::daemon, w.p);
    gone.deletes(who::daemon, w.r);
    CHECK(gone.words() == "");
    w.deletes(who::user, w.p);
    w.tells_gone(w.p);
    w.carried(w.r);
    CHECK(w.broken() == std::vector{rule::came_back});
  }
}

TEST_CASE(
    "a list from the beginning is taken by a crash until the next round, and not only until another folder's list") {
  for (bool next_round : {false, true}) {
    mail_on_both w;
    auto other = w.makes(who::user, side::primary, "label-2", {{"subject", "Supper"}}, "inbox/Projects");
    w.carried(other, "inbox/From HQ");
    w.administrator(act::cursor_lost);
    w.lists(w.p);
    w.deletes(who::user, w.p);
    w.lists(other);
    if (next_round) w.lists(other);
    w.administrator(act::crash);
    w.lists(w.carried(w.r));
    CHECK(w.broken() == (next_round ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("the texts of two originals that their users bring back may differ; that of a copy of ours may not") {
  for (bool original : {true, false}) {
    written_history w;
    const fields says{{"subject", "Lunch"}, {"message_id", "1@x"}, {"body_sha256", "1"}};
    auto p = w.makes(who::transport, side::primary, "label-1", says);
    auto r = original ? w.makes(who::transport, side::replica, "label-1", says) : w.carried(p);
    w.reads(p);
    w.reads(r);
    auto fresh = w.makes(who::daemon, side::primary, "label-1", says);
    w.deletes(who::daemon, p);
    w.carried(w.copies(who::user, fresh));
    w.edits(who::user, r, {{"body_sha256", "2"}});
    w.deletes(who::user, r);
    w.moves(who::user, p, "inbox");
    w.moves(who::user, r, "inbox");
    w.reads(p);
    w.reads(r);
    w.deletes(who::daemon, fresh);
    w.deletes(who::daemon, fresh + 1);
    w.deletes(who::daemon, fresh + 2);
    INFO(w.words());
    CHECK((w.words().find("body_sha256") == std::string::npos) == original);
  }
}

TEST_CASE("a copy that came late, when its user had deleted the other one and no list had told of that, may stay") {
  for (bool told : {true, false})
    for (bool answered : {true, false}) {
      mail_on_both w;
      w.deletes(who::user, w.r);
      if (told) w.tells_gone(w.r);
      auto late = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
      w.so_far.steps.back().answered = answered;
      w.lists(late);
      w.tells_gone(w.r);
      CHECK(w.broken() == (told || answered ? std::vector{rule::came_back} : nothing));
    }
}

TEST_CASE("in a public folder an edit that no list has told of goes down with a deletion unlisted") {
  for (bool open_to_all : {true, false})
    for (bool listed : {true, false}) {
      written_history w;
      const std::string place = open_to_all ? "publicfoldersroot/Team" : "inbox";
      w.inbox().replica = place;
      auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
      auto r = w.carried(p, place);
      w.lists(r);
      w.deletes(who::user, p);
      w.tells_gone(p);
      w.edits(who::user, r, {{"subject", "Dinner"}});
      if (listed) w.lists(r);
      w.purges(who::daemon, r);
      CHECK(w.broken() == (listed || !open_to_all ? std::vector{rule::unlisted_loss} : nothing));
    }
}

TEST_CASE("who deletes the new copy in the middle of a replacement and goes on writing the old one wants that one") {
  for (bool written : {true, false}) {
    mail_on_both w;
    auto fresh = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    w.deletes(who::user, fresh);
    if (written) w.edits(who::user, w.p, {{"subject", "Dinner"}});
    if (written) w.carries_edit(w.p, w.r);
    CHECK(w.broken() == (written ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("the text of a mail before it was first paired is nobody's conflict, after that it is") {
  for (bool before : {true, false}) {
    written_history w;
    const fields says{{"subject", "Lunch"}, {"message_id", "1@x"}, {"body_sha256", "1"}};
    auto p = w.makes(who::transport, side::primary, "label-1", says);
    auto r = w.makes(who::transport, side::replica, "label-1", says);
    if (before) w.edits(who::user, p, {{"body_sha256", "2"}});
    w.reads(p);
    w.reads(r);
    if (!before) w.edits(who::user, p, {{"body_sha256", "2"}});
    w.edits(who::user, r, {{"body_sha256", "3"}});
    w.carries_edit(r, p);
    CHECK(w.broken() == (before ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("who dies before he knows of his delete may delete once more what its user has brought back, and only once") {
  for (bool died : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, w.r);
    w.tells_gone(w.r);
    w.deletes(who::daemon, w.p);
    if (died) w.administrator(act::crash);
    w.tells_gone(w.p);
    w.moves(who::user, w.p, "inbox");
    w.lists(w.p);
    auto kept = w;
    w.deletes(who::daemon, w.p);
    CHECK(w.broken() == (died ? nothing : std::vector{rule::missing}));
    kept.carried(kept.p);
    CHECK(kept.words() == "");
    w.tells_gone(w.p);
    w.moves(who::user, w.p, "inbox");
    CHECK(w.broken() == std::vector{rule::missing});
  }
}

TEST_CASE("the other one of two may be removed only once a list after it has shown what became of the first") {
  for (bool listed : {true, false}) {
    mail_on_both w;
    auto late = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    w.so_far.steps.back().answered = false;
    w.lists(late);
    if (listed) w.so_far.listings.push_back({w.so_far.steps.size(), "branch/jane@branch.example"});
    w.deletes(who::user, w.r);
    w.deletes(who::daemon, late);
    w.tells_gone(w.r);
    w.deletes(who::daemon, w.p);
    CHECK(w.broken() == (listed ? nothing : std::vector{rule::missing}));
  }
}

TEST_CASE(
    "what a reading told that a crash took is not known: the text of a mail that is edited before the next one is of "
    "before its first pairing") {
  for (bool crashed : {true, false}) {
    written_history w;
    const fields says{{"subject", "Lunch"}, {"message_id", "1@x"}, {"body_sha256", "1"}};
    auto p = w.makes(who::transport, side::primary, "label-1", says);
    auto r = w.makes(who::transport, side::replica, "label-1", says);
    w.reads(p);
    w.reads(r);
    if (crashed) w.administrator(act::crash);
    w.lists(p);
    w.edits(who::user, r, {{"body_sha256", "2"}});
    w.lists(r);
    w.reads(r);
    CHECK(w.broken() == (crashed ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("what is taken away where every list begins anew is only absent: reading it before tells nothing of that") {
  for (bool listed : {true, false}) {
    mail_on_both w;
    w.administrator("invalidate_sync_states");
    w.so_far.steps.back().by = who::server;
    w.so_far.steps.back().mailbox = w.so_far.steps.front().mailbox;
    w.reads(w.p);
    if (listed) w.lists(w.p);
    w.deletes(who::user, w.p);
    w.lists(w.carried(w.r));
    CHECK(w.broken() == (listed ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("what is moved before lists that begin anew have told of it has an id that tells nothing until it is read") {
  for (bool read : {true, false})
    for (bool told : {true, false}) {
      mail_on_both w;
      w.administrator("invalidate_sync_states");
      w.so_far.steps.back().by = who::server;
      w.so_far.steps.back().mailbox = w.so_far.steps.front().mailbox;
      if (told) w.lists(w.p);
      w.moves(who::user, w.p, "inbox/Projects");
      w.lists(w.p);
      if (read) w.reads(w.p);
      w.deletes(who::user, w.p);
      w.tells_gone(w.p);
      w.lists(w.carried(w.r));
      CHECK(w.broken() == (read || told ? std::vector{rule::came_back} : nothing));
    }
}

TEST_CASE("of a create that was given up the late copy may stay, if what was made in its place is deleted by then") {
  for (bool given_up : {true, false}) {
    mail_on_both w;
    auto asked = w.so_far.steps.back().asked;
    w.deletes(who::user, w.r);
    w.tells_gone(w.r);
    auto late = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    w.so_far.steps.back().answered = false;
    w.so_far.steps.back().asked = asked + std::chrono::seconds(given_up ? -90 : 1);
    w.lists(late);
    CHECK(w.broken() == (given_up ? nothing : std::vector{rule::came_back}));
    w.deletes(who::daemon, w.p);
    CHECK(w.broken() == std::vector{given_up ? rule::missing : rule::came_back});
  }
}

TEST_CASE(
    "a copy that nobody knew of, and another was made for, goes once that one is gone; one that was known stays") {
  enum class how { unknown, known, in_deleted_items };
  for (auto what : {how::unknown, how::known, how::in_deleted_items})
    for (bool copied : {true, false}) {
      written_history w;
      auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
      auto r = w.carried(p);
      w.so_far.steps.back().answered = false;
      if (what == how::known) w.lists(r);
      if (what == how::in_deleted_items)
        w.deletes(who::user, r);
      else
        w.moves(who::user, r, "drafts");
      auto again = w.carried(p);
      w.lists(again);
      w.deletes(who::user, p);
      w.tells_gone(p);
      w.deletes(who::daemon, again);
      auto back = copied ? w.copies(who::user, r, "drafts") : r;
      w.moves(who::user, back, "inbox");
      w.lists(back);
      w.deletes(who::daemon, back);
      CHECK(w.broken() == (what == how::unknown ? nothing : std::vector{rule::missing}));
    }
}

TEST_CASE("where a removal in a replacement was not answered and the old copy is taken away the new one may stay") {
  enum class how { unanswered, answered, looked_for, of_another };
  for (auto what : {how::unanswered, how::answered, how::looked_for, how::of_another}) {
    mail_on_both w;
    auto fresh = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Dinner"}});
    w.lists(fresh);
    if (what != how::answered)
      w.so_far.removals.push_back({w.so_far.steps.size(), {what == how::of_another ? w.p : w.r}});
    if (what == how::looked_for) w.reads(w.r);
    w.moves(who::user, w.r, "drafts");
    w.edits(who::user, w.p, {{"subject", "Dinner"}});
    CHECK(w.broken() == (what == how::unanswered ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("that a file was put in place of another is known by nothing where no sizes are told and all ids are new") {
  enum class how { unseen, later, sizes_told, read_before, other_there, read_between, a_new_name };
  for (auto what : {how::unseen, how::later, how::sizes_told, how::read_before, how::other_there, how::read_between,
                    how::a_new_name}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}, {"attachments/a.txt 1", "1"}});
    auto r = w.carried(p);
    if (what != how::sizes_told) w.given.pairs[0].sizes_untold = {w.given.pairs[0].primary};
    w.lists(r);
    bool later = what == how::later || what == how::read_between;
    auto edits = [&] {
      w.edits(who::user, p, {{what == how::a_new_name ? "attachments/b.txt 1" : "attachments/a.txt 1", "2"}});
    };
    if (!later) edits();
    if (what == how::read_before) w.reads(p);
    w.administrator("recreate_mailbox");
    w.so_far.steps.back().mailbox = w.given.pairs[0].primary;
    w.lists(r);
    if (what == how::read_between) w.reads(p);
    if (later) edits();
    if (what == how::other_there) w.reads(p);
    w.deletes(who::user, r);
    w.lists(p);
    w.reads(p);
    w.deletes(who::daemon, p);
    bool excused = what == how::unseen || what == how::later;
    CHECK(w.broken() == (excused ? nothing : std::vector{rule::unlisted_loss}));
  }
}
