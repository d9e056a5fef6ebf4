#include "actors/lease_keeper.hpp"

#include <algorithm>
#include <memory>

namespace exsyncd {
namespace {

using pair_self = pair_actor::stateful_pointer<pair_state>;
using logic::lease;

constexpr std::chrono::hours shortest_life{3};
/// The end of a pair waits no longer for a server.
constexpr std::chrono::seconds release_patience{10};
/// Folders whose keys keep moving under us.
constexpr int most_looks = 6;
constexpr std::size_t most_in_request = 50;
/// Of leases that ran out so long ago nobody will ever ask again.
constexpr std::chrono::hours dead_after{24 * 30};

std::chrono::milliseconds longest_poll(const pair_settings& settings) {
  std::chrono::milliseconds longest{0};
  for (const auto& f : settings.folders)
    longest = std::max(longest, f.polling_interval);
  return longest;
}

/// Two pairs of this daemon, on the same folders by two addresses of one mailbox, or by two URLs of one server.
failure twice_here(const std::string& other) {
  return {reach::folder,
          retry::after_change,
          {},
          "same_folders",
          "these two folders are kept in step by the pair \"" + other +
              "\" already: the servers tell the same ids of them, whatever the addresses are",
          "take the folder pair out of one of the two pairs"};
}

struct write {
  std::size_t of = 0; // which folder pair
  side at = side::primary;
  bool takes = false; // our lease is in it; else something is only taken away
};

class keeper : public std::enable_shared_from_this<keeper> {
public:
  keeper(pair_self self, std::vector<guarded_folder_pair> all, std::function<void(lease_failures)> done)
      : self_(self), done_(std::move(done)), life_(lease_life(self->state.options.settings)) {
    for (auto& f : all)
      work_.emplace_back().of = std::move(f);
  }

  void start(bool read_first) {
    auto me = shared_from_this();
    if (!book().loaded)
      return ask_ledger<leases_loaded>(load_leases{pair()}, [me, read_first](leases_loaded& known) {
        auto& book = me->book();
        book.loaded = true;
        book.installation = logic::short_form(known.installation);
        for (auto& l : known.leases)
          book.mine[l.folder_pair] = std::move(l);
        me->start(read_first);
      });
    for (auto& w : work_)
      for (side s : both_sides)
        w.read_again = w.read_again || read_first ||
                       (!w.of.is_public[s] && w.of.folders[s].leases.size() >= logic::longest_listed_text);
    read_again();
  }

private:
  struct work {
    guarded_folder_pair of;
    bool read_again = false;
    bool is_new = false; // written in this run, and not read back yet
    bool done = false;
    std::optional<failure> failed;
  };
  pair_self self_;
  std::function<void(lease_failures)> done_;
  std::chrono::seconds life_;
  std::vector<work> work_;
  std::vector<write> writes_;
  std::optional<std::map<std::string, std::string>> siblings_;
  int looks_ = 0;
  int open_ = 0;

  lease_book& book() { return self_->state.leases; }
  const pair_options& options() const { return self_->state.options; }
  pair_id pair() const { return pair_id{options().settings.name}; }
  std::chrono::steady_clock::time_point now() { return self_->clock().now(); }

  template <class Answer, class Request>
  void ask_ledger(Request what, std::function<void(Answer&)> then) {
    self_->request(options().ledger, ledger_patience, std::move(what))
        .then(std::move(then), [self = self_](const caf::error& e) { self->quit(e); });
  }

  std::string partner(const work& w, side s) const {
    return logic::lease_key(w.of.stores[other(s)], w.of.folders[other(s)].id);
  }

  void settle(work& w, lease_standing how, std::optional<failure> failed = {}) {
    w.done = true;
    w.failed = std::move(failed);
    const auto& o = options();
    auto& known = self_->state.status.leases[w.of.name];
    if (known == how) return;
    // What is looked after elsewhere is told as a failure.
    if (how.state == lease_state::unguarded)
      o.context.log({log_level::warning,
                     "unguarded: another daemon would not notice that this one is here: " + how.why,
                     o.settings.name,
                     w.of.name.value,
                     {},
                     "unguarded"});
    known = std::move(how);
  }

  // ---- reading

