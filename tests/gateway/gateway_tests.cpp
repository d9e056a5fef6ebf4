#include "actors/ews/gateway.hpp"
#include "ews/http/in_process_transport.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/memory_spool.hpp"

#include <caf/error.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <deque>

using namespace exsyncd;
using namespace std::chrono_literals;

namespace {

/// What an asker has heard so far.
struct heard {
  std::optional<exchanged> answer;
  caf::error error;
  const exsyncd::answer& whole() const { return std::get<exsyncd::answer>(answer.value().outcome); }
  const not_sent& unsent() const { return std::get<not_sent>(answer.value().outcome); }
  const http::failed& failure() const { return std::get<http::failed>(answer.value().outcome); }
};

/// A gateway before a server that is a function; its answers arrive when the test delivers them.
struct gateway_stage : tests::actor_stage {
  std::deque<http::in_process_answer> answers; // of the next requests; then plain ones
  std::vector<http::request> seen;
  std::deque<std::function<void()>> in_flight;
  std::shared_ptr<http::transport> transport = std::make_shared<http::in_process_transport>(
      [this](const http::request& r) {
        seen.push_back(r);
        http::in_process_answer a;
        a.body = "answer to " + r.body;
        if (!answers.empty()) {
          a = answers.front();
          answers.pop_front();
        }
        return a;
      },
      [this](std::chrono::milliseconds, std::function<void()> deliver) { in_flight.push_back(std::move(deliver)); });
  tests::memory_spool spooled;
  bool disk_full = false;
  gateway_actor gateway = spawn_gateway(system, {.transport = transport,
                                                 .random = [] { return 0u; },
                                                 .spool =
                                                     [this, to = spooled.spool()] {
                                                       if (disk_full) throw std::runtime_error("no space left");
                                                       return to();
                                                     }});

  gateway_stage() { on_stage(gateway); }

  std::shared_ptr<heard> ask(std::string body, std::string mailbox = "jane",
                             std::chrono::milliseconds patience = 120s) {
    http::request r;
    r.url = "http://sim/";
    r.body = std::move(body);
    exchange e{std::make_shared<http::request>(std::move(r)), std::move(mailbox), patience};
    auto h = std::make_shared<heard>();
    system.spawn([h, e, gateway = gateway](caf::event_based_actor* self) {
      self->request(gateway, answer_within(e), e)
          .then([h](const exchanged& x) { h->answer = x; }, [h](const caf::error& x) { h->error = x; });
    });
    run();
    return h;
  }

  void deliver(std::size_t count = 1) {
    for (; count > 0; --count) {
      auto f = std::move(in_flight.front());
      in_flight.pop_front();
      f();
    }
    run();
  }

  gateway_status status() { return ask_now<gateway_status>(gateway, ask_gateway_status{}); }
};

http::in_process_answer status_answer(int status, std::vector<http::header> headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = "<fault/>", .cut_at = {}};
}

} // namespace

TEST_CASE_METHOD(gateway_stage, "An answer reaches who asked, whole, with its traffic") {
  answers.push_back(status_answer(500, {{"Content-Type", "text/xml"}}));
  auto a = ask("one");
  auto b = ask("two");
  CHECK_FALSE(a->answer);
  deliver(2);
  CHECK(a->whole().status == 500);
  CHECK(a->whole().headers == std::vector<http::header>{{"Content-Type", "text/xml"}});
  CHECK(a->whole().body == "<fault/>");
  CHECK_FALSE(a->whole().resting);
  CHECK(b->whole().body == "answer to two");
  CHECK(a->answer->bytes.sent > 0);
  auto s = status();
  CHECK(s.requests == 2);
  CHECK(s.bytes.sent == a->answer->bytes.sent + b->answer->bytes.sent);
  CHECK(s.bytes.received == a->answer->bytes.received + b->answer->bytes.received);
}

TEST_CASE_METHOD(gateway_stage, "No more go out than the credit allows, and the next goes when one has come back") {
  std::vector<std::shared_ptr<heard>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(ask(std::to_string(i), "mailbox " + std::to_string(i)));
  CHECK(seen.size() == 5);
  CHECK(status().in_flight == 5);
  CHECK(status().waiting == 3);
  deliver();
  CHECK(seen.size() == 6);
  while (!in_flight.empty())
    deliver();
  for (auto& h : all)
    CHECK(h->whole().status == 200);
}

TEST_CASE_METHOD(gateway_stage, "A failed transfer is told as it is, and not tried again") {
  answers.push_back({.status = 200, .headers = {}, .body = "0123456789", .cut_at = 5});
  auto a = ask("one");
  deliver();
  CHECK(a->failure().kind == http::failed_kind::cut);
  CHECK(a->failure().may_have_reached_server);
  CHECK(seen.size() == 1);
  CHECK(in_flight.empty());
}

