#include "config/parse.hpp"
#include "ews/codec/versions.hpp"

#include <catch2/catch.hpp>

using namespace exsyncd;

namespace {

/// What the configuration says of a server with this version; empty where nothing is wrong.
std::string refusal(const std::string& version) {
  const auto parsed = parse_settings(
      R"({"servers":{"x":{"url":"https://x.example/","access":"direct","version":")" + version + R"("}}})", {});
  const auto* found = std::get_if<problems>(&parsed);
  return found ? found->at(0).text : std::string();
}

} // namespace

TEST_CASE("the configuration offers the versions that the client speaks, and no other") {
  std::vector<std::string_view> spoken;
  for (const auto& version : ews::schema_versions()) {
    CHECK(refusal(std::string(version.name)).empty());
    spoken.insert(spoken.begin(), version.name); // oldest first
  }
  spoken.insert(spoken.begin(), "auto");
  CHECK_THAT(refusal("none"), Catch::Contains("\"none\" is not " + listed(spoken)));
}
