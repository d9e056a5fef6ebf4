#include "actors/ews/budget.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace std::chrono_literals;

namespace {

/// A budget with its own time, and requests that are numbered as they come.
struct office {
  explicit office(std::size_t credit = 5)
      : b({.credit = credit, .queue = 100, .rest = 60s, .longest_rest = 15min}, [this] { return random; }) {}
  std::uint64_t random = 0;
  gateway_time now{1h};
  budget::turn last = 0;
  budget b;

  budget::turn ask(const std::string& mailbox, std::chrono::milliseconds patience = 10min) {
    auto no = b.ask(++last, mailbox, patience, now);
    REQUIRE_FALSE(no);
    return last;
  }
  std::vector<budget::turn> started() { return b.advance(now).start; }
  /// One request that goes out at once and ends so.
  std::optional<std::chrono::milliseconds> one(const std::string& mailbox, load_sign sign,
                                               std::optional<std::chrono::milliseconds> wait = {}) {
    auto id = ask(mailbox);
    REQUIRE(started() == std::vector{id});
    return b.ended(id, {sign, wait, "test"}, now);
  }
  bool goes_out(const std::string& mailbox) {
    auto id = ask(mailbox);
    auto s = started();
    bool out = std::ranges::count(s, id) > 0;
    if (out) b.ended(id, {load_sign::neutral, {}, ""}, now);
    return out;
  }
};

http::response_head head(int status, std::vector<http::header> headers = {}) {
  return {status, std::move(headers)};
}

} // namespace

TEST_CASE("An answer's head is read for signs of load") {
  struct row {
    http::response_head head;
    load_sign sign;
    std::optional<std::chrono::milliseconds> wait;
  };
  const row rows[] = {
      {head(200), load_sign::good, {}},
      {head(500), load_sign::neutral, {}},
      {head(403), load_sign::neutral, {}},
      {head(413), load_sign::neutral, {}},
      {head(503), load_sign::busy, {}},
      {head(503, {{"retry-after", "30"}}), load_sign::busy, 30s},
      {head(429, {{"Retry-After", "7"}}), load_sign::busy, 7s},
      {head(429, {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}), load_sign::busy, {}},
      {head(401), load_sign::locked, {}},
      {head(302, {{"Location", "https://mail.example/owa/auth/GenericErrorPage.htm?x"}}), load_sign::locked, {}},
      {head(302, {{"Location", "https://other.example/EWS/Exchange.asmx"}}), load_sign::neutral, {}},
  };
  for (auto& r : rows) {
    INFO(r.head.status);
    CHECK(read_load(r.head).sign == r.sign);
    CHECK(read_load(r.head).wait == r.wait);
  }
  CHECK(read_load(http::failed{http::failed_kind::cut, true, ""}).sign == load_sign::cut);
  CHECK(read_load(http::failed{http::failed_kind::timeout, true, ""}).sign == load_sign::hung);
  CHECK(read_load(http::failed{http::failed_kind::refused, false, ""}).sign == load_sign::neutral);
}

TEST_CASE("As many as the credit allows go out; the next one when one has ended") {
  office o(3);
  for (std::string m : {"a", "b", "c", "d"})
    o.ask(m);
  CHECK(o.started() == std::vector<budget::turn>{1, 2, 3});
  CHECK(o.started().empty());
  o.b.ended(2, {load_sign::good, {}, ""}, o.now);
  CHECK(o.started() == std::vector<budget::turn>{4});
}

TEST_CASE("Mailboxes take turns, whoever asks for more") {
  office o(1);
  for (std::string m : {"a", "a", "a", "b", "c", "b"})
    o.ask(m);
  std::vector<budget::turn> order;
  for (auto s = o.started(); !s.empty(); s = o.started()) {
    REQUIRE(s.size() == 1);
    order.push_back(s[0]);
    o.b.ended(s[0], {load_sign::good, {}, ""}, o.now);
  }
  CHECK(order == std::vector<budget::turn>{1, 4, 5, 2, 6, 3});
}

TEST_CASE("One mailbox never takes the last place, so that the next finds an open door") {
  office o(5);
  for (int i = 0; i < 10; ++i)
    o.ask("hanging");
  CHECK(o.started().size() == 4);
  CHECK(o.goes_out("other"));
}

TEST_CASE("A mailbox whose transfers hang or are cut has one request at a time until one is answered") {
  auto trouble = GENERATE(load_sign::hung, load_sign::cut);
  office o(5);
  o.one("sick", trouble);
  for (int i = 0; i < 5; ++i)
    o.ask("sick");
  auto s = o.started();
  REQUIRE(s.size() == 1);
  o.b.ended(s[0], {load_sign::good, {}, ""}, o.now);
  CHECK(o.started().size() == 4);
}

