#pragma once

#include "actors/ews/server_probe.hpp"
#include "actors/log.hpp"
#include "actors/supervisor.hpp"
#include "config/settings.hpp"
#include "storage/engine.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

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
    /// What shall run, once it is known what the store holds of what was declared over the admin socket; called once,
    /// from `open`. Without it: the pairs of the settings.
    std::function<std::vector<pair_settings>(const std::vector<declaration>& kept)> pairs = {};
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
    ask_actor(supervisor_, std::move(question), patience, std::move(answered), std::move(failed));
  }
  /// The same of the ledger.
  template <class Answer, class Question>
  void ask_ledger(Question question, std::chrono::seconds patience, std::function<void(Answer&)> answered,
                  std::function<void(std::string why)> failed) {
    ask_actor(the_ledger(), std::move(question), patience, std::move(answered), std::move(failed));
  }

  /// The same of who counts the traffic.
  template <class Answer, class Question>
  void ask_meter(Question question, std::chrono::seconds patience, std::function<void(Answer&)> answered,
                 std::function<void(std::string why)> failed) {
    ask_actor(the_meter(), std::move(question), patience, std::move(answered), std::move(failed));
  }

  /// Asks a server itself, by way of a mailbox or as the account; any thread, answers as `ask`.
  template <class Answer, class Question>
  void ask_server(const side_settings& side, Question question, std::chrono::seconds patience,
                  std::function<void(Answer&)> answered, std::function<void(std::string why)> failed) {
    ask_and_end<Answer>(open_prober(side), std::move(question), patience, std::move(answered), std::move(failed));
  }
  /// The same of a mailbox, its public folders too.
  template <class Answer, class Question>
  void ask_mailbox(const side_settings& side, Question question, std::chrono::seconds patience,
                   std::function<void(Answer&)> answered, std::function<void(std::string why)> failed) {
    ask_and_end<Answer>(open_mailbox(side), std::move(question), patience, std::move(answered), std::move(failed));
  }

  /// Ends every request in flight as cancelled, and every later one.
  void cut_connections();

private:
  struct machinery;
  explicit engine_room(std::unique_ptr<machinery> inside);
  prober_actor open_prober(const side_settings& side);
  mailbox_actor open_mailbox(const side_settings& side);

  /// One question to somebody who is there for it alone.
  template <class Answer, class Actor, class Question>
  void ask_and_end(Actor whom, Question question, std::chrono::seconds patience, std::function<void(Answer&)> answered,
                   std::function<void(std::string why)> failed) {
    system_->spawn([whom, question = std::move(question), patience, answered = std::move(answered),
                    failed = std::move(failed)](caf::event_based_actor* self) mutable {
      self->request(whom, patience, std::move(question))
          .then(
              [whom, answered = std::move(answered)](Answer& answer) {
                caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
                answered(answer);
              },
              [whom, failed = std::move(failed)](const caf::error& why) {
                caf::anon_send_exit(whom, caf::exit_reason::user_shutdown);
                failed(caf::to_string(why));
              });
    });
  }

  const ledger_actor& the_ledger() const;
  const meter_actor& the_meter() const;

  template <class Actor, class Answer, class Question>
  void ask_actor(const Actor& whom, Question question, std::chrono::seconds patience,
                 std::function<void(Answer&)> answered, std::function<void(std::string why)> failed) {
    system_->spawn([to = whom, question = std::move(question), patience, answered = std::move(answered),
                    failed = std::move(failed)](caf::event_based_actor* self) mutable {
      self->request(to, patience, std::move(question))
          .then([answered = std::move(answered)](Answer& answer) { answered(answer); },
                [failed = std::move(failed)](const caf::error& why) { failed(caf::to_string(why)); });
    });
  }

  std::unique_ptr<machinery> inside_;
  caf::actor_system* system_;
  supervisor_actor supervisor_;
};

} // namespace exsyncd
