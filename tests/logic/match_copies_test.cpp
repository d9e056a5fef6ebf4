#include "actors/logic/match.hpp"
#include "tests/logic/matches.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::tests;

TEST_CASE("what may have been moved out of a folder that cannot be listed now waits until that can") {
  for (side s : both_sides) {
    const auto known = agreed_twin();
    auto arrived = half("n", s, "", "search-" + name(s));
    arrived.seen[s]->folder = folder_pair_id{"archive"};
    logic::match_surroundings around{{folder_pair_id{"inbox"}, folder_pair_id{"archive"}}};
    around.unread[s] = {folder_pair_id{"inbox"}};
    CHECK(in_words(logic::match({known, arrived}, {}, around)) == "held n");
    auto made_by_us = known;
    made_by_us.seen[s]->mark = logic::make_mark(known.pair, known.id, intent_id{"i"});
    arrived.seen[s]->search_key = {};
    arrived.seen[s]->mark = made_by_us.seen[s]->mark;
    CHECK(in_words(logic::match({made_by_us, arrived}, {}, around)) == "held n");
    arrived.seen[s]->mark = {};
    CHECK(in_words(logic::match({known, arrived}, {}, around)) == "");
    // Nor what is in that folder itself, or where only the other side's cannot be listed.
    auto beside = half("n", s, "", "search-" + name(s));
    CHECK(in_words(logic::match({known, beside}, {}, around)) == "");
    arrived.seen[s]->search_key = search_key{"search-" + name(s)};
    around.unread = {};
    around.unread[other(s)] = {folder_pair_id{"inbox"}};
    CHECK(in_words(logic::match({known, arrived}, {}, around)) == "");
  }
}
