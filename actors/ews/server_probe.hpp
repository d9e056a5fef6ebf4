#pragma once

#include "actors/ews/mailbox.hpp"

#include <string>
#include <vector>

/// Questions about a server and an account rather than about a mailbox's contents: what an administrator asks before
/// a pair is made. A prober is a mailbox with these questions besides; what it is told to test need not be right.
namespace exsyncd {

/// One thing that was tried, in order. Those that a failure keeps from being tried are skipped.
struct probe_step {
  enum class outcome { ok, warning, failed, skipped };
  std::string name; // "address", "connect", "tls", "login", "version", "mailbox", "folder inbox", "private items", …
  outcome came = outcome::ok;
  std::string text; // what was found; never a secret
  std::string hint; // what to do about it; may be empty
};

/// Tests everything from the address to each right on the mailbox. Reads only.
struct probe_server {};
struct server_probed {
  std::vector<probe_step> steps;
  std::string version; // as RequestServerVersion writes it; empty where the server was not reached
  std::string build;   // "15.2.1118.40"; empty where it was not told
  std::string product; // "Exchange Server 2019"
  std::string address; // the mailbox's primary address as far as the server has corrected it
};

/// Users of the server's directory whose names or addresses begin with this text.
struct search_users {
  std::string text; // at least three letters
};
struct user_found {
  std::string name;
  std::string address;
  std::string type; // "Mailbox", "PublicDL", "Contact", …; empty where the server does not say
};
struct users_found {
  struct list {
    std::vector<user_found> users;
    bool cut = false; // there are more than a server tells
  };
  result<list> outcome;
};

using prober_actor = mailbox_actor::extend<
    // Step by step.
    caf::replies_to<probe_server>::with<server_probed>,
    // The directory.
    caf::replies_to<search_users>::with<users_found>>;

/// As spawn_mailbox. An empty address asks as the account itself.
prober_actor spawn_prober(caf::actor_system& system, mailbox_options options);

/// Whether this is Microsoft's cloud, where EWS ends.
bool is_exchange_online(const std::string& url);
/// What an administrator of such a server must know.
extern const std::string exchange_online_retires;

} // namespace exsyncd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::probe_server)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::server_probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::search_users)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::users_found)
