#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example", branch = "jane@branch.example";

struct one_pair : office {
  explicit one_pair(int mails, const pair_settings& of = pair_named("jane")) : office({of}) {
    for (int i = 0; i < mails; ++i)
      deliver(hq, "m" + std::to_string(i));
    REQUIRE(sync().in_step());
  }
  std::optional<failure> approve(const std::string& folder = "") {
    return ask<pair_answers>(approve_one{"jane", folder}).pairs.at(0).failed;
  }
  std::optional<failure> restore(const std::string& folder = "") {
    return ask<pair_answers>(restore_one{"jane", folder}).pairs.at(0).failed;
  }
  std::optional<failure> resync(const std::string& folder = "") {
    return ask<pair_answers>(resync_pairs{{"jane"}, folder}).pairs.at(0).failed;
  }
};

fault failing() {
  fault f;
  f.kind = fault::kind::fails;
  return f;
}

pair_settings with_subfolders() {
  auto s = pair_named("jane");
  s.folders[0].include_subfolders = true;
  return s;
}

} // namespace

TEST_CASE("a small folder that is emptied at once is frozen as well") {
  for (const auto& [mails, frozen] : {std::pair(2, false), {3, true}, {8, true}}) {
    INFO(mails << " mails");
    one_pair o(mails);
    o.clear(hq);
    CHECK(o.sync().held.size() == (frozen ? 1u : 0u));
    CHECK(o.mails(branch) == (frozen ? static_cast<std::size_t>(mails) : 0u));
  }
}

TEST_CASE("a folder that gets a new mail while it is emptied is emptied all the same") {
  one_pair o(5);
  o.clear(hq);
  o.deliver(hq, "new");
  CHECK(o.sync().held.size() == 1);
  CHECK(o.mails(branch) == 5);
}

TEST_CASE("more than half of ten are too many, half of them are not") {
  for (const auto& [left, frozen] : {std::pair(5, false), {6, true}}) {
    INFO(left << " of 10");
    one_pair o(10);
    o.clear(hq, "inbox", static_cast<std::size_t>(left));
    CHECK(o.sync().held.size() == (frozen ? 1u : 0u));
    CHECK(o.mails(branch) == (frozen ? 10u : 5u));
  }
  one_pair o(9);
  o.clear(hq, "inbox", 8);
  CHECK(o.sync().in_step());
}

TEST_CASE("more deletes than a day may have are frozen, with those of the day that are done") {
  auto s = pair_named("jane");
  s.deletes_a_day = 5;
  one_pair o(30, s);
  o.clear(hq, "inbox", 3);
  CHECK(o.sync().in_step());
  o.clear(hq, "inbox", 2);
  CHECK(o.sync().in_step());
  o.clear(hq, "inbox", 1);
  const auto held = o.sync().held;
  REQUIRE(held.size() == 1);
  CHECK(held[0].second.reason.find("after 5 deletes today") != std::string::npos);
  CHECK(o.mails(branch) == 25);
  SECTION("what an administrator lets go does not count") {
    CHECK_FALSE(o.approve());
    CHECK(o.sync().in_step());
    CHECK(o.mails(branch) == 24);
  }
  SECTION("the next day has its own") {
    CHECK_FALSE(o.approve());
    o.advance(24h, 1min);
    o.clear(hq, "inbox", 5);
    CHECK(o.sync().in_step());
    CHECK(o.mails(branch) == 19);
  }
}

TEST_CASE("what was moved into another folder of the pair has not left") {
  auto s = pair_named("jane");
  auto done = s.folders[0];
  done.name = done.primary = done.replica = "inbox/Done";
  s.folders.push_back(done);
  s.deletes_a_day = 5;
  for (const bool emptied_is_listed_last : {false, true}) {
    auto order = s;
    if (emptied_is_listed_last) std::swap(order.folders[0], order.folders[1]);
    office o({order});
    for (const auto& address : {hq, branch})
      o.box(address).make_folder("inbox/Done");
    for (int i = 0; i < 12; ++i)
      o.deliver(hq, "m" + std::to_string(i));
    REQUIRE(o.sync().in_step());
    const auto all = o.box(hq).items("inbox");
    for (const auto& [id, item] : all)
      o.box(hq).user_move(id, "inbox/Done");
    CHECK(o.sync().in_step());
    CHECK(o.mails(branch, "inbox/Done") == 12);
  }
}

