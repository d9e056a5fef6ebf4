#pragma once

#include "actors/ews/autodiscover.hpp"
#include "actors/ews/gateway.hpp"
#include "actors/mailbox.hpp"
#include "actors/traffic.hpp"

#include <string>

namespace exsyncd {

/// How an account comes to the mailbox.
enum class mailbox_access {
  direct,        // as the mailbox's own user
  impersonation, // as a service account, with ExchangeImpersonation
  delegate,      // as a service account that the folders' owner has given rights on them
};

/// Which store of the account a mailbox actor stands for.
enum class mailbox_store { mailbox, public_folders };

struct mailbox_options {
  /// Of the EWS end point: "https://…/EWS/Exchange.asmx"; of an Autodiscover service
  /// ("…/autodiscover/autodiscover.svc"), which is then asked; or "autodiscover": it is looked for by the mailbox's
  /// domain.
  std::string url;
  autodiscover_actor discovery = {}; // where it may be needed
  std::string address;               // the mailbox's primary SMTP address; empty: public folders alone are asked for
  std::string account = {};          // the primary SMTP address of the account that speaks; empty: not known
  mailbox_access access = mailbox_access::direct;
  mailbox_store store = mailbox_store::mailbox;
  http::identity who;
  std::string ca_file; // empty: the system's authorities
  http::time_limits limits;
  /// A RequestServerVersion of ews/codec/versions.hpp; "auto": the newest one that the server takes.
  std::string version = "auto";
  gateway_actor gateway; // of the account
  /// Where large values of items go; empty: into memory.
  exsyncd::spool spool = {};
  /// Who counts the bytes, and for whom ("pair/primary", "pair/replica"); nobody where invalid.
  traffic_counter counter = {};
  std::string payer = {};
};

/// Spawns the EWS form of a mailbox. Its requests go through the gateway one after the other within each call; calls
/// are served side by side. Ends with its exit message; whatever was asked of it and not answered yet is answered then
/// as a failure, or as unknown where a write may have left.
mailbox_actor spawn_mailbox(caf::actor_system& system, mailbox_options options);

} // namespace exsyncd
