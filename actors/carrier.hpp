#pragma once

#include "actors/carrying.hpp"
#include "actors/logic/settlement.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace exsyncd {

/// One carry_out under way: a queue of batches, a few of them at once. Lives as long as a request of it does;
/// everything runs in the folder pair's context.
class carrier : public std::enable_shared_from_this<carrier> {
public:
  carrier(folder_pair_self self, carry_out what, std::function<void(carried)> done);
  void start();

private:
  /// A task whose intent is on disk.
  struct opened {
    task what;
    exsyncd::intent intent;
  };
  /// A task whose item or content was read from the source.
  struct loaded {
    task what;
    exsyncd::intent intent;
    carried_item item;                           // create, replace
    std::vector<field_value> fields;             // update
    std::vector<carried_attachment> attachments; // update
  };
  using batch = std::function<void()>;

  folder_pair_self self_;
  carry_out work_;
  std::function<void(carried)> done_;
  std::deque<batch> queue_;
  std::size_t in_flight_ = 0;
  carried result_;
  batch_carried told_; // of result_, so far

  // carrier.cpp: the queue
  const folder_pair_options& options() const { return self_->state.options; }
  utc_seconds now() const { return options().context.wall_clock(); }
  intent_id new_intent() const { return intent_id{options().context.mint()}; }
  bool stopped() const { return self_->state.halted || result_.stopped.primary || result_.stopped.replica; }
  void sort_out();
  void pump();
  void batch_done();
  void tell_progress();
  void stop(side s, failure f);
  void log(log_level level, const task& about, std::string text, std::string code = {}) const;

  static item_class class_of(const task& t);

  template <class Request, class Then>
  void ask_ledger(Request what, Then then) {
    self_->request(options().ledger, ledger_patience, std::move(what))
        .then(std::move(then), [self = self_](const caf::error& e) { self->quit(e); });
  }
  /// A reading call; a dead mailbox stops that side.
  template <class Answer, class Request, class Then>
  void ask_mailbox(side s, Request what, Then then) {
    auto me = shared_from_this();
    self_->request(options().mailboxes[s], mailbox_patience, std::move(what))
        .then(
            [me, s, then = std::move(then)](Answer& answer) {
              if (auto* f = std::get_if<failure>(&answer.outcome)) {
                me->stop(s, *f);
                return me->batch_done();
              }
              then(std::get<0>(answer.outcome));
            },
            [me, s](const caf::error& e) { me->mailbox_died(s, e); });
  }
  void mailbox_died(side s, const caf::error& e);

  // carrier_writes.cpp: one batch of each kind
  void look(std::vector<task> tasks, side s);
  void carry(std::vector<task> tasks, operation op, side target);
  void carry_fitting(std::vector<task> tasks, operation op, side target, std::vector<note_trouble> too_large);
  void update(std::vector<task> tasks, side target);
  void update_whole(std::vector<loaded> ready, side target);
  /// Its update carries attachments that no MIME holds.
  static bool has_attached(const loaded&);
  /// What is attached to the items of a class whose attachments no MIME holds.
  void fetch_attached(std::vector<loaded> ready, std::size_t at, side source, std::uint64_t largest,
                      std::function<void(std::vector<loaded>)> then);
  /// What was fetched beside the contents belongs to them only where the item is still as it was when they were read.
  void drop_edited_since(std::vector<loaded> ready, side source, std::function<void(std::vector<loaded>)> then);
  /// Asks what the target takes first: what surely does not fit is not read.
  void ask_target(side target, std::function<void(const settable&)> then);
  void set_read(std::vector<task> tasks, side target);
  void move(std::vector<task> tasks, side target, const folder_pair_id& to);
  void remove(std::vector<task> tasks, side target);
  void remove_replaced(std::vector<opened> made, side target);

  /// Intents to disk, then `then` with those that are open.
  void begin(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then);
  template <class Request>
  void write(side target, Request what, std::vector<opened> intents,
             std::function<void(std::vector<write_outcome>)> then);
  /// Outcomes to disk: settlements, intents without effect, troubles. Then the batch is done.
  void conclude(std::vector<opened> intents, std::vector<write_outcome> outcomes);
  void store(std::vector<settle_twin> settled, std::vector<abandon_intent> abandoned,
             std::vector<note_trouble> troubled);
  /// `key`: what our own write has left the item on that side with, where it took back what it had written.
  exsyncd::trouble trouble_of(const task& t, side s, const failure& f, bool for_good, const change_key& key = {}) const;
  void tell_loss(const task& t, const exsyncd::intent& in) const;

  // carrier_resolve.cpp: intents whose answer was lost
  void resolve(task t);
  void judge(task t, logic::evidence found);
};

} // namespace exsyncd
