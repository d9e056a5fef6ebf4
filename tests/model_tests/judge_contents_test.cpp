// Contents, place and read state are what the last user who could know better made them; the primary wins; what is lost
// is listed.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

/// A mail of the primary's that both sides hold.
struct one_mail : written_history {
  item_number p = makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}, {"body_sha256", "a"}});
  item_number r = carried(p);
};

} // namespace

TEST_CASE("an edit of either side is on both") {
  for (bool at_primary : {true, false}) {
    one_mail w;
    auto edited = at_primary ? w.p : w.r, twin = at_primary ? w.r : w.p;
    w.edits(who::user, edited, {{"subject", "Dinner"}});
    CHECK(w.broken() == std::vector{rule::contents});
    auto undone = w;
    w.carries_edit(edited, twin);
    CHECK(w.words() == "");
    // An edit that nobody saw and that was written over.
    undone.edits(who::daemon, edited, {{"subject", "Lunch"}});
    CHECK(undone.broken() == std::vector{rule::contents});
  }
}

TEST_CASE("a value that no user wrote is wrong on both sides as well") {
  one_mail w;
  w.edits(who::daemon, w.p, {{"subject", "Luncheon"}});
  w.edits(who::daemon, w.r, {{"subject", "Luncheon"}});
  CHECK(w.broken() == std::vector{rule::contents});
}

TEST_CASE("where both edited the primary wins, and what is lost is listed") {
  one_mail w;
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.carries_edit(w.p, w.r);
  CHECK(w.broken() == std::vector{rule::unlisted_loss});
  w.lists_conflict(w.r);
  CHECK(w.words() == "");
}

TEST_CASE("where both edited the replica does not win") {
  one_mail w;
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  w.carries_edit(w.r, w.p);
  w.lists_conflict(w.p);
  CHECK(w.broken() == std::vector{rule::contents});
}

TEST_CASE("where both edited different fields the whole item competes, if the grain is the item") {
  one_mail w;
  w.edits(who::user, w.r, {{"importance", "High"}});
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.edits(who::daemon, w.r, {{"importance", ""}, {"subject", "Dinner"}});
  w.lists_conflict(w.r);
  CHECK(w.words() == "");
  w.given.conflicts = grain::field;
  CHECK(w.broken() == std::vector{rule::contents});
  // Both survive: right at each grain.
  one_mail both;
  both.edits(who::user, both.r, {{"importance", "High"}});
  both.edits(who::user, both.p, {{"subject", "Dinner"}});
  both.edits(who::daemon, both.r, {{"subject", "Dinner"}});
  both.edits(who::daemon, both.p, {{"importance", "High"}});
  CHECK(both.words() == "");
  both.given.conflicts = grain::field;
  CHECK(both.words() == "");
}

TEST_CASE("an edit of the replica on top of the primary's is no conflict and may not be lost") {
  one_mail w;
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.carries_edit(w.p, w.r);
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  auto lost = w;
  w.carries_edit(w.r, w.p);
  CHECK(w.words() == "");
  lost.carries_edit(lost.p, lost.r);
  lost.lists_conflict(lost.r);
  CHECK(lost.broken() == std::vector{rule::contents});
}

TEST_CASE(
    "while a conflict is half written, what the replica's user adds competes too, and is listed; later it does not") {
  for (bool through : {true, false}) {
    one_mail w;
    w.edits(who::user, w.p, {{"attachments/file", "f"}});
    w.edits(who::user, w.r, {{"importance", "High"}});
    w.edits(who::daemon, w.r, {{"attachments/file", "f"}});
    if (through) w.edits(who::daemon, w.r, {{"importance", ""}});
    w.edits(who::user, w.r, {{"subject", "Supper"}});
    w.carries_edit(w.p, w.r);
    w.edits(who::daemon, w.r, {{"importance", ""}});
    CHECK(w.broken().back() == rule::unlisted_loss);
    w.lists_conflict(w.r);
    CHECK(w.broken() == (through ? std::vector{rule::contents} : std::vector<rule>{}));
    w.given.conflicts = grain::field;
    CHECK(w.broken().empty() == false);
  }
}