TEST_CASE("of a folder that is emptied, what its user has moved to another one before does not stay") {
  auto s = pair_named("jane");
  auto done = s.folders[0];
  done.name = done.primary = done.replica = "inbox/Done";
  s.folders.push_back(done);
  office o({s});
  for (const auto& address : {hq, branch})
    o.box(address).make_folder("inbox/Done");
  for (int i = 0; i < 4; ++i)
    o.deliver(hq, "m" + std::to_string(i));
  REQUIRE(o.sync().in_step());
  o.box(hq).user_move(o.box(hq).items("inbox").begin()->first, "inbox/Done");
  o.clear(hq);
  CHECK(o.sync().held.size() == 1);
  CHECK(o.mails(branch) + o.mails(branch, "inbox/Done") == 4);
}

TEST_CASE("of a folder that is emptied, what no list has shown yet is looked at before anything is deleted") {
  one_pair o(2);
  for (const auto& name : {"new", "newer"})
    o.deliver(hq, name);
  const auto inbox = o.box(branch).folder("inbox")->id;
  bool emptied = false;
  o.script = [&](const mailbox_call& c) {
    if (c.name == "list_changes" && c.side == side::replica && c.folder == inbox && o.mails(branch) == 4 && !emptied) {
      emptied = true;
      o.clear(branch);
    }
    return fault{};
  };
  o.sync();
  CHECK(o.sync().held.size() == 1);
  CHECK(emptied);
  CHECK(o.mails(hq) == 4);
}

TEST_CASE("nothing leaves a folder that is emptied before it is known what is hidden") {
  one_pair o(2);
  o.deliver(hq, "new");
  const auto inbox = o.box(branch).folder("inbox")->id;
  o.box(branch).may_hide = true;
  o.script = [&](const mailbox_call& c) {
    if (c.name == "list_changes" && c.side == side::replica && c.folder == inbox && o.mails(branch) == 3)
      o.clear(branch);
    return fault{};
  };
  o.sync();
  o.sync();
  CHECK(o.mails(branch) == 0);
  CHECK(o.mails(hq) == 3);
  o.box(branch).may_hide = false;
  o.advance(2h);
  CHECK(o.sync().held.size() == 1);
  CHECK(o.mails(hq) == 3);
}

TEST_CASE("of a folder that is emptied, what is just being created on the other side has left as well") {
  one_pair o(2);
  for (const auto& name : {"new", "newer"})
    o.deliver(hq, name);
  o.script = [&](const mailbox_call& c) {
    if (c.name != "create_items" || c.side != side::replica) return fault{};
    o.clear(hq);
    return fault{fault::kind::commits_later, 0, 45s};
  };
  o.sync();
  o.script = {};
  CHECK(o.sync().held.size() == 1);
  o.advance(2min);
  CHECK(o.sync().held.size() == 1);
  CHECK(o.mails(branch) > 0);
  CHECK_FALSE(o.approve());
  o.advance(2min);
  CHECK(o.sync().held.empty());
  CHECK(o.mails(branch) == 0);
}

TEST_CASE("of a folder that is emptied, what is just being updated has left as well") {
  one_pair o(3);
  auto& box = o.box(hq);
  box.user_edit(box.items("inbox").begin()->first, field::categories, "red");
  o.script = [&](const mailbox_call& c) {
    if (c.name != "update_items") return fault{};
    o.clear(branch);
    return fault{fault::kind::answer_lost_before};
  };
  o.sync();
  o.script = {};
  CHECK(o.sync().held.size() == 1);
  CHECK(o.mails(hq) == 3);
}

TEST_CASE("an approval holds until its deletes are done, also where rounds fail") {
  one_pair o(12);
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  o.script = [](const mailbox_call& c) { return c.name == "identify" ? failing() : fault{}; };
  CHECK_FALSE(o.approve());
  CHECK(o.sync().failures.size() == 2);
  o.script = {};
  CHECK(o.sync().held.empty());
  CHECK(o.mails(branch) == 0);
}

