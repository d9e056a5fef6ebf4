#include "tests/actors/scenario.hpp"

#include "storage/store.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

// What users do while a write of ours is under way: it is carried, or listed where the table lets it lose.
using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

using kind = enum fault::kind;

constexpr const char* places[] = {"inbox", "inbox/other"};

std::vector<conflict> conflicts_in(const virtual_world& w) {
  std::vector<conflict> found;
  w.look_at_disk([&](const store& s) { found = s.conflicts(pair_id{w.settings().name}, 100); });
  return found;
}

std::vector<twin> troubles_in(const virtual_world& w) {
  std::vector<twin> found;
  w.look_at_disk([&](const store& s) { found = s.in_trouble(pair_id{w.settings().name}); });
  return found;
}

std::vector<std::string> complain(bool wrong, std::string text) {
  return wrong ? std::vector<std::string>{std::move(text)} : std::vector<std::string>{};
}

/// Exactly one on each side, with this subject, these attachments, in this place.
std::vector<std::string> both_are(const virtual_world& w, const std::string& name, const seen_mail& expected) {
  std::vector<std::string> wrong;
  for (const auto s : both_sides) {
    const auto found = mails(w, s, id_of(name));
    const std::string side = s == side::primary ? "primary" : "replica";
    if (found.size() != 1) {
      wrong.push_back(side + " holds " + std::to_string(found.size()) + " of " + name);
      continue;
    }
    if (found[0].subject != expected.subject) wrong.push_back(side + " has the subject " + found[0].subject);
    if (found[0].attachments != expected.attachments) wrong.push_back(side + " has other attachments");
    if (found[0].folder != expected.folder) wrong.push_back(side + " has it in " + found[0].folder);
    if (found[0].read != expected.read) wrong.push_back(side + " has another read state");
  }
  return wrong;
}

seen_mail mail(std::string subject, std::set<std::string> attachments, std::string folder = "inbox") {
  seen_mail m;
  m.subject = std::move(subject);
  m.attachments = std::move(attachments);
  m.folder = std::move(folder);
  return m;
}

/// A mail that both have, and to which A's user has attached a file: no update can do that, so it is replaced.
scenario replaced_for_a(std::string name) {
  scenario s;
  s.name = std::move(name);
  s.folders = {"inbox", "inbox/other"};
  s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_attach(box.find("inbox", id_of("m")), "file", "bytes");
  };
  return s;
}

/// Once, at the n-th call of this name on B's side, before it takes effect or after.
script once(side at, const std::string& call, bool after, std::function<void(virtual_world&)> act) {
  const auto done = std::make_shared<bool>(false);
  const auto maybe = [=](virtual_world& w, const mailbox_call& c) {
    if (c.side == at && c.name == call && !std::exchange(*done, true)) act(w);
  };
  script s;
  if (after)
    s.after_call = [=](virtual_world& w, const mailbox_call& c, std::uint64_t) { maybe(w, c); };
  else
    s.before_call = [=](virtual_world& w, const mailbox_call& c, std::uint64_t) {
      maybe(w, c);
      return fault{};
    };
  return s;
}

/// The first update on this side is cut, and its user acts then.
script while_cut(side at, std::function<void(model_mailbox&)> act) {
  const auto is_first = [at](const mailbox_call& call, std::uint64_t nth) {
    return call.side == at && call.name == "update_items" && nth == 1;
  };
  script s;
  s.before_call = [=](virtual_world&, const mailbox_call& call, std::uint64_t nth) {
    return is_first(call, nth) ? fault{kind::halfway} : fault{};
  };
  s.after_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t nth) {
    if (is_first(call, nth)) act(w.mailbox(at));
  };
  return s;
}

/// The old copy of the mail on B's side: the one without the file.
item_id old_copy(const model_mailbox& box) {
  for (const auto* path : places)
    for (const auto& [id, item] : box.items(path))
      if (item.message_id.value == id_of("m") && item.attachments.empty()) return id;
  return {};
}

/// Both moments in which a replacement lets its user act: the new copy is there, and the old one is about to go.
struct gap {
  const char* call;
  bool after;
};
constexpr gap gaps[] = {{"create_items", true}, {"remove_items", false}};

} // namespace

