#include "daemon/supervisor_control.hpp"

#include "config/values.hpp"
#include "daemon/server_questions.hpp"
#include "daemon/show.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unistd.h>

namespace exsyncd {
namespace {

using admin::reply;
using nlohmann::json;

constexpr std::chrono::seconds quick{60};
// What waits for mailboxes: a first synchronisation may take a day.
constexpr std::chrono::seconds slow = std::chrono::hours(48);

admin::call_error to_error(const failure& why, std::string field) {
  return {admin::error_code::not_possible, why.what, why.hint, std::move(field)};
}

const pair_settings* find(const settings& in, const std::string& name) {
  const auto at = std::find_if(in.pairs.begin(), in.pairs.end(), [&](auto& p) { return p.name == name; });
  return at == in.pairs.end() ? nullptr : &*at;
}

} // namespace

void supervisor_control::use(std::shared_ptr<const settings> configuration) {
  const std::lock_guard lock(mutex_);
  with_.configuration = std::move(configuration);
}

std::shared_ptr<const settings> supervisor_control::configuration() const {
  const std::lock_guard lock(mutex_);
  return with_.configuration;
}

bool supervisor_control::known(const std::vector<std::string>& pairs, const reply& to) const {
  const auto now = configuration();
  for (const auto& name : pairs) {
    if (find(*now, name) != nullptr) continue;
    std::vector<std::string_view> names;
    for (const auto& p : now->pairs)
      names.push_back(p.name);
    const auto meant = nearest(name, names);
    to.failed({admin::error_code::not_found, "there is no pair \"" + name + '"',
               meant.empty() ? "pair.list lists them all" : "did you mean \"" + meant + "\"?", "pair"});
    return false;
  }
  return true;
}

template <class Answer, class Question>
void supervisor_control::ask(Question question, std::chrono::seconds patience, const reply& to,
                             std::function<void(Answer&)> answered) {
  with_.room.ask<Answer>(std::move(question), patience, std::move(answered), [to](const std::string& why) {
    to.failed({admin::error_code::internal, "the daemon gave no answer: " + why, "look into the log", ""});
  });
}

/// Requests that answer for each pair whether it was done. One that fails alone is an error of the call.
template <class Question>
void supervisor_control::change(Question question, const reply& to) {
  ask<pair_answers>(std::move(question), slow, to, [to](pair_answers& answers) {
    auto list = json::array();
    for (const auto& a : answers.pairs) {
      if (a.failed && answers.pairs.size() == 1) return to.failed(to_error(*a.failed, "pair"));
      list.push_back(a.failed ? json{{"pair", a.pair}, {"done", false}, {"error", show(*a.failed)}}
                              : json{{"pair", a.pair}, {"done", true}});
    }
    to.done({{"pairs", list}});
  });
}

void supervisor_control::daemon_status(reply to) {
  ask<pairs_are>(ask_pairs{}, quick, to, [this, to](pairs_are& all) {
    auto pairs = json::array();
    for (const auto& p : all.pairs)
      pairs.push_back(show(p, false));
    const auto now = configuration();
    to.done({{"version", with_.version},
             {"pid", ::getpid()},
             {"started", show_time(with_.started)},
             {"configuration", with_.configuration_file},
             {"state_directory", now->state_directory},
             {"summary", show_summary(all.pairs)},
             {"pairs", pairs}});
  });
}

void supervisor_control::daemon_reload(reply to) {
  with_.reload([to](const std::vector<std::string>& problems) {
    if (problems.empty()) return to.done({{"reloaded", true}});
    std::string all;
    for (const auto& p : problems)
      all += (all.empty() ? "" : "\n") + p;
    to.failed({admin::error_code::not_possible, all, "the daemon goes on with the old configuration", ""});
  });
}

void supervisor_control::ask_server(const admin::server_question& asked, reply to) {
  const auto no_reader = [](const std::string&) -> std::variant<server_settings, admin::call_error> {
    return admin::call_error{admin::error_code::invalid_params, "declare the server first", "", "settings"};
  };
  answer_server_question(with_.room, configuration()->servers, no_reader, asked, to);
}

void supervisor_control::pair_list(reply to) {
  ask<pairs_are>(ask_pairs{}, quick, to, [to](pairs_are& all) {
    auto pairs = json::array();
    for (const auto& p : all.pairs)
      pairs.push_back(show(p, false));
    to.done({{"pairs", pairs}});
  });
}

void supervisor_control::pair_get(const std::string& pair, reply to) {
  if (!known({pair}, to)) return;
  ask<pairs_are>(ask_pairs{}, quick, to, [pair, to](pairs_are& all) {
    for (const auto& p : all.pairs)
      if (p.settings.name == pair) return to.done(show(p, true));
    to.failed({admin::error_code::not_found, "there is no pair \"" + pair + '"', "pair.list lists them all", "pair"});
  });
}

void supervisor_control::pair_start(const std::vector<std::string>& pairs, reply to) {
  if (known(pairs, to)) change(start_pairs{pairs}, to);
}

void supervisor_control::pair_stop(const std::vector<std::string>& pairs, reply to) {
  if (known(pairs, to)) change(stop_pairs{pairs}, to);
}

void supervisor_control::pair_sync_now(const std::vector<std::string>& pairs, reply to) {
  if (!known(pairs, to)) return;
  ask<pairs_synced>(sync_pairs{pairs}, slow, to, [to](pairs_synced& rounds) {
    auto list = json::array();
    for (const auto& r : rounds.pairs) {
      if (r.failed && rounds.pairs.size() == 1) return to.failed(to_error(*r.failed, "pair"));
      list.push_back(show(r));
    }
    to.done({{"pairs", list}});
  });
}

void supervisor_control::pair_plan(const std::string& pair, reply to) {
  if (!known({pair}, to)) return;
  ask<planned>(plan_one{pair}, slow, to, [to](planned& answer) {
    if (const auto* why = std::get_if<failure>(&answer.outcome)) return to.failed(to_error(*why, "pair"));
    to.done(show(std::get<exsyncd::pair_plan>(answer.outcome)));
  });
}

void supervisor_control::pair_approve(const std::string& pair, const std::optional<std::string>& folder, reply to) {
  if (!known({pair}, to)) return;
  const auto now = configuration();
  const auto& folders = find(*now, pair)->folders;
  if (folder && std::none_of(folders.begin(), folders.end(), [&](auto& f) { return f.name == *folder; }))
    return to.failed({admin::error_code::not_found, "pair \"" + pair + "\" has no folder pair \"" + *folder + '"',
                      "pair.get lists them", "folder"});
  change(approve_one{pair, folder.value_or("")}, to);
}

void supervisor_control::conflict_list(const std::optional<std::string>& pair, std::size_t limit, reply to) {
  if (pair && !known({*pair}, to)) return;
  ask<conflicts_loaded>(ask_conflicts{pair.value_or(""), limit}, quick, to, [to](conflicts_loaded& loaded) {
    auto list = json::array();
    for (const auto& c : loaded.conflicts)
      list.push_back(show(c));
    to.done({{"conflicts", list}});
  });
}

void supervisor_control::ban_list(const std::optional<std::string>& pair, std::size_t limit, reply to) {
  if (pair && !known({*pair}, to)) return;
  ask<bans_are>(ask_bans{pair.value_or("")}, quick, to, [limit, to, now = configuration()](bans_are& bans) {
    auto list = json::array();
    for (const auto& item : bans.items) {
      if (list.size() == limit) break;
      if (const auto* of = find(*now, item.pair.value)) list.push_back(show_trouble(item, *of));
    }
    to.done({{"bans", list}, {"total", bans.items.size()}});
  });
}

void supervisor_control::ban_delete(const std::string& pair, const std::optional<std::string>& id, reply to) {
  if (!known({pair}, to)) return;
  // To the supervisor an empty id means all of them.
  if (id && id->empty())
    return to.failed({admin::error_code::invalid_params, "\"id\" must not be empty", "ban.list lists them", "id"});
  ask<bans_lifted>(lift_bans{pair, twin_id(id.value_or(""))}, quick, to, [pair, id, to](bans_lifted& lifted) {
    if (id && lifted.count == 0)
      return to.failed({admin::error_code::not_found, "pair \"" + pair + "\" has no banned item \"" + *id + '"',
                        "ban.list lists them", "id"});
    to.done({{"lifted", lifted.count}});
  });
}

} // namespace exsyncd
