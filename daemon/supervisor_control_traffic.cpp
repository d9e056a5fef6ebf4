#include "daemon/codes/code.hpp"
#include "daemon/supervisor_control.hpp"
#include "daemon/supervisor_control_ask.hpp"
#include "daemon/traffic_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

// The methods about traffic and allowances.
namespace exsyncd {
namespace {

using admin::error_code;
using admin::reply;
using nlohmann::json;

allowance allowance_of(const codes::grant& g) {
  return {g.id,    g.kind == codes::grant::kind::top_up ? allowance_kind::top_up : allowance_kind::subscription,
          g.from,  g.to + std::chrono::days(1),
          g.pairs, g.bytes,
          0,       {},
          {}};
}

} // namespace

void supervisor_control::with_counts(const reply& to, std::function<void()> then) {
  ask_meter<stored>(write_traffic{}, to, [then = std::move(then)](stored&) { then(); });
}

void supervisor_control::traffic(const admin::traffic_question& asked, reply to) {
  if (asked.pair && !declared({*asked.pair}, to)) return;
  using kind = enum admin::traffic_question::kind;
  const auto today = now();
  if (asked.kind == kind::top) {
    const auto month = asked.month ? read_month(*asked.month) : month_of(today);
    if (!month)
      return to.failed(
          {error_code::invalid_params, '"' + *asked.month + "\" is no month", "write it like 2026-11", "month"});
    with_counts(to, [=, this] {
      ask_ledger<costly_loaded>(
          load_costly{*month, pair_id{asked.pair.value_or("")}, asked.limit}, to, [=, this](costly_loaded& found) {
            to.done({{"items", show_costly(found.items, configuration()->all.pairs)}, {"month", show_month(*month)}});
          });
    });
    return;
  }
  const bool by_day = asked.kind == kind::daily;
  with_counts(to, [=, this] {
    load_traffic wanted;
    if (by_day)
      wanted.first = day_of(today) - std::chrono::days(6);
    else
      wanted.by = load_traffic::by::month;
    ask_ledger<traffic_loaded>(wanted, to, [=](traffic_loaded& found) {
      to.done(by_day ? show_days(found.periods, asked.pair, today) : show_months(found.periods, asked.pair, today));
    });
  });
}

void supervisor_control::allowance(const admin::allowance_request& asked, reply to) {
  using deed = enum admin::allowance_request::deed;
  if (asked.how == deed::list)
    return ask_meter<allowances_are>(ask_allowances{}, to, [this, to](allowances_are& all) {
      ask<pairs_are>(ask_pairs{}, quick, to, [to, all](pairs_are& pairs) {
        const auto running = std::count_if(pairs.pairs.begin(), pairs.pairs.end(), [](auto& p) {
          return p.condition != pair_condition::stopped && p.condition != pair_condition::paused;
        });
        to.done(show(all, static_cast<std::size_t>(running)));
      });
    });

  const auto answer = [to](const char* field, const char* done) {
    return [to, field, done](allowance_changed& changed) {
      if (!changed.failed) return to.done({{done, show(changed.what, now())}});
      to.failed({error_code::not_possible, changed.failed->what, changed.failed->hint, field});
    };
  };
  if (asked.how == deed::remove)
    return ask_meter<allowance_changed>(remove_allowance{asked.what}, to, answer("id", "removed"));

  const auto key = configuration()->all.allowance_key;
  if (key.empty())
    return to.failed({error_code::not_possible, "traffic is not limited: no code is needed",
                      "limits are switched on by \"allowance_key\" in the configuration file", "code"});
  const auto read = codes::read(asked.what, key);
  if (const auto* no = std::get_if<codes::refusal>(&read))
    return to.failed({error_code::invalid_params, no->what, no->hint, "code"});
  ask_meter<allowance_changed>(add_allowance{allowance_of(std::get<codes::grant>(read))}, to, answer("code", "added"));
}

} // namespace exsyncd
