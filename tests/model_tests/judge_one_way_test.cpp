// One-way pairs: the source is nobody's to write, drift is left or put back.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

/// A mail of the source's that both sides hold.
struct one_mail : written_history {
  item_number source, target;
  explicit one_mail(drift how = drift::leave, direction d = direction::primary_to_replica) {
    one_way(d, how);
    source = makes(who::user, d == direction::primary_to_replica ? side::primary : side::replica, "label-1",
                   {{"subject", "Lunch"}, {"importance", "Low"}});
    target = carried(source);
  }
};

/// A contact of the source's that both sides hold.
struct one_way_contact : written_history {
  const fields dora{{"class", "\"IPM.Contact\""}, {"draft", ""}, {"contact/GivenName", "Dora"}};
  item_number source, target;
  one_way_contact() {
    one_way(direction::primary_to_replica, drift::revert);
    source = makes(who::user, side::primary, "label-1", dora);
    target = carried(source);
  }
};

} // namespace

TEST_CASE("the source's edits, moves and deletions reach the target, in both directions") {
  for (auto d : {direction::primary_to_replica, direction::replica_to_primary}) {
    one_mail w(drift::leave, d);
    CHECK(w.words() == "");
    w.edits(who::user, w.source, {{"subject", "Dinner"}});
    CHECK(w.broken() == std::vector{rule::contents});
    w.carries_edit(w.source, w.target);
    CHECK(w.words() == "");
    w.marks(who::user, w.source, true);
    CHECK(w.broken() == std::vector{rule::read_state});
    w.marks(who::daemon, w.target, true);
    CHECK(w.words() == "");
    w.deletes(who::user, w.source);
    CHECK(w.broken() == std::vector{rule::came_back});
    w.deletes(who::daemon, w.target);
    CHECK(w.words() == "");
  }
}

TEST_CASE("a one-way pair that writes its source is wrong, whatever it writes") {
  one_mail w;
  w.edits(who::user, w.target, {{"subject", "Supper"}});
  w.carries_edit(w.target, w.source);
  CHECK(w.broken() == std::vector{rule::drift});
  one_mail v;
  v.deletes(who::user, v.target);
  v.deletes(who::daemon, v.source);
  CHECK(v.broken() == std::vector{rule::drift});
  one_mail u;
  auto made = u.makes(who::user, side::replica, "label-2", {{"subject", "Tea"}});
  CHECK(u.words() == "");
  u.carried(made);
  CHECK(u.broken() == std::vector{rule::drift});
}

TEST_CASE("what is missing is put back where it was taken away, the source of a one-way pair too, if it is asked for") {
  for (bool asked : {true, false}) {
    one_mail w;
    w.deletes(who::user, w.source);
    if (asked) w.administrator(act::restored);
    w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}, {"importance", "Low"}});
    CHECK(w.broken() == (asked ? std::vector<rule>{} : std::vector{rule::drift}));
  }
}

TEST_CASE("what was never taken away from the source is not put back there") {
  one_mail w;
  w.makes(who::user, side::replica, "label-2", {{"subject", "Tea"}});
  w.administrator(act::restored);
  w.makes(who::daemon, side::primary, "label-2", {{"subject", "Tea"}});
  CHECK(w.broken() == std::vector{rule::drift});
}

TEST_CASE("drift is left until the source changes that field") {
  one_mail w;
  w.edits(who::user, w.target, {{"subject", "Supper"}, {"importance", "High"}});
  CHECK(w.words() == "");
  w.edits(who::user, w.source, {{"subject", "Dinner"}});
  CHECK(w.broken() == std::vector{rule::contents});
  w.edits(who::daemon, w.target, {{"subject", "Dinner"}});
  CHECK(w.words() == "");
}

TEST_CASE("drift that is to be put back is put back") {
  one_mail w(drift::revert);
  w.edits(who::user, w.target, {{"subject", "Supper"}});
  CHECK(w.broken() == std::vector{rule::drift});
  w.carries_edit(w.source, w.target);
  CHECK(w.words() == "");
  w.moves(who::user, w.target, "inbox/From HQ");
  CHECK(w.broken() == std::vector{rule::drift});
  w.moves(who::daemon, w.target, "inbox");
  CHECK(w.words() == "");
  w.marks(who::user, w.target, true);
  CHECK(w.broken() == std::vector{rule::drift});
}

TEST_CASE("what the target's user deletes is put back where drift is to be put back, and left where not") {
  for (auto how : {drift::revert, drift::leave}) {
    one_mail w(how);
    w.deletes(who::user, w.target);
    CHECK(w.broken() == (how == drift::revert ? std::vector{rule::drift} : std::vector<rule>{}));
    w.carried(w.source);
    CHECK(w.words() == "");
  }
}

