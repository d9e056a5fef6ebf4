#include "tests/actors/scenario.hpp"

#include "storage/store.hpp"

#include <catch2/catch.hpp>

#include <utility>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

using kind = enum fault::kind;

/// What A's user does to the mails "one" and "two", the call to B that carries it over, and what it comes to.
struct kind_of_write {
  std::string call;
  bool there_before = true;
  void (*act)(model_mailbox&, const item_id&);
  seen_mail result;
};

seen_mail mail_in(const std::string& folder) {
  seen_mail m;
  m.folder = folder;
  m.subject = "subject";
  m.body = "body";
  return m;
}

std::vector<kind_of_write> kinds_of_write() {
  auto edited = mail_in("inbox"), read = mail_in("inbox"), replaced = mail_in("inbox");
  edited.subject = "edited";
  read.read = true;
  replaced.attachments = {"file=bytes"};
  return {
      {"create_items", false, [](model_mailbox&, const item_id&) {}, mail_in("inbox")},
      {"update_items", true, [](model_mailbox& m, const item_id& i) { m.user_edit(i, field::subject, "edited"); },
       edited},
      {"set_read_states", true, [](model_mailbox& m, const item_id& i) { m.user_mark_read(i, true); }, read},
      {"move_items", true, [](model_mailbox& m, const item_id& i) { m.user_move(i, "inbox/other"); },
       mail_in("inbox/other")},
      {"remove_items", true, [](model_mailbox& m, const item_id& i) { m.user_delete(i); }, {}},
      // Attachments cannot be updated: a new copy is made and the old one removed.
      {"create_items", true, [](model_mailbox& m, const item_id& i) { m.user_attach(i, "file", "bytes"); }, replaced},
      {"remove_items", true, [](model_mailbox& m, const item_id& i) { m.user_attach(i, "file", "bytes"); }, replaced},
  };
}

scenario with_fault(const kind_of_write& what, fault wrong) {
  scenario s;
  s.name = what.call + " " + name_of(wrong.kind) + " " + what.result.text();
  s.folders = {"inbox", "inbox/other"};
  const auto make = [](outer_world& w, casting c) {
    for (const auto* name : {"one", "two"}) {
      auto m = mail_named(name);
      m.subject = "subject";
      w.mailboxes[c.a].user_create("inbox", m);
    }
  };
  if (what.there_before) s.given = make;
  s.when = [=](outer_world& w, casting c) {
    if (!what.there_before) make(w, c);
    auto& box = w.mailboxes[c.a];
    for (const auto* name : {"one", "two"})
      what.act(box, box.find("inbox", id_of(name)));
  };
  s.during = [=](casting c) {
    script during;
    during.before_call = [=](virtual_world&, const mailbox_call& call, std::uint64_t nth) {
      return call.side == c.b() && call.name == what.call && nth == 1 ? wrong : fault{};
    };
    return during;
  };
  s.then = [=](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto* name : {"one", "two"})
      for (const auto side : both_sides) {
        auto expected = what.result;
        expected.message_id = id_of(name);
        const auto found = mails(w, side, expected.message_id);
        const bool none = what.result.folder.empty();
        if (none ? !found.empty() : found != std::vector{expected})
          wrong.push_back(std::string(name) + " is " + (found.empty() ? "nowhere" : found.front().text()));
      }
    return wrong;
  };
  return s;
}

const fault all_faults[] = {{kind::none},
                            {kind::fails},
                            {kind::stops, 1},
                            {kind::answer_lost_before},
                            {kind::cut, 1},
                            {kind::answer_lost_after},
                            {kind::answers_late, 0, 20s},
                            {kind::commits_later, 0, 45s},
                            {kind::dies_before},
                            {kind::dies_after}};

} // namespace

TEST_CASE("a write whose answer is lost, late or cut has its effect once") {
  for (const auto& what : kinds_of_write())
    for (const auto& wrong : all_faults)
      play_two_way(with_fault(what, wrong), crashes::none);
}

TEST_CASE("one-way: a write whose answer is lost, late or cut has its effect once") {
  for (const auto& what : kinds_of_write())
    for (const auto& wrong : all_faults) {
      play(with_fault(what, wrong), {direction::primary_to_replica, side::primary}, crashes::none);
      play(with_fault(what, wrong), {direction::replica_to_primary, side::replica}, crashes::none);
    }
}

TEST_CASE("a write of each kind goes through a crash at every call") {
  for (const auto& what : kinds_of_write())
    play_two_way(with_fault(what, {kind::none}));
}

