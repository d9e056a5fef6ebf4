#include "actors/oscillation.hpp"

#include <algorithm>
#include <optional>

namespace exsyncd {
namespace {

/// So many writes of one kind are made; the next one is held.
constexpr std::size_t most_writes = 3;

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

} // namespace

void oscillation::begin_round() {
  ++round_;
  // Rounds that do not touch an item end its row; one in between may be that of the other side.
  std::erase_if(items_, [this](const auto& entry) { return entry.second.asked + 2 < round_; });
}

std::vector<note_trouble> oscillation::hold(std::vector<task>& tasks, utc_seconds now) {
  std::vector<note_trouble> held;
  std::erase_if(tasks, [&](task& t) {
    const auto what = std::visit(reader{}, t.verdict.what);
    if (!what) return false;
    // What fails is tried again by rules of its own.
    if (t.twin.trouble && t.twin.trouble->code != oscillating) return false;
    auto& h = items_[t.twin.id];
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
    if (from_the_same < most_writes && !(to_here >= most_writes && in_turn >= 2 * most_writes)) {
      h.held = false;
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