  void read_again() {
    auto me = shared_from_this();
    open_ = 1;
    for (side s : both_sides) {
      auto places = std::make_shared<std::vector<std::size_t>>();
      read_leases what;
      for (std::size_t i = 0; i < work_.size(); ++i)
        if (const auto& w = work_[i]; w.read_again && !w.done && !w.of.is_public[s]) {
          places->push_back(i);
          what.folders.push_back(w.of.folders[s].id);
        }
      if (places->empty()) continue;
      ++open_;
      self_->request(options().mailboxes[s], mailbox_patience, std::move(what))
          .then(
              [me, s, places](leases_read& answer) {
                for (std::size_t n = 0; n < places->size(); ++n)
                  me->was_read((*places)[n], s, answer, n);
                me->one_less([me] { me->look(); });
              },
              [me, s, places](const caf::error& e) {
                leases_read none{failure{reach::mailbox, retry::later, {}, "mailbox", caf::to_string(e), {}}};
                for (std::size_t n = 0; n < places->size(); ++n)
                  me->was_read((*places)[n], s, none, n);
                me->one_less([me] { me->look(); });
              });
    }
    for (auto& w : work_)
      w.read_again = false;
    one_less([me] { me->look(); });
  }

  void was_read(std::size_t i, side s, leases_read& answer, std::size_t n) {
    auto& w = work_[i];
    if (w.done) return;
    const auto* why = std::get_if<failure>(&answer.outcome);
    auto* found = std::get_if<0>(&answer.outcome);
    if (found && n < found->size()) why = std::get_if<failure>(&(*found)[n]);
    if (found && n < found->size() && !why) {
      auto& state = std::get<folder_state>((*found)[n]);
      w.of.folders[s].key = state.key;
      w.of.folders[s].leases = state.leases;
      w.of.folders[s].read_at = state.read_at;
      return;
    }
    fail_for_now(w, why ? *why : failure{reach::folder, retry::later, {}, "protocol", "a folder is missing", {}});
  }

  /// Our lease could not be read or written: what holds goes on to hold.
  void fail_for_now(work& w, const failure& why) {
    const auto& renewed = book().renewed;
    const auto at = renewed.find(w.of.name);
    if (!w.is_new && at != renewed.end() && now() - at->second < life_ && book().alone.contains(w.of.name))
      return settle(w, {});
    auto told = in_context("who looks after the folder pair is not known", why);
    if (told.reach == reach::item) told.reach = reach::folder;
    w.done = true;
    w.failed = std::move(told);
  }

  // ---- deciding

  bool is_ours(const work& w, const lease& l) {
    if (l.holder != book().installation) return false;
    const auto& r = book().mine[w.of.name];
    return !l.nonce.empty() && (l.nonce == r.nonce || l.nonce == r.next);
  }

  std::chrono::steady_clock::duration watched_for(const lease& l) {
    return now() - book().watched.try_emplace(l.partner + l.nonce, now()).first->second;
  }

  /// How long ago ours was renewed; nothing: nobody can say.
  std::optional<std::chrono::seconds> age_of(const work& w, const lease& l, side s) {
    if (const auto at = book().renewed.find(w.of.name); at != book().renewed.end())
      return std::chrono::floor<std::chrono::seconds>(now() - at->second);
    const auto& read_at = w.of.folders[s].read_at;
    if (l.at == utc_seconds{} || !read_at || *read_at < l.at) return std::nullopt;
    return *read_at - l.at;
  }

  /// Where a lease can be written: the target of a one-way folder pair first, since its source may be there to be read
  /// only; else the same folder for whoever asks, so that two who ask at once meet there.
  std::optional<side> place_for(const work& w) {
    auto first = partner(w, side::primary) < partner(w, side::replica) ? side::primary : side::replica;
    if (w.of.direction == direction::primary_to_replica) first = side::replica;
    if (w.of.direction == direction::replica_to_primary) first = side::primary;
    for (side s : {first, other(first)})
      if (may_write(w, s)) return s;
    return std::nullopt;
  }

  bool may_write(const work& w, side s) {
    if (w.of.is_public[s]) return false;
    const auto& f = w.of.folders[s];
    if (f.rights && !f.rights->modify) return false;
    return !book().refused.contains(f.id);
  }

  std::string why_unguarded(const work& w) {
    std::string text;
    for (side s : both_sides) {
      const auto& f = w.of.folders[s];
      text += text.empty() ? "" : "; ";
      text += s == side::primary ? "primary: " : "replica: ";
      if (w.of.is_public[s])
        text += "a public folder";
      else if (const auto at = book().refused.find(f.id); at != book().refused.end())
        text += at->second;
      else
        text += "the account does not own the folder";
    }
    return text;
  }

