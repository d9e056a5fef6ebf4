#pragma once

#include "tests/exchange_sim/extended.hpp"

namespace exchange_sim {

/// MAPI properties of an appointment that its fields show too; none where the property is not one of them.
std::optional<extended_value> calendar_extended(const item&, const property_path&);
/// Takes such a property, or refuses it with response_error; false: not one of them.
bool set_calendar_extended(item&, const property_path&, const extended_value&);

} // namespace exchange_sim
