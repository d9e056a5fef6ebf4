#pragma once

#include "tests/exchange_sim/world.hpp"

#include <nlohmann/json_fwd.hpp>

#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

namespace exchange_sim {

struct simulator_settings {
  std::string schema_directory;      ///< empty: no validation
  std::filesystem::path state_file;  ///< empty: nothing outlives the process
  bool keep_before_answer = false;   ///< what changes something is answered only once it is in the file
  std::optional<sys_time> clock;     ///< where a virtual clock starts; absent: the real clock
  std::optional<std::uint64_t> seed; ///< of ids; absent: other ids in every run
};

/// A world that threads may share, with its clock, its randomness and its file. The file is written soon after a change
/// (a second; longer where the state is large), by `save`, and at the end; with `keep_before_answer` after each change,
/// so that SIGKILL takes back nothing that anybody was told.
class simulator {
public:
  /// Loads the state file where there is one. Throws std::runtime_error on a file that is not one of ours.
  explicit simulator(const simulator_settings&);
  ~simulator();

  /// Whether the state came from the file, so that set-up has been done before.
  bool restored() const { return starts_ > 1; }
  std::vector<std::string> servers();

  http_response handle(const http_request&);
  /// Waits until a hanging connection has something to say, at most `patience`; an empty turn means that it had not.
  stream_turn wait_for_turn(const std::string& server, std::uint64_t stream, std::chrono::milliseconds patience);
  void end_stream(const std::string& server, std::uint64_t stream);
  /// As world::control, and {"do": "save"}.
  nlohmann::json control(const nlohmann::json& command);

  /// Saves and ends the process while no request is being acted upon: what a client was told is in the file.
  [[noreturn]] void save_and_exit();

private:
  nlohmann::json state() const;
  /// Wakes the hanging connections where one of them may have something to say. With the mutex held.
  void wake_streams();
  /// Lets go of `held` (the mutex of the world) while it writes.
  void save(std::unique_lock<std::mutex>& held);
  void write(const std::string& text) const;
  /// Where it was ordered: has in the file what has changed. With the mutex held, and before anybody sees it.
  void keep();
  void save_from_time_to_time();

  simulator_settings settings_;
  std::mutex mutex_;
  std::mutex file_mutex_;
  std::optional<sys_time> virtual_now_;
  std::uint64_t starts_ = 1;
  std::mt19937_64 random_;
  std::unique_ptr<world> world_;
  std::uint64_t saved_revision_ = 0;
  std::uint64_t told_revision_ = 0;
  std::condition_variable told_;
  std::condition_variable stopping_;
  bool stop_ = false;
  std::thread saver_;
};

} // namespace exchange_sim
