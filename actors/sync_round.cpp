#include "actors/sync_round.hpp"

#include "actors/conflict_copies.hpp"
#include "actors/lease_keeper.hpp"
#include "actors/logic/back_off.hpp"
#include "actors/missing_folders.hpp"
#include "actors/subfolders.hpp"
#include "config/sides.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

/// Listing again lets deletes be believed; a mailbox in which items keep leaving must not keep a round going for ever.
constexpr std::uint32_t most_pulls = 3;
constexpr std::uint32_t most_passes = 1000;
/// An item that a round comes back to this often goes in circles: it rests, and is listed. Each of its fields may take
/// a step of its own.
constexpr std::uint32_t most_steps = 60;
/// What was due and could not be done is not tried at once again.
constexpr std::chrono::seconds least_rest{30};
/// How long a folder that cannot be read lets deletes wait that may be moves into it. Until then it is most likely an
/// outage; later the item would be created there anew, which is no loss, while a delete that never comes is one.
constexpr std::chrono::hours longest_hold{1};

const std::string& path_of(const folder_pair_settings& f, side s) {
  return s == side::primary ? f.primary : f.replica;
}

std::string name_of(side s) {
  return s == side::primary ? "primary" : "replica";
}

/// The settings by which items are left alone on one side (logic::decide), as text: other ones, another decision.
std::string leaves_alone(const policy& p) {
  return std::to_string(static_cast<int>(p.direction)) + " " + std::to_string(static_cast<int>(p.meetings)) + " " +
         (p.start_date ? std::to_string(p.start_date->time_since_epoch().count()) : "-");
}

} // namespace

sync_round::sync_round(pair_self self, std::set<folder_id> hinted, std::function<void(outcome)> done)
    : self_(self), hinted_(std::move(hinted)), done_(std::move(done)) {
  question_.deletes_a_day = options().settings.deletes_a_day;
  for (const auto& f : options().settings.folders) {
    arbitrated_folder a;
    a.name = folder_pair_id{f.name};
    a.policy = f.policy;
    question_.folders.push_back(std::move(a));
  }
}

arbitrated_folder& sync_round::folder(const folder_pair_id& name) {
  return *std::find_if(question_.folders.begin(), question_.folders.end(),
                       [&](const arbitrated_folder& f) { return f.name == name; });
}

void sync_round::fail(const folder_pair_id& name, failure f) {
  folder(name).usable = false;
  folder(name).listed = {};
  auto& all = result_.report.failures;
  if (std::find(all.begin(), all.end(), std::pair{name, f}) == all.end()) all.emplace_back(name, std::move(f));
}

void sync_round::fail_side(side s, const failure& f) {
  auto told = in_context(
      name_of(s) + " " + called(s == side::primary ? options().settings.primary : options().settings.replica), f);
  auto& all = result_.report.failures;
  if (std::find(all.begin(), all.end(), std::pair{folder_pair_id{}, told}) == all.end())
    all.emplace_back(folder_pair_id{}, std::move(told));
}

template <class Request, class Then>
void sync_round::ask_mailbox(side s, Request what, Then then) {
  auto me = shared_from_this();
  ++open_;
  self_->request(options().mailboxes[s], mailbox_patience, std::move(what))
      .then(std::move(then), [me, s](const caf::error& e) {
        me->fail_side(s, {reach::mailbox,
                          retry::later,
                          {},
                          "mailbox",
                          "the mailbox actor did not answer: " + caf::to_string(e),
                          {}});
        if (me->one_less()) me->finish();
      });
}

void sync_round::start() {
  self_->state.back_and_forth.begin_round();
  identify_both();
}

void sync_round::halt() {
  halted_ = true;
  for (const auto& [name, f] : self_->state.folder_pairs)
    self_->send(f, halt_work{});
}

