#pragma once

#include "ews/model/item.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

namespace exsyncd {

/// The UTC day of a time: "2026-11-25".
inline std::string date_text(utc_seconds when) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(when)};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text.data();
}

} // namespace exsyncd