TEST_CASE("All sick mailboxes together have at most half of the places") {
  office o(4);
  for (std::string m : {"a", "b", "c", "d"})
    o.one(m, load_sign::hung);
  for (std::string m : {"a", "b", "c", "d"})
    o.ask(m);
  CHECK(o.started().size() == 2);
  CHECK(o.goes_out("healthy"));
  CHECK(o.goes_out("healthy too"));
}

TEST_CASE("A busy mailbox rests for a minute, and then longer and longer, with jitter; others go on") {
  office o;
  auto r1 = o.one("busy", load_sign::busy);
  CHECK(r1 == std::optional<std::chrono::milliseconds>(60s));
  CHECK_FALSE(o.goes_out("busy"));
  CHECK(o.goes_out("other"));
  o.now += 59s;
  CHECK_FALSE(o.goes_out("busy"));
  o.now += 1s;
  // Both that waited may go, one after the other.
  auto s = o.started();
  REQUIRE(s.size() == 1);
  CHECK(o.b.ended(s[0], {load_sign::busy, {}, "test"}, o.now) == std::optional<std::chrono::milliseconds>(120s));
  o.now += 120s;
  s = o.started();
  REQUIRE(s.size() == 1);
  o.random = 60'000; // a quarter of 240 s: the most there is
  CHECK(o.b.ended(s[0], {load_sign::busy, {}, "test"}, o.now) == std::optional<std::chrono::milliseconds>(300s));
}

TEST_CASE("The rest stops growing at its limit") {
  office o;
  std::optional<std::chrono::milliseconds> rest;
  for (int i = 0; i < 40; ++i) {
    rest = o.one("busy", load_sign::busy);
    REQUIRE(rest);
    o.now += *rest;
  }
  CHECK(rest == std::optional<std::chrono::milliseconds>(15min));
}

TEST_CASE("The server's own wish is kept, neither shorter nor doubled, up to an hour") {
  office o;
  CHECK(o.one("m", load_sign::busy, 500ms) == std::optional<std::chrono::milliseconds>(500ms));
  o.now += 500ms;
  CHECK(o.one("m", load_sign::busy, 300s) == std::optional<std::chrono::milliseconds>(300s));
  o.now += 300s;
  CHECK(o.one("m", load_sign::busy, 9000h) == std::optional<std::chrono::milliseconds>(1h));
}

TEST_CASE("Answers of requests that were under way when a rest began are one sign, not several") {
  office o;
  for (int i = 0; i < 4; ++i)
    o.ask("m");
  auto s = o.started();
  REQUIRE(s.size() == 4);
  for (auto id : s)
    CHECK(o.b.ended(id, {load_sign::busy, {}, ""}, o.now) == std::optional<std::chrono::milliseconds>(60s));
  o.now += 60s;
  CHECK(o.one("m", load_sign::busy) == std::optional<std::chrono::milliseconds>(120s));
}

TEST_CASE("After a rest one request probes, and each good answer gives one place back") {
  office o(4);
  o.one("m", load_sign::busy);
  for (int i = 0; i < 10; ++i)
    o.ask("m");
  o.now += 60s;
  std::size_t in_flight = 0;
  std::vector<std::size_t> places;
  std::vector<budget::turn> flying;
  for (int i = 0; i < 4; ++i) {
    for (auto id : o.started()) {
      flying.push_back(id);
      ++in_flight;
    }
    places.push_back(in_flight);
    o.b.ended(flying.back(), {load_sign::good, {}, ""}, o.now);
    flying.pop_back();
    --in_flight;
  }
  CHECK(places == std::vector<std::size_t>{1, 2, 3, 3}); // 3: the last place is never one mailbox's own
  // The trouble is forgotten: the next rest begins anew.
  for (auto id : flying)
    o.b.ended(id, {load_sign::good, {}, ""}, o.now);
  for (auto s = o.started(); !s.empty(); s = o.started())
    for (auto id : s)
      o.b.ended(id, {load_sign::good, {}, ""}, o.now);
  CHECK(o.one("m", load_sign::busy) == std::optional<std::chrono::milliseconds>(60s));
}

TEST_CASE("One busy item among good ones never makes its mailbox rest longer than the first time") {
  office o;
  for (int i = 0; i < 5; ++i) {
    auto rest = o.one("m", load_sign::busy);
    REQUIRE(rest == std::optional<std::chrono::milliseconds>(60s));
    o.now += *rest;
    for (int n = 0; n < 5; ++n)
      o.one("m", load_sign::good);
  }
}

TEST_CASE("Three mailboxes busy in a row mean the account; a good answer between says otherwise") {
  office o;
  bool good_between = GENERATE(false, true);
  o.one("a", load_sign::busy);
  o.one("b", load_sign::busy);
  if (good_between) o.one("x", load_sign::good);
  o.one("c", load_sign::busy);
  CHECK(o.b.resting(o.now).has_value() == !good_between);
  CHECK(o.goes_out("x") == good_between);
  CHECK(o.b.resting_mailboxes(o.now).size() == 3);
  CHECK((o.b.credit(o.now) == 0) == !good_between);
  o.now += 60s;
  CHECK_FALSE(o.b.resting(o.now));
  CHECK(o.b.credit(o.now) == (good_between ? 5 : 1));
}

