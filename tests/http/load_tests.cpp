#include "ews/http/curl_transport.hpp"
#include "tests/http/collector.hpp"
#include "tests/http/local_server.hpp"
#include "tests/support/memory_spool.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <thread>

using namespace exsyncd::http;
using namespace tests;

namespace {

std::vector<std::shared_ptr<collector>> start_many(transport& t, const std::string& url, int count) {
  std::vector<std::shared_ptr<collector>> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(std::make_shared<collector>());
    t.start(shared_post(url, std::to_string(i)), all.back());
  }
  return all;
}

/// Starts a next request from within on_end, as long as there are any.
class chain final : public handler {
public:
  chain(transport& t, std::string url, int left, gate& done) : t_(t), url_(std::move(url)), left_(left), done_(done) {}
  void on_head(response_head) override {}
  void on_chunk(std::string_view) override {}
  void on_end(outcome end) override {
    bool good = std::holds_alternative<completed>(end.end);
    if (good && left_ > 1)
      t_.start(shared_post(url_), std::make_shared<chain>(t_, url_, left_ - 1, done_));
    else if (good)
      done_.open();
  }

private:
  transport& t_;
  std::string url_;
  int left_;
  gate& done_;
};

} // namespace

TEST_CASE("200 transfers at once all arrive, each with its own answer") {
  // Nobody is answered before all have asked: they are truly parallel.
  gate all_asked;
  std::atomic<int> asked = 0;
  local_server server([&](const received_request& r) {
    if (++asked == 200) all_asked.open();
    all_asked.wait();
    return reaction{http_answer("answer " + r.body)};
  });
  auto t = make_curl_transport();
  auto all = start_many(*t, server.url(), 200);
  for (int i = 0; i < 200; ++i) {
    REQUIRE(all[i]->completed());
    CHECK(all[i]->body() == "answer " + std::to_string(i));
  }
}

TEST_CASE("No more than allowed go out at once; the others follow") {
  std::atomic<int> now = 0, most = 0;
  local_server server([&](const received_request&) {
    int n = ++now, seen = most;
    while (n > seen && !most.compare_exchange_weak(seen, n)) {
    }
    --now;
    return reaction{http_answer("ok")};
  });
  auto t = make_curl_transport({.parallel = 3, .queue = 1000});
  for (auto& c : start_many(*t, server.url(), 100))
    REQUIRE(c->completed());
  CHECK(most <= 3);
  CHECK(server.connections() <= 3);
}

TEST_CASE("What does not fit into the queue is turned away, and the rest is served") {
  gate end;
  local_server server([&](const received_request&) {
    end.wait();
    return reaction{http_answer("ok")};
  });
  auto t = make_curl_transport({.parallel = 2, .queue = 10});
  auto all = start_many(*t, server.url(), 100);
  // All have been taken or turned away before any is answered: the last is among those turned away.
  CHECK(all.back()->failure().kind == failed_kind::overloaded);
  CHECK_FALSE(all.back()->failure().may_have_reached_server);
  end.open();
  int served = 0, turned_away = 0;
  for (auto& c : all)
    (c->completed() ? served : turned_away)++;
  CHECK(served >= 10);
  CHECK(served <= 12);
  CHECK(turned_away == 100 - served);
}

TEST_CASE("Waiting for a place counts towards the total limit") {
  gate end, asked;
  local_server server([&](const received_request&) {
    asked.open();
    end.wait();
    return reaction{http_answer("ok")};
  });
  auto t = make_curl_transport({.parallel = 1, .queue = 10});
  auto first = std::make_shared<collector>();
  t->start(shared_post(server.url()), first);
  REQUIRE(asked.wait());
  auto impatient = post(server.url());
  impatient.limits.total = std::chrono::milliseconds(30);
  auto f = run(*t, impatient)->failure();
  CHECK(f.kind == failed_kind::timeout);
  CHECK_FALSE(f.may_have_reached_server);
  end.open();
  CHECK(first->completed());
}

TEST_CASE("Handlers may start further transfers") {
  local_server server([](const received_request&) { return reaction{http_answer("ok")}; });
  gate done;
  auto t = make_curl_transport();
  t->start(shared_post(server.url()), std::make_shared<chain>(*t, server.url(), 50, done));
  CHECK(done.wait());
  CHECK(server.requests().size() == 50);
}

