#include "daemon/host/log.hpp"

#include "daemon/visible_text.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace exsyncd::host {
namespace {

constexpr std::size_t queue_length = 8192;

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  }
  return spdlog::level::err;
}

log_level from_spdlog(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return log_level::error;
  if (level == spdlog::level::warn) return log_level::warning;
  if (level == spdlog::level::info) return log_level::info;
  return log_level::debug;
}

// spdlog carries one text a line: the fields travel in it, behind a character that no text holds.
constexpr char separator = '\x1f';

std::string without_separator(std::string text) {
  std::erase(text, separator);
  return text;
}

std::string pack(const log_line& line) {
  std::string packed = without_separator(line.text);
  for (const auto* part : {&line.pair, &line.folder, &line.item, &line.code})
    packed += separator + without_separator(*part);
  return packed;
}

log_line unpack(const spdlog::details::log_msg& msg) {
  log_line line;
  line.level = from_spdlog(msg.level);
  std::string_view rest(msg.payload.data(), msg.payload.size());
  for (auto* part : {&line.text, &line.pair, &line.folder, &line.item, &line.code}) {
    const auto end = std::min(rest.find(separator), rest.size());
    *part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return line;
}

/// Runs in the log's own thread only.
class outlet_sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
public:
  outlet_sink(bool to_journal, log_outlets outlets) : to_journal_(to_journal), outlets_(std::move(outlets)) {}

private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    const auto line = unpack(msg);
    if (to_journal_)
      outlets_.journal(journal_fields(line));
    else
      outlets_.text(text_line(line, msg.time));
  }
  void flush_() override {}

  bool to_journal_;
  log_outlets outlets_;
};

/// In the journal a backslash is one: its fields are compared by their values, "HQ\\svc" among them.
enum class backslashes { doubled, kept };
std::string escaped(std::string_view text, backslashes how = backslashes::doubled) {
  std::string out;
  each_character_of(text, [&](const text_character& c) {
    if (c.bytes == "\\" && how == backslashes::doubled)
      out += "\\\\";
    else if (!c.is_harmful)
      out += c.bytes;
    else
      out += c.code < 0x100 && c.bytes.size() == 1 ? fmt::format("\\x{:02x}", static_cast<unsigned>(c.code))
                                                   : fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c.code));
  });
  return out;
}

std::string_view name_of(log_level level) {
  switch (level) {
  case log_level::debug:
    return "debug";
  case log_level::info:
    return "info";
  case log_level::warning:
    return "warning";
  case log_level::error:
    return "error";
  }
  return "error";
}

std::string_view priority_of(log_level level) {
  switch (level) {
  case log_level::debug:
    return "7";
  case log_level::info:
    return "6";
  case log_level::warning:
    return "4";
  case log_level::error:
    return "3";
  }
  return "3";
}

} // namespace

struct daemon_log::state {
  std::shared_ptr<spdlog::details::thread_pool> pool = std::make_shared<spdlog::details::thread_pool>(queue_length, 1);
  std::shared_ptr<spdlog::async_logger> logger;
  log_ring ring;

  void write(const log_line& line) {
    if (!logger->should_log(to_spdlog(line.level))) return;
    logger->log(to_spdlog(line.level), pack(line));
    ring.add(std::chrono::system_clock::now(), line);
  }
};

daemon_log::daemon_log(log_level level, bool to_journal, log_outlets outlets) : state_(std::make_shared<state>()) {
  state_->logger =
      std::make_shared<spdlog::async_logger>("exsyncd", std::make_shared<outlet_sink>(to_journal, std::move(outlets)),
                                             state_->pool, spdlog::async_overflow_policy::overrun_oldest);
  set_level(level);
}

daemon_log::~daemon_log() = default;

void daemon_log::write(const log_line& line) {
  state_->write(line);
}

log_sink daemon_log::sink() {
  return [weak = std::weak_ptr(state_)](const log_line& line) {
    if (const auto alive = weak.lock()) alive->write(line);
  };
}

log_ring& daemon_log::ring() {
  return state_->ring;
}

void daemon_log::set_level(log_level level) {
  state_->logger->set_level(to_spdlog(level));
}

log_outlets real_outlets() {
  log_outlets outlets;
  outlets.text = [](const std::string& line) {
    // Nothing can be done, and nowhere be said, where this fails.
    [[maybe_unused]] const auto n = ::write(STDERR_FILENO, line.data(), line.size());
  };
  outlets.journal = [](const std::vector<journal_field>& fields) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : fields)
      texts.push_back(name + '=' + value);
    std::vector<iovec> vectors;
    for (auto& text : texts)
      vectors.push_back({text.data(), text.size()});
    ::sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size()));
  };
  return outlets;
}

bool goes_to_journal(log_target target) {
  if (target != log_target::automatic) return target == log_target::journald;
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

std::string text_line(const log_line& line, std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{std::chrono::floor<std::chrono::milliseconds>(when - day)};
  auto text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {}: {}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                          time.minutes().count(), time.seconds().count(), time.subseconds().count(),
                          name_of(line.level), escaped(line.text));
  if (!line.pair.empty()) text += " pair=" + escaped(line.pair);
  if (!line.folder.empty()) text += " folder=" + escaped(line.folder);
  if (!line.item.empty()) text += " item=\"" + escaped(line.item) + '"';
  if (!line.code.empty()) text += " code=" + escaped(line.code);
  return text + '\n';
}

std::vector<journal_field> journal_fields(const log_line& line) {
  std::vector<journal_field> fields{{"MESSAGE", escaped(line.text, backslashes::kept)},
                                    {"PRIORITY", std::string(priority_of(line.level))},
                                    {"SYSLOG_IDENTIFIER", "exsyncd"}};
  const std::array<journal_field, 4> optional{journal_field{"PAIR", line.pair}, journal_field{"FOLDER", line.folder},
                                              journal_field{"ITEM", line.item}, journal_field{"EWS_CODE", line.code}};
  for (const auto& field : optional)
    if (!field.second.empty()) fields.emplace_back(field.first, escaped(field.second, backslashes::kept));
  return fields;
}

} // namespace exsyncd::host
