#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace exsyncd::admin {

/// Error codes of JSON-RPC 2.0 (section 5.1), and ours.
enum class error_code {
  no_json = -32700,
  invalid_request = -32600,
  unknown_method = -32601,
  invalid_params = -32602,
  internal = -32603,
  not_found = -32001,   // no such pair, folder pair or item
  not_possible = -32002 // not in the state that it is in now
};

struct call_error {
  error_code code = error_code::internal;
  std::string message;
  std::string hint;  // what to do about it; may be empty
  std::string field; // the parameter that it is about; may be empty
  /// Each thing that is wrong with what was given, as (JSON path, text); may be empty.
  std::vector<std::pair<std::string, std::string>> problems = {};
};

/// The answer to one call: given once, from any thread; what comes after the first is ignored. A call whose replies are
/// all dropped unanswered is answered as an internal error, so that no client waits for ever.
class reply {
public:
  /// Receives the result as JSON text, or the error.
  using receiver = std::function<void(std::variant<std::string, call_error>)>;
  /// Takes a later line of a stream; false where nobody reads it any more. An empty one only asks, and keeps the
  /// connection open though its client writes no more.
  using pusher = std::function<bool(std::string)>;
  explicit reply(receiver to, pusher more = {});

  void done(const nlohmann::json& result) const;
  /// The same, in the order in which its members stand.
  void done_in_order(const nlohmann::ordered_json& result) const;
  void failed(call_error why) const;

  // For a call that is answered by a stream: after `done`, a line for each event, from any thread.

  /// False where nobody reads it any more: he hung up, or was dropped because he does not keep up.
  bool push(const nlohmann::json& event) const;
  bool is_open() const;
  /// Before `done`: that the client writes no more is not the end.
  void stay_open() const { static_cast<void>(is_open()); }

private:
  class slot;
  std::shared_ptr<slot> slot_;
};

/// What is asked of a server itself.
struct server_question {
  enum class kind { test, discover_version, find_users, folders } kind = kind::test;
  std::optional<std::string> server; // one that is declared
  std::string settings;              // or one that is not: JSON text as it would stand in the configuration; else empty
  std::optional<std::string> mailbox;
  std::string text; // find_users: the beginning of a name; folders: the path to begin at
};

/// A change of what is declared. All of `names` or none.
struct edit_request {
  enum class subject { server, pair, folder_pair } what = subject::pair;
  enum class deed { create, update, remove, on, off } deed = deed::create;
  std::string pair; // of folder pairs
  std::vector<std::string> names;
  /// create: the object as it would stand in the configuration; update: what changes in it (RFC 7396). JSON text.
  std::string settings;
  /// create, of a pair: each side names public folders ("folder", or paths in "folders"). Both servers are asked for
  /// them first, and nothing is declared that could not be kept in step.
  bool of_public_folders = false;
  /// remove, of pairs: what is known of their items is not forgotten.
  bool keep_state = false;
};

/// What is asked of the traffic that was counted.
struct traffic_question {
  enum class kind { daily, monthly, top } kind = kind::daily;
  std::optional<std::string> pair;
  std::optional<std::string> month; // top: "2026-11"
  std::size_t limit = 10;           // top
};

struct allowance_request {
  enum class deed { list, add, remove } how = deed::list;
  std::string what; // add: the code; remove: its id
};

/// What is to be put back: one item of a pair, what was lost since a time, or everything.
struct undo_request {
  std::string pair;
  std::optional<std::string> id;
  std::optional<std::string> since; // as the daemon writes times, or a day
};

/// What the socket's methods ask of the daemon. Called from the socket's thread: must return quickly and answer
/// through `reply`.
class daemon_control {
public:
  virtual ~daemon_control() = default;

  virtual void daemon_status(reply to) = 0;
  virtual void daemon_reload(reply to) = 0;
  virtual void ask_server(const server_question& asked, reply to) = 0;
  virtual void config_export(reply to) = 0;
  virtual void config_check(reply to) = 0;
  virtual void server_list(reply to) = 0;
  virtual void server_get(const std::vector<std::string>& servers, reply to) = 0;
  virtual void edit(edit_request what, reply to) = 0;
  virtual void pair_list(reply to) = 0;
  virtual void pair_get(const std::vector<std::string>& pairs, reply to) = 0;
  virtual void folder_pair_list(const std::optional<std::string>& pair, reply to) = 0;
  virtual void pair_start(const std::vector<std::string>& pairs, reply to) = 0;
  virtual void pair_stop(const std::vector<std::string>& pairs, reply to) = 0;
  virtual void pair_sync_now(const std::vector<std::string>& pairs, reply to) = 0;
  virtual void pair_plan(const std::string& pair, reply to) = 0;
  virtual void pair_verify(const std::string& pair, bool repair, std::size_t limit, reply to) = 0;
  virtual void pair_approve(const std::string& pair, const std::optional<std::string>& folder, reply to) = 0;
  virtual void pair_restore(const std::string& pair, const std::optional<std::string>& folder, reply to) = 0;
  virtual void pair_resync(const std::vector<std::string>& pairs, const std::optional<std::string>& folder,
                           reply to) = 0;
  virtual void pair_take_over(const std::string& pair, const std::optional<std::string>& folder, reply to) = 0;
  virtual void item_why(const std::optional<std::string>& pair, const std::string& item, std::size_t limit,
                        reply to) = 0;
  virtual void log_show(const std::optional<std::string>& pair, const std::string& level, std::size_t limit,
                        reply to) = 0;
  virtual void events_follow(const std::optional<std::string>& pair, const std::string& level, reply to) = 0;
  virtual void metrics(reply to) = 0;
  virtual void ban_add(const std::string& pair, const std::string& id, reply to) = 0;
  virtual void undo_list(const std::optional<std::string>& pair, std::size_t limit, reply to) = 0;
  virtual void undo_apply(const undo_request& asked, reply to) = 0;
  virtual void conflict_list(const std::optional<std::string>& pair, std::size_t limit, reply to) = 0;
  virtual void ban_list(const std::optional<std::string>& pair, std::size_t limit, reply to) = 0;
  virtual void traffic(const traffic_question& asked, reply to) = 0;
  virtual void allowance(const allowance_request& asked, reply to) = 0;
  virtual void ban_delete(const std::string& pair, const std::optional<std::string>& id, reply to) = 0;
};

} // namespace exsyncd::admin
