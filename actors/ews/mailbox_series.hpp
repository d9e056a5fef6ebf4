#pragma once

#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/get_item.hpp"

#include <functional>
#include <string>

/// Series of appointments and of tasks: what takes several requests. Only for actors/ews/mailbox*.cpp.
namespace exsyncd {

/// Reads the changed occurrences of every series among these answers and puts field::exceptions into its contents. A
/// series one of whose occurrences cannot be read is an error in its place; a request that fails as a whole takes the
/// place of all. `then` is called once, or destroyed when the mailbox ends before.
void with_exceptions(mailbox_pointer self, request_outcome<ews::got_item> outcome,
                     std::function<void(request_outcome<ews::got_item>)> then);

struct wanted_exceptions {
  item_id series;
  change_key key;    // what the series must have: the guard, or what our own write before has answered
  std::string value; // of field::exceptions; empty: none
  enum meetings meetings = meetings::appointment;
  bool written_before = false; // by the same update: a refusal that undoes nothing is then "unknown"
};
/// Brings a series towards these exceptions, whatever it has, one guarded write after the other; repeating it after a
/// cut is harmless. `written` has the last key. `then` as above.
void write_exceptions(mailbox_pointer self, wanted_exceptions wanted, std::function<void(write_outcome)> then);

/// Completing or moving the current one of recurring tasks makes a task of its own of it. So what changes these first
/// makes the series a single task, and this makes it a series again: `key` is what that write has answered. What is not
/// done is "unknown" then. `then` as above.
void make_series_again(mailbox_pointer self, const item_id& task, const change_key& key, const std::string& recurrence,
                       std::function<void(write_outcome)> then);

} // namespace exsyncd
