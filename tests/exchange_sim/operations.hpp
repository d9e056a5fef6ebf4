#pragma once

#include "tests/exchange_sim/session.hpp"

namespace exchange_sim {

/// One row of the table of operations: a new one is a row here and a file of its own.
struct operation_row {
  std::string_view name;
  schema_version since;
  void (*run)(session&, node request, xml_writer&);
};

/// Null where no such operation is served.
const operation_row* find_operation(std::string_view name);

} // namespace exchange_sim