TEST_CASE("Shutdown ends everything in flight exactly once, and what is started later at once") {
  gate end, some_asked;
  std::atomic<int> asked = 0;
  local_server server([&](const received_request& r) {
    if (std::stoi(r.body) % 2) return reaction{http_answer(std::string(100'000, 'x'))};
    if (++asked == 20) some_asked.open();
    end.wait();
    return reaction{"", true};
  });
  auto t = make_curl_transport({.parallel = 50, .queue = 1000});
  auto all = start_many(*t, server.url(), 300);
  REQUIRE(some_asked.wait());
  t->shutdown();
  int cancelled = 0;
  for (auto& c : all) {
    REQUIRE(c->ends() == 1); // when shutdown returns, all has been said
    if (!c->completed()) {
      CHECK(c->failure().kind == failed_kind::cancelled);
      ++cancelled;
    }
  }
  CHECK(cancelled >= 20);
  auto late = std::make_shared<collector>();
  t->start(shared_post(server.url()), late);
  CHECK(late->ends() == 1);
  CHECK(late->failure().kind == failed_kind::cancelled);
  CHECK_FALSE(late->failure().may_have_reached_server);
  t->shutdown(); // again: nothing
  end.open();
}

TEST_CASE("Many threads start, cancel and shut down without losing an outcome") {
  local_server server([](const received_request&) { return reaction{http_answer("ok")}; });
  auto t = make_curl_transport({.parallel = 20, .queue = 10'000});
  std::vector<std::shared_ptr<collector>> all(400);
  std::vector<std::thread> threads;
  gate halfway;
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&, n] {
      for (int i = 0; i < 100; ++i) {
        auto& c = all[static_cast<std::size_t>(n * 100 + i)];
        c = std::make_shared<collector>();
        auto id = t->start(shared_post(server.url(), "x", "user" + std::to_string(n)), c);
        if (i % 5 == 0) t->cancel(id);
        if (n == 0 && i == 50) {
          c->wait();
          halfway.open();
        }
      }
    });
  halfway.wait();
  t->shutdown();
  for (auto& thread : threads)
    thread.join();
  for (auto& c : all) {
    c->wait();
    CHECK(c->ends() == 1);
  }
}

namespace {

/// Opens a door at the first bytes of the body.
class listener final : public handler {
public:
  void on_head(response_head head) override { status = head.status; }
  void on_chunk(std::string_view bytes) override {
    body += bytes;
    heard.open();
  }
  void on_end(outcome end) override {
    ended = std::move(end);
    over.open();
  }
  int status = 0;
  std::string body;
  std::optional<outcome> ended;
  gate heard, over;
};

} // namespace

TEST_CASE("A hanging answer is heard as it comes and takes no place from the others") {
  local_server server([&](const received_request& r) {
    if (r.body != "hang") return reaction{http_answer("ok")};
    return reaction{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"};
  });
  auto t = make_curl_transport({.parallel = 1, .queue = 10});
  std::vector<std::pair<transfer_id, std::shared_ptr<listener>>> hanging;
  for (int i = 0; i < 3; ++i) {
    auto r = post(server.url(), "hang");
    r.hanging = true;
    auto to = std::make_shared<listener>();
    auto id = t->start(std::make_shared<request>(std::move(r)), to);
    hanging.emplace_back(id, to);
  }
  for (auto& [id, to] : hanging) {
    REQUIRE(to->heard.wait());
    CHECK(to->status == 200);
    CHECK(to->body == "hello");
  }
  for (auto& c : start_many(*t, server.url(), 5))
    CHECK(c->completed());
  for (auto& [id, to] : hanging) {
    t->cancel(id);
    REQUIRE(to->over.wait());
    CHECK(std::get<failed>(to->ended->end).kind == failed_kind::cancelled);
  }
  CHECK(server.requests().at(0).head.find("gzip") == std::string::npos);
}

TEST_CASE("A body with large values arrives whole, wherever they stand and however they are read") {
  local_server server([&](const received_request&) { return reaction{http_answer("ok")}; });
  auto t = make_curl_transport();
  const std::string long_text(3'000'000, 'L');
  for (const bool stored : {false, true}) {
    const auto value = [&](std::string text) {
      return stored ? memory_spool::stored(std::move(text)) : exsyncd::large_text(std::move(text));
    };
    auto r = post(server.url(), "<a></a><b></b>");
    r.large = {{0, value("first")}, {3, value(long_text)}, {3, value("")}, {3, value("and")}, {14, value("last")}};
    const std::string expected = "first<a>" + long_text + "and</a><b></b>last";
    CHECK(body_reader(r).size() == expected.size());
    CHECK((whole_body(r) == expected));
    auto c = run(*t, r);
    REQUIRE(c->completed());
    CHECK((server.requests().back().body == expected));
    CHECK(c->wait().bytes.sent > expected.size());
  }
}

TEST_CASE("A large value that cannot be read ends its request, and nothing else") {
  struct broken final : exsyncd::stored_text {
    std::size_t size() const override { return 1'000'000; }
    std::size_t read(std::size_t at, char* into, std::size_t most) const override {
      if (at > 300'000) throw std::runtime_error("the disk is gone");
      std::fill_n(into, most, 'x');
      return most;
    }
  };
  local_server server([&](const received_request&) { return reaction{http_answer("ok")}; });
  auto t = make_curl_transport();
  auto r = post(server.url(), "<a></a>");
  r.large = {{3, exsyncd::large_text(std::make_shared<broken>())}};
  const auto why = run(*t, r)->failure();
  CHECK(why.kind == failed_kind::cancelled);
  CHECK(why.what.find("the disk is gone") != std::string::npos);
  CHECK(run(*t, post(server.url()))->completed());
}
