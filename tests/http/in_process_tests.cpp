#include "ews/http/in_process_transport.hpp"
#include "tests/http/collector.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace exsyncd::http;
using namespace tests;
using namespace std::chrono_literals;

namespace {

/// Virtual time: what waits, by when.
struct virtual_time {
  std::multimap<std::chrono::milliseconds, std::function<void()>> waiting;
  std::chrono::milliseconds now{0};
  run_after after() {
    return [this](std::chrono::milliseconds d, std::function<void()> f) { waiting.emplace(now + d, std::move(f)); };
  }
  void advance(std::chrono::milliseconds by) {
    for (now += by; !waiting.empty() && waiting.begin()->first <= now;) {
      auto f = std::move(waiting.begin()->second);
      waiting.erase(waiting.begin());
      f();
    }
  }
};

in_process_answer answer_of(std::string body) {
  return {.status = 200, .headers = {{"A", "b"}}, .body = std::move(body), .cut_at = {}};
}

} // namespace

TEST_CASE("In process: a function answers, at once, in chunks") {
  in_process_transport t([](const request& r) { return answer_of(r.body + std::string(40'000, 'x')); });
  auto c = std::make_shared<collector>();
  t.start(shared_post("http://sim/", "q"), c);
  REQUIRE(c->ends() == 1);
  CHECK(c->completed());
  CHECK(c->head().value_of("a") == "b");
  CHECK(c->body() == "q" + std::string(40'000, 'x'));
  CHECK(c->wait().bytes.received > 40'000);
}

TEST_CASE("In process: a cut answer is a failure after the bytes before the cut") {
  auto cut = GENERATE(as<std::size_t>{}, 0, 3, 10);
  in_process_transport t([&](const request&) {
    auto a = answer_of("0123456789");
    a.cut_at = cut;
    return a;
  });
  auto c = run(t, post("http://sim/"));
  CHECK(c->failure().kind == failed_kind::cut);
  CHECK(c->failure().may_have_reached_server);
  CHECK(c->body() == std::string("0123456789").substr(0, cut));
  CHECK(c->heads() == (cut ? 1 : 0));
}

TEST_CASE("In process: an answer arrives when its time has come, or is a time-out though the server acted") {
  virtual_time time;
  int acted = 0;
  in_process_transport t(
      [&](const request& r) {
        ++acted;
        auto a = answer_of("late");
        a.delay = std::chrono::seconds(std::stoi(r.body));
        return a;
      },
      time.after());
  auto quick = std::make_shared<collector>(), slow = std::make_shared<collector>();
  t.start(shared_post("http://sim/", "5"), quick);
  t.start(shared_post("http://sim/", "500"), slow);
  CHECK(acted == 2);
  time.advance(4s);
  CHECK(quick->ends() == 0);
  time.advance(1s);
  CHECK(quick->completed());
  CHECK(slow->ends() == 0);
  time.advance(115s);
  CHECK(slow->failure().kind == failed_kind::timeout);
  CHECK(slow->failure().may_have_reached_server);
}

TEST_CASE("In process: cancel and shutdown end a transfer once") {
  virtual_time time;
  auto t = std::make_unique<in_process_transport>([](const request&) { return answer_of("x"); }, time.after());
  auto a = std::make_shared<collector>(), b = std::make_shared<collector>(), c = std::make_shared<collector>();
  auto id = t->start(shared_post("http://sim/"), a);
  t->start(shared_post("http://sim/"), b);
  t->cancel(id);
  CHECK(a->failure().kind == failed_kind::cancelled);
  CHECK(b->ends() == 0);
  t->shutdown();
  CHECK(b->failure().kind == failed_kind::cancelled);
  t->start(shared_post("http://sim/"), c);
  CHECK_FALSE(c->failure().may_have_reached_server);
  t.reset();
  time.advance(1h);
  CHECK(a->ends() + b->ends() + c->ends() == 3);
}

TEST_CASE(
    "In process: an answer in pieces goes on until its last one, its cut, a silence, or nobody listens any more") {
  virtual_time time;
  std::vector<in_process_piece> pieces;
  std::weak_ptr<int> held;
  in_process_transport t(
      [&](const request&) {
        const auto hold = std::make_shared<int>();
        held = hold;
        auto a = answer_of("");
        a.pieces = [&pieces, hold] {
          if (pieces.empty()) return in_process_piece{"", 1s};
          const auto next = pieces.front();
          pieces.erase(pieces.begin());
          return next;
        };
        return a;
      },
      time.after());
  // Second by second, since each piece says when the next one is due.
  const auto pass = [&](int seconds) {
    for (time.advance(0s); seconds > 0; --seconds)
      time.advance(1s);
  };
  auto c = std::make_shared<collector>();
  pieces = {{"one ", 2s}, {"two ", 2s}, {"three", 0s, true}};
  SECTION("to its last one") {
    t.start(shared_post("http://sim/"), c);
    pass(0);
    CHECK(c->heads() == 1);
    CHECK(c->body() == "one ");
    pass(2);
    CHECK(c->body() == "one two ");
    CHECK(c->ends() == 0);
    pass(2);
    CHECK(c->body() == "one two three");
    CHECK(c->completed());
  }
  SECTION("to a cut") {
    pieces = {{"one ", 2s}, {"", 0s, false, true}};
    t.start(shared_post("http://sim/"), c);
    pass(3);
    CHECK(c->failure().kind == failed_kind::cut);
    CHECK(c->body() == "one ");
  }
  SECTION("to a silence") {
    pieces = {{"one ", 2s}};
    auto asked = post("http://sim/");
    asked.limits.idle = 20s;
    t.start(std::make_shared<const request>(std::move(asked)), c);
    pass(19);
    CHECK(c->ends() == 0);
    pass(5);
    CHECK(c->failure().kind == failed_kind::timeout);
  }
  SECTION("until nobody listens any more") {
    const auto id = t.start(shared_post("http://sim/"), c);
    pass(2);
    t.cancel(id);
    CHECK(c->failure().kind == failed_kind::cancelled);
    pass(2);
    CHECK(c->body() == "one two ");
  }
  CHECK(held.expired());
}

TEST_CASE("In process: an answer larger than allowed, and a failure of the connection") {
  in_process_transport big([](const request&) { return answer_of("0123456789"); });
  auto r = post("http://sim/");
  r.max_response_bytes = 9;
  CHECK(run(big, r)->failure().kind == failed_kind::too_large);
  in_process_transport down([](const request&) { return failed{failed_kind::refused, false, "down"}; });
  CHECK(run(down, r)->failure().kind == failed_kind::refused);
}