TEST_CASE("what drifted while the settings let it stays when they say otherwise later") {
  for (bool from_the_start : {true, false}) {
    one_mail w(drift::revert);
    w.edits(who::user, w.target, {{"subject", "Supper"}});
    if (from_the_start) CHECK(w.broken() == std::vector{rule::drift});
    if (from_the_start) continue;
    auto before = std::make_shared<settings>(w.given);
    for (auto& one : before->pairs[0].folders)
      one.drift = drift::leave;
    step at_first;
    at_first.by = who::administrator;
    at_first.act = act::settings_changed;
    at_first.changed_to = before;
    w.so_far.steps.insert(w.so_far.steps.begin(), at_first);
    w.administrator(act::settings_changed);
    w.so_far.steps.back().changed_to = std::make_shared<settings>(w.given);
    CHECK(w.words() == "");
  }
}

TEST_CASE("a drift that nobody wrote is none") {
  one_mail w;
  w.edits(who::daemon, w.target, {{"subject", "Luncheon"}});
  CHECK(w.broken() == std::vector{rule::contents});
}

TEST_CASE("what only the target's users made stays as they left it") {
  one_mail w;
  auto own = w.makes(who::user, side::replica, "label-2", {{"subject", "Tea"}});
  CHECK(w.words() == "");
  auto removed = w;
  removed.deletes(who::daemon, own);
  CHECK(removed.broken() == std::vector{rule::missing});
  w.deletes(who::user, own);
  CHECK(w.words() == "");
}

TEST_CASE("what the target's user deleted may be gone there or made anew; what nobody deleted is there") {
  one_mail w;
  w.deletes(who::user, w.target);
  CHECK(w.words() == "");
  w.carried(w.source);
  CHECK(w.words() == "");
  one_mail v;
  v.deletes(who::daemon, v.target);
  CHECK(v.broken() == std::vector{rule::missing});
}

TEST_CASE("the text of a mail that was brought back at both sides is the target's own until the source's changes") {
  one_mail w(drift::revert);
  w.lists(w.target);
  w.edits(who::user, w.source, {{"body_sha256", "1"}});
  w.carries_edit(w.source, w.target);
  w.edits(who::user, w.source, {{"body_sha256", "2"}});
  w.deletes(who::user, w.source);
  auto kept = w;
  w.deletes(who::daemon, w.target);
  for (auto* one : {&w, &kept}) {
    one->moves(who::user, one->source, "inbox");
    if (one == &w) one->moves(who::user, one->target, "inbox");
    one->reads(one->source);
    one->reads(one->target);
  }
  CHECK(kept.broken() == std::vector{rule::drift});
  CHECK(w.words() == "");
  w.edits(who::user, w.source, {{"body_sha256", "3"}});
  CHECK(w.broken() == std::vector{rule::drift});
}

TEST_CASE("what the target's user moves into a subfolder that only he has is his, and the pair's is made anew") {
  for (bool at_source : {false, true}) {
    one_mail w(drift::revert);
    w.inbox().include_subfolders = true;
    w.edits(who::user, w.source, {{"importance", "High"}});
    w.carries_edit(w.source, w.target);
    if (at_source)
      w.carried(w.makes(who::user, side::primary, "label-2", {{"subject", "Tea"}}, "inbox/Sub 2"), "inbox/Sub 2");
    w.moves(who::user, w.target, "inbox/Sub 2");
    w.carried(w.source);
    CHECK(w.broken() == (at_source ? std::vector{rule::doubled} : std::vector<rule>{}));
    w.carried(w.source);
    CHECK(w.broken() == std::vector{rule::doubled});
  }
}

TEST_CASE("what left the source unnoticed and comes back into another folder is one more on the target") {
  for (bool noticed : {false, true}) {
    one_mail w(drift::revert);
    w.administrator(act::cursor_lost);
    if (noticed) w.lists(w.source);
    w.deletes(who::user, w.source);
    w.moves(who::user, w.source, "inbox/Projects");
    w.carried(w.source, "inbox/From HQ");
    CHECK(w.broken() == (noticed ? std::vector{rule::doubled} : std::vector<rule>{}));
    w.carried(w.source, "inbox/From HQ");
    CHECK(w.broken() == std::vector{rule::doubled});
  }
}

TEST_CASE(
    "who puts an older copy in place of the one that he deleted has what that one says, until the source changes") {
  for (bool changed : {true, false}) {
    one_mail w;
    w.edits(who::user, w.source, {{"importance", "High"}});
    auto fresh = w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}, {"importance", "High"}});
    w.deletes(who::daemon, w.target);
    w.deletes(who::user, fresh);
    w.moves(who::user, w.target, "inbox");
    CHECK(w.words() == "");
    w.edits(who::user, w.source, {{changed ? "importance" : "subject", "Normal"}});
    if (!changed) w.edits(who::daemon, w.target, {{"subject", "Normal"}});
    CHECK(w.broken() == (changed ? std::vector{rule::contents} : nothing));
  }
}

