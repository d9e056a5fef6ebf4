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
    std::optional<intent_id> instead_of = {};    // update: the intent that this one goes on with
    content source = {};                         // update: as it was read for it
  };
  /// What a batch leaves behind on disk.
  struct aftermath {
    std::vector<settle_twin> settled;
    std::vector<abandon_intent> abandoned;
    std::vector<note_trouble> troubled;
    std::vector<observe_content> observed;
  };
  using batch = std::function<void()>;

  folder_pair_self self_;
  carry_out work_;
  std::function<void(carried)> done_;
  std::deque<batch> queue_;
  std::size_t in_flight_ = 0;
  carried result_;
  batch_carried told_;                           // of result_, so far
  both<std::optional<folder_id>> deleted_items_; // once asked for; empty: not told

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
  template <class T>
  static std::vector<item_id> items_of(const std::vector<T>& tasks, side s) {
    std::vector<item_id> ids;
    for (const auto& t : tasks)
      ids.push_back(t.twin.seen[s]->item);
    return ids;
  }

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
  /// The same for contents: as many as were asked for, or it is a failure of the request.
  void read(side s, std::vector<item_id> items, item_class of, std::function<void(std::vector<content_outcome>&)> then);
  /// Whether there is an answer to each question; where not, that side stops and the batch is done.
  bool matches(side s, std::size_t answers, std::size_t questions);
  void mailbox_died(side s, const caf::error& e);
  /// Asks what the target takes first: what surely does not fit is not read.
  void ask_target(side target, std::function<void(const settable&)> then);

  // carrier_carry.cpp: looks, and whole items
  void look(std::vector<task> tasks, side s);
  /// At what is attached, on the primary first.
  void look_inside(task t, side s, aftermath after);
  void carry(std::vector<task> tasks, operation op, side target, const folder_pair_id& to);
  void carry_fitting(std::vector<task> tasks, operation op, side target, const folder_pair_id& to, aftermath too_large);
  void create(std::vector<loaded> open, operation op, side target, const folder_id& folder);

  // carrier_replace.cpp: a new copy, and what becomes of the old one
  void finish_replacing(opened made);
  void decide_replacement(opened made, const logic::evidence& old);
  void remove_old(opened made);
  void carry_read_state(const opened& made, const content& removed, aftermath after);
  void withdraw(opened made, aftermath after);
  void withdrawn(const opened& made, bool removed, item_id where, aftermath after);
  void compare_files(const opened& made, const item_id& copy, aftermath after);
  void find_source(const opened& made, std::function<void(const item_id&)> then);
  void read_files(side s, const item_id& item, std::function<void(std::optional<std::string>)> then);
  void progress(const opened& o, std::uint8_t step, std::function<void()> then);

  // carrier_update.cpp: some fields of items that are there
  void update(std::vector<task> tasks, side target);
  /// Of fields that take several requests, what the target has is part of the intent.
  void read_targets(std::vector<loaded> ready, side target);
  void update_whole(std::vector<loaded> ready, side target);
  /// What is attached to the items of a class whose attachments no MIME holds.
  void fetch_attached(std::vector<loaded> ready, std::size_t at, side target, std::uint64_t largest);
  void fetch_there(std::vector<loaded> ready, std::size_t at, side target, std::uint64_t largest);
  void go_on_without(std::vector<loaded> ready, std::size_t at, side target, std::uint64_t largest, aftermath after);
  /// An update that was cut between its requests goes on from what is there.
  void resume(task t, logic::evidence found);

  // carrier_places.cpp: read states, moves, deletes
  void set_read(std::vector<task> tasks, side target);
  void move(std::vector<task> tasks, side target, const folder_pair_id& to);
  void remove(std::vector<task> tasks, side target);
  /// The place is no folder pair, or none that is ready: it waits, and that is told.
  void no_place(std::vector<task> tasks, const folder_pair_id& to);

  // carrier_outcomes.cpp: intents and what comes of them
  /// What is overwritten or deleted is kept, then intents go to disk, then `then` gets those that are open.
  void begin(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then);
  void begin_kept(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then);
  template <class Request>
  void write(side target, Request what, std::vector<opened> intents,
             std::function<void(std::vector<write_outcome>)> then) {
    auto me = shared_from_this();
    self_->request(options().mailboxes[target], mailbox_patience, std::move(what))
        .then(
            [me, then, intents = std::move(intents)](write_done& answer) {
              check(answer.outcomes, intents, named_by<Request>());
              then(std::move(answer.outcomes));
            },
            [me, target](const caf::error& e) { me->mailbox_died(target, e); }); // the intents stay open: unknown
  }
  /// What an outcome names: a new item, the one that was written to, or one that nobody asked about.
  enum class names { new_item, same_item, whatever };
  template <class Request>
  static constexpr names named_by() {
    if constexpr (std::is_same_v<Request, create_items> || std::is_same_v<Request, move_items>) return names::new_item;
    if constexpr (std::is_same_v<Request, remove_items>) return names::whatever;
    return names::same_item;
  }
  /// An outcome that cannot be the one that was asked for is one that is not known.
  static void check(std::vector<write_outcome>& outcomes, const std::vector<opened>& intents, names what);
  /// Outcomes to disk: settlements, intents without effect, troubles. Then the batch is done.
  void conclude(std::vector<opened> intents, std::vector<write_outcome> outcomes);
  void conclude(const opened& o, const write_outcome& outcome, aftermath& after);
  /// Writes whose answers do not tell what is there now: read, before anything else is decided.
  void read_back(std::vector<opened> intents, std::vector<written> answers, aftermath after);
  /// What was removed just after its user had edited it: where it is now, the edit is found and told. What cannot be
  /// read there now is no end of a removal: it is looked for as if its answer had been lost.
  void read_removed(std::vector<std::pair<opened, item_id>> removed, aftermath after);
  void store(aftermath after);
  void give_up(const task& t, const exsyncd::intent& in, aftermath& after);
  void told_done(const task& t, const exsyncd::intent& in);
  /// A request has not found it: lists are to tell; where they have told nothing, it rests.
  void miss(const task& t, side s, aftermath& after);
  /// A fresh read that is not what was decided on.
  void observe(const task& t, side s, const content& c, aftermath& after);
  void fail(const task& t, side s, const failure& f, aftermath& after);
  /// `key`: what our own write has left the item on that side with, where it took back what it had written.
  exsyncd::trouble trouble_of(const task& t, side s, const failure& f, bool for_good, const change_key& key = {}) const;
  /// An update was refused: which of its fields it was, or that they go one by one from now on.
  exsyncd::trouble refusal_of(const opened& o, exsyncd::trouble refused) const;
  /// Those of its fields that were refused rest with these values; the others go on.
  static exsyncd::trouble naming_refused(exsyncd::trouble, const field_digests& fields);
  void tell_loss(const task& t, const exsyncd::intent& in) const;

  // carrier_undo.cpp: what can be put back
  struct keeping;
  /// `then` gets what is as it was decided on.
  void keep_first(std::vector<loaded> ready, std::function<void(std::vector<loaded>)> then);
  void read_to_keep(std::shared_ptr<keeping> all);
  void read_attached_to_keep(std::shared_ptr<keeping> all, std::size_t at);
  void store_kept(std::shared_ptr<keeping> all);

  // carrier_resolve.cpp: intents whose answer was lost
  void resolve(task t);
  void resolve_by_mark(task t);
  /// What was found by the mark of an intent, and in which folder pair; none: in Deleted Items.
  using found_elsewhere = std::function<void(const std::vector<listed_item>&, const folder_pair_id&)>;
  void find_elsewhere(const exsyncd::intent& in, found_elsewhere then);
  void find_out_whether_moved(const opened& o, std::function<void(bool moved)> then);
  using places = std::deque<std::pair<folder_pair_id, folder_id>>;
  /// The folders of all other folder pairs.
  places places_but(const folder_pair_id& name, side s) const;
  /// In the first of them where there is one.
  void find_in(side s, find_by_mark what, places where, found_elsewhere then);
  /// Deleted Items of a side; empty: not told.
  void with_deleted_items(side s, std::function<void(const folder_id&)> then);
  /// What has left by a removal of ours whose answer was lost, as it lies in Deleted Items, if it can be told there.
  void find_removed(const opened& o, std::function<void(std::optional<content>)> then);
  void look_for_removed(opened o);
  void judge_attached(task t, logic::evidence found);
  void judge_left(task t, logic::evidence found);
  void look_for_files(const opened& o);
  void judge_first(task t, logic::evidence found);
  void read_source(const task& t, std::function<void(std::optional<content>)> then);
  void judge(task t, logic::evidence found);
  bool note_in_vain(const task& t, const exsyncd::intent& in, aftermath& after);
};

} // namespace exsyncd
