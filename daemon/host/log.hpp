#pragma once

#include "actors/log.hpp"
#include "daemon/host/log_ring.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace exsyncd::host {

/// A field of a journal entry: its name and its value.
using journal_field = std::pair<std::string, std::string>;

/// Where a log ends up; replaced by tests.
struct log_outlets {
  std::function<void(const std::string& line)> text; // one line with its newline
  std::function<void(const std::vector<journal_field>& fields)> journal;
};
/// Standard error, and sd_journal_sendv.
log_outlets real_outlets();

/// The daemon's log. Lines are handed to a thread of its own through a bounded queue: when nobody takes them fast
/// enough the oldest are dropped, and nobody waits.
class daemon_log {
public:
  /// `to_journal` as chosen by `goes_to_journal`.
  daemon_log(log_level level, bool to_journal, log_outlets outlets = real_outlets());
  ~daemon_log(); // writes what is queued
  daemon_log(const daemon_log&) = delete;
  daemon_log& operator=(const daemon_log&) = delete;

  /// Any thread.
  void write(const log_line& line);
  void set_level(log_level level);
  /// The last lines; as long as the log.
  log_ring& ring();
  /// The same, to be given to actors; once the log has gone, its lines go nowhere.
  log_sink sink();

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Whether lines go to the journal: where that is configured, or where standard error is the journal's stream
/// (systemd.exec(5), $JOURNAL_STREAM).
bool goes_to_journal(log_target target);

/// "2026-11-22T16:40:00.123Z warning: text pair=jane folder=inbox item=\"Hello\" code=ErrorServerBusy". Control
/// characters are escaped: a subject cannot forge a line.
std::string text_line(const log_line& line, std::chrono::system_clock::time_point when);

/// MESSAGE, PRIORITY as in syslog(3), PAIR, FOLDER, ITEM, EWS_CODE; those that are empty are left out.
std::vector<journal_field> journal_fields(const log_line& line);

} // namespace exsyncd::host
