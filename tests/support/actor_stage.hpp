#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <vector>

/// Actors in one thread with virtual time: nothing runs but what the test lets run.
namespace tests {

class actor_stage {
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };
  config config_;

public:
  caf::actor_system system{config_};
  caf::scheduler::test_coordinator& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());

  actor_stage() = default;
  actor_stage(const actor_stage&) = delete;
  actor_stage& operator=(const actor_stage&) = delete;
  ~actor_stage() { empty(); }

  /// Has the actor ended with the stage: an actor system waits for all of its actors, and one that ticks never ends.
  template <class Handle>
  Handle on_stage(Handle actor) {
    at_end_.push_back([actor] { caf::anon_send_exit(actor, caf::exit_reason::kill); });
    return actor;
  }

  /// Lets everything happen that can happen now.
  void run() { scheduler.run(); }

  /// Lets time pass, no faster than in steps, so that what a timer starts has its own time.
  void advance(std::chrono::milliseconds time, std::chrono::milliseconds step = std::chrono::seconds(1)) {
    run();
    for (; time.count() > 0; time -= step) {
      scheduler.advance_time(std::min(time, step));
      run();
    }
  }

  /// Asks and runs until the answer has come, which must be at once.
  template <class Answer, class Handle, class Question>
  Answer ask_now(const Handle& whom, Question question) {
    std::optional<Answer> got;
    system.spawn([&got, whom, question](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, question).then([&got](const Answer& a) { got = a; });
    });
    run();
    if (!got) throw std::runtime_error("no answer at once");
    return *got;
  }

  /// Ends the actors on stage. To be called by whose members they use.
  void empty() {
    for (auto& end : at_end_)
      end();
    at_end_.clear();
    run();
    scheduler.clock().cancel_all(); // a message that waits for its time holds its receiver
  }

private:
  std::vector<std::function<void()>> at_end_;
};

} // namespace tests
