#pragma once

#include "tests/exchange_sim/state.hpp"

#include <nlohmann/json.hpp>

#include <functional>

namespace exchange_sim {

/// {"pattern": "weekly", "interval": 1, "days": ["Monday"], "start": "2026-01-05", "count": 10}; see README.md. The
/// reader throws std::invalid_argument, beginning with the name of the field.
nlohmann::json recurrence_json(const recurrence&);
recurrence recurrence_from_json(const nlohmann::json&);

/// For the state file; the items of exceptions are written and read by the functions given.
nlohmann::json calendar_json(const appointment&, const std::function<nlohmann::json(const item&)>&);
appointment calendar_from(const nlohmann::json&, const std::function<item(const nlohmann::json&)>&);

/// For `contents`: everything of an appointment that two calendars can be compared by.
nlohmann::json appointment_shown(const item&, const std::function<std::string(const item&)>& body_digest);

} // namespace exchange_sim