TEST_CASE("an edit on top of a write whose answer was lost may be taken for a conflict, and then is listed") {
  one_mail w;
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.reads(w.p);
  w.edits(who::daemon, w.r, {{"subject", "Dinner"}}, false);
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  w.carries_edit(w.p, w.r);
  CHECK(w.broken() == std::vector{rule::unlisted_loss});
  w.lists_conflict(w.r);
  CHECK(w.words() == "");
}

TEST_CASE("the primary's edit on top of the replica's that was carried is the last word") {
  one_mail w;
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  w.carries_edit(w.r, w.p);
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.carries_edit(w.p, w.r);
  CHECK(w.words() == "");
}

TEST_CASE("an edit that goes down with a deletion of the other side's user is listed") {
  for (bool at_primary : {true, false}) {
    one_mail w;
    auto edited = at_primary ? w.p : w.r, twin = at_primary ? w.r : w.p;
    w.edits(who::user, edited, {{"subject", "Dinner"}});
    w.deletes(who::user, twin);
    w.deletes(who::daemon, edited);
    CHECK(w.broken() == std::vector{rule::unlisted_loss});
    w.lists_conflict(edited);
    CHECK(w.words() == "");
  }
}

TEST_CASE("an edit that was carried before the deletion, or deleted by its own user, is not lost") {
  one_mail w;
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.carries_edit(w.p, w.r);
  w.deletes(who::user, w.r);
  w.deletes(who::daemon, w.p);
  CHECK(w.words() == "");
  one_mail v;
  v.edits(who::user, v.p, {{"subject", "Dinner"}});
  v.deletes(who::user, v.p);
  v.deletes(who::daemon, v.r);
  CHECK(v.words() == "");
}

TEST_CASE("an edit of an item that its own user deleted is not lost, though the item comes back by the other side") {
  one_mail w;
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.deletes(who::user, w.p);
  w.lists(w.r);
  w.deletes(who::daemon, w.r);
  w.moves(who::user, w.r, "inbox");
  w.carried(w.r);
  CHECK(w.words() == "");
  // It was not his user who deleted this one.
  one_mail v;
  v.edits(who::user, v.p, {{"subject", "Dinner"}});
  v.deletes(who::user, v.r);
  v.deletes(who::daemon, v.p);
  v.moves(who::user, v.r, "inbox");
  v.carried(v.r);
  CHECK(v.broken() == std::vector{rule::unlisted_loss});
}

TEST_CASE("a deletion that was carried costs nothing of what was edited after it was undone") {
  one_mail w;
  w.deletes(who::user, w.r);
  w.deletes(who::daemon, w.p);
  w.moves(who::user, w.r, "inbox");
  auto again = w.carried(w.r);
  w.edits(who::user, again, {{"subject", "Dinner"}});
  auto not_carried = w;
  w.carries_edit(again, w.r);
  w.deletes(who::user, w.r);
  w.deletes(who::daemon, again);
  CHECK(w.words() == "");
  not_carried.deletes(who::user, not_carried.r);
  not_carried.deletes(who::daemon, again);
  CHECK(not_carried.broken() == std::vector{rule::unlisted_loss});
}

TEST_CASE("what was read before an item was first made on the other side goes down with it unlisted") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}, {"body_sha256", "a"}});
  w.lists(p);
  w.edits(who::user, p, {{"importance", "High"}});
  auto unread = w;
  w.reads(p);
  auto r = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}, {"body_sha256", "a"}});
  w.deletes(who::user, r);
  w.deletes(who::daemon, p);
  CHECK(w.words() == "");
  r = unread.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}, {"body_sha256", "a"}});
  unread.deletes(who::user, r);
  unread.deletes(who::daemon, p);
  CHECK(unread.broken() == std::vector{rule::unlisted_loss});
}