TEST_CASE("an approval holds where the server stops its deletes halfway, and over a restart") {
  one_pair o(120);
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  o.script = [](const mailbox_call& c) {
    fault f;
    if (c.name == "remove_items") f.kind = fault::kind::stops, f.at = 20;
    return f;
  };
  CHECK_FALSE(o.approve());
  CHECK(o.mails(branch) > 0);
  o.script = {};
  o.restart({pair_named("jane")});
  CHECK(o.sync().held.empty());
  CHECK(o.mails(branch) == 0);
}

TEST_CASE("an approval is for what had left by then, not for what leaves later") {
  one_pair o(24);
  o.clear(hq, "inbox", 13);
  REQUIRE(o.sync().held.size() == 1);
  CHECK_FALSE(o.approve());
  CHECK(o.mails(branch) == 11);
  o.clear(hq);
  CHECK(o.sync().held.size() == 1);
  CHECK(o.mails(branch) == 11);
}

TEST_CASE("a pair that is stopped can be approved, and does it when it is started") {
  one_pair o(12);
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  o.ask<pair_answers>(stop_pairs{{"jane"}});
  CHECK(o.overview("jane").held.size() == 1);
  CHECK_FALSE(o.approve());
  CHECK(o.overview("jane").held.empty());
  o.ask<pair_answers>(start_pairs{{"jane"}});
  o.advance(1s);
  CHECK(o.mails(branch) == 0);
}

TEST_CASE("a subfolder is a folder pair: it is listed, frozen and approved as any other") {
  office o({with_subfolders()});
  o.box(hq).make_folder("inbox/sub");
  for (int i = 0; i < 12; ++i) {
    o.deliver(hq, "m" + std::to_string(i));
    o.deliver(hq, "s" + std::to_string(i), "inbox/sub");
  }
  REQUIRE(o.sync().in_step());
  const auto folders = o.overview("jane").folders;
  REQUIRE(folders.size() == 2);
  CHECK(folders[1].name == "inbox/sub");
  CHECK(folders[1].replica == "inbox/sub");
  CHECK_FALSE(folders[1].include_subfolders);
  o.clear(hq);
  o.clear(hq, "inbox/sub");
  REQUIRE(o.sync().held.size() == 2);
  CHECK_FALSE(o.ask<pair_answers>(approve_one{"jane", "inbox/sub"}).pairs.at(0).failed);
  const auto held = o.sync().held;
  REQUIRE(held.size() == 1);
  CHECK(held[0].first.value == "inbox");
  CHECK(o.mails(branch, "inbox/sub") == 0);
  CHECK(o.mails(branch) == 12);
  CHECK_FALSE(o.ask<pair_answers>(approve_one{"jane", ""}).pairs.at(0).failed);
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch) == 0);
}

TEST_CASE("a plan shows by name what is held, and carries out nothing") {
  one_pair o(12);
  o.clear(hq);
  const auto look = [&] {
    const auto plan = std::get<pair_plan>(o.ask<rehearsed>(plan_one{"jane"}).outcome);
    const auto& of = plan.folder_pairs.at(folder_pair_id{"inbox"});
    CHECK(of.held);
    REQUIRE(of.steps.size() == 12);
    for (const auto& s : of.steps) {
      CHECK(s.what == planned_step::kind::remove);
      CHECK(s.on == side::replica);
      CHECK(s.subject.starts_with("m"));
    }
  };
  look(); // also before a round has frozen it
  REQUIRE(o.sync().held.size() == 1);
  look();
  CHECK(o.mails(branch) == 12);
  CHECK(o.sync().held.size() == 1);
}

TEST_CASE("what was taken away is put back on its side") {
  for (const auto& [from, rest] : {std::pair(hq, branch), {branch, hq}}) {
    one_pair o(12);
    CHECK(o.restore()); // nothing is frozen
    o.clear(from);
    REQUIRE(o.sync().held.size() == 1);
    CHECK_FALSE(o.restore("inbox"));
    CHECK(o.sync().in_step());
    CHECK(o.mails(hq) == 12);
    CHECK(o.mails(branch) == 12);
    // From then on it is as it was.
    o.clear(from, "inbox", 1);
    CHECK(o.sync().in_step());
    CHECK(o.mails(rest) == 11);
  }
}

