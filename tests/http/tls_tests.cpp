#include "ews/http/curl_transport.hpp"
#include "tests/http/collector.hpp"
#include "tests/http/local_server.hpp"

#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include <fstream>

using namespace exsyncd::http;
using namespace tests;
using Catch::Matchers::StartsWith;

namespace {

reaction fine(const received_request&) {
  return {http_answer("ok")};
}

failed failure_of(const local_server& server, const std::string& ca_file, const std::string& host = "127.0.0.1") {
  auto t = make_curl_transport();
  auto r = post(server.url(host));
  r.ca_file = ca_file;
  auto f = run(*t, r)->failure();
  CHECK_FALSE(f.may_have_reached_server);
  CHECK(server.requests().empty()); // the password never left
  return f;
}

} // namespace

TEST_CASE("A server with a certificate of the given authority is trusted, and its connection is kept") {
  certificate_authority ca("exsyncd test authority");
  local_server server(fine, ca.issue("DNS:localhost,IP:127.0.0.1"));
  auto t = make_curl_transport();
  for (std::string host : {"127.0.0.1", "localhost", "127.0.0.1"}) {
    auto r = post(server.url(host));
    r.ca_file = ca.file();
    auto c = run(*t, r);
    REQUIRE(c->completed());
    CHECK(c->body() == "ok");
  }
  CHECK(server.connections() == 2); // one a name
}

TEST_CASE("A certificate of an unknown authority is not trusted") {
  certificate_authority ca("one authority"), other("another authority");
  local_server server(fine, ca.issue("IP:127.0.0.1"));
  for (const std::string& file : {other.file(), std::string()}) {
    auto f = failure_of(server, file);
    CHECK(f.kind == failed_kind::tls);
    CHECK_THAT(f.what, StartsWith("certificate not trusted: "));
  }
}

TEST_CASE("A connection that one request trusts is not used by another that does not") {
  certificate_authority ca("one authority"), other("another authority");
  local_server server(fine, ca.issue("IP:127.0.0.1"));
  auto t = make_curl_transport();
  auto r = post(server.url());
  r.ca_file = ca.file();
  REQUIRE(run(*t, r)->completed());
  r.ca_file = other.file();
  CHECK(run(*t, r)->failure().kind == failed_kind::tls);
}

TEST_CASE("A certificate for another name, and one that has expired, are not accepted") {
  certificate_authority ca("exsyncd test authority");
  local_server named(fine, ca.issue("DNS:elsewhere.example"));
  auto f = failure_of(named, ca.file(), "localhost");
  CHECK(f.kind == failed_kind::tls);
  CHECK_THAT(f.what, StartsWith("certificate not valid for this server: "));
  local_server old(fine, ca.issue("IP:127.0.0.1", -1));
  auto expired = failure_of(old, ca.file());
  CHECK(expired.kind == failed_kind::tls);
  CHECK_THAT(expired.what, StartsWith("certificate not trusted: certificate has expired"));
}

TEST_CASE("TLS 1.1 is refused, and 1.2 is spoken") {
  certificate_authority ca("exsyncd test authority");
  auto certificate = ca.issue("IP:127.0.0.1");
  local_server old(fine, certificate, TLS1_1_VERSION);
  CHECK(failure_of(old, ca.file()).kind == failed_kind::tls);
  local_server good(fine, certificate, TLS1_2_VERSION);
  auto t = make_curl_transport();
  auto r = post(good.url());
  r.ca_file = ca.file();
  CHECK(run(*t, r)->completed());
}

TEST_CASE("https to a server that speaks plain HTTP is a TLS failure") {
  local_server plain(fine);
  auto t = make_curl_transport();
  auto f = run(*t, post("https" + plain.url().substr(4)))->failure();
  CHECK(f.kind == failed_kind::tls);
  CHECK_THAT(f.what, StartsWith("no TLS connection: "));
}

TEST_CASE("A TLS handshake that nobody answers ends with the connect limit, and nothing was sent") {
  silent_server server;
  auto t = make_curl_transport();
  auto r = post("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  r.limits.connect = std::chrono::milliseconds(50);
  r.limits.idle = std::chrono::milliseconds(10); // no part of it is idle time
  auto f = run(*t, r)->failure();
  CHECK(f.kind == failed_kind::unreachable);
  CHECK_FALSE(f.may_have_reached_server);
  CHECK_THAT(f.what, StartsWith("nobody answered the connection attempt: "));
}

TEST_CASE("A file of authorities that is missing or empty is said so") {
  certificate_authority ca("exsyncd test authority");
  local_server server(fine, ca.issue("IP:127.0.0.1"));
  scratch_directory d;
  auto f = failure_of(server, (d.path() / "missing.pem").string());
  CHECK(f.kind == failed_kind::bad_request);
  CHECK_THAT(f.what, StartsWith("the file of trusted authorities cannot be used: "));
  std::string empty = (d.path() / "empty.pem").string();
  std::ofstream{empty};
  CHECK(failure_of(server, empty).kind == failed_kind::bad_request);
}
