#include "actors/verification.hpp"

#include "actors/arbiter.hpp"
#include "actors/folder_pairs.hpp"
#include "actors/lease_look.hpp"
#include "actors/logic/comparison.hpp"
#include "actors/logic/digest.hpp"
#include "config/sides.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <set>

namespace exsyncd {
namespace {

using self_pointer = verifier_actor::stateful_pointer<verifier_state>;
using kind = difference::kind;

constexpr std::size_t batch = 25;
constexpr auto whenever = std::numeric_limits<sequence>::max();

std::string name_of(side s) {
  return s == side::primary ? "primary" : "replica";
}

bool present(const twin& t, side s) {
  return t.seen[s] && t.seen[s]->presence == presence::present;
}

class inspection : public std::enable_shared_from_this<inspection> {
public:
  inspection(self_pointer self, verify what, caf::typed_response_promise<verified> promise)
      : self_(self), what_(what), promise_(std::move(promise)) {}

  void start() {
    auto me = shared_from_this();
    open_ = 2;
    for (side s : both_sides)
      ask<identified>(options().mailboxes[s], identify{}, [me, s](identified& who) {
        if (auto* f = std::get_if<failure>(&who.outcome))
          return me->end({in_context(
              name_of(s) + " " +
                  called(s == side::primary ? me->options().settings.primary : me->options().settings.replica),
              *f)});
        me->identities_[s] = std::get<mailbox_identity>(who.outcome);
        me->ask<settable>(me->options().mailboxes[s], ask_settable{}, [me, s](settable& can) {
          me->settable_[s] = std::move(can);
          if (--me->open_ == 0) me->load_folders();
        });
      });
  }

private:
  struct folder {
    folder_pair_id name;
    exsyncd::policy policy;
    both<folder_side> sides;
    bool held = false;
    bool unread = false; // what it holds could not be listed to the end
  };
  /// Where the primary side has listed an item: by a hash of its twin's id.
  struct place {
    std::uint64_t twin;
    std::uint32_t folder;
    auto operator<=>(const place&) const = default;
  };
  struct pending {
    exsyncd::twin twin;
    bool unlisted = false; // the primary's lists have not shown it
  };

  self_pointer self_;
  verify what_;
  caf::typed_response_promise<verified> promise_;
  both<mailbox_identity> identities_;
  both<settable> settable_;
  std::vector<folder> folders_;
  std::vector<place> places_;
  side listing_ = side::primary;
  std::size_t at_ = 0;
  sync_cursor cursor_;
  bool last_ = false;
  std::deque<pending> queue_;
  observe_contents facts_;
  reopen_twins reopened_;
  std::set<std::pair<std::size_t, side>> to_list_anew_;
  int open_ = 0;
  verification result_;

  const verifier_options& options() const { return self_->state.options; }

  template <class Answer, class Actor, class Request>
  void ask(const Actor& whom, Request what, std::function<void(Answer&)> then) {
    self_->request(whom, mailbox_patience, std::move(what))
        .then(std::move(then), [me = shared_from_this()](const caf::error& e) {
          me->end(
              {failure{reach::account, retry::later, {}, "ended", "the comparison ended: " + caf::to_string(e), {}}});
        });
  }

  // ---- folders ----

  void load_folders() {
    ask<folder_sides_loaded>(options().ledger, load_folder_sides{pair_id{options().settings.name}},
                             [me = shared_from_this()](folder_sides_loaded& all) { me->choose_folders(all); });
  }

  /// The folder pair itself, or the one below which it was found.
  const folder_pair_settings* settings_of(const folder_pair_id& name) const {
    const folder_pair_settings* found = nullptr;
    for (const auto& f : options().settings.folders) {
      if (f.name == name.value) return &f;
      if (f.include_subfolders && name.value.starts_with(f.name + "/") &&
          (!found || f.name.size() > found->name.size()))
        found = &f;
    }
    return found;
  }