  /// Whether a lease is there that has our name and is not of this pair.
  bool meets_namesakes() {
    for (const auto& w : work_)
      for (side s : both_sides)
        for (const auto& l : logic::leases_in(w.of.folders[s].leases))
          if (!w.done && l.partner == partner(w, s) && l.holder == book().installation && !is_ours(w, l)) return true;
    return false;
  }

  /// Those of the other pairs of this daemon, by their nonces.
  void load_siblings() {
    siblings_.emplace();
    auto me = shared_from_this();
    ask_ledger<pairs_loaded>(load_pairs{}, [me](pairs_loaded& all) {
      me->open_ = 1;
      for (const auto& p : all.pairs) {
        if (p == me->pair()) continue;
        ++me->open_;
        me->ask_ledger<leases_loaded>(load_leases{p}, [me, p](leases_loaded& theirs) {
          for (const auto& l : theirs.leases)
            for (const auto& nonce : {l.nonce, l.next})
              if (!nonce.empty()) (*me->siblings_)[nonce] = p.value;
          me->one_less([me] { me->look(); });
        });
      }
      me->one_less([me] { me->look(); });
    });
  }

  failure why_not(const lease& theirs) const {
    const auto sibling =
        siblings_ ? siblings_->find(theirs.nonce) : std::map<std::string, std::string>::const_iterator();
    if (siblings_ && sibling != siblings_->end()) return twice_here(sibling->second);
    return looked_after_elsewhere(theirs, self_->state.leases.installation);
  }

  void look() {
    if (!siblings_ && meets_namesakes()) return load_siblings();
    if (++looks_ > most_looks) {
      for (auto& w : work_)
        if (!w.done)
          fail_for_now(w, {reach::folder, retry::later, {}, "stale", "the folder changes while it is written to", {}});
    }
    writes_.clear();
    for (std::size_t i = 0; i < work_.size(); ++i)
      if (!work_[i].done) look_at(i);
    if (writes_.empty()) return end();
    note_intents();
  }

  void look_at(std::size_t i) {
    auto& w = work_[i];
    const auto& name = w.of.name;
    std::optional<side> ours;
    std::optional<std::chrono::seconds> age;
    std::optional<lease> theirs;
    both<bool> to_clear;
    for (side s : both_sides) {
      if (w.of.is_public[s]) continue;
      for (const auto& l : logic::leases_in(w.of.folders[s].leases)) {
        if (l.partner != partner(w, s)) continue;
        if (is_ours(w, l)) {
          ours = s;
          age = age_of(w, l, s);
          if (auto& r = book().mine[name]; l.nonce == r.next) { // the answer of its write was lost
            r.nonce = r.next;
            r.next.clear();
          }
        } else {
          to_clear[s] = true;
          if (!logic::has_run_out(l, w.of.folders[s].read_at, watched_for(l))) theirs = l;
        }
      }
    }
    const bool holds = ours && age.value_or(std::chrono::seconds(0)) < life_;
    if (book().to_take_over.contains(name)) theirs.reset();
    if (theirs && !(holds && book().alone.contains(name))) {
      auto why = why_not(*theirs);
      book().alone.erase(name);
      if (ours) writes_.push_back({i, *ours, false}); // who comes later gives way
      const auto text = why.what;
      return settle(w, {lease_state::elsewhere, text}, std::move(why));
    }
    if (ours && !theirs) {
      book().alone.insert(name);
      w.is_new = false;
    }
    for (side s : both_sides)
      to_clear[s] = to_clear[s] && may_write(w, s);
    if (holds && age && *age < life_ / 3 && !to_clear.primary && !to_clear.replica) {
      was_taken_over(name);
      return settle(w, {});
    }
    const auto at = ours && may_write(w, *ours) ? ours : place_for(w);
    if (!at) {
      was_taken_over(name);
      return settle(w, {lease_state::unguarded, why_unguarded(w)});
    }
    w.is_new = !holds;
    writes_.push_back({i, *at, true});
    if (to_clear[other(*at)]) writes_.push_back({i, other(*at), false});
  }

  void was_taken_over(const folder_pair_id& name) {
    if (book().to_take_over.erase(name) == 0) return;
    const auto& o = options();
    o.context.log({log_level::info,
                   "taken over from another daemon, as an administrator wants it",
                   o.settings.name,
                   name.value,
                   {},
                   {}});
  }

