#pragma once

#include "tests/exchange_sim/http.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exchange_sim {

/// An answer said otherwise than the server would, by the name of the fault; null where there is no such fault.
http_response (*answer_rewriting(std::string_view name))(http_response);
std::vector<std::string> answer_rewritings();

/// The ids of the items that an answer names, each once, in order.
std::vector<std::string> item_ids_of(std::string_view answer);

} // namespace exchange_sim
