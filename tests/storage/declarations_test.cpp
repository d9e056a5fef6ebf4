#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;

TEST_CASE("What was declared over the admin socket is kept, replaced and forgotten", "[declarations]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b->keep({declared::pair, "jane", "{1}"});
    b->keep({declared::server, "jane", "{2}"});
    b->keep({declared::pair, "ann", "{3}"});
    b->keep({declared::pair, "jane", "{4}"});
    b.commit();
    b.crash();
    CHECK(b->declarations() == std::vector<declaration>{{declared::server, "jane", "{2}"},
                                                        {declared::pair, "ann", "{3}"},
                                                        {declared::pair, "jane", "{4}"}});
    b->keep({declared::pair, "jane", {}});
    b.commit();
    b.crash();
    CHECK(b->declarations() ==
          std::vector<declaration>{{declared::server, "jane", "{2}"}, {declared::pair, "ann", "{3}"}});
  });
}

TEST_CASE("A pair that is forgotten takes along what was said about its start", "[declarations]") {
  bench b(kind_of_engine::memory);
  b->remember({jane, {true, false}});
  b->keep({declared::server, "jane", {}});
  b->keep({declared::pair, "jan", {}});
  CHECK(b->memory(jane));
  b->keep({declared::pair, "jane", {}});
  CHECK_FALSE(b->memory(jane));
}

TEST_CASE("Twins are browsed by the beginnings of their ids", "[declarations]") {
  bench b(kind_of_engine::memory);
  const auto one = b.agreed("a").id, other = b.agreed("b").id;
  REQUIRE(one != other);
  CHECK(b->browse("").size() == 2);
  REQUIRE(b->browse(one.value).size() == 1);
  CHECK(b->browse(one.value)[0].id == one);
  CHECK(b->browse("no such").empty());
}