TEST_CASE("replacements of one batch stay each in its own folder") {
  for (const std::string moved : {"m1", "m2"}) {
    scenario s;
    s.name = moved + " lies in another folder than the other one";
    s.folders = {"inbox", "inbox/other"};
    s.given = [](outer_world& w, casting c) {
      for (const auto* n : {"m1", "m2"})
        w.mailboxes[c.a].user_create("inbox", mail_named(n));
    };
    s.when = [=](outer_world& w, casting c) {
      auto& a = w.mailboxes[c.a];
      for (const auto* n : {"m1", "m2"})
        a.user_attach(a.find("inbox", id_of(n)), "file", "bytes");
      auto& b = w.mailboxes[c.b()];
      b.user_move(b.find("inbox", id_of(moved)), "inbox/other");
    };
    s.then = [=](const virtual_world& w, casting, const round_end&) {
      std::vector<std::string> wrong;
      for (const std::string n : {"m1", "m2"}) {
        const auto more = both_are(w, n, mail(n, {"file=bytes"}, n == moved ? "inbox/other" : "inbox"));
        wrong.insert(wrong.end(), more.begin(), more.end());
      }
      return wrong;
    };
    play_two_way(s);
  }
}

TEST_CASE("what lies in a folder that is not paired any more waits and is listed, and the rest goes on") {
  policy oneway;
  oneway.direction = direction::primary_to_replica;
  outer_world before(settings_for({"inbox", "inbox/other"}, oneway));
  before.mailboxes.primary.user_create("inbox", mail_named("m"));
  for (int i = 0; i < 2; ++i) {
    virtual_world w(before);
    w.run();
    before = w.snapshot();
    if (i == 0) before.mailboxes.replica.user_move(before.mailboxes.replica.find("inbox", id_of("m")), "inbox/other");
  }
  before.settings.folders.pop_back();
  before.mailboxes.primary.user_attach(before.mailboxes.primary.find("inbox", id_of("m")), "file", "bytes");
  before.mailboxes.primary.user_create("inbox", mail_named("new"));
  virtual_world w(before);
  for (int i = 0; i < 3; ++i, w.pass(2h))
    w.round();
  CHECK(has(w, side::replica, "new", "new").empty());
  REQUIRE(troubles_in(w).size() == 1);
  CHECK(troubles_in(w).front().trouble->code == "no_folder_pair");
  CHECK(w.violations.empty());
}

TEST_CASE("the old copy is deleted by its user while it is being replaced: the delete wins") {
  for (const auto& g : gaps) {
    auto s = replaced_for_a(std::string("B deletes at ") + g.call);
    s.during = [=](casting c) {
      return once(c.b(), g.call, g.after,
                  [=](virtual_world& w) { w.mailbox(c.b()).user_delete(old_copy(w.mailbox(c.b()))); });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) {
      // Whether its user or we have removed it cannot be told where the process ended just then: it stays at most once.
      if (w.crashes > 0 && !mails(w, side::primary, id_of("m")).empty())
        return both_are(w, "m", mail("m", {"file=bytes"}));
      return all_of({has_none(w, side::primary, "m"), has_none(w, side::replica, "m")});
    };
    play_two_way(s);
  }
}

