#include "tests/support/virtual_world.hpp"

#include "actors/ledger.hpp"
#include "actors/pair.hpp"
#include "storage/store.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace exsyncd::testing {

using namespace std::chrono_literals;

namespace {

const char* side_name(side s) {
  return s == side::primary ? "primary" : "replica";
}

template <class T>
bool is(const caf::type_erased_tuple& message) {
  return message.match_elements<T>();
}

std::string ledger_call(const caf::type_erased_tuple& m) {
  if (is<bind_folders>(m)) return "bind_folders";
  if (is<ask_now>(m)) return "ask_now";
  if (is<accept_page>(m)) return "accept_page";
  if (is<observe_contents>(m)) return "observe_contents";
  if (is<begin_intents>(m)) return "begin_intents";
  if (is<progress_intent>(m)) return "progress_intent";
  if (is<abandon_intents>(m)) return "abandon_intents";
  if (is<settle_twins>(m)) return "settle_twins";
  if (is<absorb_twins>(m)) return "absorb_twins";
  if (is<note_copies>(m)) return "note_copies";
  if (is<note_troubles>(m)) return "note_troubles";
  if (is<note_brake>(m)) return "note_brake";
  if (is<release_brake>(m)) return "release_brake";
  if (is<restart_listing>(m)) return "restart_listing";
  if (is<rename_folder_pairs>(m)) return "rename_folder_pairs";
  if (is<leave_pairs>(m)) return "leave_pairs";
  if (is<forget_pairs>(m)) return "forget_pairs";
  if (is<load_pairs>(m)) return "load_pairs";
  if (is<set_pair_memory>(m)) return "set_pair_memory";
  if (is<prune_buried>(m)) return "prune_buried";
  if (is<load_unsettled>(m)) return "load_unsettled";
  if (is<load_twins>(m)) return "load_twins";
  if (is<load_unpaired>(m)) return "load_unpaired";
  if (is<load_troubles>(m)) return "load_troubles";
  if (is<load_folder_sides>(m)) return "load_folder_sides";
  if (is<load_counts>(m)) return "load_counts";
  if (is<load_conflicts>(m)) return "load_conflicts";
  if (is<load_memory>(m)) return "load_memory";
  return "";
}

/// Stands before the ledger. `arrives` is asked for each call by its name; false: the process has ended before it.
caf::behavior watched_ledger(caf::event_based_actor* self, const ledger_actor& real,
                             const std::function<bool(const std::string&)>& arrives) {
  self->set_default_handler([=](caf::scheduled_actor*, caf::message_view& message) -> caf::result<caf::message> {
    const auto name = ledger_call(message.content());
    auto promise = self->make_response_promise();
    if (name.empty() || arrives(name)) // what has no name of ours is CAF's
      promise.delegate(caf::actor_cast<caf::actor>(real), message.move_content_to_message());
    return caf::delegated<caf::message>{};
  });
  return {[](caf::unit_t) {}};
}

struct single_threaded : caf::actor_system_config {
  single_threaded() {
    set("scheduler.policy", caf::atom("testing"));
    set("logger.verbosity", caf::atom("quiet"));
  }
};

} // namespace

struct virtual_world::process {
  single_threaded config;
  caf::actor_system system{config};
  caf::scheduler::test_coordinator& scheduler = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  caf::actor_clock::time_point started = scheduler.clock().now();
  std::unique_ptr<caf::scoped_actor> asker = std::make_unique<caf::scoped_actor>(system);
  ledger_actor ledger;
  caf::actor watch;
  both<mailbox_actor> mailboxes;
  pair_actor pair;
  std::shared_ptr<bool> pair_ended = std::make_shared<bool>(false);

  std::chrono::seconds uptime() {
    return std::chrono::duration_cast<std::chrono::seconds>(scheduler.clock().now() - started);
  }
};

outer_world::outer_world(pair_settings of) : settings(std::move(of)) {
  for (const auto& f : settings.folders) {
    mailboxes.primary.make_folder(f.primary);
    mailboxes.replica.make_folder(f.replica);
  }
}

