#include "actors/supervisor.hpp"

#include "actors/logic/back_off.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

using supervisor_self = supervisor_actor::stateful_pointer<supervisor_state>;

failure no_such_pair(const std::string& name) {
  return {reach::account,
          retry::never,
          {},
          "unknown-pair",
          "there is no pair \"" + name + "\"",
          "pair.list shows the pairs of the configuration"};
}

failure not_running(const std::string& name) {
  return {
      reach::account, retry::never, {}, "stopped", "the pair \"" + name + "\" is stopped", "start it with pair.start"};
}

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

both<mailbox_actor> open_mailboxes(supervisor_self self, const pair_settings& settings) {
  const auto& open = self->state.options.open_mailbox;
  const pair_id name{settings.name};
  return {open(settings.primary, name, side::primary), open(settings.replica, name, side::replica)};
}

void launch(supervisor_self self, supervisor_state::member& m) {
  if (m.planning) return; // two would pull the same lists; it starts when the plan is there
  const auto& o = self->state.options;
  // Who may run depends on who else wants to: it starts when all of that is known.
  if (o.limited && (!self->state.limits || self->state.undecided > 0)) return;
  if (const auto why = pause_of(self, m.settings.name)) {
    if (!std::exchange(m.paused, true)) log(self, log_level::warning, m.settings.name, why->what + " — " + why->hint);
    return;
  }
  if (std::exchange(m.paused, false)) log(self, log_level::info, m.settings.name, "goes on: an allowance lets it");
  ++m.life;
  m.mailboxes = open_mailboxes(self, m.settings);
  for (side s : both_sides)
    self->monitor(m.mailboxes[s]);
  both<notifier_actor> notifiers;
  if (o.polling && o.open_notifier)
    notifiers = {o.open_notifier(m.settings.primary), o.open_notifier(m.settings.replica)};
  m.actor = self->spawn<caf::monitored>(
      pair, pair_options{running(m.settings), m.mailboxes, o.ledger, o.context, o.polling, std::move(notifiers)});
  log(self, log_level::info, m.settings.name, "started");
}

void pair_down(supervisor_self self, supervisor_state::member& m, const caf::error& why) {
  m.actor = nullptr;
  end_mailboxes(self, m);
  if (!m.wanted) return;
  ++m.restarts;
  ++m.restarts_in_a_row;
  auto rest = logic::back_off(m.restarts_in_a_row, self->state.options.context.random());
  log(self, log_level::error, m.settings.name,
      "ended unexpectedly (" + caf::to_string(why) + "); started again in " + std::to_string(rest.count()) + " s");
  self->delayed_send(self, rest, start_again{m.settings.name, m.life});
}

/// Remembers what an administrator wants, and what the file said at that time.
void remember(supervisor_self self, const supervisor_state::member& m) {
  const auto& o = self->state.options;
  self->request(o.ledger, ledger_patience,
                set_pair_memory{pair_id{m.settings.name}, pair_memory{m.wanted, m.settings.start}})
      .then([](const stored&) {}, [](const caf::error&) {}); // the ledger's death is noticed by its monitor
}

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
  };
  self->request(m.actor, mailbox_patience, stop_pair{})
      .then([let_go](const pair_stopped&) { let_go(); }, [let_go](const caf::error&) { let_go(); });
}

/// Stops one pair; `then` as above.
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

/// Runs `what` once it is known of every pair whether it is to run: nobody finds a pair stopped that is about to start.
void when_decided(supervisor_self self, std::function<void()> what) {
  if (self->state.undecided == 0) return what();
  self->state.when_decided.push_back(std::move(what));
}

void reconsider(supervisor_self self);

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

/// Calls `then` once `count` calls of the returned function were made; at once where there are none.
std::function<void()> after(std::size_t count, std::function<void()> then) {
  if (count == 0) {
    then();
    return [] {};
  }
  auto left = std::make_shared<std::size_t>(count);
  return [left, then = std::move(then)] {
    if (--*left == 0) then();
  };
}

