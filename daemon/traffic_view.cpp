#include "daemon/traffic_view.hpp"

#include "config/sides.hpp"
#include "daemon/owa_link.hpp"
#include "daemon/show.hpp"
#include "ews/model/date.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace exsyncd {
namespace {

using nlohmann::json;
using std::chrono::days;

json show(const byte_count& bytes) {
  return {{"sent", bytes.sent}, {"received", bytes.received}};
}

void add(traffic_count& to, const traffic_count& more) {
  to.items += more.items;
  to.polling += more.polling;
  to.requests += more.requests;
}

json show(const traffic_count& count) {
  return {{"bytes", count.items.total() + count.polling.total()},
          {"items_bytes", count.items.total()},
          {"polling_bytes", count.polling.total()},
          {"items", show(count.items)},
          {"polling", show(count.polling)},
          {"requests", count.requests}};
}

/// One row for each time in `sums`.
json rows(const std::vector<traffic_period>& found, const std::optional<std::string>& pair,
          std::map<utc_seconds, traffic_count> sums, const char* name, std::string (*text)(utc_seconds)) {
  std::map<utc_seconds, json> shares;
  for (const auto& p : found) {
    if (pair && p.pair.value != *pair) continue;
    const auto at = sums.find(p.begin);
    if (at == sums.end()) continue;
    add(at->second, p.count);
    shares[p.begin][p.pair.value] = p.count.items.total() + p.count.polling.total();
  }
  auto list = json::array();
  for (const auto& [begin, count] : sums) {
    auto row = show(count);
    row[name] = text(begin);
    if (!pair && shares.contains(begin)) row["pairs"] = shares[begin];
    list.push_back(std::move(row));
  }
  return list;
}

} // namespace

std::string show_month(utc_seconds month) {
  return show_time(month).substr(0, 7);
}

std::optional<utc_seconds> read_month(const std::string& text) {
  int year = 0;
  unsigned month = 0;
  char more = 0;
  if (text.size() != 7 || std::sscanf(text.c_str(), "%4d-%2u%c", &year, &month, &more) != 2) return std::nullopt;
  const std::chrono::year_month_day first{std::chrono::year(year), std::chrono::month(month), std::chrono::day(1)};
  if (!first.ok()) return std::nullopt;
  return utc_seconds{std::chrono::sys_days{first}};
}

json show_days(const std::vector<traffic_period>& found, const std::optional<std::string>& pair, utc_seconds today) {
  std::map<utc_seconds, traffic_count> sums;
  for (int back = 6; back >= 0; --back)
    sums[day_of(today) - days(back)];
  return {{"days", rows(found, pair, std::move(sums), "date", date_text)}};
}

json show_months(const std::vector<traffic_period>& found, const std::optional<std::string>& pair, utc_seconds today) {
  std::map<utc_seconds, traffic_count> sums;
  sums[month_of(today)];
  for (const auto& p : found)
    if (!pair || p.pair.value == *pair) sums[p.begin];
  return {{"months", rows(found, pair, std::move(sums), "month", show_month)}};
}

json show_costly(const std::vector<costly_item>& items, const std::vector<pair_settings>& pairs) {
  auto list = json::array();
  for (const auto& i : items) {
    json j{{"type", show(i.item_class)},
           {"subject", i.subject},
           {"pair", i.pair.value},
           {"folder", i.folder_pair.value},
           {"id", i.twin.value},
           {"link", nullptr},
           {"date", nullptr},
           {"updated", show_time(i.updated)},
           {"account", nullptr},
           {"size", i.size},
           {"consumption", i.bytes.total()},
           {"sent", i.bytes.sent},
           {"received", i.bytes.received},
           {"times_synced", i.times_synced}};
    if (i.date) j["date"] = show_time(*i.date);
    const auto of = std::find_if(pairs.begin(), pairs.end(), [&](auto& p) { return p.name == i.pair.value; });
    if (of != pairs.end())
      // The primary's, but rather one that there is a link to: 2010 and older have ids of their own for it.
      for (const side at : both_sides) {
        if (i.items[at].empty() || !j["link"].is_null()) continue;
        const auto& account = at == side::primary ? of->primary : of->replica;
        const auto link = i.in_owa[at] ? owa_link(account.server, i.items[at], i.item_class) : std::string();
        if (!link.empty()) j["link"] = link;
        if (!link.empty() || j["account"].is_null()) j["account"] = called(account);
      }
    list.push_back(std::move(j));
  }
  return list;
}

json show(const allowance& a, utc_seconds now) {
  static constexpr std::array states{"running", "coming", "over", "spent", "removed"};
  const bool is_top_up = a.kind == allowance_kind::top_up;
  json j{{"id", a.id},
         {"kind", is_top_up ? "top-up" : "subscription"},
         {"state", states.at(static_cast<std::size_t>(logic::state_of(a, now)))},
         {"from", date_text(a.from)},
         {"to", date_text(a.to - days(1))},
         {"bytes", a.bytes},
         {"added", show_time(a.added)}};
  if (is_top_up) {
    j["used"] = a.used;
    j["left"] = a.bytes - std::min(a.bytes, a.used);
  } else {
    j["pairs"] = a.pairs;
  }
  if (a.removed) j["removed"] = show_time(*a.removed);
  return j;
}

json show(const allowances_are& all, std::size_t running_pairs) {
  auto list = json::array();
  for (const auto& a : all.book.all)
    list.push_back(show(a, all.now));
  json j{{"limits", all.limited ? "on" : "off"}, {"allowances", list}};
  if (!all.limited) {
    j["hint"] = "traffic is not limited: no allowance_key is in the configuration";
    return j;
  }
  const auto& s = all.standing;
  j["month"] = show_month(month_of(all.now));
  j["pairs"] = {{"allowed", s.pairs}, {"running", running_pairs}};
  j["monthly"] = {{"bytes", s.monthly}, {"used", s.used}, {"left", s.monthly - std::min(s.monthly, s.used)}};
  j["top_ups"] = {{"left", s.top_up_left}};
  j["state"] = !s.any_subscription ? "none" : s.is_spent() ? "spent" : s.used >= s.monthly ? "on top-ups" : "enough";
  return j;
}

} // namespace exsyncd
