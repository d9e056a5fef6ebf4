#include "tests/support/scripted_mailbox.hpp"

#include <catch2/catch.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

new_mail mail(const std::string& name, int minute = 0) {
  new_mail m;
  m.message_id = "<" + name + "@test>";
  m.subject = name;
  m.received = utc_seconds(std::chrono::minutes(minute));
  return m;
}

/// All pages since the cursor, as one list, with the cursor after it.
std::pair<std::vector<change>, sync_cursor> changes(model_mailbox& box, sync_cursor since = {}) {
  std::vector<change> all;
  for (;;) {
    auto listed = box.list(box.folder("inbox")->id, since);
    auto page = std::get<change_page>(*listed);
    all.insert(all.end(), page.changes.begin(), page.changes.end());
    since = page.cursor;
    if (page.last) return {all, since};
  }
}

/// A mailbox actor under a scheduler of one thread, and what one call to it answers.
struct one_mailbox {
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };
  config settings;
  caf::actor_system system{settings};
  caf::scheduler::test_coordinator& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  std::shared_ptr<model_mailbox> box = std::make_shared<model_mailbox>("a");
  fault next;
  std::vector<mailbox_call> seen;
  std::chrono::seconds now{0};
  scripted_mailbox_actor actor = system.spawn(scripted_mailbox, side::primary, box,
                                              mailbox_script{[this](const mailbox_call& c) {
                                                               seen.push_back(c);
                                                               return next;
                                                             },
                                                             [](const mailbox_call&) {}, [this] { return now; }});
  caf::scoped_actor asker{system};

  ~one_mailbox() {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = nullptr;
    scheduler.run();
  }

  /// None: no answer came.
  template <class Reply, class Message>
  std::optional<Reply> ask(Message m, bool* failed = nullptr) {
    std::optional<Reply> got;
    auto request = asker->request(actor, 1s, std::move(m));
    scheduler.run();
    collect(request, got, failed);
    return got;
  }
  template <class Request, class Reply>
  void collect(Request& request, std::optional<Reply>& got, bool* failed) {
    if (!asker->has_next_message()) scheduler.advance_time(2s);
    request.receive([&](Reply& r) { got = std::move(r); },
                    [&](const caf::error& e) {
                      if (failed) *failed = e == caf::sec::request_receiver_down;
                    });
  }
};

template <class Outcome>
bool all_are(const std::optional<write_done>& d, std::size_t n) {
  if (!d || d->outcomes.size() != n) return false;
  for (const auto& o : d->outcomes)
    if (!std::holds_alternative<Outcome>(o)) return false;
  return true;
}

} // namespace

TEST_CASE("a change list tells each change once, the newest mail first, in pages") {
  model_mailbox box("a");
  box.page_size = 2;
  const auto old = box.user_create("inbox", mail("old", 1));
  box.user_create("inbox", mail("new", 3));
  box.user_create("inbox", mail("middle", 2));
  const auto [first, cursor] = changes(box);
  REQUIRE(first.size() == 3);
  CHECK(std::get<item_present>(first[0]).item.subject == "new");
  CHECK(std::get<item_present>(first[1]).item.subject == "middle");
  CHECK(std::get<item_present>(first[2]).item.id == old);
  CHECK(changes(box, cursor).first.empty());
  CHECK(changes(box).first.size() == 3);
}

TEST_CASE("read state moves no key and comes as its own change only where nothing else changed") {
  model_mailbox box("a");
  const auto id = box.user_create("inbox", mail("m"));
  const auto key = box.item(id)->key();
  const auto [first, cursor] = changes(box);
  box.user_mark_read(id, true);
  CHECK(box.item(id)->key() == key);
  const auto [second, later] = changes(box, cursor);
  REQUIRE(second.size() == 1);
  CHECK(std::get<item_read_changed>(second[0]).read);
  box.user_mark_read(id, false);
  box.user_edit(id, field::subject, "edited");
  const auto third = changes(box, later).first;
  REQUIRE(third.size() == 1);
  CHECK(std::get<item_present>(third[0]).item.read == false);
  CHECK(std::get<item_present>(third[0]).item.key != key);
}

