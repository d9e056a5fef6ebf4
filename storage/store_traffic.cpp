#include "storage/codec.hpp"
#include "storage/keys.hpp"
#include "storage/store.hpp"

#include <algorithm>
#include <set>
#include <utility>

// What was counted of the bytes on the wire, and what the allowances have come to.
namespace exsyncd {
namespace {

/// Reads a record where there is one; what cannot be read counts as not there, and the store has failed.
template <class Record>
std::optional<Record> take(std::variant<Record, storage_failure> read, std::optional<storage_failure>& failed) {
  if (auto* why = std::get_if<storage_failure>(&read)) {
    if (!failed) failed = std::move(*why);
    return {};
  }
  return std::get<Record>(std::move(read));
}

void add(traffic_count& to, const traffic_count& more) {
  to.items += more.items;
  to.polling += more.polling;
  to.requests += more.requests;
}

bool costs_more(const costly_item& a, const costly_item& b) {
  return std::pair(a.bytes.total(), a.twin) > std::pair(b.bytes.total(), b.twin);
}

} // namespace

utc_seconds day_of(utc_seconds when) {
  return std::chrono::floor<std::chrono::days>(when);
}

utc_seconds month_of(utc_seconds when, int later) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(when)};
  return std::chrono::sys_days{day.year() / day.month() / 1 + std::chrono::months(later)};
}

traffic_kept store::keep(const keep_traffic& news) {
  const auto add_to = [&](const std::string& key, const keep_traffic::of_day& d, utc_seconds begin) {
    const auto bytes = get(key);
    traffic_period sum{d.pair, begin, {}};
    if (bytes) sum = take(decode<traffic_period>(*bytes), failure_).value_or(sum);
    add(sum.count, d.count);
    put(key, encode(sum));
    return !bytes;
  };
  std::optional<utc_seconds> new_day;
  for (const auto& d : news.days) {
    const auto month = month_of(d.day);
    if (add_to(keys::traffic_day(d.day, d.pair), d, d.day)) new_day = std::max(new_day.value_or(d.day), d.day);
    add_to(keys::traffic_month(month, d.pair), d, month);
  }
  traffic_kept result;
  std::set<std::pair<pair_id, utc_seconds>> touched;
  // An item's mailbox is one of those that the pair's folders of that side are in.
  std::map<pair_id, both<std::set<mailbox_identity>>> mailboxes;
  for (const auto& i : news.items) {
    const auto [of_pair, is_new] = mailboxes.try_emplace(i.pair);
    if (is_new)
      for (const auto& f : folder_sides(i.pair))
        of_pair->second[f.side].insert(f.mailbox);
    std::optional<twin> owner;
    for (const auto& m : of_pair->second[i.side])
      if (!owner) owner = find(i.pair, i.side, m, i.item);
    if (!owner) {
      result.unknown.push_back(i);
      continue;
    }
    add_item(*owner, i);
    touched.emplace(i.pair, month_of(i.when));
  }
  for (const auto& [pair, month] : touched)
    drop_cheap(pair, month);
  if (new_day) drop_old_traffic(*new_day);
  for (const auto& a : news.allowances)
    put(keys::allowance(a.id), encode(a));
  if (news.month) put(keys::allowance_month(), encode(*news.month));
  return result;
}

void store::add_item(const twin& t, const keep_traffic::of_item& i) {
  const auto month = month_of(i.when);
  const auto key = keys::costly(month, i.pair, t.id);
  costly_item sum;
  if (const auto bytes = get(key)) sum = take(decode<costly_item>(*bytes), failure_).value_or(sum);
  sum.pair = i.pair;
  sum.twin = t.id;
  sum.month = month;
  sum.folder_pair = t.folder_pair;
  sum.bytes += i.bytes;
  sum.updated = std::max(sum.updated, i.when);
  sum.times_synced = t.times_synced;
  sum.in_owa[i.side] = i.in_owa;
  for (const side s : {side::replica, side::primary}) { // what both have is told as the primary has it
    if (!t.seen[s]) continue;
    const auto& o = *t.seen[s];
    sum.items[s] = o.item;
    sum.item_class = o.item_class;
    if (!o.subject.empty()) sum.subject = o.subject;
    sum.size = std::max(sum.size, o.size);
    if (o.received || o.sent) sum.date = o.received ? o.received : o.sent;
  }
  put(key, encode(sum));
}

