#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace simulate::model {

/// Points in time are the simulator's: UTC, milliseconds.
using instant = std::chrono::sys_time<std::chrono::milliseconds>;

enum class side { primary, replica };
constexpr side other(side s) {
  return s == side::primary ? side::replica : side::primary;
}

enum class direction { two_way, primary_to_replica, replica_to_primary };
/// One-way: what becomes of what somebody changes on the target.
enum class drift { leave, revert };
/// What becomes of an edit that Exchange does not take on a sent or received mail.
enum class unchangeable { replace, report };
enum class meetings { appointment, copy, skip };
/// At which grain two edits of one item compete. "item" is what the arbiter does today.
enum class grain { item, field, entry };

/// One folder on each side, by paths as the simulator writes them ("inbox/Projects"), with everything that is
/// inherited filled in.
struct folder_pair {
  std::string name;
  std::string primary, replica;
  bool on = true;
  model::direction direction = direction::two_way;
  model::drift drift = drift::leave;
  model::unchangeable unchangeable = unchangeable::replace;
  model::meetings meetings = meetings::appointment;
  std::optional<instant> start_date{};
  bool include_subfolders = false;
  bool operator==(const folder_pair&) const = default;
};

struct pair_settings {
  std::string name;
  /// Mailboxes as `mailbox_name` writes them.
  std::string primary, replica;
  std::vector<folder_pair> folders;
  /// Beginnings of paths of contents that one of the two servers cannot hold ("/flag", "/contact/Notes").
  std::vector<std::string> not_compared{};
  /// Mailboxes, as above, whose server tells no sizes of attached files.
  std::vector<std::string> sizes_untold{};
  bool operator==(const pair_settings&) const = default;
};

/// When a folder pair freezes instead of deleting.
struct brake_thresholds {
  std::size_t least = 3;           ///< so many, where all of a folder leave within one listing
  std::size_t many = 10;           ///< of at least so many: more than half
  std::size_t most_in_a_day = 200; ///< of a pair
  bool operator==(const brake_thresholds&) const = default;
};

struct settings {
  std::vector<pair_settings> pairs;
  brake_thresholds brake;
  model::grain conflicts = grain::item;
  bool operator==(const settings&) const = default;
};

/// How a mailbox is called in settings and history: "hq/jane@hq.example", in lower case.
std::string mailbox_name(const std::string& server, const std::string& address);

} // namespace simulate::model
