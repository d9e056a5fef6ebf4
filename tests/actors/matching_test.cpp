#include "tests/actors/scenario.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <utility>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

new_mail without_id(const std::string& subject, const std::string& body) {
  new_mail m;
  m.subject = subject;
  m.body = body;
  m.received = utc_seconds(480min);
  return m;
}

new_mail contact(const std::string& name, const std::string& phone) {
  new_mail m;
  m.item_class = item_class::contact;
  m.subject = name;
  m.body.clear();
  m.fields = {{field::given_name, name}, {field::phone_numbers, phone}};
  return m;
}

/// The bodies in the folders of the pair, sorted.
std::vector<std::string> bodies(const virtual_world& w, side s) {
  std::vector<std::string> all;
  for (const auto& m : contents_of(w, s))
    all.push_back(m.body);
  std::sort(all.begin(), all.end());
  return all;
}

item_id with_body(const model_mailbox& box, const std::string& body) {
  for (const auto& [id, item] : box.items("inbox"))
    if (item.value(field::body) == body) return id;
  return {};
}

std::vector<std::string> expect(bool so, const std::string& otherwise) {
  return so ? std::vector<std::string>{} : std::vector{otherwise};
}

} // namespace

TEST_CASE("what moved before it was matched is still the same as the one opposite") {
  scenario s;
  s.name = "moved between two listings, and received on the other side as well";
  s.folders = {"inbox", "inbox/other"};
  s.when = [](outer_world& w, casting c) {
    w.mailboxes[c.a].user_create("inbox", mail_named("m"));
    w.mailboxes[c.b()].user_create("inbox/other", mail_named("m"));
  };
  s.during = [](casting c) {
    script during;
    const auto listed = std::make_shared<int>(0);
    // Both folders of A have been listed once.
    during.after_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t) {
      if (call.side != c.a || call.name != "list_changes" || ++*listed != 2) return;
      auto& box = w.mailbox(c.a);
      box.user_move(box.find("inbox", id_of("m")), "inbox/other");
    };
    return during;
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    return all_of({has(w, side::primary, "m", "m"), has(w, side::replica, "m", "m")});
  };
  play_two_way(s);
}

TEST_CASE("attachments go over with the contents that they belong to") {
  scenario s;
  s.name = "attached between two requests of one read";
  s.given = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", contact("m", "1")); };
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_attach(box.items("inbox").begin()->first, "first", "bytes");
  };
  s.during = [](casting c) {
    const auto once = std::make_shared<bool>(false);
    script during;
    during.before_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t) {
      if (call.side == c.a && call.name == "fetch_attachments" && !std::exchange(*once, true))
        w.mailbox(c.a).user_attach(call.items.front(), "second", "bytes");
      return fault{};
    };
    return during;
  };
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides)
      for (const auto& m : contents_of(w, side))
        if (m.attachments != std::set<std::string>{"first=bytes", "second=bytes"})
          wrong.push_back("attached is " + m.text());
    return c.two_way() || c.a == c.source() ? wrong : std::vector<std::string>{};
  };
  for (const auto d : {direction::bidirectional, direction::primary_to_replica})
    play(s, {d, side::primary});
}

TEST_CASE("who sees two copies of ours and deletes one keeps the other") {
  scenario s;
  s.name = "a create that was given up comes to light, and the other copy is deleted after it was listed";
  s.folders = {"inbox", "inbox/other"};
  s.several_of_one_id = true;
  s.when = [](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", mail_named("m")); };
  s.during = [](casting c) {
    struct state {
      bool lost = false, deleted = false;
    };
    const auto so_far = std::make_shared<state>();
    script during;
    during.before_call = [=](virtual_world&, const mailbox_call& call, std::uint64_t) {
      if (call.side != c.b() || call.name != "create_items" || std::exchange(so_far->lost, true)) return fault{};
      return fault{fault::kind::commits_later, 0, 30min};
    };
    during.after_call = [=](virtual_world& w, const mailbox_call& call, std::uint64_t) {
      auto& box = w.mailbox(c.b());
      if (call.side != c.b() || call.name != "list_changes" || so_far->deleted || box.items("inbox").size() != 2 ||
          box.folder("inbox")->id != call.folder)
        return;
      so_far->deleted = true;
      // The later create came first: it is the one that is known.
      const auto& all = box.items("inbox");
      box.user_delete(std::min_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
                        return a.second.version < b.second.version;
                      })->first);
    };
    return during;
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    return all_of({has(w, side::primary, "m", "m"), has(w, side::replica, "m", "m")});
  };
  play_two_way(s, crashes::none);
}