virtual_world::virtual_world(outer_world from)
    : settings_(std::move(from.settings)), disk_(std::move(from.disk)), time_(from.time), minted_(from.minted) {
  for (const auto s : both_sides)
    mailboxes_[s] = std::make_shared<model_mailbox>(std::move(from.mailboxes[s]));
  disk_.on_write = [this](std::uint64_t, memory_engine::moment when) -> std::optional<storage_failure> {
    if (when == memory_engine::moment::after) {
      ++lasting;
      check_cursors();
      if (dies_at_commit_) dead_ = true;
    }
    if (dead_) return storage_failure{storage_failure::kind::other, "the process has crashed"};
    return std::nullopt;
  };
}

virtual_world::~virtual_world() {
  end_process();
}

std::chrono::seconds virtual_world::time() const {
  return process_ ? time_ + process_->uptime() : time_;
}

outer_world virtual_world::snapshot() const {
  outer_world now(settings_);
  for (const auto s : both_sides)
    now.mailboxes[s] = *mailboxes_[s];
  now.disk = disk_.synced();
  now.time = time();
  now.minted = minted_;
  return now;
}

void virtual_world::look_at_disk(const std::function<void(const store&)>& look) const {
  if (disk_.synced().empty()) return;
  memory_engine copy(disk_.synced());
  store records(copy, [] { return std::string("none"); });
  if (const auto failed = records.open()) throw std::runtime_error(failed->what);
  look(records);
}

void virtual_world::start() {
  dead_ = dies_at_commit_ = false;
  process_ = std::make_unique<process>();
  auto& p = *process_;
  const auto mint = [this] { return "id" + std::to_string(++minted_); };
  const auto records = std::make_shared<store>(disk_, mint);
  if (const auto failed = records->open()) throw std::runtime_error(failed->what);
  p.ledger = p.system.spawn(ledger, records);
  p.watch = p.system.spawn(watched_ledger, p.ledger, [this](const std::string& name) {
    bool dies_after = false;
    const bool reads = name.starts_with("load_") || name == "ask_now";
    if (!count_call("ledger " + name, !reads, dies_after)) return false;
    if (dies_after) dies_at_commit_ = true;
    return true;
  });
  for (const auto s : both_sides)
    p.mailboxes[s] = p.system.spawn(scripted_mailbox, s, mailboxes_[s],
                                    mailbox_script{[this](const mailbox_call& c) { return before_mailbox_call(c); },
                                                   [this](const mailbox_call& c) { after_mailbox_call(c); },
                                                   [this] { return time(); }});
  pair_options options;
  options.settings = settings_;
  options.mailboxes = p.mailboxes;
  options.ledger = caf::actor_cast<ledger_actor>(p.watch);
  options.polling = false;
  options.context.wall_clock = [this] { return utc_seconds(time()); };
  options.context.mint = mint;
  options.context.random = [this] { return minted_ * 7919; };
  options.context.log = [this](const log_line& line) {
    trace.push_back("      " + line.text + " [" + line.item + "]");
  };
  p.pair = p.system.spawn(pair, std::move(options));
  caf::actor_cast<caf::actor>(p.pair)->attach_functor([ended = p.pair_ended](const caf::error&) { *ended = true; });
}

void virtual_world::end_process() {
  if (!process_) return;
  dead_ = true;
  time_ += process_->uptime();
  auto& p = *process_;
  caf::anon_send_exit(p.pair, caf::exit_reason::kill);
  for (const auto s : both_sides)
    caf::anon_send_exit(p.mailboxes[s], caf::exit_reason::kill);
  caf::anon_send_exit(p.watch, caf::exit_reason::kill);
  caf::anon_send_exit(p.ledger, caf::exit_reason::kill);
  p.pair = nullptr;
  p.mailboxes = {};
  p.watch = nullptr;
  p.ledger = nullptr;
  p.asker.reset();
  p.scheduler.run();
  if (p.system.registry().running() != 0) throw std::logic_error("an actor outlives its pair");
  process_.reset();
  dead_ = dies_at_commit_ = false;
}

void virtual_world::kill() {
  trace.push_back("----- killed");
  end_process();
}

bool virtual_world::count_call(const std::string& name, bool writes, bool& dies_after) {
  if (dies_at_commit_) dead_ = true; // the call it was to die after has changed nothing on disk
  if (dead_) return false;
  ++calls;
  counted_calls.push_back({writes, lasting});
  trace.push_back(std::to_string(calls) + " " + name);
  if (!crash || crash->call != calls) return true;
  trace.back() += crash->after ? "  <-- crash after" : "  <-- crash before";
  if (!crash->after) dead_ = true;
  dies_after = crash->after;
  return crash->after;
}

