#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;

namespace {

/// A whole pass of a listing by comparison in one page.
page_accepted pass(bench& b, std::vector<change> what, bool whole = true) {
  accept_page call;
  call.pair = jane;
  call.folder_pair = inbox;
  call.side = side::primary;
  call.asked_at = b->now();
  call.page.changes = std::move(what);
  call.page.cursor = sync_cursor("c");
  call.page.last = true;
  call.page.pass = listing_pass{true, whole};
  return b->accept(call);
}

presence of(bench& b, const std::string& id) {
  return b.of(side::primary, id).seen.primary->presence;
}

} // namespace

TEST_CASE("What two whole passes in a row do not show has left", "[comparison]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    pass(b, {present("a"), present("b")});
    auto told = pass(b, {present("a")});
    CHECK(told.suspected == 1);
    CHECK(of(b, "b") == presence::present);
    told = pass(b, {present("a")});
    CHECK(told.suspected == 0);
    CHECK(told.changed == 1);
    CHECK(of(b, "b") == presence::left);
    CHECK(of(b, "a") == presence::present);
  });
}

TEST_CASE("An item that one pass has skipped is there again", "[comparison]") {
  bench b(kind_of_engine::memory);
  pass(b, {present("a"), present("b")});
  CHECK(pass(b, {present("a")}).suspected == 1);
  CHECK(pass(b, {present("a"), present("b")}).suspected == 0);
  CHECK(pass(b, {present("a")}).suspected == 1);
  CHECK(of(b, "b") == presence::present);
}

TEST_CASE("A pass that is not whole says nothing of what it has not shown", "[comparison]") {
  bench b(kind_of_engine::memory);
  pass(b, {present("a"), present("b")});
  for (int i = 0; i < 3; ++i)
    CHECK(pass(b, {present("a")}, false).suspected == 0);
  CHECK(of(b, "b") == presence::present);
}
