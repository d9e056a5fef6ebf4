#include "daemon/service.hpp"

#include "config/parse.hpp"
#include "daemon/admin/protocol.hpp"
#include "daemon/admin/socket.hpp"
#include "daemon/configuration_desk.hpp"
#include "daemon/declarations.hpp"
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

constexpr auto look_interval = 250ms; // how often the followers of events are told of progress
constexpr auto prune_interval = 1h;   // conflicts that nobody will read any more
constexpr std::size_t most_conflicts = 10'000;
constexpr auto longest_conflict = 90 * 24h;
constexpr auto usual_pulse = 15s; // how often the supervisor is asked how it is, where systemd does not say

std::chrono::milliseconds until(steady::time_point when) {
  return std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(when - steady::now()));
}

class service {
public:
  service(service_options with, host::main_inbox& inbox, host::daemon_log& log)
      : with_(std::move(with)),
        settings_(std::make_shared<const added_settings>(added_settings{with_.settings, {}, {}})),
        book_({with_.configuration_file, {with_.credentials, with_.settings.state_directory}}), inbox_(inbox),
        log_(log) {}

  ~service() { log_.ring().listen({}); }
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  ending run();

private:
  void say(log_level level, std::string text) { log_.write({level, std::move(text), "", "", "", ""}); }
  bool listen();
  void feel_pulse();
  void look();
  void prune();
  std::vector<std::string> reload();
  void use(added_settings next, std::function<void()> then);
  void tell_wrong(const added_settings& read);

  service_options with_;
  std::shared_ptr<const added_settings> settings_;
  declarations book_;
  host::main_inbox& inbox_;
  host::daemon_log& log_;
  std::optional<exit_code> end_;

  std::unique_ptr<engine_room> room_;
  event_hub events_;
  bool is_looking_ = false;
  std::unique_ptr<configuration_desk> desk_;
  std::unique_ptr<supervisor_control> control_;
  std::vector<admin::method> methods_;
  std::unique_ptr<admin::socket_server> socket_; // first to go: it calls what stands above
};

