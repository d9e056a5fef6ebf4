#pragma once

#include "actors/ews/mailbox_calls.hpp"

/// What an account with rights on folders only cannot see (private_sight.hpp), found out by counting.
namespace exsyncd {

/// Of one folder. A folder that was in use all the time has two answers.
struct hidden_count {
  std::uint32_t most = 0;
  std::uint32_t least = 0;
  std::optional<bool> view_private; // nothing: the server has not told
};

/// Counts until the folder stands still, some times at most. A folder that may not be read any more is a failure.
void count_hidden(mailbox_pointer self, const folder_id& folder,
                  std::function<void(std::variant<hidden_count, failure>)> then);

/// Whether nothing is hidden in any of the folders that this mailbox was asked to list.
void look_whether_all_is_in_sight(mailbox_pointer self, std::function<void(bool)> then);

} // namespace exsyncd
