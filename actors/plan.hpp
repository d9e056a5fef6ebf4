#pragma once

#include "actors/pair.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What a dry run found.
namespace exsyncd {

/// One thing that a round would do with one item.
struct planned_step {
  enum class kind {
    link, // the same on both sides, from now on one item
    create,
    update,
    replace,
    set_read,
    move,
    remove,
    refuse, // it would rest in the ban list
    leave   // the settings leave it alone
  } what = kind::link;
  std::optional<side> on;
  folder_pair_id folder;
  /// As in item.why; empty where the daemon does not know the item yet.
  twin_id id;
  std::string subject;
  enum item_class item_class = item_class::message;
  std::vector<field> fields = {}; // update, replace: what is written
  std::optional<bool> read = {};  // set_read
  folder_pair_id to = {};         // move
  std::string reason;             // "new on primary", "deleted on replica", …
  std::optional<side> loser = {}; // whose change is lost by it
};

/// A folder that a round would create, rename or move below one that includes its subfolders.
struct planned_folder_act {
  enum class kind { create, rename, move } what = kind::create;
  std::string name;  // afterwards
  std::string where; // path of the folder, or of the one that it goes into
};

struct pair_plan {
  struct of_folder_pair {
    std::vector<planned_step> steps; // the first `most_planned_steps` of all
    std::map<std::pair<planned_step::kind, std::optional<side>>, std::uint64_t> counts; // of all
    std::optional<frozen> held; // by the brake: the steps are those that pair.approve would let happen
  };
  std::map<folder_pair_id, of_folder_pair> folder_pairs;
  both<std::vector<planned_folder_act>> folders;
  std::uint32_t waiting = 0; // items about which nothing can be decided yet, or that rest until their next try
  std::uint32_t banned = 0;
  std::vector<std::pair<folder_pair_id, failure>> failures;
};

inline constexpr std::size_t most_planned_steps = 10'000;

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::pair_plan)
