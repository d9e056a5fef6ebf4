#pragma once

#include "ews/http/transport.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// Which request of an account may go out when: a plain data structure without clock, randomness or messages. The
/// gateway actor asks it and does as it says.
namespace exsyncd {

using gateway_time = std::chrono::steady_clock::time_point;

/// What an answer says about the load of the server, as far as HTTP shows it.
enum class load_sign {
  good,    // the server did the work
  neutral, // an answer, but of another kind of trouble
  busy,    // 503, 429: of the mailbox that was asked for, as far as one answer tells
  locked,  // 401 or an error page, which after successes is throttling too: of the account
  cut,     // the connection closed; throttling when it goes on
  hung,    // a time-out
};
struct load_reading {
  load_sign sign = load_sign::neutral;
  std::optional<std::chrono::milliseconds> wait; // Retry-After
  std::string because;                           // "HTTP 503"
  bool is_login = false;                         // 401: the account was refused
  /// The request finds out which item spoils it: that the connection closes once more is its answer, and no load.
  bool narrowing = false;
};
/// Reads an answer's head. Retry-After in its form as a date is not read: the date is the server's.
load_reading read_load(const http::response_head& head);
load_reading read_load(const http::failed& why);

struct budget_settings {
  std::size_t credit = 5;
  std::size_t queue = 10'000;
  std::chrono::milliseconds rest = std::chrono::seconds(60);
  std::chrono::milliseconds longest_rest = std::chrono::minutes(15);
};

class budget {
public:
  using turn = std::uint64_t;
  using random_bits = std::function<std::uint64_t()>;
  budget(budget_settings settings, random_bits random);

  /// Why a request does not go out.
  struct refusal {
    std::optional<std::chrono::milliseconds> wait; // the server wants rest for so long still
    std::string what;
    bool locked_out = false; // for the account was refused, though it had been let in before
  };
  /// Puts a request in line, or says at once why not. Turns are given by the caller and are unique.
  std::optional<refusal> ask(turn id, const std::string& mailbox, std::chrono::milliseconds patience, gateway_time now);

  struct step {
    std::vector<turn> start;
    std::vector<std::pair<turn, refusal>> refuse;
    /// When to call again, where nothing else happens before.
    std::optional<gateway_time> again;
  };
  /// What may start now, and who has waited too long.
  step advance(gateway_time now);

  /// A request that was started has ended. Answers the rest that follows from it: how long the mailbox, or the whole
  /// account, is left alone; empty where the answer is no sign of throttling.
  std::optional<std::chrono::milliseconds> ended(turn id, const load_reading& reading, gateway_time now);

  /// The body of an answer said that the server is busy.
  void busy(const std::string& mailbox, std::optional<std::chrono::milliseconds> wait, const std::string& because,
            gateway_time now);

  std::size_t in_flight() const { return in_flight_.size(); }
  std::size_t waiting() const { return waiting_.size(); }
  /// How many may be in flight now: the credit, or less while it is regained after a rest; 0 at rest.
  std::size_t credit(gateway_time now) const;
  /// The rest of the whole account: how long still, and why.
  std::optional<std::pair<std::chrono::milliseconds, std::string>> resting(gateway_time now) const;
  std::vector<std::pair<std::string, std::chrono::milliseconds>> resting_mailboxes(gateway_time now) const;

private:
  /// Rest, growing with each sign in a row; then one request at a time more with each good answer.
  struct back_off {
    gateway_time until{};
    unsigned level = 0; // signs in a row; 0: no trouble
    std::size_t window = 0;
    std::string because;
    bool locked_out = false;
  };
  struct lane {
    std::deque<turn> waiting;
    std::size_t in_flight = 0;
    back_off rest;
    unsigned cuts_in_a_row = 0;
    bool suspect = false; // the last transfer hung or was cut: it gets one request at a time
  };
  struct waiter {
    std::string mailbox;
    gateway_time deadline;
  };

  bool begin_rest(back_off& b, std::optional<std::chrono::milliseconds> wait, const std::string& because,
                  gateway_time now);
  void regain(back_off& b, gateway_time now) const;
  std::size_t window(const back_off& b) const;
  bool may_start(const lane& l, gateway_time now) const;
  void note_busy(const std::string& mailbox, lane& l, std::optional<std::chrono::milliseconds> wait,
                 const std::string& because, gateway_time now);
  std::optional<refusal> hopeless(const lane& l, gateway_time deadline, gateway_time now) const;
  void forget_if_idle(const std::string& mailbox);

  budget_settings settings_;
  random_bits random_;
  std::map<std::string, lane> lanes_;
  std::list<std::string> line_; // mailboxes with somebody waiting; the next to be served in front
  std::map<turn, waiter> waiting_;
  std::set<std::pair<gateway_time, turn>> deadlines_;
  std::map<turn, std::string> in_flight_;
  back_off account_;
  bool has_worked_ = false;
  unsigned lockouts_in_a_row_ = 0;
  std::set<std::string> busy_in_a_row_; // mailboxes, since the last good answer of any
  bool look_again_ = false;             // a rest has begun: some in line cannot be served in time
};

} // namespace exsyncd
