#include "actors/logic/brake.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd::logic;

TEST_CASE("the brake holds what is emptied, and what loses more than half of ten") {
  struct row {
    std::uint64_t left, stay;
    bool held, held_unattended;
  };
  for (const auto& r :
       {row{0, 0, false, false}, row{1, 0, false, true}, row{2, 0, false, true}, row{3, 0, true, true},
        row{3, 1, false, true}, row{8, 1, false, true}, row{5, 5, false, true}, row{6, 4, true, true},
        row{9, 1, true, true}, row{50, 50, false, true}, row{51, 49, true, true}, row{0, 100, false, false}}) {
    INFO(r.left << " left, " << r.stay << " stay");
    CHECK(brake({r.left, r.stay, false}).has_value() == r.held);
    CHECK(brake({r.left, r.stay, true}).has_value() == r.held_unattended);
  }
}

TEST_CASE("the brake says how many of how many") {
  CHECK(brake({12, 0, false})->starts_with("12 of 12 items"));
  CHECK(brake({6, 4, false})->starts_with("6 of 10 items"));
  CHECK(brake({1, 4, true})->starts_with("1 item vanished while"));
}

TEST_CASE("what was not seen leaving is not said to have vanished") {
  leaving anew{4, 0};
  anew.absent = true;
  CHECK(*brake(anew) ==
        "it was listed from the beginning, and 4 of 4 items are not in it; nothing was done about them");
  anew.another_folder = "inbox/A before, inbox/B now";
  CHECK(brake(anew)->starts_with("it is another folder than before (inbox/A before, inbox/B now), and 4 of 4 items"));
  anew.replaced = true;
  CHECK(brake(anew)->starts_with("it is another mailbox than before"));
}

TEST_CASE("a day has so many deletes and no more") {
  CHECK_FALSE(brake_of_day(200, 0, 200));
  CHECK(brake_of_day(201, 0, 200));
  CHECK_FALSE(brake_of_day(1, 199, 200));
  CHECK(brake_of_day(1, 200, 200));
  CHECK_FALSE(brake_of_day(0, 500, 200));
}
