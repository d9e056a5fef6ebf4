#pragma once

#include "tests/exchange_sim/observer.hpp"

#include <string>
#include <utility>
#include <vector>

namespace exchange_sim {

struct change_context;
struct mailbox;
struct server;
struct universe;
struct world_options;
struct mailbox_ref;

/// What the act under way has done so far, for the observer. Without one nothing is noted.
struct act_log {
  observer* to = nullptr;
  int depth = 0; ///< acts within acts are told as one
  /// Set while a folder or mailbox is made anew: its items go on under other keys, they do not leave.
  bool renewing = false;
  std::vector<item_event> events;
  std::vector<act_record::mail> mails;
  std::optional<act_record::asked_list> list; ///< of the request under way

  void note(item_event::kind, const server&, const mailbox&, std::uint64_t key, std::uint64_t before = 0);
  void note(item_event::kind, const change_context&, std::uint64_t key, std::uint64_t before = 0);
};

/// Tells the observer what has been noted, as one act, and forgets it.
void tell_observer(universe&, sys_time at, sys_time asked, bool is_request, std::string name, std::string server,
                   std::string mailbox, bool answered);

/// Lasts as long as what a user or administrator does, and then tells of it.
class act_scope {
public:
  act_scope(universe&, const world_options&, const char* name, const mailbox_ref&);
  ~act_scope();
  act_scope(const act_scope&) = delete;
  act_scope& operator=(const act_scope&) = delete;

private:
  universe& all_;
  const world_options& options_;
  const char* name_;
  std::string server_, address_;
};

} // namespace exchange_sim
