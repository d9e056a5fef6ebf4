#pragma once

#include "tests/exchange_sim/schema_check.hpp"
#include "tests/exchange_sim/session.hpp"

namespace exchange_sim {

/// Who logged in, and what came.
struct soap_call {
  std::string server;
  std::string account; ///< primary address
  std::string body;
  routing_headers routing{};
};

/// Acts on one request and answers it; never throws.
http_response dispatch(universe&, fault_plan&, const world_options&, const schema_check&, const soap_call&);

/// What is wrong with an answer of ours under the schema; counted as a bug.
std::optional<std::string> answer_bug(server&, const schema_check&, const std::string& answer);

/// What the fault plan may know of a request, read leniently.
request_fact fact_of(universe&, const soap_call&, bool with_bodies);

/// What the fault plan may know of an item that a CreateItem gives, by its fields or by its MIME.
item_fact fact_of_new_item(node element, bool with_body);

} // namespace exchange_sim