void sync_round::identify_both() {
  auto me = shared_from_this();
  auto next = [me] {
    if (!me->one_less()) return;
    if (!me->result_.report.failures.empty()) return me->finish();
    for (side s : both_sides)
      me->find_folders_of(s);
  };
  for (side s : both_sides)
    ask_mailbox(s, identify{}, [me, s, next](identified& who) {
      if (auto* f = std::get_if<failure>(&who.outcome)) {
        me->fail_side(s, *f);
        return next();
      }
      me->identities_[s] = std::get<mailbox_identity>(who.outcome);
      // Only a mailbox that has been reached knows its version, and so what it can hold.
      me->ask_mailbox(s, ask_settable{}, [me, s, next](settable& what) {
        me->question_.what_can_be_set[s] = std::move(what);
        next();
      });
      next();
    });
}

void sync_round::find_folders_of(side s) {
  auto me = shared_from_this();
  find_folders what;
  for (const auto& f : options().settings.folders)
    what.paths.push_back(path_of(f, s));
  ask_mailbox(s, std::move(what), [me, s](folders_found& answer) {
    if (auto* f = std::get_if<failure>(&answer.outcome))
      me->fail_side(s, *f);
    else
      me->found_[s] = std::move(std::get<0>(answer.outcome));
    if (!me->one_less()) return;
    if (!me->result_.report.failures.empty()) return me->finish();
    me->place_folders();
  });
}

void sync_round::place_folders() {
  const auto& all = options().settings.folders;
  std::vector<missing_folder> missing;
  for (std::size_t i = 0; i < all.size(); ++i) {
    folder_pair_id name{all[i].name};
    both<const folder_state*> there{};
    for (side s : both_sides) {
      auto where = name_of(s) + " folder " + path_of(all[i], s);
      if (i >= found_[s].size()) {
        fail(name, {reach::folder, retry::later, {}, "protocol", where + " was not answered for", {}});
      } else if (auto* why = std::get_if<failure>(&found_[s][i])) {
        folder(name).missing[s] = why->code == "ErrorFolderNotFound";
        if (folder(name).missing[s])
          missing.push_back({name, s, path_of(all[i], s), in_context(where, *why)});
        else
          fail(name, in_context(where, *why));
      } else {
        there[s] = &std::get<folder_state>(found_[s][i]);
      }
    }
    if (!there.primary || !there.replica) continue;
    place(name, {all[i].primary, all[i].replica}, there);
  }
  if (missing.empty()) return place_what_is_below();
  // Until it is told why, nothing of them is done.
  for (const auto& m : missing)
    folder(m.folder_pair).usable = false;
  explain_missing(self_, std::move(missing), [me = shared_from_this()](std::vector<missing_folder> explained) {
    for (auto& m : explained)
      me->fail(m.folder_pair, std::move(m.why));
    me->place_what_is_below();
  });
}

void sync_round::place_what_is_below() {
  self_->request(options().ledger, ledger_patience, load_folder_sides{pair_id{options().settings.name}})
      .then(
          [me = shared_from_this()](folder_sides_loaded& known) {
            me->known_ = std::move(known);
            me->place_subfolders(0);
          },
          [self = self_](const caf::error& e) { self->quit(e); });
}

bool sync_round::place(const folder_pair_id& name, const both<std::string>& paths,
                       const both<const folder_state*>& found) {
  both<std::string> kinds;
  for (side s : both_sides) {
    auto where = name_of(s) + " folder " + paths[s];
    kinds[s] = logic::kind_of_folder(found[s]->folder_class);
    if (found[s]->in_deleted_items) {
      // Its items are about to vanish with it; none of that is a user's delete of one item.
      fail(name, {reach::folder,
                  retry::after_change,
                  {},
                  "deleted",
                  where + " is in Deleted Items",
                  "move it back, or take the folder pair out of the configuration"});
    }
  }
  if (kinds.primary != kinds.replica)
    fail(name, {reach::folder,
                retry::after_change,
                {},
                "class_mismatch",
                "primary folder " + paths.primary + " is of class " + kinds.primary + " and replica folder " +
                    paths.replica + " of class " + kinds.replica,
                "pair folders of the same class: mail with mail, contacts with contacts"});
  if (!folder(name).usable) return false;
  self_->state.kinds[name] = kinds.primary;
  both<folder_id> ids;
  guarded_folder_pair guarded{name, folder(name).policy.direction, {}, {}, {}};
  for (side s : both_sides) {
    ids[s] = found[s]->id;
    const auto& store = found[s]->store;
    guarded.folders[s] = *found[s];
    guarded.is_public[s] = !store.empty();
    guarded.stores[s] = store.empty() ? identities_[s] : store;
    binding_.folders.push_back({pair_id{options().settings.name}, name, s, guarded.stores[s], ids[s], paths[s], false,
                                leaves_alone(folder(name).policy)});
  }
  guarded_.push_back(std::move(guarded));
  (*places_)[name] = ids;
  return true;
}

