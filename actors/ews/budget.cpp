#include "actors/ews/budget.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace exsyncd {

namespace {

using std::chrono::milliseconds;

/// A server's own wish is followed up to here; beyond, it is a mistake of the server.
constexpr milliseconds longest_wish = std::chrono::hours(1);
/// So many mailboxes busy in a row, with no good answer between: it is the server or the account, not the mailboxes.
constexpr std::size_t mailboxes_that_mean_account = 3;
/// A 401 where the password has worked is taken for throttling so many times in a row. Then it is a new password.
constexpr unsigned lockouts_that_mean_password = 3;

milliseconds left(gateway_time until, gateway_time now) {
  return until > now ? std::chrono::ceil<milliseconds>(until - now) : milliseconds{0};
}

bool contains_ignoring_case(std::string_view text, std::string_view lower_word) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return !std::ranges::search(text, lower_word, {}, lower).empty();
}

} // namespace

load_reading read_load(const http::response_head& head) {
  load_reading r;
  r.because = "HTTP " + std::to_string(head.status);
  auto retry_after = head.value_of("Retry-After");
  if (unsigned seconds = 0;
      std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds).ec == std::errc{})
    r.wait = std::chrono::seconds(seconds);
  r.is_login = head.status == 401;
  bool redirect = head.status >= 300 && head.status < 400;
  if (head.status >= 200 && head.status < 300)
    r.sign = load_sign::good;
  else if (head.status == 503 || head.status == 429)
    r.sign = load_sign::busy;
  else if (head.status == 401 || (redirect && contains_ignoring_case(head.value_of("Location"), "genericerrorpage")))
    r.sign = load_sign::locked;
  return r;
}

load_reading read_load(const http::failed& why) {
  load_reading r;
  r.because = why.what;
  if (why.kind == http::failed_kind::cut)
    r.sign = load_sign::cut;
  else if (why.kind == http::failed_kind::timeout)
    r.sign = load_sign::hung;
  return r;
}

budget::budget(budget_settings settings, random_bits random) : settings_(settings), random_(std::move(random)) {
  settings_.credit = std::max<std::size_t>(1, settings_.credit);
}

// ---- waiting and starting
// --------------------------------------------------------------------------------------------

std::optional<budget::refusal> budget::ask(turn id, const std::string& mailbox, milliseconds patience,
                                           gateway_time now) {
  if (waiting_.size() >= settings_.queue) return refusal{{}, "too many requests are waiting"};
  lane& l = lanes_[mailbox];
  gateway_time deadline = now + patience;
  if (auto no = hopeless(l, deadline, now)) return no;
  if (l.waiting.empty()) line_.push_back(mailbox);
  l.waiting.push_back(id);
  waiting_.emplace(id, waiter{mailbox, deadline});
  deadlines_.emplace(deadline, id);
  return std::nullopt;
}

std::optional<budget::refusal> budget::hopeless(const lane& l, gateway_time deadline, gateway_time now) const {
  const back_off& longer = l.rest.until > account_.until ? l.rest : account_;
  if (longer.until <= now || longer.until <= deadline) return std::nullopt;
  if (longer.locked_out)
    return refusal{left(longer.until, now),
                   "access is refused (" + longer.because + "), though the account was let in before", true};
  return refusal{left(longer.until, now), "the server is busy (" + longer.because + ")"};
}

budget::step budget::advance(gateway_time now) {
  step s;
  auto refuse = [&](turn id, refusal why) {
    waiter w = std::move(waiting_.at(id));
    waiting_.erase(id);
    deadlines_.erase({w.deadline, id});
    lane& l = lanes_.at(w.mailbox);
    std::erase(l.waiting, id);
    if (l.waiting.empty()) line_.remove(w.mailbox);
    s.refuse.emplace_back(id, std::move(why));
    forget_if_idle(w.mailbox);
  };

  if (std::exchange(look_again_, false))
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      auto [id, w] = *at++;
      if (auto no = hopeless(lanes_.at(w.mailbox), w.deadline, now)) refuse(id, std::move(*no));
    }

  for (auto at = line_.begin(); at != line_.end();) {
    lane& l = lanes_.at(*at);
    if (!may_start(l, now)) {
      ++at;
      continue;
    }
    turn id = l.waiting.front();
    l.waiting.pop_front();
    ++l.in_flight;
    deadlines_.erase({waiting_.at(id).deadline, id});
    waiting_.erase(id);
    in_flight_.emplace(id, *at);
    s.start.push_back(id);
    if (l.waiting.empty())
      line_.erase(at);
    else
      line_.splice(line_.end(), line_, at); // its next request comes after those of the others
    at = line_.begin();
  }

  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    turn id = deadlines_.begin()->second;
    const back_off& rest = lanes_.at(waiting_.at(id).mailbox).rest;
    auto longer = std::max(rest.until, account_.until);
    refuse(id, {longer > now ? std::optional(left(longer, now)) : std::nullopt, "its turn did not come in time"});
  }

  auto sooner = [&](gateway_time t) {
    if (t > now) s.again = s.again ? std::min(*s.again, t) : t;
  };
  if (!deadlines_.empty()) sooner(deadlines_.begin()->first);
  if (!line_.empty()) sooner(account_.until);
  for (const std::string& mailbox : line_)
    sooner(lanes_.at(mailbox).rest.until);
  return s;
}

