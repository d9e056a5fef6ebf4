#pragma once

#include "tests/exchange_sim/session.hpp"

#include <string>

namespace exchange_sim {

/// The name by which control commands call the public folder store of a server. No client can log in to it.
inline constexpr std::string_view public_store_name = "publicfolders";

/// Null where the server has no public folders.
mailbox* public_store(server&);

/// Makes the store with its root; everybody may be there as "PublishingEditor" or whatever `everybody` says.
void make_public_store(universe&, server&, sys_time now, const std::function<std::uint64_t()>& random,
                       const std::string& everybody);

/// Called where a request names a folder of the public store: refuses a request that is routed wrongly where the server
/// is strict about it, and shows read states as the session's user has them.
void enter_public_folder(session&, folder&);

/// What 2013 and later split the store into: mailboxes with a GUID, each with an SMTP address.
std::string public_mailbox_address(const std::string& guid, const std::string& domain);
/// The value of PR_REPLICA_LIST (0x6698): the mailbox's GUID as text since 2013, before that the name of a server.
std::string replica_list(const server&, const folder&);

} // namespace exchange_sim
