#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example", branch = "jane@branch.example";

pair_settings two_folders() {
  auto s = pair_named("jane");
  auto done = s.folders[0];
  done.name = done.primary = done.replica = "inbox/Done";
  s.folders.push_back(done);
  return s;
}

/// Where each mail is, how its user marked it, and how often.
std::multimap<std::string, std::string> contents(office& o, const std::string& address) {
  std::multimap<std::string, std::string> result;
  for (const std::string folder : {"inbox", "inbox/Done"})
    for (const auto& [id, m] : o.box(address).items(folder))
      result.emplace(m.message_id.value, folder + (m.read ? " read " : " unread ") + m.value(field::categories));
  return result;
}

struct archive : office {
  archive() : office({stopped()}) {
    for (const auto& address : {hq, branch})
      box(address).make_folder("inbox/Done");
    for (int i = 0; i < 20; ++i)
      deliver(i % 2 == 0 ? hq : branch, "m" + std::to_string(i));
    ask<pair_answers>(start_pairs{{"jane"}});
    REQUIRE(sync().in_step());
    backup = disk();
  }
  static pair_settings stopped() {
    auto s = two_folders();
    s.start = false;
    return s;
  }
  item_id at(const std::string& address, const std::string& name) {
    return box(address).find("inbox", "<" + name + ">");
  }
  /// A day of work.
  void work() {
    box(hq).user_delete(at(hq, "m0"));
    box(branch).user_delete(at(branch, "m1"));
    box(hq).user_edit(at(hq, "m2"), field::categories, "red");
    box(branch).user_edit(at(branch, "m3"), field::categories, "blue");
    box(hq).user_move(at(hq, "m4"), "inbox/Done");
    box(branch).user_mark_read(at(branch, "m5"), true);
    // Such an edit takes a new copy on the other side.
    for (const auto& [who, name] : {std::pair(hq, "m6"), std::pair(branch, "m7")}) {
      box(who).user_attach(at(who, name), "file", "bytes");
      box(who).user_edit(at(who, name), field::subject, "edited");
    }
    deliver(hq, "new");
    deliver(branch, "another");
  }
  memory_engine::contents backup;
};

} // namespace

TEST_CASE("a state of yesterday doubles nothing and brings nothing back of what was carried over since") {
  archive o;
  o.work();
  REQUIRE(o.sync().in_step());
  const auto before = contents(o, hq);
  REQUIRE(before == contents(o, branch));
  o.restart({two_folders()}, o.backup);
  CHECK(o.sync().in_step());
  CHECK(contents(o, hq) == before);
  CHECK(contents(o, branch) == before);
  CHECK(o.sync().writes == 0);
}

TEST_CASE("a state of yesterday carries over what its users have done since the daemon ended") {
  archive o;
  o.work();
  o.restart({two_folders()}, o.backup);
  CHECK(o.sync().in_step());
  const auto after = contents(o, hq);
  CHECK(after == contents(o, branch));
  CHECK(after.size() == 20);
  CHECK(after.count("<m0>") + after.count("<m1>") == 0);
  CHECK(after.find("<m2>")->second == "inbox unread red");
  CHECK(after.find("<m4>")->second == "inbox/Done unread ");
}

TEST_CASE("a new state, and one that is to list anew, pair what is there and write nothing") {
  archive o;
  o.work();
  REQUIRE(o.sync().in_step());
  const auto before = contents(o, hq);
  SECTION("removed") {
    o.restart({two_folders()}, {});
    o.sync(); // the lease of the one before has not run out
    CHECK_FALSE(o.ask<pair_answers>(take_over_one{"jane", ""}).pairs.at(0).failed);
  }
  SECTION("of yesterday") {
    o.restart({two_folders()}, o.backup);
    CHECK_FALSE(o.ask<pair_answers>(resync_pairs{{"jane"}, ""}).pairs.at(0).failed);
  }
  CHECK(o.sync().in_step());
  CHECK(contents(o, hq) == before);
  CHECK(contents(o, branch) == before);
}

TEST_CASE("a mailbox that took the place of another one is told as such, and what it lacks is created in it") {
  const std::string hq = "jane@hq.example", successor = "joan@branch.example";
  office o({pair_named("jane")});
  for (int i = 0; i < 12; ++i)
    o.deliver(hq, "m" + std::to_string(i));
  REQUIRE(o.sync().in_step());
  auto other_replica = pair_named("jane");
  other_replica.replica.mailbox = successor;
  o.box(successor);
  o.restart({other_replica});
  const auto held = o.sync().held;
  REQUIRE(held.size() == 1);
  CHECK(held[0].second.reason.find("replica: it is another mailbox than before, and 12 of 12 items are not in it") ==
        0);
  CHECK_FALSE(o.ask<pair_answers>(restore_one{"jane", ""}).pairs.at(0).failed);
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq) == 12);
  CHECK(o.mails(successor) == 12);
}

TEST_CASE("a pair whose mailboxes have changed places begins anew, without conflicts and without a write") {
  const std::string hq = "jane@hq.example", branch = "jane@branch.example";
  office o({pair_named("jane")});
  for (int i = 0; i < 12; ++i)
    o.deliver(i % 2 == 0 ? hq : branch, "m" + std::to_string(i));
  REQUIRE(o.sync().in_step());
  auto turned = pair_named("jane");
  std::swap(turned.primary, turned.replica);
  o.restart({turned});
  const auto report = o.sync();
  CHECK(report.in_step());
  CHECK(report.writes == 0);
  CHECK(o.ask<conflicts_loaded>(ask_conflicts{"jane"}).conflicts.empty());
  // What is deleted from then on is.
  o.clear(branch, "inbox", 1);
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq) == 11);
}
