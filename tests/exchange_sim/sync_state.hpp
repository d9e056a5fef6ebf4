#pragma once

#include "tests/exchange_sim/state.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace exchange_sim {

/// What a client has been told of one folder (or of the hierarchy below one): every change number up to `all_until`,
/// and single ranges above it while the pages of one round are under way. The server keeps nothing of it.
class told_changes {
public:
  bool has(change_number) const;
  void add(change_number);
  /// The round is over: everything up to this number is known.
  void finish(change_number until);

  change_number all_until = 0;
  std::map<change_number, change_number> ranges; ///< first → last, apart from each other
};

enum class sync_kind : unsigned char { items = 1, hierarchy = 2 };

struct sync_state {
  sync_kind kind;
  std::string mailbox_guid;
  std::uint32_t epoch;
  folder_key root;
  told_changes told;
};

std::string encode(const sync_state&);
/// None for anything that is not a whole SyncState of ours.
std::optional<sync_state> decode_sync_state(std::string_view);

} // namespace exchange_sim
