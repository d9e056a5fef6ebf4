#include "actors/undo_keeper.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace exsyncd {
namespace {

using self_pointer = undo_keeper_actor::stateful_pointer<undo_keeper_state>;

/// An item may take this part of all that is kept.
constexpr std::uint64_t share = 8;
/// Once there is too much, so much of a hundred stays, so that not each item makes room for itself alone.
constexpr std::uint64_t stays = 90;

/// Removes what is too old or too much, and files that no record names.
void tidy(self_pointer self) {
  auto& state = self->state;
  if (std::exchange(state.tidying, true)) return;
  state.looked = state.options.context.wall_clock();
  // Files that are kept later are not among them.
  auto files = std::make_shared<std::vector<undo_id>>(state.options.files->all());
  self->request(state.options.ledger, ledger_patience, load_undos{})
      .then(
          [self, files](undos_loaded& kept) {
            auto& state = self->state;
            const auto& limits = state.options.limits;
            auto& all = kept.records;
            std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.when > b.when; });
            const auto oldest = state.options.context.wall_clock() - std::chrono::hours(24) * limits.days;
            std::uint64_t sum = 0;
            for (const auto& r : all)
              sum += r.bytes;
            const auto most = sum > limits.bytes ? limits.bytes / 100 * stays : limits.bytes;
            drop_undos old;
            std::set<undo_id> named;
            state.bytes = 0;
            for (auto& r : all) {
              named.insert(r.id);
              // What a write under way may need stays, and what is still to be copied.
              const bool needed = !r.done || r.copy_wanted;
              if (needed || (r.when >= oldest && state.bytes + r.bytes <= most))
                state.bytes += r.bytes;
              else
                old.records.push_back(std::move(r));
            }
            for (const auto& id : *files)
              if (!named.contains(id)) state.options.files->remove(id);
            if (old.records.empty()) {
              state.tidying = false;
              return;
            }
            // The record goes first: a record without its file would promise too much.
            const auto gone = old.records;
            self->request(state.options.ledger, ledger_patience, std::move(old))
                .then(
                    [self, gone](const stored&) {
                      for (const auto& r : gone)
                        self->state.options.files->remove(r.id);
                      self->state.tidying = false;
                    },
                    [self](const caf::error&) { self->state.tidying = false; });
          },
          [self](const caf::error&) { self->state.tidying = false; });
}

void keep(self_pointer self, keep_items& what, caf::typed_response_promise<stored> promise) {
  auto& state = self->state;
  keep_undos records;
  for (auto& one : what.items) {
    auto& r = one.record;
    r.when = state.options.context.wall_clock();
    if (one.item) {
      const auto kept = state.options.files->keep(r.id, *one.item);
      if (const auto* failed = std::get_if<storage_failure>(&kept)) {
        // The write goes on: what is overwritten or deleted was to be, and a full disk must not stop that.
        r.lacks = {"all of it: it could not be written to the state directory"};
        state.options.context.log({log_level::warning,
                                   "cannot be put back later: " + failed->what,
                                   r.pair.value,
                                   r.folder_pair.value,
                                   r.subject,
                                   {}});
      } else {
        r.bytes = std::get<std::uint64_t>(kept);
        state.bytes += r.bytes;
      }
    }
    records.records.push_back({std::move(r)});
  }
  self->request(state.options.ledger, ledger_patience, std::move(records))
      .then([promise](const stored& s) mutable { promise.deliver(s); },
            [promise](const caf::error& e) mutable { promise.deliver(e); });
  if (state.bytes > state.options.limits.bytes ||
      state.options.context.wall_clock() >= state.looked + std::chrono::hours(24))
    tidy(self);
}

} // namespace

undo_keeper_actor::behavior_type undo_keeper(self_pointer self, undo_keeper_options options) {
  self->state.options = std::move(options);
  tidy(self);
  return {
      [self](keep_items& what) -> caf::result<stored> {
        auto promise = self->make_response_promise<stored>();
        keep(self, what, promise);
        return promise;
      },
      [self](const ask_largest_kept&) { return largest_kept{self->state.options.limits.bytes / share}; },
  };
}

} // namespace exsyncd
