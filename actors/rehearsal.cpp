#include "actors/rehearsal.hpp"

#include "actors/lease_look.hpp"
#include "actors/pair.hpp"
#include "actors/rehearsed_mailbox.hpp"

#include <caf/event_based_actor.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace exsyncd {
namespace {

/// Ids that the fork gives to items which the daemon does not know yet.
constexpr std::string_view unknown_item = "rehearsed-twin-";
/// A plan ends where a round has brought nothing further; one that never comes to that is told as it is by then.
constexpr int most_rounds = 5;

std::string name_of(side s) {
  return s == side::primary ? "primary" : "replica";
}

planned_step about(const twin& t, planned_step::kind what, std::optional<side> on) {
  planned_step step;
  step.what = what;
  step.on = on;
  step.folder = t.folder_pair;
  if (!t.id.value.starts_with(unknown_item)) step.id = t.id;
  for (side s : both_sides)
    if (const auto& o = t.seen[s]; o && step.subject.empty()) {
      step.subject = o->subject;
      step.item_class = o->item_class;
      if (!t.base && !t.seen[other(s)]) step.folder = o->folder;
    }
  return step;
}

planned_step step_of(const twin& t, const intent& in) {
  using kind = planned_step::kind;
  auto step = about(t, kind::create, in.target);
  switch (in.operation) {
  case operation::create:
    break;
  case operation::update:
    step.what = kind::update;
    step.fields = in.fields;
    break;
  case operation::set_read:
    step.what = kind::set_read;
    step.read = in.read;
    break;
  case operation::move:
    step.what = kind::move;
    step.to = in.folder;
    break;
  case operation::remove:
    step.what = kind::remove;
    break;
  case operation::replace:
    step.what = kind::replace;
    break;
  }
  step.reason = reason_for(t, in);
  if (in.loses) step.loser = in.loses->loser;
  return step;
}

struct ask_steps {};
/// What was noted so far.
struct notes {
  pair_plan plan;
  std::map<twin_id, planned_step> refused; // until something else becomes of them
  void add(planned_step step) {
    auto& of = plan.folder_pairs[step.folder];
    ++of.counts[{step.what, step.on}];
    if (of.steps.size() < most_planned_steps) of.steps.push_back(std::move(step));
  }
};

void note(notes& all, const std::vector<twin>& twins, const begin_intents& call) {
  for (const auto& begun : call.intents)
    for (const auto& t : twins)
      if (t.id == begun.twin) all.add(step_of(t, begun.intent));
}

void note(notes& all, const std::vector<twin>& twins, const settle_twins& call) {
  const auto there = [](const twin& t, side s) { return t.seen[s] && t.seen[s]->presence == presence::present; };
  for (const auto& settled : call.twins)
    for (const auto& t : twins) {
      if (t.id != settled.twin || settled.intent || settled.forget || settled.bury || t.base) continue;
      if (settled.base && there(t, side::primary) && there(t, side::replica)) {
        auto step = about(t, planned_step::kind::link, {});
        step.reason = t.seen.primary->message_id.empty()
                          ? "the same on both sides"
                          : "the same identity (Message-ID or GlobalObjectId) on both sides";
        all.add(std::move(step));
      } else if (!settled.base && settled.settled) {
        all.add(about(t, planned_step::kind::leave, {}));
      }
    }
}

void note(notes& all, const std::vector<twin>& twins, const note_troubles& call) {
  for (const auto& troubled : call.troubles)
    for (const auto& t : twins)
      if (t.id == troubled.twin && troubled.trouble && troubled.trouble->banned) {
        auto step = about(t, planned_step::kind::refuse, troubled.trouble->side);
        step.reason = troubled.trouble->what;
        all.add(std::move(step));
      }
}

std::vector<twin_id> twins_in(const begin_intents& call) {
  std::vector<twin_id> ids;
  for (const auto& i : call.intents)
    ids.push_back(i.twin);
  return ids;
}
std::vector<twin_id> twins_in(const settle_twins& call) {
  std::vector<twin_id> ids;
  for (const auto& t : call.twins)
    if (!t.intent) ids.push_back(t.twin);
  return ids;
}
std::vector<twin_id> twins_in(const note_troubles& call) {
  std::vector<twin_id> ids;
  for (const auto& t : call.troubles)
    ids.push_back(t.twin);
  return ids;
}

/// Stands before the fork's ledger, passes everything on, and notes what is done to each item as it is until then.
caf::behavior witness(caf::event_based_actor* self, const ledger_actor& real, const std::shared_ptr<notes>& all) {
  self->set_default_handler([=](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
    const auto look = [&](const auto& call) {
      // Both go from here to the ledger, so the items are loaded before the call changes them.
      if (auto ids = twins_in(call); !ids.empty())
        self->request(real, ledger_patience, load_twins{std::move(ids)})
            .then([all, call](const twins_loaded& before) { note(*all, before.twins, call); },
                  [](const caf::error&) {});
    };
    auto message = view.move_content_to_message();
    if (message.match_elements<begin_intents>()) look(message.get_as<begin_intents>(0));
    if (message.match_elements<settle_twins>()) look(message.get_as<settle_twins>(0));
    if (message.match_elements<note_troubles>()) look(message.get_as<note_troubles>(0));
    auto promise = self->make_response_promise();
    promise.delegate(caf::actor_cast<caf::actor>(real), std::move(message));
    return caf::delegated<caf::message>{};
  });
  return {[](caf::unit_t) {}};
}

using self_pointer = rehearsal_actor::stateful_pointer<rehearsal_state>;

class performance : public std::enable_shared_from_this<performance> {
public:
  performance(self_pointer self, caf::typed_response_promise<rehearsed> promise)
      : self_(self), promise_(std::move(promise)) {}

