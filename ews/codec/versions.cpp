#include "ews/codec/versions.hpp"

#include <array>
#include <tuple>

namespace exsyncd::ews {
namespace {

struct row {
  schema_version version;
  int major, minor, build; // the first server that knows it
};

// Builds: Microsoft's "Exchange Server build numbers and release dates". Exchange2016 is the newest name that both the
// 2016/2019 and the SE schema list and that says anything new for the operations used here.
constexpr std::array rows{
    row{{"Exchange2016", schema_age::exchange2016, true, true, 67'108'864, true}, 15, 1, 225},
    row{{"Exchange2013_SP1", schema_age::exchange2013_sp1, true, true, 67'108'864, true}, 15, 0, 847},
    row{{"Exchange2010_SP2", schema_age::exchange2010_sp2, false, false, 35'000'000, true}, 14, 2, 247},
    row{{"Exchange2007_SP1", schema_age::exchange2007_sp1, false, false, 30'000'000, false}, 8, 1, 240},
};

constexpr auto versions = [] {
  std::array<schema_version, rows.size()> all;
  for (std::size_t i = 0; i < rows.size(); ++i)
    all[i] = rows[i].version;
  return all;
}();

} // namespace

std::string product_name(const server_build& build) {
  // Microsoft's "Exchange Server build numbers and release dates".
  const auto at = [&](int major, int minor) { return build.major == major && build.minor == minor; };
  if (at(15, 20)) return "Exchange Online";
  if (at(15, 2)) return build.build >= 2562 ? "Exchange Server Subscription Edition" : "Exchange Server 2019";
  if (at(15, 1)) return "Exchange Server 2016";
  if (at(15, 0)) return "Exchange Server 2013";
  if (build.major == 14) return "Exchange Server 2010";
  if (build.major == 8) return "Exchange Server 2007";
  return "Exchange";
}

std::span<const schema_version> schema_versions() {
  return versions;
}

const schema_version* schema_version_of(std::string_view name) {
  for (const auto& version : versions)
    if (version.name == name) return &version;
  return nullptr;
}

const schema_version* older_than(const schema_version& version) {
  const auto* known = schema_version_of(version.name);
  return known && known + 1 != versions.data() + versions.size() ? known + 1 : nullptr;
}

const schema_version* newest_for(const server_build& server) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (std::tuple(server.major, server.minor, server.build) >= std::tuple(rows[i].major, rows[i].minor, rows[i].build))
      return &versions[i];
  return nullptr;
}

} // namespace exsyncd::ews
