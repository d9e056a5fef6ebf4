#include "actors/rehearsal.hpp"
#include "actors/supervisor_inside.hpp"
#include "actors/verification.hpp"

#include <functional>
#include <memory>

// What is done for a pair with mailboxes of its own, whether the pair runs or not.
namespace exsyncd {
namespace {

/// Why it cannot be looked at now.
std::optional<failure> cannot_look(supervisor_self self, const std::string& name) {
  const auto* m = find(self, name);
  if (!m) return no_such_pair(name);
  if (m->planning)
    return failure{reach::account,
                   retry::later,
                   {},
                   "planning",
                   "a plan or a comparison of \"" + name + "\" is being made",
                   "ask again when it is there"};
  // To look is traffic.
  return m->wanted && !m->actor ? pause_of(self, name) : std::nullopt;
}

/// Spawns who looks, asks him, and ends the mailboxes that he had.
template <class Answer, class Question, class Spawn>
void look(supervisor_self self, caf::typed_response_promise<Answer> promise, const std::string& name, Question question,
          Spawn spawn) {
  auto* m = find(self, name);
  m->planning = true;
  const auto mailboxes = open_mailboxes(self, m->settings);
  const auto end = [self, name, mailboxes] {
    for (side s : both_sides)
      self->send_exit(mailboxes[s], caf::exit_reason::user_shutdown);
    if (auto* seen = find(self, name)) seen->planning = false;
  };
  self->request(spawn(running(m->settings), mailboxes), caf::infinite, std::move(question))
      .then(
          [promise, end](Answer& answer) mutable {
            promise.deliver(std::move(answer));
            end();
          },
          [promise, end](const caf::error& e) mutable {
            promise.deliver(
                Answer{failure{reach::account, retry::later, {}, "ended", "it ended: " + caf::to_string(e), {}}});
            end();
          });
}

} // namespace

void plan(supervisor_self self, caf::typed_response_promise<rehearsed> promise, const std::string& name) {
  if (auto why = cannot_look(self, name)) {
    promise.deliver(rehearsed{std::move(*why)});
    return;
  }
  look(self, promise, name, rehearse{}, [self](pair_settings settings, const both<mailbox_actor>& mailboxes) {
    const auto& o = self->state.options;
    return self->spawn(rehearsal, rehearsal_options{std::move(settings), mailboxes, o.ledger, o.context, o.leases.on});
  });
}

void verify_sides(supervisor_self self, caf::typed_response_promise<verified> promise, const verify_one& what) {
  const std::function<void()> go = [self, promise, what]() mutable {
    if (auto why = cannot_look(self, what.pair)) {
      promise.deliver(verified{std::move(*why)});
      return;
    }
    look(self, promise, what.pair, what.how, [self](pair_settings settings, const both<mailbox_actor>& mailboxes) {
      const auto& o = self->state.options;
      return self->spawn(verifier, verifier_options{std::move(settings), mailboxes, o.ledger, o.context, o.leases.on});
    });
  };
  // What a round would do anyway is no difference.
  const auto* m = find(self, what.pair);
  if (!m || !m->actor || m->planning) return go();
  self->request(m->actor, caf::infinite, sync_now{})
      .then([go](const round_report&) { go(); }, [go](const caf::error&) { go(); });
}

void put_items_back(supervisor_self self, caf::typed_response_promise<were_put_back> promise,
                    const put_back_one& what) {
  if (auto why = cannot_look(self, what.pair)) {
    promise.deliver(were_put_back{std::move(*why)});
    return;
  }
  look(self, promise, what.pair, what.what, [self](pair_settings settings, const both<mailbox_actor>& mailboxes) {
    const auto& o = self->state.options;
    return self->spawn(putting_back,
                       putting_back_options{std::move(settings), mailboxes, o.ledger, o.undo_files, o.context});
  });
}

} // namespace exsyncd