  void start() {
    auto counted = std::make_shared<std::uint64_t>(0);
    const auto mint = [counted] { return std::string(unknown_item) + std::to_string(++*counted); };
    self_->request(options().ledger, ledger_patience, fork_store{mint})
        .then([me = shared_from_this()](const store_forked& f) { me->raise(f.fork); },
              [me = shared_from_this()](const caf::error& e) { me->fail(e); });
  }

private:
  self_pointer self_;
  caf::typed_response_promise<rehearsed> promise_;
  ledger_actor ledger_;
  caf::actor witness_;
  both<rehearsed_mailbox_actor> mailboxes_;
  pair_actor pair_;
  std::shared_ptr<notes> notes_ = std::make_shared<notes>();
  std::map<folder_pair_id, frozen> held_;
  round_report last_;
  int rounds_ = 0;

  const rehearsal_options& options() const { return self_->state.options; }

  void raise(const std::shared_ptr<forked_store>& fork) {
    ledger_ = self_->spawn(ledger, std::shared_ptr<store>(fork, &fork->records));
    witness_ = self_->spawn(witness, ledger_, notes_);
    for (side s : both_sides)
      mailboxes_[s] = self_->spawn(rehearsed_mailbox, options().mailboxes[s]);
    auto around = options().context;
    around.log = [](const log_line&) {}; // nothing happens
    pair_ = self_->spawn(pair, pair_options{options().settings,
                                            {mailboxes_.primary, mailboxes_.replica},
                                            caf::actor_cast<ledger_actor>(witness_),
                                            std::move(around),
                                            false,
                                            {}});
    round();
  }

  void round() {
    auto me = shared_from_this();
    self_->request(pair_, caf::infinite, sync_now{})
        .then([me](const round_report& r) { me->rounded(r); }, [me](const caf::error& e) { me->fail(e); });
  }

  void rounded(const round_report& report) {
    last_ = report;
    const bool again = ++rounds_ < most_rounds && report.writes > 0;
    if (!report.held.empty() && rounds_ < most_rounds) return approve(report.held);
    if (again) return round();
    collect();
  }

  /// What the brake holds is played as if an administrator had let it go.
  void approve(const std::vector<std::pair<folder_pair_id, frozen>>& held) {
    held_.insert(held.begin(), held.end());
    auto me = shared_from_this();
    self_
        ->request(ledger_, ledger_patience,
                  release_brake{pair_id{options().settings.name}, {}, false, options().context.wall_clock()})
        .then([me](const brakes_released&) { me->round(); }, [me](const caf::error& e) { me->fail(e); });
  }

