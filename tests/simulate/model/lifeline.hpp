#pragma once

#include "tests/simulate/model/history.hpp"
#include "tests/simulate/model/scope.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace simulate::model {

/// One thing that was done to one holder of a label, seen from one pair.
struct moment {
  const step* when = nullptr;
  const effect* what = nullptr;
  side where = side::primary;
  std::string from, to; ///< scope::common_name before and after; empty: in no folder pair

  bool by_user() const { return when->by == step::who::user; }
  bool by_daemon() const { return when->by == step::who::daemon; }
  bool planted() const { return when->by == step::who::transport; }
  std::uint64_t number() const { return when->number; }
  bool left() const { return !from.empty() && to.empty(); }
  bool entered() const { return from.empty() && !to.empty(); }
};

/// Whether the daemon was told of an item on one side, and when. What a dry run is told counts as unanswered.
struct telling {
  std::uint64_t step = 0;
  item_number item = 0;
  told::how as{};
  bool answered = true;
};

/// Everything that happened to the holders of one label on the two sides of a pair, in order.
struct lifeline {
  std::string label;
  std::vector<moment> moments;
  std::vector<telling> tellings;
  std::vector<final_item> now[2]; ///< by side: the holders that lie in a folder pair
  bool in_the_open = false;       ///< some holder lay where it is left open whether it belongs to a folder pair

  const std::vector<final_item>& at(side s) const { return now[s == side::primary ? 0 : 1]; }
  /// The value of a field that the holders of one side had; "" where there was none.
  static std::string value(const snapshot&, const std::string& path);
  /// Whether a holder on this side had the value at some time from step `from` on and before step `to`.
  bool had(side, const std::string& path, const std::string& value, std::uint64_t from, std::uint64_t to) const;
  /// The same, where a write of the daemon's made it so within that time.
  bool was_given(side, const std::string& path, const std::string& value, std::uint64_t from, std::uint64_t to) const;
};

/// The lifelines of all labels that have a holder in the mailboxes of the pair; items without a label under "".
std::map<std::string, lifeline> lifelines_of(const scope&, const history&, const final_contents&);

/// The paths whose values an effect changed; all of them where it made the item.
std::vector<std::string> changed_paths(const effect&);
/// The field that a path is an entry of: "/contact/EmailAddresses" of "/contact/EmailAddresses/EmailAddress1".
std::string field_of(const std::string& path);

/// Whether the user of that side deleted the item after his edit, or put it where no folder pair is: he gave it up.
bool given_up_by_its_user(const lifeline&, const moment& by);
/// Whether a user's move is part of a way there and back of which nothing was carried or agreed on: his item lies where
/// it lay when the daemon last knew both sides alike, so that what the other side's user did is all that has changed.
bool came_to_nothing(const lifeline&, const moment&);

/// A user's say on a value that has no fields: the place, or whether it is read.
struct say {
  const moment* by;
  std::string value;
};
/// Of both sides, where there are any.
std::vector<say> last_of_each_side(const std::vector<say>&);

} // namespace simulate::model
