#include "storage/store.hpp"
#include "tests/actors/scenario.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

enum class moment { before, after };

/// A user acts around the first call of this name: just before it takes effect, or just after and before its answer.
script around(side at, const std::string& call, moment when, std::function<void(virtual_world&)> act) {
  const auto once = std::make_shared<bool>(false);
  const auto maybe = [=](virtual_world& w, const mailbox_call& c) {
    if (c.side == at && c.name == call && !std::exchange(*once, true)) act(w);
  };
  script s;
  if (when == moment::before)
    s.before_call = [=](virtual_world& w, const mailbox_call& c, std::uint64_t) {
      maybe(w, c);
      return fault{};
    };
  else
    s.after_call = [=](virtual_world& w, const mailbox_call& c, std::uint64_t) { maybe(w, c); };
  return s;
}

std::vector<std::string> both_have(const virtual_world& w, const std::string& name, const std::string& subject) {
  return all_of({has(w, side::primary, name, subject), has(w, side::replica, name, subject)});
}

std::vector<std::string> neither_has(const virtual_world& w, const std::string& name) {
  return all_of({has_none(w, side::primary, name), has_none(w, side::replica, name)});
}

/// A mail "m" that both have and that A's user has edited.
scenario edited_by_a(std::string name) {
  scenario s;
  s.name = std::move(name);
  s.folders = {"inbox", "inbox/other"};
  s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_edit(box.find("inbox", id_of("m")), field::subject, "A's");
  };
  return s;
}

/// A mail "m" that A's user has just got.
scenario created_by_a(std::string name) {
  scenario s;
  s.name = std::move(name);
  s.folders = {"inbox", "inbox/other"};
  s.when = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  return s;
}

void edit(model_mailbox& box, const std::string& subject) {
  for (const auto* folder : {"inbox", "inbox/other"})
    box.user_edit(box.find(folder, id_of("m")), field::subject, subject);
}

const char* word(moment m) {
  return m == moment::before ? "just before" : "just after";
}

constexpr moment moments[] = {moment::before, moment::after};

} // namespace

TEST_CASE("the target is edited during our write: nobody's edit is overwritten unseen") {
  for (const auto when : moments) {
    auto s = edited_by_a(std::string("B edits ") + word(when) + " our update");
    s.during = [=](casting c) {
      return around(c.b(), "update_items", when, [=](virtual_world& w) { edit(w.mailbox(c.b()), "B's"); });
    };
    s.then = [=](const virtual_world& w, casting c, const round_end&) {
      // Before it, both had edited: primary's stands. After it, B's user has edited what A's user wrote; if the answer
      // is lost by a crash, that cannot be told from the former.
      const std::string primarys = c.a == side::primary ? "A's" : "B's";
      if (when == moment::before) return both_have(w, "m", primarys);
      if (both_have(w, "m", "B's").empty()) return std::vector<std::string>{};
      return w.crashes > 0 ? both_have(w, "m", primarys) : both_have(w, "m", "B's");
    };
    play_two_way(s);
  }
}

TEST_CASE("the source is edited again during our write: its last edit arrives") {
  for (const auto when : moments)
    for (const auto* call : {"update_items", "read_content"}) {
      auto s = edited_by_a(std::string("A edits again ") + word(when) + " " + call);
      s.during = [=](casting c) {
        const auto at = std::string(call) == "read_content" ? c.a : c.b();
        return around(at, call, when, [=](virtual_world& w) { edit(w.mailbox(c.a), "A's second"); });
      };
      s.then = [](const virtual_world& w, casting, const round_end&) { return both_have(w, "m", "A's second"); };
      play_two_way(s);
      play(s, {direction::primary_to_replica, side::primary});
    }
}

TEST_CASE("the target is deleted, moved or marked read during our update") {
  for (const auto when : moments) {
    auto s = edited_by_a(std::string("B deletes ") + word(when) + " our update");
    s.during = [=](casting c) {
      return around(c.b(), "update_items", when, [=](virtual_world& w) {
        w.mailbox(c.b()).user_delete(w.mailbox(c.b()).find("inbox", id_of("m")));
      });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) { return neither_has(w, "m"); };
    play_two_way(s);

    s.name = std::string("B moves ") + word(when) + " our update";
    s.during = [=](casting c) {
      return around(c.b(), "update_items", when, [=](virtual_world& w) {
        w.mailbox(c.b()).user_move(w.mailbox(c.b()).find("inbox", id_of("m")), "inbox/other");
      });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) {
      auto wrong = both_have(w, "m", "A's");
      for (const auto side : both_sides)
        for (const auto& m : mails(w, side, id_of("m")))
          if (m.folder != "inbox/other") wrong.push_back("the move is lost");
      return wrong;
    };
    play_two_way(s);

    s.name = std::string("B marks read ") + word(when) + " our update";
    s.during = [=](casting c) {
      return around(c.b(), "update_items", when, [=](virtual_world& w) {
        w.mailbox(c.b()).user_mark_read(w.mailbox(c.b()).find("inbox", id_of("m")), true);
      });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) {
      auto wrong = both_have(w, "m", "A's");
      for (const auto side : both_sides)
        for (const auto& m : mails(w, side, id_of("m")))
          if (!m.read) wrong.push_back("the read state is lost");
      return wrong;
    };
    play_two_way(s);
  }
}

