#include "actors/carrier.hpp"

#include <map>

namespace exsyncd {
namespace {

/// Batches of one folder pair at once: enough to hide the way to the server, few enough to leave the account's
/// concurrency to the other folder pairs.
constexpr std::size_t most_in_flight = 3;

/// Microsoft advises ten items for a GetItem with contents; the other calls carry ids only.
constexpr std::size_t full_batch = 10;
constexpr std::size_t id_batch = 50;
/// A batch of whole mails is cut at this many bytes as the list told them, so that no answer grows without bound.
constexpr std::uint64_t batch_bytes = 4u << 20;

std::uint64_t size_of(const task& t) {
  for (side s : both_sides)
    if (const auto& o = t.twin.seen[s]) return o->size;
  return 0;
}

} // namespace

carrier::carrier(folder_pair_self self, carry_out what, std::function<void(carried)> done)
    : self_(self), work_(std::move(what)), done_(std::move(done)) {}

void carrier::start() {
  sort_out();
  pump();
}

/// Groups the tasks by what can share a request; what needs no request is stored as one batch.
void carrier::sort_out() {
  std::vector<settle_twin> settled;
  std::vector<note_trouble> troubled;
  std::map<std::string, std::pair<std::vector<task>, std::function<void(std::vector<task>)>>> groups;
  auto* const me = this; // what waits in the queue must not hold whose queue it is
  auto flush = [this](auto& group) {
    queue_.push_back([run = group.second, tasks = std::move(group.first)] { run(tasks); });
    group.first.clear();
  };
  auto add = [&](const std::string& name, std::size_t most, const task& t, auto run) {
    auto& group = groups[name];
    group.second = run;
    std::uint64_t bytes = size_of(t);
    for (const auto& already : group.first)
      bytes += size_of(already);
    if (!group.first.empty() && most == full_batch && bytes > batch_bytes) flush(group);
    group.first.push_back(t);
    if (group.first.size() == most) flush(group);
  };
  // Contents of one class share a request: each class has properties of its own.
  auto name = [](const char* what, side s, const task& t) {
    return std::string(what) + (s == side::primary ? " p" : " r") + std::to_string(static_cast<int>(class_of(t)));
  };

  for (auto& t : work_.tasks) {
    struct {
      carrier& self;
      const task& t;
      carrier* const me;
      decltype(add)& group;
      decltype(name)& named;
      std::vector<settle_twin>& settled;
      std::vector<note_trouble>& troubled;

      void operator()(const logic::wait&) { ++self.result_.waiting; }
      void operator()(const logic::agree& a) { settled.push_back(settlement_of(t.twin, a)); }
      void operator()(const logic::forget& f) { settled.push_back(settlement_of(t.twin, f)); }
      void operator()(const logic::bury& b) { settled.push_back(settlement_of(t.twin, b, self.now())); }
      void operator()(const logic::look& l) {
        const auto known = [this](side s) {
          const auto& o = *t.twin.seen[s];
          return o.content && o.content_key == o.key;
        };
        // Their contents are known: it is what is attached that must be read.
        if (!l.unlisted && l.sides.size() == 2 && known(side::primary) && known(side::replica))
          return group("inside", 1, t,
                       [me = me](std::vector<task> v) { me->look_inside(std::move(v.front()), side::primary, {}); });
        for (side s : l.sides)
          group(named("look", s, t), id_batch, t, [me = me, s](std::vector<task> v) { me->look(std::move(v), s); });
      }
      void operator()(const logic::resolve&) {
        group("resolve", 1, t, [me = me](std::vector<task> v) { me->resolve(std::move(v.front())); });
      }
      void operator()(const logic::create_on& w) {
        const auto to = t.twin.seen[other(w.target)]->folder;
        group(named("create", w.target, t) + to.value, full_batch, t,
              [me = me, s = w.target, to](std::vector<task> v) { me->carry(std::move(v), operation::create, s, to); });
      }
      void operator()(const logic::replace_on& w) {
        const auto to = t.twin.seen[w.target]->folder;
        group(named("replace", w.target, t) + to.value, full_batch, t,
              [me = me, s = w.target, to](std::vector<task> v) { me->carry(std::move(v), operation::replace, s, to); });
      }
      void operator()(const logic::update_on& w) {
        group(named("update", w.target, t), full_batch, t,
              [me = me, s = w.target](std::vector<task> v) { me->update(std::move(v), s); });
      }
      void operator()(const logic::set_read_on& w) {
        group(named("read", w.target, t), id_batch, t,
              [me = me, s = w.target](std::vector<task> v) { me->set_read(std::move(v), s); });
      }
      void operator()(const logic::move_on& w) {
        group(named("move", w.target, t) + w.to.value, id_batch, t,
              [me = me, w](std::vector<task> v) { me->move(std::move(v), w.target, w.to); });
      }
      void operator()(const logic::remove_on& w) {
        group(named("remove", w.target, t), id_batch, t,
              [me = me, s = w.target](std::vector<task> v) { me->remove(std::move(v), s); });
      }
      void operator()(const logic::report_unchangeable& r) {
        failure f{reach::item,
                  retry::after_change,
                  {},
                  "unchangeable",
                  "Exchange does not let this edit be made on a mail that was sent or received",
                  "set \"unchangeable\": \"replace\" for the pair, or make the same edit on the other side"};
        troubled.push_back({t.twin.id, naming_refused(self.trouble_of(t, r.target, f, true), r.fields)});
        ++self.result_.failed;
      }
    } assign{*this, t, me, add, name, settled, troubled};
    std::visit(assign, t.verdict.what);
  }
  for (auto& [key, group] : groups)
    if (!group.first.empty()) flush(group);
  work_.tasks.clear();
  if (!settled.empty() || !troubled.empty())
    queue_.push_front([me, settled = std::move(settled), troubled = std::move(troubled)] {
      me->result_.done += settled.size();
      me->store({settled, {}, troubled, {}});
    });
}

item_class carrier::class_of(const task& t) {
  for (side s : both_sides)
    if (const auto& o = t.twin.seen[s]) return o->item_class;
  return item_class::message;
}

void carrier::pump() {
  if (stopped()) queue_.clear();
  while (in_flight_ < most_in_flight && !queue_.empty()) {
    auto next = std::move(queue_.front());
    queue_.pop_front();
    ++in_flight_;
    next();
  }
  if (in_flight_ == 0 && done_) std::exchange(done_, nullptr)(result_);
}

void carrier::tell_progress() {
  auto listener = caf::actor_cast<progress_listener>(options().progress);
  if (!listener) return;
  batch_carried all{result_.done, result_.writes, result_.waiting, result_.failed};
  self_->send(listener, batch_carried{all.done - told_.done, all.writes - told_.writes, all.waiting - told_.waiting,
                                      all.failed - told_.failed});
  told_ = all;
}

void carrier::batch_done() {
  --in_flight_;
  tell_progress();
  pump();
}

void carrier::stop(side s, failure f) {
  if (!result_.stopped[s]) result_.stopped[s] = std::move(f);
}

bool carrier::matches(side s, std::size_t answers, std::size_t questions) {
  if (answers == questions) return true;
  stop(s, {reach::mailbox,
           retry::later,
           {},
           "protocol",
           std::to_string(questions) + " items were asked for and " + std::to_string(answers) + " answered",
           {}});
  batch_done();
  return false;
}

void carrier::read(side s, std::vector<item_id> items, item_class of,
                   std::function<void(std::vector<content_outcome>&)> then) {
  const auto asked = items.size();
  ask_mailbox<content_read>(s, read_content{std::move(items), of},
                            [me = shared_from_this(), s, asked, then = std::move(then)](auto& outcomes) {
                              if (me->matches(s, outcomes.size(), asked)) then(outcomes);
                            });
}

void carrier::ask_target(side target, std::function<void(const settable&)> then) {
  self_->request(options().mailboxes[target], mailbox_patience, ask_settable{})
      .then(std::move(then), [me = shared_from_this(), target](const caf::error& e) { me->mailbox_died(target, e); });
}

void carrier::mailbox_died(side s, const caf::error& e) {
  stop(s, {reach::mailbox, retry::later, {}, "mailbox", "the mailbox actor did not answer: " + caf::to_string(e), {}});
  batch_done();
}

void carrier::log(log_level level, const task& about, std::string text, std::string code) const {
  log_line line{level, std::move(text), options().pair.value, options().settings.name, {}, std::move(code)};
  for (side s : both_sides)
    if (const auto& o = about.twin.seen[s]; o && line.item.empty()) line.item = o->subject;
  options().context.log(line);
}

void start_carrying(folder_pair_self self, carry_out what, std::function<void(carried)> done) {
  std::make_shared<carrier>(self, std::move(what), std::move(done))->start();
}

} // namespace exsyncd