fault virtual_world::before_mailbox_call(const mailbox_call& call) {
  std::string name = std::string(side_name(call.side)) + " " + call.name;
  for (const auto& id : call.items)
    name += " " + id.value;
  for (const auto& m : call.marks)
    name += " " + m.value;
  bool dies_after = false;
  if (!count_call(name, call.writes, dies_after)) return {fault::kind::vanishes_before};
  fault f;
  if (before_call) f = before_call(*this, call, ++nth_[call.side][call.name]);
  if (f.kind != fault::kind::none) trace.back() += std::string("  <-- ") + testing::name_of(f.kind);
  if (call.writes) {
    ++writes;
    check_intents(call);
  }
  if (call.divisible) divisible.insert(calls);
  if (dies_after) {
    // A crash is nothing to the server: what was to commit later still does.
    if (f.kind == fault::kind::commits_later || f.kind == fault::kind::fails ||
        f.kind == fault::kind::answer_lost_before)
      dies_at_commit_ = true;
    else {
      dead_ = true;
      f.kind = crash->halfway ? fault::kind::vanishes_halfway : fault::kind::vanishes_after;
    }
  }
  return f;
}

void virtual_world::after_mailbox_call(const mailbox_call& call) {
  if (call.writes) ++lasting;
  if (after_call) after_call(*this, call, nth_[call.side][call.name]);
}

void virtual_world::check_intents(const mailbox_call& call) {
  std::vector<intent> open;
  look_at_disk([&](const store& records) {
    for (const auto& t : records.unsettled(pair_id(settings_.name)))
      if (t.intent) open.push_back(*t.intent);
  });
  const auto covers = [&](const intent& i, const item_id& item) {
    if (i.target != call.side || (i.item != item && i.made != item)) return false;
    switch (i.operation) {
    case operation::create:
      return false;
    case operation::update:
      return call.name == "update_items";
    case operation::set_read:
      return call.name == "set_read_states";
    case operation::move:
      return call.name == "move_items";
    case operation::remove:
      return call.name == "remove_items";
    case operation::replace:
      // What its user has marked on the old copy goes to the new one.
      if (call.name == "set_read_states") return i.step == replace_step::removing && i.made == item;
      return call.name == "remove_items" && ((i.step == replace_step::removing && i.item == item) ||
                                             (i.step == replace_step::withdrawing && i.made == item));
    }
    return false;
  };
  for (const auto& m : call.marks)
    if (std::none_of(open.begin(), open.end(), [&](const intent& i) {
          return i.target == call.side && i.mark == m && i.step == 0 &&
                 (i.operation == operation::create || i.operation == operation::replace);
        }))
      violations.push_back(call.name + " of " + m.value + " without its intent on disk");
  for (const auto& item : call.items)
    if (std::none_of(open.begin(), open.end(), [&](const intent& i) { return covers(i, item); }))
      violations.push_back(call.name + " of " + item.value + " without its intent on disk");
}

void virtual_world::check_cursors() {
  look_at_disk([&](const store& records) {
    for (const auto& f : records.folder_sides(pair_id(settings_.name))) {
      const auto& box = *mailboxes_[f.side];
      const auto* told = box.told_by(f.cursor);
      if (!told || told->folder != f.folder) continue;
      auto& checked = checked_[f.side][f.folder];
      const auto before = std::exchange(checked, *told);
      for (const auto& [id, state] : told->items) {
        const auto* item = box.item(id);
        if (const auto was = before.items.find(id); was != before.items.end() && was->second.version == state.version)
          continue;
        if (!item) continue; // gone since, which is news to come
        const auto known = records.find(f.pair, f.side, f.mailbox, id);
        if (!known)
          violations.push_back("the cursor of " + f.path + " has passed " + id.value + ", and nothing is known of it");
        else if (const auto& seen = known->seen[f.side];
                 seen && seen->item == id && item->version == state.version && seen->key < item->key())
          violations.push_back("the cursor of " + f.path + " has passed " + id.value + " at a key that is not known");
      }
    }
  });
}

