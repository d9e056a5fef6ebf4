#include "actors/supervisor_inside.hpp"

#include "actors/logic/back_off.hpp"

#include <algorithm>

namespace exsyncd {

void log(supervisor_self self, log_level level, const std::string& pair, std::string text) {
  self->state.options.context.log({level, std::move(text), pair, {}, {}, {}});
}

supervisor_state::member* find(supervisor_self self, const std::string& name) {
  auto at = self->state.members.find(name);
  return at == self->state.members.end() ? nullptr : &at->second;
}

/// Why a pair that is to run pauses: in the order of the configuration, as many run as the allowances are for.
std::optional<failure> pause_of(supervisor_self self, const std::string& name) {
  const auto& s = self->state;
  if (!s.options.limited || !s.limits) return std::nullopt;
  std::size_t place = 0;
  for (const auto& p : s.options.pairs) {
    if (p.name == name) break;
    if (const auto at = s.members.find(p.name); at != s.members.end() && at->second.wanted) ++place;
  }
  return logic::pause_for(*s.limits, place, s.options.context.wall_clock());
}

void end_mailboxes(supervisor_self self, supervisor_state::member& m) {
  for (side s : both_sides) {
    if (!m.mailboxes[s]) continue;
    self->send_exit(m.mailboxes[s], caf::exit_reason::user_shutdown);
    m.mailboxes[s] = nullptr;
  }
}

/// The settings of what runs: folder pairs that are off are as good as not configured.
pair_settings running(pair_settings settings) {
  std::erase_if(settings.folders, [](const folder_pair_settings& f) { return !f.on; });
  return settings;
}

void end_with(supervisor_self self, const pair_actor& whom) {
  self->attach_functor([weak = caf::actor_cast<caf::weak_actor_ptr>(whom)](const caf::error&) {
    if (const auto still = caf::actor_cast<caf::strong_actor_ptr>(weak))
      caf::anon_send_exit(caf::actor_cast<caf::actor>(still), caf::exit_reason::user_shutdown);
  });
}

both<mailbox_actor> open_mailboxes(supervisor_self self, const pair_settings& settings) {
  const auto& open = self->state.options.open_mailbox;
  const pair_id name{settings.name};
  return {open(settings.primary, name, side::primary), open(settings.replica, name, side::replica)};
}

void launch(supervisor_self self, supervisor_state::member& m) {
  const auto& o = self->state.options;
  // Who may run depends on who else wants to: it starts when all of that is known.
  if (o.limited && (!self->state.limits || self->state.undecided > 0)) return;
  if (const auto why = pause_of(self, m.settings.name)) {
    if (!std::exchange(m.paused, true)) log(self, log_level::warning, m.settings.name, why->what + " — " + why->hint);
    return;
  }
  if (std::exchange(m.paused, false)) log(self, log_level::info, m.settings.name, "goes on: an allowance lets it");
  ++m.life;
  m.started_at = self->clock().now();
  m.mailboxes = open_mailboxes(self, m.settings);
  for (side s : both_sides)
    self->monitor(m.mailboxes[s]);
  both<notifier_actor> notifiers;
  if (o.polling && o.open_notifier)
    notifiers = {o.open_notifier(m.settings.primary), o.open_notifier(m.settings.replica)};
  std::function<notifier_actor(side)> again;
  if (o.polling && o.open_notifier)
    again = [open = o.open_notifier, primary = m.settings.primary, replica = m.settings.replica](side s) {
      return open(s == side::primary ? primary : replica);
    };
  std::set<folder_pair_id> off;
  for (const auto& f : m.settings.folders)
    if (!f.on) off.insert(folder_pair_id{f.name});
  m.actor = self->spawn<caf::monitored>(pair, pair_options{running(m.settings), m.mailboxes, o.ledger, o.context,
                                                           o.polling, std::move(notifiers), std::move(again), o.undo,
                                                           o.undo_files, o.leases, std::move(off)});
  end_with(self, m.actor);
  log(self, log_level::info, m.settings.name, "started");
}

namespace {

/// What an actor that ended has said of it, without what CAF writes around it.
std::string words_of(const caf::error& why) {
  if (auto said = why.context(); said.match_elements<std::string>()) return said.get_as<std::string>(0);
  return caf::to_string(why);
}

void pair_down(supervisor_self self, supervisor_state::member& m, const caf::error& why) {
  m.actor = nullptr;
  end_mailboxes(self, m);
  if (!m.wanted) return;
  ++m.restarts;
  constexpr std::chrono::hours long_enough{1}; // what ends after that is no sequel of what ended before
  if (self->clock().now() - m.started_at > long_enough) m.restarts_in_a_row = 0;
  ++m.restarts_in_a_row;
  auto rest = logic::back_off(m.restarts_in_a_row, self->state.options.context.random());
  log(self, log_level::error, m.settings.name,
      "ended unexpectedly (" + words_of(why) + "); started again in " + std::to_string(rest.count()) + " s");
  self->delayed_send(self, rest, start_again{m.settings.name, m.life});
}

} // namespace

/// Remembers what an administrator wants, and what the file said at that time.
void remember(supervisor_self self, const supervisor_state::member& m) {
  const auto& o = self->state.options;
  self->request(o.ledger, ledger_patience,
                set_pair_memory{pair_id{m.settings.name}, pair_memory{m.wanted, m.settings.start}})
      .then([](const stored&) {}, [](const caf::error&) {}); // the ledger's death is noticed by its monitor
}

namespace {

/// Ends what runs of a pair; `then` is called when nothing of it is under way.
void end_run(supervisor_self self, supervisor_state::member& m, std::function<void()> then) {
  if (!m.actor) return then();
  auto name = m.settings.name;
  // Let go at the answer, not at its end, which comes a little later: whoever asks next must find it stopped.
  auto let_go = [self, name = std::move(name), life = m.life, then = std::move(then)] {
    if (auto* stopped = find(self, name); stopped && stopped->life == life) {
      stopped->actor = nullptr;
      end_mailboxes(self, *stopped);
    }
    then();
    // It was wanted again while it ended.
    if (auto* stopped = find(self, name); stopped && stopped->wanted && !stopped->actor && !stopped->renewing)
      launch(self, *stopped);
  };
  self->request(m.actor, caf::infinite, stop_pair{})
      .then([let_go](const pair_stopped&) { let_go(); }, [let_go](const caf::error&) { let_go(); });
}

} // namespace

/// Stops one pair; `then` is called when nothing of it is under way.
void halt(supervisor_self self, supervisor_state::member& m, std::function<void()> then) {
  m.wanted = false;
  end_run(self, m, std::move(then));
}

/// Lets run what may run, and pauses what may not: after a change of the limits, or of who wants to run.
void reconsider(supervisor_self self) {
  auto& s = self->state;
  if (!s.options.limited || !s.limits || s.undecided > 0) return;
  for (const auto& p : s.options.pairs) {
    auto* m = find(self, p.name);
    if (!m || !m->wanted) continue;
    if (!m->actor) {
      launch(self, *m);
    } else if (const auto why = pause_of(self, p.name); why && !m->pausing) {
      m->paused = m->pausing = true;
      log(self, log_level::warning, p.name, why->what + " — " + why->hint);
      end_run(self, *m, [self, name = p.name] {
        auto* paused = find(self, name);
        if (!paused) return;
        paused->pausing = false;
        reconsider(self); // it may run again by now
      });
    }
  }
}

namespace {

/// Runs `what` once it is known of every pair whether it is to run: nobody finds a pair stopped that is about to start.
void when_decided(supervisor_self self, std::function<void()> what) {
  if (self->state.undecided == 0) return what();
  self->state.when_decided.push_back(std::move(what));
}

void one_decided(supervisor_self self) {
  if (--self->state.undecided > 0) return;
  reconsider(self);
  for (auto& run : std::exchange(self->state.when_decided, {}))
    run();
}

/// An answer that waits for that.
template <class Answer, class Body>
caf::result<Answer> answer_when_decided(supervisor_self self, Body body) {
  auto promise = self->make_response_promise<Answer>();
  when_decided(self, [promise, body] { body(promise); });
  return promise;
}

/// What the pair shall do: as last said over the socket, unless "start" has changed in the file since.
void decide_and_launch(supervisor_self self, const std::string& name) {
  ++self->state.undecided;
  self->request(self->state.options.ledger, ledger_patience, load_memory{pair_id{name}})
      .then(
          [self, name](const memory_loaded& loaded) {
            if (auto* m = find(self, name); m && !m->actor) {
              const auto& said = loaded.memory;
              const bool holds = said && said->started && said->start_in_file == m->settings.start;
              m->wanted = holds ? *said->started : m->settings.start;
              // What was said is void for good, also where "start" changes back later.
              if (said && !holds) remember(self, *m);
              if (m->wanted) launch(self, *m);
            }
            one_decided(self);
          },
          [self](const caf::error&) { one_decided(self); });
}

/// Nothing of it runs any more: now it becomes what is wanted of it by this time, whatever was wanted when it was told
/// to end.
void become_wanted(supervisor_self self, const std::string& name) {
  auto* m = find(self, name);
  if (!m) return one_decided(self);
  if (!m->removed) {
    m->renewing = false;
    decide_and_launch(self, name);
    return one_decided(self);
  }
  const auto& o = self->state.options;
  const auto gone = [self, name] {
    auto* left = find(self, name);
    if (left && !left->removed) return become_wanted(self, name); // it has come back
    self->state.members.erase(name);
    one_decided(self);
  };
  // One that was forgotten leaves nothing to be kept; one that was taken out of the file may come back into it.
  self->request(o.ledger, ledger_patience, leave_pairs{{{pair_id{name}, o.context.wall_clock()}}})
      .then([gone](const stored&) { gone(); }, [gone](const caf::error&) { gone(); });
}

void renew(supervisor_self self, supervisor_state::member& m) {
  if (std::exchange(m.renewing, true)) return;
  ++self->state.undecided;
  halt(self, m, [self, name = m.settings.name] { become_wanted(self, name); });
}

void set_pairs(supervisor_self self, const std::vector<pair_settings>& pairs) {
  auto& members = self->state.members;
  std::vector<std::string> names; // halting a pair may take it out of the members at once
  for (const auto& [name, m] : members)
    names.push_back(name);
  for (const auto& name : names) {
    auto& m = members.at(name);
    const auto at = std::find_if(pairs.begin(), pairs.end(), [&](const pair_settings& p) { return p.name == name; });
    const bool removed = at == pairs.end();
    if (removed == m.removed && (removed || *at == m.settings)) continue;
    m.removed = removed;
    if (!removed) m.settings = *at;
    renew(self, m);
  }
  for (const auto& p : pairs)
    if (!members.contains(p.name)) {
      members[p.name].settings = p;
      decide_and_launch(self, p.name);
    }
}

/// Pairs that were taken out of the file while the daemon did not run.
void leave_unknown(supervisor_self self) {
  const auto& o = self->state.options;
  self->request(o.ledger, ledger_patience, load_pairs{})
      .then(
          [self](const pairs_loaded& loaded) {
            const auto& o = self->state.options;
            leave_pairs call;
            for (const auto& pair : loaded.pairs)
              if (!find(self, pair.value)) call.pairs.push_back({pair, o.context.wall_clock()});
            if (call.pairs.empty()) return;
            self->request(o.ledger, ledger_patience, std::move(call))
                .then([](const stored&) {}, [](const caf::error&) {}); // the ledger's death is noticed by its monitor
          },
          [](const caf::error&) {});
}

} // namespace

supervisor_actor::behavior_type supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
                                           supervisor_options options) {
  auto& state = self->state;
  state.options = std::move(options);
  self->monitor(state.options.ledger);
  self->set_down_handler([self](caf::down_msg& down) {
    const auto& o = self->state.options;
    if (down.source == o.ledger.address())
      return o.on_fatal("the state directory cannot be written any more, so exsyncd ends: " + words_of(down.reason));
    for (auto& [name, m] : self->state.members)
      if (m.actor && down.source == m.actor.address()) return pair_down(self, m, down.reason);
    // A mailbox that has died takes its pair along: both start anew, and what was under way is looked for.
    for (auto& [name, m] : self->state.members)
      for (side s : both_sides)
        if (m.actor && m.mailboxes[s] && down.source == m.mailboxes[s].address())
          return self->send_exit(m.actor, down.reason ? down.reason : caf::exit_reason::unhandled_exception);
  });
  if (state.options.limited) {
    ++state.undecided; // until the meter tells
    self->send(state.options.meter, follow_limits{caf::actor_cast<caf::weak_actor_ptr>(self)});
  }
  set_pairs(self, state.options.pairs);
  leave_unknown(self);
  return {
      [self](const ask_pairs&) {
        return answer_when_decided<pairs_are>(self, [self](auto promise) { overview(self, promise); });
      },
      [self](const start_pairs& what) {
        return answer_when_decided<pair_answers>(
            self, [self, names = what.names](auto promise) { start_or_stop(self, promise, names, true); });
      },
      [self](const stop_pairs& what) {
        return answer_when_decided<pair_answers>(
            self, [self, names = what.names](auto promise) { start_or_stop(self, promise, names, false); });
      },
      [self](const sync_pairs& what) {
        return answer_when_decided<pairs_synced>(
            self, [self, names = what.names](auto promise) { sync(self, promise, names); });
      },
      [self](const plan_one& what) {
        return answer_when_decided<rehearsed>(self,
                                              [self, name = what.pair](auto promise) { plan(self, promise, name); });
      },
      [self](const verify_one& what) {
        return answer_when_decided<verified>(self, [self, what](auto promise) { verify_sides(self, promise, what); });
      },
      [self](const put_back_one& what) {
        return answer_when_decided<were_put_back>(self,
                                                  [self, what](auto promise) { put_items_back(self, promise, what); });
      },
      [self](const approve_one& what) {
        return answer_when_decided<pair_answers>(
            self, [self, what](auto promise) { release(self, promise, what.pair, what.folder_pair, false); });
      },
      [self](const restore_one& what) {
        return answer_when_decided<pair_answers>(
            self, [self, what](auto promise) { release(self, promise, what.pair, what.folder_pair, true); });
      },
      [self](const take_over_one& what) {
        return answer_when_decided<pair_answers>(self,
                                                 [self, what](auto promise) { take_over_leases(self, promise, what); });
      },
      [self](const resync_pairs& what) {
        return answer_when_decided<pair_answers>(self, [self, what](auto promise) { resync(self, promise, what); });
      },
      [self](const ask_capabilities& what) { return capabilities(self, what); },
      [self](const ask_conflicts& what) { return conflicts(self, what); },
      [self](const ask_bans& what) { return bans(self, what); },
      [self](const lift_bans& what) { return lift(self, what); },
      [self](const reconfigure& what) {
        self->state.options.pairs = what.pairs;
        set_pairs(self, what.pairs);
        reconsider(self); // their order may have changed
        return reconfigured{};
      },
      [self](const shut_down&) { return shut_all(self); },
      [self](const limits_are& what) {
        const bool is_first = !self->state.limits;
        self->state.limits = what.standing;
        if (is_first) return one_decided(self);
        reconsider(self);
      },
      [self](const start_again& what) {
        auto* m = find(self, what.pair);
        if (m && m->wanted && !m->actor && m->life == what.life) launch(self, *m);
      },
  };
}

} // namespace exsyncd
