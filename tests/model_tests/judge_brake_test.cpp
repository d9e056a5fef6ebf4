// Suddenly empty folders, and pairs that share mailboxes.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

namespace {

/// So many mails that both sides hold in the inbox, of which the primary's user takes away some at once.
struct emptied : written_history {
  std::vector<item_number> p, r;
  emptied(int count, int taken) {
    for (int i = 0; i < count; ++i) {
      p.push_back(makes(who::user, side::primary, "label-" + std::to_string(i + 1), {{"subject", "S"}}));
      r.push_back(carried(p.back()));
    }
    takes({p.begin(), p.begin() + taken});
  }
  /// One act takes them all.
  void takes(const std::vector<item_number>& items) {
    for (auto item : items) {
      deletes(who::user, item);
      if (item == items.front()) continue;
      auto one = so_far.steps.back().effects.back();
      so_far.steps.pop_back();
      so_far.steps.back().effects.push_back(one);
    }
    so_far.steps.back().act = "user_empty_folder";
  }
  void carry(int count) {
    for (int i = 0; i < count; ++i)
      deletes(who::daemon, r[static_cast<std::size_t>(i)]);
  }
};

} // namespace

TEST_CASE("a folder that is suddenly empty freezes its pair: nobody empties the other side unasked") {
  emptied w(3, 3);
  w.carry(3);
  CHECK(w.broken() == std::vector{rule::brake});
  emptied frozen(3, 3);
  frozen.said.frozen.insert({"jane", "inbox"});
  CHECK(frozen.words() == "");
  emptied approved(3, 3);
  approved.administrator(act::approved);
  approved.carry(3);
  CHECK(approved.words() == "");
}

TEST_CASE("what comes into an empty folder after a list has told of it freezes it no less, what comes before does") {
  for (bool before : {true, false}) {
    emptied w(3, 3);
    auto refill = [&] { w.carried(w.makes(who::user, side::primary, "label-9", {{"subject", "New"}})); };
    if (before) refill();
    for (auto one : w.p)
      w.tells_gone(one);
    if (!before) refill();
    w.carry(3);
    CHECK(w.broken() == (before ? std::vector<rule>{} : std::vector{rule::brake}));
  }
}

TEST_CASE("what was in a folder between two lists only has not left it, what a list has shown there has") {
  for (bool listed : {true, false}) {
    emptied w(2, 0);
    auto passing = w.makes(who::user, side::primary, "label-9", {{"subject", "S"}}, "inbox/Projects");
    auto twin = w.carried(passing, "inbox/From HQ");
    w.moves(who::user, passing, "inbox");
    if (listed) w.lists(passing);
    w.takes({w.p[0], w.p[1], passing});
    w.carry(2);
    w.deletes(who::daemon, twin);
    CHECK(w.broken() == (listed ? std::vector{rule::brake} : std::vector<rule>{}));
  }
}

TEST_CASE("what is moved into another folder of the pair has not left, and may be deleted by itself afterwards") {
  for (bool moved : {true, false}) {
    emptied w(3, 3);
    if (!moved) w.carry(3);
    w.moves(who::user, w.p[0], "inbox/Projects");
    if (moved) w.moves(who::daemon, w.r[0], "inbox/From HQ");
    w.deletes(who::user, w.p[0]);
    if (moved) w.carry(3);
    CHECK(w.broken() == (moved ? std::vector<rule>{} : std::vector{rule::brake}));
  }
}

TEST_CASE("two of two, or half of ten, are no emptying; six of ten are") {
  emptied two(2, 2);
  two.carry(2);
  CHECK(two.words() == "");
  emptied half(10, 5);
  half.carry(5);
  CHECK(half.words() == "");
  emptied most(10, 6);
  most.carry(6);
  CHECK(most.broken() == std::vector{rule::brake});
}

TEST_CASE("a folder pair from which hardly anything left is not frozen") {
  emptied w(5, 1);
  w.said.frozen.insert({"jane", "inbox"});
  CHECK(w.broken() == std::vector{rule::false_excuse});
}

TEST_CASE("pairs that share a mailbox hold an item once each") {
  written_history w;
  auto second = w.given.pairs[0];
  second.name = "second";
  second.replica = "third/jane@third.example";
  w.given.pairs.push_back(second);
  auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  auto r = w.carried(p);
  CHECK(w.words() == "");
  w.carried(r);
  CHECK(w.broken() == std::vector{rule::doubled});
  written_history gone;
  gone.given = w.given;
  auto q = gone.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
  gone.purges(who::daemon, q);
  CHECK(gone.broken() == std::vector{rule::missing});
}

namespace {

/// A ring's item on three mailboxes, or two of them: two pairs that share the primary.
struct shared_item : written_history {
  item_number p, r;
  shared_item() {
    auto second = given.pairs[0];
    second.name = "second";
    second.replica = "third/jane@third.example";
    given.pairs.push_back(second);
    administrator(act::settings_changed);
    so_far.steps.back().changed_to = std::make_shared<settings>(given);
    p = makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    r = carried(p);
  }
};

} // namespace

TEST_CASE("pairs that share a mailbox are judged where the settings were said once and never changed") {
  shared_item w;
  CHECK(w.words() == "");
  w.carried(w.p);
  CHECK(w.broken() == std::vector{rule::doubled});
  w.so_far.steps[0].changed_to = std::make_shared<settings>();
  CHECK(w.words() == "");
}

TEST_CASE("what was gone everywhere and two users bring back is there twice, what was not gone everywhere is not") {
  for (bool everywhere : {true, false}) {
    shared_item w;
    w.deletes(who::user, w.p);
    if (everywhere) w.deletes(who::daemon, w.r);
    w.moves(who::user, w.p, "inbox");
    if (everywhere) w.moves(who::user, w.r, "inbox");
    auto second = w.carried(w.p);
    w.carried(w.r);
    CHECK(w.broken() == (everywhere ? std::vector<rule>{} : std::vector{rule::doubled, rule::doubled}));
    w.carried(second);
    CHECK(w.broken().empty() == false);
  }
}
