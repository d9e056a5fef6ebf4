#include "tests/supervisor/office.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace exsyncd;
using namespace exsyncd::testing;
using namespace std::chrono_literals;

namespace {

const std::string hq = "jane@hq.example", branch = "jane@branch.example";

/// A pair with a subfolder that holds one mail on both sides.
struct with_subfolder : office {
  with_subfolder() : office({settings()}) {
    box(hq).make_folder("inbox/Sub");
    deliver(hq, "m", "inbox/Sub");
    REQUIRE(sync().in_step());
    REQUIRE(mails(branch, "inbox/Sub") == 1);
  }
  static pair_settings settings() {
    auto s = pair_named("jane");
    s.folders[0].include_subfolders = true;
    return s;
  }
  std::size_t times_logged(const std::string& part) const {
    return static_cast<std::size_t>(std::count_if(
        log.begin(), log.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
  }
};

} // namespace

TEST_CASE("a subfolder that one side's user deletes is told of until somebody has decided, with what to do") {
  for (const auto& [gone, rest, name, mate] :
       {std::tuple(hq, branch, "primary folder inbox/Sub", "replica folder inbox/Sub"),
        std::tuple(branch, hq, "replica folder inbox/Sub", "primary folder inbox/Sub")}) {
    with_subfolder o;
    o.box(gone).user_delete_folder("inbox/Sub");
    const auto report = o.sync();
    CHECK_FALSE(report.in_step());
    REQUIRE(report.failures.size() == 1);
    const auto& [folder, why] = report.failures[0];
    CHECK(folder.value == "inbox/Sub");
    CHECK(why.code == half_deleted);
    CHECK(why.what.find(std::string(name) + " was deleted") != std::string::npos);
    CHECK(why.hint.find("delete " + std::string(mate)) != std::string::npos);
    CHECK(o.overview("jane").status.failures == report.failures);
    CHECK(o.sync().failures == report.failures);
    CHECK(o.times_logged(std::string(name) + " was deleted") == 1);
    CHECK(o.mails(rest, "inbox/Sub") == 1);
  }
}

TEST_CASE("what else the pair holds is carried over as before, while a subfolder is deleted on one side") {
  with_subfolder o;
  o.box(hq).user_delete_folder("inbox/Sub");
  o.sync();
  o.deliver(branch, "new");
  CHECK(o.sync().writes == 1);
  CHECK(o.mails(hq) == 1);
  // No back-off stands in the way of the next poll, or makes it earlier.
  CHECK(o.condition("jane") == pair_condition::started);
  REQUIRE(o.overview("jane").status.next_poll);
  CHECK(*o.overview("jane").status.next_poll == o.now() + std::chrono::seconds(300));
}

TEST_CASE("a subfolder that was deleted on one side is in order again once both are gone, or one is made anew") {
  with_subfolder o;
  o.box(hq).user_delete_folder("inbox/Sub");
  REQUIRE_FALSE(o.sync().in_step());
  const bool made_anew = GENERATE(true, false);
  if (made_anew)
    o.box(hq).make_folder("inbox/Sub");
  else
    o.box(branch).user_delete_folder("inbox/Sub");
  CHECK(o.sync().in_step());
  if (made_anew) CHECK(o.mails(hq, "inbox/Sub") == 1);
}