  // ---- writing

  /// What is about to be written is ours also where the answer is lost, or where we end before it comes.
  void note_intents() {
    keep_leases call{pair(), {}};
    for (const auto& one : writes_) {
      if (!one.takes) continue;
      const auto& w = work_[one.of];
      auto& r = book().mine[w.of.name];
      const auto& folder = w.of.folders[one.at].id;
      if (r.side != one.at || r.folder != folder) r = {w.of.name, one.at, folder, {}, {}};
      r.folder_pair = w.of.name;
      if (r.next.empty()) r.next = logic::short_form(options().context.mint());
      call.leases.push_back(r);
    }
    if (call.leases.empty()) return send();
    ask_ledger<stored>(std::move(call), [me = shared_from_this()](stored&) { me->send(); });
  }

  std::string text_for(const write& one) {
    const auto& w = work_[one.of];
    const auto& folder = w.of.folders[one.at];
    auto all = logic::leases_in(folder.leases);
    std::erase_if(all, [&](const lease& l) {
      const bool dead = l.at != utc_seconds{} && folder.read_at && *folder.read_at > l.at + l.life + dead_after;
      return dead || is_ours(w, l) || (one.takes ? l.partner == partner(w, one.at) : is_cleared(w, one.at, l));
    });
    if (one.takes)
      all.push_back({partner(w, one.at), book().installation, book().mine[w.of.name].next,
                     folder.read_at.value_or(utc_seconds{}), life_, options().leases.host});
    return logic::text_of(all);
  }

  /// Of those that are in the way: none where it is we who give way.
  bool is_cleared(const work& w, side s, const lease& l) const { return !w.done && l.partner == partner(w, s); }

  void send() {
    auto me = shared_from_this();
    open_ = 1;
    for (side s : both_sides) {
      write_leases what;
      auto which = std::make_shared<std::vector<write>>();
      const auto flush = [&] {
        if (which->empty()) return;
        ++open_;
        self_->request(options().mailboxes[s], mailbox_patience, std::exchange(what, {}))
            .then(
                [me, which](leases_written& answer) {
                  for (std::size_t n = 0; n < which->size(); ++n)
                    me->was_written(
                        (*which)[n],
                        n < answer.outcomes.size()
                            ? answer.outcomes[n]
                            : folder_outcome{unknown{failure{
                                  reach::folder, retry::later, {}, "protocol", "no answer about a folder", {}}}});
                  me->one_less([me] { me->read_again(); });
                },
                [me, which](const caf::error& e) {
                  for (const auto& one : *which)
                    me->was_written(
                        one, unknown{failure{reach::mailbox, retry::later, {}, "mailbox", caf::to_string(e), {}}});
                  me->one_less([me] { me->read_again(); });
                });
        which = std::make_shared<std::vector<write>>();
      };
      for (const auto& one : writes_) {
        if (one.at != s) continue;
        const auto& f = work_[one.of].of.folders[s];
        what.folders.push_back({f.id, f.key, f.folder_class, text_for(one)});
        which->push_back(one);
        if (which->size() == most_in_request) flush();
      }
      flush();
    }
    one_less([me] { me->read_again(); });
  }

  void was_written(const write& one, const folder_outcome& outcome) {
    auto& w = work_[one.of];
    auto& folder = w.of.folders[one.at];
    if (const auto* state = std::get_if<folder_state>(&outcome)) {
      folder.key = state->key;
      folder.leases = state->leases;
      if (!one.takes) return;
      auto& r = book().mine[w.of.name];
      r.nonce = r.next;
      r.next.clear();
      book().renewed[w.of.name] = now();
      // What was ours before needs no second look: nobody came in between, or the key would have been another one.
      if (w.is_new) w.read_again = true;
      return;
    }
    if (w.done) return;
    const auto* no = std::get_if<not_done>(&outcome);
    if (std::holds_alternative<stale>(outcome)) {
      w.read_again = true;
    } else if (no && no->why.retry != retry::later) {
      book().refused[folder.id] = no->why.what;
    } else if (!one.takes) {
      return; // the next round tries again
    } else if (no) {
      fail_for_now(w, no->why);
    } else if (const auto* lost = std::get_if<unknown>(&outcome)) {
      fail_for_now(w, lost->why);
    } else {
      fail_for_now(w, {reach::folder, retry::later, {}, "ErrorFolderNotFound", "the folder is gone", {}});
    }
  }

