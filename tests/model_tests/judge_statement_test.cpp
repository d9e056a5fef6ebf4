// What the daemon says is believed where settings or the world's refusals justify it; mail is never sent.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace simulate::model;
using namespace simulate::model::test;

TEST_CASE("a banned item is excused where something refused it, and nowhere else") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.bans(p);
  CHECK(w.broken() == std::vector{rule::false_excuse});
  w.excuses.push_back({"label-1"});
  CHECK(w.words() == "");
  w.excuses = {{"label-2"}};
  CHECK(w.broken() == std::vector{rule::false_excuse});
}

TEST_CASE("an item that could be refused and is not banned has to be carried") {
  written_history w;
  w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.excuses.push_back({"label-1"});
  CHECK(w.broken() == std::vector{rule::missing});
}

TEST_CASE("no excuse lets an item vanish from both sides") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.bans(p);
  w.excuses.push_back({"label-1"});
  w.purges(who::daemon, p);
  CHECK(w.broken() == std::vector{rule::missing});
}

TEST_CASE("a frozen folder pair waits for its administrator, the others do not") {
  written_history w;
  w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  auto missing = [&] {
    auto all = w.broken();
    return std::find(all.begin(), all.end(), rule::missing) != all.end();
  };
  w.said.frozen.insert({"jane", "projects"});
  CHECK(missing());
  w.said.frozen.insert({"jane", "inbox"});
  CHECK_FALSE(missing());
}

TEST_CASE("what settings leave alone need not be carried") {
  written_history w;
  w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  CHECK(w.broken() == std::vector{rule::missing});
  w.inbox().start_date = instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 6));
  CHECK(w.words() == "");
  w.inbox().start_date = instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 5));
  CHECK(w.broken() == std::vector{rule::missing});
  w.inbox().on = false;
  CHECK(w.words() == "");
}

TEST_CASE("an item of a class that is not carried is left alone") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"class", "\"IPM.Schedule.Meeting.Request\""}});
  CHECK(w.words() == "");
  w.carried(p);
  CHECK(w.broken() == std::vector{rule::left_alone});
}

TEST_CASE("what settings leave alone is not carried, what they left alone at another time may have been") {
  for (bool changed : {false, true}) {
    written_history w;
    w.inbox().start_date = instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 6));
    if (changed) {
      w.administrator(act::settings_changed);
      auto other = std::make_shared<settings>(w.given);
      other->pairs[0].folders[0].start_date.reset();
      w.so_far.steps.back().changed_to = other;
    }
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    w.carried(p);
    CHECK(w.broken() == (changed ? std::vector<rule>{} : std::vector{rule::left_alone}));
  }
  // What both sides' users have is kept alike, and what was no meeting once may have been carried then.
  written_history w;
  w.inbox().start_date = instant(std::chrono::sys_days(std::chrono::year(2026) / 1 / 6));
  w.makes(who::transport, side::primary, "label-1", {{"subject", "Lunch"}});
  auto r = w.makes(who::transport, side::replica, "label-1", {{"subject", "Lunch"}});
  w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
  CHECK(w.broken() == std::vector<rule>{});
  static_cast<void>(r);
  // A meeting's copy is none, and it is carried all the same.
  written_history u;
  u.inbox().meetings = meetings::skip;
  auto m = u.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  u.so_far.steps.back().effects.back().after->meeting = true;
  u.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}});
  CHECK(u.broken() == std::vector{rule::left_alone});
  static_cast<void>(m);
  written_history v;
  v.inbox().meetings = meetings::skip;
  auto p = v.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  v.carried(p);
  v.invites(p);
  CHECK(v.broken() == std::vector<rule>{});
}

TEST_CASE("the ban list names nothing that both sides have alike, unless something refused it") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.bans(p);
  auto rests = [&] { return judge_bans(w.given, w.so_far, w.held_now(), w.said, w.excuses).size(); };
  CHECK(rests() == 0);
  w.carried(p);
  CHECK(rests() == 1);
  w.marks(who::user, p, true);
  CHECK(rests() == 0);
  w.marks(who::user, p, false);
  CHECK(rests() == 1);
  w.excuses.push_back({"label-1"});
  CHECK(rests() == 0);
  w.excuses.clear();
  w.inbox().unchangeable = unchangeable::report;
  CHECK(rests() == 0);
}

