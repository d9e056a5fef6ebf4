#include "ews/http/curl_transport.hpp"
#include "tests/http/collector.hpp"
#include "tests/http/local_server.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace exsyncd::http;
using namespace tests;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string gzipped_1000_a("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\x00"
                                 "\x03\xda\x38\x9a\xe8\x03\x00\x00",
                                 29);

} // namespace

TEST_CASE("A request arrives whole, with its headers and identity, and its answer comes back") {
  local_server server(
      [](const received_request& r) { return reaction{http_answer("echo " + r.body, "200 OK", "X-Test: yes\r\n")}; });
  auto t = make_curl_transport();
  auto r = post(server.url(), "<a>\xc3\xa4</a>", "HQ\\svc:x", "pass:word");
  r.headers.push_back({"X-AnchorMailbox", "jane@hq.example"});
  r.headers.push_back({"X-Empty", ""});
  auto c = run(*t, r);
  CHECK(c->completed());
  CHECK(c->heads() == 1);
  CHECK(c->head().status == 200);
  CHECK(c->head().value_of("x-test") == "yes");
  CHECK(c->head().value_of("nothing").empty());
  CHECK(c->body() == "echo <a>\xc3\xa4</a>");
  auto seen = server.requests().at(0);
  CHECK(seen.user == "HQ\\svc:x:pass:word");
  CHECK_THAT(seen.head, StartsWith("POST /EWS/Exchange.asmx HTTP/1.1\r\n"));
  CHECK_THAT(seen.head, Contains("\r\nX-AnchorMailbox: jane@hq.example\r\n"));
  CHECK_THAT(seen.head, Contains("\r\nX-Empty:"));
  CHECK_THAT(seen.head, Contains("\r\nContent-Type: text/xml; charset=utf-8\r\n"));
  CHECK_THAT(seen.head, !Contains("Expect"));
}

TEST_CASE("A large body goes out whole and without asking first") {
  local_server server([](const received_request& r) { return reaction{http_answer(std::to_string(r.body.size()))}; });
  auto t = make_curl_transport();
  auto c = run(*t, post(server.url(), std::string(5'000'000, 'x')));
  CHECK(c->completed());
  CHECK(c->body() == "5000000");
}

