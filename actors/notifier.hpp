#pragma once

#include "ews/model/ids.hpp"
#include "storage/records.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstddef>
#include <string>
#include <vector>

/// Being told of news instead of asking for them. A hint says where to look, never what happened: a lost one only
/// delays, since the poll timer stays. The EWS form is in actors/ews/notifier.hpp.
namespace exsyncd {

/// A hint: these folders may have news. Empty: something has changed, look at everything now.
struct folder_dirty {
  std::vector<folder_id> folders;
};

/// Whether hints of this side's folders come now; where not, why not, for the administrator.
struct hints_state {
  exsyncd::side side = side::primary;
  bool live = false;
  std::string why;
};

using hint_listener = caf::typed_actor<
    // Something happened.
    caf::reacts_to<folder_dirty>,
    // From now on news are told as they happen, or no longer.
    caf::reacts_to<hints_state>>;

/// Tells `to` of news in these folders of a mailbox, and whether they are told at all, until the same watcher asks for
/// other folders, for none, or ends.
struct watch_folders {
  std::string watcher; // "pair/side"
  std::string mailbox; // its address
  exsyncd::side side = side::primary;
  std::vector<folder_id> folders;
  caf::weak_actor_ptr to; // a hint_listener
};

struct ask_notifier_status {};
struct notifier_status {
  std::size_t mailboxes = 0;     // that somebody watches
  std::size_t subscriptions = 0; // of them
  std::size_t streams = 0;       // connections on which the server tells
  bool polling_only = false;     // this server cannot stream
};

using notifier_actor = caf::typed_actor<
    // Who wants to be told of what.
    caf::reacts_to<watch_folders>,
    // How it stands.
    caf::replies_to<ask_notifier_status>::with<notifier_status>>;

} // namespace exsyncd

// Messages stay inside the process: they are never serialised.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::folder_dirty)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::hints_state)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::watch_folders)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::ask_notifier_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::notifier_status)
