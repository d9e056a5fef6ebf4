#pragma once

#include "actors/ews/mailbox.hpp"
#include "ews/http/in_process_transport.hpp"
#include "ews/model/field_hints.hpp"
#include "tests/exchange_sim/world.hpp"
#include "tests/support/actor_stage.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace tests {

/// What a server tells of attachments and no other server tells alike.
constexpr bool tells_of_attachments(exsyncd::field f) {
  return f == exsyncd::field::attachment_sizes || f == exsyncd::hint::attachment_ids ||
         f == exsyncd::hint::attachment_holder;
}

/// Puts a world of simulated servers behind the client's transport. The host of the URL is the name of the server.
exsyncd::http::in_process_server serve(exchange_sim::world& world);

/// Whether the simulated server checks every request and answer against Microsoft's schemas, where they are there.
enum class schemas { checked, unchecked };

/// A mailbox actor with its gateway before one simulated server, in one thread and virtual time: the server's clock is
/// the actors' clock.
class sim_stage : public actor_stage {
public:
  /// `server`: "oldest" (2007 SP1), "old" (2010 SP2) or "new" (SE). The mailbox is ann@<server>.example, reached
  /// directly or by service@<server>.example.
  explicit sim_stage(std::string server, exsyncd::mailbox_access access = exsyncd::mailbox_access::direct,
                     schemas = schemas::checked);
  ~sim_stage();

  /// One control command about ann's mailbox that must not be refused.
  nlohmann::json control(nlohmann::json command);
  /// A fault of the plan, for the next request of this operation (or of any).
  void fault(nlohmann::json what, const std::string& operation = {});
  /// Every item of a folder (or all), as the server has it.
  nlohmann::json contents(const std::string& folder = {});
  nlohmann::json item(const std::string& subject);
  /// A plain mail, delivered; answers its id.
  exsyncd::item_id deliver(const std::string& subject, const std::string& folder = "inbox", bool read = false);
  /// How often an operation was sent, whatever became of it.
  std::size_t requests(const std::string& operation) const;
  /// Mails of any kind that would have gone out.
  std::size_t mails_out();

  exsyncd::mailbox_actor spawn(const std::string& version = "auto", const std::string& secret = "secret");
  /// The same for another address than ann's.
  exsyncd::mailbox_actor spawn_for(const std::string& address, const std::string& version = "auto",
                                   const std::string& secret = "secret");
  exsyncd::folder_id folder(const std::string& path);

  /// Asks and lets time pass until the answer has come: half an hour at most.
  template <class Answer, class Question>
  Answer ask(Question question) {
    return ask_of<Answer>(mailbox, std::move(question));
  }
  template <class Answer, class Actor, class Question>
  Answer ask_of(const Actor& whom, Question question) {
    auto got = std::make_shared<std::optional<Answer>>();
    system.spawn([got, whom, question](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, question).then([got](const Answer& a) { *got = a; });
    });
    run();
    for (int seconds = 0; !*got && seconds < 1800; ++seconds)
      advance(std::chrono::seconds(1));
    if (!*got) throw std::runtime_error("no answer within half an hour");
    return std::move(**got);
  }
  /// One write of one item.
  template <class Question>
  exsyncd::write_outcome write(Question question) {
    auto done = ask<exsyncd::write_done>(std::move(question));
    if (done.outcomes.size() != 1) throw std::runtime_error("not one outcome");
    return done.outcomes[0];
  }

  const std::string server;
  const exsyncd::mailbox_access access;
  std::unique_ptr<exchange_sim::world> world;
  std::shared_ptr<exsyncd::http::transport> transport;
  exsyncd::gateway_actor gateway;
  exsyncd::mailbox_actor mailbox;

private:
  exsyncd::http::run_after after();
  std::vector<std::string> bodies_;
};

std::string base64(const std::string& bytes);

} // namespace tests
