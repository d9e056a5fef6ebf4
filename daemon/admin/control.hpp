#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
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
};

/// The answer to one call: given once, from any thread; what comes after the first is ignored. A call whose replies are
/// all dropped unanswered is answered as an internal error, so that no client waits for ever.
class reply {
public:
  /// Receives the result as JSON text, or the error.
  using receiver = std::function<void(std::variant<std::string, call_error>)>;
  explicit reply(receiver to);

  void done(const nlohmann::json& result) const;
  void failed(call_error why) const;

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

/// What the socket's methods ask of the daemon. Called from the socket's thread: must return quickly and answer
/// through `reply`.
class daemon_control {
public:
  virtual ~daemon_control() = default;

  virtual void daemon_status(reply to) = 0;
  virtual void daemon_reload(reply to) = 0;
  virtual void ask_server(const server_question& asked, reply to) = 0;
  virtual void pair_list(reply to) = 0;
  virtual void pair_get(const std::string& pair, reply to) = 0;
  virtual void pair_start(const std::vector<std::string>& pairs, reply to) = 0;
  virtual void pair_stop(const std::vector<std::string>& pairs, reply to) = 0;
  virtual void pair_sync_now(const std::vector<std::string>& pairs, reply to) = 0;
  virtual void pair_plan(const std::string& pair, reply to) = 0;
  virtual void pair_approve(const std::string& pair, const std::optional<std::string>& folder, reply to) = 0;
  virtual void conflict_list(const std::optional<std::string>& pair, std::size_t limit, reply to) = 0;
  virtual void ban_list(const std::optional<std::string>& pair, std::size_t limit, reply to) = 0;
  virtual void ban_delete(const std::string& pair, const std::optional<std::string>& id, reply to) = 0;
};

} // namespace exsyncd::admin
