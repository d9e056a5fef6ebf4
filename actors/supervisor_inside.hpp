#pragma once

#include "actors/supervisor.hpp"

// What the supervisor's own sources share: the life of pairs (supervisor.cpp), and what is asked about them
// (supervisor_requests.cpp, supervisor_looks.cpp). All of it runs in the supervisor's thread.
namespace exsyncd {

using supervisor_self = supervisor_actor::stateful_pointer<supervisor_state>;

void log(supervisor_self self, log_level level, const std::string& pair, std::string text);
/// Null where there is no such pair.
supervisor_state::member* find(supervisor_self self, const std::string& name);

// The life of a pair
std::optional<failure> pause_of(supervisor_self self, const std::string& name);
pair_settings running(pair_settings settings);
/// Ends with the supervisor: a round under way would hold itself and its mailboxes.
void end_with(supervisor_self self, const pair_actor& whom);
both<mailbox_actor> open_mailboxes(supervisor_self self, const pair_settings& settings);
void end_mailboxes(supervisor_self self, supervisor_state::member& m);
void launch(supervisor_self self, supervisor_state::member& m);
void halt(supervisor_self self, supervisor_state::member& m, std::function<void()> then);
void remember(supervisor_self self, const supervisor_state::member& m);
void reconsider(supervisor_self self);

// What is asked
failure no_such_pair(const std::string& name);
void overview(supervisor_self self, caf::typed_response_promise<pairs_are> promise);
void start_or_stop(supervisor_self self, caf::typed_response_promise<pair_answers> promise,
                   const std::vector<std::string>& names, bool start);
void sync(supervisor_self self, caf::typed_response_promise<pairs_synced> promise,
          const std::vector<std::string>& asked);
void plan(supervisor_self self, caf::typed_response_promise<rehearsed> promise, const std::string& name);
void verify_sides(supervisor_self self, caf::typed_response_promise<verified> promise, const verify_one& what);
void put_items_back(supervisor_self self, caf::typed_response_promise<were_put_back> promise, const put_back_one& what);
/// After the brake: lets a folder pair go on, deletes included, or has put back what is missing.
void release(supervisor_self self, caf::typed_response_promise<pair_answers> promise, const std::string& pair,
             const std::string& folder, bool put_back);
void take_over_leases(supervisor_self self, caf::typed_response_promise<pair_answers> promise,
                      const take_over_one& what);
void resync(supervisor_self self, caf::typed_response_promise<pair_answers> promise, const resync_pairs& what);
caf::result<capabilities_are> capabilities(supervisor_self self, const ask_capabilities& what);
caf::result<conflicts_loaded> conflicts(supervisor_self self, const ask_conflicts& what);
caf::result<bans_are> bans(supervisor_self self, const ask_bans& what);
caf::result<bans_lifted> lift(supervisor_self self, const lift_bans& what);
caf::result<shut> shut_all(supervisor_self self);

} // namespace exsyncd
