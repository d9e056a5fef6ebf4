#include "tests/storage/bench.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

utc_seconds at(int year, unsigned month, unsigned day, std::chrono::seconds time = 0s) {
  return std::chrono::sys_days{std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)} + time;
}

traffic_count count(std::uint64_t items, std::uint64_t polling) {
  return {{items, 0}, {0, polling}, 1};
}

} // namespace

TEST_CASE("Traffic is added up by day and by month, and outlives the process", "[traffic]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    b->keep(keep_traffic{{{jane, at(2026, 1, 31), count(10, 1)}}, {}, {}, {}});
    b->keep(keep_traffic{{{jane, at(2026, 1, 31), count(20, 2)}, {jane, at(2026, 2, 1), count(5, 0)}}, {}, {}, {}});
    b->keep(keep_traffic{{{pair_id{"ann"}, at(2026, 2, 1), count(7, 0)}}, {}, {}, {}});
    b.commit();
    b.crash();
    const auto days = b->traffic_by_day(at(2026, 1, 31));
    REQUIRE(days.size() == 3);
    CHECK(days[0] == traffic_period{jane, at(2026, 1, 31), {{30, 0}, {0, 3}, 2}});
    CHECK(days[1].pair == pair_id{"ann"});
    CHECK(b->traffic_by_day(at(2026, 2, 1)).size() == 2);
    const auto months = b->traffic_by_month({});
    REQUIRE(months.size() == 3);
    CHECK(months[0] == traffic_period{jane, at(2026, 1, 1), {{30, 0}, {0, 3}, 2}});
    CHECK(months[2] == traffic_period{jane, at(2026, 2, 1), {{5, 0}, {0, 0}, 1}});
    CHECK(b->traffic_by_month(at(2026, 2, 1)).size() == 2);
  });
}

TEST_CASE("What is too old goes when a new day begins", "[traffic]") {
  bench b(kind_of_engine::memory);
  const auto day = at(2026, 3, 15);
  for (int back : {days_kept, days_kept - 1, 1})
    b->keep(keep_traffic{{{jane, day - std::chrono::days(back), count(1, 0)}}, {}, {}, {}});
  CHECK(b->traffic_by_day({}).size() == 3);
  b->keep(keep_traffic{{{jane, day, count(1, 0)}}, {}, {}, {}});
  const auto days = b->traffic_by_day({});
  REQUIRE(days.size() == 3);
  CHECK(days[0].begin == day - std::chrono::days(days_kept - 1));
  CHECK(b->traffic_by_month({}).size() == 2);
  b->keep(keep_traffic{{{jane, at(2026 + months_kept / 12, 3, 1), count(1, 0)}}, {}, {}, {}});
  CHECK(b->traffic_by_month({}).size() == 1);
}

TEST_CASE("Items that cost most are told first, with what is known of them", "[traffic]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    const auto cheap = b.agreed("a"), dear = b.agreed("b");
    const auto item = [&](const twin& t, side s, std::uint64_t bytes) {
      return keep_traffic::of_item{jane, s, t.seen[s]->item, at(2026, 1, 7, 1h), {0, bytes}, s == side::replica};
    };
    auto unknown = item(dear, side::primary, 999);
    unknown.item = item_id{"never seen"};
    const auto kept = b->keep(keep_traffic{
        {},
        {item(cheap, side::primary, 100), item(dear, side::primary, 70), item(dear, side::replica, 50), unknown},
        {},
        {}});
    REQUIRE(kept.unknown.size() == 1);
    CHECK(kept.unknown[0].item == item_id{"never seen"});
    b.commit();
    b.crash();
    const auto top = b->costly(at(2026, 1, 1), {}, 10);
    REQUIRE(top.size() == 2);
    CHECK(top[0].twin == dear.id);
    CHECK(top[0].bytes == byte_count{0, 120});
    CHECK(top[0].items == both<item_id>{dear.seen.primary->item, dear.seen.replica->item});
    CHECK(top[0].in_owa == both<bool>{false, true});
    CHECK(top[0].subject == dear.seen.primary->subject);
    CHECK(top[0].updated == at(2026, 1, 7, 1h));
    CHECK(top[0].times_synced == dear.times_synced);
    CHECK(b->costly(at(2026, 1, 1), jane, 1).size() == 1);
    CHECK(b->costly(at(2026, 2, 1), {}, 10).empty());
    CHECK(b->costly(at(2026, 1, 1), pair_id{"jan"}, 10).empty());
  });
}

TEST_CASE("Of many items the costliest are kept", "[traffic]") {
  bench b(kind_of_engine::memory);
  const auto many = 2 * most_costly + 1;
  keep_traffic all;
  for (std::size_t i = 0; i < many; ++i) {
    const auto t = b.agreed("m" + std::to_string(i));
    all.items.push_back({jane, side::primary, t.seen.primary->item, at(2026, 1, 7), {0, 1000 + i}});
  }
  b->keep(all);
  const auto left = b->costly(at(2026, 1, 1), jane, many);
  REQUIRE(left.size() == most_costly);
  CHECK(left.front().bytes.total() == 1000 + many - 1);
  CHECK(left.back().bytes.total() == 1000 + many - most_costly);
}

TEST_CASE("Allowances and what was taken of them are kept", "[traffic]") {
  over_each_engine([](kind_of_engine k) {
    bench b(k);
    CHECK(b->allowances().empty());
    CHECK(b->spent() == allowance_month{});
    allowance a{"one", allowance_kind::top_up, at(2026, 1, 1), at(2027, 1, 1), 0, 500, 20, at(2026, 1, 2), {}};
    const allowance other{"two", allowance_kind::subscription, at(2026, 1, 1), at(2027, 1, 1), 3, 900, 0, {}, {}};
    b->keep(keep_traffic{{}, {}, {a, other}, allowance_month{at(2026, 1, 1), 77}});
    a.used = 30;
    a.removed = at(2026, 1, 3);
    b->keep(keep_traffic{{}, {}, {a}, {}});
    b.commit();
    b.crash();
    CHECK(b->allowances() == std::vector{a, other});
    CHECK(b->spent() == allowance_month{at(2026, 1, 1), 77});
  });
}
