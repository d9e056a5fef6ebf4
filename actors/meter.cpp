#include "actors/meter.hpp"

#include <algorithm>
#include <iterator>

namespace exsyncd {
namespace {

using meter_self = meter_actor::stateful_pointer<meter_state>;
using namespace std::chrono_literals;

/// Counts that are younger are lost where the process is killed.
constexpr auto write_interval = 10s;
/// How soon after midnight a new month or a new subscription is noticed.
constexpr auto calendar_interval = 60s;
/// A create's item is known once it is settled; one that stays unknown is counted for its pair only.
constexpr int most_tries = 6;

utc_seconds now(meter_self self) {
  return self->state.options.context.wall_clock();
}

/// Tells the follower where something has changed for him. Between two limits only whether they are reached counts.
void tell(meter_self self) {
  auto& s = self->state;
  if (!s.options.limited || !s.loaded) return;
  const auto standing = logic::standing_of(s.book, now(self));
  const auto same = [](const logic::allowance_standing& a, const logic::allowance_standing& b) {
    return a.any_subscription == b.any_subscription && a.pairs == b.pairs && a.is_spent() == b.is_spent() &&
           a.monthly == b.monthly;
  };
  if (s.told && same(*s.told, standing)) return;
  const auto to = caf::actor_cast<caf::strong_actor_ptr>(s.follower);
  if (!to) return;
  s.told = standing;
  self->send(caf::actor_cast<limits_listener>(to), limits_are{standing});
}

/// What is to be written, taken out of the state. Of the items of each pair only the costliest: what thousands of small
/// ones cost is in the counts of their day.
keep_traffic take(meter_state& s) {
  keep_traffic out;
  for (auto& [key, count] : std::exchange(s.days, {}))
    out.days.push_back({key.first, key.second, count});
  std::map<pair_id, std::vector<keep_traffic::of_item>> by_pair;
  for (const auto& [key, i] : s.items)
    by_pair[std::get<0>(key)].push_back(
        {std::get<0>(key), std::get<1>(key), std::get<2>(key), i.when, i.bytes, i.in_owa});
  for (auto& [pair, items] : by_pair) {
    std::stable_sort(items.begin(), items.end(),
                     [](const auto& a, const auto& b) { return a.bytes.total() > b.bytes.total(); });
    if (items.size() > most_costly) items.resize(most_costly);
    std::move(items.begin(), items.end(), std::back_inserter(out.items));
  }
  for (const auto& id : std::exchange(s.changed, {}))
    for (const auto& a : s.book.all)
      if (a.id == id) out.allowances.push_back(a);
  if (std::exchange(s.month_changed, false)) out.month = s.book.month;
  return out;
}

void due(meter_self self) {
  if (!std::exchange(self->state.write_due, true)) self->delayed_send(self, write_interval, meter_tick{true});
}

/// `then` is told whether it is on disk.
void write(meter_self self, std::function<void(bool)> then) {
  auto& s = self->state;
  auto news = take(s);
  const auto tried = std::exchange(s.items, {});
  if (news.days.empty() && news.items.empty() && news.allowances.empty() && !news.month) return then(true);
  self->request(s.options.ledger, ledger_patience, std::move(news))
      .then(
          [self, tried, then](const traffic_kept& kept) {
            auto& st = self->state;
            for (const auto& u : kept.unknown) {
              const auto before = tried.at({u.pair, u.side, u.item});
              if (before.tries + 1 >= most_tries) continue;
              auto& again = st.items[{u.pair, u.side, u.item}];
              again.bytes += u.bytes;
              again.when = std::max(again.when, u.when);
              again.in_owa = again.in_owa || u.in_owa;
              again.tries = std::max(again.tries, before.tries + 1);
              due(self);
            }
            then(true);
          },
          [then](const caf::error&) { then(false); }); // the ledger's death is noticed by the supervisor
}

void count(meter_self self, const count_traffic& m) {
  auto& s = self->state;
  const auto when = now(self);
  const auto slash = m.payer.rfind('/');
  const pair_id pair{m.payer.substr(0, slash)};
  const auto which = m.payer.substr(slash + 1) == "replica" ? side::replica : side::primary;
  auto& day = s.days[{pair, day_of(when)}];
  (m.polling ? day.polling : day.items) += m.bytes;
  day.requests += m.requests;
  for (const auto& [id, bytes] : m.items) {
    auto& i = s.items[{pair, which, id}];
    i.bytes += bytes;
    i.when = when;
    i.in_owa = m.in_owa;
  }
  due(self);
  if (!s.options.limited) return;
  const auto charge_it = [self, bytes = m.bytes.total(), when] {
    auto& st = self->state;
    const auto before = st.book.all;
    if (logic::charge(st.book, bytes, when))
      for (std::size_t i = 0; i < before.size(); ++i)
        if (before[i] != st.book.all[i]) st.changed.push_back(st.book.all[i].id);
    st.month_changed = true;
    tell(self);
  };
  if (s.loaded)
    charge_it();
  else
    s.when_loaded.push_back(charge_it);
}

failure refusal(std::string code, std::string what, std::string hint) {
  return {reach::account, retry::never, {}, std::move(code), std::move(what), std::move(hint)};
}

std::optional<failure> why_not(const allowance_changed& wanted, const std::vector<allowance>& known, utc_seconds now) {
  const auto& a = wanted.what;
  const auto at = std::find_if(known.begin(), known.end(), [&](auto& k) { return k.id == a.id; });
  if (at != known.end())
    return refusal("code-used",
                   "this code has been added before" + std::string(at->removed ? ", and was removed since" : ""),
                   "a code can be added once only; ask for a new one");
  if (now >= a.to) return refusal("code-expired", "this code's last day has passed", "ask for a new one");
  return std::nullopt;
}

/// A change of the book, answered when it is on disk.
caf::result<allowance_changed> change_book(meter_self self, std::function<allowance_changed()> how) {
  auto promise = self->make_response_promise<allowance_changed>();
  std::function<void()> run = [self, promise, how = std::move(how)]() mutable {
    auto changed = how();
    if (changed.failed) {
      promise.deliver(std::move(changed));
      return;
    }
    self->state.changed.push_back(changed.what.id);
    write(self, [self, promise, changed](bool is_kept) mutable {
      if (!is_kept)
        changed.failed = refusal("not-kept", "this is not on disk: the state directory could not be written",
                                 "look into the log; allowance.list tells after the next start what was kept");
      promise.deliver(changed);
      tell(self);
    });
  };
  if (self->state.loaded)
    run();
  else
    self->state.when_loaded.push_back(run);
  return promise;
}

} // namespace

meter_actor::behavior_type meter(meter_self self, meter_options options) {
  self->state.options = std::move(options);
  const auto& o = self->state.options;
  self->request(o.ledger, ledger_patience, load_allowances{})
      .then(
          [self](const allowances_loaded& l) {
            auto& s = self->state;
            s.book = {l.allowances, l.month};
            s.loaded = true;
            for (const auto& run : std::exchange(s.when_loaded, {}))
              run();
            tell(self);
          },
          [](const caf::error&) {});
  if (o.limited) self->delayed_send(self, calendar_interval, meter_tick{false});
  return {
      [self](const count_traffic& m) { count(self, m); },
      [self](const write_traffic&) -> caf::result<stored> {
        auto promise = self->make_response_promise<stored>();
        write(self, [promise](bool) mutable { promise.deliver(stored{}); });
        return promise;
      },
      [self](const follow_limits& m) {
        self->state.follower = m.to;
        self->state.told.reset();
        tell(self);
      },
      [self](const ask_allowances&) -> caf::result<allowances_are> {
        auto promise = self->make_response_promise<allowances_are>();
        std::function<void()> answer = [self, promise]() mutable {
          const auto& s = self->state;
          promise.deliver(allowances_are{s.options.limited, now(self), s.book, logic::standing_of(s.book, now(self))});
        };
        if (self->state.loaded)
          answer();
        else
          self->state.when_loaded.push_back(answer);
        return promise;
      },
      [self](const add_allowance& m) {
        return change_book(self, [self, what = m.what] {
          auto& book = self->state.book;
          allowance_changed result{{}, what};
          result.what.added = now(self);
          result.failed = why_not(result, book.all, now(self));
          if (!result.failed) book.all.push_back(result.what);
          return result;
        });
      },
      [self](const remove_allowance& m) {
        return change_book(self, [self, id = m.id] {
          auto& all = self->state.book.all;
          const auto at = std::find_if(all.begin(), all.end(), [&](auto& a) { return a.id == id && !a.removed; });
          if (at == all.end())
            return allowance_changed{
                refusal("unknown-allowance", "there is no allowance \"" + id + '"', "allowance.list lists them"), {}};
          at->removed = now(self);
          return allowance_changed{{}, *at};
        });
      },
      [self](const meter_tick& m) {
        if (!m.is_write) {
          tell(self);
          self->delayed_send(self, calendar_interval, meter_tick{false});
          return;
        }
        self->state.write_due = false;
        write(self, [](bool) {});
      },
  };
}

} // namespace exsyncd
