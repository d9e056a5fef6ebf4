#include "tests/exchange_sim/profile.hpp"

#include <array>

namespace exchange_sim {

namespace {

// Builds: 2007 SP1 and 2010 SP3 (which speaks the 2010 SP2 schema) echo the schema that was asked for; 2013 CU23, 2016
// CU23 and SE answer their newest, whatever was asked.
// Caps: page sizes of FindItem are 1000 since 2010, and 250 under a restriction since 2013; requests 30,000,000,
// 35,000,000 and 67,108,864 bytes.
constexpr std::size_t no_cap = 1'000'000;

const std::array profiles{
    version_profile{"Exchange2007_SP1", 8, 1, 436, 0, schema_version::e2007_sp1, "", 30'000'000, 10'485'760, no_cap,
                    no_cap, false, false, "Exchange2007_SP1"},
    version_profile{"Exchange2010_SP2", 14, 3, 248, 2, schema_version::e2010_sp2, "", 35'000'000, 10'485'760, 1000,
                    1000, false, true, "Exchange2010_SP2"},
    version_profile{"Exchange2013_SP1", 15, 0, 1497, 7, schema_version::e2013_sp1, "V2_23", 67'108'864, 36'700'160,
                    1000, 250, true, true, "Exchange2013SP1plus_Exchange2015"},
    version_profile{"Exchange2016", 15, 1, 2507, 57, schema_version::v2017_07_11, "V2017_07_11", 67'108'864, 36'700'160,
                    1000, 250, true, true, "Exchange2016-2019_V2017_07_11"},
    version_profile{"ExchangeSE", 15, 2, 2562, 17, schema_version::v2017_07_11, "V2017_07_11", 67'108'864, 36'700'160,
                    1000, 250, true, true, "ExchangeSE_15.2.2562.17"},
};

constexpr std::array version_names{
    version_name{"Exchange2007", schema_version::e2007},
    version_name{"Exchange2007_SP1", schema_version::e2007_sp1},
    version_name{"Exchange2010", schema_version::e2010},
    version_name{"Exchange2010_SP1", schema_version::e2010_sp1},
    version_name{"Exchange2010_SP2", schema_version::e2010_sp2},
    version_name{"Exchange2013", schema_version::e2013},
    version_name{"Exchange2013_SP1", schema_version::e2013_sp1},
    version_name{"Exchange2015", schema_version::e2016},
    version_name{"Exchange2016", schema_version::e2016},
    version_name{"V2015_10_05", schema_version::e2016},
    version_name{"V2016_01_06", schema_version::e2016},
    version_name{"V2016_04_13", schema_version::e2016},
    version_name{"V2016_07_13", schema_version::e2016},
    version_name{"V2016_10_10", schema_version::e2016},
    version_name{"V2017_01_07", schema_version::e2016},
    version_name{"V2017_04_14", schema_version::e2016},
    version_name{"V2017_07_11", schema_version::v2017_07_11},
};

} // namespace

const version_profile* find_profile(std::string_view name) {
  for (const auto& profile : profiles)
    if (profile.name == name) return &profile;
  return nullptr;
}

std::optional<schema_version> version_called(std::string_view name) {
  for (const auto& row : version_names)
    if (row.name == name) return row.version;
  return std::nullopt;
}

std::string_view schema_folder(const version_profile& of, schema_version version) {
  if (version == of.newest) return of.newest_schemas;
  switch (version) {
  case schema_version::e2007:
  case schema_version::e2007_sp1:
    return "Exchange2007_SP1";
  case schema_version::e2010:
  case schema_version::e2010_sp1:
  case schema_version::e2010_sp2:
    return "Exchange2010_SP2";
  case schema_version::e2013:
  case schema_version::e2013_sp1:
    return "Exchange2013SP1plus_Exchange2015";
  case schema_version::e2016:
    return "Exchange2016-2019_V2017_07_11";
  case schema_version::v2017_07_11:
    return of.newest_schemas;
  }
  return {};
}

} // namespace exchange_sim
