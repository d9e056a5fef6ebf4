#pragma once

#include "actors/log.hpp"
#include "actors/supervisor.hpp"
#include "config/settings.hpp"
#include "storage/engine.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace exsyncd {

/// Everything that runs: the store and its ledger, the transport, gateways, mailboxes, pairs and their supervisor.
class engine_room {
public:
  struct options {
    const exsyncd::settings& settings;
    bool polling = true;
    log_sink log;
    /// The store cannot be written any more: the process shall end. Called from another thread.
    std::function<void(std::string why)> on_fatal;
  };

  /// Opens the store and starts the pairs; or why the state directory cannot be used.
  static std::variant<std::unique_ptr<engine_room>, storage_failure> open(options with);
  /// Ends everything that is still running.
  ~engine_room();
  engine_room(const engine_room&) = delete;
  engine_room& operator=(const engine_room&) = delete;

  /// Asks the supervisor, from any thread. Exactly one of the functions is called, once, from another thread.
  template <class Answer, class Question>
  void ask(Question question, std::chrono::seconds patience, std::function<void(Answer&)> answered,
           std::function<void(std::string why)> failed) {
    system_->spawn([to = supervisor_, question = std::move(question), patience, answered = std::move(answered),
                    failed = std::move(failed)](caf::event_based_actor* self) mutable {
      self->request(to, patience, std::move(question))
          .then([answered = std::move(answered)](Answer& answer) { answered(answer); },
                [failed = std::move(failed)](const caf::error& why) { failed(caf::to_string(why)); });
    });
  }

  /// Ends every request in flight as cancelled, and every later one.
  void cut_connections();

private:
  struct machinery;
  explicit engine_room(std::unique_ptr<machinery> inside);

  std::unique_ptr<machinery> inside_;
  caf::actor_system* system_;
  supervisor_actor supervisor_;
};

} // namespace exsyncd
