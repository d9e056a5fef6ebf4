#pragma once

#include "ews/model/failure.hpp"
#include "storage/records.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

/// How much traffic the allowances still grant, and which pairs may run on it. Times are UTC; a month is a calendar
/// month.
namespace exsyncd::logic {

/// What is known of the allowances: those that were ever added, and what this month has taken of the subscriptions.
struct allowance_book {
  std::vector<allowance> all;
  allowance_month month;
};

enum class allowance_state {
  running, // counts now
  coming,  // from a later day on
  over,    // its last day has passed
  spent,   // a top-up of which nothing is left
  removed  // by an administrator
};
allowance_state state_of(const allowance&, utc_seconds now);

/// What the allowances come to at this moment.
struct allowance_standing {
  std::uint32_t pairs = 0;       // of the running subscriptions together
  std::uint64_t monthly = 0;     // bytes of the running subscriptions together
  std::uint64_t used = 0;        // of these in this month
  std::uint64_t top_up_left = 0; // bytes of all running top-ups
  bool any_subscription = false; // runs
  bool is_spent() const { return used >= monthly && top_up_left == 0; }
  friend bool operator==(const allowance_standing&, const allowance_standing&) = default;
};
allowance_standing standing_of(const allowance_book&, utc_seconds now);

/// Takes bytes: of the month's subscriptions as long as they last, then of the top-ups, the one that ends first before
/// the others. What is not covered (requests in flight are not cut off) is written up to the month, so that it is the
/// first to be taken of a subscription that is added in the same month. True where a top-up has changed.
bool charge(allowance_book&, std::uint64_t bytes, utc_seconds now);

/// Why a pair that is to run pauses; nothing where it may run. `place`: how many others are to run before it.
std::optional<failure> pause_for(const allowance_standing&, std::size_t place, utc_seconds now);

} // namespace exsyncd::logic
