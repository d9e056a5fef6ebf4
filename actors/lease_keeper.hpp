#pragma once

#include "actors/logic/lease.hpp"
#include "actors/pair.hpp"

#include <functional>
#include <utility>
#include <vector>

/// Leases on folder pairs (actors/logic/lease.hpp): read with the folders, which are asked for anyway, and written once
/// in an hour or so. All of it runs in the pair's context.
namespace exsyncd {

using lease_failures = std::vector<std::pair<folder_pair_id, failure>>;

/// A folder pair with a lease that this daemon (`us`: its installation, in short) has not written, or knows no more.
failure looked_after_elsewhere(const logic::lease& theirs, const std::string& us);

/// How long a lease of this pair holds; it is renewed when a third of that is over.
std::chrono::seconds lease_life(const pair_settings&);

/// Takes or renews the leases of these folder pairs, as their folders have just been read. `done` gets those that must
/// not be looked after now, and why.
void keep_alone(pair_actor::stateful_pointer<pair_state> self, std::vector<guarded_folder_pair> all,
                std::function<void(lease_failures)> done);

/// The same of those that were kept last, for a round that takes long: their folders are read first.
void renew_leases(pair_actor::stateful_pointer<pair_state> self, std::function<void(lease_failures)> done);

/// Takes back what was written. `done` is called also where that fails: the leases run out by themselves.
void release_leases(pair_actor::stateful_pointer<pair_state> self, std::function<void()> done);

} // namespace exsyncd
