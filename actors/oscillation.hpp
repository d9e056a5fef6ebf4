#pragma once

#include "actors/arbiter.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

namespace exsyncd {

/// Notices items that go back and forth though nobody edits them: a server that changes what we wrote, another program
/// that puts it back, two pairs that disagree. Kept in memory: what goes on after a restart is noticed again.
///
/// An item is held where the next write would be the fourth of its kind in rounds that follow each other, and
/// - the source is as it was at the first of them, so that only the target can have asked for them; or
/// - they went to both sides in turn, three times each, which no conflict of two users does.
///
/// In a ring of pairs two changes run after each other, and come by here again and again. Where another pair has made
/// one of the two copies, the third time ends it: the change that is the greater one by its digests stays on both
/// sides. Every pair comes to the same one. What comes by eight times all the same is held.
class oscillation {
public:
  /// Called once before the verdicts of a round are carried out for the first time.
  void begin_round();
  /// Takes the tasks out that are to be held, and notes the others; a change that runs round is turned back. What is
  /// held has got a trouble, to be stored.
  std::vector<note_trouble> hold(std::vector<task>& tasks, utc_seconds now);

private:
  struct write {
    side target;
    std::size_t kind; // of logic::action
    std::vector<field> fields;
    change_key source;    // the source's key, and what else it was made from
    std::uint32_t synced; // twin::times_synced before it
    bool same_act(const write& o) const { return target == o.target && kind == o.kind && fields == o.fields; }
  };
  struct history {
    std::deque<write> writes; // the newest last
    /// How often each change was made, in rounds that may have others between them.
    std::map<std::string, int> times;
    bool held = false;
    std::uint64_t asked = 0;   // the last round that wanted to write
    std::uint32_t counted = 0; // twin::times_synced when it was counted last
    std::string last;          // and what
  };

  std::uint64_t round_ = 0;
  std::map<twin_id, history> items_; // that the last rounds wanted to write to
};

/// trouble.code of such an item.
inline constexpr auto oscillating = "oscillating";

} // namespace exsyncd