TEST_CASE(
    "what the target's user brings back is his own where the source had none meanwhile, or another was made in its "
    "place") {
  enum class meanwhile { nothing, source_gone, made_again };
  for (auto what : {meanwhile::nothing, meanwhile::source_gone, meanwhile::made_again})
    for (bool linked : {false, true}) {
      one_mail w(drift::revert);
      if (linked) w.makes(who::transport, side::replica, "label-2", {{"subject", "Lunch"}});
      w.deletes(who::user, w.target);
      w.tells_gone(w.target);
      item_number again = 0;
      if (what == meanwhile::made_again) again = w.carried(w.source);
      if (again != 0) w.deletes(who::user, again);
      if (what == meanwhile::source_gone) w.deletes(who::user, w.source);
      w.moves(who::user, w.target, "inbox");
      w.lists(w.target);
      if (what == meanwhile::source_gone) w.moves(who::user, w.source, "inbox");
      w.lists(w.source);
      w.carried(w.source);
      CHECK(w.broken() == (what == meanwhile::nothing ? std::vector{rule::doubled} : nothing));
      w.carried(w.source);
      CHECK(w.broken() == std::vector{rule::doubled});
    }
}

TEST_CASE("of two that were put back on a source, as no answer told of one, one goes again; else nothing goes there") {
  enum class how { lost, answered, touched, alone };
  for (auto what : {how::lost, how::answered, how::touched, how::alone}) {
    one_mail w;
    w.deletes(who::user, w.source);
    w.administrator(act::restored);
    const fields says{{"subject", "Lunch"}, {"importance", "Low"}};
    auto first = w.makes(who::daemon, side::primary, "label-1", says);
    w.lists(first);
    auto late = first;
    if (what != how::alone) late = w.makes(who::daemon, side::primary, "label-1", says);
    w.so_far.steps.back().answered = what == how::answered;
    w.lists(late);
    if (what != how::alone) CHECK(w.broken() == std::vector{rule::doubled});
    if (what == how::touched) w.marks(who::user, late, true);
    w.deletes(who::daemon, late);
    CHECK(w.broken() == (what == how::lost ? nothing : std::vector{rule::drift}));
  }
}

TEST_CASE("of two that were put back on a source one stays") {
  one_mail w;
  w.deletes(who::user, w.source);
  w.administrator(act::restored);
  const fields says{{"subject", "Lunch"}, {"importance", "Low"}};
  auto first = w.makes(who::daemon, side::primary, "label-1", says);
  auto late = w.makes(who::daemon, side::primary, "label-1", says);
  w.so_far.steps.back().answered = false;
  w.deletes(who::daemon, late);
  w.deletes(who::daemon, first);
  CHECK(w.broken() == std::vector{rule::drift});
}

TEST_CASE("what is put back on a source is made whole there by what the target had, and by nothing else") {
  enum class how { files, left_out, drift, undoes_an_edit, not_put_back };
  for (auto what : {how::files, how::left_out, how::drift, how::undoes_an_edit, how::not_put_back}) {
    one_mail w;
    const fields file{{"attachments/a.txt 1", "1"}};
    w.edits(who::user, w.source, file);
    w.carries_edit(w.source, w.target);
    auto put_back = w.source;
    if (what != how::not_put_back) {
      w.deletes(who::user, w.source);
      w.administrator(act::restored);
      put_back = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}, {"importance", "Low"}});
    }
    auto gives = file;
    if (what == how::drift) w.edits(who::user, w.target, gives = {{"subject", "Supper"}});
    if (what == how::undoes_an_edit) w.edits(who::user, put_back, {{"subject", "Tea"}});
    if (what == how::undoes_an_edit) gives = {{"subject", "Lunch"}};
    if (what == how::not_put_back) w.edits(who::user, put_back, {{"attachments/a.txt 1", ""}});
    if (what != how::left_out) w.edits(who::daemon, put_back, gives);
    CHECK(w.broken() == (what == how::files      ? nothing
                         : what == how::left_out ? std::vector{rule::contents}
                                                 : std::vector{rule::drift}));
  }
}

TEST_CASE("who puts one of the same name in place of what left unnoticed may find the source's written over it") {
  for (bool noticed : {false, true}) {
    one_way_contact w;
    w.administrator("invalidate_sync_states");
    if (noticed) w.lists(w.target);
    w.deletes(who::user, w.target);
    auto own = w.makes(who::user, side::replica, "label-2", w.dora);
    w.lists(own);
    w.purges(who::daemon, own);
    w.makes(who::daemon, side::replica, "label-1", w.dora);
    CHECK(w.broken() == (noticed ? std::vector{rule::missing} : nothing));
  }
}