TEST_CASE("the source is deleted during our create") {
  for (const auto& [call, when] : {std::pair{"fetch_items", moment::before}, std::pair{"fetch_items", moment::after},
                                   std::pair{"create_items", moment::after}}) {
    auto s = created_by_a(std::string("A deletes ") + word(when) + " " + call);
    const std::string name = call;
    const auto at_moment = when;
    s.during = [=](casting c) {
      return around(name == "fetch_items" ? c.a : c.b(), name, at_moment,
                    [=](virtual_world& w) { w.mailbox(c.a).user_delete(w.mailbox(c.a).find("inbox", id_of("m"))); });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) { return neither_has(w, "m"); };
    play_two_way(s);
    play(s, {direction::primary_to_replica, side::primary});
  }
}

TEST_CASE("our new copy is deleted before its answer is there") {
  auto s = created_by_a("B deletes the new copy");
  s.during = [](casting c) {
    return around(c.b(), "create_items", moment::after,
                  [=](virtual_world& w) { w.mailbox(c.b()).user_delete(w.mailbox(c.b()).find("inbox", id_of("m"))); });
  };
  // B's user may have deleted a mail that no list ever shows: that it is made once more is allowed, that only one side
  // has it for ever is not.
  s.then = [](const virtual_world& w, casting, const round_end&) {
    const auto n = mails(w, side::primary, id_of("m")).size();
    return n > 1 ? std::vector<std::string>{"doubles"} : std::vector<std::string>{};
  };
  play_two_way(s);
}

TEST_CASE("our new copy is edited before its answer is there") {
  auto s = created_by_a("B edits the new copy");
  s.during = [](casting c) {
    return around(c.b(), "create_items", moment::after, [=](virtual_world& w) { edit(w.mailbox(c.b()), "B's"); });
  };
  s.then = [](const virtual_world& w, casting, const round_end&) { return both_have(w, "m", "B's"); };
  play_two_way(s);
}

TEST_CASE("our new copy is marked read before its answer is there") {
  auto s = created_by_a("B reads the new copy");
  s.during = [](casting c) {
    return around(c.b(), "create_items", moment::after, [=](virtual_world& w) {
      w.mailbox(c.b()).user_mark_read(w.mailbox(c.b()).find("inbox", id_of("m")), true);
    });
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    auto wrong = both_have(w, "m", "m");
    for (const auto side : both_sides)
      for (const auto& m : mails(w, side, id_of("m")))
        if (!m.read) wrong.push_back("the read state is lost");
    return wrong;
  };
  play_two_way(s);
}

TEST_CASE("our new copy is moved before its answer is there") {
  auto s = created_by_a("B moves the new copy");
  s.during = [](casting c) {
    return around(c.b(), "create_items", moment::after, [=](virtual_world& w) {
      w.mailbox(c.b()).user_move(w.mailbox(c.b()).find("inbox", id_of("m")), "inbox/other");
    });
  };
  s.then = [](const virtual_world& w, casting, const round_end&) { return both_have(w, "m", "m"); };
  play_two_way(s);
}

TEST_CASE("our new copy is copied by its user before its answer is there") {
  auto s = created_by_a("B copies the new copy");
  s.several_of_one_id = true;
  s.during = [](casting c) {
    return around(c.b(), "create_items", moment::after, [=](virtual_world& w) {
      w.mailbox(c.b()).user_copy(w.mailbox(c.b()).find("inbox", id_of("m")), "inbox");
    });
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides)
      if (const auto n = mails(w, side, id_of("m")).size(); n != 2) wrong.push_back("not two: " + std::to_string(n));
    return wrong;
  };
  play_two_way(s);
}

TEST_CASE("the server touches our new copy by itself, at once or after the answer") {
  for (const auto* call : {"create_items", "update_items"}) {
    auto s = std::string(call) == "create_items" ? created_by_a("touched after create")
                                                 : edited_by_a("touched after update");
    s.during = [=](casting c) {
      return around(c.b(), call, moment::after,
                    [=](virtual_world& w) { w.mailbox(c.b()).touch(w.mailbox(c.b()).find("inbox", id_of("m"))); });
    };
    const std::string subject = std::string(call) == "create_items" ? "m" : "A's";
    s.then = [=](const virtual_world& w, casting, const round_end&) { return both_have(w, "m", subject); };
    play_two_way(s);
  }
}

