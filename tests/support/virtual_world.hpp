#pragma once

#include "config/settings.hpp"
#include "storage/memory_engine.hpp"
#include "storage/records.hpp"
#include "tests/support/model_mailbox.hpp"
#include "tests/support/scripted_mailbox.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace exsyncd {
class store;
}

/// A pair of mailboxes and a daemon's engine in one thread with virtual time, that can crash at any call and start
/// again from what was on disk.
namespace exsyncd::testing {

/// What outlives the process: the servers, the disk, time. A copy is a snapshot to start from again.
struct outer_world {
  explicit outer_world(pair_settings of);
  pair_settings settings;
  both<model_mailbox> mailboxes{model_mailbox("p"), model_mailbox("r")};
  memory_engine::contents disk;
  std::chrono::seconds time{0};
  std::uint64_t minted = 0;
};

/// The process ends at the n-th call (ledger and mailboxes counted together, from 1): before it has any effect, or
/// after its effect (for the ledger: after the commit that holds it), before its answer.
struct crash_point {
  std::uint64_t call = 0;
  bool after = false;
  /// With `after`: between the requests that one call takes.
  bool halfway = false;
};

/// How a round ended, as the pair reported it.
struct round_end {
  std::uint64_t writes = 0; // calls to the mailboxes that write, counted here
  std::uint32_t waiting = 0;
  std::uint32_t banned = 0;
  std::vector<std::string> held;     // folder pairs that the brake holds
  std::vector<std::string> failures; // their codes
};

class virtual_world {
public:
  explicit virtual_world(outer_world from);
  ~virtual_world();
  virtual_world(const virtual_world&) = delete;

  // ---- the script
  // ------------------------------------------------------------------------------------------------------

  std::optional<crash_point> crash;
  /// What goes wrong with a mailbox call; may also be where users act just before it. `nth` counts the calls of this
  /// name to this side.
  std::function<fault(virtual_world&, const mailbox_call&, std::uint64_t nth)> before_call;
  /// Where users act just after a call has taken effect and before its answer is there.
  std::function<void(virtual_world&, const mailbox_call&, std::uint64_t nth)> after_call;
  /// Chooses which of n runnable actors runs next; none: in order.
  std::function<std::size_t(std::size_t n)> choose;

  // ---- what there is
  // ---------------------------------------------------------------------------------------------------

  model_mailbox& mailbox(side s) { return *mailboxes_[s]; }
  const model_mailbox& mailbox(side s) const { return *mailboxes_[s]; }
  const pair_settings& settings() const { return settings_; }
  std::chrono::seconds time() const;
  /// As it would be found after a crash now.
  outer_world snapshot() const;
  /// Reads what is on disk.
  void look_at_disk(const std::function<void(const store&)>& look) const;

  // ---- running
  // ---------------------------------------------------------------------------------------------------------

  /// One round of the pair; a process that has crashed is started again and the round repeated.
  round_end round();
  /// Rounds, with time between them, until nothing moves any more; that it never does is a violation.
  round_end run();
  /// An administrator lets go what the brake holds, deletes included.
  void approve();
  /// The process ends here and now.
  void kill();
  void pass(std::chrono::seconds how_long);

  // ---- what was seen
  // ---------------------------------------------------------------------------------------------------

  std::uint64_t calls = 0;           // to ledger and mailboxes
  std::set<std::uint64_t> divisible; // calls that take several requests
  /// One call: what it may leave behind that outlives the process, and how often anything had before it.
  struct counted {
    bool writes = false;
    std::uint64_t lasting = 0;
  };
  std::vector<counted> counted_calls; // by number, from 1 at the front
  std::uint64_t lasting = 0;          // changes on disk and in mailboxes
  std::uint64_t writes = 0;           // mailbox calls that write
  std::uint64_t crashes = 0;
  std::vector<std::string> trace;
  /// What must never be and was: a write without an intent on disk, a cursor ahead of the facts, …
  std::vector<std::string> violations;
  std::string story() const; // the trace as one text

private:
  struct process;
  void start();
  void end_process();
  bool count_call(const std::string& name, bool writes, bool& dies_after);
  fault before_mailbox_call(const mailbox_call& call);
  void after_mailbox_call(const mailbox_call& call);
  void check_intents(const mailbox_call& call);
  void check_cursors();
  bool something_under_way() const;
  bool run_jobs();

  pair_settings settings_;
  both<std::shared_ptr<model_mailbox>> mailboxes_;
  memory_engine disk_;
  std::chrono::seconds time_{0}; // when the process started
  std::uint64_t minted_ = 0;
  std::unique_ptr<process> process_;
  bool dead_ = false; // the process has crashed and is still to be cleared away
  bool dies_at_commit_ = false;
  both<std::map<std::string, std::uint64_t>> nth_;
  both<std::map<folder_id, told>> checked_; // by check_cursors, so that it looks at what is new only
};

/// Settings of one pair of mailboxes "p" and "r" with these folder pairs, each of the same path on both sides.
pair_settings settings_for(const std::vector<std::string>& paths, policy p);

} // namespace exsyncd::testing
