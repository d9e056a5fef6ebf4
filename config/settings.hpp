#pragma once

#include "config/policy.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the configuration says, checked and with every inheritance resolved. Values compare, so that a reload knows
/// what has changed. Made by config/parse.hpp; every file is absolute.
namespace exsyncd {

/// Never printed and never logged: read it only where the request is made.
struct secret {
  std::string value;
  friend bool operator==(const secret&, const secret&) = default;
};

enum class auth_kind { basic };

struct credentials {
  auth_kind kind = auth_kind::basic;
  std::string user;
  secret password;
  friend bool operator==(const credentials&, const credentials&) = default;
};

/// How the mailboxes of a server are reached.
enum class access_kind {
  impersonation, // as a service account that stands in for the mailbox
  direct,        // as the mailbox's own account
  delegate       // as a service account that has been given rights on the folders
};

/// Every request ends by itself after these; each is at least a second.
struct timeout_settings {
  std::chrono::milliseconds connect = std::chrono::seconds(30); // name, TCP and TLS together
  std::chrono::milliseconds idle = std::chrono::seconds(120);   // nothing arrived and nothing left
  std::chrono::milliseconds total = std::chrono::minutes(10);
  friend bool operator==(const timeout_settings&, const timeout_settings&) = default;
};

/// An Exchange end point together with the account that speaks to it: what one gateway serves.
struct server_settings {
  std::string name; // as in "servers"; "pair/primary" for direct credentials that stand in a pair
  /// https, or http to this machine only; of EWS, or of an Autodiscover service ("…/autodiscover/autodiscover.svc"); or
  /// "autodiscover": looked for by the mailbox's domain.
  std::string url;
  /// A RequestServerVersion value ("Exchange2010_SP2", …); empty: found out by asking.
  std::string version;
  access_kind access = access_kind::direct;
  credentials auth;
  std::string email;           // the service account's own address; may be empty
  std::string ca_file;         // PEM file of the authorities to trust in place of the system's; empty: the system's
  std::size_t concurrency = 5; // requests at once, 1–100
  timeout_settings timeouts;
  /// Whether the server is asked to tell of changes as they happen; polling goes on either way.
  bool streaming = true;
  friend bool operator==(const server_settings&, const server_settings&) = default;
};

/// One of the two mailboxes of a pair.
struct side_settings {
  server_settings server;
  std::string mailbox; // SMTP address; empty only where every folder is a public one
  friend bool operator==(const side_settings&, const side_settings&) = default;
};

/// One folder on each side. Paths begin with a distinguished name ("inbox/Projects"), `\/` is a slash in a name.
struct folder_pair_settings {
  std::string name;
  std::string primary;
  std::string replica;
  exsyncd::policy policy;
  std::chrono::milliseconds polling_interval{};
  /// Folders below are paired by their names, created where they are missing, renamed and moved; never deleted.
  bool include_subfolders = false;
  bool on = true; // where it is off, nothing of it is listed and nothing is written
  friend bool operator==(const folder_pair_settings&, const folder_pair_settings&) = default;
};

inline constexpr std::uint64_t default_deletes_a_day = 200;

struct pair_settings {
  std::string name;
  side_settings primary;
  side_settings replica;
  bool start = true;
  /// More deletes than that in a day (UTC) wait for an administrator.
  std::uint64_t deletes_a_day = default_deletes_a_day;
  std::vector<folder_pair_settings> folders; // at least one, in the order of the file
  friend bool operator==(const pair_settings&, const pair_settings&) = default;
};

/// How much of what was overwritten or deleted is kept; off where either is 0.
struct undo_settings {
  std::uint32_t days = 30;
  std::uint64_t bytes = 1'000'000'000;
  bool on() const { return days > 0 && bytes > 0; }
  friend bool operator==(const undo_settings&, const undo_settings&) = default;
};

enum class log_level { debug, info, warning, error };
enum class log_target {
  automatic, // journald where stderr is connected to it, else stderr
  journald,
  standard_error
};

struct log_settings {
  log_level level = log_level::info;
  log_target target = log_target::automatic;
  friend bool operator==(const log_settings&, const log_settings&) = default;
};

struct settings {
  log_settings log;
  std::string state_directory = "/var/lib/exsyncd";
  std::string admin_socket = "/run/exsyncd/admin.sock";
  /// Whose signature codes for allowances must have: an Ed25519 public key, 32 bytes in base64. Empty: no limits.
  std::string allowance_key;
  undo_settings undo;
  std::vector<server_settings> servers; // those of "servers", in the order of the file
  std::vector<pair_settings> pairs;     // in the order of the file
  friend bool operator==(const settings&, const settings&) = default;
};

inline constexpr std::chrono::milliseconds default_polling_interval = std::chrono::minutes(5);

} // namespace exsyncd