TEST_CASE("mails without a Message-ID and with one subject and time are linked with their equals") {
  scenario s;
  s.name = "two warnings, both in both mailboxes before they are paired; one is deleted";
  s.several_of_one_id = true;
  s.given = [](outer_world& w, casting c) {
    for (const auto* percent : {"10% full", "80% full"})
      w.mailboxes[c.a].user_create("inbox", without_id("quota warning", percent));
    for (const auto* percent : {"80% full", "10% full"})
      w.mailboxes[c.b()].user_create("inbox", without_id("quota warning", percent));
  };
  s.when = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_delete(with_body(box, "10% full"));
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides)
      if (bodies(w, side) != std::vector<std::string>{"80% full"}) wrong.push_back("not the other one is left");
    return wrong;
  };
  play_two_way(s);
}

TEST_CASE("mails without a Message-ID that are not equal are two mails") {
  scenario s;
  s.name = "one warning here, another one there";
  s.several_of_one_id = true;
  s.when = [](outer_world& w, casting c) {
    w.mailboxes[c.a].user_create("inbox", without_id("quota warning", "10% full"));
    w.mailboxes[c.b()].user_create("inbox", without_id("quota warning", "80% full"));
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong;
    for (const auto side : both_sides)
      if (bodies(w, side) != std::vector<std::string>{"10% full", "80% full"}) wrong.push_back("not both on each side");
    return wrong;
  };
  play_two_way(s);
}

TEST_CASE("two full mailboxes are paired anew without a write, whoever filled them") {
  scenario s;
  s.name = "the state is lost";
  s.folders = {"inbox", "inbox/other"};
  s.several_of_one_id = true;
  const bool another_name = GENERATE(false, true);
  s.given = [](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    for (const auto* phone : {"1", "2", "2"})
      box.user_create("inbox", contact("Ann", phone));
    box.user_create("inbox/other", contact("Bob", "3"));
    for (const auto* percent : {"10% full", "80% full", "80% full"})
      box.user_create("inbox", without_id("quota warning", percent));
    auto draft = without_id("a draft", "to be written");
    draft.draft = true;
    box.user_create("inbox", draft);
    auto task = without_id("call", "back");
    task.item_class = item_class::task;
    box.user_create("inbox", task);
    box.user_create("inbox", task);
    box.user_create("inbox", mail_named("m"));
  };
  s.when = [=](outer_world& w, casting) {
    w.disk.clear();
    if (another_name) w.settings.name = "another";
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    return all_of({expect(contents_of(w, side::primary).size() == 11, "not eleven on primary"),
                   expect(contents_of(w, side::replica).size() == 11, "not eleven on replica"),
                   expect(w.writes == 0, "something was written")});
  };
  play_two_way(s, crashes::none);
  for (const auto d : {direction::primary_to_replica, direction::replica_to_primary})
    play(s, {d, d == direction::primary_to_replica ? side::primary : side::replica}, crashes::none);
}

TEST_CASE("what is new on the source of a one-way pair does not wait for a copy on the target that nothing has read") {
  policy oneway;
  oneway.direction = direction::primary_to_replica;
  const auto task = [](const std::string& subject) {
    auto t = without_id(subject, subject);
    t.item_class = item_class::task;
    return t;
  };
  const auto copy_at_target = [](outer_world& w) {
    auto& box = w.mailboxes.replica;
    box.user_copy(with_body(box, "known"), "inbox");
  };
  outer_world world(settings_for({"inbox"}, oneway));
  world.mailboxes.primary.user_create("inbox", task("known"));
  for (const auto& act : {std::function(copy_at_target), std::function([&](outer_world& w) {
                            // Another copy, which is looked at beside what is new.
                            copy_at_target(w);
                            w.mailboxes.primary.user_create("inbox", task("new"));
                          })}) {
    virtual_world w(world);
    w.run();
    world = w.snapshot();
    act(world);
  }
  virtual_world w(world);
  const auto end = w.run();
  INFO(w.story());
  CHECK(end.waiting == 0);
  CHECK(bodies(w, side::replica) == std::vector<std::string>{"known", "known", "known", "new"});
  CHECK(w.violations.empty());
}

TEST_CASE("another mail of its Message-ID does not take the place of one that is deleted") {
  scenario s;
  s.name = "one goes and another one of that Message-ID comes between two listings";
  s.several_of_one_id = true;
  const auto draft = [](const std::string& subject, int minute) {
    auto m = mail_named("m", minute);
    m.subject = subject;
    m.draft = true;
    return m;
  };
  s.given = [=](outer_world& w, casting c) { w.mailboxes[c.a].user_create("inbox", draft("m", 0)); };
  s.when = [=](outer_world& w, casting c) {
    auto& box = w.mailboxes[c.a];
    box.user_delete(box.find("inbox", id_of("m")));
    box.user_create("inbox", draft("another", 5));
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    std::vector<std::string> wrong =
        all_of({has(w, side::primary, "m", "another"), has(w, side::replica, "m", "another")});
    for (const auto side : both_sides) {
      const auto& box = w.mailbox(side);
      const auto* there = box.item(box.find("inbox", id_of("m")));
      if (there && there->received != mail_named("m", 5).received) wrong.push_back("it has the other one's date");
      const auto& bin = box.items("deleteditems");
      if (bin.size() != 1 || bin.begin()->second.value(field::subject) != "m")
        wrong.push_back("the one that was deleted is not in Deleted Items");
    }
    return wrong;
  };
  play_two_way(s);
}

