// Two daemons that do not know of each other, over the same mailboxes: one folder pair has one of them.
#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example";
const std::string branch = "jane@branch.example";

pair_settings turned(pair_settings p) {
  std::swap(p.primary, p.replica);
  for (auto& f : p.folders)
    std::swap(f.primary, f.replica);
  return p;
}

lease_state standing(office& of, const std::string& pair = "jane", const std::string& folder = "inbox") {
  return of.overview(pair).status.leases.at(folder_pair_id{folder}).state;
}

std::string failures_of(office& of) {
  std::string text;
  for (const auto& [name, why] : of.overview("jane").status.failures)
    text += name.value + " " + why.code + ": " + why.what + "\n";
  return text;
}

bool holds(office& of) {
  return of.overview("jane").status.leases.contains(folder_pair_id{"inbox"}) && failures_of(of).empty() &&
         standing(of) == lease_state::held;
}

/// Time passes for both.
void live(office& a, office& b, std::chrono::seconds time) {
  for (auto left = time; left > 0s; left -= 60s) {
    a.advance(60s, 60s);
    b.advance(60s, 60s);
  }
}

/// The clock that both servers show goes with this daemon's time, whatever its own clock says.
void show_time_of(office& a) {
  for (const auto& address : {hq, branch})
    a.box(address).clock = [&a] { return std::optional(a.now() - a.clock_set_by); };
}

} // namespace

TEST_CASE("a folder pair that another daemon looks after is left to it, and that is said") {
  for (const bool mirrored : {false, true}) {
    INFO(mirrored);
    office a({pair_named("jane")});
    a.deliver(hq, "before");
    CHECK(a.sync().in_step());
    office b({mirrored ? turned(pair_named("jane")) : pair_named("jane")}, a);
    a.deliver(hq, "after");
    live(a, b, 2h);
    CHECK(holds(a));
    CHECK(standing(b) == lease_state::elsewhere);
    CHECK_THAT(failures_of(b),
               Catch::Contains("inbox lease: another daemon looks after this folder pair, on host one"));
    CHECK(b.calls["list_changes"] == 0);
    CHECK(a.mails(hq) == 2);
    CHECK(a.mails(branch) == 2);
  }
}

TEST_CASE("a daemon that ends in order leaves the folder pair to the next one at once") {
  office a({pair_named("jane")});
  CHECK(a.sync().in_step());
  office b({pair_named("jane")}, a);
  b.sync();
  CHECK(standing(b) == lease_state::elsewhere);
  a.ask<shut>(shut_down{});
  b.sync();
  CHECK(holds(b));
}

TEST_CASE("a pair that is stopped in order leaves its folder pairs at once, and asks for them when it starts") {
  office a({pair_named("jane")});
  CHECK(a.sync().in_step());
  office b({pair_named("jane")}, a);
  a.ask<pair_answers>(stop_pairs{{"jane"}});
  b.sync();
  CHECK(holds(b));
  a.ask<pair_answers>(start_pairs{{"jane"}});
  a.sync();
  CHECK(standing(a) == lease_state::elsewhere);
}

TEST_CASE("a daemon that was killed and starts again goes on at once") {
  office a({pair_named("jane")});
  CHECK(a.sync().in_step());
  a.deliver(hq, "meanwhile");
  a.restart({pair_named("jane")});
  CHECK(a.sync().in_step());
  CHECK(holds(a));
  CHECK(a.mails(branch) == 1);
}

TEST_CASE("wherever a daemon is killed while it takes or renews a lease, it goes on at once when it starts again") {
  for (const auto kind : {fault::kind::vanishes_before, fault::kind::vanishes_after, fault::kind::answer_lost_before,
                          fault::kind::answer_lost_after, fault::kind::fails, fault::kind::commits_later})
    for (const auto& where : {"write_leases", "read_leases"})
      for (std::size_t nth = 1; nth <= 3; ++nth) {
        INFO(name_of(kind) << " " << where << " " << nth);
        office a({});
        a.box(hq), a.box(branch);
        std::size_t seen = 0;
        a.script = [&](const mailbox_call& c) {
          fault f;
          if (c.name == where && ++seen == nth) f = {kind, 0, 50s};
          return f;
        };
        a.restart({pair_named("jane")});
        a.advance(90min, 60s); // a renewal among them
        a.deliver(hq, "one");
        a.restart({pair_named("jane")});
        a.script = nullptr;
        a.advance(20min, 60s);
        CHECK(failures_of(a).empty());
        CHECK(holds(a));
        CHECK(a.mails(branch) == 1);
      }
}