TEST_CASE("a conflict that names another item does not list the loss") {
  one_mail w;
  auto q = w.makes(who::user, side::primary, "label-2", {{"subject", "Tea"}});
  w.carried(q);
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.carries_edit(w.p, w.r);
  w.lists_conflict(q);
  CHECK(w.broken() == std::vector{rule::unlisted_loss});
}

TEST_CASE("first contents that differ: the primary's, but what servers rewrite in mails may stay") {
  written_history w;
  auto p = w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}, {"body_sha256", "a"}});
  auto r = w.makes(who::transport, side::replica, "label-1", {{"subject", "Lunch (2)"}, {"body_sha256", "b"}});
  w.edits(who::daemon, r, {{"subject", "Lunch"}});
  CHECK(w.words() == "");
  w.edits(who::daemon, p, {{"subject", "Lunch (2)"}});
  w.edits(who::daemon, r, {{"subject", "Lunch (2)"}});
  CHECK(w.broken() == std::vector{rule::contents});
}

TEST_CASE("what one of the two servers cannot hold is not compared") {
  one_mail w;
  w.edits(who::user, w.p, {{"flag/status", "\"Flagged\""}});
  CHECK(w.broken() == std::vector{rule::contents});
  w.given.pairs[0].not_compared = {"/flag"};
  CHECK(w.words() == "");
}

TEST_CASE("a moved mail lies in the folder that belongs to it on the other side") {
  for (bool at_primary : {true, false}) {
    one_mail w;
    w.moves(who::user, at_primary ? w.p : w.r, at_primary ? "inbox/Projects" : "inbox/From HQ");
    CHECK(w.broken() == std::vector{rule::place});
    auto undone = w;
    w.moves(who::daemon, at_primary ? w.r : w.p, at_primary ? "inbox/From HQ" : "inbox/Projects");
    CHECK(w.words() == "");
    undone.moves(who::daemon, at_primary ? undone.p : undone.r, "inbox");
    CHECK(undone.broken() == std::vector{rule::place});
  }
}

TEST_CASE("a mail that nobody moved stays where it is") {
  one_mail w;
  w.moves(who::daemon, w.p, "inbox/Projects");
  w.moves(who::daemon, w.r, "inbox/From HQ");
  CHECK(w.broken() == std::vector{rule::place});
}

TEST_CASE("moved on both sides: the primary's place") {
  one_mail w;
  w.given.pairs[0].folders.push_back(w.inbox());
  w.given.pairs[0].folders[2].name = "sent";
  w.given.pairs[0].folders[2].primary = w.given.pairs[0].folders[2].replica = "sentitems";
  w.moves(who::user, w.p, "inbox/Projects");
  w.moves(who::user, w.r, "sentitems");
  auto other_way = w;
  w.moves(who::daemon, w.r, "inbox/From HQ");
  CHECK(w.words() == "");
  other_way.moves(who::daemon, other_way.p, "sentitems");
  CHECK(other_way.broken() == std::vector{rule::place});
}

TEST_CASE("the replica's move on top of the primary's stands") {
  one_mail w;
  w.moves(who::user, w.p, "inbox/Projects");
  w.moves(who::daemon, w.r, "inbox/From HQ");
  w.moves(who::user, w.r, "inbox");
  auto undone = w;
  w.moves(who::daemon, w.p, "inbox");
  CHECK(w.words() == "");
  undone.moves(who::daemon, undone.r, "inbox/From HQ");
  CHECK(undone.broken() == std::vector{rule::place});
}

TEST_CASE("read on one side is read on both") {
  for (bool at_primary : {true, false}) {
    one_mail w;
    w.marks(who::user, at_primary ? w.p : w.r, true);
    CHECK(w.broken() == std::vector{rule::read_state});
    auto undone = w;
    w.marks(who::daemon, at_primary ? w.r : w.p, true);
    CHECK(w.words() == "");
    undone.marks(who::daemon, at_primary ? undone.p : undone.r, false);
    CHECK(undone.broken() == std::vector{rule::read_state});
  }
}