TEST_CASE("An answer of any status is an answer, and a redirect is not followed") {
  local_server elsewhere([](const received_request&) { return reaction{http_answer("elsewhere")}; });
  for (const std::string status : {"401 Unauthorized", "429 Too Many Requests", "500 Internal Server Error",
                                   "503 Service Unavailable", "302 Found", "307 Temporary Redirect"}) {
    local_server server([&](const received_request&) {
      return reaction{http_answer("body", status,
                                  "Location: " + elsewhere.url() + "\r\n" +
                                      "WWW-Authenticate: Basic realm=\"x\"\r\nRetry-After: 7\r\n")};
    });
    auto t = make_curl_transport();
    auto c = run(*t, post(server.url()));
    CHECK(c->completed());
    CHECK(c->head().status == std::stoi(status));
    CHECK(c->head().value_of("Retry-After") == "7");
    CHECK(c->body() == "body");
    CHECK(server.requests().size() == 1);
  }
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("A compressed answer is given decompressed and counted compressed") {
  local_server server([](const received_request&) {
    return reaction{http_answer(gzipped_1000_a, "200 OK", "Content-Encoding: gzip\r\n")};
  });
  auto t = make_curl_transport();
  auto c = run(*t, post(server.url()));
  CHECK(c->completed());
  CHECK_THAT(server.requests().at(0).head, Contains("Accept-Encoding: gzip"));
  CHECK(c->body() == std::string(1000, 'a'));
  CHECK(c->wait().bytes.received == server.bytes_out());
}

TEST_CASE("Compression is taken off in every form that proxies give it") {
  const std::string zlib("\x78\x9c\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\x00\xf9\xd8\x7a\xf8", 17),
      raw("\x4b\x4c\x1c\x05\xa3\x60\x14\x0c\x77\x00\x00", 11);
  const auto [encoding, body, size] = GENERATE_COPY(
      table<std::string, std::string, std::size_t>({{"gzip", gzipped_1000_a + gzipped_1000_a, 2000}, // two members
                                                    {"GZIP", gzipped_1000_a, 1000},
                                                    {"x-gzip", gzipped_1000_a, 1000},
                                                    {"deflate", zlib, 1000},
                                                    {"deflate", raw, 1000},
                                                    {"identity", std::string(1000, 'a'), 1000}}));
  local_server server([&](const received_request&) {
    return reaction{http_answer(body, "200 OK", "content-encoding: " + encoding + "\r\n")};
  });
  auto t = make_curl_transport();
  auto c = run(*t, post(server.url()));
  CHECK(c->completed());
  CHECK(c->body() == std::string(size, 'a'));
}

TEST_CASE("A compressed answer that ends too early, or is compressed in an unknown way, is a failure") {
  const auto [encoding, body] =
      GENERATE(table<std::string, std::string>({{"gzip", gzipped_1000_a.substr(0, 20)}, {"br", "anything"}}));
  local_server server([&](const received_request&) {
    return reaction{http_answer(body, "200 OK", "Content-Encoding: " + encoding + "\r\n")};
  });
  auto t = make_curl_transport();
  CHECK(run(*t, post(server.url()))->failure().kind == failed_kind::protocol);
}

TEST_CASE("The traffic of a transfer is what the server saw") {
  std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 3; ++i)
    chunked += "a\r\n0123456789\r\n";
  chunked += "0\r\n\r\n";
  auto answer = GENERATE_COPY(http_answer("short"), http_answer(std::string(300'000, 'z')), chunked);
  auto upload = GENERATE(as<std::size_t>{}, 0, 10, 2'000'000);
  local_server server([&](const received_request&) { return reaction{answer}; });
  auto t = make_curl_transport();
  auto c = run(*t, post(server.url(), std::string(upload, 'u')));
  CHECK(c->completed());
  CHECK(c->wait().bytes.sent == server.bytes_in());
  // libcurl does not count the framing of chunks.
  std::uint64_t framing = answer == chunked ? 3 * 5 + 5 : 0;
  CHECK(c->wait().bytes.received + framing == server.bytes_out());
}

TEST_CASE("An interim answer is not shown") {
  local_server server([](const received_request&) {
    return reaction{"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + http_answer("ok")};
  });
  auto t = make_curl_transport();
  auto c = run(*t, post(server.url()));
  CHECK(c->heads() == 1);
  CHECK(c->head().status == 200);
  CHECK(c->head().value_of("X-Early").empty());
}

TEST_CASE("A connection is kept and used again by the same identity") {
  local_server server([](const received_request&) { return reaction{http_answer("ok")}; });
  auto t = make_curl_transport();
  for (int i = 0; i < 20; ++i)
    REQUIRE(run(*t, post(server.url()))->completed());
  CHECK(server.connections() == 1);
}

TEST_CASE("Two identities never share a connection, one after the other or at once") {
  local_server server([](const received_request&) { return reaction{http_answer("ok")}; });
  auto t = make_curl_transport();
  std::vector<std::shared_ptr<collector>> all;
  for (int i = 0; i < 60; ++i) {
    // Also the same user with another secret, and a user whose name runs into the secret.
    const std::pair<std::string, std::string> who[] = {{"jane", "a"}, {"jane", "b"}, {"janea", ""}, {"joe", "a"}};
    auto c = std::make_shared<collector>();
    t->start(shared_post(server.url(), "x", who[i % 4].first, who[i % 4].second), c);
    if (i % 3 == 0) c->wait();
    all.push_back(c);
  }
  for (auto& c : all)
    REQUIRE(c->completed());
  std::map<int, std::set<std::string>> users;
  for (auto& r : server.requests())
    users[r.connection].insert(r.user);
  CHECK(users.size() >= 4);
  for (auto& [connection, names] : users)
    CHECK(names.size() == 1);
}

TEST_CASE("A kept connection that the server closes after reading the request is not tried again") {
  // The server may have acted: a second try would be a second effect.
  local_server server([n = std::make_shared<std::atomic<int>>(0)](const received_request&) {
    return ++*n == 2 ? reaction{"", true} : reaction{http_answer("ok")};
  });
  auto t = make_curl_transport();
  CHECK(run(*t, post(server.url(), "first"))->completed());
  auto second = run(*t, post(server.url(), "second"));
  CHECK(second->failure().kind == failed_kind::cut);
  CHECK(second->failure().may_have_reached_server);
  CHECK(server.requests().size() == 2);
  CHECK(run(*t, post(server.url(), "third"))->completed());
  CHECK(server.requests().size() == 3);
}

TEST_CASE("Bytes that a server sends after its answer are never read as the next answer") {
  local_server server([](const received_request& r) {
    return reaction{http_answer("for " + r.body) + (r.body == "first" ? http_answer("forged") : "")};
  });
  auto t = make_curl_transport();
  CHECK(run(*t, post(server.url(), "first"))->body() == "for first");
  CHECK(run(*t, post(server.url(), "second"))->body() == "for second");
  CHECK(server.connections() == 2);
}

TEST_CASE("An answer that is cut, wherever, is a failure and never an answer") {
  std::string whole = http_answer("0123456789", "200 OK", "X-Padding: abc\r\n");
  for (std::size_t n = 0; n < whole.size(); n += 7) {
    local_server server([&](const received_request&) { return reaction{whole.substr(0, n), true}; });
    auto t = make_curl_transport();
    auto c = run(*t, post(server.url()));
    INFO("cut at " << n);
    CHECK((c->failure().kind == failed_kind::cut || c->failure().kind == failed_kind::protocol));
    CHECK(c->failure().may_have_reached_server);
    CHECK(c->ends() == 1);
  }
  std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n";
  local_server server([&](const received_request&) { return reaction{chunked, true}; });
  auto t = make_curl_transport();
  CHECK(run(*t, post(server.url()))->failure().kind == failed_kind::cut);
}

TEST_CASE("What is not HTTP is called so") {
  local_server server([](const received_request&) { return reaction{"SSH-2.0-OpenSSH_9.2\r\n", true}; });
  auto t = make_curl_transport();
  CHECK(run(*t, post(server.url()))->failure().kind == failed_kind::protocol);
}

TEST_CASE("A damaged compressed answer is a failure") {
  std::string damaged = gzipped_1000_a;
  damaged[15] ^= 0x55;
  local_server server(
      [&](const received_request&) { return reaction{http_answer(damaged, "200 OK", "Content-Encoding: gzip\r\n")}; });
  auto t = make_curl_transport();
  CHECK(run(*t, post(server.url()))->failure().kind == failed_kind::protocol);
}

TEST_CASE("An answer larger than allowed ends the transfer, also when it is small while compressed") {
  auto answer =
      GENERATE(http_answer(std::string(1000, 'a')), http_answer(gzipped_1000_a, "200 OK", "Content-Encoding: gzip\r\n"),
               "HTTP/1.1 200 OK\r\nX-Long: " + std::string(90'000, 'a') + "\r\nX-Long: " + std::string(90'000, 'a') +
                   "\r\nX-Long: " + std::string(90'000, 'a') + "\r\n\r\n");
  local_server server([&](const received_request&) { return reaction{answer}; });
  auto t = make_curl_transport();
  auto r = post(server.url());
  r.max_response_bytes = 999;
  CHECK(run(*t, r)->failure().kind == failed_kind::too_large);
}

TEST_CASE("Where nobody listens the connection is refused, and the server surely did nothing") {
  auto t = make_curl_transport();
  auto f = run(*t, post("http://127.0.0.1:" + std::to_string(closed_port()) + "/"))->failure();
  CHECK(f.kind == failed_kind::refused);
  CHECK_FALSE(f.may_have_reached_server);
  CHECK_THAT(f.what, StartsWith("connection refused: ") && Contains("127.0.0.1"));
}

TEST_CASE("A name that does not exist is not found") {
  auto t = make_curl_transport();
  auto f = run(*t, post("http://no-such-host.invalid/"))->failure();
  CHECK(f.kind == failed_kind::dns);
  CHECK_FALSE(f.may_have_reached_server);
  CHECK_THAT(f.what, StartsWith("name not found: ") && Contains("no-such-host.invalid"));
}

TEST_CASE("A request that cannot be sent is refused by name") {
  auto t = make_curl_transport();
  auto kind = [&](request r) {
    auto f = run(*t, std::move(r))->failure();
    CHECK_FALSE(f.may_have_reached_server);
    CHECK_THAT(f.what, !Contains("secret"));
    return f.kind;
  };
  CHECK(kind(post("no url at all")) == failed_kind::bad_request);
  CHECK(kind(post("ftp://127.0.0.1/")) == failed_kind::bad_request);
  CHECK(kind(post("file:///etc/passwd")) == failed_kind::bad_request);
  auto split = post("http://127.0.0.1/");
  split.headers.push_back({"X-AnchorMailbox", "a\r\nX-Injected: b"});
  CHECK(kind(split) == failed_kind::bad_request);
}

TEST_CASE("A server that never answers is a time-out, and a write may have been done") {
  gate end;
  local_server server([&](const received_request&) {
    end.wait();
    return reaction{"", true};
  });
  auto t = make_curl_transport();
  auto r = post(server.url());
  SECTION("idle") {
    r.limits.idle = 50ms;
  }
  SECTION("total") {
    r.limits.total = 50ms;
  }
  auto f = run(*t, r)->failure();
  end.open();
  CHECK(f.kind == failed_kind::timeout);
  CHECK(f.may_have_reached_server);
}

TEST_CASE("A server that stops in the middle of its answer is a time-out") {
  gate end;
  std::string half = http_answer("0123456789");
  half.resize(half.size() - 5);
  // The next request of the connection never comes, so the server waits with the connection open.
  local_server server([&](const received_request&) { return reaction{half}; });
  auto t = make_curl_transport();
  auto r = post(server.url());
  r.limits.idle = 50ms;
  auto c = run(*t, r);
  CHECK(c->failure().kind == failed_kind::timeout);
  CHECK(c->body() == "01234");
}

TEST_CASE("An answer that has begun and brings next to nothing is a time-out long before the connection is idle") {
  std::string begun = http_answer("0123456789");
  begun.resize(begun.size() - 5);
  local_server server([&](const received_request&) { return reaction{begun}; });
  auto t = make_curl_transport();
  auto r = post(server.url());
  r.limits.slow = 50ms;
  auto f = run(*t, r)->failure();
  CHECK(f.kind == failed_kind::timeout);
  CHECK_THAT(f.what, Contains("too slowly"));
}

TEST_CASE("A request that wants a new connection gets one, though one is kept") {
  local_server server([](const received_request&) { return reaction{http_answer("ok")}; });
  auto t = make_curl_transport();
  auto r = post(server.url());
  CHECK(run(*t, r)->completed());
  CHECK(run(*t, r)->completed());
  CHECK(server.connections() == 1);
  r.fresh_connection = true;
  CHECK(run(*t, r)->completed());
  CHECK(server.connections() == 2);
}

TEST_CASE("The in-flight transfer of a cancelled request ends at once; others go on") {
  gate end, asked;
  local_server server([&](const received_request& r) {
    if (r.body != "slow") return reaction{http_answer("ok")};
    asked.open();
    end.wait();
    return reaction{"", true};
  });
  auto t = make_curl_transport();
  auto slow = std::make_shared<collector>();
  auto id = t->start(shared_post(server.url(), "slow"), slow);
  REQUIRE(asked.wait());
  t->cancel(id);
  CHECK(slow->failure().kind == failed_kind::cancelled);
  CHECK(slow->failure().may_have_reached_server);
  CHECK(run(*t, post(server.url(), "quick"))->completed());
  t->cancel(id); // again: nothing
  CHECK(run(*t, post(server.url(), "quick"))->completed());
  CHECK(slow->ends() == 1);
  end.open();
}