TEST_CASE("what rests in a frozen folder pair stays in the ban list, since nothing of it is decided") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.bans(p);
  w.purges(who::user, p);
  auto rests = [&] { return judge_bans(w.given, w.so_far, w.held_now(), w.said, w.excuses).size(); };
  CHECK(rests() == 1);
  w.said.frozen.insert({"jane", "projects"});
  CHECK(rests() == 1);
  w.said.frozen.insert({"jane", "inbox"});
  CHECK(rests() == 0);
}

TEST_CASE(
    "what is moved out of a folder whose list fails may be made anew after an hour, unless a list has told of its "
    "leaving") {
  enum class fails { before, other_side, other_folder, it, soon, told_later };
  for (auto which :
       {fails::before, fails::other_side, fails::other_folder, fails::it, fails::soon, fails::told_later}) {
    mail_on_both w;
    if (which == fails::before) w.list_fails(w.p, "inbox");
    w.moves(who::user, w.p, "inbox/Projects");
    if (which != fails::before)
      w.list_fails(which == fails::other_side ? w.r : w.p, which == fails::other_folder ? "inbox/Projects" : "inbox");
    if (which == fails::told_later) w.tells_gone(w.p);
    const auto before = w.so_far.steps.size();
    w.carried(w.p, "inbox/From HQ");
    for (auto at = before; at < w.so_far.steps.size() && which != fails::soon; ++at)
      w.so_far.steps[at].at += std::chrono::hours(1);
    w.deletes(who::daemon, w.r);
    CHECK(w.broken() == (which == fails::it ? std::vector<rule>{} : std::vector{rule::made_anew}));
  }
}

TEST_CASE("what its user only moves is made anew nowhere; after an edit, an unknown answer or a reset it may be") {
  enum class then { nothing, edited, unanswered, reset };
  for (auto also : {then::nothing, then::edited, then::unanswered, then::reset}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    if (also == then::unanswered) w.so_far.steps.back().answered = false;
    if (also == then::reset) w.administrator(act::cursor_lost);
    if (also == then::edited) w.edits(who::user, p, {{"subject", "Tea"}});
    w.moves(who::user, p, "inbox/Projects");
    auto moved = w;
    moved.moves(who::daemon, r, "inbox/From HQ", "MoveItem");
    if (also == then::edited) moved.edits(who::daemon, r, {{"subject", "Tea"}});
    CHECK(moved.words() == "");
    w.carried(p, "inbox/From HQ");
    w.deletes(who::daemon, r);
    CHECK(w.broken() == (also == then::nothing ? std::vector{rule::made_anew} : std::vector<rule>{}));
  }
}

TEST_CASE("the daemon's own copy that is moved before a list has shown it is no new item; after a list or a crash it "
          "may be") {
  enum class then { nothing, listed, crashed };
  for (auto also : {then::nothing, then::listed, then::crashed}) {
    written_history w;
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    auto r = w.carried(p);
    if (also == then::listed) w.lists(r);
    if (also == then::crashed) w.administrator(act::crash);
    w.moves(who::user, r, "inbox/From HQ");
    w.lists(r);
    auto moved = w;
    moved.moves(who::daemon, p, "inbox/Projects", "MoveItem");
    CHECK(moved.words() == "");
    w.carried(r, "inbox/Projects");
    w.deletes(who::daemon, p);
    INFO(static_cast<int>(also) << w.words() << story(w.so_far, "label-1"));
    CHECK(w.broken() == (also == then::nothing ? std::vector{rule::made_anew} : nothing));
  }
}

TEST_CASE("a request that mails somebody is a violation, a user's act is none") {
  written_history w;
  w.so_far.mails.push_back({"hq/jane@hq.example", "Lunch", "submitted", 1, true});
  CHECK(w.words() == "");
  w.so_far.mails.push_back({"hq/jane@hq.example", "Lunch", "read_receipts", 1, false});
  CHECK(w.broken() == std::vector{rule::mailed});
}

TEST_CASE("the story of an item tells who did what to it, in order") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  auto r = w.carried(p);
  w.makes(who::user, side::primary, "label-2", {{"subject", "Tea"}});
  w.edits(who::user, r, {{"subject", "Supper"}});
  auto told = story(w.so_far, "label-1");
  INFO(told);
  CHECK(told.find("user add_message; item 1") != told.npos);
  CHECK(told.find("/subject=Supper") != told.npos);
  CHECK(told.find("item 3") == told.npos);
}

