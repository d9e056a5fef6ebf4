#include "ews/http/cookies.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd::http;

TEST_CASE("Cookies of an answer go back with the next request") {
  cookie_jar jar;
  CHECK_FALSE(jar.header_line());
  jar.take({{"Content-Type", "text/xml"},
            {"Set-Cookie", "X-BackEndOverrideCookie=mb1.hq.example~1941; path=/; secure; HttpOnly"},
            {"set-cookie", "balancer = a=b== ; Max-Age=3600"},
            {"Set-Cookie", "nonsense"}});
  CHECK(jar.header_line() == header{"Cookie", "X-BackEndOverrideCookie=mb1.hq.example~1941; balancer=a=b=="});
  jar.take({{"Set-Cookie", "balancer=other"}});
  CHECK(jar.header_line() == header{"Cookie", "X-BackEndOverrideCookie=mb1.hq.example~1941; balancer=other"});
}

TEST_CASE("A cookie that is set to nothing or for no time is given up") {
  cookie_jar jar;
  jar.take({{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}, {"Set-Cookie", "c=3"}});
  jar.take({{"Set-Cookie", "a=; path=/"}, {"Set-Cookie", "b=2; max-age=0"}, {"Set-Cookie", "d=4; Max-Age=-1"}});
  CHECK(jar.header_line() == header{"Cookie", "c=3"});
  jar.clear();
  CHECK_FALSE(jar.header_line());
}
