#include "tests/actors/scenario.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

constexpr item_class classes[] = {item_class::contact, item_class::task, item_class::appointment};

/// What a side holds of the item "m", as text; "" where it is not there.
std::string held(const virtual_world& w, side s) {
  const auto found = mails(w, s, id_of("m"));
  return found.empty() ? std::string() : found.front().text();
}

std::vector<std::string> holds(const virtual_world& w, side s, const seen_mail& wanted) {
  const auto is = held(w, s);
  if (is == wanted.text()) return {};
  return {std::string(s == side::primary ? "primary" : "replica") + " has " + is + ", not " + wanted.text()};
}

seen_mail as_made(item_class of) {
  seen_mail m;
  m.folder = "inbox";
  m.message_id = id_of("m");
  m.subject = "m";
  m.attachments = {"file=bytes of m"};
  if (of == item_class::appointment) {
    m.recurrence = "week";
    m.exceptions = "monday";
  }
  return m;
}

item_id on(outer_world& w, side s) {
  return w.mailboxes[s].find("inbox", id_of("m"));
}

} // namespace

TEST_CASE("an item goes over with its attachments and exceptions, whenever the process ends") {
  for (const auto of : classes) {
    scenario s;
    s.name = "create";
    s.in_step_first = false;
    s.given = [&](outer_world& w, casting c) { w.mailboxes[c.source()].user_create("inbox", item_named("m", of)); };
    s.then = [&](const virtual_world& w, casting, const round_end&) {
      return all_of({holds(w, side::primary, as_made(of)), holds(w, side::replica, as_made(of))});
    };
    play_all_ways(s);
  }
}

TEST_CASE("another set of attachments goes over, whenever the process ends") {
  for (const auto of : classes) {
    scenario s;
    s.name = "attach";
    s.given = [&](outer_world& w, casting c) { w.mailboxes[c.source()].user_create("inbox", item_named("m", of)); };
    s.when = [](outer_world& w, casting c) {
      auto& box = w.mailboxes[c.two_way() ? c.a : c.source()];
      const auto item = on(w, c.two_way() ? c.a : c.source());
      box.user_attach(item, "file", "other bytes, more of them");
      box.user_attach(item, "second", "bytes");
      box.user_edit(item, field::subject, "edited");
    };
    s.then = [&](const virtual_world& w, casting, const round_end&) {
      auto m = as_made(of);
      m.subject = "edited";
      m.attachments = {"file=other bytes, more of them", "second=bytes"};
      return all_of({holds(w, side::primary, m), holds(w, side::replica, m)});
    };
    play_all_ways(s);
  }
}

TEST_CASE("a series whose pattern changes keeps the exceptions that its user made, whenever the process ends") {
  scenario s;
  s.name = "pattern";
  s.given = [](outer_world& w, casting c) {
    w.mailboxes[c.source()].user_create("inbox", item_named("m", item_class::appointment));
  };
  s.when = [](outer_world& w, casting c) {
    const auto from = c.two_way() ? c.a : c.source();
    w.mailboxes[from].user_edit(on(w, from), field::recurrence, "month");
    w.mailboxes[from].user_edit(on(w, from), field::exceptions, "the third, the fifth");
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    auto m = as_made(item_class::appointment);
    m.recurrence = "month";
    m.exceptions = "the third, the fifth";
    return all_of({holds(w, side::primary, m), holds(w, side::replica, m)});
  };
  play_all_ways(s);
}

TEST_CASE("only the time of a series changes: its exceptions, dropped by the server, are written again") {
  scenario s;
  s.name = "time";
  s.given = [](outer_world& w, casting c) {
    w.mailboxes[c.source()].user_create("inbox", item_named("m", item_class::appointment));
  };
  s.when = [](outer_world& w, casting c) {
    const auto from = c.two_way() ? c.a : c.source();
    w.mailboxes[from].user_edit(on(w, from), field::time, "an hour later");
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    const auto m = as_made(item_class::appointment);
    return all_of({holds(w, side::primary, m), holds(w, side::replica, m)});
  };
  play_all_ways(s);
}

TEST_CASE("where both change the exceptions primary wins, whenever the process ends") {
  scenario s;
  s.name = "exceptions on both";
  s.given = [](outer_world& w, casting c) {
    w.mailboxes[c.source()].user_create("inbox", item_named("m", item_class::appointment));
  };
  s.when = [](outer_world& w, casting) {
    w.mailboxes.primary.user_edit(on(w, side::primary), field::exceptions, "tuesday of primary");
    w.mailboxes.replica.user_edit(on(w, side::replica), field::exceptions, "friday of replica");
    w.mailboxes.replica.user_attach(on(w, side::replica), "second", "bytes of replica");
  };
  s.then = [](const virtual_world& w, casting, const round_end&) {
    auto m = as_made(item_class::appointment);
    m.exceptions = "tuesday of primary";
    const auto is = held(w, side::replica);
    return is.find("tuesday of primary") == std::string::npos ? std::vector<std::string>{"replica has " + is}
                                                              : std::vector<std::string>{};
  };
  play_two_way(s);
}

TEST_CASE("what one server cannot hold is left out, and is nobody's edit") {
  scenario s;
  s.name = "unsupported";
  s.in_step_first = false;
  s.converges = false;
  s.given = [](outer_world& w, casting c) {
    for (const auto each : both_sides)
      std::erase(w.mailboxes[each].settable_on_contact, each == c.a ? field::nickname : field::birthday);
    auto m = item_named("m", item_class::contact);
    m.fields[field::birthday] = "1.1.1970";
    w.mailboxes[c.source()].user_create("inbox", m);
  };
  s.then = [](const virtual_world& w, casting, const round_end& end) {
    auto wrong = all_of({has(w, side::primary, "m", "m"), has(w, side::replica, "m", "m")});
    if (end.banned != 0) wrong.push_back("it was banned");
    return wrong;
  };
  play_all_ways(s, crashes::none);
}

TEST_CASE("two contacts of one name are carried over rather than taken for one another") {
  scenario s;
  s.name = "namesakes";
  s.in_step_first = false;
  s.several_of_one_id = true;
  s.given = [](outer_world& w, casting c) {
    for (const auto name : {"first", "second"}) {
      auto m = item_named(name, item_class::contact);
      m.subject = "John Smith";
      w.mailboxes[c.source()].user_create("inbox", m);
    }
    auto third = item_named("third", item_class::contact);
    third.subject = "John Smith";
    w.mailboxes[other(c.source())].user_create("inbox", third);
  };
  s.then = [](const virtual_world& w, casting c, const round_end&) {
    auto wrong = all_of({has(w, side::primary, "first", "John Smith"), has(w, side::replica, "first", "John Smith"),
                         has(w, side::primary, "second", "John Smith"), has(w, side::replica, "second", "John Smith"),
                         has(w, other(c.source()), "third", "John Smith")});
    return wrong;
  };
  play_all_ways(s, crashes::none);
}
