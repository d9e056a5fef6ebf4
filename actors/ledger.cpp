#include "actors/ledger.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <utility>

namespace exsyncd {
namespace {

using self_pointer = ledger_actor::stateful_pointer<ledger_state>;

caf::error error_of(const storage_failure& f) {
  return caf::make_error(caf::sec::runtime_error, f.what);
}

/// Makes durable what was changed, then gives the answers that were held for it. False where the actor ends by it.
bool commit(self_pointer self) {
  auto& state = self->state;
  state.commit_scheduled = false;
  const auto failed = state.records->commit();
  const auto held = std::exchange(state.held, {});
  if (!failed) {
    for (const auto& answer : held)
      answer(nullptr);
    return true;
  }
  const auto why = error_of(*failed);
  for (const auto& answer : held)
    answer(&why);
  self->quit(why);
  return false;
}

/// Holds an answer until the commit. The first one schedules it, behind what is in the mailbox by now.
template <class Reply>
caf::typed_response_promise<Reply> once_stored(self_pointer self, Reply reply) {
  auto promise = self->template make_response_promise<Reply>();
  self->state.held.push_back([promise, reply = std::move(reply)](const caf::error* failed) mutable {
    if (failed)
      promise.deliver(*failed);
    else
      promise.deliver(std::move(reply));
  });
  if (!std::exchange(self->state.commit_scheduled, true)) self->send(self, commit_changes{});
  return promise;
}

/// What was loaded, unless a record turned out to be unreadable: then it may be less than what is there.
template <class Reply>
caf::result<Reply> loaded(self_pointer self, Reply reply) {
  if (const auto failed = self->state.records->failure()) {
    commit(self); // which refuses, and ends the actor
    return error_of(*failed);
  }
  return reply;
}

} // namespace

ledger_actor::behavior_type ledger(self_pointer self, std::shared_ptr<store> records) {
  self->state.records = std::move(records);
  self->set_exit_handler([self](caf::exit_msg& m) {
    if (!m.reason) return;
    auto reason = m.reason;
    if (commit(self)) self->quit(std::move(reason));
  });
  store& s = *self->state.records;
  return {
      [self, &s](const bind_folders& m) {
        folders_bound bound;
        for (const auto& f : m.folders)
          bound.folders.push_back(s.bind(f));
        return once_stored(self, std::move(bound));
      },
      [&s](const ask_now&) { return now_is{s.now()}; },
      [self, &s](const accept_page& m) { return once_stored(self, s.accept(m)); },
      [self, &s](const observe_contents& m) {
        for (const auto& c : m.contents)
          s.observe(c);
        return once_stored(self, stored{});
      },
      [self, &s](const begin_intents& m) {
        intents_begun begun;
        for (const auto& i : m.intents)
          begun.open.push_back(s.begin(i));
        return once_stored(self, std::move(begun));
      },
      [self, &s](const progress_intent& m) {
        s.progress(m);
        return once_stored(self, stored{});
      },
      [self, &s](const abandon_intents& m) {
        for (const auto& i : m.intents)
          s.abandon(i);
        return once_stored(self, stored{});
      },
      [self, &s](const settle_twins& m) {
        for (const auto& t : m.twins)
          s.settle(t);
        return once_stored(self, stored{});
      },
      [self, &s](const absorb_twins& m) {
        for (const auto& t : m.twins)
          s.absorb(t);
        return once_stored(self, stored{});
      },
      [self, &s](const note_copies& m) {
        for (const auto& c : m.copies)
          s.note_users_copy(c);
        return once_stored(self, stored{});
      },
      [self, &s](const note_troubles& m) {
        for (const auto& t : m.troubles)
          s.note(t);
        return once_stored(self, stored{});
      },
      [self, &s](const note_brake& m) {
        s.note(m);
        return once_stored(self, stored{});
      },
      [self, &s](const release_brake& m) { return once_stored(self, brakes_released{s.release(m)}); },
      [self, &s](const restart_listing& m) {
        s.restart(m);
        return once_stored(self, stored{});
      },
      [self, &s](const set_pair_memory& m) {
        s.remember(m);
        return once_stored(self, stored{});
      },
      [self, &s](const keep_leases& m) {
        s.keep(m);
        return once_stored(self, stored{});
      },
      [self, &s](const load_leases& m) {
        return once_stored(self, leases_loaded{s.installation(), s.leases(m.pair)});
      },
      [self, &s](const keep_declarations& m) {
        for (const auto& d : m.declarations)
          s.keep(d);
        return once_stored(self, stored{});
      },
      [self, &s](const keep_traffic& m) { return once_stored(self, s.keep(m)); },
      [self, &s](const rename_folder_pairs& m) {
        s.rename(m);
        return once_stored(self, stored{});
      },
      [self, &s](const leave_pairs& m) {
        for (const auto& p : m.pairs)
          s.leave(p);
        return once_stored(self, stored{});
      },
      [self, &s](const forget_pairs& m) {
        for (const auto& p : m.pairs)
          s.forget(p);
        return once_stored(self, stored{});
      },
      [self, &s](const load_pairs&) { return loaded(self, pairs_loaded{s.pairs()}); },
      [self, &s](const prune_buried& m) {
        s.exhume(m.pair, m.before);
        return once_stored(self, stored{});
      },
      [self, &s](const prune_conflicts& m) {
        s.prune(m);
        return once_stored(self, stored{});
      },
      [self, &s](const keep_undos& m) {
        for (const auto& r : m.records)
          s.keep(r);
        return once_stored(self, stored{});
      },
      [self, &s](const drop_undos& m) {
        for (const auto& r : m.records)
          s.drop(r);
        return once_stored(self, stored{});
      },
      [self, &s](const load_undos& m) {
        undos_loaded found;
        if (m.id.empty())
          found.records = s.undos(m.pair);
        else if (auto one = s.undo(m.pair, m.id))
          found.records.push_back(std::move(*one));
        return loaded(self, std::move(found));
      },
      [self, &s](const reopen_twins& m) {
        for (const auto& t : m.twins)
          s.reopen(t);
        return once_stored(self, stored{});
      },
      [self, &s](const fork_store& m) { return loaded(self, store_forked{s.fork(m.mint)}); },
      [self, &s](const load_by_items& m) {
        twins_loaded found;
        for (const auto& id : m.items)
          if (auto t = s.find(m.pair, m.side, m.mailbox, id)) found.twins.push_back(std::move(*t));
        return loaded(self, std::move(found));
      },
      [self, &s](const load_unsettled& m) { return loaded(self, twins_loaded{s.unsettled(m.pair)}); },
      [self, &s](const load_twins& m) {
        twins_loaded found;
        for (const auto& id : m.ids)
          if (auto t = s.load(id)) found.twins.push_back(std::move(*t));
        return loaded(self, std::move(found));
      },
      [self, &s](const load_unpaired& m) { return loaded(self, twins_loaded{s.unpaired(m.pair, m.message_ids)}); },
      [self, &s](const load_troubles& m) { return loaded(self, twins_loaded{s.in_trouble(m.pair)}); },
      [self, &s](const load_folder_sides& m) {
        return loaded(self, folder_sides_loaded{s.folder_sides(m.pair), s.brakes_of(m.pair)});
      },
      [self, &s](const load_counts& m) { return loaded(self, s.counts(m.pair)); },
      [self, &s](const load_conflicts& m) { return loaded(self, conflicts_loaded{s.conflicts(m.pair, m.limit)}); },
      [self, &s](const load_memory& m) { return loaded(self, memory_loaded{s.memory(m.pair)}); },
      [self, &s](const load_declarations&) { return loaded(self, declarations_loaded{s.declarations()}); },
      [self, &s](const browse_twins& m) { return loaded(self, twins_loaded{s.browse(m.id_prefix)}); },
      [self, &s](const load_traffic& m) {
        const bool by_day = m.by == load_traffic::by::day;
        return loaded(self, traffic_loaded{by_day ? s.traffic_by_day(m.first) : s.traffic_by_month(m.first)});
      },
      [self, &s](const load_costly& m) { return loaded(self, costly_loaded{s.costly(m.month, m.pair, m.limit)}); },
      [self, &s](const load_allowances&) {
        return loaded(self, allowances_loaded{s.allowances(), s.spent()});
      },
      [self](const commit_changes&) { commit(self); },
  };
}

} // namespace exsyncd