/// What its items have cost names them: the bytes of days and months stay, since they were paid for.
void store::forget_costs(const pair_id& pair, std::vector<std::string>& keys) const {
  scan(keys::all_costly(), [&](std::string_view key, std::string_view bytes) {
    if (auto c = take(decode<costly_item>(bytes), failure_); c && c->pair == pair) keys.emplace_back(key);
    return true;
  });
}

/// Lets them grow to twice what is kept, so that not each new one costs a look at all.
void store::drop_cheap(const pair_id& pair, utc_seconds month) {
  std::vector<costly_item> all;
  scan(keys::all_costly(month, pair), [&](std::string_view, std::string_view bytes) {
    if (auto c = take(decode<costly_item>(bytes), failure_)) all.push_back(std::move(*c));
    return true;
  });
  if (all.size() <= 2 * most_costly) return;
  std::sort(all.begin(), all.end(), costs_more);
  for (auto i = most_costly; i < all.size(); ++i)
    erase(keys::costly(month, pair, all[i].twin));
}

void store::drop_old_traffic(utc_seconds today) {
  const auto drop = [&](const std::string& table, const std::string& first_kept) {
    std::vector<std::string> old;
    scan(table, [&](std::string_view key, std::string_view) {
      if (key >= first_kept) return false;
      old.emplace_back(key);
      return true;
    });
    for (const auto& key : old)
      erase(key);
  };
  drop(keys::all_traffic_days(), keys::traffic_day(today - std::chrono::days(days_kept - 1), {}));
  drop(keys::all_traffic_months(), keys::traffic_month(month_of(today, 1 - months_kept), {}));
  drop(keys::all_costly(), keys::all_costly(month_of(today, 1 - months_of_items_kept)));
}

namespace {

/// All records of a table from one key on.
template <class Record, class Scan>
std::vector<Record> from_key(const Scan& scan, const std::string& table, const std::string& first,
                             std::optional<storage_failure>& failed) {
  std::vector<Record> result;
  scan(table, [&](std::string_view key, std::string_view bytes) {
    if (key < first) return true;
    if (auto r = take(decode<Record>(bytes), failed)) result.push_back(std::move(*r));
    return true;
  });
  return result;
}

} // namespace

std::vector<traffic_period> store::traffic_by_day(utc_seconds first) const {
  const auto all = [this](auto& table, auto visit) { scan(table, visit); };
  return from_key<traffic_period>(all, keys::all_traffic_days(), keys::traffic_day(first, {}), failure_);
}

std::vector<traffic_period> store::traffic_by_month(utc_seconds first) const {
  const auto all = [this](auto& table, auto visit) { scan(table, visit); };
  return from_key<traffic_period>(all, keys::all_traffic_months(), keys::traffic_month(first, {}), failure_);
}

std::vector<costly_item> store::costly(utc_seconds month, const pair_id& pair, std::size_t limit) const {
  const auto all = [this](auto& table, auto visit) { scan(table, visit); };
  const auto table = pair.empty() ? keys::all_costly(month) : keys::all_costly(month, pair);
  auto items = from_key<costly_item>(all, table, table, failure_);
  std::sort(items.begin(), items.end(), costs_more);
  if (items.size() > limit) items.resize(limit);
  // What was settled since it last cost something.
  for (auto& i : items)
    if (const auto t = load(i.twin)) i.times_synced = t->times_synced;
  return items;
}

std::vector<allowance> store::allowances() const {
  const auto all = [this](auto& table, auto visit) { scan(table, visit); };
  return from_key<allowance>(all, keys::all_allowances(), {}, failure_);
}

allowance_month store::spent() const {
  const auto bytes = get(keys::allowance_month());
  return bytes ? take(decode<allowance_month>(*bytes), failure_).value_or(allowance_month{}) : allowance_month{};
}

} // namespace exsyncd
