#include "tests/actors/scenario.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

void deliver_to_both(outer_world& w, const std::string& name, int minute) {
  for (const auto s : both_sides)
    w.mailboxes[s].user_create("inbox", mail_named(name, minute));
}

} // namespace

TEST_CASE("both sides create") {
  scenario s;
  s.name = "both sides create";
  s.when = [](outer_world& w, casting c) {
    w.mailboxes[c.a].user_create("inbox", mail_named("from-a", 1));
    w.mailboxes[c.b()].user_create("inbox", mail_named("from-b", 2));
  };
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    auto wrong = all_of({has(w, c.a, "from-a", "from-a"), has(w, c.b(), "from-b", "from-b")});
    if (c.two_way()) return all_of({wrong, has(w, c.b(), "from-a", "from-a"), has(w, c.a, "from-b", "from-b")});
    const bool a_is_source = c.a == c.source();
    return all_of({wrong, a_is_source ? has(w, c.b(), "from-a", "from-a") : has(w, c.a, "from-b", "from-b"),
                   a_is_source ? has_none(w, c.a, "from-b") : has_none(w, c.b(), "from-a")});
  };
  play_all_ways(s);
}

TEST_CASE("the first pairing links what both have and copies the rest, through a crash at every call") {
  scenario s;
  s.name = "first pairing";
  s.in_step_first = false;
  s.given = [](outer_world& w, casting c) {
    for (const auto side : both_sides)
      w.mailboxes[side].page_size = 2;
    for (int i = 0; i < 3; ++i)
      deliver_to_both(w, "common" + std::to_string(i), i);
    for (int i = 0; i < 2; ++i)
      w.mailboxes[c.source()].user_create("inbox", mail_named("source" + std::to_string(i), 10 + i));
    w.mailboxes[other(c.source())].user_create("inbox", mail_named("target", 20));
  };
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides) {
      for (const auto* name : {"common0", "common1", "common2", "source0", "source1"})
        wrong = all_of({wrong, has(w, side, name, name)});
      if (c.two_way()) wrong = all_of({wrong, has(w, side, "target", "target")});
    }
    if (!c.two_way())
      wrong = all_of({wrong, has(w, other(c.source()), "target", "target"), has_none(w, c.source(), "target")});
    return wrong;
  };
  for (const auto d : {direction::bidirectional, direction::primary_to_replica, direction::replica_to_primary})
    play(s, {d, side::primary});
}

TEST_CASE("mails that both have and that differ: the source's stand") {
  scenario s;
  s.name = "first pairing of what differs";
  s.in_step_first = false;
  s.given = [](outer_world& w, casting c) {
    deliver_to_both(w, "m", 1);
    auto& source = w.mailboxes[c.source()];
    auto& target = w.mailboxes[other(c.source())];
    source.user_edit(source.find("inbox", id_of("m")), field::subject, "the source's");
    source.user_mark_read(source.find("inbox", id_of("m")), true);
    target.user_edit(target.find("inbox", id_of("m")), field::subject, "the target's");
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    auto wrong = all_of({has(w, side::primary, "m", "the source's"), has(w, side::replica, "m", "the source's")});
    for (const auto side : both_sides)
      for (const auto& m : mails(w, side, id_of("m")))
        if (!m.read) wrong.push_back("unread");
    return wrong;
  };
  for (const auto d : {direction::bidirectional, direction::primary_to_replica, direction::replica_to_primary})
    play(s, {d, side::primary});
}

TEST_CASE("both mailboxes receive the same mail") {
  scenario s;
  s.name = "same mail to both";
  s.when = [](outer_world& w, casting) { deliver_to_both(w, "news", 5); };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    return all_of({has(w, side::primary, "news", "news"), has(w, side::replica, "news", "news")});
  };
  for (const auto d : {direction::bidirectional, direction::primary_to_replica, direction::replica_to_primary})
    play(s, {d, side::primary});
}

TEST_CASE("several mails of one Message-ID are linked one to one, and what is left over is copied") {
  scenario s;
  s.name = "several of one Message-ID";
  s.several_of_one_id = true;
  s.in_step_first = GENERATE(false, true);
  const auto make = [](outer_world& w, casting c) {
    deliver_to_both(w, "m", 1);
    w.mailboxes[c.a].user_create("inbox", mail_named("m", 1));
    w.mailboxes[c.a].user_create("inbox", mail_named("m", 3));
  };
  if (s.in_step_first)
    s.when = make;
  else
    s.given = make;
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    std::vector<std::string> wrong;
    const bool carried_over = c.two_way() || c.a == c.source();
    if (mails(w, c.a, id_of("m")).size() != 3) wrong.push_back("A has not three");
    if (mails(w, c.b(), id_of("m")).size() != (carried_over ? 3 : 1)) wrong.push_back("B has another number");
    return wrong;
  };
  play_all_ways(s);
}

TEST_CASE("a user's copy is a mail of its own") {
  const bool of_our_copy = GENERATE(false, true), edited_too = GENERATE(false, true), elsewhere = GENERATE(false, true);
  scenario s;
  s.name = std::string("user's copy") + (of_our_copy ? " of the one that we made" : "") +
           (edited_too ? ", edited" : "") + (elsewhere ? ", in another folder" : "");
  s.several_of_one_id = true;
  s.folders = {"inbox", "inbox/other"};
  s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  s.when = [=](outer_world& w, casting c) {
    auto& box = w.mailboxes[of_our_copy ? c.b() : c.a];
    const auto item = box.find("inbox", id_of("m"));
    box.user_copy(item, elsewhere ? "inbox/other" : "inbox");
    if (edited_too) box.user_edit(item, field::subject, "edited");
  };
  s.then = [=](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides) {
      const auto all = mails(w, side, id_of("m"));
      if (all.size() != 2) wrong.push_back("not two: " + std::to_string(all.size()));
      const auto edited = std::count_if(all.begin(), all.end(), [](const auto& m) { return m.subject == "edited"; });
      const auto other = std::count_if(all.begin(), all.end(), [](const auto& m) { return m.folder == "inbox/other"; });
      if (edited != edited_too) wrong.push_back(std::to_string(edited) + " are edited");
      if (other != elsewhere) wrong.push_back(std::to_string(other) + " are in the other folder");
    }
    return wrong;
  };
  play_two_way(s);
}

TEST_CASE("a user's copy whose original was moved away or deleted in the same round") {
  const bool deleted = GENERATE(false, true), of_our_copy = GENERATE(false, true);
  scenario s;
  s.name = std::string("copied, then the original ") + (deleted ? "deleted" : "moved");
  s.several_of_one_id = true;
  s.folders = {"inbox", "inbox/other"};
  s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  s.when = [=](outer_world& w, casting c) {
    auto& box = w.mailboxes[of_our_copy ? c.b() : c.a];
    const auto item = box.find("inbox", id_of("m"));
    box.user_copy(item, "inbox");
    if (deleted)
      box.user_delete(item);
    else
      box.user_move(item, "inbox/other");
  };
  s.then = [=](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides)
      if (const auto n = mails(w, side, id_of("m")).size(); n != (deleted ? 1 : 2))
        wrong.push_back(std::to_string(n) + " are left");
    return wrong;
  };
  play_two_way(s);
}