TEST_CASE("of several copies in a public folder, too, read states are nobody's") {
  for (bool is_public : {true, false}) {
    written_history w;
    const std::string place = is_public ? "publicfoldersroot/Team" : "inbox/Team";
    w.inbox().primary = w.inbox().replica = place;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}}, place);
    auto r = w.carried(p, place);
    w.carried(w.copies(who::user, p, place), place);
    CHECK(w.words() == "");
    w.marks(who::user, r, true);
    CHECK(w.broken() == (is_public ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("read states of public folders and of what is no mail are nobody's") {
  one_mail w;
  w.marks(who::daemon, w.p, true);
  w.edits(who::daemon, w.p, {{"draft", ""}});
  w.edits(who::daemon, w.r, {{"draft", ""}});
  w.edits(who::user, w.p, {{"draft", ""}});
  for (const auto& one : w.verdict())
    CHECK(one.broken != rule::read_state);
}

TEST_CASE("an edit under an unchanged key is owed only once somebody has read the item") {
  one_mail w;
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.so_far.steps.back().act = "change_under_key";
  CHECK(w.words() == "");
  w.reads(w.p);
  CHECK(w.broken() == std::vector{rule::contents});
  w.edits(who::daemon, w.r, {{"subject", "Dinner"}});
  CHECK(w.words() == "");
}

TEST_CASE("what a user does to a mail in Deleted Items is no edit, unless he brings it back") {
  one_mail w;
  w.deletes(who::user, w.p);
  w.deletes(who::daemon, w.r);
  w.edits(who::user, w.r, {{"subject", "Supper"}});
  CHECK(w.words() == "");
  w.moves(who::user, w.r, "inbox");
  w.carried(w.r);
  CHECK(w.words() == "");
}

TEST_CASE("an id or a sender that a server gives by itself is not compared, two that differ are") {
  one_mail w;
  w.edits(who::daemon, w.r, {{"message_id", "\"<1@r>\""}});
  CHECK(w.words() == "");
  w.edits(who::daemon, w.p, {{"message_id", "\"<2@p>\""}});
  CHECK(w.broken() == std::vector{rule::contents});
}

TEST_CASE("what a user does to a copy that lies in no folder pair is no matter of the original's") {
  one_mail w;
  auto copy = w.copies(who::user, w.p, "inbox/Elsewhere");
  w.marks(who::user, copy, true);
  w.edits(who::user, copy, {{"subject", "Dinner"}});
  CHECK(w.words() == "");
}

TEST_CASE("what each server makes by itself is not compared, but who writes it edits the item") {
  one_mail w;
  w.edits(who::daemon, w.r, {{"derived/subject", "Ann"}});
  CHECK(w.words() == "");
  w.edits(who::user, w.p, {{"derived/subject", "Ann M."}});
  w.edits(who::user, w.r, {{"importance", "High"}});
  w.edits(who::daemon, w.r, {{"importance", ""}});
  CHECK(w.broken() == std::vector{rule::unlisted_loss});
  w.lists_conflict(w.r);
  CHECK(w.words() == "");
}

TEST_CASE("after an older state what was carried before may compete with what is edited later, and is listed then") {
  one_mail w;
  w.edits(who::user, w.p, {{"subject", "Dinner"}});
  w.carries_edit(w.p, w.r);
  w.edits(who::user, w.r, {{"importance", "High"}});
  auto same_state = w;
  w.administrator(act::state_lost);
  for (auto* one : {&w, &same_state}) {
    one->edits(who::daemon, one->r, {{"importance", ""}});
    one->lists_conflict(one->r);
  }
  CHECK(w.words() == "");
  CHECK(same_state.broken() == std::vector{rule::contents});
}

TEST_CASE("a mark on a mail that its user deletes afterwards may go with it, where the mail itself may come back") {
  for (bool lost : {true, false}) {
    written_history w;
    auto r = w.makes(who::user, side::replica, "label-1", {{"subject", "Lunch"}});
    auto p = w.carried(r);
    w.marks(who::user, r, true);
    w.deletes(who::user, r);
    if (lost) w.administrator(act::cursor_lost);
    w.carried(p);
    CHECK(w.broken() == (lost ? std::vector<rule>{} : std::vector{rule::came_back}));
  }
}

TEST_CASE("what was listed as lost is listed no more once the list was forgotten; what is lost later is") {
  for (bool later : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.edits(who::user, r, {{"subject", "Supper"}});
    w.edits(who::user, p, {{"subject", "Dinner"}});
    if (later) w.administrator(act::lists_lost);
    w.edits(who::daemon, r, {{"subject", "Dinner"}});
    if (!later) w.administrator(act::lists_lost);
    CHECK(w.broken() == (later ? std::vector{rule::unlisted_loss} : std::vector<rule>{}));
  }
}

TEST_CASE("a text that a mail has otherwise on one side stays so where all is paired anew, and is carried where not") {
  for (bool anew : {true, false}) {
    written_history w;
    auto p =
        w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}, {"draft", "false"}, {"body_sha256", "1"}});
    auto r = w.carried(p);
    w.edits(who::user, p, {{"body_sha256", "2"}});
    w.administrator(anew ? act::state_lost : act::older_state);
    w.reads(p);
    w.reads(r);
    CHECK(w.broken() == (anew ? std::vector<rule>{} : std::vector{rule::contents}));
  }
}