void sync_round::place_subfolders(std::size_t at) {
  const auto& all = options().settings.folders;
  while (at < all.size() && !(all[at].include_subfolders && places_->contains(folder_pair_id{all[at].name})))
    ++at;
  if (at == all.size()) return name_anew();
  const auto& root = all[at];
  logic::subfolder_question what;
  what.root = {folder_pair_id{root.name}, places_->at(folder_pair_id{root.name}), {root.primary, root.replica}};
  what.direction = root.policy.direction;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (side s : both_sides)
      if (i < found_[s].size())
        if (auto* f = std::get_if<folder_state>(&found_[s][i])) what.taken[s].insert(f->id);
  std::map<folder_pair_id, logic::known_subfolder> before;
  const auto is_named = [&](const folder_pair_id& name) {
    return std::any_of(all.begin(), all.end(), [&](const auto& f) { return f.name == name.value; });
  };
  for (const auto& f : known_.folders)
    if (!is_named(f.folder_pair) && !is_off(f.folder_pair)) {
      auto& k = before[f.folder_pair];
      k.name = f.folder_pair;
      k.ids[f.side] = f.folder;
      k.paths[f.side] = f.path;
      k.of_another = !f.folder_pair.value.starts_with(root.name + "/");
    }
  what.names = options().off;
  for (const auto& f : all)
    what.names.insert(folder_pair_id{f.name});
  std::vector<folder_pair_id> names;
  for (auto& [name, k] : before) {
    if (!k.of_another) names.push_back(name);
    what.known.push_back(std::move(k));
  }
  auto me = shared_from_this();
  find_subfolders(self_, root, std::move(what), [me, at, names](subfolders_found found) {
    const auto& root = me->options().settings.folders[at];
    for (side s : both_sides)
      if (found.failed[s])
        me->fail(folder_pair_id{root.name}, in_context(name_of(s) + ": subfolders", *found.failed[s]));
    // The root itself goes on: what failed are the folders below it.
    me->folder(folder_pair_id{root.name}).usable = true;
    for (const auto& one : found.pairs) {
      arbitrated_folder a;
      a.name = one.pair.name;
      a.policy = root.policy;
      me->question_.folders.push_back(std::move(a));
      if (!me->place(one.pair.name, one.pair.paths, {&one.folders.primary, &one.folders.replica})) continue;
      auto settings = root;
      settings.name = one.pair.name.value;
      settings.primary = one.pair.paths.primary;
      settings.replica = one.pair.paths.replica;
      settings.include_subfolders = false;
      hold_folder_pair(me->self_, settings);
    }
    for (auto& one : found.halved)
      me->result_.report.failures.push_back(std::move(one));
    me->apart_.insert(found.apart.begin(), found.apart.end());
    me->unread_below_ = me->unread_below_ || found.failed.primary || found.failed.replica;
    // What could not be looked for is not known to be gone: items may have been moved into it.
    if (found.failed.primary || found.failed.replica)
      for (const auto& name : names) {
        const auto stands = [&](const arbitrated_folder& f) { return f.name == name; };
        if (std::any_of(me->question_.folders.begin(), me->question_.folders.end(), stands)) continue;
        arbitrated_folder a;
        a.name = name;
        a.policy = root.policy;
        a.usable = false;
        me->question_.folders.push_back(std::move(a));
      }
    me->place_subfolders(at + 1);
  });
}

