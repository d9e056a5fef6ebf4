#pragma once

#include "actors/context.hpp"
#include "actors/ledger.hpp"
#include "actors/supervisor.hpp"
#include "ews/http/in_process_transport.hpp"
#include "storage/engine.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace simulate {

/// What outlives the daemon's process, as it reaches it.
struct outside {
  exsyncd::http::in_process_server servers;
  exsyncd::engine* disk = nullptr;
  std::function<exsyncd::utc_seconds()> wall_clock;
  std::function<std::string()> mint;
  std::function<std::uint64_t()> random;
  exsyncd::log_sink log;
  std::function<void(std::string why)> on_fatal;
};

/// One life of the daemon: everything that daemon/engine_room.cpp wires, in one thread and virtual time, between a
/// transport and a disk that are given. Its end is abrupt, as of a process that is killed: an orderly one is asked of
/// the supervisor before.
class daemon_process {
public:
  /// Throws std::runtime_error where the store cannot be opened.
  daemon_process(outside ports, std::vector<exsyncd::pair_settings> pairs);
  ~daemon_process();
  daemon_process(const daemon_process&) = delete;

  /// Runs one of the actors that have something to do, chosen by `choose(n)`; false: none has.
  bool step(const std::function<std::size_t(std::size_t)>& choose);
  /// How long until the next timer.
  std::optional<std::chrono::nanoseconds> next_timer() const;
  void pass(std::chrono::nanoseconds time);
  std::chrono::nanoseconds uptime() const;

  /// Asks the supervisor; the answer comes while the process runs, or never.
  template <class Answer, class Question>
  void ask(Question question, std::function<void(const Answer&)> then) {
    ask_actor<Answer>(supervisor_, std::move(question), std::move(then));
  }
  /// Asks the ledger, as the daemon's control does.
  template <class Answer, class Question>
  void ask_ledger(Question question, std::function<void(const Answer&)> then) {
    ask_actor<Answer>(ledger_, std::move(question), std::move(then));
  }

private:
  template <class Answer, class Whom, class Question>
  void ask_actor(Whom whom, Question question, std::function<void(const Answer&)> then) {
    system_->spawn([whom = std::move(whom), question = std::move(question),
                    then = std::move(then)](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, question).then([then](const Answer& a) { then(a); }, [](const caf::error&) {});
    });
  }

  struct openings;
  outside ports_;
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  caf::actor_clock::time_point started_;
  std::shared_ptr<openings> open_;
  exsyncd::ledger_actor ledger_;
  exsyncd::supervisor_actor supervisor_;
};

} // namespace simulate
