#include "tests/exchange_sim/schema_check.hpp"

namespace exchange_sim {

std::optional<schema_violation> check_request_grammar(schema_version, node) { return std::nullopt; }

} // namespace exchange_sim