TEST_CASE("a lost answer and a crash at every call on top of it") {
  for (const auto& what : kinds_of_write())
    for (const auto& wrong : {fault{kind::answer_lost_after}, fault{kind::commits_later, 0, 45s}, fault{kind::cut, 1}})
      play(with_fault(what, wrong), {direction::bidirectional, side::primary});
}

TEST_CASE("what a create has made and its user has taken away before its answer was known does not come back") {
  for (const auto at : both_sides)
    for (const bool purges : {false, true}) {
      outer_world before(settings_for({"inbox"}, {}));
      before.mailboxes[other(at)].user_create("inbox", mail_named("m"));
      before.mailboxes[at].make_folder("elsewhere");
      virtual_world w(before);
      bool made = false, gone = false;
      w.before_call = [&](virtual_world&, const mailbox_call& call, std::uint64_t) {
        if (call.side != at) return fault{};
        if (call.name == "create_items" && !std::exchange(made, true)) return fault{kind::answer_lost_after};
        return call.name == "find_by_mark" && !gone ? fault{kind::fails} : fault{};
      };
      w.after_call = [&](virtual_world&, const mailbox_call& call, std::uint64_t) {
        auto& box = w.mailbox(at);
        const auto copy = box.find("inbox", id_of("m"));
        if (call.side != at || call.name != "list_changes" || copy.empty() || std::exchange(gone, true)) return;
        if (purges)
          box.user_purge(copy);
        else
          box.user_move(copy, "elsewhere");
      };
      for (int i = 0; i < 4; ++i, w.pass(30s)) // it is shown, told as gone, and then looked for to the end
        w.round();
      w.run();
      INFO(w.story());
      CHECK(made);
      CHECK(gone);
      CHECK(has_none(w, side::primary, "m").empty());
      CHECK(has_none(w, side::replica, "m").empty());
      CHECK(w.violations.empty());
    }
}

TEST_CASE("a replacement whose answer was lost, and whose new copy its user has deleted, is made once more and nothing "
          "deleted is taken for it") {
  for (const auto target : both_sides) {
    outer_world before(settings_for({"inbox"}, {}));
    before.mailboxes[other(target)].user_create("inbox", mail_named("m"));
    virtual_world w(before);
    w.run();
    auto& source = w.mailbox(other(target));
    source.user_attach(source.find("inbox", id_of("m")), "file", "bytes");
    bool lost = false, deleted = false;
    w.before_call = [&](virtual_world&, const mailbox_call& call, std::uint64_t) {
      const bool first = call.side == target && call.name == "create_items" && !std::exchange(lost, true);
      return first ? fault{kind::answer_lost_after} : fault{};
    };
    w.after_call = [&](virtual_world& now, const mailbox_call& call, std::uint64_t) {
      if (call.side != target || call.name != "create_items" || std::exchange(deleted, true)) return;
      auto& box = now.mailbox(target);
      for (const auto& [id, item] : box.items("inbox"))
        if (item.attachments.size() == 1) return box.user_delete(id);
    };
    w.run();
    INFO(w.story());
    REQUIRE(deleted);
    for (const auto s : both_sides) {
      const auto found = mails(w, s, id_of("m"));
      REQUIRE(found.size() == 1);
      CHECK(found.front().attachments.size() == 1);
    }
    CHECK(w.violations.empty());
  }
}

TEST_CASE("a delete whose answer was lost ends also where the list begins anew") {
  scenario s;
  s.name = "B's cursors are invalid just after our delete";
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_delete(box.find("inbox", id_of("m")));
  };
  s.given = [](outer_world& w, casting c) {
    for (const auto* name : {"m", "n"})
      w.mailboxes[c.a].user_create("inbox", mail_named(name));
  };
  s.during = [](casting c) {
    script during;
    during.before_call = [=](virtual_world&, const mailbox_call& call, std::uint64_t nth) {
      const bool first = call.side == c.b() && call.name == "remove_items" && nth == 1;
      return first ? fault{kind::answer_lost_after} : fault{};
    };
    during.after_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t) {
      if (call.side == c.b() && call.name == "remove_items") w.mailbox(c.b()).invalidate_cursors();
    };
    return during;
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    return all_of({has_none(w, side::primary, "m"), has_none(w, side::replica, "m"), has(w, side::primary, "n", "n"),
                   has(w, side::replica, "n", "n")});
  };
  play_two_way(s, crashes::none);
}

