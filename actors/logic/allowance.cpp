#include "actors/logic/allowance.hpp"

#include "ews/model/date.hpp"

#include <algorithm>
#include <string>

namespace exsyncd::logic {
namespace {

constexpr auto how_to_add =
    "ask whoever issues your codes for one, and add it with allowance.add (exsyncctl allowance add CODE)";

} // namespace

allowance_state state_of(const allowance& a, utc_seconds now) {
  if (a.removed) return allowance_state::removed;
  if (now >= a.to) return allowance_state::over;
  if (now < a.from) return allowance_state::coming;
  if (a.kind == allowance_kind::top_up && a.used >= a.bytes) return allowance_state::spent;
  return allowance_state::running;
}

allowance_standing standing_of(const allowance_book& book, utc_seconds now) {
  allowance_standing result;
  if (book.month.month == month_of(now)) result.used = book.month.used;
  for (const auto& a : book.all) {
    if (state_of(a, now) != allowance_state::running) continue;
    if (a.kind == allowance_kind::top_up) {
      result.top_up_left += a.bytes - a.used;
      continue;
    }
    result.any_subscription = true;
    result.pairs += a.pairs;
    result.monthly += a.bytes;
  }
  return result;
}

bool charge(allowance_book& book, std::uint64_t bytes, utc_seconds now) {
  if (book.month.month != month_of(now)) book.month = {month_of(now), 0};
  const auto standing = standing_of(book, now);
  const auto take = std::min(bytes, standing.monthly - std::min(standing.monthly, standing.used));
  book.month.used += take;
  bytes -= take;
  bool changed = false;
  while (bytes > 0) {
    allowance* next = nullptr;
    for (auto& a : book.all)
      if (a.kind == allowance_kind::top_up && state_of(a, now) == allowance_state::running)
        if (!next || a.to < next->to) next = &a;
    if (!next) break;
    const auto part = std::min(bytes, next->bytes - next->used);
    next->used += part;
    bytes -= part;
    changed = true;
  }
  book.month.used += bytes;
  return changed;
}

std::optional<failure> pause_for(const allowance_standing& s, std::size_t place, utc_seconds now) {
  const auto why = [](std::string code, std::string what, std::string hint) {
    return failure{reach::account, retry::later, {}, std::move(code), std::move(what), std::move(hint)};
  };
  if (!s.any_subscription)
    return why("no-allowance", "paused: no subscription is valid on " + date_text(now),
               std::string("this exsyncd runs on allowances; ") + how_to_add);
  if (place >= s.pairs)
    return why("too-many-pairs",
               "paused: the subscriptions are for " + std::to_string(s.pairs) + " pair(s), and so many run already",
               std::string("stop a pair that is not needed, or add a subscription for more: ") + how_to_add);
  if (s.is_spent())
    return why("allowance-spent",
               "paused: the " + std::to_string(s.monthly) + " bytes of this month are used up, and no top-up is left",
               "it goes on by itself on " + date_text(month_of(now, 1)) + "; for more before that, " + how_to_add);
  return std::nullopt;
}

} // namespace exsyncd::logic