  void collect() {
    auto me = shared_from_this();
    auto left = std::make_shared<int>(2);
    for (side s : both_sides)
      self_->request(mailboxes_[s], ledger_patience, ask_folder_acts{})
          .then(
              [me, left, s](folder_acts& f) {
                me->notes_->plan.folders[s] = std::move(f.acts);
                if (--*left == 0) me->look_for_others();
              },
              [me](const caf::error& e) { me->fail(e); });
  }

  /// The fork knows the folders by now, also those of a pair that was never synced.
  void look_for_others() {
    if (!options().keeps_away) return done({});
    auto me = shared_from_this();
    self_->request(ledger_, ledger_patience, load_folder_sides{pair_id{options().settings.name}})
        .then(
            [me](folder_sides_loaded& all) {
              std::map<folder_pair_id, both<folder_side>> by_name;
              for (auto& f : all.folders)
                by_name[f.folder_pair][f.side] = std::move(f);
              std::vector<both<folder_side>> bound;
              for (auto& [name, sides] : by_name)
                if (!sides.primary.folder.empty() && !sides.replica.folder.empty()) bound.push_back(std::move(sides));
              look_for_leases_of_others(me->self_, me->ledger_, me->options().mailboxes, std::move(bound),
                                        [me](const lease_failures& elsewhere) { me->done(elsewhere); });
            },
            [me](const caf::error& e) { me->fail(e); });
  }

  void done(const lease_failures& elsewhere) {
    auto plan = std::move(notes_->plan);
    for (const auto& f : options().settings.folders)
      plan.folder_pairs[folder_pair_id{f.name}];
    for (const auto& [name, why] : held_)
      plan.folder_pairs[name].held = why;
    plan.waiting = last_.waiting;
    plan.banned = last_.banned;
    plan.failures = last_.failures;
    for (const auto& [name, why] : elsewhere) {
      plan.folder_pairs[name] = {};
      std::erase_if(plan.failures, [&, &of = name](const auto& f) { return f.first == of; });
      plan.failures.emplace_back(name, in_context("nothing is done here", why));
    }
    end({std::move(plan)});
  }

  void fail(const caf::error& e) {
    end({failure{reach::account, retry::later, {}, "ended", "the dry run ended: " + caf::to_string(e), {}}});
  }

  void end(rehearsed answer) {
    if (!promise_.pending()) return;
    promise_.deliver(std::move(answer));
    const auto reason = caf::exit_reason::user_shutdown;
    if (pair_) self_->send_exit(pair_, reason);
    for (side s : both_sides)
      if (mailboxes_[s]) self_->send_exit(mailboxes_[s], reason);
    if (witness_) self_->send_exit(witness_, reason);
    if (ledger_) self_->send_exit(ledger_, reason);
    self_->quit();
  }
};

} // namespace

std::string reason_for(const twin& t, const intent& in) {
  if (in.loses) return in.loses->reason;
  const auto source = other(in.target);
  const auto& here = t.seen[source];
  const auto& there = t.seen[in.target];
  switch (in.operation) {
  case operation::create:
    return t.times_synced > 0 || t.base ? "missing on " + name_of(in.target) : "new on " + name_of(source);
  case operation::update:
  case operation::replace:
    if (!t.base) return "different when first paired";
    if (here && here->key != (*t.base)[source].key) return "edited on " + name_of(source);
    if (there && there->key != (*t.base)[in.target].key) return "edited on " + name_of(in.target) + ", put back";
    return "not carried over completely yet";
  case operation::set_read:
    return std::string("marked ") + (in.read.value_or(false) ? "read" : "unread") + " on " + name_of(source);
  case operation::move:
    if (here && here->folder != t.folder_pair) return "moved on " + name_of(source);
    return "moved on " + name_of(in.target) + ", put back";
  case operation::remove:
    if (here) return "deleted on " + name_of(source);
    return "a copy that a create of exsyncd's has left";
  }
  return {};
}

rehearsal_actor::behavior_type rehearsal(self_pointer self, rehearsal_options options) {
  self->state.options = std::move(options);
  return {
      [self](const rehearse&) -> caf::result<rehearsed> {
        auto promise = self->make_response_promise<rehearsed>();
        std::make_shared<performance>(self, promise)->start();
        return promise;
      },
  };
}

} // namespace exsyncd
