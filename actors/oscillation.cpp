#include "actors/oscillation.hpp"

#include "actors/logic/digest.hpp"
#include "actors/logic/match.hpp"

#include <algorithm>
#include <optional>

namespace exsyncd {
namespace {

/// So many writes of one kind are made; the next one is held.
constexpr std::size_t most_writes = 3;

/// So often one change may come by: here where it may run round a ring, and anywhere.
constexpr int most_times_in_a_ring = 2, most_times = 8;
/// A row of writes may have one round in between: that of the other side. What runs round a ring comes after more.
constexpr std::uint64_t rounds_of_a_row = 2, rounds_of_a_ring = 8;

/// What counts as going back and forth. A create makes another item each time, and a delete ends it.
struct act {
  side target;
  std::vector<field> fields;
};
struct reader {
  std::optional<act> operator()(const logic::update_on& u) const { return act{u.target, u.fields}; }
  std::optional<act> operator()(const logic::replace_on& r) const { return act{r.target, {}}; }
  std::optional<act> operator()(const logic::set_read_on& r) const { return act{r.target, {}}; }
  std::optional<act> operator()(const logic::move_on& m) const { return act{m.target, {}}; }
  template <class Other>
  std::optional<act> operator()(const Other&) const {
    return {};
  }
};

/// What of the source the write is made from: the same again, and nobody has edited there.
change_key origin(const task& t, side source) {
  const auto& o = t.twin.seen[source];
  if (!o) return {};
  return change_key{o->key.value + (o->read ? *o->read ? " read " : " unread " : " ") + o->folder.value};
}

/// Whether one of the two copies is another pair's.
bool is_shared(const twin& t) {
  return std::any_of(both_sides.begin(), both_sides.end(), [&](side s) {
    return t.seen[s] && !t.seen[s]->mark.empty() && !logic::twin_of_mark(t.pair, t.seen[s]->mark);
  });
}

void append(std::string& text, const field_digests& digests) {
  for (const auto& d : digests)
    text.append(1, static_cast<char>(d.field)).append(d.value.begin(), d.value.end());
}

/// What a write would make of the target, and what is there now, so that they can be compared; equal: it is not known.
struct change {
  std::string wanted, there;
};
struct change_reader {
  const twin& item;

  std::string contents(side s, const std::vector<field>& fields) const {
    std::string text;
    const auto& o = item.seen[s];
    if (!o) return text;
    const auto& known = o->content && o->content_key == o->key ? *o->content
                        : item.base                            ? (*item.base)[s].content
                                                               : field_digests{};
    const bool all = fields.empty();
    auto compared = all ? known : logic::only(known, fields);
    std::erase_if(compared, [](const field_digest& d) { return logic::is_hint(d.field); });
    append(text, compared);
    if (all || std::find(fields.begin(), fields.end(), field::attachments) != fields.end())
      append(text, logic::only(o->likeness, {hint::attachment_contents}));
    return text;
  }
  change both(side target, const std::vector<field>& fields) const {
    return {contents(other(target), fields), contents(target, fields)};
  }
  std::string read_on(side s) const {
    const auto& o = item.seen[s];
    return o && o->read ? *o->read ? "read" : "unread" : "";
  }
  std::string folder_on(side s) const { return item.seen[s] ? item.seen[s]->folder.value : std::string(); }

  change operator()(const logic::update_on& u) const { return both(u.target, u.fields); }
  change operator()(const logic::replace_on& r) const { return both(r.target, {}); }
  change operator()(const logic::set_read_on& r) const { return {r.read ? "read" : "unread", read_on(r.target)}; }
  change operator()(const logic::move_on& m) const { return {m.to.value, folder_on(m.target)}; }
  template <class Other>
  change operator()(const Other&) const {
    return {};
  }
};

/// The same write the other way round.
struct turned_back {
  const twin& item;