  // ---- the end

  template <class Then>
  void one_less(Then then) {
    if (--open_ == 0) then();
  }

  void end() {
    lease_failures failed;
    auto& last = book().last;
    for (auto& w : work_) {
      std::erase_if(last, [&](const auto& f) { return f.name == w.of.name; });
      if (w.failed)
        failed.emplace_back(w.of.name, std::move(*w.failed));
      else
        last.push_back(std::move(w.of));
    }
    book().busy = false;
    done_(std::move(failed));
  }
};

} // namespace

failure looked_after_elsewhere(const lease& theirs, const std::string& us) {
  const bool of_our_state = theirs.holder == us;
  return {reach::folder,
          retry::later,
          {},
          "lease",
          std::string(of_our_state
                          ? "a daemon with a copy of this one's state looks after this folder pair, or did so before "
                            "this state was restored from a backup"
                          : "another daemon looks after this folder pair") +
              ", on host " + (theirs.host.empty() ? "?" : theirs.host) + " (installation " + theirs.holder + ")",
          of_our_state
              ? "where a backup was restored and no other daemon runs: pair.take_over goes on at once, and without it "
                "the folder pair waits until the lease runs out; else stop one of the two daemons"
              : "stop one of the two daemons; where the other one is no more, pair.take_over does not wait until "
                "its lease runs out"};
}

std::chrono::seconds lease_life(const pair_settings& settings) {
  // A pair that rests renews its leases with its rounds.
  return std::max<std::chrono::seconds>(shortest_life,
                                        std::chrono::ceil<std::chrono::seconds>(4 * longest_poll(settings)));
}

void keep_alone(pair_self self, std::vector<guarded_folder_pair> all, std::function<void(lease_failures)> done) {
  auto& book = self->state.leases;
  book.busy = true;
  book.last.clear();
  std::erase_if(self->state.status.leases, [&](const auto& known) {
    return std::none_of(all.begin(), all.end(), [&](const auto& f) { return f.name == known.first; });
  });
  std::make_shared<keeper>(self, std::move(all), std::move(done))->start(false);
}

void renew_leases(pair_self self, std::function<void(lease_failures)> done) {
  auto& book = self->state.leases;
  if (book.busy || book.last.empty()) return done({});
  book.busy = true;
  std::make_shared<keeper>(self, book.last, std::move(done))->start(true);
}

void release_leases(pair_self self, std::function<void()> done) {
  auto& state = self->state;
  auto& book = state.leases;
  both<write_leases> what;
  both<keep_leases> released;
  const auto is_whole = [](const auto& f) { return f.first.empty(); };
  // A side that has just failed is not waited for once more: the leases run out by themselves.
  const bool away = std::any_of(state.status.failures.begin(), state.status.failures.end(), is_whole);
  for (const auto& f : book.last) {
    const auto r = book.mine.find(f.name);
    if (away || r == book.mine.end()) continue;
    const auto at = r->second.side;
    const auto& folder = f.folders[at];
    auto all = logic::leases_in(folder.leases);
    const auto is_ours = [&](const lease& l) {
      return l.holder == book.installation && (l.nonce == r->second.nonce || l.nonce == r->second.next);
    };
    if (std::erase_if(all, is_ours) == 0) continue;
    what[at].folders.push_back({folder.id, folder.key, folder.folder_class, logic::text_of(all)});
    released[at].leases.push_back({f.name, at, folder.id, {}, {}});
  }
  auto open = std::make_shared<int>(1);
  const auto one_less = [open, done = std::move(done)] {
    if (--*open == 0) done();
  };
  for (side s : both_sides) {
    if (what[s].folders.empty()) continue;
    ++*open;
    released[s].pair = pair_id{state.options.settings.name};
    self->request(state.options.mailboxes[s], release_patience, std::move(what[s]))
        .then(
            [self, one_less, records = std::move(released[s])](const leases_written& answer) mutable {
              std::size_t n = 0;
              std::erase_if(records.leases, [&](const lease_record&) {
                return n >= answer.outcomes.size() || !std::holds_alternative<folder_state>(answer.outcomes[n++]);
              });
              self->request(self->state.options.ledger, ledger_patience, std::move(records))
                  .then([one_less](const stored&) { one_less(); }, [one_less](const caf::error&) { one_less(); });
            },
            [one_less](const caf::error&) { one_less(); });
  }
  one_less();
}

} // namespace exsyncd