TEST_CASE("a file that differs where two mails are paired anew is left so, one that is put in its place later is not") {
  for (bool later : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1",
                     {{"subject", "Lunch"}, {"draft", "false"}, {"attachments/a.bin 1", "1"}});
    auto r = w.carried(p);
    w.administrator(act::state_lost);
    if (!later) w.edits(who::user, r, {{"attachments/a.bin 1", "2"}});
    w.reads(p);
    w.reads(r);
    if (later) w.edits(who::user, r, {{"attachments/a.bin 1", "2"}});
    CHECK(w.broken() == (later ? std::vector{rule::contents} : std::vector<rule>{}));
  }
}

TEST_CASE("of a series of tasks that both users moved the later day is right, whoever set it") {
  for (bool later : {true, false}) {
    written_history w;
    auto p =
        w.makes(who::user, side::primary, "label-1", {{"task/DueDate", "\"09\""}, {"task/Recurrence/Interval", "1"}});
    auto r = w.carried(p);
    w.edits(who::user, p, {{"task/DueDate", "\"10\""}});
    w.edits(who::user, r, {{"task/DueDate", later ? "\"12\"" : "\"11\""}});
    w.edits(who::daemon, p, {{"task/DueDate", later ? "\"12\"" : "\"13\""}});
    w.edits(who::daemon, r, {{"task/DueDate", later ? "\"12\"" : "\"13\""}});
    CHECK((w.broken() == std::vector<rule>{}) == later);
  }
}

TEST_CASE("where a user put an item that he deletes afterwards it need not lie, where it comes back") {
  for (bool deleted : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.moves(who::user, p, "inbox/Projects");
    if (deleted) w.administrator(act::cursor_lost);
    if (deleted) w.purges(who::user, p);
    if (deleted) w.carried(r);
    if (!deleted) w.moves(who::daemon, p, "inbox");
    CHECK(w.broken() == (deleted ? std::vector<rule>{} : std::vector{rule::place}));
  }
}

TEST_CASE("the text of a mail that both users bring back may differ, where it was away on both sides at one time") {
  for (bool away : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}, {"body_sha256", "1"}});
    auto r = w.carried(p);
    w.lists(r);
    w.edits(who::user, p, {{"body_sha256", "2"}});
    w.deletes(who::user, p);
    if (!away) w.moves(who::user, p, "inbox");
    w.deletes(away ? who::daemon : who::user, r);
    if (away) w.moves(who::user, p, "inbox");
    w.moves(who::user, r, "inbox");
    w.reads(p);
    w.reads(r);
    CHECK(w.broken() == (away ? std::vector<rule>{} : std::vector{rule::contents}));
    w.edits(who::user, p, {{"body_sha256", "3"}});
    CHECK(w.broken() == std::vector{rule::contents});
  }
}

