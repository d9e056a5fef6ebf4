#pragma once

#include "actors/logic/alike.hpp"
#include "actors/logic/decide.hpp"

#include <optional>
#include <vector>

/// What is known of one twin, in the table's words: who is where, and what its users have changed since both sides
/// agreed. It decides nothing.
namespace exsyncd::logic {

/// Whether the source of a one-way pair has an item that was put back there, and not yet what its create did not carry.
bool is_half_put_back(const twin&, const policy&);

/// One side of an agreed twin, as the table reads it.
enum class state { unchanged, edited, gone, gone_unbelieved, missing };

/// Refers to the twin and its surroundings, which have to outlive it.
class twin_reading {
public:
  twin_reading(const twin& item, const surroundings& around) : twin_(item), around_(around) {}

  const std::optional<observation>& seen(side s) const { return twin_.seen[s]; }
  const observation& here(side s) const { return *twin_.seen[s]; }
  const side_base& base(side s) const { return (*twin_.base)[s]; }
  bool present(side s) const { return seen(s) && here(s).presence == presence::present; }
  bool left(side s) const { return seen(s) && here(s).presence == presence::left; }
  bool believed(side s) const { return here(s).sequence < around_.listed_after[s]; }
  bool is_missed(side s) const { return present(s) && here(s).missed_since > 0; }

  bool two_way() const { return around_.policy.direction == direction::bidirectional; }
  /// The side whose changes go over; of a two-way pair the one that wins.
  side source() const {
    return around_.policy.direction == direction::replica_to_primary ? side::replica : side::primary;
  }
  side target() const { return other(source()); }

  bool is_mail() const;
  bool is_task() const;
  /// What one of the servers cannot hold is not compared. Of a mail everything is: its MIME holds it.
  bool held_by_both(field f) const;
  bool holds(side s, field f) const;
  std::optional<digest> value_of(side s, field f) const;

  /// Whether this field was refused as it is on `from`: it rests, and the rest of the item does not wait for it. Where
  /// the other side's user has edited the same field since, it is in dispute, and tried again.
  bool rests(side from, field f) const;
  bool something_rests() const;

  /// Whether a side has to be read before it is known whether it was edited.
  bool needs_look(side s) const;
  state state_of(side s) const;
  /// What the user changed on this side since the base. Until our own write was read back, the server may have
  /// normalised what we sent: then only what users set counts, and only where it differs from the other side.
  std::vector<field> edited_fields(side s) const;
  /// The same with what rests since it was refused: the other side has never had it.
  std::vector<field> all_edited_fields(side s) const;

  /// What is attached under the same names as before.
  enum class attached { the_same, doubtful, another };
  attached attached_on(side s) const;
  /// Whether its user has added files, or taken some away, since both sides agreed.
  bool has_other_files(side s) const;
  /// Whether nobody knows which of the two was there first, of files that have one name on both sides.
  bool has_files_never_compared(side s) const;
  /// Whether both sides, whose contents are known, hold files, and their names are the same.
  bool has_files_of_same_names() const;
  /// Whether what is attached is the same on both sides, or was when one of them left; empty: it was not read.
  std::optional<bool> attached_alike() const;
  /// Another attachment under the same name.
  bool changed_in_place(side s) const;

protected:
  const twin& twin_;
  const surroundings& around_;

private:
  std::vector<field> still_to_be_carried(side s) const;
  /// Whether a body is another one than we sent. What a server makes of it keeps its words; where we sent none, it is
  /// held against what this server had.
  bool is_reworded(side s) const;
};

} // namespace exsyncd::logic
