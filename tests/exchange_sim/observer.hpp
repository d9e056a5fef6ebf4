#pragma once

#include "tests/exchange_sim/http.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace exchange_sim {

/// One item that an act changed or an answer told of. Items of one mailbox are told apart by `key`, which is part of
/// the id and new wherever the id is new.
struct item_event {
  enum class kind {
    created,      ///< `key`; `before` is the original's key where it is a copy
    changed,      ///< contents
    read_changed, ///< the mailbox owner's read state
    moved,        ///< from the key `before` to `key`
    removed,      ///< `key` is gone for good
    listed,       ///< an answer told of it in a list
    read,         ///< an answer told its fields by GetItem
    told_gone,    ///< an answer told that `key` has left its folder
  } what;
  std::string server, mailbox; ///< primary address, lower case
  std::uint64_t key = 0, before = 0;
};

/// An item as it is when the act has ended.
struct item_now {
  std::string id;
  std::string folder;        ///< path
  std::uint64_t changed = 0; ///< grows with its contents
  bool read = false, associated = false;
  std::string body;
  /// As `contents` shows it; computed when called, and only during `observer::happened`.
  std::function<nlohmann::json()> shown;
};

/// One act or request from beginning to end; nothing else happened in between.
struct act_record {
  sys_time at{};
  sys_time asked{}; ///< when the request came; earlier than `at` where the server was slow to act
  bool is_request = false;
  std::string name;            ///< operation, or what a user or administrator did: "user_edit"
  std::string server, mailbox; ///< primary address, lower case; empty: of none
  /// Of a request: its answer left whole, on time and as the server wrote it.
  bool answered = true;
  std::vector<item_event> events; ///< in order
  /// Of a SyncFolderItems: the folder that it asks for, where there is such a one, and whether the server has refused
  /// it or has never come to it. Such a request is told of also where nothing was done.
  struct asked_list {
    std::string mailbox; ///< primary address, lower case
    std::string folder;  ///< path
    bool refused = false;
  };
  std::optional<asked_list> list{};
  /// The item of this key as it is now; none where it is gone. Only during `observer::happened`.
  std::function<bool(const std::string& server, const std::string& mailbox, std::uint64_t key, item_now&)> look;
  /// Mails that would have gone out: subject and kind, see counters.
  struct mail {
    std::string server, mailbox, subject, kind;
  };
  std::vector<mail> mails;
};

/// Is told of everything that happens in a world, at the end of each act and each request.
class observer {
public:
  virtual ~observer() = default;
  virtual void happened(const act_record&) = 0;
};

} // namespace exchange_sim
