// What was told just before the daemon died it may not know, and what was done before two were agreed for one item is
// no change of that item.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

const fields with_file{{"subject", "Lunch"}, {"message_id", "1@x"}, {"body_sha256", "1"}, {"attachments/a.bin 1", "1"}};

} // namespace

TEST_CASE("who dies upon the look with which he made sure of his delete may delete once more what is brought back") {
  for (bool at_once : {true, false}) {
    mail_on_both w;
    w.deletes(who::user, w.r);
    w.tells_gone(w.r);
    w.deletes(who::daemon, w.p);
    w.reads(w.p);
    if (!at_once) w.lists(w.r);
    w.administrator(act::crash);
    w.tells_gone(w.p);
    w.moves(who::user, w.p, "inbox");
    w.lists(w.p);
    w.deletes(who::daemon, w.p);
    CHECK(w.broken() == (at_once ? nothing : std::vector{rule::missing}));
  }
}

TEST_CASE("a copy whose create was not answered is made again where the daemon died upon the list that told of it") {
  for (bool at_once : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    w.so_far.steps.back().answered = false;
    w.lists(r);
    if (!at_once) w.reads(r);
    w.administrator(act::crash);
    w.moves(who::user, r, "drafts");
    w.carried(p);
    CHECK(w.broken() == (at_once ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("what is made after lists began anew, and deleted before its folder was listed, may be made again") {
  for (const std::string listed : {"inbox", "inbox/Projects"}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    w.administrator("invalidate_sync_states");
    w.so_far.steps.back().by = who::server;
    w.so_far.steps.back().mailbox = "branch/jane@branch.example";
    auto r = w.carried(p);
    w.so_far.listings.push_back({w.so_far.steps.size(), "branch/jane@branch.example", listed});
    w.deletes(who::user, r);
    w.carried(p);
    CHECK(w.broken() == (listed == "inbox" ? std::vector{rule::came_back} : nothing));
  }
}

TEST_CASE("how a draft is read that a look told of which the daemon died upon is not known") {
  for (bool died : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"draft", "true"}});
    auto r = w.carried(p);
    w.reads(r);
    w.marks(who::user, r, true);
    if (died) w.administrator(act::crash);
    w.lists(r);
    w.marks(who::daemon, r, false);
    CHECK(w.broken() == (died ? nothing : std::vector{rule::read_state}));
  }
}

TEST_CASE("what its user had said of an item before he edited it elsewhere and brought it back counts no more") {
  for (bool edited : {true, false}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    w.moves(who::user, p, "drafts");
    if (edited) w.edits(who::user, p, {{"subject", "Dinner"}});
    w.moves(who::user, p, "inbox");
    auto r = w.carried(p);
    w.edits(who::user, r, {{"subject", "Supper"}});
    w.carries_edit(r, p);
    CHECK(w.words() == "");
    w.edits(who::user, p, {{"subject", "Tea"}});
    CHECK(w.broken() == std::vector{rule::contents});
  }
}

TEST_CASE("what was put into a file before first contents were read, and is written over later, is no loss to list") {
  for (bool before : {true, false}) {
    written_history w;
    auto p = w.makes(who::transport, side::primary, "label-1", with_file);
    auto r = w.makes(who::transport, side::replica, "label-1", with_file);
    auto replace = [&] { w.edits(who::user, r, {{"attachments/a.bin 1", "2"}}); };
    if (before) replace();
    w.reads(p);
    w.reads(r);
    if (!before) replace();
    w.edits(who::user, p, {{"attachments/a.bin 1", "3"}});
    w.lists(w.carried(p));
    w.deletes(who::daemon, r);
    CHECK(w.broken() == (before ? nothing : std::vector{rule::unlisted_loss}));
  }
}

TEST_CASE("a text that is edited before the write with which first contents are agreed stays where it is") {
  for (auto d : {direction::two_way, direction::primary_to_replica})
    for (bool differ : {true, false}) {
      written_history w;
      w.one_way(d, drift::leave);
      auto p = w.makes(who::transport, side::primary, "label-1", with_file);
      auto r = w.makes(who::transport, side::replica, "label-1", with_file);
      if (differ) w.edits(who::user, p, {{"subject", "Dinner"}});
      w.reads(p);
      w.reads(r);
      w.edits(who::user, p, {{"body_sha256", "2"}});
      w.edits(who::user, p, {{"subject", "Supper"}});
      w.edits(who::daemon, r, {{"subject", "Supper"}});
      CHECK(w.broken() == (differ ? nothing : std::vector{rule::contents}));
      w.edits(who::user, p, {{"body_sha256", "3"}});
      CHECK(w.broken() == std::vector{rule::contents});
    }
}

TEST_CASE("after a stop a list that the daemon died upon has told of nothing: a text is edited before it is agreed") {
  for (bool died : {true, false}) {
    written_history w;
    auto p = w.makes(who::transport, side::primary, "label-1", with_file);
    auto r = w.makes(who::transport, side::replica, "label-1", with_file);
    w.reads(p);
    w.reads(r);
    w.administrator(act::stopped);
    w.lists(r);
    w.so_far.steps.back().told.clear();
    w.lists(p);
    w.so_far.steps.back().told.clear();
    if (!died) w.reads(w.makes(who::user, side::primary, "label-2", {{"subject", "Tea"}}, "drafts"));
    w.edits(who::user, p, {{"body_sha256", "2"}});
    w.administrator(act::crash);
    w.lists(p);
    w.reads(p);
    CHECK(w.broken() == (died ? nothing : std::vector{rule::contents}));
  }
}

TEST_CASE("who takes away the new copy of a mail whose old one he has touched meanwhile wants the old one") {
  enum class how { touched, untouched, touched_before };
  for (auto what : {how::touched, how::untouched, how::touched_before}) {
    mail_on_both w;
    auto touch = [&] { w.edits(who::user, w.p, {{"subject", "Supper"}}); };
    if (what == how::touched_before) touch();
    auto fresh = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Dinner"}});
    if (what == how::touched) touch();
    w.deletes(who::user, fresh);
    w.tells_gone(fresh);
    if (what != how::untouched) w.carries_edit(w.p, w.r);
    CHECK(w.broken() == (what == how::touched ? nothing : std::vector{rule::came_back}));
  }
}

TEST_CASE("what its user brings back and takes away again unseen takes nothing with it that others brought back") {
  for (bool seen : {true, false}) {
    mail_on_both w;
    auto withdrawn = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
    w.deletes(who::daemon, withdrawn);
    w.deletes(who::user, w.r);
    w.deletes(who::daemon, w.p);
    w.moves(who::user, w.p, "inbox");
    w.moves(who::user, withdrawn, "inbox");
    if (seen) w.lists(w.p);
    w.deletes(who::user, w.p);
    w.moves(who::user, w.r, "inbox");
    w.carried(withdrawn);
    w.carried(w.r);
    CHECK(w.broken() == (seen ? std::vector{rule::doubled} : nothing));
  }
}