TEST_CASE_METHOD(gateway_stage, "Throttling is told with the answer, holds the mailbox, and lets the others go") {
  struct row {
    http::in_process_answer answer;
    std::chrono::milliseconds rest;
  };
  auto r = GENERATE(row{status_answer(503), 60s}, row{status_answer(503, {{"Retry-After", "20"}}), 20s},
                    row{status_answer(429, {{"Retry-After", "3"}}), 3s});
  answers.push_back(r.answer);
  auto a = ask("one");
  deliver();
  CHECK(a->whole().resting == std::optional(r.rest));
  auto held = ask("two");
  auto other = ask("three", "joe");
  CHECK(seen.size() == 2);
  deliver();
  CHECK(other->whole().status == 200);
  CHECK(status().resting_mailboxes == std::vector<std::pair<std::string, std::chrono::milliseconds>>{{"jane", r.rest}});
  advance(r.rest - 1s);
  CHECK(seen.size() == 2);
  advance(1s);
  REQUIRE(seen.size() == 3);
  deliver();
  CHECK(held->whole().body == "answer to two");
}

TEST_CASE_METHOD(gateway_stage, "A busy body reported by the mailbox holds it as long as the server asked") {
  auto a = ask("one");
  deliver();
  caf::anon_send(gateway, server_busy{"jane", 297s, "ErrorServerBusy"});
  run();
  auto impatient = ask("two", "jane", 120s);
  CHECK(impatient->unsent().wait == std::optional<std::chrono::milliseconds>(297s));
  CHECK(impatient->unsent().what == "the server is busy (ErrorServerBusy)");
  auto patient = ask("three", "jane", 300s);
  advance(296s);
  CHECK(seen.size() == 1);
  advance(1s);
  CHECK(seen.size() == 2);
  deliver();
  CHECK(patient->whole().status == 200);
}

TEST_CASE_METHOD(gateway_stage,
                 "A 401, or an error page, is throttling of the account only where the password has worked") {
  auto locked =
      GENERATE(status_answer(401), status_answer(302, {{"Location", "/owa/auth/errorfe/genericerrorpage.htm"}}));
  answers.push_back(locked);
  auto first = ask("first");
  deliver();
  CHECK_FALSE(first->whole().resting);
  ask("works");
  deliver();
  answers.push_back(locked);
  auto later = ask("later");
  deliver();
  CHECK(later->whole().resting == std::optional<std::chrono::milliseconds>(60s));
  ask("other", "joe");
  CHECK(in_flight.empty());
  auto s = status();
  CHECK(s.resting == std::optional<std::chrono::milliseconds>(60s));
  CHECK(s.credit == 0);
  CHECK(s.because == "HTTP " + std::to_string(locked.status));
  advance(60s);
  CHECK(in_flight.size() == 1);
}

TEST_CASE_METHOD(gateway_stage, "Who waits longer than his patience is told that nothing was sent") {
  for (int i = 0; i < 5; ++i)
    ask("hangs", "mailbox " + std::to_string(i));
  auto a = ask("late", "jane", 10s);
  advance(9s);
  CHECK_FALSE(a->answer);
  advance(1s);
  CHECK_FALSE(a->unsent().wait);
  CHECK(seen.size() == 5);
  deliver(5);
  CHECK(in_flight.empty()); // it does not go out later
}

TEST_CASE_METHOD(gateway_stage, "A gateway that ends answers everybody: in flight may be done, waiting is not") {
  std::vector<std::shared_ptr<heard>> all;
  for (int i = 0; i < 7; ++i)
    all.push_back(ask(std::to_string(i), "mailbox " + std::to_string(i)));
  caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown);
  run();
  for (int i = 0; i < 5; ++i) {
    CHECK(all[i]->failure().kind == http::failed_kind::cancelled);
    CHECK(all[i]->failure().may_have_reached_server);
  }
  for (int i = 5; i < 7; ++i)
    CHECK(all[i]->unsent().what == "the gateway is ending");
  deliver(5); // too late: nobody listens, nothing breaks
}

TEST_CASE_METHOD(gateway_stage, "A long answer is not kept in memory") {
  std::string text(largest_in_memory * 3, 'x');
  text += "end";
  answers.push_back({.status = 200, .headers = {}, .body = text, .cut_at = {}});
  auto a = ask("one");
  auto b = ask("two");
  deliver(2);
  CHECK(a->whole().body.is_stored());
  CHECK((a->whole().body == large_text(text)));
  CHECK(spooled.largest_piece <= largest_in_memory);
  CHECK_FALSE(b->whole().body.is_stored());
}

TEST_CASE_METHOD(gateway_stage, "A disk that is full fails the long answer, not the gateway") {
  disk_full = true;
  answers.push_back({.status = 200, .headers = {}, .body = std::string(largest_in_memory * 2, 'x'), .cut_at = {}});
  auto a = ask("one");
  auto b = ask("two");
  deliver(2);
  CHECK(a->failure().what.find("no space left") != std::string::npos);
  CHECK(a->failure().may_have_reached_server);
  CHECK(b->whole().status == 200);
}
