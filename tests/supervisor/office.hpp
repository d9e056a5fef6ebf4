#pragma once

#include "actors/supervisor.hpp"

#include "storage/memory_engine.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/scripted_mailbox.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace exsyncd::testing {

/// A pair of NAME@hq.example and NAME@branch.example with their inboxes.
pair_settings pair_named(const std::string& name, bool start = true);

/// A daemon's supervisor over mailboxes in memory, in one thread and virtual time. The disk and the mailboxes outlive a
/// restart.
class office {
public:
  explicit office(std::vector<pair_settings> pairs, memory_engine::contents disk = {});
  /// Another daemon, on another host, over the same mailboxes. Its time passes by itself.
  office(std::vector<pair_settings> pairs, const office& beside, memory_engine::contents disk = {});
  ~office();
  office(const office&) = delete;

  model_mailbox& box(const std::string& address);
  /// Another address of a mailbox.
  void same_box(const std::string& alias, const std::string& address);
  void deliver(const std::string& address, const std::string& id, const std::string& folder = "inbox");
  /// Deletes so many of what is in a folder, all if not said.
  void clear(const std::string& address, const std::string& folder = "inbox", std::size_t most = ~std::size_t{0});
  std::size_t mails(const std::string& address, const std::string& folder = "inbox");

  template <class Answer, class Question>
  Answer ask(Question q) {
    return stage_.ask_now<Answer>(supervisor_, std::move(q));
  }
  /// The answer may take its time.
  template <class Answer, class Question>
  std::shared_ptr<std::optional<Answer>> ask_later(Question q) {
    auto got = std::make_shared<std::optional<Answer>>();
    stage_.system.spawn([got, whom = supervisor_, q](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, q).then([got](const Answer& a) { *got = a; });
    });
    stage_.run();
    return got;
  }
  /// A round of the only pair.
  round_report sync();
  void advance(std::chrono::milliseconds t, std::chrono::milliseconds step = std::chrono::seconds(1));
  pair_overview overview(const std::string& name);
  pair_condition condition(const std::string& name) { return overview(name).condition; }
  /// The daemon ends, and another one with these pairs starts on what was on disk.
  void restart(std::vector<pair_settings> pairs);
  void restart(std::vector<pair_settings> pairs, memory_engine::contents disk);
  void kill_mailbox(const std::string& address);
  void kill_ledger();
  memory_engine::contents disk() const { return engine_->synced(); }
  /// What the ledger's owner would do: in the store, and to disk.
  void keep(const keep_declaration& what);
  utc_seconds now() const;

  std::chrono::seconds clock_set_by{0}; // by somebody, against the time that passes
  std::string fatal;
  std::function<fault(const mailbox_call&)> script;
  std::vector<std::string> log;
  std::map<std::string, std::size_t> calls; // of mailboxes, by name

private:
  void start();

  std::vector<pair_settings> pairs_;
  memory_engine::contents disk_;
  std::string host_ = "one";
  std::shared_ptr<std::map<std::string, std::shared_ptr<model_mailbox>>> boxes_ =
      std::make_shared<std::map<std::string, std::shared_ptr<model_mailbox>>>();
  std::map<std::string, mailbox_actor> open_;
  std::shared_ptr<memory_engine> engine_;
  std::uint64_t minted_ = 0;
  tests::actor_stage stage_;
  ledger_actor ledger_;
  supervisor_actor supervisor_;
};

} // namespace exsyncd::testing
