#pragma once

#include "config/settings.hpp"
#include "daemon/host/log.hpp"
#include "daemon/host/signals.hpp"

#include <string>

namespace exsyncd {

/// Exit codes; a promise to users.
enum class exit_code { in_step = 0, failed = 1, bad_configuration = 2, bad_state_directory = 3 };

struct service_options {
  std::string configuration_file;
  std::string credentials; // $CREDENTIALS_DIRECTORY, or empty
  exsyncd::settings settings;
  std::string version;
};

struct ending {
  exit_code code = exit_code::failed;
  /// False where threads are left that do not end: the process must be left without waiting for them.
  bool is_orderly = true;
};

/// Runs until SIGTERM or SIGINT: it ends within ten seconds. SIGHUP reads the
/// configuration again.
ending run_service(service_options with, host::main_inbox& inbox, host::daemon_log& log);

/// Brings every started pair into step, prints one JSON report to standard output and ends.
ending run_once(service_options with, host::main_inbox& inbox, host::daemon_log& log);

} // namespace exsyncd
