#include "actors/supervisor_inside.hpp"

#include "actors/folder_pairs.hpp"

#include <algorithm>

// What the supervisor is asked.
namespace exsyncd {
namespace {

failure not_running(const std::string& name) {
  return {
      reach::account, retry::never, {}, "stopped", "the pair \"" + name + "\" is stopped", "start it with pair.start"};
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

/// Asks the mailboxes of one running pair, or of all.
template <class Request, class Answer, class Take>
void for_mailboxes(supervisor_self self, const std::string& pair, const Request& what, Take take,
                   std::function<void()> then) {
  std::vector<std::string> names;
  for (const auto& [name, m] : self->state.members)
    if (m.actor && (pair.empty() || name == pair)) names.push_back(name);
  auto done = after(names.size() * 2, std::move(then));
  for (const auto& name : names)
    for (const side s : both_sides)
      self->request(find(self, name)->mailboxes[s], mailbox_patience, what)
          .then([name, s, take, done](const Answer& a) { take(name, s, a), done(); },
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

void collect_troubles(supervisor_self self, const std::string& pair, std::function<void(std::vector<twin>)> then) {
  auto items = std::make_shared<std::vector<twin>>();
  for_pairs<load_troubles, twins_loaded>(
      self, pair, [](pair_id p) { return load_troubles{std::move(p)}; },
      [items](const twins_loaded& t) { items->insert(items->end(), t.twins.begin(), t.twins.end()); },
      [items, then] { then(std::move(*items)); });
}

} // namespace

failure no_such_pair(const std::string& name) {
  return {reach::account,
          retry::never,
          {},
          "unknown-pair",
          "there is no pair \"" + name + "\"",
          "pair.list shows the pairs of the configuration"};
}

void overview(supervisor_self self, caf::typed_response_promise<pairs_are> promise) {
  auto result = std::make_shared<pairs_are>();
  for (const auto& p : self->state.options.pairs)
    if (auto* m = find(self, p.name)) {
      result->pairs.push_back({m->settings, pair_condition::stopped, {}, {}, m->restarts, {}, false, {}, {}});
      result->pairs.back().planned = m->planning;
      if (m->wanted) result->pairs.back().condition = pair_condition::starting;
      if (m->wanted && (!m->actor || m->pausing)) result->pairs.back().paused = pause_of(self, p.name);
      if (result->pairs.back().paused) result->pairs.back().condition = pair_condition::paused;
    }
  auto done = after(result->pairs.size() * 3, [promise, result]() mutable {
    for (auto& p : result->pairs)
      p.status.held = p.held; // an administrator may have let go since its last round
    promise.deliver(std::move(*result));
  });
  for (std::size_t i = 0; i < result->pairs.size(); ++i) {
    const auto& name = result->pairs[i].settings.name;
    self->request(self->state.options.ledger, ledger_patience, load_counts{pair_id{name}})
        .then([result, i, done](const pair_counts& c) { result->pairs[i].counts = c, done(); },
              [done](const caf::error&) { done(); });
    // What is frozen is so whether the pair runs or not, and whatever its last round has seen.
    self->request(self->state.options.ledger, ledger_patience, load_folder_sides{pair_id{name}})
        .then(
            [result, i, done](folder_sides_loaded& known) {
              auto& one = result->pairs[i];
              one.folders = looked_after_of(one.settings, known);
              one.held = std::move(known.brakes.held);
              // Nobody can let go, or need to, what nobody looks after; it is frozen still when it comes back.
              std::erase_if(one.held, [&](const auto& held) { return !find_folder_pair(one.folders, held.first); });
              done();
            },
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

void release(supervisor_self self, caf::typed_response_promise<pair_answers> promise, const std::string& pair,
             const std::string& folder, bool put_back) {
  auto result = std::make_shared<pair_answers>();
  result->pairs.push_back({pair, {}});
  if (!find(self, pair)) {
    result->pairs[0].failed = no_such_pair(pair);
    promise.deliver(*result);
    return;
  }
  const auto& o = self->state.options;
  self->request(o.ledger, ledger_patience,
                release_brake{pair_id{pair}, folder_pair_id{folder}, put_back, o.context.wall_clock()})
      .then(
          [self, promise, result, pair, folder, put_back](const brakes_released& released) mutable {
            if (released.folders.empty())
              result->pairs[0].failed =
                  failure{reach::folder,
                          retry::never,
                          {},
                          "not-frozen",
                          "nothing is frozen there: " + pair + (folder.empty() ? "" : "/" + folder),
                          "pair.get shows what is frozen"};
            for (const auto& f : released.folders)
              self->state.options.context.log({log_level::info,
                                               put_back ? "what is missing is put back, as an administrator wants it"
                                                        : "goes on with its deletes, as an administrator wants it",
                                               pair,
                                               f.value,
                                               {},
                                               {}});
            // Answered first, so that nobody waits for the round.
            promise.deliver(*result);
            if (auto* m = find(self, pair); m && m->actor && !released.folders.empty())
              self->send(m->actor, folder_dirty{});
          },
          [promise](const caf::error& e) mutable { promise.deliver(e); });
}

void take_over_leases(supervisor_self self, caf::typed_response_promise<pair_answers> promise,
                      const take_over_one& what) {
  auto result = std::make_shared<pair_answers>();
  result->pairs.push_back({what.pair, {}});
  auto* m = find(self, what.pair);
  if (!m || !m->actor) {
    result->pairs[0].failed = m ? not_running(what.pair) : no_such_pair(what.pair);
    promise.deliver(*result);
    return;
  }
  self->request(m->actor, std::chrono::seconds(30), take_over{folder_pair_id{what.folder_pair}})
      .then(
          [promise, result, what](const taken_over& taken) mutable {
            if (taken.folders.empty())
              result->pairs[0].failed = failure{reach::folder,
                                                retry::never,
                                                {},
                                                "not-elsewhere",
                                                "no other daemon looks after " + what.pair +
                                                    (what.folder_pair.empty() ? "" : "/" + what.folder_pair),
                                                "pair.get shows who looks after each folder pair"};
            promise.deliver(*result);
          },
          [promise](const caf::error& e) mutable { promise.deliver(e); });
}

void resync(supervisor_self self, caf::typed_response_promise<pair_answers> promise, const resync_pairs& what) {
  auto result = std::make_shared<pair_answers>();
  auto done = after(what.names.size(), [promise, result]() mutable { promise.deliver(std::move(*result)); });
  const auto& o = self->state.options;
  for (const auto& name : what.names) {
    const auto at = result->pairs.size();
    result->pairs.push_back({name, {}});
    if (!find(self, name)) {
      result->pairs[at].failed = no_such_pair(name);
      done();
      continue;
    }
    self->request(o.ledger, ledger_patience,
                  restart_listing{pair_id{name}, folder_pair_id{what.folder_pair}, o.context.wall_clock()})
        .then(
            [self, name, done](const stored&) {
              done();
              if (auto* m = find(self, name); m && m->actor) self->send(m->actor, folder_dirty{});
            },
            [result, at, done](const caf::error& e) {
              result->pairs[at].failed =
                  failure{reach::account, retry::later, {}, "ended", "it could not be kept: " + caf::to_string(e), {}};
              done();
            });
  }
}

caf::result<capabilities_are> capabilities(supervisor_self self, const ask_capabilities& what) {
  auto promise = self->make_response_promise<capabilities_are>();
  auto result = std::make_shared<capabilities_are>();
  if (auto* m = find(self, what.pair)) result->running = static_cast<bool>(m->actor);
  for_mailboxes<ask_settable, settable>(
      self, what.pair, {}, [result](const std::string&, side s, const settable& can) { result->what[s] = can; },
      [promise, result]() mutable { promise.deliver(std::move(*result)); });
  return promise;
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

caf::result<bans_are> bans(supervisor_self self, const ask_bans& what) {
  auto promise = self->make_response_promise<bans_are>();
  collect_troubles(self, what.pair, [self, promise, pair = what.pair](std::vector<twin> items) {
    auto result = std::make_shared<bans_are>();
    result->items = std::move(items);
    for_mailboxes<ask_settable, settable>(
        self, pair, {},
        [result](const std::string& of, side s, const settable& what) { result->in_owa[of][s] = what.in_owa; },
        [promise, result]() mutable { promise.deliver(std::move(*result)); });
  });
  return promise;
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

} // namespace exsyncd
