#include "tests/exchange_sim/program/simulator.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace exchange_sim {
namespace {

constexpr std::chrono::steady_clock::duration least_pause = std::chrono::seconds(1);
// A large state is saved less often: saving may take a tenth of the time, no more.
constexpr int pause_per_saving = 9;

std::mt19937_64 seeded(std::optional<std::uint64_t> seed, std::uint64_t starts) {
  std::random_device device;
  const std::uint64_t value = seed ? *seed : (std::uint64_t{device()} << 32 | device());
  // Each start goes on with other numbers: an id that was given out must not be given out again.
  std::seed_seq sequence{value & 0xffffffff, value >> 32, starts};
  return std::mt19937_64(sequence);
}

sys_time real_now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

} // namespace

simulator::simulator(const simulator_settings& settings) : settings_(settings), virtual_now_(settings.clock) {
  nlohmann::json kept;
  if (!settings_.state_file.empty() && std::filesystem::exists(settings_.state_file)) {
    std::ifstream in(settings_.state_file, std::ios::binary);
    kept = nlohmann::json::parse(in, nullptr, false);
    if (!kept.is_object() || !kept.contains("world") || !kept.contains("starts"))
      throw std::runtime_error(settings_.state_file.string() + ": is not a state file of exchange-sim");
    starts_ = kept["starts"].get<std::uint64_t>() + 1;
    if (virtual_now_ && kept.contains("clock"))
      virtual_now_ = sys_time(std::chrono::milliseconds(kept["clock"].get<std::int64_t>()));
  }
  random_ = seeded(settings_.seed, starts_);
  world_options options;
  options.random = [this] { return random_(); };
  options.schema_directory = settings_.schema_directory;
  if (virtual_now_) {
    options.now = [this] { return *virtual_now_; };
    options.advance_clock = [this](std::chrono::seconds by) { *virtual_now_ += by; };
  } else {
    options.now = real_now;
  }
  options.connection_time = real_now;
  world_ = std::make_unique<world>(std::move(options));
  if (!kept.is_null()) world_->load(kept["world"]);
  saved_revision_ = world_->revision();
  if (!settings_.state_file.empty() && !settings_.keep_before_answer) saver_ = std::thread([this] { save_from_time_to_time(); });
}

simulator::~simulator() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopping_.notify_all();
  if (saver_.joinable()) saver_.join();
}

std::vector<std::string> simulator::servers() {
  std::lock_guard lock(mutex_);
  return world_->servers();
}

http_response simulator::handle(const http_request& request) {
  std::lock_guard lock(mutex_);
  auto answer = world_->handle(request);
  keep();
  wake_streams();
  return answer;
}

void simulator::wake_streams() {
  const auto now = world_->stream_revision();
  if (now == told_revision_) return;
  told_revision_ = now;
  told_.notify_all();
}

stream_turn simulator::wait_for_turn(const std::string& server, std::uint64_t stream,
                                     std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto give_up = real_now() + patience;
  for (;;) {
    auto turn = world_->next_turn(server, stream);
    if (!turn.chunk.empty() || turn.closed || real_now() >= give_up) return turn;
    told_.wait_until(lock, std::min(give_up, turn.wake));
  }
}

void simulator::end_stream(const std::string& server, std::uint64_t stream) {
  std::lock_guard lock(mutex_);
  world_->end_stream(server, stream);
}

nlohmann::json simulator::control(const nlohmann::json& command) {
  std::unique_lock lock(mutex_);
  if (!command.is_object() || command.value("do", "") != "save") {
    auto answer = world_->control(command);
    keep();
    wake_streams();
    return answer;
  }
  if (settings_.state_file.empty()) return {{"error", "there is no state file"}};
  save(lock);
  return {{"ok", true}};
}

nlohmann::json simulator::state() const {
  nlohmann::json all{{"starts", starts_}, {"world", world_->save()}};
  if (virtual_now_) all["clock"] = virtual_now_->time_since_epoch().count();
  return all;
}

void simulator::save(std::unique_lock<std::mutex>& held) {
  // The file's mutex is taken before the world's is let go, so that an older state never overwrites a newer one.
  std::lock_guard file(file_mutex_);
  const auto all = state();
  saved_revision_ = world_->revision();
  held.unlock();
  write(all.dump());
}

void simulator::write(const std::string& text) const {
  auto temporary = settings_.state_file;
  temporary += ".new";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + temporary.string());
  std::filesystem::rename(temporary, settings_.state_file);
}

void simulator::keep() {
  if (!settings_.keep_before_answer || world_->revision() == saved_revision_) return;
  std::lock_guard file(file_mutex_);
  try {
    write(state().dump());
  } catch (const std::exception& failed) {
    // An answer now would promise what the next start does not have.
    std::fprintf(stderr, "exchange-sim: the state is not saved: %s\n", failed.what());
    std::_Exit(1);
  }
  saved_revision_ = world_->revision();
}

void simulator::save_from_time_to_time() {
  auto pause = least_pause;
  std::unique_lock lock(mutex_);
  while (!stopping_.wait_for(lock, pause, [this] { return stop_; })) {
    if (world_->revision() == saved_revision_) continue;
    const auto start = std::chrono::steady_clock::now();
    try {
      save(lock);
    } catch (const std::exception& failed) {
      std::fprintf(stderr, "exchange-sim: the state is not saved: %s\n", failed.what());
    }
    pause = std::max(least_pause, pause_per_saving * (std::chrono::steady_clock::now() - start));
    if (!lock.owns_lock()) lock.lock();
  }
}

void simulator::save_and_exit() {
  std::lock_guard lock(mutex_);
  int status = 0;
  if (!settings_.state_file.empty()) {
    std::lock_guard file(file_mutex_);
    try {
      write(state().dump());
    } catch (const std::exception& failed) {
      std::fprintf(stderr, "exchange-sim: the state is not saved: %s\n", failed.what());
      status = 1;
    }
  }
  // Connections that clients keep alive hold threads for minutes; nobody waits for those.
  std::_Exit(status);
}

} // namespace exchange_sim
