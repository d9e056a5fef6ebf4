#include "daemon/service.hpp"

#include "config/parse.hpp"
#include "daemon/admin/protocol.hpp"
#include "daemon/admin/socket.hpp"
#include "daemon/ending.hpp"
#include "daemon/engine_room.hpp"
#include "daemon/host/notify.hpp"
#include "daemon/show.hpp"
#include "daemon/supervisor_control.hpp"

#include <optional>
#include <utility>

namespace exsyncd {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto usual_pulse = 15s; // how often the supervisor is asked how it is, where systemd does not say

std::chrono::milliseconds until(steady::time_point when) {
  return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(when - steady::now()));
}

class service {
public:
  service(service_options with, host::main_inbox& inbox, host::daemon_log& log)
      : with_(std::move(with)), settings_(std::make_shared<const settings>(with_.settings)), inbox_(inbox), log_(log) {}

  ending run();

private:
  void say(log_level level, std::string text) { log_.write({level, std::move(text), "", "", "", ""}); }
  bool listen();
  void feel_pulse();
  std::vector<std::string> reload();
  void use(settings next);

  service_options with_;
  std::shared_ptr<const settings> settings_;
  host::main_inbox& inbox_;
  host::daemon_log& log_;
  std::optional<exit_code> end_;

  std::unique_ptr<engine_room> room_;
  std::unique_ptr<supervisor_control> control_;
  std::vector<admin::method> methods_;
  std::unique_ptr<admin::socket_server> socket_; // first to go: it calls what stands above
};

ending service::run() {
  engine_room::options options{*settings_, true, log_.sink(), [this](const std::string& why) {
                                 inbox_.post([this, why] {
                                   say(log_level::error, why);
                                   end_ = exit_code::bad_state_directory;
                                 });
                               }};
  auto opened = engine_room::open(std::move(options));
  if (const auto* why = std::get_if<storage_failure>(&opened)) {
    say(log_level::error, why->what);
    host::notify_status(why->what);
    return {exit_code::bad_state_directory};
  }
  room_ = std::move(std::get<std::unique_ptr<engine_room>>(opened));
  if (!listen()) return {exit_code::failed, end_all(std::move(room_), inbox_, log_.sink())};
  say(log_level::info, "exsyncd " + with_.version + " runs with " + std::to_string(settings_->pairs.size()) +
                           " pair(s), configuration " + with_.configuration_file);
  if (!end_) host::notify_ready();

  const auto pulse = std::min<std::chrono::milliseconds>(host::watchdog_interval().value_or(usual_pulse), usual_pulse);
  auto next_pulse = steady::now();
  while (!end_) {
    if (steady::now() >= next_pulse) {
      feel_pulse();
      next_pulse = steady::now() + pulse;
    }
    const auto event = inbox_.next(until(next_pulse));
    if (const auto* run = std::get_if<host::task>(&event)) (*run)();
    if (std::holds_alternative<host::reload_asked>(event)) reload();
    if (std::holds_alternative<host::stop_asked>(event)) end_ = exit_code::in_step;
  }

  host::notify_stopping();
  say(log_level::info, "ends: the requests in flight are finished first");
  socket_.reset();
  const bool is_orderly = end_all(std::move(room_), inbox_, log_.sink());
  say(log_level::info, "ended");
  return {*end_, is_orderly};
}

bool service::listen() {
  supervisor_control::options options{*room_,
                                      settings_,
                                      with_.configuration_file,
                                      with_.version,
                                      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                                      [this](std::function<void(std::vector<std::string>)> then) {
                                        inbox_.post([this, then = std::move(then)] { then(reload()); });
                                      }};
  control_ = std::make_unique<supervisor_control>(std::move(options));
  methods_ = admin::make_methods(*control_);
  admin::socket_options socket;
  socket.path = settings_->admin_socket;
  socket.too_long_answer = admin::too_long(socket.longest_line);
  socket.on_line = [this](std::string_view line, std::function<void(std::string)> send) {
    admin::handle_line(methods_, line, std::move(send));
  };
  auto listening = admin::socket_server::listen(std::move(socket));
  if (const auto* why = std::get_if<std::string>(&listening)) {
    say(log_level::error, "admin socket " + *why);
    host::notify_status("admin socket " + *why);
    return false;
  }
  socket_ = std::move(std::get<std::unique_ptr<admin::socket_server>>(listening));
  return true;
}

/// The watchdog is fed by answers of the supervisor and the ledger, not by this thread alone.
void service::feel_pulse() {
  room_->ask<pairs_are>(
      ask_pairs{}, 60s,
      [this](pairs_are& all) {
        inbox_.post([summary = show_summary(all.pairs)] {
          host::notify_alive();
          host::notify_status(summary);
        });
      },
      [this](const std::string& why) {
        inbox_.post([this, why] { say(log_level::warning, "the supervisor gives no answer: " + why); });
      });
}

/// The new configuration, or the old one and what is wrong with the new one.
std::vector<std::string> service::reload() {
  host::notify_reloading();
  std::vector<std::string> lines;
  auto loaded = load_settings(with_.configuration_file, with_.credentials);
  if (const auto* found = std::get_if<problems>(&loaded)) {
    for (const auto& p : *found) {
      lines.push_back(to_text(p, with_.configuration_file));
      say(log_level::error, lines.back());
    }
    say(log_level::error, "not reloaded: exsyncd goes on with the old configuration");
  } else {
    use(std::get<settings>(std::move(loaded)));
  }
  host::notify_ready();
  return lines;
}

void service::use(settings next) {
  const auto& old = *settings_;
  const auto keep = [&](const char* name, auto settings::*what) {
    if (next.*what == old.*what) return;
    say(log_level::warning, std::string(name) + " has changed: that needs a restart of exsyncd");
    next.*what = old.*what;
  };
  keep("state_directory", &settings::state_directory);
  keep("admin_socket", &settings::admin_socket);
  if (next.log.target != old.log.target) {
    say(log_level::warning, "log.target has changed: that needs a restart of exsyncd");
    next.log.target = old.log.target;
  }
  log_.set_level(next.log.level);
  settings_ = std::make_shared<const settings>(std::move(next));
  control_->use(settings_);
  room_->ask<reconfigured>(
      reconfigure{settings_->pairs}, 60s, [](reconfigured&) {},
      [this](const std::string& why) {
        inbox_.post([this, why] { say(log_level::error, "the supervisor took no new configuration: " + why); });
      });
  say(log_level::info, "reloaded: " + std::to_string(settings_->pairs.size()) + " pair(s)");
}

} // namespace

ending run_service(service_options with, host::main_inbox& inbox, host::daemon_log& log) {
  return service(std::move(with), inbox, log).run();
}

} // namespace exsyncd