TEST_CASE("the source of a one-way pair is filled again where an administrator wants that") {
  auto s = pair_named("jane");
  s.folders[0].policy.direction = direction::primary_to_replica;
  one_pair o(12, s);
  o.deliver(branch, "stray");
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  CHECK_FALSE(o.restore());
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq) == 12); // without what was never there
  CHECK(o.mails(branch) == 13);
}

TEST_CASE("what is put back on the source of a one-way pair has its files, also where a create was not answered") {
  for (const bool lost : {false, true}) {
    INFO(lost);
    auto s = pair_named("jane");
    s.folders[0].policy.direction = direction::primary_to_replica;
    one_pair o(0, s);
    for (int i = 0; i < 3; ++i) {
      new_mail m;
      m.item_class = item_class::contact;
      m.message_id = "<c" + std::to_string(i) + ">";
      m.subject = "c" + std::to_string(i);
      m.attachments = {{"file", "bytes"}};
      o.box(hq).user_create("inbox", m);
    }
    REQUIRE(o.sync().in_step());
    o.clear(hq);
    REQUIRE(o.sync().held.size() == 1);
    CHECK_FALSE(o.restore());
    if (lost)
      o.script = [first = true](const mailbox_call& call) mutable {
        fault f;
        if (call.name == "create_items" && std::exchange(first, false)) f.kind = fault::kind::answer_lost_after;
        return f;
      };
    o.sync();
    o.advance(3min);
    CHECK(o.sync().in_step());
    const auto all = o.box(hq).items("inbox");
    REQUIRE(all.size() == 3);
    for (const auto& [id, item] : all)
      CHECK(item.attachments == std::map<std::string, std::string>{{"file", "bytes"}});
    // What the target's user adds from then on stays his.
    const auto copies = o.box(branch).items("inbox");
    o.box(branch).user_attach(copies.begin()->first, "his", "bytes");
    o.sync();
    for (const auto& [id, item] : o.box(hq).items("inbox"))
      CHECK(item.attachments.size() == 1);
  }
}

TEST_CASE("what was put back by its user meanwhile is not there twice") {
  one_pair o(12);
  const auto all = o.box(hq).items("inbox");
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  const auto bin = o.box(hq).items("deleteditems");
  REQUIRE(bin.size() == 12);
  o.box(hq).user_move(bin.begin()->first, "inbox");
  CHECK_FALSE(o.restore());
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq) == 12);
  CHECK(o.mails(branch) == 12);
}

TEST_CASE("to list anew deletes nothing, frozen or not") {
  for (const bool frozen : {false, true}) {
    one_pair o(12);
    o.clear(hq, "inbox", 8);
    if (frozen) REQUIRE(o.sync().held.size() == 1);
    const auto other_one = o.box(hq).items("inbox").begin()->second.message_id.value; // not one of those eight
    o.box(branch).user_delete(o.box(branch).find("inbox", other_one));
    CHECK_FALSE(o.resync());
    CHECK(o.sync().in_step());
    CHECK(o.mails(hq) == 12);
    CHECK(o.mails(branch) == 12);
  }
}

TEST_CASE("of a pair that is deleted nothing is known: made again, it deletes nothing") {
  one_pair o(4);
  o.ask<pair_answers>(stop_pairs{{"jane"}});
  o.keep({declared::pair, "jane", {}});
  o.ask<reconfigured>(reconfigure{{}});
  o.advance(1s);
  o.clear(hq, "inbox", 1);
  o.ask<reconfigured>(reconfigure{{pair_named("jane")}});
  o.advance(1s);
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq) == 4);
  CHECK(o.mails(branch) == 4);
}

TEST_CASE("a pair whose state is kept asks before it deletes what left meanwhile") {
  for (const bool over_restart : {false, true}) {
    one_pair o(12);
    o.ask<pair_answers>(stop_pairs{{"jane"}});
    o.keep({declared::pair, "jane", {}, true, o.now()});
    o.ask<reconfigured>(reconfigure{{}});
    o.advance(1s);
    o.clear(hq, "inbox", 1);
    o.deliver(hq, "new");
    if (over_restart)
      o.restart({pair_named("jane")});
    else
      o.ask<reconfigured>(reconfigure{{pair_named("jane")}});
    o.advance(1s);
    const auto held = o.sync().held;
    REQUIRE(held.size() == 1);
    CHECK(held[0].second.reason.find("1 item vanished while") != std::string::npos);
    CHECK(o.mails(branch) == 12);
    CHECK_FALSE(o.approve());
    CHECK(o.sync().in_step());
    CHECK(o.mails(hq) == 12);
    CHECK(o.mails(branch) == 12);
    o.clear(hq, "inbox", 1); // from then on as ever
    CHECK(o.sync().in_step());
    CHECK(o.mails(branch) == 11);
  }
}

