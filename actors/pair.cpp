#include "actors/pair.hpp"

#include "actors/lease_keeper.hpp"
#include "actors/logic/back_off.hpp"
#include "actors/sync_round.hpp"
#include "config/sides.hpp"

#include <algorithm>
#include <utility>

namespace exsyncd {
namespace {

/// How long a tombstone is kept: a create that comes to light so late was not lost in a server.
constexpr std::chrono::hours tombstone_age{24 * 7};

std::chrono::milliseconds polling_interval(const pair_settings& settings) {
  auto shortest = std::chrono::milliseconds::max();
  for (const auto& f : settings.folders)
    shortest = std::min(shortest, f.polling_interval);
  return shortest;
}

void log(pair_self self, log_level level, std::string text, const folder_pair_id& folder = {}, std::string code = {}) {
  const auto& o = self->state.options;
  o.context.log({level, std::move(text), o.settings.name, folder.value, {}, std::move(code)});
}

void schedule(pair_self self, std::chrono::milliseconds in) {
  auto& state = self->state;
  ++state.epoch;
  if (!state.options.polling) return;
  state.status.next_poll = state.options.context.wall_clock() + std::chrono::ceil<std::chrono::seconds>(in);
  self->delayed_send(self, in, tick{state.epoch});
}

enum class round_kind {
  full,
  hinted // of what was hinted at
};
void start_round(pair_self self, round_kind kind);

/// What takes long renews its leases meanwhile; a pair that rests does so with its rounds.
void arm_lease_timer(pair_self self) {
  auto& state = self->state;
  if (!state.options.leases.on || std::exchange(state.leases.timer, true)) return;
  self->delayed_send(self, lease_life(state.options.settings) / 3, lease_due{});
}

/// The next thing that was asked for, or the timer.
void go_on(pair_self self, std::optional<utc_seconds> next_due) {
  auto& state = self->state;
  if (state.stopping && !std::exchange(state.releasing, true)) return release_leases(self, [self] { go_on(self, {}); });
  if (state.stopping) {
    for (auto& p : state.stops)
      p.deliver(pair_stopped{});
    for (auto& p : state.waiting)
      p.deliver(round_report{});
    state.stops.clear();
    state.waiting.clear();
    watch(self, {});
    for (auto& [name, f] : state.folder_pairs)
      self->send_exit(f, caf::exit_reason::user_shutdown);
    self->send_exit(state.judge, caf::exit_reason::user_shutdown);
    self->quit();
    return;
  }
  if (!state.waiting.empty() || state.dirty) return start_round(self, round_kind::full);
  // After a failure the back-off says when: a hint must not hurry it.
  if (!state.hinted.empty() && state.failed_in_a_row == 0) return start_round(self, round_kind::hinted);
  auto in = polling_interval(state.options.settings);
  // Hints may be lost, also those of one folder while others keep coming: everything is listed in its time.
  if (state.poll_at)
    in = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*state.poll_at - self->clock().now()),
                    std::chrono::milliseconds(0), in);
  if (state.failed_in_a_row > 0)
    in =
        std::min<std::chrono::milliseconds>(in, logic::back_off(state.failed_in_a_row, state.options.context.random()));
  for (const auto& [name, f] : state.status.failures)
    if (f.wait) in = std::max(in, *f.wait);
  // What is due does not hurry the back-off either.
  if (next_due && state.failed_in_a_row == 0) {
    auto until = *next_due - state.options.context.wall_clock() + std::chrono::seconds(1);
    in = std::min<std::chrono::milliseconds>(in, std::max<std::chrono::seconds>(until, std::chrono::seconds(1)));
  }
  schedule(self, in);
}

void tell(pair_self self, const round_report& report) {
  auto& state = self->state;
  for (const auto& [name, f] : report.failures) {
    const auto& before = state.status.failures;
    // Once, not at every round: what stays as it was is in the status.
    if (std::find(before.begin(), before.end(), std::pair{name, f}) == before.end())
      log(self, f.retry == retry::later ? log_level::warning : log_level::error,
          f.what + (f.hint.empty() ? "" : " — " + f.hint), name, f.code);
  }
  if (!state.status.failures.empty() && report.failures.empty()) log(self, log_level::info, "works again");
  if (report.writes > 0)
    log(self, log_level::info,
        std::to_string(report.writes) + (report.writes == 1 ? " change" : " changes") + " carried over");
}

