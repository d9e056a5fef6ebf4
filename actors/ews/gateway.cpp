#include "actors/ews/gateway.hpp"

#include "actors/ews/budget.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <exception>
#include <map>
#include <utility>

namespace exsyncd {

/// A transfer has ended: what the I/O thread gathered of it.
struct transfer_ended {
  std::uint64_t turn;
  http::response_head head;
  large_text body;
  http::outcome end;
};

/// Time to look who may go; an older epoch has been overtaken.
struct gateway_tick {
  std::uint64_t epoch;
};

} // namespace exsyncd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::transfer_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::gateway_tick)

namespace exsyncd {

namespace {

using std::chrono::milliseconds;

using gateway_self = gateway_actor::extend<caf::reacts_to<transfer_ended>, caf::reacts_to<gateway_tick>>;

/// Gathers one answer in the I/O thread and hands it to the gateway. The handle is weak: a transfer in flight keeps no
/// gateway alive.
class courier final : public http::handler {
public:
  courier(caf::actor_addr gateway, std::uint64_t turn, spool to)
      : gateway_(std::move(gateway)), turn_(turn), body_(std::move(to)) {}
  void on_head(http::response_head head) override { head_ = std::move(head); }
  void on_chunk(std::string_view bytes) override {
    if (!unwritable_.empty()) return;
    try {
      body_.append(bytes);
    } catch (const std::exception& e) { // a full disk; the I/O thread goes on
      unwritable_ = e.what();
    }
  }
  void on_end(http::outcome end) override {
    if (!unwritable_.empty())
      end.end = http::failed{http::failed_kind::cancelled, true, "the answer cannot be kept: " + unwritable_};
    if (auto to = caf::actor_cast<caf::strong_actor_ptr>(gateway_))
      caf::anon_send(caf::actor_cast<gateway_self>(to),
                     transfer_ended{turn_, std::move(head_), body_.take(), std::move(end)});
  }

private:
  caf::actor_addr gateway_;
  std::uint64_t turn_;
  http::response_head head_;
  large_text_builder body_;
  std::string unwritable_;
};

struct asked {
  exchange what;
  caf::typed_response_promise<exchanged> promise;
  std::optional<http::transfer_id> transfer;
};

struct gateway_state {
  // CAF builds it with the actor; declared, since an aggregate would be initialised by it.
  gateway_state() = default;

  gateway_options options;
  std::optional<exsyncd::budget> budget;
  std::map<std::uint64_t, asked> open;
  std::uint64_t last_turn = 0;
  std::uint64_t epoch = 0;
  std::optional<gateway_time> tick_at; // a tick is under way
  std::uint64_t sent = 0;
  byte_count bytes;
  const char* name = "gateway";
};

using gateway_pointer = gateway_self::stateful_pointer<gateway_state>;

void answer_asker(gateway_state& s, std::uint64_t turn, exchanged with) {
  auto at = s.open.find(turn);
  auto promise = std::move(at->second.promise);
  s.open.erase(at);
  promise.deliver(std::move(with));
}

exchanged refused_by(budget::refusal why) {
  return {not_sent{why.wait, std::move(why.what), why.locked_out}, {}};
}

/// Does as the budget says, and looks again when it says so.
void go_on(gateway_pointer self) {
  auto& s = self->state;
  auto now = self->clock().now();
  auto step = s.budget->advance(now);
  for (auto& [turn, why] : step.refuse)
    answer_asker(s, turn, refused_by(std::move(why)));
  for (auto turn : step.start) {
    auto& a = s.open.at(turn);
    ++s.sent;
    a.transfer =
        s.options.transport->start(a.what.request, std::make_shared<courier>(self->address(), turn, s.options.spool));
  }
  if (!step.again || (s.tick_at && *s.tick_at <= *step.again)) return;
  s.tick_at = step.again;
  self->delayed_send(self, *step.again - now, gateway_tick{++s.epoch});
}

void take(gateway_pointer self, const transfer_ended& m) {
  auto& s = self->state;
  const auto at = s.open.find(m.turn);
  if (at == s.open.end()) return;
  auto* why = std::get_if<http::failed>(&m.end.end);
  auto reading = why ? read_load(*why) : read_load(m.head);
  reading.narrowing = at->second.what.narrowing;
  auto resting = s.budget->ended(m.turn, reading, self->clock().now());
  s.bytes.sent += m.end.bytes.sent;
  s.bytes.received += m.end.bytes.received;
  if (why)
    answer_asker(s, m.turn, {*why, m.end.bytes});
  else
    answer_asker(s, m.turn, {answer{m.head.status, m.head.headers, m.body, resting}, m.end.bytes});
  go_on(self);
}

gateway_status status_of(const gateway_state& s, gateway_time now) {
  gateway_status st;
  st.in_flight = s.budget->in_flight();
  st.waiting = s.budget->waiting();
  st.credit = s.budget->credit(now);
  if (auto rest = s.budget->resting(now)) {
    st.resting = rest->first;
    st.because = rest->second;
  }
  st.resting_mailboxes = s.budget->resting_mailboxes(now);
  st.requests = s.sent;
  st.bytes = s.bytes;
  return st;
}

/// Nobody is left without an answer: what is in flight may have acted, what waits has not.
void end_all(gateway_state& s) {
  for (auto& [turn, a] : std::exchange(s.open, {})) {
    if (a.transfer) {
      s.options.transport->cancel(*a.transfer);
      a.promise.deliver(exchanged{http::failed{http::failed_kind::cancelled, true, "the gateway is ending"}, {}});
    } else {
      a.promise.deliver(exchanged{not_sent{{}, "the gateway is ending"}, {}});
    }
  }
}

gateway_self::behavior_type gateway(gateway_pointer self, const gateway_options& options) {
  auto& s = self->state;
  s.options = options;
  s.budget.emplace(budget_settings{options.credit, options.queue, options.rest, options.longest_rest}, options.random);
  self->set_exit_handler([self](caf::exit_msg& m) {
    end_all(self->state);
    self->quit(std::move(m.reason));
  });
  return {
      [self](const exchange& m) -> caf::result<exchanged> {
        auto& st = self->state;
        auto turn = ++st.last_turn;
        if (auto no = st.budget->ask(turn, m.mailbox, m.patience, self->clock().now())) return refused_by(*no);
        auto promise = self->make_response_promise<exchanged>();
        st.open.emplace(turn, asked{m, promise, {}});
        go_on(self);
        return promise;
      },
      [self](const server_busy& m) {
        self->state.budget->busy(m.mailbox, m.wait, m.code, self->clock().now());
        go_on(self);
      },
      [self](const ask_gateway_status&) { return status_of(self->state, self->clock().now()); },
      [self](const transfer_ended& m) { take(self, m); },
      [self](const gateway_tick& m) {
        if (m.epoch != self->state.epoch) return;
        self->state.tick_at.reset();
        go_on(self);
      },
  };
}

} // namespace

milliseconds answer_within(const exchange& e) {
  // The transport keeps the total limit itself; the rest is room for a loaded machine.
  return e.patience + e.request->limits.total + std::chrono::seconds(30);
}

gateway_actor spawn_gateway(caf::actor_system& system, gateway_options options) {
  return system.spawn(gateway, std::move(options));
}

} // namespace exsyncd