TEST_CASE("the old copy is moved or marked read by its user while it is being replaced: that is carried") {
  for (const auto& g : gaps) {
    auto s = replaced_for_a(std::string("B moves at ") + g.call);
    s.several_of_one_id = true; // of what we and its user do at once, a crash may leave both
    s.during = [=](casting c) {
      return once(c.b(), g.call, g.after,
                  [=](virtual_world& w) { w.mailbox(c.b()).user_move(old_copy(w.mailbox(c.b())), "inbox/other"); });
    };
    s.then = [=](const virtual_world& w, casting, const round_end&) {
      if (w.crashes > 0 && mails(w, side::primary, id_of("m")).size() > 1) return std::vector<std::string>{};
      return both_are(w, "m", mail("m", {"file=bytes"}, "inbox/other"));
    };
    play_two_way(s);
  }
  // Marked just before it goes, it is found where it is then, also where nothing was heard of its removal.
  for (const bool lost : {false, true})
    for (const auto& g : gaps) {
      if (lost && g.after) continue;
      auto s = replaced_for_a(std::string("B marks the old copy read at ") + g.call + (lost ? ", unanswered" : ""));
      s.during = [=](casting c) {
        auto during = once(c.b(), g.call, g.after, [=](virtual_world& w) {
          w.mailbox(c.b()).user_mark_read(old_copy(w.mailbox(c.b())), true);
        });
        if (lost)
          during.before_call = [=, act = during.before_call](virtual_world& w, const mailbox_call& call,
                                                             std::uint64_t nth) {
            act(w, call, nth);
            const bool first = call.side == c.b() && call.name == "remove_items" && nth == 1;
            return first ? fault{kind::answer_lost_after} : fault{};
          };
        return during;
      };
      s.then = [](const virtual_world& w, casting, const round_end&) {
        auto expected = mail("m", {"file=bytes"});
        expected.read = true;
        return both_are(w, "m", expected);
      };
      play_two_way(s, crashes::none);
    }
}

TEST_CASE("a new copy that was withdrawn and that its user brings back stays") {
  outer_world before(settings_for({"inbox", "inbox/other"}, {}));
  before.mailboxes.primary.user_create("inbox", mail_named("m"));
  virtual_world w(before);
  w.run();
  auto& a = w.mailbox(side::primary);
  auto& b = w.mailbox(side::replica);
  a.user_attach(a.find("inbox", id_of("m")), "file", "bytes");
  w.after_call = [&, done = false](virtual_world&, const mailbox_call& call, std::uint64_t) mutable {
    if (call.side == side::replica && call.name == "create_items" && !std::exchange(done, true))
      b.user_move(old_copy(b), "inbox/other");
  };
  w.run();
  w.after_call = {};
  item_id withdrawn;
  for (const auto& [id, item] : b.items("deleteditems"))
    if (!item.attachments.empty()) withdrawn = id;
  REQUIRE_FALSE(withdrawn.empty());
  b.user_move(withdrawn, "inbox");
  w.run();
  INFO(w.story());
  CHECK(mails(w, side::replica, id_of("m")).size() == 2);
  CHECK(mails(w, side::primary, id_of("m")).size() == 2);
}

TEST_CASE("the old copy is edited by its user while it is being replaced: the table decides, and who loses is told") {
  for (const auto& g : gaps) {
    auto s = replaced_for_a(std::string("B edits at ") + g.call);
    s.during = [=](casting c) {
      return once(c.b(), g.call, g.after, [=](virtual_world& w) {
        w.mailbox(c.b()).user_edit(old_copy(w.mailbox(c.b())), field::subject, "B's");
      });
    };
    s.then = [=](const virtual_world& w, casting c, const round_end&) {
      // Once the old copy is as good as removed, its user's edit lies in Deleted Items, and that is told.
      const bool late = std::string(g.call) == "remove_items";
      const bool mine = c.a == side::primary || late;
      auto wrong = both_are(w, "m", mine ? mail("m", {"file=bytes"}) : mail("B's", {}));
      const auto found = conflicts_in(w);
      const auto more = complain(found.size() != 1, std::to_string(found.size()) + " conflicts are listed");
      wrong.insert(wrong.end(), more.begin(), more.end());
      return wrong;
    };
    play_two_way(s, crashes::none);
  }
}

TEST_CASE("an edit made just before our delete is listed") {
  scenario s;
  s.name = "B edits just before our delete";
  s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  s.when = [](outer_world& w, casting c) { w.mailboxes[c.a].user_delete(w.mailboxes[c.a].find("inbox", id_of("m"))); };
  s.during = [](casting c) {
    return once(c.b(), "remove_items", false, [=](virtual_world& w) {
      w.mailbox(c.b()).user_edit(w.mailbox(c.b()).find("inbox", id_of("m")), field::subject, "B's");
    });
  };
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    auto wrong = all_of({has_none(w, side::primary, "m"), has_none(w, side::replica, "m")});
    const auto found = conflicts_in(w);
    if (found.size() != 1 || found.front().loser != c.b()) wrong.push_back("the lost edit is not listed");
    return wrong;
  };
  play_two_way(s, crashes::none);
}

