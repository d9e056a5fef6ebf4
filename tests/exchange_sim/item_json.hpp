#pragma once

#include "tests/exchange_sim/state.hpp"

#include <nlohmann/json.hpp>

namespace exchange_sim {

// What the types of items add, as JSON under EWS's names: one form for the state file, for `contents` and for commands.

/// {"GivenName": "…", "Children": […], "EmailAddresses": {"EmailAddress1": "…"}, "Birthday": "…Z", "Members": […]}
nlohmann::json contact_json(const contact_data&);
/// Throws std::invalid_argument where a member has the wrong type or is unknown.
contact_data contact_from(const nlohmann::json&);

/// {"Status": "…", "PercentComplete": n, "DueDate": "…Z", "Recurrence": {…}, …}
nlohmann::json task_json(const task_data&);
task_data task_from(const nlohmann::json&);

} // namespace exchange_sim