TEST_CASE("a pair that was taken out of the file for a while, and lost nothing, goes on") {
  one_pair o(5);
  o.restart({});
  o.advance(1s);
  o.restart({pair_named("jane")});
  o.advance(1s);
  CHECK(o.sync().in_step());
  o.clear(hq, "inbox", 1);
  CHECK(o.sync().in_step());
  CHECK(o.mails(branch) == 4);
  o.restart({});
  o.advance(1s);
  o.clear(hq, "inbox", 1);
  o.restart({pair_named("jane")});
  o.advance(1s);
  CHECK(o.sync().held.size() == 1);
}

TEST_CASE("what is moved into a frozen folder is moved on the other side, which takes nothing away there") {
  auto settings = pair_named("jane");
  settings.folders.push_back(settings.folders[0]);
  settings.folders[1].name = settings.folders[1].primary = settings.folders[1].replica = "inbox/Done";
  office o({settings});
  for (const auto& address : {hq, branch})
    o.box(address).make_folder("inbox/Done");
  for (int i = 0; i < 3; ++i)
    o.deliver(hq, "m" + std::to_string(i));
  o.deliver(hq, "kept", "inbox/Done");
  REQUIRE(o.sync().in_step());
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  o.box(hq).user_move(o.box(hq).items("inbox/Done").begin()->first, "inbox");
  CHECK(o.sync().held.size() == 1);
  CHECK(o.mails(branch) == 4);
  CHECK(o.mails(branch, "inbox/Done") == 0);
}

TEST_CASE("what leaves while a write of it is open counts as well") {
  one_pair o(3);
  o.box(hq).user_edit(o.box(hq).find("inbox", "<m1>"), field::categories, "red");
  o.script = [](const mailbox_call& c) {
    fault f;
    if (c.name == "update_items") f.kind = fault::kind::answer_lost_before;
    return f;
  };
  o.sync();
  o.clear(hq);
  CHECK(o.sync().held.size() == 1);
  o.script = {};
  o.advance(5min);
  CHECK(o.mails(branch) == 3);
}

TEST_CASE("what both users have deleted of a frozen folder is new where one of them brings it back") {
  for (const auto& [from, rest] : {std::pair(hq, branch), {branch, hq}}) {
    one_pair o(3);
    o.clear(from);
    REQUIRE(o.sync().held.size() == 1);
    o.box(rest).user_delete(o.box(rest).find("inbox", "<m1>"));
    REQUIRE(o.sync().held.size() == 1);
    o.box(rest).user_move(o.box(rest).find("deleteditems", "<m1>"), "inbox");
    REQUIRE(o.sync().held.size() == 1);
    CHECK_FALSE(o.approve());
    CHECK(o.sync().in_step());
    CHECK(o.mails(from) == 1);
    CHECK(o.mails(rest) == 1);
  }
}

TEST_CASE("what had been removed when a folder was frozen is new where its user brings it back") {
  one_pair o(4);
  o.box(hq).user_delete(o.box(hq).find("inbox", "<m1>"));
  o.script = [acted = false](const mailbox_call& c) mutable {
    if (acted) return failing();
    acted = c.name == "remove_items";
    fault f;
    if (acted) f.kind = fault::kind::answer_lost_after;
    return f;
  };
  o.sync();
  o.script = {};
  o.clear(hq);
  REQUIRE(o.sync().held.size() == 1);
  o.box(branch).user_move(o.box(branch).find("deleteditems", "<m1>"), "inbox");
  REQUIRE(o.sync().held.size() == 1);
  CHECK_FALSE(o.approve());
  CHECK(o.sync().in_step());
  CHECK(o.mails(hq) == 1);
  CHECK(o.mails(branch) == 1);
}