TEST_CASE("a move gives a new id and keeps search key and mark; a copy has them too") {
  model_mailbox box("a");
  box.make_folder("inbox/other");
  const auto source = box.user_create("inbox", mail("m"));
  const auto made =
      std::get<model_mailbox::done>(box.create(box.folder("inbox")->id, *box.carry(source), operation_mark("p/t/i")));
  const auto [first, cursor] = changes(box);
  const auto moved = box.user_move(made.id, "inbox/other");
  const auto [second, later] = changes(box, cursor);
  REQUIRE(second.size() == 1);
  CHECK(std::get<item_left>(second[0]).id == made.id);
  CHECK(changes(box, later).first.empty());
  CHECK(moved != made.id);
  CHECK(box.item(moved)->mark.value == "p/t/i");
  const auto copy = box.user_copy(moved, "inbox/other");
  CHECK(box.item(copy)->search_key == box.item(moved)->search_key);
  CHECK(box.find_by_mark(box.folder("inbox/other")->id, operation_mark("p/t/i"))->size() == 2);
  CHECK(box.item(source)->search_key != box.item(moved)->search_key);
}

TEST_CASE("only an update's content is guarded by the key") {
  model_mailbox box("a");
  const auto id = box.user_create("inbox", mail("m"));
  const auto key = box.item(id)->key();
  box.touch(id);
  const std::vector<field_value> subject{{field::subject, "ours"}};
  CHECK(std::holds_alternative<model_mailbox::stale>(box.update(id, key, subject)));
  CHECK(box.item(id)->value(field::subject) == "m");
  CHECK(std::holds_alternative<model_mailbox::done>(box.update(id, box.item(id)->key(), subject)));
  CHECK(box.item(id)->value(field::subject) == "ours");
  CHECK(std::holds_alternative<model_mailbox::not_settable>(
      box.update(id, box.item(id)->key(), {{field::to, "x@test"}})));
  const auto updated = box.item(id)->key();
  CHECK(std::holds_alternative<model_mailbox::done>(box.set_read(id, true)));
  CHECK(box.item(id)->key() == updated);
  CHECK(std::holds_alternative<model_mailbox::done>(box.remove(id)));
  CHECK(std::holds_alternative<model_mailbox::gone>(box.update(id, key, subject)));
  CHECK(std::holds_alternative<model_mailbox::gone>(box.set_read(id, true)));
  CHECK(std::holds_alternative<model_mailbox::gone>(box.move(id, box.folder("inbox")->id)));
  CHECK(!box.find("deleteditems", "<m@test>").empty());
}

TEST_CASE("what one mailbox gives another one stores, with its own view of it") {
  model_mailbox a("a"), b("b");
  b.normalise = [](field f, const std::string& v) { return f == field::subject ? v + "!" : v; };
  b.attachment_overhead = 100;
  auto m = mail("m", 5);
  m.attachments = {{"notes.txt", "12345"}};
  m.fields = {{field::to, "x@test"}, {field::categories, "red"}};
  const auto id = a.user_create("inbox", m);
  CHECK(a.carry(id)->mime_base64 != a.carry(id)->mime_base64);
  const auto made =
      std::get<model_mailbox::done>(b.create(b.folder("inbox")->id, *a.carry(id), operation_mark("mark")));
  const auto& copy = *b.item(made.id);
  CHECK(copy.value(field::subject) == "m!");
  CHECK(copy.value(field::categories) == "red");
  CHECK(copy.value(field::to) == "x@test");
  CHECK(copy.message_id.value == "<m@test>");
  CHECK(copy.attachments == m.attachments);
  CHECK(copy.received == m.received);
  CHECK(a.read(id)->fields != b.read(made.id)->fields);
}

TEST_CASE("another folder, another mailbox, a forgotten cursor") {
  model_mailbox box("a");
  box.user_create("inbox", mail("m"));
  const auto cursor = changes(box).second;
  const auto folder = box.folder("inbox")->id;
  SECTION("forgotten") {
    box.invalidate_cursors();
    CHECK(std::holds_alternative<model_mailbox::cursor_unknown>(*box.list(folder, cursor)));
  }
  SECTION("folder made again, empty") {
    box.recreate_folder("inbox", false);
    CHECK(!box.list(folder, cursor));
    CHECK(box.folder("inbox")->id != folder);
    CHECK(box.items("inbox").empty());
  }
  SECTION("mailbox made again") {
    const auto id = box.find("inbox", "<m@test>");
    const auto identity = box.identity();
    box.recreate_mailbox();
    CHECK(box.identity() != identity);
    CHECK(!box.item(id));
    CHECK(box.items("inbox").size() == 1);
  }
}