TEST_CASE("what its user brings back after a delete whose answer was lost is there again") {
  for (const auto s : both_sides) {
    outer_world before(settings_for({"inbox", "inbox/other"}, {}));
    before.mailboxes.primary.user_create("inbox", mail_named("m"));
    virtual_world w(before);
    w.run();
    w.mailbox(other(s)).user_delete(w.mailbox(other(s)).find("inbox", id_of("m")));
    bool lost = false;
    w.before_call = [&](virtual_world&, const mailbox_call& call, std::uint64_t) {
      if (call.side != s || call.name != "remove_items" || std::exchange(lost, true)) return fault{};
      return fault{kind::answer_lost_after};
    };
    w.round();
    REQUIRE(lost);
    w.mailbox(s).user_move(w.mailbox(s).find("deleteditems", id_of("m")), "inbox/other");
    w.run();
    INFO(w.story());
    for (const auto each : both_sides)
      CHECK(has(w, each, "m", "m").empty());
    CHECK(w.violations.empty());
  }
}

TEST_CASE(
    "an edit made just before our delete is listed though its answer is lost or what it has done cannot be read") {
  for (const auto loser : both_sides)
    for (const bool lost : {false, true}) {
      outer_world before(settings_for({"inbox"}, {}));
      before.mailboxes[loser].user_create("inbox", mail_named("m"));
      virtual_world w(before);
      w.run();
      w.mailbox(other(loser)).user_delete(w.mailbox(other(loser)).find("inbox", id_of("m")));
      bool removed = false, failed = lost;
      w.before_call = [&](virtual_world& now, const mailbox_call& call, std::uint64_t) {
        if (call.side != loser) return fault{};
        if (call.name == "read_content" && removed && !std::exchange(failed, true)) return fault{kind::fails};
        if (call.name != "remove_items" || std::exchange(removed, true)) return fault{};
        now.mailbox(loser).user_edit(now.mailbox(loser).find("inbox", id_of("m")), field::categories, "red");
        return lost ? fault{kind::answer_lost_after} : fault{};
      };
      w.run();
      INFO(w.story());
      REQUIRE(removed);
      REQUIRE(failed);
      CHECK(has_none(w, loser, "m").empty());
      std::vector<conflict> found;
      w.look_at_disk([&](const store& s) { found = s.conflicts(pair_id{w.settings().name}, 100); });
      REQUIRE(found.size() == 1);
      CHECK(found.front().loser == loser);
      CHECK(found.front().fields == std::vector{field::categories});
      CHECK(w.violations.empty());
    }
}

TEST_CASE("an edit that is seen while the outcome of our delete is open is listed when the item goes") {
  for (const auto loser : both_sides) {
    outer_world before(settings_for({"inbox"}, {}));
    before.mailboxes.primary.user_create("inbox", mail_named("m"));
    virtual_world w(before);
    w.run();
    w.mailbox(other(loser)).user_delete(w.mailbox(other(loser)).find("inbox", id_of("m")));
    bool cut = false;
    w.before_call = [&](virtual_world& now, const mailbox_call& call, std::uint64_t) {
      if (call.side != loser || call.name != "remove_items" || std::exchange(cut, true)) return fault{};
      now.mailbox(loser).user_edit(now.mailbox(loser).find("inbox", id_of("m")), field::categories, "red");
      return fault{kind::commits_later, 0, 45s};
    };
    w.round();
    w.pass(20s);
    w.round(); // the item is still there, and it is edited
    w.run();
    REQUIRE(cut);
    CHECK(has_none(w, loser, "m").empty());
    std::vector<conflict> found;
    w.look_at_disk([&](const store& s) { found = s.conflicts(pair_id{w.settings().name}, 100); });
    REQUIRE(found.size() == 1);
    CHECK(found.front().loser == loser);
    CHECK(found.front().fields == std::vector{field::categories});
  }
}

TEST_CASE("a write that waits long before it leaves is not repeated while the server may still act on it") {
  for (const auto at : both_sides) {
    outer_world before(settings_for({"inbox"}, {}));
    before.mailboxes[other(at)].user_create("inbox", mail_named("m"));
    virtual_world w(before);
    int creates = 0;
    w.before_call = [&](virtual_world&, const mailbox_call& call, std::uint64_t) {
      if (call.side != at || call.name != "create_items" || ++creates > 1) return fault{};
      return fault{kind::commits_later, 0, 89s, 80s};
    };
    for (int i = 0; i < 20; ++i) {
      w.round();
      w.pass(10s);
    }
    CHECK(creates == 1);
    w.run();
    CHECK(mails(w, at, id_of("m")).size() == 1);
  }
}
