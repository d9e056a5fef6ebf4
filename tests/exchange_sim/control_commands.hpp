#pragma once

#include "tests/exchange_sim/fields.hpp"
#include "tests/exchange_sim/world.hpp"

#include <map>
#include <string>

namespace exchange_sim {

/// One command: the fields that it knows, and what it does. The list of fields is also what `help` shows.
struct control_command {
  std::string knows;
  nlohmann::json (*run)(world&, fields&);
};

nlohmann::json command_answer(const outcome<done>&);
nlohmann::json command_answer(const outcome<std::string>&);
/// The fields `mailbox` and, where given, `server`.
mailbox_ref command_mailbox(fields&);

/// Notifications, access, public folders, folders. (control_access.cpp)
std::map<std::string, control_command> access_commands();

} // namespace exchange_sim