void set_pairs(supervisor_self self, const std::vector<pair_settings>& pairs) {
  auto& members = self->state.members;
  auto wanted = [&](const std::string& name) {
    return std::find_if(pairs.begin(), pairs.end(), [&](const pair_settings& p) { return p.name == name; });
  };
  std::vector<std::string> names; // halting a pair may take it out of the members at once
  for (const auto& [name, m] : members)
    names.push_back(name);
  for (const auto& name : names) {
    auto& m = members.at(name);
    auto at = wanted(name);
    if (at != pairs.end() && *at == m.settings) continue;
    ++self->state.undecided;
    halt(self, m, [self, name, settings = at == pairs.end() ? std::optional<pair_settings>() : *at] {
      if (auto* m = find(self, name)) {
        if (settings) {
          m->settings = *settings;
          decide_and_launch(self, name);
        } else {
          self->state.members.erase(name);
        }
      }
      one_decided(self);
    });
  }
  for (const auto& p : pairs)
    if (!members.contains(p.name)) {
      members[p.name].settings = p;
      decide_and_launch(self, p.name);
    }
}

std::vector<std::string> names_or_all(supervisor_self self, const std::vector<std::string>& names) {
  if (!names.empty()) return names;
  std::vector<std::string> all;
  for (const auto& p : self->state.options.pairs)
    if (auto* m = find(self, p.name); m && m->actor) all.push_back(p.name);
  return all;
}

pair_condition condition_of(pair_phase phase) {
  switch (phase) {
  case pair_phase::starting:
    return pair_condition::starting;
  case pair_phase::started:
    return pair_condition::started;
  case pair_phase::throttled:
    return pair_condition::throttled;
  case pair_phase::error:
    return pair_condition::error;
  }
  return pair_condition::error;
}

// ---- requests
// --------------------------------------------------------------------------------------------------------

void overview(supervisor_self self, caf::typed_response_promise<pairs_are> promise) {
  auto result = std::make_shared<pairs_are>();
  for (const auto& p : self->state.options.pairs)
    if (auto* m = find(self, p.name)) {
      result->pairs.push_back({m->settings, pair_condition::stopped, {}, {}, m->restarts, {}});
      if (m->wanted) result->pairs.back().condition = pair_condition::starting;
      if (m->wanted && (!m->actor || m->pausing)) result->pairs.back().paused = pause_of(self, p.name);
      if (result->pairs.back().paused) result->pairs.back().condition = pair_condition::paused;
    }
  auto done = after(result->pairs.size() * 2, [promise, result]() mutable { promise.deliver(std::move(*result)); });
  for (std::size_t i = 0; i < result->pairs.size(); ++i) {
    const auto& name = result->pairs[i].settings.name;
    self->request(self->state.options.ledger, ledger_patience, load_counts{pair_id{name}})
        .then([result, i, done](const pair_counts& c) { result->pairs[i].counts = c, done(); },
              [done](const caf::error&) { done(); });
    auto* m = find(self, name);
    if (!m->actor || result->pairs[i].paused) {
      done();
      continue;
    }
    self->request(m->actor, std::chrono::seconds(30), ask_pair_status{})
        .then(
            [result, i, done](const pair_status& s) {
              result->pairs[i].status = s;
              result->pairs[i].condition = condition_of(s.phase);
              done();
            },
            [done](const caf::error&) { done(); });
  }
}

void start_or_stop(supervisor_self self, caf::typed_response_promise<pair_answers> promise,
                   const std::vector<std::string>& names, bool start) {
  auto result = std::make_shared<pair_answers>();
  auto done = after(names.size(), [promise, result]() mutable { promise.deliver(std::move(*result)); });
  for (const auto& name : names) {
    auto* m = find(self, name);
    result->pairs.push_back({name, m ? std::optional<failure>() : no_such_pair(name)});
    if (!m) {
      done();
    } else if (start) {
      m->wanted = true;
      m->restarts_in_a_row = 0;
      remember(self, *m);
      if (!m->actor) launch(self, *m);
      reconsider(self); // it may stand before others
      done();
    } else {
      m->wanted = m->paused = false;
      remember(self, *m);
      halt(self, *m, [self, name, done] {
        log(self, log_level::info, name, "stopped");
        reconsider(self); // another one may have its place
        done();
      });
    }
  }
}

