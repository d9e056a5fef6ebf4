#pragma once

#include "actors/supervisor.hpp"

#include <string>
#include <vector>

namespace exsyncd {

/// The state of the daemon as OpenMetrics text (openmetrics.io, version 1.0).
std::string show_metrics(const std::string& version, utc_seconds started, const std::vector<pair_overview>& pairs);

} // namespace exsyncd