  void choose_folders(const folder_sides_loaded& all) {
    std::map<folder_pair_id, both<const folder_side*>> bound;
    for (const auto& f : all.folders)
      bound[f.folder_pair][f.side] = &f;
    const auto looked_after = looked_after_of(options().settings, all);
    for (const auto& f : options().settings.folders)
      if (!bound.contains(folder_pair_id{f.name})) not_compared(folder_pair_id{f.name}, "it has never been synced");
    for (const auto& [name, sides] : bound) {
      const auto* settings = settings_of(name);
      if (!settings) continue; // of a former configuration
      if (!sides.primary || !sides.replica) {
        not_compared(name, "it has never been synced");
        continue;
      }
      if (!find_folder_pair(looked_after, name)) continue; // it has the name of a subfolder only
      folder f{name, settings->policy, {*sides.primary, *sides.replica}};
      bool replaced = false;
      for (side s : both_sides)
        replaced = replaced || (!names_public_folder(f.sides[s].path) && f.sides[s].mailbox != identities_[s]);
      if (replaced) {
        not_compared(name, "a mailbox has been replaced since the last round");
        continue;
      }
      for (const auto& [held, why] : all.brakes.held)
        f.held = f.held || held == name;
      folders_.push_back(std::move(f));
    }
    if (!options().keeps_away) return next_folder();
    std::vector<both<folder_side>> bound_here;
    for (const auto& f : folders_)
      bound_here.push_back(f.sides);
    look_for_leases_of_others(self_, options().ledger, options().mailboxes, std::move(bound_here),
                              [me = shared_from_this()](const lease_failures& found) { me->leave_to_others(found); });
  }

  void not_compared(const folder_pair_id& name, const std::string& why) {
    not_compared(
        name,
        {reach::folder, retry::after_change, {}, "not-compared", why, "pair.plan shows what the next round does"});
  }

  void not_compared(const folder_pair_id& name, const failure& why) {
    result_.failures.emplace_back(name, in_context("the folder pair was not compared", why));
  }

  /// What is known here of what others look after is of former times.
  void leave_to_others(const lease_failures& elsewhere) {
    for (const auto& [name, why] : elsewhere) {
      not_compared(name, why);
      std::erase_if(folders_, [&, &of = name](const folder& f) { return f.name == of; });
    }
    next_folder();
  }

  void next_folder() {
    if (at_ == folders_.size()) {
      if (listing_ == side::replica) return finish();
      std::sort(places_.begin(), places_.end());
      listing_ = side::replica;
      at_ = 0;
    }
    if (at_ == folders_.size()) return finish();
    if (folders_[at_].unread) {
      ++at_;
      return next_folder();
    }
    cursor_ = {};
    next_page();
  }

  void next_page() {
    const auto& in = folders_[at_].sides[listing_];
    ask<changes_listed>(options().mailboxes[listing_], list_changes{in.folder, cursor_},
                        [me = shared_from_this()](changes_listed& answer) { me->listed(answer); });
  }

  void listed(changes_listed& answer) {
    auto me = shared_from_this();
    if (std::holds_alternative<cursor_invalid>(answer.outcome)) {
      answer.outcome =
          failure{reach::folder, retry::later, {}, "cursor", "the server forgot the listing under way", {}};
    }
    if (auto* f = std::get_if<failure>(&answer.outcome)) {
      result_.failures.emplace_back(folders_[at_].name, in_context(name_of(listing_), *f));
      if (f->reach != reach::folder && f->reach != reach::item) return end({*f});
      folders_[at_].unread = true;
      ++at_;
      return next_folder();
    }
    auto& page = std::get<change_page>(answer.outcome);
    cursor_ = page.cursor;
    last_ = page.last;
    auto items = std::make_shared<std::vector<listed_item>>();
    load_by_items call{pair_id{options().settings.name}, listing_, folders_[at_].sides[listing_].mailbox, {}};
    for (auto& entry : page.changes)
      if (auto* p = std::get_if<item_present>(&entry)) {
        call.items.push_back(p->item.id);
        items->push_back(std::move(p->item));
      }
    ask<twins_loaded>(options().ledger, std::move(call), [me, items](twins_loaded& known) {
      std::map<item_id, twin> by_item;
      for (auto& t : known.twins) {
        auto id = t.seen[me->listing_]->item;
        by_item.emplace(std::move(id), std::move(t));
      }
      for (const auto& item : *items) {
        const auto at = by_item.find(item.id);
        me->sort_out(item, at == by_item.end() ? nullptr : &at->second);
      }
      me->compare_next();
    });
  }

  // ---- items ----

  const place* place_of(const twin_id& id) const {
    const place wanted{std::hash<twin_id>{}(id), 0};
    const auto at = std::lower_bound(places_.begin(), places_.end(), wanted);
    return at != places_.end() && at->twin == wanted.twin ? &*at : nullptr;
  }

  void sort_out(const listed_item& item, const twin* t) {
    const side s = listing_;
    auto d = about(item, t);
    if (!t) {
      d.on = s;
      d.repair = "listed anew; what is new is then created on the " + name_of(other(s));
      to_list_anew_.emplace(at_, s);
      return tell(std::move(d));
    }
    if (s == side::primary) places_.push_back({std::hash<twin_id>{}(t->id), static_cast<std::uint32_t>(at_)});
    if (has_work(*t) && !t->trouble) {
      if (s == side::primary || !present(*t, side::primary)) ++result_.waiting;
      return;
    }
    if (!t->base || !present(*t, other(s))) return only_on(*t, std::move(d));
    if (s == side::primary) return queue_.push_back({*t, false});
    const auto* primary = place_of(t->id);
    if (!primary) {
      // What could not be listed cannot be said to be missing.
      if (folders_[folder_of(t->seen.primary->folder)].unread)
        ++result_.waiting;
      else
        queue_.push_back({*t, true});
      return;
    }
    if (primary->folder != at_) misplaced(*t, std::move(d), primary->folder);
  }