void round_ended(pair_self self, sync_round::outcome o) {
  auto& state = self->state;
  auto& status = state.status;
  state.round.reset();
  tell(self, o.report);
  ++status.rounds;
  status.syncing = false;
  status.failures = o.report.failures;
  status.held = o.report.held;
  status.waiting = o.report.waiting;
  status.failed = o.report.failed;
  auto now = state.options.context.wall_clock();
  if (o.report.writes > 0) status.last_change = now;
  if (o.report.in_step()) status.last_sync = now;
  const auto& failures = o.report.failures;
  const bool all_wait = std::all_of(failures.begin(), failures.end(),
                                    [](const auto& of_folder) { return waits_for_somebody(of_folder.second); });
  state.failed_in_a_row = all_wait ? 0 : state.failed_in_a_row + 1;
  status.phase = pair_phase::started;
  for (const auto& [name, f] : o.report.failures) {
    bool busy = (f.wait && f.code != "HTTP 401") || f.code == "ErrorServerBusy";
    if (busy && status.phase != pair_phase::error)
      status.phase = pair_phase::throttled;
    else if (name.empty())
      status.phase = pair_phase::error;
  }
  go_on(self, o.next_due);
}

void start_round(pair_self self, round_kind kind) {
  auto& state = self->state;
  ++state.epoch; // the timer that was set is void
  auto waiting = std::move(state.waiting);
  state.waiting.clear();
  auto hinted = std::exchange(state.hinted, {});
  if (kind == round_kind::full) {
    hinted.clear();
    state.dirty = false;
    state.poll_at = self->clock().now() + polling_interval(state.options.settings);
  }
  state.status.syncing = true;
  state.status.done = state.status.writes = state.status.waiting = state.status.failed = 0;
  arm_lease_timer(self);
  state.round = std::make_shared<sync_round>(self, std::move(hinted), [self, waiting](sync_round::outcome o) mutable {
    for (auto& p : waiting)
      p.deliver(o.report);
    round_ended(self, std::move(o));
  });
  state.round->start();
}

void note_hints(pair_self self, side s, bool live, const std::string& why) {
  auto& status = self->state.status;
  if (status.live[s] == live && status.polled_because[s] == why) return;
  status.live[s] = live;
  status.polled_because[s] = why;
  const std::string name = s == side::primary ? "primary" : "replica";
  if (live)
    log(self, log_level::info, name + ": changes are told as they happen (streaming)");
  else
    log(self, log_level::warning, name + ": changes are found by polling: " + why);
}

} // namespace

void hold_folder_pair(pair_self self, const folder_pair_settings& settings) {
  auto& held = self->state.folder_pairs;
  if (held.contains(folder_pair_id{settings.name})) return;
  const auto& o = self->state.options;
  held[folder_pair_id{settings.name}] = self->spawn<caf::linked>(
      folder_pair, folder_pair_options{pair_id{o.settings.name}, settings, o.mailboxes, o.ledger, o.context,
                                       caf::actor_cast<caf::weak_actor_ptr>(self), o.undo});
}

void watch(pair_self self, const places& where) {
  auto& state = self->state;
  for (side s : both_sides) {
    if (state.notifier_died[s] && !where.empty() && state.options.open_notifier) {
      state.notifier_died[s] = false;
      state.watched[s].clear();
      state.options.notifiers[s] = state.options.open_notifier(s);
      if (state.options.notifiers[s]) self->monitor(state.options.notifiers[s]);
    }
    if (!state.options.notifiers[s]) continue;
    std::vector<folder_id> folders;
    for (const auto& [name, ids] : where) {
      // Public folders have other rules: they are compared, not listened to. A subfolder is named after its root.
      const auto is_public = [&, &name = name](const folder_pair_settings& f) {
        const auto& path = s == side::primary ? f.primary : f.replica;
        return names_public_folder(path) && (name.value == f.name || name.value.starts_with(f.name + "/"));
      };
      const auto& all = state.options.settings.folders;
      if (std::none_of(all.begin(), all.end(), is_public)) folders.push_back(ids[s]);
    }
    if (folders == state.watched[s]) continue;
    state.watched[s] = folders;
    const auto& settings = state.options.settings;
    self->send(state.options.notifiers[s],
               watch_folders{settings.name + (s == side::primary ? "/primary" : "/replica"),
                             (s == side::primary ? settings.primary : settings.replica).mailbox, s, std::move(folders),
                             caf::actor_cast<caf::weak_actor_ptr>(self)});
  }
}

