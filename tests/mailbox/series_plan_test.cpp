#include "actors/ews/series_plan.hpp"
#include "ews/codec/dates.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;

namespace {

utc_seconds at(const std::string& day, const std::string& time = "08:00:00") {
  return *ews::parse_date("2026-03-" + day + "T" + time + "Z");
}

std::string moved(const std::string& day, const std::string& from = "08:00:00", const std::string& to = "09:00:00") {
  return "start=2026-03-" + day + "T" + from + "Z\nend=2026-03-" + day + "T" + to + "Z";
}

/// Every day from the first to the tenth.
series_state series(ews::series_exceptions exceptions = {}) {
  return {{{field::subject, "Daily"},
           {field::location, "Room"},
           {field::recurrence, "Daily\nInterval=1\nRange=Numbered\nStartDate=2026-03-01\nNumberOfOccurrences=10"},
           {field::time, moved("01") + "\nzone=UTC"}},
          std::move(exceptions)};
}

ews::changed_occurrence changed(const std::string& day, std::vector<field_value> fields) {
  return {at(day), std::move(fields)};
}

std::string words(const series_plan& plan) {
  std::string out;
  if (plan.impossible) out += " impossible";
  if (plan.start_anew) out += " anew";
  for (const auto& place : plan.erase)
    out += " erase " + std::to_string(place.index);
  for (const auto& one : plan.changes) {
    out += " change " + std::to_string(one.at.index) + ":";
    for (const auto& f : one.fields)
      out += " " + std::to_string(static_cast<int>(f.field)) + "=" + f.value.substr(0, f.value.find('\n'));
  }
  return out.empty() ? out : out.substr(1);
}

} // namespace

TEST_CASE("a series is planned towards the exceptions that it shall have") {
  struct row {
    const char* what;
    ews::series_exceptions is, shall;
    std::string plan;
  };
  const std::vector<row> rows{
      {"nothing", {}, {}, ""},
      {"a deletion", {}, {{at("03")}, {}}, "erase 3"},
      {"a deletion that is there", {{at("03")}, {}}, {{at("03")}, {}}, ""},
      {"the index counts deleted ones", {{at("01"), at("02")}, {}}, {{at("01"), at("02"), at("04")}, {}}, "erase 4"},
      {"no deletion of what is not in the pattern", {}, {{at("25")}, {}}, ""},
      {"a deletion too many",
       {{at("03"), at("04")}, {}},
       {{at("03")}, {changed("05", {{field::subject, "x"}})}},
       "anew"},
      {"a change", {}, {{}, {changed("02", {{field::subject, "x"}})}}, "change 2: 1=x"},
      {"a change that is there",
       {{}, {changed("02", {{field::subject, "x"}})}},
       {{}, {changed("02", {{field::subject, "x"}})}},
       ""},
      {"half of it is there",
       {{}, {changed("02", {{field::subject, "x"}})}},
       {{}, {changed("02", {{field::subject, "x"}, {field::location, "y"}})}},
       "change 2: 81=y"},
      {"as in this series anyway", {}, {{}, {changed("02", {{field::location, "Room"}})}}, ""},
      {"a change that shall go",
       {{}, {changed("02", {{field::location, "y"}, {field::subject, "x"}})}},
       {{}, {changed("02", {{field::subject, "x"}})}},
       "change 2: 81=Room"},
      {"all changes of one shall go", {{}, {changed("02", {{field::subject, "x"}})}}, {}, "change 2: 1=Daily"},
      {"a move that shall go",
       {{}, {changed("02", {{field::time, moved("02", "10:00:00", "11:00:00")}})}},
       {},
       "change 2: 80=start=2026-03-02T08:00:00Z"},
      {"a changed one is deleted", {{}, {changed("02", {{field::subject, "x"}})}}, {{at("02")}, {}}, "erase 2"},
      {"a change of what the pattern does not have", {}, {{}, {changed("25", {{field::subject, "x"}})}}, "impossible"},
      {"the original start may be an hour off", {{at("03", "07:00:00")}, {}}, {{at("03", "08:00:00")}, {}}, ""},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    CHECK(words(plan_series(series(r.is), r.shall)) == r.plan);
  }
  CHECK(words(plan_series({{{field::time, moved("01")}}, {}}, {{at("01")}, {}})) == "impossible");
  CHECK(words(plan_series({{{field::time, moved("01")}}, {}}, {})).empty());
}

TEST_CASE("no occurrence passes another one on its way") {
  // 2 and 3 a day later, 6 and 7 a day earlier, 9 stays and gets a name.
  const auto plan = plan_series(series(), {{},
                                           {changed("02", {{field::time, moved("03", "07:00:00")}}),
                                            changed("03", {{field::time, moved("04", "07:00:00")}}),
                                            changed("06", {{field::time, moved("05", "10:00:00", "11:00:00")}}),
                                            changed("07", {{field::time, moved("06", "10:00:00", "11:00:00")}}),
                                            changed("09", {{field::subject, "x"}})}});
  CHECK(words(plan) == "change 3: 80=start=2026-03-04T07:00:00Z change 2: 80=start=2026-03-03T07:00:00Z "
                       "change 6: 80=start=2026-03-05T10:00:00Z change 7: 80=start=2026-03-06T10:00:00Z "
                       "change 9: 1=x");
  // Back again: the other way round.
  const auto back = plan_series(series({{},
                                        {changed("02", {{field::time, moved("03", "07:00:00")}}),
                                         changed("03", {{field::time, moved("04", "07:00:00")}})}}),
                                {});
  CHECK(words(back) == "change 2: 80=start=2026-03-02T08:00:00Z change 3: 80=start=2026-03-03T08:00:00Z");
}

TEST_CASE("a time says whether it is a whole day, so that an earlier one does not stay") {
  const auto plan = plan_series(series(), {{}, {changed("02", {{field::time, moved("02", "10:00:00", "11:00:00")}})}});
  REQUIRE(plan.changes.size() == 1);
  CHECK(plan.changes[0].fields[0].value == moved("02", "10:00:00", "11:00:00") + "\nall_day=false");
}

TEST_CASE("what is erased is told from what somebody else did meanwhile") {
  const auto before =
      series({{at("01")}, {changed("02", {{field::subject, "x"}}), changed("03", {{field::subject, "y"}})}});
  const std::vector<series_plan::place> erased{{3, std::chrono::floor<std::chrono::days>(at("03"))}};
  auto after = series({{at("03"), at("01")}, {changed("02", {{field::subject, "x"}})}});
  CHECK(only_erased(before, after, erased));
  after.exceptions.changed[0].fields[0].value = "z";
  CHECK(!only_erased(before, after, erased));
  after = series({{at("03"), at("01"), at("04")}, {changed("02", {{field::subject, "x"}})}});
  CHECK(!only_erased(before, after, erased));
  after = series({{at("03"), at("01")}, {changed("02", {{field::subject, "x"}})}});
  after.fields[0].value = "Renamed";
  CHECK(!only_erased(before, after, erased));
}
