#pragma once

#include "tests/simulate/model/history.hpp"

namespace simulate::model {

/// Which item the daemon means: any of the ids that it names, or a label where the caller has found it out.
struct meant_item {
  std::vector<std::string> ids; ///< ids as the servers write them
  std::string label;
};

/// An entry of conflict.list.
struct said_conflict {
  std::string pair;
  meant_item item;
};

/// An entry of ban.list, refused or resting.
struct said_ban {
  std::string pair;
  meant_item item;
  std::string code;
};

/// What the daemon says when all is quiet, as plain data.
struct statement {
  std::vector<said_conflict> conflicts;
  std::vector<said_ban> bans;
  std::set<std::pair<std::string, std::string>> frozen; ///< (pair, folder pair name)
  std::set<std::string> stopped;                        ///< pairs that are stopped, or wait for an administrator
  /// Pairs and folder pairs (pair, folder pair name) that the daemon says it cannot reach.
  std::set<std::pair<std::string, std::string>> unreachable;
};

/// What a world did that gives the daemon a reason to leave an item alone. The judge believes a ban only where the item
/// is here.
struct excuse {
  std::string label{}; ///< of an item that a fault of the schedule refuses or spoils; empty: any item
  /// The daemon cannot see the item at all (private, behind rights): it need not be listed to be left alone.
  bool unseen = false;
};

enum class rule {
  contents,
  place,
  read_state,
  missing,
  doubled,
  came_back,
  unlisted_loss,
  mailed,
  drift,
  brake,
  false_excuse,
  left_alone,
  made_anew
};

struct violation {
  rule broken;
  std::string label{}; ///< of the item; empty: of none
  std::string pair;
  std::string text; ///< one or more plain sentences
};

const char* name_of(rule);

/// Holds what both sides came to against what users did. `excuses`: see `excuse`. Empty: nothing is wrong.
std::vector<violation> judge(const settings&, const history&, const final_contents&, const statement&,
                             const std::vector<excuse>& excuses = {});

/// What the ban list says before an administrator lifts it: it names nothing that both sides have alike, unless it is
/// excused or was refused.
std::vector<violation> judge_bans(const settings&, const history&, const final_contents&, const statement&,
                                  const std::vector<excuse>& excuses = {});

/// What happened to one item, a line for each step that concerns it, for people.
std::string story(const history&, const std::string& label);

} // namespace simulate::model
