#include "daemon/item_search.hpp"
#include "daemon/metrics.hpp"
#include "daemon/show.hpp"
#include "daemon/supervisor_control.hpp"
#include "daemon/supervisor_control_ask.hpp"
#include "daemon/why.hpp"

#include "actors/logic/decide.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>

// The methods about items, the log and what can be watched.
namespace exsyncd {
namespace {

using admin::error_code;
using admin::reply;
using nlohmann::json;

log_level level_of(const std::string& name) {
  constexpr std::array names{"debug", "info", "warning", "error"};
  const auto at = std::find(names.begin(), names.end(), name);
  return static_cast<log_level>(at - names.begin());
}

} // namespace

void supervisor_control::log_show(const std::optional<std::string>& pair, const std::string& level, std::size_t limit,
                                  reply to) {
  auto list = json::array();
  for (const auto& line : with_.lines.last(pair.value_or(""), level_of(level), limit))
    list.push_back(show(line));
  to.done({{"lines", list}});
}

void supervisor_control::events_follow(const std::optional<std::string>& pair, const std::string& level, reply to) {
  if (pair && !declared({*pair}, to)) return;
  with_.events.follow({pair.value_or(""), level_of(level), to});
  with_.run(with_.look);
}

void supervisor_control::metrics(reply to) {
  ask<pairs_are>(ask_pairs{}, quick, to,
                 [this, to](pairs_are& all) { to.done(show_metrics(with_.version, with_.started, all.pairs)); });
}

void supervisor_control::ban_add(const std::string& pair, const std::string& id, reply to) {
  if (!known({pair}, to)) return;
  ask_ledger<twins_loaded>(load_twins{{twin_id{id}}}, to, [=, this](twins_loaded& found) {
    if (found.twins.empty() || found.twins[0].pair.value != pair || found.twins[0].buried)
      return to.failed({error_code::not_found, "pair \"" + pair + "\" knows no item \"" + id + '"',
                        "item.why finds an item's id by its subject", "id"});
    const auto& item = found.twins[0];
    trouble why;
    why.code = banned_by_administrator;
    why.what = "an administrator wants it to be left alone";
    why.hint = "ban.delete lifts that";
    why.banned = true;
    why.since = now();
    for (const auto s : both_sides)
      why.at[s] = logic::trouble_key(item.seen[s]);
    ask_ledger<stored>(note_troubles{{{item.id, why}}}, to, [to](stored&) { to.done({{"banned", true}}); });
  });
}

void supervisor_control::item_why(const std::optional<std::string>& pair, const std::string& item, std::size_t limit,
                                  reply to) {
  if (pair && !declared({*pair}, to)) return;
  if (item.empty())
    return to.failed(
        {error_code::invalid_params, "\"item\" must not be empty", "a part of the subject will do", "item"});
  const auto found = std::make_shared<std::vector<twin>>();
  const auto take = [found, pair, limit](const twin& t) {
    if (!pair || t.pair.value == *pair) found->push_back(t);
    return found->size() <= limit;
  };
  ask_ledger<twins_loaded>(load_twins{{twin_id{item}}}, to, [=, this](twins_loaded& loaded) {
    if (!loaded.twins.empty()) {
      take(loaded.twins[0]);
      return show_found(*found, false, pair, to);
    }
    item_search::start(
        with_.room, [take, item](const twin& t) { return !is_meant(t, item) || take(t); },
        [=, this](const std::string& failed) {
          if (!failed.empty()) return to.failed(no_answer(failed));
          const bool more = found->size() > limit;
          if (more) found->pop_back();
          show_found(*found, more, pair, to);
        });
  });
}

void supervisor_control::show_found(const std::vector<twin>& found, bool more, const std::optional<std::string>& pair,
                                    const reply& to) {
  std::vector<std::string> pairs;
  for (const auto& t : found)
    if (std::find(pairs.begin(), pairs.end(), t.pair.value) == pairs.end()) pairs.push_back(t.pair.value);
  const auto known = std::make_shared<std::map<std::string, known_pair>>();
  const auto unread = std::make_shared<json>();
  const auto answer = [=] {
    auto list = json::array();
    for (const auto& t : found) {
      const auto at = known->find(t.pair.value);
      list.push_back(show_item(t, at == known->end() ? nullptr : &at->second, now()));
    }
    json told{{"items", list}, {"more", more}};
    if (list.empty() && !unread->empty()) told["unread"] = *unread;
    to.done(std::move(told));
  };
  ask<pairs_are>(ask_pairs{}, quick, to, [=, this](pairs_are& all) {
    *unread = show_unread(all.pairs, pair);
    for (const auto& p : all.pairs)
      if (std::find(pairs.begin(), pairs.end(), p.settings.name) != pairs.end())
        known->emplace(p.settings.name, known_pair{p, {}});
    // What each of the mailboxes can set, one pair after the other; then the answer.
    const auto step = std::make_shared<std::function<void(std::size_t)>>();
    // It holds itself until it has ended.
    *step = [=, this, weak = std::weak_ptr(step)](std::size_t i) {
      if (i == pairs.size()) return answer();
      ask<capabilities_are>(ask_capabilities{pairs[i]}, quick, to, [=, next = weak.lock()](capabilities_are& can) {
        if (const auto at = known->find(pairs[i]); at != known->end()) at->second.can = can;
        (*next)(i + 1);
      });
    };
    (*step)(0);
  });
}

void supervisor_control::add_skipped(std::vector<std::string> pairs, json list, std::function<void(json)> then,
                                     const reply& to) {
  const auto shown = std::make_shared<json>(std::move(list));
  const bool any = std::any_of(shown->begin(), shown->end(),
                               [](auto& p) { return p.contains("items") && p.at("items").value("skipped", 0) > 0; });
  if (!any) return then(std::move(*shown));
  ask<pairs_are>(ask_pairs{}, quick, to, [=, this](pairs_are& all) {
    const auto known = std::make_shared<const pairs_are>(std::move(all));
    item_search::start(
        with_.room,
        [=, at = now()](const twin& t) {
          const auto place = std::find(pairs.begin(), pairs.end(), t.pair.value);
          const auto of = std::find_if(known->pairs.begin(), known->pairs.end(),
                                       [&](auto& p) { return p.settings.name == t.pair.value; });
          if (place == pairs.end() || of == known->pairs.end()) return true;
          const auto why = why_skipped(t, of->folders, at);
          if (!why) return true;
          const auto& seen = t.seen.primary ? t.seen.primary : t.seen.replica;
          auto& count =
              (*shown)[static_cast<std::size_t>(place - pairs.begin())]["skipped"][show(seen->item_class)][*why];
          count = count.is_null() ? 1 : count.get<std::uint64_t>() + 1;
          return true;
        },
        [=](const std::string& failed) {
          if (!failed.empty()) return to.failed(no_answer(failed));
          then(std::move(*shown));
        });
  });
}

} // namespace exsyncd