  logic::action operator()(const logic::update_on& u) const { return logic::update_on{other(u.target), u.fields}; }
  logic::action operator()(const logic::replace_on& r) const { return logic::replace_on{other(r.target)}; }
  logic::action operator()(const logic::set_read_on& r) const {
    return logic::set_read_on{other(r.target), item.seen[r.target]->read.value_or(!r.read)};
  }
  logic::action operator()(const logic::move_on& m) const {
    return logic::move_on{other(m.target), item.seen[m.target]->folder};
  }
  template <class Other>
  logic::action operator()(const Other& o) const {
    return o;
  }
};

void turn_back(task& t, side loser, const std::vector<field>& fields, utc_seconds now) {
  t.verdict.what = std::visit(turned_back{t.twin}, t.verdict.what);
  conflict c;
  c.pair = t.twin.pair;
  c.folder_pair = t.twin.folder_pair;
  c.twin = t.twin.id;
  c.loser = loser;
  c.reason = "two changes went round a ring of pairs: one of them ends here";
  c.fields = fields;
  c.when = now;
  for (side s : both_sides) {
    c.keys[s] = t.twin.seen[s]->key;
    if (c.subject.empty()) c.subject = t.twin.seen[s]->subject;
  }
  t.verdict.loses = std::move(c);
}

} // namespace

void oscillation::begin_round() {
  ++round_;
  std::erase_if(items_, [this](const auto& entry) { return entry.second.asked + rounds_of_a_ring < round_; });
}

std::vector<note_trouble> oscillation::hold(std::vector<task>& tasks, utc_seconds now) {
  std::vector<note_trouble> held;
  std::erase_if(tasks, [&](task& t) {
    const auto what = std::visit(reader{}, t.verdict.what);
    if (!what) return false;
    // What fails is tried again by rules of its own.
    if (t.twin.trouble && t.twin.trouble->code != oscillating) return false;
    auto& h = items_[t.twin.id];
    if (h.asked + rounds_of_a_row < round_) h.writes.clear(); // rounds that do not touch an item end its row
    h.asked = round_;
    // An administrator has lifted it, or another write has gone through.
    if (h.held && !(t.twin.trouble && t.twin.trouble->code == oscillating)) h = {};
    const write next{what->target, t.verdict.what.index(), what->fields, origin(t, other(what->target)),
                     t.twin.times_synced};
    // The last one was in vain.
    if (!h.writes.empty() && h.writes.back().synced == next.synced) h.writes.pop_back();
    std::size_t from_the_same = 0, to_here = 0, in_turn = 0;
    side last = other(next.target);
    for (auto w = h.writes.rbegin(); w != h.writes.rend(); ++w) {
      if (w->same_act(next) && w->source == next.source) ++from_the_same;
      if (w->kind == next.kind && w->fields == next.fields && w->target == last) {
        ++in_turn;
        to_here += w->target == next.target;
        last = other(last);
      }
    }
    const auto change = std::visit(change_reader{t.twin}, t.verdict.what);
    const auto name = std::string(next.target == side::primary ? "<" : ">") + std::to_string(next.kind) + change.wanted;
    // The last one was in vain, and is counted already.
    const bool again = h.last == name && h.counted == next.synced;
    const int times = h.times[name] + !again;
    if (from_the_same < most_writes && !(to_here >= most_writes && in_turn >= 2 * most_writes) && times <= most_times) {
      h.held = false;
      h.times[name] = times;
      h.last = name;
      h.counted = next.synced;
      if (times > most_times_in_a_ring && is_shared(t.twin) && change.wanted < change.there)
        turn_back(t, other(next.target), next.fields, now);
      h.writes.push_back(next);
      if (h.writes.size() > 2 * most_writes + 1) h.writes.pop_front();
      return false;
    }
    trouble why;
    why.code = oscillating;
    why.what = std::string("it goes back and forth: the same change was written to the ") +
               (next.target == side::primary ? "primary" : "replica") +
               " three times in a row, and each time something has changed it again";
    why.hint = "look what else writes to it (a rule, another program, another pair on the same folder); "
               "ban.delete lets it go on, and so does an edit of it after a while";
    why.side = next.target;
    why.banned = true;
    why.since = now;
    why.tries = static_cast<std::uint32_t>(most_writes);
    if (t.twin.trouble && t.twin.trouble->code == oscillating) why.since = t.twin.trouble->since;
    for (side s : both_sides)
      why.at[s] = logic::trouble_key(t.twin.seen[s]);
    held.push_back({t.twin.id, std::move(why)});
    h.held = true;
    return true;
  });
  return held;
}

} // namespace exsyncd