void sync(supervisor_self self, caf::typed_response_promise<pairs_synced> promise,
          const std::vector<std::string>& asked) {
  auto result = std::make_shared<pairs_synced>();
  auto names = names_or_all(self, asked);
  result->pairs.resize(names.size());
  auto done = after(names.size(), [promise, result]() mutable { promise.deliver(std::move(*result)); });
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& one = result->pairs[i];
    one.pair = names[i];
    auto* m = find(self, names[i]);
    if (!m || !m->actor) {
      one.failed = m ? not_running(names[i]) : no_such_pair(names[i]);
      if (m && m->wanted)
        if (auto why = pause_of(self, names[i])) one.failed = std::move(why);
      done();
      continue;
    }
    self->request(m->actor, caf::infinite, sync_now{})
        .then([result, i, done](const round_report& r) { result->pairs[i].report = r, done(); },
              [result, i, done](const caf::error& e) {
                result->pairs[i].failed =
                    failure{reach::account, retry::later, {}, "ended", "the pair ended: " + caf::to_string(e), {}};
                done();
              });
  }
}

/// A stopped pair is planned by one that lives for as long as that takes and has no timer.
pair_actor spawn_to_plan(supervisor_self self, supervisor_state::member& m, both<mailbox_actor>& mailboxes) {
  const auto& o = self->state.options;
  m.planning = true;
  mailboxes = open_mailboxes(self, m.settings);
  return self->spawn(pair, pair_options{running(m.settings), mailboxes, o.ledger, o.context, false, {}});
}

void end_plan(supervisor_self self, const std::string& name, pair_actor planner, both<mailbox_actor> mailboxes) {
  auto then = [self, name, mailboxes] {
    for (side s : both_sides)
      self->send_exit(mailboxes[s], caf::exit_reason::user_shutdown);
    auto* m = find(self, name);
    if (!m) return;
    m->planning = false;
    if (m->wanted && !m->actor) launch(self, *m);
  };
  self->request(planner, mailbox_patience, stop_pair{})
      .then([then](const pair_stopped&) { then(); }, [then](const caf::error&) { then(); });
}

void plan(supervisor_self self, caf::typed_response_promise<planned> promise, const std::string& name) {
  auto* m = find(self, name);
  if (!m || m->planning) {
    promise.deliver(planned{m ? failure{reach::account,
                                        retry::later,
                                        {},
                                        "planning",
                                        "a plan of \"" + name + "\" is being made",
                                        "ask again when it is there"}
                              : no_such_pair(name)});
    return;
  }
  if (auto why = m->wanted && !m->actor ? pause_of(self, name) : std::nullopt) {
    promise.deliver(planned{std::move(*why)}); // a plan reads the lists, which is traffic
    return;
  }
  both<mailbox_actor> mailboxes;
  bool stopped = !m->actor;
  auto planner = stopped ? spawn_to_plan(self, *m, mailboxes) : m->actor;
  auto end = [self, name, planner, mailboxes, stopped] {
    if (stopped) end_plan(self, name, planner, mailboxes);
  };
  self->request(planner, caf::infinite, plan_pair{})
      .then(
          [promise, end](pair_plan& p) mutable {
            promise.deliver(planned{std::move(p)});
            end();
          },
          [promise, end](const caf::error& e) mutable {
            promise.deliver(planned{
                failure{reach::account, retry::later, {}, "ended", "the pair ended: " + caf::to_string(e), {}}});
            end();
          });
}

void approve(supervisor_self self, caf::typed_response_promise<pair_answers> promise, const approve_one& what) {
  auto result = std::make_shared<pair_answers>();
  result->pairs.push_back({what.pair, {}});
  auto* m = find(self, what.pair);
  if (!m || !m->actor) {
    result->pairs[0].failed = m ? not_running(what.pair) : no_such_pair(what.pair);
    promise.deliver(*result);
    return;
  }
  std::vector<folder_pair_id> folders;
  for (const auto& f : m->settings.folders)
    if (what.folder_pair.empty() || f.name == what.folder_pair) folders.emplace_back(f.name);
  auto held = std::make_shared<bool>(false);
  auto done = after(folders.size(), [promise, result, held, what]() mutable {
    if (!*held)
      result->pairs[0].failed =
          failure{reach::folder,
                  retry::never,
                  {},
                  "not-frozen",
                  "nothing is frozen there: " + what.pair + (what.folder_pair.empty() ? "" : "/" + what.folder_pair),
                  "pair.get shows what is frozen"};
    promise.deliver(*result);
  });
  for (const auto& f : folders)
    self->request(m->actor, ledger_patience, approve_folder_pair{f})
        .then([held, done](const approved& a) { *held = *held || a.was_held, done(); },
              [done](const caf::error&) { done(); });
}