  difference about(const listed_item& item, const twin* t) const {
    difference d;
    d.folder = folders_[at_].name;
    d.subject = item.subject;
    d.item_class = item.item_class;
    if (t) {
      d.id = t->id;
      explain_by_trouble(d, *t);
    }
    return d;
  }

  void explain_by_trouble(difference& d, const twin& t) const {
    if (t.trouble)
      d.explained = "in the ban list: " + t.trouble->code;
    else if (folders_[at_].held)
      d.explained = "the folder pair is frozen";
  }

  void only_on(const twin& t, difference d) {
    const side s = listing_;
    d.on = s;
    if (d.explained.empty()) d.explained = why_left_alone(t);
    if (d.explained.empty()) {
      d.repair = "decided anew by the next round";
      reopened_.twins.push_back({t.id, {whenever, whenever}, false});
    }
    tell(std::move(d));
  }

  /// What a round would say that has just listed everything.
  std::string why_left_alone(const twin& t) const {
    const auto& of = folders_[at_].policy;
    if (of.direction != direction::bidirectional && of.drift == drift::leave) {
      const side source = of.direction == direction::primary_to_replica ? side::primary : side::replica;
      if (listing_ == source && !present(t, other(source)) && t.times_synced > 0)
        return "deleted on the target of a one-way pair, and left so (drift)";
    }
    logic::surroundings around;
    around.policy = of;
    around.listed = true;
    around.listed_after = around.new_after = {whenever, whenever};
    around.now = options().context.wall_clock();
    const auto verdict = logic::decide(t, around);
    const auto* a = std::get_if<logic::agree>(&verdict.what);
    return a && a->skipped ? *a->skipped : std::string();
  }

  void misplaced(const twin& t, difference d, std::size_t primary) {
    d.what = kind::place;
    d.places = {folders_[primary].name, folders_[at_].name};
    const auto& of = folders_[primary].policy;
    if (d.explained.empty() && of.direction != direction::bidirectional && of.drift == drift::leave) {
      const side source = of.direction == direction::primary_to_replica ? side::primary : side::replica;
      if (d.places[source] == t.folder_pair)
        d.explained = "moved on the target of a one-way pair, and left there (drift)";
    }
    if (d.explained.empty()) {
      bool known = true;
      for (side s : both_sides)
        if (t.seen[s]->folder != d.places[s]) {
          known = false;
          to_list_anew_.emplace(s == side::primary ? primary : at_, s);
        }
      if (known) reopened_.twins.push_back({t.id, {whenever, whenever}, true});
      d.repair = "moved, on the side whose item is where both last agreed; else on the replica";
    }
    tell(std::move(d));
  }

