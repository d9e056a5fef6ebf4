#pragma once

#include "ews/model/item.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exsyncd::ews {

/// An xs:dateTime as whole UTC seconds: with Z, with an offset, or naive (then taken as UTC, which is what EWS means
/// where a request names no zone). Nothing for what is no date.
std::optional<utc_seconds> parse_date(std::string_view text);
/// "2026-11-22T16:00:00Z"
std::string write_date(utc_seconds time);

} // namespace exsyncd::ews
