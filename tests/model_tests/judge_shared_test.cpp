// Pairs that share mailboxes: of an item it is counted how often each mailbox holds it.
#include "tests/model_tests/written_history.hpp"

#include <catch2/catch.hpp>

using namespace simulate::model;
using namespace simulate::model::test;

TEST_CASE("the old copy of a replacement that its user puts back beside the new one is one more in a chain, once") {
  for (bool replaced : {true, false}) {
    written_history w;
    w.given.pairs.push_back(w.given.pairs[0]);
    w.given.pairs[1].name = "chain";
    auto p = w.makes(who::user, side::primary, "label-1", {{"subject", "Lunch"}});
    w.carried(p);
    auto fresh = w.makes(who::daemon, side::primary, "label-1", {{"subject", "Lunch"}});
    w.deletes(replaced ? who::daemon : who::user, p);
    w.lists(fresh);
    CHECK(w.words() == "");
    w.moves(who::user, p, "inbox");
    w.carried(p);
    CHECK((w.words() == "") == replaced);
    w.carried(p);
    CHECK(w.words() != "");
  }
}