  /// Reads the contents of the next items of one class, on both sides at once.
  void compare_next() {
    if (queue_.empty()) return page_done();
    auto of = std::make_shared<std::vector<pending>>();
    const auto c = queue_.front().twin.seen.primary->item_class;
    while (!queue_.empty() && of->size() < batch && queue_.front().twin.seen.primary->item_class == c) {
      of->push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    auto outcomes = std::make_shared<both<std::vector<content_outcome>>>();
    auto me = shared_from_this();
    open_ = 2;
    for (side s : both_sides) {
      read_content call{{}, c};
      for (const auto& p : *of)
        call.items.push_back(p.twin.seen[s]->item);
      ask<content_read>(options().mailboxes[s], std::move(call), [me, s, of, outcomes](content_read& answer) {
        if (auto* f = std::get_if<failure>(&answer.outcome)) return me->end({in_context(name_of(s), *f)});
        (*outcomes)[s] = std::move(std::get<0>(answer.outcome));
        if (--me->open_ > 0) return;
        for (std::size_t i = 0; i < of->size(); ++i)
          if (i < outcomes->primary.size() && i < outcomes->replica.size())
            me->compare((*of)[i], {&outcomes->primary[i], &outcomes->replica[i]});
        me->compare_next();
      });
    }
  }

  void compare(const pending& one, const both<content_outcome*>& found) {
    const auto& t = one.twin;
    const auto& o = *t.seen[listing_];
    listed_item item;
    item.subject = o.subject;
    item.item_class = o.item_class;
    auto d = about(item, &t);
    both<content> now;
    for (side s : both_sides) {
      if (auto* f = std::get_if<failure>(found[s])) {
        result_.failures.emplace_back(d.folder, in_context(name_of(s) + " \"" + o.subject + '"', *f));
        return;
      }
      if (auto* c = std::get_if<content>(found[s])) {
        now[s] = *c;
        continue;
      }
      // Both gone since they were listed: a user was faster.
      if (std::holds_alternative<gone>(*found[other(s)])) return;
      d.on = other(s);
      if (d.explained.empty()) {
        d.repair = "the folder on the " + name_of(s) + " is listed anew; what is missing is created again";
        to_list_anew_.emplace(folder_of(t.seen[s]->folder), s);
      }
      return tell(std::move(d));
    }
    if (one.unlisted) {
      d.what = kind::place;
      d.places.replica = folders_[at_].name;
      if (d.explained.empty()) {
        d.repair = "the folder on the primary is listed anew; what is missing is created again";
        to_list_anew_.emplace(folder_of(t.seen.primary->folder), side::primary);
      }
      return tell(std::move(d));
    }
    ++result_.compared;
    const auto of_class = t.seen.primary->item_class;
    const both<std::vector<field>> can{settable_on(settable_.primary, of_class),
                                       settable_on(settable_.replica, of_class)};
    const auto differing = logic::compare(t, now, folders_[at_].policy, can);
    if (differing.equal()) {
      ++result_.in_step;
      return;
    }
    if (d.explained.empty()) d.explained = differing.explained;
    if (d.explained.empty()) mend(t, now, differing, d);
    if (!differing.fields.empty()) {
      auto told = d;
      told.what = kind::fields;
      told.fields = differing.fields;
      tell(std::move(told));
    }
    if (differing.read_differs) {
      d.what = kind::read_state;
      d.read = {now.primary.read, now.replica.read};
      tell(std::move(d));
    }
  }

  /// Fresh facts, and where those are what was agreed, another first agreement.
  void mend(const twin& t, const both<content>& now, const logic::compared& differing, difference& d) {
    for (side s : both_sides) {
      const auto& o = *t.seen[s];
      facts_.contents.push_back({t.id, o.sequence, s, o.item, now[s].key, now[s].read, now[s].draft,
                                 logic::digests_of(now[s].fields), false, false});
    }
    reopened_.twins.push_back({t.id, {whenever, whenever}, differing.silent});
    const auto direction = folders_[at_].policy.direction;
    side from = direction == direction::replica_to_primary ? side::replica : side::primary;
    if (direction == direction::bidirectional && differing.changed) from = *differing.changed;
    d.repair = "carried from the " + name_of(from) + " to the " + name_of(other(from));
  }

  std::size_t folder_of(const folder_pair_id& name) const {
    for (std::size_t i = 0; i < folders_.size(); ++i)
      if (folders_[i].name == name) return i;
    return at_;
  }

  void tell(difference d) {
    ++(d.explained.empty() ? result_.counts : result_.explained)[d.what];
    if (result_.differences.size() < what_.limit) result_.differences.push_back(std::move(d));
  }

  // ---- mending, page by page ----

  void page_done() {
    auto facts = std::exchange(facts_, {});
    auto reopened = std::exchange(reopened_, {});
    auto me = shared_from_this();
    if (!what_.repair || reopened.twins.empty()) return go_on();
    ask<stored>(options().ledger, std::move(facts), [me, reopened](stored&) {
      me->ask<stored>(me->options().ledger, reopened, [me](stored&) { me->go_on(); });
    });
  }

  void go_on() {
    if (!last_) return next_page();
    ++at_;
    next_folder();
  }

  void finish() {
    bind_folders anew;
    for (const auto& [at, s] : to_list_anew_) {
      const auto& f = folders_[at].sides[s];
      anew.folders.push_back({f.pair, f.folder_pair, s, f.mailbox, f.folder, f.path, true, {}});
    }
    if (what_.repair)
      for (const auto& [what, count] : result_.counts)
        result_.mended += count;
    if (!what_.repair || anew.folders.empty()) return end({std::move(result_)});
    ask<folders_bound>(options().ledger, std::move(anew),
                       [me = shared_from_this()](folders_bound&) { me->end({std::move(me->result_)}); });
  }

  void end(verified answer) {
    if (!promise_.pending()) return;
    promise_.deliver(std::move(answer));
    self_->quit();
  }
};

} // namespace

verifier_actor::behavior_type verifier(self_pointer self, verifier_options options) {
  self->state.options = std::move(options);
  return {
      [self](const verify& what) -> caf::result<verified> {
        auto promise = self->make_response_promise<verified>();
        std::make_shared<inspection>(self, what, promise)->start();
        return promise;
      },
  };
}

} // namespace exsyncd
