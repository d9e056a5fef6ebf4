#pragma once

#include "storage/records.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace exsyncd::logic {

/// What pairs new items of two folders.
struct alike {
  /// The primary's and the replica's half of one item.
  std::vector<std::pair<const twin*, const twin*>> same;
  /// Their contents must be read before they, and those that they may be, can be told apart.
  std::vector<const twin*> unread;
  /// Those that wait for that.
  std::vector<const twin*> held;
};

/// Pairs half twins of one class in one folder pair, one to one. Pure. In this order:
/// - where each side has one of a strong key (Message-ID, GlobalObjectId), these are one item;
/// - where it has several, or where one has no such key, equal contents, counted: three here and three there are three
///   pairs; strictly first, then as far as servers keep them alike. Of what is alike and not equal only what leaves no
///   choice is paired;
/// - what a mark of ours, also one of another pair or an installation that is no more, says to be of one origin;
/// - contacts and tasks of one name, where each side has exactly one of it and they share more than that.
/// What is left over is new. `held_by_both`: both servers can hold that field of this class.
alike find_alike(item_class, both<std::vector<const twin*>> halves, const std::function<bool(field)>& held_by_both);

/// The contents that were read of an observation are those of its key.
bool contents_known(const observation&);

} // namespace exsyncd::logic
