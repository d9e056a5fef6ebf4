#pragma once

#include "daemon/ctl/connection.hpp"
#include "daemon/ctl/text.hpp"

#include <nlohmann/json_fwd.hpp>

#include <ctime>
#include <functional>
#include <string>

namespace exsyncd::ctl {

/// Exit codes; a promise to users.
enum class outcome { done = 0, refused = 1, usage = 2, unreachable = 3 };

/// What every command works with.
struct session {
  std::string socket = "/run/exsyncd/admin.sock";
  bool json = false; // print what the daemon answers, and nothing else
  style look;
  std::function<std::time_t()> now = [] { return std::time(nullptr); };
};

/// Prints to standard error what the daemon refused, and what to do.
void tell(const session& with, const refusal& no);
void tell(const session& with, const unreachable& why);

/// Calls one method on a connection of its own and prints its result.
outcome call_and_show(const session& with, const std::string& method, const nlohmann::json& params);

/// A result as people read it; ends with a newline.
std::string shown(const session& with, const std::string& method, const nlohmann::json& result);

/// What the daemon advises, for people at a shell: its methods ("pair.plan") as commands ("exsyncctl pair plan").
std::string in_commands(const std::string& advice);

colour colour_of_level(const std::string& level);
/// A line of the log, as log.show or a stream of events has it, on one line; with its time as it is said.
std::string log_text(const style& look, const nlohmann::json& line, const std::string& time);

/// Prints a stream: what changes on a terminal as one picture, else a line for each event. Ends with the connection, or
/// by SIGINT.
outcome watch(const session& with);
/// Prints each event as it comes.
outcome follow(const session& with, const nlohmann::json& params);

/// Goes over daemon, configuration, servers and pairs; tells what is wrong and what to do.
outcome doctor(const session& with);

/// Asks what it needs to know on standard input, and makes a pair of it.
outcome setup(const session& with);

} // namespace exsyncd::ctl