TEST_CASE("one-way: what is moved on the target between the listings of two folders is still the same") {
  policy oneway;
  oneway.direction = direction::primary_to_replica;
  outer_world before(settings_for({"inbox", "inbox/other"}, oneway));
  for (const auto side : both_sides)
    before.mailboxes[side].user_create("inbox", mail_named("m"));
  virtual_world w(before);
  w.run();
  auto& box = w.mailbox(side::replica);
  w.after_call = [&, done = false](virtual_world&, const mailbox_call& call, std::uint64_t) mutable {
    if (call.side != side::replica || call.name != "list_changes" || call.folder != box.folder("inbox")->id) return;
    if (!std::exchange(done, true)) box.user_move(box.find("inbox", id_of("m")), "inbox/other");
  };
  w.run();
  w.after_call = {};
  auto& source = w.mailbox(side::primary);
  source.user_edit(source.find("inbox", id_of("m")), field::subject, "edited");
  w.run();
  INFO(w.story());
  CHECK(has(w, side::replica, "m", "edited").empty());
  CHECK(w.violations.empty());
}

TEST_CASE("a draft's read state goes over after an edit of it has") {
  scenario s;
  s.name = "A edits a draft, and B marks it read";
  s.given = [](outer_world& w, casting c) {
    auto m = mail_named("m");
    m.draft = true;
    w.mailboxes[c.a].user_create("inbox", m);
  };
  s.when = [](outer_world& w, casting c) {
    auto& a = w.mailboxes[c.a];
    a.user_edit(a.find("inbox", id_of("m")), field::subject, "edited");
    auto& b = w.mailboxes[c.b()];
    b.user_mark_read(b.find("inbox", id_of("m")), true);
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    auto wrong = all_of({has(w, side::primary, "m", "edited"), has(w, side::replica, "m", "edited")});
    for (const auto side : both_sides)
      for (const auto& m : contents_of(w, side))
        if (!m.read) wrong.push_back("it is unread");
    return wrong;
  };
  play_two_way(s);
}

namespace {

/// Takes the only item of Deleted Items back.
void bring_back(model_mailbox& box, const std::string& to) {
  box.user_move(box.items("deleteditems").begin()->first, to);
}

} // namespace

TEST_CASE("one-way: what the target's user brings back first is the same item when the source's user does") {
  policy oneway;
  oneway.direction = GENERATE(direction::primary_to_replica, direction::replica_to_primary);
  const auto source = oneway.direction == direction::primary_to_replica ? side::primary : side::replica;
  outer_world before(settings_for({"inbox"}, oneway));
  before.mailboxes[source].user_create("inbox", contact("m", "1"));
  virtual_world w(before);
  w.run();
  w.mailbox(source).user_delete(w.mailbox(source).items("inbox").begin()->first);
  w.run();
  bring_back(w.mailbox(other(source)), "inbox");
  w.run();
  bring_back(w.mailbox(source), "inbox");
  w.mailbox(source).user_edit(w.mailbox(source).items("inbox").begin()->first, field::phone_numbers, "2");
  w.run();
  INFO(w.story());
  for (const auto side : both_sides) {
    const auto& there = w.mailbox(side).items("inbox");
    REQUIRE(there.size() == 1);
    CHECK(there.begin()->second.value(field::phone_numbers) == "2");
  }
  CHECK(w.violations.empty());
}

TEST_CASE("what both users bring back is one item, also where they put it in different folders") {
  const auto elsewhere = GENERATE(side::primary, side::replica);
  outer_world before(settings_for({"inbox", "inbox/other"}, {}));
  before.mailboxes.primary.user_create("inbox", contact("m", "1"));
  virtual_world w(before);
  w.run();
  w.mailbox(side::primary).user_delete(w.mailbox(side::primary).items("inbox").begin()->first);
  w.run();
  for (const auto side : both_sides)
    bring_back(w.mailbox(side), side == elsewhere ? "inbox/other" : "inbox");
  w.run();
  INFO(w.story());
  const auto there = contents_of(w, side::primary);
  REQUIRE(there.size() == 1);
  CHECK(there.begin()->folder == (elsewhere == side::primary ? "inbox/other" : "inbox")); // the primary's place
  CHECK(contents_of(w, side::primary) == contents_of(w, side::replica));
  CHECK(w.violations.empty());
}