TEST_CASE("each fault does what it says") {
  one_mailbox world;
  const auto a = world.box->user_create("inbox", mail("a"));
  const auto b = world.box->user_create("inbox", mail("b"));
  const auto ask = [&] { return world.ask<write_done>(set_read_states{{{a, true}, {b, true}}}); };
  const auto read = [&] {
    return static_cast<int>(world.box->item(a)->read) + static_cast<int>(world.box->item(b)->read);
  };
  using kind = enum fault::kind;
  world.next.at = 1;
  world.next.after = 30s;
  SECTION("none") {
    world.next.kind = kind::none;
    CHECK(all_are<written>(ask(), 2));
    CHECK(read() == 2);
    CHECK(world.seen.back().name == "set_read_states");
    CHECK(world.seen.back().writes);
    CHECK(world.seen.back().items == std::vector{a, b});
  }
  SECTION("fails") {
    world.next.kind = kind::fails;
    CHECK(all_are<not_done>(ask(), 2));
    CHECK(read() == 0);
  }
  SECTION("answer lost before") {
    world.next.kind = kind::answer_lost_before;
    CHECK(all_are<unknown>(ask(), 2));
    CHECK(read() == 0);
  }
  SECTION("answer lost after") {
    world.next.kind = kind::answer_lost_after;
    CHECK(all_are<unknown>(ask(), 2));
    CHECK(read() == 2);
  }
  SECTION("commits later") {
    world.next.kind = kind::commits_later;
    CHECK(all_are<unknown>(ask(), 2));
    world.next.kind = kind::none;
    world.now = 29s;
    world.ask<identified>(identify{});
    CHECK(read() == 0);
    world.now = 30s;
    world.ask<identified>(identify{});
    CHECK(read() == 2);
  }
  SECTION("answers late") {
    world.next.kind = kind::answers_late;
    auto request = world.asker->request(world.actor, 1min, set_read_states{{{a, true}, {b, true}}});
    world.scheduler.run();
    CHECK(read() == 2);
    CHECK(!world.asker->has_next_message());
    world.scheduler.advance_time(30s);
    world.scheduler.run();
    std::optional<write_done> got;
    world.collect(request, got, nullptr);
    CHECK(all_are<written>(got, 2));
  }
  SECTION("refuses an item") {
    world.next.kind = kind::refuses_item;
    const auto got = ask();
    CHECK(std::holds_alternative<written>(got->outcomes.at(0)));
    CHECK(std::holds_alternative<refused>(got->outcomes.at(1)));
    CHECK(read() == 1);
  }
  SECTION("stops") {
    world.next.kind = kind::stops;
    const auto got = ask();
    CHECK(std::holds_alternative<written>(got->outcomes.at(0)));
    CHECK(std::holds_alternative<not_done>(got->outcomes.at(1)));
    CHECK(read() == 1);
  }
  SECTION("cut") {
    world.next.kind = kind::cut;
    CHECK(all_are<unknown>(ask(), 2));
    CHECK(read() == 1);
  }
  SECTION("dies") {
    const bool after = GENERATE(false, true);
    world.next.kind = after ? kind::dies_after : kind::dies_before;
    bool down = false;
    CHECK(!world.ask<write_done>(set_read_states{{{a, true}, {b, true}}}, &down));
    CHECK(down);
    CHECK(read() == (after ? 2 : 0));
  }
  SECTION("vanishes") {
    const bool after = GENERATE(false, true);
    world.next.kind = after ? kind::vanishes_after : kind::vanishes_before;
    CHECK(!ask());
    CHECK(read() == (after ? 2 : 0));
  }
  SECTION("a read that fails") {
    world.next.kind = GENERATE(kind::fails, kind::answer_lost_before, kind::answer_lost_after, kind::cut);
    const auto got = world.ask<content_read>(read_content{{a}});
    REQUIRE(got);
    CHECK(std::get<failure>(got->outcome).reach == reach::account);
  }
}