/// What another daemon looks after is left to it, before anything of it is read or written.
void sync_round::guard() {
  if (!options().leases.on) return bind();
  keep_alone(self_, std::move(guarded_), [me = shared_from_this()](const lease_failures& failed) {
    for (const auto& [name, why] : failed) {
      me->fail(name, why);
      me->places_->erase(name);
      std::erase_if(me->binding_.folders, [&, &name = name](const bind_folder& b) { return b.folder_pair == name; });
    }
    me->bind();
  });
}

void sync_round::lose(const folder_pair_id& name, const failure& why) {
  const auto stands = [&](const arbitrated_folder& f) { return f.name == name; };
  if (std::none_of(question_.folders.begin(), question_.folders.end(), stands)) return;
  fail(name, why);
  const auto& all = self_->state.folder_pairs;
  if (const auto at = all.find(name); at != all.end()) self_->send(at->second, halt_work{});
}

void sync_round::bind() {
  note_other_folders(self_, binding_, known_.folders, question_.folders);
  const auto which = have_other_folders();
  if (which.primary || which.replica) return identify_again(which);
  bind_folders_found();
}

both<bool> sync_round::have_other_folders() const {
  both<bool> result{};
  for (const auto& found : binding_.folders)
    for (const auto& k : known_.folders)
      if (k.folder_pair == found.folder_pair && k.side == found.side && k.folder != found.folder &&
          k.mailbox == found.mailbox && found.mailbox == identities_[found.side])
        result[found.side] = true;
  return result;
}

/// A mailbox that was restored or moved has another identity and other ids. Bound to these under the old identity, it
/// would be listed from the beginning twice, and what a user deletes in between would be told by neither list.
void sync_round::identify_again(const both<bool>& which) {
  auto me = shared_from_this();
  const auto failed = std::make_shared<bool>(false);
  for (side s : both_sides)
    if (which[s])
      ask_mailbox(s, identify{}, [me, s, failed](identified& who) {
        if (auto* f = std::get_if<failure>(&who.outcome)) {
          me->fail_side(s, *f);
          *failed = true;
        } else {
          const auto before = std::exchange(me->identities_[s], std::get<mailbox_identity>(who.outcome));
          for (auto& b : me->binding_.folders)
            if (b.side == s && b.mailbox == before) b.mailbox = me->identities_[s];
        }
        if (!me->one_less()) return;
        if (*failed) return me->finish();
        me->bind_folders_found();
      });
}

void sync_round::bind_folders_found() {
  auto me = shared_from_this();
  self_->request(options().ledger, ledger_patience, std::move(binding_))
      .then(
          [me](const folders_bound&) {
            watch(me->self_, *me->places_);
            me->pull_all();
          },
          [self = self_](const caf::error& e) { self->quit(e); });
}

bool sync_round::is_hinted(const folder_pair_id& name) const {
  const auto at = places_->find(name);
  return at != places_->end() && (hinted_.contains(at->second.primary) || hinted_.contains(at->second.replica));
}

void sync_round::pull_all() {
  auto me = shared_from_this();
  ++pulls_;
  news_ = suspects_ = false;
  // A hint that names none of our folders may mean any.
  const bool some = std::any_of(question_.folders.begin(), question_.folders.end(),
                                [&](const arbitrated_folder& f) { return f.usable && is_hinted(f.name); });
  for (const auto& f : question_.folders) {
    if (!(f.usable || f.listed.primary || f.listed.replica) || halted_ || (some && !is_hinted(f.name))) continue;
    ++open_;
    auto from = places_->at(f.name);
    for (side s : both_sides)
      if (!f.usable && !f.listed[s]) from[s] = {};
    // However long the lists are: each page has its own time.
    self_->request(self_->state.folder_pairs.at(f.name), caf::infinite, pull{from})
        .then(
            [me, name = f.name, from](pulled& p) {
              me->news_ = me->news_ || p.news;
              me->suspects_ = me->suspects_ || p.suspects;
              for (side s : both_sides) {
                if (p.unseen[s]) note_sight(me->self_, name, s, *p.unseen[s]);
                if (p.failed[s]) me->fail(name, in_context(name_of(s), *p.failed[s]));
              }
              // What is moved out of a folder whose mate alone cannot be read is known for moved.
              const auto read = [&](side s) { return !from[s].empty() && !p.failed[s]; };
              if (!(read(side::primary) && read(side::replica)))
                for (side s : both_sides)
                  me->folder(name).listed[s] = me->may_be_awaited(name) && read(s);
              if (me->one_less()) me->pulled_all();
            },
            [self = self_](const caf::error& e) { self->quit(e); });
  }
  hinted_.clear();
  if (open_ == 0) pulled_all();
}

