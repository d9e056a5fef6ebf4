#include "actors/logic/settlement.hpp"

#include "tests/logic/builders.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::tests;
using namespace std::chrono_literals;

namespace {

constexpr auto P = side::primary;
constexpr auto R = side::replica;
const utc_seconds begun{1'000'000s};

/// The twin after its replica was replaced, with both sides seen where they are.
twin replaced(twin t) {
  const content source{change_key{"1P"}, false, false, original};
  const auto in = logic::intent_to_carry(t, operation::replace, R, source, t.seen[R]->folder, intent_id{"i"}, begun);
  const auto s = logic::settlement_of(t, in, item_id{"made"}, change_key{"5R"}, begun);
  t.base = s.base;
  if (s.folder_pair) t.folder_pair = *s.folder_pair;
  t.seen[R]->item = item_id{"made"};
  t.seen[R]->key = change_key{"5R"};
  read_contents(t, R, original);
  (*t.base)[R].content = logic::digests_of(original);
  (*t.base)[R].read_back = true;
  return t;
}

} // namespace

TEST_CASE("an item that lies in two places when it is first paired goes to the primary's, also where it is replaced") {
  auto t = agreed_twin();
  t.base.reset();
  t.seen[P]->folder = folder_pair_id{"projects"};
  t.folder_pair = GENERATE(folder_pair_id{"projects"}, folder_pair_id{"inbox"}); // where it was seen first
  CHECK(in_words(logic::decide(replaced(t), quiet())) == "move R to projects");
}

TEST_CASE("that its user has moved the old copy of a replacement is carried afterwards") {
  auto t = agreed_twin();
  t.seen[R]->folder = folder_pair_id{"projects"};
  CHECK(in_words(logic::decide(replaced(t), quiet())) == "move P to projects");
}