/// The answers of the ledger for one pair, or for all.
template <class Request, class Answer, class Take>
void for_pairs(supervisor_self self, const std::string& pair, std::function<Request(pair_id)> make, Take take,
               std::function<void()> then) {
  std::vector<std::string> names;
  for (const auto& p : self->state.options.pairs)
    if (pair.empty() || p.name == pair) names.push_back(p.name);
  auto done = after(names.size(), std::move(then));
  for (const auto& name : names)
    self->request(self->state.options.ledger, ledger_patience, make(pair_id{name}))
        .then([take, done](const Answer& a) { take(a), done(); }, [done](const caf::error&) { done(); });
}

caf::result<conflicts_loaded> conflicts(supervisor_self self, const ask_conflicts& what) {
  auto promise = self->make_response_promise<conflicts_loaded>();
  auto result = std::make_shared<conflicts_loaded>();
  for_pairs<load_conflicts, conflicts_loaded>(
      self, what.pair,
      [limit = what.limit](pair_id p) {
        return load_conflicts{std::move(p), limit};
      },
      [result](const conflicts_loaded& c) {
        result->conflicts.insert(result->conflicts.end(), c.conflicts.begin(), c.conflicts.end());
      },
      [promise, result, limit = what.limit]() mutable {
        auto& all = result->conflicts;
        std::stable_sort(all.begin(), all.end(), [](const conflict& a, const conflict& b) { return a.when > b.when; });
        if (all.size() > limit) all.resize(limit);
        promise.deliver(std::move(*result));
      });
  return promise;
}

void collect_troubles(supervisor_self self, const std::string& pair, std::function<void(std::vector<twin>)> then) {
  auto items = std::make_shared<std::vector<twin>>();
  for_pairs<load_troubles, twins_loaded>(
      self, pair, [](pair_id p) { return load_troubles{std::move(p)}; },
      [items](const twins_loaded& t) { items->insert(items->end(), t.twins.begin(), t.twins.end()); },
      [items, then] { then(std::move(*items)); });
}

caf::result<bans_lifted> lift(supervisor_self self, const lift_bans& what) {
  auto promise = self->make_response_promise<bans_lifted>();
  collect_troubles(self, what.pair, [self, promise, what](std::vector<twin> items) mutable {
    note_troubles call;
    for (const auto& t : items)
      if (what.twin.empty() || t.id == what.twin) call.troubles.push_back({t.id, {}});
    bans_lifted result{call.troubles.size()};
    self->request(self->state.options.ledger, ledger_patience, std::move(call))
        .then(
            [self, promise, result, pair = what.pair](const stored&) mutable {
              for (auto& [name, m] : self->state.members)
                if (m.actor && (pair.empty() || name == pair)) self->send(m.actor, folder_dirty{});
              promise.deliver(result);
            },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
  });
  return promise;
}

caf::result<shut> shut_all(supervisor_self self) {
  auto promise = self->make_response_promise<shut>();
  std::vector<std::string> names;
  for (auto& [name, m] : self->state.members)
    names.push_back(name);
  auto done = after(names.size(), [self, promise]() mutable {
    for (auto& [name, m] : self->state.members)
      end_mailboxes(self, m);
    const std::function<void()> end = [self, promise]() mutable {
      promise.deliver(shut{});
      self->quit();
    };
    if (!self->state.options.meter) return end();
    self->request(self->state.options.meter, ledger_patience, write_traffic{})
        .then([end](const stored&) { end(); }, [end](const caf::error&) { end(); });
  });
  for (const auto& name : names)
    halt(self, *find(self, name), done);
  return promise;
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
      return o.on_fatal("the state directory cannot be written any more: " + caf::to_string(down.reason));
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
        return answer_when_decided<planned>(self,
                                            [self, name = what.pair](auto promise) { plan(self, promise, name); });
      },
      [self](const approve_one& what) {
        return answer_when_decided<pair_answers>(self, [self, what](auto promise) { approve(self, promise, what); });
      },
      [self](const ask_conflicts& what) { return conflicts(self, what); },
      [self](const ask_bans& what) -> caf::result<bans_are> {
        auto promise = self->make_response_promise<bans_are>();
        collect_troubles(self, what.pair,
                         [promise](std::vector<twin> items) mutable { promise.deliver(bans_are{std::move(items)}); });
        return promise;
      },
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
