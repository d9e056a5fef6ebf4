// Requests that fail again and again.
#include "tests/simulate/model/repeats.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using simulate::model::repeats;

TEST_CASE("what fails once a second is told, once") {
  repeats seen;
  int told = 0;
  for (int second = 0; second < 200; ++second)
    told += seen.note(second * 1000, "hq", "GetFolder", "<m:GetFolder/>", "", true).has_value();
  CHECK(told == 1);
}

TEST_CASE("what is tried later each time is right, however long it goes on") {
  repeats seen;
  for (std::int64_t at = 0, rest = 1000; at < 100'000'000;
       at += rest, rest = std::min<std::int64_t>(rest * 2, 3'600'000))
    CHECK_FALSE(seen.note(at, "hq", "GetFolder", "<m:GetFolder/>", "", true));
}

TEST_CASE("what fails at each poll of half a minute is right") {
  repeats seen;
  for (int n = 0; n < 1000; ++n)
    CHECK_FALSE(seen.note(n * 30'000, "hq", "GetFolder", "<m:GetFolder/>", "", true));
}

TEST_CASE("of a batch only what has failed counts") {
  repeats seen;
  std::string told;
  for (int n = 0; n < 200; ++n)
    if (auto words = seen.note(n, "hq", "GetItem", R"(<t:ItemId Id="a"/><t:ItemId Id="b"/>)",
                               R"(<m:A ResponseClass="Success"/><m:A ResponseClass="Error"/>)", false))
      told += *words;
  CHECK(told.find(" b failed") != told.npos);
  CHECK(told.find(" a failed") == told.npos);
}

TEST_CASE("that a well-known folder is not there is no failure, that none can be asked for is one") {
  const auto names = R"(<t:DistinguishedFolderId Id="syncissues"/><t:DistinguishedFolderId Id="inbox"/>)";
  for (bool none : {true, false}) {
    repeats seen;
    int told = 0;
    for (int n = 0; n < 200; ++n)
      told +=
          seen.note(n, "hq", "GetFolder", names, R"(<m:A ResponseClass="Error"/><m:A ResponseClass="Success"/>)", none)
              .has_value();
    CHECK(told == (none ? 1 : 0));
  }
}

TEST_CASE("many things of which each fails once are right, and so is one name in several mailboxes") {
  repeats seen;
  for (int n = 0; n < 1000; ++n) {
    auto one = "<t:ItemId Id=\"item " + std::to_string(n) + "\"/>";
    CHECK_FALSE(seen.note(n, "hq", "GetItem", one, R"(<m:A ResponseClass="Error"/>)", false));
    auto of = "<t:PrimarySmtpAddress>" + std::to_string(n) + "@hq.example</t:PrimarySmtpAddress>";
    CHECK_FALSE(seen.note(n, "hq", "GetFolder", of + R"(<t:FolderId Id="inbox"/>)", "", true));
  }
}