TEST_CASE("what its user moves just before our delete is deleted where it is now, and does not come back") {
  for (const bool lost : {false, true}) {
    scenario s;
    s.name = lost ? "B moves, and nothing is heard of our delete" : "B moves just before our delete";
    s.folders = {"inbox", "inbox/other"};
    s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
    s.when = [](outer_world& w, casting c) {
      w.mailboxes[c.a].user_delete(w.mailboxes[c.a].find("inbox", id_of("m")));
    };
    s.during = [=](casting c) {
      return once(c.b(), "remove_items", false, [=](virtual_world& w) {
        w.mailbox(c.b()).user_move(w.mailbox(c.b()).find("inbox", id_of("m")), "inbox/other");
      });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) {
      // After a crash it cannot be told from its user's copy of what we have deleted: it may come back, once.
      if (w.crashes > 0) return complain(mails(w, side::primary, id_of("m")).size() > 1, "doubled");
      return all_of({has_none(w, side::primary, "m"), has_none(w, side::replica, "m")});
    };
    play_two_way(s);
  }
}

TEST_CASE("a create whose answer was lost: its user deletes or files the copy before anybody looks") {
  for (const bool files : {false, true}) {
    scenario s;
    s.name = files ? "B files the copy" : "B deletes the copy";
    s.folders = {"inbox", "inbox/other"};
    s.when = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
    s.during = [=](casting c) {
      script during;
      during.before_call = [=](virtual_world&, const mailbox_call& call, std::uint64_t nth) {
        const bool first = call.side == c.b() && call.name == "create_items" && nth == 1;
        return first ? fault{kind::answer_lost_after} : fault{};
      };
      during.after_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t nth) {
        if (call.side != c.b() || call.name != "create_items" || nth != 1) return;
        auto& box = w.mailbox(c.b());
        if (files)
          box.user_move(box.find("inbox", id_of("m")), "inbox/other");
        else
          box.user_delete(box.find("inbox", id_of("m")));
      };
      return during;
    };
    s.then = [=](const virtual_world& w, casting, const round_end&) {
      if (files) return both_are(w, "m", mail("m", {}, "inbox/other"));
      return all_of({has_none(w, side::primary, "m"), has_none(w, side::replica, "m")});
    };
    play_two_way(s);
  }
}

TEST_CASE("content that changed under its key is carried once") {
  for (const auto of : {item_class::message, item_class::contact, item_class::task, item_class::appointment}) {
    scenario s;
    s.name = "content under an unchanged key";
    s.given = [=](outer_world& w, casting c) {
      auto m = item_named("m", of);
      if (of == item_class::message) m = mail_named("m");
      w.mailboxes[c.a].user_create("inbox", m);
    };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.a];
      box.user_edit(box.find("inbox", id_of("m")), field::subject, "edited");
    };
    s.during = [](casting c) {
      // After the look that decided, and before the read that carries.
      return once(c.a, "read_content", true, [=](virtual_world& w) {
        auto& box = w.mailbox(c.a);
        box.change_under_key(box.find("inbox", id_of("m")), field::body, "another body");
      });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) {
      return all_of({has(w, side::primary, "m", "edited"), has(w, side::replica, "m", "edited"),
                     complain(w.writes > 6, std::to_string(w.writes) + " writes")});
    };
    s.converges = false; // the body is owed once the item is read again
    play_two_way(s, crashes::none);
  }
}

TEST_CASE("a refused field keeps nothing else back, and is named") {
  for (const auto of : {item_class::contact, item_class::task, item_class::appointment}) {
    scenario s;
    s.name = "the body is refused";
    s.given = [=](outer_world& w, casting c) {
      auto m = item_named("m", of);
      m.attachments.clear();
      w.mailboxes[c.source()].user_create("inbox", m);
      w.mailboxes[other(c.source())].refuses_values = {"no server takes this"};
    };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.source()];
      const auto id = box.find("inbox", id_of("m"));
      box.user_edit(id, field::body, "no server takes this");
      box.user_edit(id, field::subject, "edited");
      box.user_edit(id, field::categories, "red");
    };
    s.then = [](const virtual_world& w, casting c, const round_end&) {
      auto wrong = has(w, other(c.source()), "m", "edited");
      const auto found = mails(w, other(c.source()), id_of("m"));
      if (!found.empty() && found.front().categories != "red") wrong.push_back("the category has not come");
      const auto in_trouble = troubles_in(w);
      if (in_trouble.size() != 1 || !in_trouble.front().trouble->banned ||
          in_trouble.front().trouble->what.find("Body") == std::string::npos)
        wrong.push_back("the refused field is not listed");
      return wrong;
    };
    s.converges = false;
    play_all_ways(s);
  }
}

