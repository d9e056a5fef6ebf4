#include "daemon/host/log.hpp"
#include "daemon/host/notify.hpp"
#include "daemon/host/signals.hpp"

#include "tests/config/temporary_directory.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace exsyncd;
using namespace exsyncd::host;
using namespace std::chrono_literals;

TEST_CASE("a line of text holds time, level, fact and keys") {
  using namespace std::chrono;
  const auto when = sys_days(2026y / 11 / 22) + 16h + 4min + 5s + 67ms;
  CHECK(text_line({log_level::warning, "answered busy", "jane", "inbox", "Größe", "ErrorServerBusy"}, when) ==
        "2026-11-22T16:04:05.067Z warning: answered busy pair=jane folder=inbox item=\"Größe\" code=ErrorServerBusy\n");
  CHECK(text_line({log_level::info, "started", "", "", "", ""}, when) == "2026-11-22T16:04:05.067Z info: started\n");
}

TEST_CASE("a subject cannot forge a line") {
  const auto turned = text_line({log_level::info, "a\u202eb\u009bc\u2066d", "", "", "\xff", ""}, {});
  CHECK(turned == "1970-01-01T00:00:00.000Z info: a\\u{202e}b\\u{9b}c\\u{2066}d item=\"\\xff\"\n");
  CHECK(text_line({log_level::info, "Grüße 世界 😀", "", "", "", ""}, {}) ==
        "1970-01-01T00:00:00.000Z info: Grüße 世界 😀\n");
  const auto line = text_line({log_level::info, "a\nb", "", "", "x\x1b[2J\r\n2026 error: y\\", ""}, {});
  CHECK(line == "1970-01-01T00:00:00.000Z info: a\\x0ab item=\"x\\x1b[2J\\x0d\\x0a2026 error: y\\\\\"\n");
}

TEST_CASE("the journal gets fields of their own") {
  const auto fields = journal_fields({log_level::error, "refused", "jane", "", "Hello", "ErrorQuotaExceeded"});
  CHECK(fields == std::vector<journal_field>{{"MESSAGE", "refused"},
                                             {"PRIORITY", "3"},
                                             {"SYSLOG_IDENTIFIER", "exsyncd"},
                                             {"PAIR", "jane"},
                                             {"ITEM", "Hello"},
                                             {"EWS_CODE", "ErrorQuotaExceeded"}});
  const std::vector<std::pair<log_level, std::string>> priorities{
      {log_level::debug, "7"}, {log_level::info, "6"}, {log_level::warning, "4"}, {log_level::error, "3"}};
  for (const auto& [level, expected] : priorities)
    CHECK(journal_fields({level, "", "", "", "", ""}).at(1).second == expected);
}

TEST_CASE("lines below the level are left out; the others arrive whole and in order") {
  std::vector<std::string> lines, entries;
  log_outlets outlets;
  outlets.text = [&](const std::string& line) { lines.push_back(line.substr(line.find("Z ") + 2)); };
  outlets.journal = [&](const std::vector<journal_field>& fields) {
    std::string entry;
    for (const auto& [name, value] : fields)
      entry += name + "=" + value + ";";
    entries.push_back(entry);
  };
  {
    daemon_log log(log_level::warning, false, outlets);
    const auto sink = log.sink();
    sink({log_level::info, "left out", "", "", "", ""});
    sink({log_level::warning, "{one} %s \x1f", "p", "f", "i\x1fj", "c"});
    log.set_level(log_level::debug);
    sink({log_level::debug, "two", "", "", "", ""});
    sink({log_level::error, "three", "", "f", "", ""});
  }
  CHECK(lines == std::vector<std::string>{"warning: {one} %s  pair=p folder=f item=\"ij\" code=c\n", "debug: two\n",
                                          "error: three folder=f\n"});
  log_sink late;
  {
    daemon_log log(log_level::info, true, outlets);
    log.write({log_level::info, "hello", "p", "", "", ""});
    late = log.sink();
  }
  late({log_level::error, "after the end", "", "", "", ""});
  CHECK(entries == std::vector<std::string>{"MESSAGE=hello;PRIORITY=6;SYSLOG_IDENTIFIER=exsyncd;PAIR=p;"});
}

