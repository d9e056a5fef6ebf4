#pragma once

#include "tests/exchange_sim/http.hpp"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace exchange_sim {

/// What the fault plan may know of an item that a request names or creates.
struct item_fact {
  std::string id, subject, message_id;
  std::string body{}; ///< filled in where some fault looks at it
};

/// What the fault plan may know of a request. `mailbox` is the primary address of the mailbox acted upon.
struct request_fact {
  std::string server, mailbox, operation;
  std::vector<item_fact> items;
  /// The items that an answer shows, for faults that meet whoever is shown an item.
  std::function<std::vector<item_fact>(const http_response&)> shown{};
  /// Of a SyncFolderItems: the folder that it asks for, and whose it is.
  std::string folder{}, folder_of{};
};

/// The error that one response message carries in place of its result; `values` become t:Value in its MessageXml.
struct item_failure {
  std::string code, message;
  std::vector<std::pair<std::string, std::string>> values;
};

/// What goes wrong. One alternative each, named for what the client sees.
namespace fault_kind {
struct answer_instead {
  http_response answer;
}; ///< the server does not act
struct fail_items {
  item_failure failure;
}; ///< error response messages in an answer that is otherwise whole
struct close_before_acting {};
struct close_after_acting {};
struct cut_after_acting {
  std::size_t bytes;
};
struct truncated_data {}; ///< acted; the answer breaks off with Exchange's own words
struct garbage_xml {};    ///< acted; the answer is no XML
struct hold {
  std::chrono::milliseconds delay;
}; ///< acted; the answer comes late
struct rewrite {
  std::string name;
  http_response (*how)(http_response);
}; ///< acted; the answer says it otherwise (answer_faults.hpp)
struct endless {
  std::string filler;
  std::chrono::milliseconds pace;
}; ///< acted; the answer never ends, or (without a filler) comes a byte at a time
struct touch_later {
  std::chrono::seconds after;
}; ///< acted; the items that the answer names get a new ChangeKey by themselves
struct commit_later {
  std::optional<std::chrono::seconds> after;
}; ///< no answer; acts at commit_now or after a time
} // namespace fault_kind
using fault_effect =
    std::variant<fault_kind::answer_instead, fault_kind::fail_items, fault_kind::close_before_acting,
                 fault_kind::close_after_acting, fault_kind::cut_after_acting, fault_kind::truncated_data,
                 fault_kind::garbage_xml, fault_kind::hold, fault_kind::commit_later, fault_kind::rewrite,
                 fault_kind::endless, fault_kind::touch_later>;

/// Where it goes wrong: every part that is given has to match; empty parts match everything.
struct fault_scope {
  std::string server, mailbox, operation;
  /// `body`: words that stand in it.
  item_fact item;
  /// Answers that show the item are met too, not only requests that name it.
  bool shown = false;
};

struct fault {
  fault_scope scope;
  fault_effect effect;
  std::optional<std::size_t> left; ///< so many more times; absent: until cleared
  std::size_t hits = 0;
};

/// The faults that were ordered, and the acts that were put off. Faults are asked in the order in which they were
/// added; the first that matches a request is the only one it meets, but for `hold`, which adds to any other.
class fault_plan {
public:
  /// Takes one record as the control command `fault` has it. Throws std::invalid_argument that names what is wrong.
  void add(const nlohmann::json& record);

  /// The fields that a record may have, as one line for people.
  static std::string knows();

  /// Forgets all faults; acts that were put off stay put off.
  void clear() { faults_.clear(); }

  /// Answers a request under the plan: `act` is called once now, or kept for later, or never.
  http_response apply(const request_fact&, sys_time now, std::function<http_response()> act);

  /// The error that this response message has to carry, if any. Called inside of `act`, once a response message;
  /// `items` holds the one item that it is about, or nothing.
  std::optional<item_failure> item_error(const request_fact&);

  /// Whether request_fact has to tell the bodies of items.
  bool looks_at_bodies() const;
  /// How the world gives an item a new ChangeKey, for touch_later.
  std::function<void(const std::string& id)> touch;

  /// Does what was put off until a time that has come.
  void run_due(sys_time now);
  /// Does everything that was put off, in the order of the requests.
  std::size_t commit_now();

  /// The plan as JSON: [{"what", "left", "hits"}], for a test that wants to see that its fault was met.
  nlohmann::json describe() const;

private:
  struct put_off_act {
    std::optional<sys_time> due;
    std::function<http_response()> act;
  };

  fault* first_match(const request_fact&, bool whole_requests, bool holds);
  static void use(fault&);
  /// What the fault makes of a request; `act` may have been done already.
  /// The first fault that meets whoever is shown an item.
  fault* first_shown(const request_fact&, const http_response&);
  http_response meet(const fault&, sys_time now, std::function<http_response()> act);

  std::list<fault> faults_;
  std::vector<put_off_act> put_off_;
  /// Set while a request runs that every response message of has to fail.
  std::optional<item_failure> whole_request_;
};

} // namespace exchange_sim