/// What a listing by comparison has not shown once may have been skipped: a second look tells.
void sync_round::pulled_all() {
  if (suspects_ && pulls_ < most_pulls && !halted_) return pull_all();
  decide();
}

bool sync_round::may_be_awaited(const folder_pair_id& name) const {
  const auto& since = self_->state.unread_since;
  const auto at = since.find(name);
  return at == since.end() || self_->clock().now() - at->second < longest_hold;
}

void sync_round::note_unread() {
  auto& since = self_->state.unread_since;
  const auto now = self_->clock().now();
  for (auto& f : question_.folders) {
    if (const auto kind = self_->state.kinds.find(f.name); kind != self_->state.kinds.end()) f.kind = kind->second;
    if (f.usable) {
      since.erase(f.name);
    } else {
      since.try_emplace(f.name, now);
      f.holds_deletes = may_be_awaited(f.name);
    }
  }
}

void sync_round::decide() {
  if (halted_) return finish();
  auto me = shared_from_this();
  note_unread();
  question_.first_of_round = passes_ == 0;
  self_->request(self_->state.judge, caf::infinite, question_)
      .then([me](arbitrated& verdicts) { me->decided(verdicts); },
            [self = self_](const caf::error& e) { self->quit(e); });
}

void sync_round::decided(arbitrated& verdicts) {
  auto& report = result_.report;
  result_.next_due = verdicts.next_due;
  report.held.clear();
  report.banned = 0;
  waiting_ = 0;
  for (const auto& [name, of] : verdicts.folder_pairs) {
    if (of.held) report.held.emplace_back(name, *of.held);
    report.banned += of.banned;
    waiting_ += of.waiting_for_listing + of.waiting_for_delete + of.waiting_for_unread + of.resting;
  }
  if (is_to_be_listed_again(verdicts)) return pull_all();
  let_rest_what_circles(verdicts);
}

/// A delete is believed when every mapped folder has been listed after it was seen: list once more.
/// And once what we wrote is all done, the lists shall know it: of what they never showed, they tell no delete.
bool sync_round::is_to_be_listed_again(const arbitrated& verdicts) const {
  bool deletes = false, echoes = false, tasks = false;
  for (const auto& [name, of] : verdicts.folder_pairs) {
    deletes = deletes || of.waiting_for_delete > 0;
    echoes = echoes || of.waiting_for_echo > 0;
    tasks = tasks || !of.tasks.empty();
  }
  return (deletes || (echoes && !tasks)) && pulls_ < most_pulls;
}

void sync_round::let_rest_what_circles(arbitrated& verdicts) {
  note_troubles circling;
  for (auto& [name, of] : verdicts.folder_pairs)
    std::erase_if(of.tasks, [&](const task& t) {
      if (++steps_[t.twin.id] <= most_steps) return false;
      if (steps_[t.twin.id] > most_steps + 1) return true; // that is noted already
      auto rests = t.twin.trouble.value_or(trouble{});
      rests.code = "no_progress";
      rests.what =
          "the item was worked on " + std::to_string(most_steps) + " times in one round and is not in step yet";
      rests.hint = "edit it on the side that is right, or ban it";
      ++rests.tries;
      rests.since = options().context.wall_clock();
      rests.next = rests.since + logic::back_off(rests.tries, options().context.random());
      for (side s : both_sides)
        rests.at[s] = logic::trouble_key(t.twin.seen[s]);
      options().context.log(
          {log_level::warning, rests.what, options().settings.name, t.twin.folder_pair.value, {}, rests.code});
      circling.troubles.push_back({t.twin.id, rests});
      return true;
    });
  if (circling.troubles.empty()) return carry(verdicts);
  self_->request(options().ledger, ledger_patience, std::move(circling))
      .then([me = shared_from_this(), verdicts](const stored&) mutable { me->carry(verdicts); },
            [self = self_](const caf::error& e) { self->quit(e); });
}