TEST_CASE("the lease of a daemon that is no more runs out after it has been seen unchanged for its life") {
  auto a = std::make_unique<office>(std::vector{pair_named("jane")});
  CHECK(a->sync().in_step());
  office b({pair_named("jane")}, *a);
  b.deliver(hq, "one");
  a.reset(); // as by kill -9
  b.advance(170min, 60s);
  CHECK(standing(b) == lease_state::elsewhere);
  CHECK(b.mails(branch) == 0);
  b.advance(20min, 60s);
  CHECK(holds(b));
  CHECK(b.mails(branch) == 1);
}

TEST_CASE("where the server shows its clock, a lease that ran out long ago is not waited for") {
  auto a = std::make_unique<office>(std::vector{pair_named("jane")});
  auto hour = 1h;
  office other({}, *a);
  for (const auto& address : {hq, branch})
    a->box(address).clock = [&hour] { return std::optional(utc_seconds(1'000'000s + hour)); };
  a->restart({pair_named("jane")});
  CHECK(a->sync().in_step());
  const office& boxes = *a;
  {
    office early({pair_named("jane")}, boxes);
    early.sync();
    CHECK(standing(early) == lease_state::elsewhere);
  }
  hour = 5h;
  office late({pair_named("jane")}, boxes);
  late.sync();
  CHECK(holds(late));
}

TEST_CASE("clocks of two hosts are not compared") {
  for (const auto error : {-30h, 30h}) {
    office a({});
    a.box(hq), a.box(branch);
    show_time_of(a);
    a.restart({pair_named("jane")});
    CHECK(a.sync().in_step());
    office b({}, a);
    b.clock_set_by = error;
    b.restart({pair_named("jane")});
    live(a, b, 12h);
    CHECK(holds(a));
    CHECK(standing(b) == lease_state::elsewhere);
  }
}

TEST_CASE("a pair that rests keeps its lease with a request in an hour or so, and no other for that") {
  for (const bool shows_time : {false, true}) {
    INFO(shows_time);
    office a({});
    a.box(hq), a.box(branch);
    if (shows_time) show_time_of(a);
    a.restart({pair_named("jane")});
    a.sync();
    office b({pair_named("jane")}, a);
    a.calls.clear();
    live(a, b, 24h);
    CHECK(a.calls["write_leases"] >= 20);
    CHECK(a.calls["write_leases"] <= 24);
    CHECK(a.calls["read_leases"] == 0);
    CHECK(holds(a));
    CHECK(b.calls["list_changes"] == 0);
  }
}

TEST_CASE("what daemons write at folders is no change of a user") {
  office a({pair_named("jane")});
  a.deliver(hq, "one");
  CHECK(a.sync().in_step());
  a.advance(5h, 60s);
  const auto report = a.sync();
  CHECK(report.in_step());
  CHECK(report.writes == 0);
}

TEST_CASE("a round that takes longer than a lease lives keeps it") {
  office a({});
  a.box(branch);
  a.box(hq).page_size = 1;
  for (int i = 0; i < 20; ++i)
    a.deliver(hq, "mail" + std::to_string(i));
  a.script = [&](const mailbox_call& c) {
    fault f;
    if (c.name == "list_changes" && c.side == side::primary) f = {fault::kind::answers_late, 0, 25min};
    return f;
  };
  a.restart({pair_named("jane")});
  office b({pair_named("jane")}, a);
  live(a, b, 7h);
  CHECK(a.calls["write_leases"] >= 5);
  CHECK(a.overview("jane").status.rounds == 0);
  CHECK(b.calls["list_changes"] == 0);
  CHECK(standing(b) == lease_state::elsewhere);
  live(a, b, 12h);
  CHECK(a.mails(branch) == 20);
  CHECK(b.calls["list_changes"] == 0);
}