bool virtual_world::something_under_way() const {
  bool any = mailboxes_.primary->commits_to_come() || mailboxes_.replica->commits_to_come();
  look_at_disk([&](const store& records) {
    for (const auto& t : records.unsettled(pair_id(settings_.name)))
      any = any || t.intent;
  });
  return any;
}

void virtual_world::pass(std::chrono::seconds how_long) {
  if (process_)
    process_->scheduler.advance_time(how_long);
  else
    time_ += how_long;
  for (const auto s : both_sides)
    mailboxes_[s]->reach(time());
}

/// False: the process has crashed.
bool virtual_world::run_jobs() {
  auto& scheduler = process_->scheduler;
  while (!dead_ && scheduler.has_job()) {
    if (choose) {
      auto& jobs = scheduler.jobs;
      std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(choose(jobs.size())), jobs.end());
    }
    scheduler.run_once();
  }
  return !dead_;
}

round_end virtual_world::round() {
  for (int starts = 0; starts < 20; ++starts) {
    if (!process_) start();
    auto& asker = *process_->asker;
    const auto writes_before = writes;
    auto request = asker->request(process_->pair, caf::infinite, sync_now{});
    for (int steps = 0; run_jobs() && !asker->has_next_message() && !*process_->pair_ended && steps < 10'000; ++steps)
      pass(1s); // an answer is late
    if (dead_) {
      trace.push_back("----- crashed");
      ++crashes;
      end_process();
      continue;
    }
    if (*process_->pair_ended && !asker->has_next_message()) { // as the supervisor would
      trace.push_back("----- the pair ended");
      end_process();
      continue;
    }
    if (!asker->has_next_message()) throw std::runtime_error("a round that never ends\n" + story());
    std::optional<round_end> ended;
    bool mailbox_died = false;
    request.receive(
        [&](const round_report& r) {
          ended = round_end{writes - writes_before, r.waiting + r.failed, r.banned, {}, {}};
          for (const auto& [name, why] : r.held)
            ended->held.push_back(name.value);
          for (const auto& [name, why] : r.failures) {
            ended->failures.push_back(why.code);
            mailbox_died = mailbox_died || why.code == "mailbox";
          }
        },
        [&](const caf::error& e) { trace.push_back("----- the pair ended: " + caf::to_string(e)); });
    // As the supervisor would: a pair or a mailbox that has ended is started anew from the ledger.
    if (!ended || mailbox_died) end_process();
    if (ended) return *ended;
  }
  throw std::runtime_error("a pair that never gets through a round\n" + story());
}

void virtual_world::approve() {
  if (!process_) start();
  auto request = (*process_->asker)
                     ->request(process_->ledger, caf::infinite, release_brake{pair_id(settings_.name), {}, false, {}});
  run_jobs();
  request.receive([](const brakes_released&) {},
                  [](const caf::error& e) { throw std::runtime_error(caf::to_string(e)); });
  trace.push_back("  ** the administrator approves");
}

round_end virtual_world::run() {
  round_end last;
  for (int rounds = 0; rounds < 100; ++rounds) {
    last = round();
    const bool rests = last.waiting == 0 || !last.held.empty(); // what the brake holds waits for an administrator
    // So does a folder that one side's user has deleted.
    const bool well = std::all_of(last.failures.begin(), last.failures.end(),
                                  [](const std::string& code) { return code == half_deleted; });
    if (last.writes == 0 && rests && well && !something_under_way()) return last;
    trace.push_back("----- later");
    pass(last.waiting > 0 ? 10min : 2min);
  }
  violations.push_back("it never comes to rest: " + std::to_string(last.waiting) + " wait, " +
                       std::to_string(last.writes) + " writes in the last round");
  return last;
}

std::string virtual_world::story() const {
  std::string text;
  for (const auto& line : trace)
    text += line + "\n";
  return text;
}

pair_settings settings_for(const std::vector<std::string>& paths, policy p) {
  pair_settings settings;
  settings.name = "pair";
  settings.primary.mailbox = "p@test";
  settings.replica.mailbox = "r@test";
  for (const auto& path : paths)
    settings.folders.push_back({path, path, path, p, default_polling_interval, false});
  return settings;
}

} // namespace exsyncd::testing
