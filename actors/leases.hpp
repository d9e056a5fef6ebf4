#pragma once

#include "config/policy.hpp"
#include "ews/model/change.hpp"
#include "ews/model/failure.hpp"
#include "storage/records.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// What a pair knows of who looks after its folder pairs; what is done about it is in lease_keeper.hpp.
namespace exsyncd {

struct lease_options {
  bool on = false;
  std::string host; // told to the administrators of other daemons
};

/// `unguarded`: nothing can be written at either folder, so that another daemon would not notice this one.
enum class lease_state { held, unguarded, elsewhere };
struct lease_standing {
  lease_state state = lease_state::held;
  std::string why; // empty where it is held
  friend bool operator==(const lease_standing&, const lease_standing&) = default;
};

/// A folder pair and its folders as they were seen last.
struct guarded_folder_pair {
  folder_pair_id name;
  enum direction direction = direction::bidirectional;
  both<folder_state> folders;
  both<mailbox_identity> stores;
  both<bool> is_public;
};

struct lease_book {
  bool loaded = false;
  bool busy = false; // one thing at a time
  bool timer = false;
  std::string installation;
  std::map<folder_pair_id, lease_record> mine; // as in the store
  /// When this process wrote them last.
  std::map<folder_pair_id, std::chrono::steady_clock::time_point> renewed;
  /// Of those it is known that no other lease was there after ours was written: whoever comes later gives way.
  std::set<folder_pair_id> alone;
  /// Leases of others, and since when they have been seen as they are.
  std::map<std::string, std::chrono::steady_clock::time_point> watched;
  /// Where nothing can be written, and why.
  std::map<folder_id, std::string> refused;
  std::set<folder_pair_id> to_take_over; // an administrator has said so
  std::vector<guarded_folder_pair> last;
  std::map<folder_pair_id, lease_standing> standing;
};

} // namespace exsyncd
