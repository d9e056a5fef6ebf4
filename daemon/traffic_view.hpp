#pragma once

#include "actors/ledger.hpp"
#include "actors/meter.hpp"
#include "config/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Traffic and allowances as the JSON that users see. Bytes are those of HTTP on the wire, without TLS; dates are UTC.
namespace exsyncd {

/// "2026-11".
std::string show_month(utc_seconds month);
/// Midnight of its first day; nothing where the text is no month like "2026-11".
std::optional<utc_seconds> read_month(const std::string& text);

/// The seven days up to today, those without traffic too; of one pair, or of all together and each by its share.
nlohmann::json show_days(const std::vector<traffic_period>& found, const std::optional<std::string>& pair,
                         utc_seconds today);
/// The months that had traffic, and this one.
nlohmann::json show_months(const std::vector<traffic_period>& found, const std::optional<std::string>& pair,
                           utc_seconds today);

/// `pairs`: the settings of those that are configured; items of others are shown without link and account.
nlohmann::json show_costly(const std::vector<costly_item>& items, const std::vector<pair_settings>& pairs);

nlohmann::json show(const allowance& what, utc_seconds now);
nlohmann::json show(const allowances_are& all, std::size_t running_pairs);

} // namespace exsyncd
