#include "config/parse.hpp"
#include "daemon/service.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <unistd.h>

namespace {

using namespace exsyncd;

struct command_line {
  std::string configuration = "/etc/exsyncd/exsyncd.json";
  bool check = false;
  bool once = false;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

ending run(const command_line& asked) {
  const auto credentials = environment("CREDENTIALS_DIRECTORY");
  auto loaded = load_settings(asked.configuration, credentials);
  if (const auto* found = std::get_if<problems>(&loaded)) {
    for (const auto& p : *found)
      std::fprintf(stderr, "%s\n", to_text(p, asked.configuration).c_str());
    return {exit_code::bad_configuration};
  }
  service_options with{asked.configuration, credentials, std::get<settings>(std::move(loaded)), EXSYNCD_VERSION};
  if (asked.check) {
    std::printf("%s: nothing is wrong; %zu server(s), %zu pair(s)\n", asked.configuration.c_str(),
                with.settings.servers.size(), with.settings.pairs.size());
    return {exit_code::in_step};
  }
  host::main_inbox inbox; // before the first thread
  host::daemon_log log(with.settings.log.level, host::goes_to_journal(with.settings.log.target));
  return asked.once ? run_once(std::move(with), inbox, log) : run_service(std::move(with), inbox, log);
}

/// Without it the process would end without a word. Nothing here may take memory.
void tell_out_of_memory() {
  static constexpr char words[] = "exsyncd: out of memory; what is on disk is whole, start it again with more\n";
  static_cast<void>(!::write(STDERR_FILENO, words, sizeof words - 1));
  throw std::bad_alloc();
}

} // namespace

int main(int argc, char** argv) {
  std::set_new_handler(tell_out_of_memory);
  command_line asked;
  CLI::App app("exsyncd keeps Exchange mailboxes in step over EWS.\n"
               "It runs in the foreground until SIGTERM; SIGHUP reads the configuration again.",
               "exsyncd");
  app.add_option("--config", asked.configuration, "The configuration, JSON with comments")->capture_default_str();
  auto* check = app.add_flag("--check-config", asked.check, "Print every problem of the configuration, and end");
  app.add_flag("--once", asked.once, "Bring every started pair into step, print a JSON report, and end")
      ->excludes(check);
  app.set_version_flag("--version", std::string("exsyncd " EXSYNCD_VERSION));
  app.footer("Exit codes: 0 in step, or ended as asked; 1 some items or pairs failed; 2 bad configuration or usage;\n"
             "3 the state directory is locked, damaged, of a newer version, or cannot be written.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(exit_code::bad_configuration);
  }
  try {
    const auto end = run(asked);
    const auto code = static_cast<int>(end.code);
    if (end.is_orderly) return code;
    std::fflush(stdout);
    std::_Exit(code);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "exsyncd: %s\n", error.what());
    return static_cast<int>(exit_code::failed);
  }
}