TEST_CASE("later edits of other fields go over beside a refused one, to either side, and the field itself once it is "
          "another") {
  outer_world before(settings_for({"inbox"}, {}));
  auto m = item_named("m", item_class::contact);
  m.attachments.clear();
  before.mailboxes.primary.user_create("inbox", m);
  before.mailboxes.replica.refuses_values = {"no server takes this"};
  virtual_world w(before);
  w.run();
  auto& p = w.mailbox(side::primary);
  auto& r = w.mailbox(side::replica);
  const auto at_p = p.find("inbox", id_of("m")), at_r = r.find("inbox", id_of("m"));
  p.user_edit(at_p, field::body, "no server takes this");
  w.run();
  REQUIRE(troubles_in(w).size() == 1);
  p.user_edit(at_p, field::subject, "by primary");
  w.run();
  CHECK(r.item(at_r)->value(field::subject) == "by primary");
  r.user_edit(at_r, field::categories, "by replica");
  w.run();
  CHECK(p.item(at_p)->value(field::categories) == "by replica");
  CHECK(r.item(at_r)->value(field::body) == "body");
  p.user_edit(at_p, field::body, "another");
  w.run();
  CHECK(r.item(at_r)->value(field::body) == "another");
  CHECK(troubles_in(w).empty());
}

TEST_CASE("answers that do not tell the key are read back before anything else is decided") {
  for (const auto of : {item_class::message, item_class::contact, item_class::task, item_class::appointment}) {
    scenario s;
    s.name = "answers without keys";
    s.given = [=](outer_world& w, casting c) {
      for (const auto each : both_sides)
        w.mailboxes[each].tells_keys = false;
      w.mailboxes[c.source()].user_create("inbox", of == item_class::message ? mail_named("m") : item_named("m", of));
    };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.source()];
      box.user_edit(box.find("inbox", id_of("m")), field::subject, "edited");
    };
    s.then = [](const virtual_world& w, casting c, const round_end&) {
      return all_of({has(w, c.source(), "m", "edited"), has(w, other(c.source()), "m", "edited")});
    };
    play_all_ways(s, of == item_class::contact ? crashes::everywhere : crashes::none);
  }
}

TEST_CASE("a file that a user adds while our attachment writes are cut is kept") {
  for (const auto of : {item_class::contact, item_class::task, item_class::appointment}) {
    scenario s;
    s.name = "B attaches while our update is cut";
    s.given = [=](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", item_named("m", of)); };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.a];
      box.user_attach(box.find("inbox", id_of("m")), "file", "longer bytes of A");
    };
    s.during = [](casting c) {
      return while_cut(
          c.b(), [](model_mailbox& box) { box.user_attach(box.find("inbox", id_of("m")), "of B", "bytes of B"); });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) {
      return both_are(w, "m", mail("m", {"file=longer bytes of A", "of B=bytes of B"}));
    };
    play_two_way(s, crashes::none);
  }
}

TEST_CASE("an occurrence that a user changes while our update of others is cut is carried") {
  scenario s;
  s.name = "B changes an occurrence while our update is cut";
  s.given = [](outer_world& w, casting c) {
    w.mailboxes[c.a].user_create("inbox", item_named("m", item_class::appointment));
  };
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_edit(box.find("inbox", id_of("m")), field::exceptions, "changed=1\nchanged=2\nchanged=3");
  };
  s.during = [](casting c) {
    return while_cut(c.b(), [](model_mailbox& box) {
      const auto item = box.find("inbox", id_of("m"));
      box.user_edit(item, field::exceptions, box.item(item)->value(field::exceptions) + "\nchanged=4");
    });
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides)
      for (const auto& m : mails(w, side, id_of("m")))
        if (m.exceptions != "changed=1\nchanged=2\nchanged=3\nchanged=4") wrong.push_back(m.text() + m.exceptions);
    return wrong;
  };
  play_two_way(s, crashes::none);
}