TEST_CASE("who takes over while the other one is in a long round stops that round's writes") {
  office a({});
  a.box(branch);
  a.box(hq).page_size = 1;
  for (int i = 0; i < 20; ++i)
    a.deliver(hq, "mail" + std::to_string(i));
  a.script = [&](const mailbox_call& c) {
    fault f;
    if (c.name == "list_changes" && c.side == side::primary) f = {fault::kind::answers_late, 0, 25min};
    return f;
  };
  a.restart({pair_named("jane")});
  a.advance(2h, 60s);
  office b({pair_named("jane")}, a);
  b.sync();
  b.ask<pair_answers>(take_over_one{"jane", ""});
  live(a, b, 12h);
  CHECK(holds(b));
  CHECK(standing(a) == lease_state::elsewhere);
  CHECK(a.calls["create_items"] == 0);
  CHECK(a.mails(branch) == 20);
}

TEST_CASE("chains of daemons stay legal: each folder pair has its own lease") {
  auto first = pair_named("jane");
  auto second = pair_named("jane");
  second.primary.mailbox = branch;
  second.replica.mailbox = "jane@home.example";
  office a({first});
  a.deliver(hq, "one");
  a.sync();
  office b({second}, a);
  live(a, b, 8h);
  CHECK(holds(a));
  CHECK(holds(b));
  CHECK(a.mails("jane@home.example") == 1);
  CHECK(a.mails(hq) == 1);
  CHECK(a.mails(branch) == 1);
}

TEST_CASE("a copy of the state on another host does not go on beside the daemon that it was copied from") {
  office a({pair_named("jane")});
  a.deliver(hq, "one");
  a.sync();
  const auto backup = a.disk();
  a.advance(2h, 60s); // it has renewed its lease
  office b({pair_named("jane")}, a, backup);
  live(a, b, 12h);
  CHECK(holds(a));
  CHECK(standing(b) == lease_state::elsewhere);
  CHECK_THAT(failures_of(b), Catch::Contains("a daemon with a copy of this one's state"));
}

TEST_CASE(
    "a copy of the state that knows the lease is told from the daemon that it was copied from by the next renewal") {
  office a({pair_named("jane")});
  a.sync();
  office b({pair_named("jane")}, a, a.disk());
  live(a, b, 6h);
  CHECK(holds(a) != holds(b));
}

TEST_CASE("taking over is what an administrator does, and then the other one gives way") {
  const bool restored = GENERATE(false, true);
  INFO(restored);
  office a({pair_named("jane")});
  a.deliver(hq, "one");
  a.sync();
  const auto backup = a.disk();
  a.advance(2h, 60s);
  office b({pair_named("jane")}, a, restored ? backup : memory_engine::contents{});
  b.sync();
  CHECK(standing(b) == lease_state::elsewhere);
  CHECK_FALSE(b.ask<pair_answers>(take_over_one{"jane", ""}).pairs.at(0).failed);
  b.advance(1s);
  CHECK(holds(b));
  a.deliver(hq, "two");
  live(a, b, 8h);
  CHECK(holds(b));
  CHECK(standing(a) == lease_state::elsewhere);
  CHECK(a.mails(hq) == 2);
  CHECK(a.mails(branch) == 2);
}

TEST_CASE("there is nothing to take over where nobody else is") {
  office a({pair_named("jane")});
  a.sync();
  const auto answer = a.ask<pair_answers>(take_over_one{"jane", ""}).pairs.at(0);
  REQUIRE(answer.failed);
  CHECK(answer.failed->code == "not-elsewhere");
  CHECK(a.ask<pair_answers>(take_over_one{"john", ""}).pairs.at(0).failed->code == "unknown-pair");
  a.ask<pair_answers>(stop_pairs{{"jane"}});
  CHECK(a.ask<pair_answers>(take_over_one{"jane", ""}).pairs.at(0).failed->code == "stopped");
}