TEST_CASE("nobody waits for a slow reader of the log") {
  std::mutex blocked;
  std::unique_lock block(blocked);
  std::vector<std::string> lines;
  log_outlets outlets;
  outlets.text = [&](const std::string& line) {
    const std::lock_guard wait(blocked);
    lines.push_back(line);
  };
  {
    daemon_log log(log_level::info, false, outlets);
    for (int i = 0; i < 20'000; ++i)
      log.write({log_level::info, "line " + std::to_string(i), "", "", "", ""});
    block.unlock();
  }
  CHECK(lines.size() < 20'000);
  REQUIRE_FALSE(lines.empty());
  CHECK_THAT(lines.back(), Catch::Contains("line 19999"));
}

TEST_CASE("no control or direction character reaches the journal, in whatever field, and a backslash is one") {
  const std::string c1 = "\xc2\x9b", turned = "\xe2\x80\xae";
  const auto fields = journal_fields(
      {log_level::info, "a" + c1 + "31m\n" + turned + "b", "HQ\\p" + c1, "f" + turned, "Mai\x1b[2J", "code\r"});
  CHECK(fields == std::vector<journal_field>{{"MESSAGE", "a\\u{9b}31m\\x0a\\u{202e}b"},
                                             {"PRIORITY", "6"},
                                             {"SYSLOG_IDENTIFIER", "exsyncd"},
                                             {"PAIR", "HQ\\p\\u{9b}"},
                                             {"FOLDER", "f\\u{202e}"},
                                             {"ITEM", "Mai\\x1b[2J"},
                                             {"EWS_CODE", "code\\x0d"}});
}

TEST_CASE("the journal is chosen by the configuration, or where standard error is its stream") {
  CHECK(goes_to_journal(log_target::journald));
  CHECK_FALSE(goes_to_journal(log_target::standard_error));
  struct stat status {};
  REQUIRE(::fstat(STDERR_FILENO, &status) == 0);
  ::unsetenv("JOURNAL_STREAM");
  CHECK_FALSE(goes_to_journal(log_target::automatic));
  ::setenv("JOURNAL_STREAM", "1:2", 1);
  CHECK_FALSE(goes_to_journal(log_target::automatic));
  ::setenv("JOURNAL_STREAM", (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
  CHECK(goes_to_journal(log_target::automatic));
  ::unsetenv("JOURNAL_STREAM");
}

TEST_CASE("signals and tasks reach the main thread, and no thread dies of a signal") {
  main_inbox inbox;
  // A thread that was started afterwards inherits the block.
  std::thread([&] {
    for (const int signal : {SIGHUP, SIGTERM, SIGPIPE})
      ::kill(::getpid(), signal);
    inbox.post([] {});
  }).join();
  bool reload = false, stop = false, task_seen = false;
  for (int i = 0; i < 3; ++i) {
    const auto e = inbox.next(10s);
    reload = reload || std::holds_alternative<reload_asked>(e);
    stop = stop || std::holds_alternative<stop_asked>(e);
    task_seen = task_seen || std::holds_alternative<task>(e);
  }
  CHECK(reload);
  CHECK(stop);
  CHECK(task_seen);
  CHECK(std::holds_alternative<nothing_yet>(inbox.next(0ms)));
  ::kill(::getpid(), SIGINT);
  CHECK(std::holds_alternative<stop_asked>(inbox.next(10s)));
}

TEST_CASE("tasks run in the order in which they were posted") {
  main_inbox inbox;
  std::string order;
  for (const char c : {'a', 'b', 'c'})
    inbox.post([&order, c] { order += c; });
  for (int i = 0; i < 3; ++i)
    std::get<task>(inbox.next(10s))();
  CHECK(order == "abc");
  CHECK(std::holds_alternative<nothing_yet>(inbox.next(0ms)));
}

TEST_CASE("systemd is told on its socket, and nothing happens without it") {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready();
  temporary_directory directory;
  const auto path = directory / "notify";
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  const auto told = [&] {
    char buffer[256];
    const auto n = ::recv(fd, buffer, sizeof buffer, 0);
    return n < 0 ? std::string() : std::string(buffer, static_cast<std::size_t>(n));
  };
  notify_ready();
  CHECK(told() == "READY=1");
  notify_status("2 pairs\nREADY=0");
  CHECK(told() == "STATUS=2 pairs READY=0");
  notify_alive();
  CHECK(told() == "WATCHDOG=1");
  notify_stopping();
  CHECK(told() == "STOPPING=1");
  ::unsetenv("NOTIFY_SOCKET");
  ::close(fd);

  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
  CHECK_FALSE(watchdog_interval());
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  CHECK(watchdog_interval() == 15s);
  ::unsetenv("WATCHDOG_USEC");
}