/// What is due next is told by what is on disk now, not by what was there before the last writes.
void sync_round::look_ahead() {
  if (halted_) return finish();
  self_->request(self_->state.judge, mailbox_patience, question_)
      .then(
          [me = shared_from_this()](arbitrated& verdicts) {
            me->result_.next_due = verdicts.next_due;
            me->result_.report.banned = 0;
            for (const auto& [name, of] : verdicts.folder_pairs)
              me->result_.report.banned += of.banned;
            if (me->is_to_be_listed_again(verdicts)) return me->pull_all();
            me->finish();
          },
          [self = self_](const caf::error& e) { self->quit(e); });
}

void sync_round::carry(arbitrated& verdicts) {
  note_troubles held;
  for (const auto& [name, of] : verdicts.folder_pairs)
    for (const auto& t : of.tasks)
      self_->state.losers_to_copy = self_->state.losers_to_copy || t.verdict.loses;
  for (auto& [name, of] : verdicts.folder_pairs)
    for (auto& one : self_->state.back_and_forth.hold(of.tasks, options().context.wall_clock())) {
      options().context.log({log_level::warning, one.trouble->what + " — " + one.trouble->hint, options().settings.name,
                             name.value, one.twin.value, one.trouble->code});
      held.troubles.push_back(std::move(one));
    }
  if (held.troubles.empty()) return carry_out_all(verdicts);
  result_.report.banned += held.troubles.size();
  self_->request(options().ledger, ledger_patience, std::move(held))
      .then([me = shared_from_this(),
             rest = std::make_shared<arbitrated>(std::move(verdicts))](const stored&) { me->carry_out_all(*rest); },
            [self = self_](const caf::error& e) { self->quit(e); });
}

void sync_round::carry_out_all(arbitrated& verdicts) {
  auto me = shared_from_this();
  ++passes_;
  came_further_ = false;
  for (auto& [name, of] : verdicts.folder_pairs) {
    if (of.tasks.empty() || !folder(name).usable || halted_) continue;
    ++open_;
    self_->request(self_->state.folder_pairs.at(name), caf::infinite, carry_out{std::move(of.tasks), places_})
        .then(
            [me, name = name](carried& c) {
              me->came_further_ = me->came_further_ || c.done > 0;
              me->result_.report.writes += c.writes;
              me->result_.report.failed += c.failed;
              me->waiting_ += c.waiting;
              for (side s : both_sides)
                if (c.stopped[s]) me->fail(name, in_context(name_of(s), *c.stopped[s]));
              if (!me->one_less()) return;
              if (me->came_further_ && me->passes_ < most_passes)
                me->decide();
              else
                me->look_ahead();
            },
            [self = self_](const caf::error& e) { self->quit(e); });
  }
  if (open_ == 0) finish();
}

void sync_round::finish() {
  result_.report.waiting = waiting_;
  const auto soonest = options().context.wall_clock() + least_rest;
  if (result_.next_due && *result_.next_due <= options().context.wall_clock()) result_.next_due = soonest;
  if (!done_ || ending_) return;
  ending_ = true;
  // Where a whole side failed, its mailbox is not asked for more.
  const auto& failures = result_.report.failures;
  if (halted_ || !std::all_of(failures.begin(), failures.end(),
                              [](const auto& of_folder) { return waits_for_somebody(of_folder.second); }))
    return end();
  copy_losers(self_, [me = shared_from_this()] { me->end(); });
}

void sync_round::end() {
  std::exchange(done_, nullptr)(std::move(result_));
}

} // namespace exsyncd
