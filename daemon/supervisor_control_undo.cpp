#include "config/values.hpp"
#include "daemon/show.hpp"
#include "daemon/supervisor_control.hpp"
#include "daemon/supervisor_control_ask.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

// The methods that put back what was overwritten or deleted.
namespace exsyncd {
namespace {

using admin::error_code;
using admin::reply;
using nlohmann::json;

/// "2026-11-28" or "2026-11-28T16:40:00Z".
std::optional<utc_seconds> read_time(const std::string& text) {
  const auto day = parse_date(text.substr(0, 10));
  const auto* date = std::get_if<std::chrono::sys_days>(&day);
  if (!date) return std::nullopt;
  if (text.size() == 10) return utc_seconds(*date);
  int hour = 0, minute = 0, second = 0, end = 0;
  if (std::sscanf(text.c_str() + 10, "T%2d:%2d:%2dZ%n", &hour, &minute, &second, &end) != 3 ||
      static_cast<std::size_t>(end) + 10 != text.size() || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  return utc_seconds(*date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

std::string did(operation what) {
  switch (what) {
  case operation::remove:
    return "deleted";
  case operation::replace:
    return "replaced";
  case operation::create:
  case operation::update:
  case operation::set_read:
  case operation::move:
    break;
  }
  return "overwritten";
}

json show(const undo_record& r) {
  json j{{"id", r.id.value},
         {"pair", r.pair.value},
         {"folder", r.folder_pair.value},
         {"when", show_time(r.when)},
         {"did", did(r.operation)},
         {"on", show(r.side)},
         {"class", show(r.item_class)},
         {"subject", r.subject},
         {"bytes", r.bytes},
         {"can_be_put_back", why_not_back(r).empty()}};
  if (!r.fields.empty()) j["fields"] = show(r.fields);
  if (!r.lacks.empty()) j["lacks"] = r.lacks;
  if (r.put_back) j["put_back"] = show_time(*r.put_back);
  return j;
}

} // namespace

void supervisor_control::undo_list(const std::optional<std::string>& pair, std::size_t limit, reply to) {
  if (pair && !declared({*pair}, to)) return;
  ask_ledger<undos_loaded>(load_undos{pair_id{pair.value_or("")}, {}}, to, [to, limit](undos_loaded& kept) {
    std::erase_if(kept.records, [](const undo_record& r) { return !r.done; });
    std::stable_sort(kept.records.begin(), kept.records.end(),
                     [](const auto& a, const auto& b) { return a.when > b.when; });
    auto list = json::array();
    for (std::size_t i = 0; i < std::min(limit, kept.records.size()); ++i)
      list.push_back(show(kept.records[i]));
    to.done({{"kept", list}, {"total", kept.records.size()}});
  });
}

void supervisor_control::undo_apply(const admin::undo_request& asked, reply to) {
  if (!known({asked.pair}, to)) return;
  put_back what{undo_id{asked.id.value_or("")}, {}};
  if (asked.id && asked.id->empty())
    return to.failed({error_code::invalid_params, "\"id\" must not be empty", "undo.list shows them", "id"});
  if (asked.since) {
    what.since = read_time(*asked.since);
    if (!what.since)
      return to.failed({error_code::invalid_params, "\"since\" is no time",
                        "write it as 2026-11-28 or 2026-11-28T16:40:00Z (UTC)", "since"});
  }
  ask<were_put_back>(put_back_one{asked.pair, what}, slow, to, [this, asked, to](were_put_back& answer) {
    if (const auto* why = std::get_if<failure>(&answer.outcome))
      return to.failed({error_code::not_possible, why->what, why->hint, "pair"});
    const auto& items = std::get<std::vector<put_back_item>>(answer.outcome);
    if (asked.id && items.empty())
      return to.failed({error_code::not_found, "nothing is kept of \"" + asked.pair + "\" under \"" + *asked.id + '"',
                        "undo.list shows them", "id"});
    auto list = json::array();
    for (const auto& one : items) {
      auto j = show(one.record);
      j["done"] = one.done;
      j["what"] = one.what;
      list.push_back(std::move(j));
    }
    to.done({{"items", list}});
    // As a user's edit, it goes over with the next round.
    with_.room.ask<pairs_synced>(
        sync_pairs{{asked.pair}}, slow, [](pairs_synced&) {}, [](const std::string&) {});
  });
}

} // namespace exsyncd