TEST_CASE("an occurrence that both users change, one of them while our update is cut, is the winner's, and who loses "
          "is told") {
  scenario s;
  s.name = "B deletes an occurrence that our update changes";
  s.given = [](outer_world& w, casting c) {
    w.mailboxes[c.a].user_create("inbox", item_named("m", item_class::appointment));
  };
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_edit(box.find("inbox", id_of("m")), field::exceptions, "changed=1\nchanged=2\nchanged=3");
  };
  s.during = [](casting c) {
    return while_cut(c.b(), [](model_mailbox& box) {
      box.user_edit(box.find("inbox", id_of("m")), field::exceptions, "deleted=2\nchanged=1");
    });
  };
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    const std::string winners =
        c.a == side::primary ? "changed=1\nchanged=2\nchanged=3" : "deleted=2\nchanged=1\nchanged=3";
    std::vector<std::string> wrong;
    for (const auto side : both_sides)
      for (const auto& m : mails(w, side, id_of("m")))
        if (m.exceptions != winners) wrong.push_back("not the winner's: " + m.exceptions);
    const auto listed = conflicts_in(w);
    if (listed.size() != 1 || listed.front().loser != side::replica) wrong.push_back("the loser is not told");
    return wrong;
  };
  play_two_way(s, crashes::none);
}

TEST_CASE("a file that a user takes away while our attachment writes are cut, and that is attached again, is told") {
  for (const auto of : {item_class::contact, item_class::task, item_class::appointment}) {
    scenario s;
    s.name = "B detaches while our update is cut";
    s.given = [=](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", item_named("m", of)); };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.a];
      box.user_attach(box.find("inbox", id_of("m")), "second", "bytes of A");
    };
    s.during = [](casting c) {
      return while_cut(c.b(), [](model_mailbox& box) { box.user_detach(box.find("inbox", id_of("m")), "file"); });
    };
    s.then = [](const virtual_world& w, casting c, const round_end&) {
      auto wrong = both_are(w, "m", mail("m", {"file=bytes of m", "second=bytes of A"}));
      const auto listed = conflicts_in(w);
      if (listed.size() != 1 || listed.front().loser != c.b()) wrong.push_back("the loser is not told");
      return wrong;
    };
    play_two_way(s, crashes::none);
  }
}

TEST_CASE("what A edits while our update is cut goes over after it") {
  scenario s;
  s.name = "A edits another field while our update is cut";
  s.given = [](outer_world& w, casting c) {
    w.mailboxes[c.a].user_create("inbox", item_named("m", item_class::contact));
  };
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_attach(box.find("inbox", id_of("m")), "second", "bytes of A");
  };
  s.during = [](casting c) {
    auto cut = while_cut(c.b(), [](model_mailbox&) {});
    cut.after_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t nth) {
      auto& box = w.mailbox(c.a);
      if (call.side == c.b() && call.name == "update_items" && nth == 1)
        box.user_edit(box.find("inbox", id_of("m")), field::subject, "edited");
    };
    return cut;
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    return both_are(w, "m", mail("edited", {"file=bytes of m", "second=bytes of A"}));
  };
  play_two_way(s, crashes::none);
}

TEST_CASE("a file replaced by one of the same name and size is carried") {
  for (const auto of : {item_class::message, item_class::contact, item_class::task, item_class::appointment}) {
    scenario s;
    s.name = "the same size";
    s.given = [=](outer_world& w, casting c) { w.mailboxes[c.source()].user_create("inbox", item_named("m", of)); };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.source()];
      box.user_attach(box.find("inbox", id_of("m")), "file", "BYTES OF m");
    };
    s.then = [](const virtual_world& w, casting, const round_end&) {
      return both_are(w, "m", mail("m", {"file=BYTES OF m"}));
    };
    play_all_ways(s, crashes::none);
  }
}