TEST_CASE("of two daemons that start in one moment at most one looks after the folder pair, and soon one does") {
  auto one_way = pair_named("jane");
  one_way.folders[0].policy.direction = direction::primary_to_replica;
  auto other_way = pair_named("jane");
  other_way.folders[0].policy.direction = direction::replica_to_primary;
  const auto settings = GENERATE_COPY(std::pair(pair_named("jane"), pair_named("jane")),
                                      std::pair(pair_named("jane"), turned(pair_named("jane"))),
                                      std::pair(one_way, other_way), std::pair(other_way, one_way));
  const std::string moment = GENERATE("identify", "find_folders", "write_leases", "read_leases", "list_changes");
  INFO(moment);
  office a({});
  a.box(hq), a.box(branch);
  a.deliver(hq, "one");
  std::unique_ptr<office> b;
  a.script = [&](const mailbox_call& c) {
    if (c.name == moment && !b) b = std::make_unique<office>(std::vector{settings.second}, a);
    return fault{};
  };
  a.restart({settings.first});
  a.advance(1s);
  REQUIRE(b);
  std::size_t both = 0;
  for (int minute = 0; minute < 60; ++minute) {
    live(a, *b, 60s);
    both += holds(a) && holds(*b) ? 1 : 0;
  }
  CHECK(both == 0);
  CHECK(holds(a) != holds(*b));
}

TEST_CASE("where nothing can be written at either folder, the folder pair is unguarded, and that is said") {
  office a({});
  a.box(hq).no_leases_at = a.box(branch).no_leases_at = {"inbox"};
  a.restart({pair_named("jane")});
  a.deliver(hq, "one");
  CHECK(a.sync().in_step());
  CHECK(standing(a) == lease_state::unguarded);
  CHECK_THAT(a.overview("jane").status.leases.at(folder_pair_id{"inbox"}).why, Catch::Contains("access is denied"));
  CHECK(a.mails(branch) == 1);
  const auto told = std::count_if(a.log.begin(), a.log.end(),
                                  [](const auto& line) { return line.find("unguarded") != std::string::npos; });
  a.advance(3h, 60s);
  CHECK(told == 1);
  CHECK(a.calls["write_leases"] == 2); // it was tried once at each
}

TEST_CASE("one folder that can be written at is enough, whichever it is") {
  for (const auto& denied : {hq, branch}) {
    office a({});
    a.box(hq), a.box(branch);
    a.box(denied).no_leases_at = {"inbox"};
    a.restart({pair_named("jane")});
    a.sync();
    CHECK(holds(a));
    office b({pair_named("jane")}, a);
    live(a, b, 4h);
    CHECK(standing(b) == lease_state::elsewhere);
  }
}

TEST_CASE(
    "who finds its lease gone, since it was away for longer than that, leaves the folder pair to who has it now") {
  office a({pair_named("jane")});
  a.sync();
  office b({pair_named("jane")}, a);
  b.advance(4h, 60s); // the time of the first one stands still
  CHECK(holds(b));
  a.advance(6min, 60s);
  CHECK(standing(a) == lease_state::elsewhere);
  CHECK(holds(b));
}

TEST_CASE("another folder pair of the same pair goes on beside one that is looked after elsewhere") {
  office a({pair_named("jane")});
  for (const auto& address : {hq, branch})
    a.box(address).make_folder("inbox/Done");
  a.sync();
  auto two = pair_named("jane");
  two.folders.push_back(two.folders[0]);
  two.folders[1].name = "done";
  two.folders[1].primary = two.folders[1].replica = "inbox/Done";
  office b({two}, a);
  b.deliver(hq, "one", "inbox/Done");
  b.advance(10min, 60s);
  CHECK(standing(b, "jane", "inbox") == lease_state::elsewhere);
  CHECK(standing(b, "jane", "done") == lease_state::held);
  CHECK(b.mails(branch, "inbox/Done") == 1);
}

TEST_CASE(
    "two pairs of one daemon on the same folders by two addresses of a mailbox: the second one is refused by name") {
  office a({});
  a.same_box("jane.doe@hq.example", hq);
  auto alias = pair_named("jane");
  alias.name = "alias";
  alias.primary.mailbox = "jane.doe@hq.example";
  if (GENERATE(false, true)) alias = turned(alias);
  a.deliver(hq, "one");
  a.restart({pair_named("jane")});
  a.sync();
  a.ask<reconfigured>(reconfigure{{pair_named("jane"), alias}});
  a.advance(5h, 60s);
  CHECK(holds(a));
  const auto failures = a.overview("alias").status.failures;
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].second.code == "same_folders");
  CHECK_THAT(failures[0].second.what, Catch::Contains("by the pair \"jane\" already"));
  CHECK(a.mails(hq) == 1);
  CHECK(a.mails(branch) == 1);
}