bool budget::may_start(const lane& l, gateway_time now) const {
  if (now < account_.until || now < l.rest.until) return false;
  std::size_t all = window(account_);
  if (in_flight_.size() >= all) return false;
  // One mailbox alone never takes everything: the next one finds an open door even when all of the first hang.
  std::size_t own = all > 1 ? all - 1 : 1;
  own = std::min(own, l.suspect ? 1 : window(l.rest));
  if (l.in_flight >= own) return false;
  if (!l.suspect) return true;
  auto suspects = std::ranges::count_if(in_flight_, [&](auto& f) { return lanes_.at(f.second).suspect; });
  return static_cast<std::size_t>(suspects) < std::max<std::size_t>(1, all / 2);
}

std::size_t budget::window(const back_off& b) const {
  return b.level == 0 ? settings_.credit : b.window;
}

void budget::forget_if_idle(const std::string& mailbox) {
  auto at = lanes_.find(mailbox);
  const lane& l = at->second;
  if (l.waiting.empty() && l.in_flight == 0 && l.rest.level == 0 && !l.suspect && l.cuts_in_a_row == 0)
    lanes_.erase(at);
}

// ---- signs of load
// ---------------------------------------------------------------------------------------------------

std::optional<milliseconds> budget::ended(turn id, const load_reading& reading, gateway_time now) {
  auto flight = in_flight_.find(id);
  std::string mailbox = std::move(flight->second);
  in_flight_.erase(flight);
  lane& l = lanes_.at(mailbox);
  --l.in_flight;
  bool throttled = false;
  l.suspect = reading.sign == load_sign::cut || reading.sign == load_sign::hung;
  if (reading.sign != load_sign::cut) l.cuts_in_a_row = 0;
  switch (reading.sign) {
  case load_sign::good:
    has_worked_ = true;
    lockouts_in_a_row_ = 0;
    busy_in_a_row_.clear();
    regain(l.rest, now);
    regain(account_, now);
    break;
  case load_sign::neutral:
  case load_sign::hung:
    break;
  case load_sign::busy:
    note_busy(mailbox, l, reading.wait, reading.because, now);
    throttled = true;
    break;
  case load_sign::locked:
    if (!has_worked_) break;
    if (now < account_.until || lockouts_in_a_row_ < lockouts_that_mean_password) {
      if (begin_rest(account_, reading.wait, reading.because, now)) ++lockouts_in_a_row_;
      account_.locked_out = reading.is_login;
      throttled = true;
    } else {
      has_worked_ = false;
    }
    break;
  case load_sign::cut:
    // One lost connection is the network's weather.
    if (reading.narrowing || ++l.cuts_in_a_row < 2) break;
    note_busy(mailbox, l, {}, reading.because, now);
    break;
  }
  std::optional<milliseconds> rest;
  if (throttled) rest = left(std::max(l.rest.until, account_.until), now);
  forget_if_idle(mailbox);
  return rest;
}

void budget::busy(const std::string& mailbox, std::optional<milliseconds> wait, const std::string& because,
                  gateway_time now) {
  note_busy(mailbox, lanes_[mailbox], wait, because, now);
}

void budget::note_busy(const std::string& mailbox, lane& l, std::optional<milliseconds> wait,
                       const std::string& because, gateway_time now) {
  begin_rest(l.rest, wait, because, now);
  busy_in_a_row_.insert(mailbox);
  if (busy_in_a_row_.size() < mailboxes_that_mean_account) return;
  begin_rest(account_, wait, because, now);
  busy_in_a_row_.clear();
}

/// True where a new rest begins; requests that were on their way when the last one began only say the same again.
bool budget::begin_rest(back_off& b, std::optional<milliseconds> wait, const std::string& because, gateway_time now) {
  look_again_ = true;
  if (wait) wait = std::clamp(*wait, milliseconds{0}, longest_wish);
  if (now < b.until) {
    if (wait) b.until = std::max(b.until, now + *wait);
    return false;
  }
  b.level = std::min(b.level + 1, 20u);
  milliseconds pause =
      wait ? *wait : std::min(settings_.longest_rest, settings_.rest * (std::int64_t{1} << (b.level - 1)));
  // Later by up to a quarter, never earlier: clients that were stopped together do not come back together.
  pause += milliseconds(static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(pause.count() / 4 + 1)));
  b.until = now + pause;
  b.window = 1;
  b.because = because;
  b.locked_out = false;
  return true;
}

void budget::regain(back_off& b, gateway_time now) const {
  if (b.level == 0 || now < b.until) return;
  if (++b.window >= settings_.credit) b = {};
}

// ---- how things stand
// ------------------------------------------------------------------------------------------------

std::size_t budget::credit(gateway_time now) const {
  return now < account_.until ? 0 : window(account_);
}

std::optional<std::pair<milliseconds, std::string>> budget::resting(gateway_time now) const {
  if (now >= account_.until) return std::nullopt;
  return std::pair{left(account_.until, now), account_.because};
}

std::vector<std::pair<std::string, milliseconds>> budget::resting_mailboxes(gateway_time now) const {
  std::vector<std::pair<std::string, milliseconds>> all;
  for (auto& [mailbox, l] : lanes_)
    if (now < l.rest.until) all.emplace_back(mailbox, left(l.rest.until, now));
  return all;
}

} // namespace exsyncd
