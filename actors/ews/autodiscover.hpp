#pragma once

#include "ews/codec/autodiscover.hpp"
#include "ews/http/transport.hpp"
#include "ews/model/failure.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Finds out where a mailbox is reached, by its address.
namespace exsyncd {

struct discover {
  std::string address; // the mailbox
  http::identity who;
  std::string ca_file;
  http::time_limits limits;
  /// The Autodiscover service to ask ("https://…/autodiscover/autodiscover.svc"); empty: looked for by the address's
  /// domain.
  std::string at;
  /// What was found before has failed since.
  bool anew = false;
  /// What is wanted: the place of EWS; or any settings, for which the answer need tell no place; or those by the older
  /// service alone, which knows mailboxes of public folders by GUID@domain ("Route public folder content requests").
  enum class what { place, settings, settings_by_pox } wanted = what::place;
};
struct discovered {
  struct place {
    std::string url; // of EWS; never empty where the place was asked for
    ews::autodiscover_settings settings;
    std::string how; // "https://mail.hq.example/EWS/Exchange.asmx, by autodiscover at …"
  };
  /// A failure's `what` names every step that was tried, and what came of it.
  result<place> outcome;
  byte_count bytes = {}; // that this question has caused
};

using autodiscover_actor = caf::typed_actor<
    // Where a mailbox is; what was found is kept for a day, what was not for a minute.
    caf::replies_to<discover>::with<discovered>>;

/// The target of an SRV record, best first.
struct srv_target {
  std::string host;
  std::uint16_t port = 443;
};
/// May block: called in a thread of its own.
using srv_lookup = std::function<std::vector<srv_target>(const std::string& name)>;

struct autodiscover_options {
  std::shared_ptr<http::transport> transport;
  srv_lookup srv;
  /// Whether the look-up has a thread of its own; not so in deterministic runs.
  bool detached = true;
};

/// The Autodiscover service that a server's URL names, "" where it is to be looked for ("autodiscover"); nothing where
/// the URL is that of EWS itself.
std::optional<std::string> autodiscover_service_of(const std::string& url);

autodiscover_actor spawn_autodiscover(caf::actor_system& system, autodiscover_options options);

/// Asks the system's resolver, a few seconds at most.
std::vector<srv_target> look_up_srv(const std::string& name);

/// Whether a host belongs to a mail domain: is it, or lies under it.
bool host_belongs_to(const std::string& url, const std::string& domain);

} // namespace exsyncd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::discover)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::discovered)