void note_sight(pair_self self, const folder_pair_id& folder, side s, const out_of_sight& now) {
  auto& known = self->state.status.unseen[folder][s];
  const auto before = std::exchange(known, now);
  if (known == before) return;
  const auto& settings = self->state.options.settings;
  const auto where =
      (s == side::primary ? "primary " + settings.primary.mailbox : "replica " + settings.replica.mailbox);
  if (known.hidden <= before.hidden && known.doubted <= before.doubted)
    log(self, log_level::info,
        where + (known.nothing() ? ": every item is in sight again"
                                 : ": " + std::to_string(known.hidden) + " hidden items are left"),
        folder);
  else
    log(self, log_level::warning, where + ": " + text_of(known) + " — " + hint_for(known), folder, "hidden");
}

pair_actor::behavior_type pair(pair_actor::stateful_pointer<pair_state> self, pair_options options) {
  auto& state = self->state;
  state.options = std::move(options);
  const auto& o = state.options;
  pair_id name{o.settings.name};
  // If a part of the pair breaks, all of it ends, and the supervisor starts it anew from the ledger.
  state.judge = self->spawn<caf::linked>(arbiter, name, o.ledger, o.context);
  for (const auto& f : o.settings.folders)
    hold_folder_pair(self, f);
  self->set_exit_handler(
      [self](caf::exit_msg& m) { self->quit(m.reason ? m.reason : caf::exit_reason::user_shutdown); });
  for (side s : both_sides)
    if (o.notifiers[s]) self->monitor(o.notifiers[s]);
  self->set_down_handler([self](const caf::down_msg& m) {
    for (side s : both_sides) {
      auto& n = self->state.options.notifiers[s];
      if (!n || m.source != n.address()) continue;
      n = nullptr; // the next round asks for another one
      self->state.notifier_died[s] = true;
      note_hints(self, s, false, "the notifier ended: " + caf::to_string(m.reason));
    }
  });
  self->request(o.ledger, ledger_patience, prune_buried{name, o.context.wall_clock() - tombstone_age})
      .then([](const stored&) {}, [self](const caf::error& e) { self->quit(e); });
  if (o.polling) schedule(self, std::chrono::milliseconds(0));
  return {
      [self](const tick& t) {
        if (t.epoch == self->state.epoch && !self->state.round && !self->state.stopping)
          start_round(self, round_kind::full);
      },
      [self](const folder_dirty& hint) {
        auto& s = self->state;
        s.dirty = s.dirty || hint.folders.empty();
        s.hinted.insert(hint.folders.begin(), hint.folders.end());
        if (s.round || s.stopping) return;
        if (s.dirty)
          start_round(self, round_kind::full);
        else if (s.failed_in_a_row == 0)
          start_round(self, round_kind::hinted);
      },
      [self](const hints_state& told) { note_hints(self, told.side, told.live, told.why); },
      [self](const batch_carried& b) {
        auto& s = self->state.status;
        s.done += b.done;
        s.writes += b.writes;
        s.waiting += b.waiting;
        s.failed += b.failed;
      },
      [self](const sync_now&) -> caf::result<round_report> {
        auto promise = self->make_response_promise<round_report>();
        self->state.waiting.push_back(promise);
        if (!self->state.round && !self->state.stopping) start_round(self, round_kind::full);
        return promise;
      },
      [self](const ask_pair_status&) { return self->state.status; },
      [self](const take_over& what) {
        auto& s = self->state;
        taken_over result;
        for (const auto& [name, is] : s.status.leases)
          if (is.state == lease_state::elsewhere && (what.folder_pair.empty() || name == what.folder_pair))
            result.folders.push_back(name);
        s.leases.to_take_over.insert(result.folders.begin(), result.folders.end());
        if (result.folders.empty()) return result;
        s.dirty = true;
        if (!s.round && !s.stopping) start_round(self, round_kind::full);
        return result;
      },
      [self](const lease_due&) {
        auto& s = self->state;
        s.leases.timer = false;
        if (!s.round) return;
        arm_lease_timer(self);
        renew_leases(self, [self](const lease_failures& lost) {
          for (const auto& [name, why] : lost)
            if (self->state.round) self->state.round->lose(name, why);
        });
      },
      [self](const stop_pair&) -> caf::result<pair_stopped> {
        auto promise = self->make_response_promise<pair_stopped>();
        self->state.stops.push_back(promise);
        self->state.stopping = true;
        if (self->state.round)
          self->state.round->halt();
        else if (!self->state.releasing)
          go_on(self, {});
        return promise;
      },
  };
}

} // namespace exsyncd