TEST_CASE("what changed under its key and was written over unread is owed to nobody, and what was read before is") {
  for (bool seen : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.edits(who::user, p, {{"subject", "Dinner"}});
    w.so_far.steps.back().act = "change_under_key";
    if (seen) w.reads(p);
    w.edits(who::user, r, {{"subject", "Supper"}});
    w.carries_edit(r, p);
    w.reads(p);
    CHECK(w.broken() == (seen ? std::vector{rule::contents} : std::vector<rule>{}));
  }
}

TEST_CASE("who begins anew takes the primary's value and place, and lists what that costs") {
  for (bool anew : {true, false}) {
    written_history w;
    auto r = w.makes(who::user, side::replica, "label-1", {{"subject", "Lunch"}});
    auto p = w.carried(r);
    w.edits(who::user, r, {{"subject", "Supper"}});
    w.moves(who::user, r, "inbox/From HQ");
    w.administrator(anew ? act::state_lost : act::older_state);
    auto written = w;
    w.edits(who::daemon, r, {{"subject", "Lunch"}});
    w.moves(who::daemon, r, "inbox");
    CHECK(w.broken() == (anew ? std::vector{rule::unlisted_loss} : std::vector{rule::contents, rule::place}));
    w.lists_conflict(r);
    if (anew) CHECK(w.words() == "");
    written.edits(who::daemon, p, {{"subject", "Supper"}});
    written.moves(who::daemon, p, "inbox/Projects");
    CHECK(written.words() == "");
  }
}

TEST_CASE("a mark on one of two copies of ours may go with it, a mark on the only one may not") {
  for (bool two : {true, false}) {
    one_mail w;
    auto late =
        two ? w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}, {"body_sha256", "a"}}) : w.r;
    w.marks(who::user, late, true);
    if (two)
      w.deletes(who::daemon, late);
    else
      w.marks(who::daemon, w.r, false);
    CHECK(w.broken() == (two ? nothing : std::vector{rule::read_state}));
  }
}

TEST_CASE(
    "a mark on a copy that is replaced once it was carried counts beside the creation, and where nobody marked it the "
    "other user's does") {
  for (bool marked : {true, false}) {
    written_history w;
    auto r = w.makes(who::user, side::replica, "label-1", {{"subject", "Lunch"}});
    auto p = w.carried(r);
    w.marks(who::user, p, true);
    w.marks(who::daemon, r, true);
    auto copy = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    w.marks(who::daemon, copy, true);
    w.deletes(who::daemon, r);
    if (marked) w.marks(who::user, copy, false);
    w.marks(who::daemon, p, false);
    w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    w.deletes(who::daemon, copy);
    CHECK(w.broken() == (marked ? nothing : std::vector{rule::read_state}));
  }
}

TEST_CASE("how a draft that the daemon has just made is marked before it is told of it may be the server's doing") {
  enum class when { before, after, mail };
  for (auto which : {when::before, when::after, when::mail}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"draft", which == when::mail ? "false" : "true"}});
    auto r = w.carried(p);
    if (which == when::after) w.reads(r);
    w.marks(who::user, r, true);
    w.marks(who::daemon, r, false);
    CHECK(w.broken() == (which == when::before ? nothing : std::vector{rule::read_state}));
  }
}

TEST_CASE(
    "a mark that the server sets long after it was given up is taken for a user's; one that comes in time is not") {
  for (bool late : {true, false}) {
    mail_on_both w;
    w.marks(who::user, w.r, true);
    w.marks(who::daemon, w.p, true);
    w.marks(who::daemon, w.p, false);
    auto& step = w.so_far.steps.back();
    step.answered = false;
    step.asked = step.at - std::chrono::seconds(late ? 312 : 60);
    w.marks(who::daemon, w.r, false);
    CHECK(w.broken() == (late ? nothing : std::vector{rule::read_state}));
    w.marks(who::user, w.r, true);
    w.marks(who::daemon, w.r, false);
    CHECK(w.broken() == std::vector{rule::read_state});
  }
}