TEST_CASE("a folder pair out of reach is believed where rights or folders changed") {
  written_history w;
  w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.said.unreachable.insert({"jane", "inbox"});
  CHECK(w.broken() == std::vector{rule::false_excuse});
  w.administrator(act::rights_changed);
  CHECK(w.words() == "");
}

TEST_CASE("the daemon puts nothing into folders that are not its own") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.carried(p);
  w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}}, "deleteditems");
  CHECK(w.words() == "");
  w.makes(who::daemon, side::replica, "label-1", {{"subject", "Lunch"}}, "junkemail");
  CHECK(w.broken() == std::vector{rule::place});
}

TEST_CASE("copies of one item say only what users wrote") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  auto r = w.carried(p);
  auto copy = w.copies(who::user, p);
  auto copy_twin = w.carried(copy);
  CHECK(w.words() == "");
  w.edits(who::daemon, copy, {{"subject", "Luncheon"}});
  w.edits(who::daemon, copy_twin, {{"subject", "Luncheon"}});
  CHECK(w.broken() == std::vector{rule::contents});
  w.edits(who::user, copy, {{"subject", "Luncheon"}});
  w.edits(who::user, r, {{"importance", "High"}});
  CHECK(w.broken() == std::vector{rule::contents});
}

TEST_CASE("of a meeting and its copies the text is not compared, since attendees are text of a copy") {
  written_history w;
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}, {"body_sha256", "a"}});
  auto r = w.carried(p);
  auto copy = w.copies(who::user, p), copy_twin = w.carried(copy);
  w.edits(who::user, copy, {{"body_sha256", "b"}});
  CHECK(w.broken() == std::vector{rule::contents});
  w.invites(p);
  CHECK(w.words() == "");
  w.edits(who::user, copy_twin, {{"subject", "Dinner"}});
  CHECK(w.broken() == std::vector{rule::contents});
  static_cast<void>(r);
}

TEST_CASE("settings that were otherwise for a while excuse what they concern, and nothing else") {
  written_history w;
  w.lists(w.makes(who::user, side::primary, "label-0", {{"subject", "Before"}}, "drafts"));
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  w.carried(p);
  w.edits(who::user, p, {{"subject", "Dinner"}});
  CHECK(w.broken() == std::vector{rule::contents});
  auto changed = [&](auto change) {
    auto v = w;
    auto then = std::make_shared<settings>(w.given);
    change(then->pairs[0].folders[0]);
    v.administrator(act::settings_changed);
    v.so_far.steps.back().changed_to = then;
    return v.broken();
  };
  CHECK(changed([](folder_pair& one) { one.drift = drift::revert; }) == std::vector{rule::contents});
  CHECK(changed([](folder_pair& one) { one.meetings = meetings::skip; }) == std::vector{rule::contents});
  CHECK(changed([](folder_pair& one) { one.direction = direction::replica_to_primary; }).empty());
}

TEST_CASE("what settings leave alone and pairing may take for another side's item is on both sides") {
  for (bool same : {true, false}) {
    written_history w;
    w.inbox().start_date = instant(std::chrono::seconds(1'767'700'000));
    const fields old{{"subject", "Lunch"}, {"message_id", "1@x"}};
    w.makes(who::transport, side::primary, "label-1", old);
    w.makes(who::transport, side::replica, "label-2", {{"subject", "Supper"}, {"message_id", same ? "1@x" : "2@x"}});
    w.makes(who::daemon, side::replica, "label-1", old);
    CHECK(w.broken() == (same ? std::vector<rule>{} : std::vector{rule::left_alone}));
  }
}

TEST_CASE("a text that was refused stays in the ban list where pairing anew compares none, until both sides have it") {
  for (bool differs : {true, false}) {
    written_history w;
    const fields says{{"subject", "Lunch"}, {"message_id", "1@x"}, {"body_sha256", "1"}};
    auto p = w.makes(who::transport, side::primary, "label-1", says);
    auto r = w.makes(who::transport, side::replica, "label-1", says);
    w.reads(p);
    w.reads(r);
    w.edits(who::user, p, {{"body_sha256", "2"}});
    if (!differs) w.edits(who::daemon, r, {{"body_sha256", "2"}});
    w.administrator(act::state_lost);
    w.reads(p);
    w.reads(r);
    w.bans(p);
    CHECK(judge_bans(w.given, w.so_far, w.held_now(), w.said).size() == (differs ? 0 : 1));
  }
}