ending service::run() {
  const auto first = settings_; // for as long as the room opens
  engine_room::options options{first->all, true, log_.sink(), [this](const std::string& why) {
                                 inbox_.post([this, why] {
                                   say(log_level::error, why);
                                   end_ = exit_code::bad_state_directory;
                                 });
                               }};
  options.pairs = [this](const std::vector<declaration>& kept) {
    book_.take(kept);
    auto read = book_.read();
    // The file was right a moment ago; where it no longer is, exsyncd starts with what it was.
    if (auto* right = std::get_if<added_settings>(&read)) settings_ = std::make_shared<const added_settings>(*right);
    tell_wrong(*settings_);
    return settings_->all.pairs;
  };
  auto opened = engine_room::open(std::move(options));
  if (const auto* why = std::get_if<storage_failure>(&opened)) {
    say(log_level::error, why->what);
    host::notify_status(why->what);
    return {exit_code::bad_state_directory};
  }
  room_ = std::move(std::get<std::unique_ptr<engine_room>>(opened));
  if (!listen()) return {exit_code::failed, end_all(std::move(room_), inbox_, log_.sink())};
  say(log_level::info, "exsyncd " + with_.version + " runs with " + std::to_string(settings_->all.pairs.size()) +
                           " pair(s), configuration " + with_.configuration_file);
  if (!end_) host::notify_ready();

  const auto pulse = std::min<std::chrono::milliseconds>(host::watchdog_interval().value_or(usual_pulse), usual_pulse);
  auto next_pulse = steady::now(), next_look = next_pulse, next_prune = next_pulse;
  while (!end_) {
    if (steady::now() >= next_pulse) {
      feel_pulse();
      next_pulse = steady::now() + pulse;
    }
    if (events_.is_followed() && steady::now() >= next_look) {
      look();
      next_look = steady::now() + look_interval;
    }
    if (steady::now() >= next_prune) {
      prune();
      next_prune = steady::now() + prune_interval;
    }
    const auto event = inbox_.next(until(events_.is_followed() ? std::min(next_pulse, next_look) : next_pulse));
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
  const auto run = [this](std::function<void()> what) { inbox_.post(std::move(what)); };
  desk_ = std::make_unique<configuration_desk>(
      configuration_desk::options{book_, *room_, run, [this](settings all, std::function<void()> then) {
                                    use(book_.with_problems(std::move(all)), std::move(then));
                                  }});
  supervisor_control::options options{*room_,
                                      settings_,
                                      *desk_,
                                      run,
                                      with_.configuration_file,
                                      with_.version,
                                      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                                      [this](std::function<void(std::vector<std::string>)> then) {
                                        inbox_.post([this, then = std::move(then)] { then(reload()); });
                                      },
                                      log_.ring(),
                                      events_,
                                      [this] { look(); }};
  log_.ring().listen([this](const host::kept_line& line) { events_.tell(line); });
  control_ = std::make_unique<supervisor_control>(std::move(options));
  methods_ = admin::make_methods(*control_);
  admin::socket_options socket;
  socket.path = settings_->all.admin_socket;
  socket.too_long_answer = admin::too_long(socket.longest_line);
  socket.on_line = [this](std::string_view line, std::function<void(std::string)> send,
                          std::function<bool(std::string)> push) {
    admin::handle_line(methods_, line, std::move(send), std::move(push));
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

/// Tells the followers of events how the pairs are; one look at a time.
void service::look() {
  if (is_looking_ || !events_.is_followed()) return;
  is_looking_ = true;
  const auto done = [this] { inbox_.post([this] { is_looking_ = false; }); };
  room_->ask<pairs_are>(
      ask_pairs{}, 60s,
      [this, done](pairs_are& all) {
        events_.tell(all.pairs);
        done();
      },
      [done](const std::string&) { done(); });
}

void service::prune() {
  const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - longest_conflict;
  for (const auto& p : settings_->all.pairs)
    room_->ask_ledger<stored>(
        prune_conflicts{pair_id{p.name}, most_conflicts, before}, 5min, [](stored&) {},
        [](const std::string&) {}); // a ledger that is ill ends the daemon by itself
}

/// What was declared over the socket and cannot be used, as the file is now.
void service::tell_wrong(const added_settings& read) {
  for (const auto* wrong : {&read.wrong_servers, &read.wrong_pairs})
    for (const auto& [name, found] : *wrong)
      for (const auto& p : found)
        say(log_level::error,
            to_text(p, "declared over the admin socket") + " — it is left out until that is put right");
}

/// The new configuration, or the old one and what is wrong with the new one.
std::vector<std::string> service::reload() {
  host::notify_reloading();
  std::vector<std::string> lines;
  auto loaded = book_.read();
  if (const auto* found = std::get_if<problems>(&loaded)) {
    for (const auto& p : *found) {
      lines.push_back(to_text(p, with_.configuration_file));
      say(log_level::error, lines.back());
    }
    say(log_level::error, "not reloaded: exsyncd goes on with the old configuration");
  } else {
    auto& next = std::get<added_settings>(loaded);
    tell_wrong(next);
    say(log_level::info, "reloaded: " + std::to_string(next.all.pairs.size()) + " pair(s)");
    use(std::move(next), [] {});
  }
  host::notify_ready();
  return lines;
}

void service::use(added_settings next, std::function<void()> then) {
  const auto& old = settings_->all;
  const auto keep = [&](const char* name, auto settings::*what) {
    if (next.all.*what == old.*what) return;
    say(log_level::warning, std::string(name) + " has changed: that needs a restart of exsyncd");
    next.all.*what = old.*what;
  };
  keep("state_directory", &settings::state_directory);
  keep("admin_socket", &settings::admin_socket);
  keep("allowance_key", &settings::allowance_key);
  keep("undo_keep", &settings::undo);
  if (next.all.log.target != old.log.target) {
    say(log_level::warning, "log.target has changed: that needs a restart of exsyncd");
    next.all.log.target = old.log.target;
  }
  log_.set_level(next.all.log.level);
  settings_ = std::make_shared<const added_settings>(std::move(next));
  control_->use(settings_);
  room_->ask<reconfigured>(
      reconfigure{settings_->all.pairs}, 60s, [then](reconfigured&) { then(); },
      [this, then](const std::string& why) {
        inbox_.post([this, why] { say(log_level::error, "the supervisor took no new configuration: " + why); });
        then();
      });
}

} // namespace

ending run_service(service_options with, host::main_inbox& inbox, host::daemon_log& log) {
  return service(std::move(with), inbox, log).run();
}

} // namespace exsyncd