TEST_CASE("the source is deleted while our create is still to commit") {
  auto s = created_by_a("A deletes, the create commits later");
  s.during = [](casting c) {
    script during;
    during.before_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t nth) {
      if (call.side != c.b() || call.name != "create_items" || nth != 1) return fault{};
      w.mailbox(c.a).user_delete(w.mailbox(c.a).find("inbox", id_of("m")));
      return fault{fault::kind::commits_later, 0, std::chrono::seconds(50)};
    };
    return during;
  };
  s.then = [](const virtual_world& w, casting, const round_end&) { return neither_has(w, "m"); };
  play_two_way(s);
  play(s, {direction::primary_to_replica, side::primary});
}

TEST_CASE("the target is edited just before we delete it or move it") {
  scenario s;
  s.name = "B edits just before our move";
  s.folders = {"inbox", "inbox/other"};
  s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  s.when = [](outer_world& w, casting c) {
    w.mailboxes[c.a].user_move(w.mailboxes[c.a].find("inbox", id_of("m")), "inbox/other");
  };
  for (const auto when : moments) {
    s.during = [=](casting c) {
      return around(c.b(), "move_items", when, [=](virtual_world& w) { edit(w.mailbox(c.b()), "B's"); });
    };
    s.then = [](const virtual_world& w, casting, const round_end&) { return both_have(w, "m", "B's"); };
    play_two_way(s);
  }
  s.name = "B edits just before our delete";
  s.when = [](outer_world& w, casting c) { w.mailboxes[c.a].user_delete(w.mailboxes[c.a].find("inbox", id_of("m"))); };
  s.during = [](casting c) {
    return around(c.b(), "remove_items", moment::before, [=](virtual_world& w) { edit(w.mailbox(c.b()), "B's"); });
  };
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    auto wrong = neither_has(w, "m");
    const auto& bin = w.mailbox(c.b()).items("deleteditems");
    if (std::none_of(bin.begin(), bin.end(), [](const auto& i) { return i.second.value(field::subject) == "B's"; }))
      wrong.push_back("B's edit is not in Deleted Items either");
    return wrong;
  };
  play_two_way(s);
}

TEST_CASE("what we moved is deleted or moved on by its user before the answer is there") {
  for (const bool deleted : {false, true}) {
    scenario s;
    s.name = deleted ? "B deletes what we moved" : "B moves back what we moved";
    s.folders = {"inbox", "inbox/other"};
    s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
    s.when = [](outer_world& w, casting c) {
      w.mailboxes[c.a].user_move(w.mailboxes[c.a].find("inbox", id_of("m")), "inbox/other");
    };
    s.during = [=](casting c) {
      return around(c.b(), "move_items", moment::after, [=](virtual_world& w) {
        auto& box = w.mailbox(c.b());
        const auto item = box.find("inbox/other", id_of("m"));
        if (deleted)
          box.user_delete(item);
        else
          box.user_move(item, "inbox");
      });
    };
    s.then = [=](const virtual_world& w, casting, const round_end&) {
      return deleted ? neither_has(w, "m") : both_have(w, "m", "m");
    };
    play_two_way(s);
  }
}

TEST_CASE("both copies are filed while a replacement waits to remove the old one: the mail is there once") {
  for (const auto& [edited, wrong] :
       {std::pair(false, fault::kind::fails), {true, fault::kind::fails}, {false, fault::kind::answer_lost_before}}) {
    scenario s;
    s.name = edited ? "B edits the new copy as well" : "B files both copies";
    if (wrong == fault::kind::answer_lost_before) s.name += ", nobody knows whether the old one has gone";
    s.folders = {"inbox", "inbox/other"};
    s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.a];
      box.user_attach(box.find("inbox", id_of("m")), "file", "bytes");
    };
    s.during = [edited = edited, wrong = wrong](casting c) {
      script during;
      during.before_call = [=, filed = false](virtual_world& w, const mailbox_call& call, std::uint64_t) mutable {
        if (call.side != c.b() || call.name != "remove_items" || std::exchange(filed, true)) return fault{};
        auto& b = w.mailbox(c.b());
        std::vector<item_id> copies;
        for (const auto& [id, item] : b.items("inbox"))
          copies.push_back(id);
        for (const auto& id : copies) {
          const bool is_new = !b.items("inbox").at(id).attachments.empty();
          b.user_move(id, "inbox/other");
          if (is_new && edited)
            for (const auto& [moved, item] : b.items("inbox/other"))
              if (!item.attachments.empty()) b.user_edit(moved, field::subject, "B's");
        }
        return fault{wrong};
      };
      return during;
    };
    s.then = [edited = edited](const virtual_world& w, casting, const round_end&) {
      auto wrong = both_have(w, "m", "m");
      for (const auto at : both_sides)
        for (const auto& m : mails(w, at, id_of("m")))
          if (m.folder != "inbox/other" || m.attachments.empty())
            wrong.push_back("it is not what its users made of it");
      std::size_t lost = 0;
      w.look_at_disk([&](const store& s) { lost = s.conflicts(pair_id{w.settings().name}, 100).size(); });
      if (lost != (edited ? 1 : 0)) wrong.push_back(std::to_string(lost) + " lost edits are listed");
      return wrong;
    };
    play_two_way(s, crashes::none);
  }
}
