#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What one run is: a world and what happens in it, as plain values that can be read, shortened and kept as text.
namespace simulate {

struct server_plan {
  std::string name;    // "hq", "branch": the host of its URL
  std::string version; // of exchange-sim's profiles
  std::string access;  // "impersonation", "delegate", "direct"
  std::size_t sync_page = 512;
  bool streaming = false; // changes are told as they happen, beside the polls
  friend bool operator==(const server_plan&, const server_plan&) = default;
};

/// One folder on each side. `kind` is what its items are: "mail", "contacts", "tasks", "calendar".
struct folder_plan {
  std::string name, kind, primary, replica;
  bool subfolders = false;
  friend bool operator==(const folder_plan&, const folder_plan&) = default;
};

/// The words are those of the configuration file.
struct pair_plan {
  std::string name;
  std::string primary, replica; // addresses: "ann@hq.example"
  std::string direction = "bidirectional", drift = "leave", unchangeable = "replace", meetings = "appointment";
  std::string start_date; // "2026-01-01" or empty
  int poll_seconds = 300;
  std::vector<folder_plan> folders;
  friend bool operator==(const pair_plan&, const pair_plan&) = default;
};

struct world_plan {
  std::vector<server_plan> servers;
  std::vector<pair_plan> pairs;
  std::uint64_t noise = 0; // of ids, jitter, latency and the order of actors
  int active_minutes = 30; // users, administrators and faults act so long; then the world is left alone
  bool schemas = false;    // every request and answer is checked against Microsoft's schemas
  friend bool operator==(const world_plan&, const world_plan&) = default;
};

enum class moment { at_once, before_request, after_request, before_commit, after_commit };

/// Something that happens once `at` has come and then, unless at once, at the n-th request or commit from there on.
/// `act` says what: {"do": …} with `who` as the mailbox that it is about, where it is about one.
struct event {
  std::int64_t at = 0; // milliseconds since the daemon was started first; below 0: before that
  moment when = moment::at_once;
  int nth = 1;
  std::string who;
  nlohmann::json act;
  friend bool operator==(const event&, const event&) = default;
};

struct schedule {
  world_plan world;
  std::vector<event> events; // by time
  friend bool operator==(const schedule&, const schedule&) = default;
};

/// One event a line, so that two schedules can be compared by eye.
std::string to_text(const schedule&);
/// Throws std::runtime_error where the text is none.
schedule schedule_from_text(const std::string&);

const char* name_of(moment);
/// The classes of acts that are counted apart.
enum class act_class { user, admin, fault, crash };
act_class class_of(const event&);
/// "ann@hq.example" → "hq".
std::string server_of(const std::string& address);
/// The public folders of a server are a mailbox in a plan: "publicfolders@hq.example".
bool is_public(const std::string& address);
/// What exchange-sim calls the mailbox of this address.
std::string box_of(const std::string& address);

} // namespace simulate
