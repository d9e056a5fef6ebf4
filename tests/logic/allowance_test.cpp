#include "actors/logic/allowance.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::logic;

namespace {

utc_seconds at(int year, int month, int day) {
  return std::chrono::sys_days{std::chrono::year(year) / month / day};
}

allowance subscription(const std::string& id, std::uint64_t bytes, std::uint32_t pairs) {
  return {id, allowance_kind::subscription, at(2026, 1, 1), at(2027, 1, 1), pairs, bytes, 0, {}, {}};
}
allowance top_up(const std::string& id, std::uint64_t bytes, utc_seconds to = at(2027, 1, 1)) {
  return {id, allowance_kind::top_up, at(2026, 1, 1), to, 0, bytes, 0, {}, {}};
}

const auto today = at(2026, 3, 31) + std::chrono::hours(20);
const auto next_month = at(2026, 4, 1);

} // namespace

TEST_CASE("Subscriptions that run add up") {
  allowance_book book{{subscription("a", 100, 2), subscription("b", 50, 1)}, {}};
  auto s = standing_of(book, today);
  CHECK(s.monthly == 150);
  CHECK(s.pairs == 3);
  CHECK_FALSE(s.is_spent());
  book.all[0].to = today; // its last day has passed
  book.all[1].from = today;
  s = standing_of(book, today);
  CHECK(s.monthly == 50);
  CHECK(state_of(book.all[0], today) == allowance_state::over);
  CHECK(state_of(book.all[1], today - std::chrono::seconds(1)) == allowance_state::coming);
  book.all[1].removed = today;
  CHECK_FALSE(standing_of(book, today).any_subscription);
}

TEST_CASE("Top-ups are used when the month's subscriptions are spent, the one that ends first before the others") {
  allowance_book book{{top_up("late", 40), subscription("a", 100, 1), top_up("soon", 30, at(2026, 5, 1))}, {}};
  CHECK_FALSE(charge(book, 90, today));
  CHECK(standing_of(book, today).top_up_left == 70);
  CHECK(charge(book, 30, today)); // 10 of the subscription, 20 of the top-up
  CHECK(book.month.used == 100);
  CHECK(book.all[2].used == 20);
  CHECK(charge(book, 15, today));
  CHECK(book.all[2].used == 30);
  CHECK(state_of(book.all[2], today) == allowance_state::spent);
  CHECK(book.all[0].used == 5);
  CHECK_FALSE(standing_of(book, today).is_spent());
  CHECK(charge(book, 35, today));
  CHECK(standing_of(book, today).is_spent());
}

TEST_CASE("A new month begins with whole subscriptions, and top-ups as they were") {
  allowance_book book{{subscription("a", 100, 1), top_up("t", 50)}, {}};
  charge(book, 120, today);
  const auto s = standing_of(book, next_month);
  CHECK(s.used == 0);
  CHECK(s.top_up_left == 30);
  charge(book, 60, next_month);
  CHECK(book.month == allowance_month{next_month, 60});
  CHECK(book.all[1].used == 20);
}

TEST_CASE("What was used beyond everything is taken of a subscription that comes in the same month") {
  allowance_book book{{subscription("a", 100, 1)}, {}};
  charge(book, 130, today);
  CHECK(standing_of(book, today).is_spent());
  book.all.push_back(subscription("b", 50, 1));
  CHECK_FALSE(standing_of(book, today).is_spent());
  charge(book, 20, today);
  CHECK(standing_of(book, today).is_spent());
}

TEST_CASE("Pairs pause for what is missing, and are told what to do") {
  allowance_book book;
  const auto code = [&](std::size_t place) {
    const auto why = pause_for(standing_of(book, today), place, today);
    if (why) CHECK(why->hint.find("allowance") != std::string::npos);
    return why ? why->code : "";
  };
  CHECK(code(0) == "no-allowance");
  book.all = {top_up("t", 10)};
  CHECK(code(0) == "no-allowance"); // no pairs are allowed by a top-up
  book.all.push_back(subscription("a", 100, 2));
  CHECK(code(0).empty());
  CHECK(code(1).empty());
  CHECK(code(2) == "too-many-pairs");
  charge(book, 110, today);
  CHECK(code(0) == "allowance-spent");
  CHECK(pause_for(standing_of(book, today), 0, today)->hint.find("2026-04-01") != std::string::npos);
  CHECK_FALSE(pause_for(standing_of(book, next_month), 0, next_month));
}