TEST_CASE("A busy body is a sign like a busy head") {
  office o;
  o.one("m", load_sign::good);
  o.b.busy("m", 5s, "ErrorServerBusy", o.now);
  CHECK_FALSE(o.goes_out("m"));
  CHECK(o.goes_out("other"));
  o.now += 5s;
  CHECK(o.started().size() == 1);
}

TEST_CASE("A 401 is the password's at first, and throttling of the account once the password has worked") {
  office o;
  CHECK_FALSE(o.one("m", load_sign::locked));
  CHECK_FALSE(o.b.resting(o.now));
  o.one("m", load_sign::good);
  for (auto rest : {60s, 120s, 240s}) {
    CHECK(o.one("m", load_sign::locked) == std::optional<std::chrono::milliseconds>(rest));
    CHECK(o.b.resting(o.now));
    o.now += rest;
  }
  // After the third rest it is believed: the password has changed.
  CHECK_FALSE(o.one("m", load_sign::locked));
  CHECK_FALSE(o.one("m", load_sign::locked));
}

TEST_CASE("One connection that is cut is weather; two in a row are throttling") {
  office o;
  o.one("m", load_sign::cut);
  CHECK(o.b.resting_mailboxes(o.now).empty());
  o.one("m", load_sign::good);
  o.one("m", load_sign::cut);
  CHECK(o.b.resting_mailboxes(o.now).empty());
  o.one("m", load_sign::cut);
  CHECK(o.b.resting_mailboxes(o.now).size() == 1);
}

TEST_CASE("A request that looks for the item that spoils another one may be cut as often as it takes") {
  office o;
  o.one("m", load_sign::cut);
  for (int i = 0; i < 9; ++i) {
    const auto id = o.ask("m");
    REQUIRE(o.started() == std::vector{id});
    load_reading reading{load_sign::cut, {}, "test"};
    reading.narrowing = true;
    o.b.ended(id, reading, o.now);
    CHECK(o.b.resting_mailboxes(o.now).empty());
  }
  // It does not excuse the next one that is cut.
  o.one("m", load_sign::cut);
  CHECK(o.b.resting_mailboxes(o.now).size() == 1);
}

TEST_CASE("Who cannot be served in time is told at once, and who waits is told when his time is over") {
  office o;
  o.one("m", load_sign::busy);
  auto no = o.b.ask(++o.last, "m", 59s, o.now);
  REQUIRE(no);
  CHECK(no->wait == std::optional<std::chrono::milliseconds>(60s));

  // A rest that begins while requests wait.
  for (int i = 0; i < 4; ++i)
    o.ask("n");
  auto s = o.started();
  auto impatient = o.ask("n", 10s), patient = o.ask("n", 100s);
  o.b.ended(s[0], {load_sign::busy, {}, "HTTP 503"}, o.now);
  auto step = o.b.advance(o.now);
  REQUIRE(step.refuse.size() == 1);
  CHECK(step.refuse[0].first == impatient);
  CHECK(step.refuse[0].second.wait == std::optional<std::chrono::milliseconds>(60s));
  CHECK(step.refuse[0].second.what.find("HTTP 503") != std::string::npos);
  CHECK(step.again == std::optional(o.now + 60s));

  // The places stay taken: the patient one runs out of time.
  o.now += 60s;
  CHECK(o.b.advance(o.now).again == std::optional(o.now + 40s));
  o.now += 40s;
  step = o.b.advance(o.now);
  REQUIRE(step.refuse.size() == 1);
  CHECK(step.refuse[0].first == patient);
  CHECK_FALSE(step.refuse[0].second.wait);
  CHECK_FALSE(step.again);
  CHECK(o.b.waiting() == 0);
}

TEST_CASE("More than the queue holds is turned away") {
  office o;
  for (int i = 0; i < 100; ++i)
    o.ask("m" + std::to_string(i));
  CHECK(o.b.ask(1000, "m", 1min, o.now));
  o.started();
  CHECK_FALSE(o.b.ask(1001, "m", 1min, o.now));
}

TEST_CASE("Who is not let through after a 401 is told that access is refused, not that the server is busy") {
  office o;
  o.one("m", load_sign::good);
  o.ask("m");
  o.b.ended(o.started().at(0), read_load(http::response_head{401, {}}), o.now);
  const auto no = o.b.ask(++o.last, "m", 1s, o.now);
  REQUIRE(no);
  CHECK(no->locked_out);
  CHECK(no->what.find("access is refused (HTTP 401)") != std::string::npos);
  o.now += 60s;
  o.ask("m");
  o.b.ended(o.started().at(0), read_load(http::response_head{503, {}}), o.now);
  const auto busy = o.b.ask(++o.last, "m", 1s, o.now);
  REQUIRE(busy);
  CHECK_FALSE(busy->locked_out);
}
