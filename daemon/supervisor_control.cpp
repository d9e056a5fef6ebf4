#include "daemon/supervisor_control.hpp"

#include "actors/folder_pairs.hpp"
#include "config/values.hpp"
#include "daemon/server_questions.hpp"
#include "daemon/show.hpp"
#include "daemon/supervisor_control_ask.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unistd.h>

namespace exsyncd {
namespace {

using admin::reply;
using nlohmann::json;

admin::call_error to_error(const failure& why, std::string field) {
  return {admin::error_code::not_possible, why.what, why.hint, std::move(field)};
}

const pair_settings* find(const settings& in, const std::string& name) {
  const auto at = std::find_if(in.pairs.begin(), in.pairs.end(), [&](auto& p) { return p.name == name; });
  return at == in.pairs.end() ? nullptr : &*at;
}

} // namespace

void supervisor_control::use(std::shared_ptr<const added_settings> configuration) {
  const std::lock_guard lock(mutex_);
  with_.configuration = std::move(configuration);
}

std::shared_ptr<const added_settings> supervisor_control::configuration() const {
  const std::lock_guard lock(mutex_);
  return with_.configuration;
}

bool supervisor_control::declared(const std::vector<std::string>& pairs, const reply& to) const {
  const auto now = configuration();
  for (const auto& name : pairs) {
    if (find(now->all, name) != nullptr || now->wrong_pairs.contains(name)) continue;
    std::vector<std::string_view> names;
    for (const auto& p : now->all.pairs)
      names.push_back(p.name);
    const auto meant = nearest(name, names);
    to.failed({admin::error_code::not_found, "there is no pair \"" + name + '"',
               meant.empty() ? "pair.list lists them all" : "did you mean \"" + meant + "\"?", "pair"});
    return false;
  }
  return true;
}

bool supervisor_control::known(const std::vector<std::string>& pairs, const reply& to) const {
  if (!declared(pairs, to)) return false;
  const auto now = configuration();
  for (const auto& name : pairs) {
    const auto wrong = now->wrong_pairs.find(name);
    if (wrong == now->wrong_pairs.end()) continue;
    auto why = to_error(wrong->second, "change it with pair.update, or delete it with pair.delete");
    why.code = admin::error_code::not_possible;
    to.failed(std::move(why));
    return false;
  }
  return true;
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

/// The same of what an administrator does about folder pairs, with what his deed does not mend: the failures that the
/// last round has met there. Empty folder: all of the pair.
template <class Question>
void supervisor_control::change_folders(Question question, const std::string& folder, const reply& to) {
  ask<pair_answers>(std::move(question), slow, to, [this, folder, to](pair_answers& answers) {
    ask<pairs_are>(ask_pairs{}, quick, to, [answers, folder, to](pairs_are& all) {
      auto list = json::array();
      for (const auto& a : answers.pairs) {
        if (a.failed && answers.pairs.size() == 1) return to.failed(to_error(*a.failed, "pair"));
        json one{{"pair", a.pair}, {"done", !a.failed}};
        if (a.failed) one["error"] = show(*a.failed);
        for (const auto& p : all.pairs)
          if (auto stays = a.failed || p.settings.name != a.pair ? json() : show_failures_of(p, folder); !stays.empty())
            one["stays"] = std::move(stays);
        list.push_back(std::move(one));
      }
      to.done({{"pairs", list}});
    });
  });
}

void supervisor_control::daemon_status(reply to) {
  ask<pairs_are>(ask_pairs{}, quick, to, [this, to](pairs_are& all) {
    auto pairs = json::array();
    for (const auto& p : all.pairs)
      pairs.push_back(show(p, false));
    auto shown = std::make_shared<std::vector<std::string>>();
    const auto now = configuration();
    for (const auto& p : all.pairs)
      shown->push_back(p.settings.name);
    for (const auto& [name, found] : now->wrong_pairs)
      shown->push_back(name);
    const json status{{"version", with_.version},
                      {"pid", ::getpid()},
                      {"started", show_time(with_.started)},
                      {"configuration", with_.configuration_file},
                      {"state_directory", now->all.state_directory},
                      {"summary", show_summary(all.pairs)},
                      {"pairs", pairs}};
    ask_ledger<pairs_loaded>(load_pairs{}, to, [to, status, shown](pairs_loaded& known) {
      auto answer = status;
      for (const auto& pair : known.pairs)
        if (std::find(shown->begin(), shown->end(), pair.value) == shown->end())
          answer["kept_pairs"].push_back(pair.value);
      to.done(answer);
    });
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
  // Settings are read where the files lie that they may name.
  with_.run([this, asked, to] {
    const auto now = configuration();
    answer_server_question(
        with_.room, with_.run, now->all, [this](const std::string& json) { return with_.desk.read_server(json); },
        asked, to);
  });
}

void supervisor_control::config_export(reply to) {
  with_.run([this, to] { with_.desk.config_export(to); });
}

void supervisor_control::config_check(reply to) {
  with_.run([this, to] { with_.desk.config_check(to); });
}

void supervisor_control::server_list(reply to) {
  with_.run([this, to] { with_.desk.server_list(to); });
}

void supervisor_control::server_get(const std::vector<std::string>& servers, reply to) {
  with_.run([this, servers, to] { with_.desk.server_get(servers, to); });
}

void supervisor_control::edit(admin::edit_request what, reply to) {
  with_.run([this, what = std::move(what), to] { with_.desk.edit(what, to); });
}

void supervisor_control::pair_list(reply to) {
  ask<pairs_are>(ask_pairs{}, quick, to, [to, now = configuration()](pairs_are& all) {
    auto pairs = json::array();
    for (const auto& p : all.pairs)
      pairs.push_back(show(p, false));
    for (const auto& [name, found] : now->wrong_pairs)
      pairs.push_back(show_wrong(name, found));
    to.done({{"pairs", pairs}});
  });
}

void supervisor_control::pair_get(const std::vector<std::string>& pairs, reply to) {
  if (!declared(pairs, to)) return;
  ask<pairs_are>(ask_pairs{}, quick, to, [this, pairs, to, now = configuration()](pairs_are& all) {
    auto list = json::array();
    for (const auto& name : pairs) {
      const auto at =
          std::find_if(all.pairs.begin(), all.pairs.end(), [&](auto& p) { return p.settings.name == name; });
      const auto wrong = now->wrong_pairs.find(name);
      if (at != all.pairs.end())
        list.push_back(show(*at, true));
      else if (wrong != now->wrong_pairs.end())
        list.push_back(show_wrong(name, wrong->second));
      else
        return to.failed(
            {admin::error_code::not_found, "there is no pair \"" + name + '"', "pair.list lists them all", "pair"});
    }
    // Where it is declared, the desk knows.
    with_.run([this, pairs, to, list]() mutable {
      for (std::size_t i = 0; i < pairs.size(); ++i)
        with_.desk.add_declaration(pairs[i], list[i]);
      add_skipped(
          pairs, std::move(list),
          [to](json shown) {
            if (shown.size() == 1) return to.done(shown[0]);
            to.done({{"pairs", shown}});
          },
          to);
    });
  });
}

void supervisor_control::folder_pair_list(const std::optional<std::string>& pair, reply to) {
  if (pair && !known({*pair}, to)) return;
  ask<pairs_are>(ask_pairs{}, quick, to, [pair, to](pairs_are& all) {
    auto list = json::array(), left = json::array();
    for (const auto& p : all.pairs) {
      if (pair && p.settings.name != *pair) continue;
      for (auto folder : show_folders(p)) {
        folder["pair"] = p.settings.name;
        list.push_back(std::move(folder));
      }
      for (auto folder : show_left(p)) {
        folder["pair"] = p.settings.name;
        left.push_back(std::move(folder));
      }
    }
    json answer{{"folder_pairs", list}};
    if (!left.empty()) answer["not_looked_after"] = left;
    to.done(answer);
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

/// Answers with what a look at a pair has found, and with what nobody looks after, at which it did not look.
void supervisor_control::add_left(const std::string& pair, nlohmann::json found, const reply& to) {
  ask<pairs_are>(ask_pairs{}, quick, to, [pair, found = std::move(found), to](pairs_are& all) mutable {
    for (const auto& p : all.pairs)
      if (auto left = show_left(p); !left.empty() && p.settings.name == pair)
        found["not_looked_after"] = std::move(left);
    to.done(std::move(found));
  });
}

void supervisor_control::pair_plan(const std::string& pair, reply to) {
  if (!known({pair}, to)) return;
  ask<rehearsed>(plan_one{pair}, slow, to, [this, pair, to](rehearsed& answer) {
    if (const auto* why = std::get_if<failure>(&answer.outcome)) return to.failed(to_error(*why, "pair"));
    add_left(pair, show(std::get<exsyncd::pair_plan>(answer.outcome)), to);
  });
}

void supervisor_control::pair_verify(const std::string& pair, bool repair, std::size_t limit, reply to) {
  if (!known({pair}, to)) return;
  ask<verified>(verify_one{pair, {repair, limit}}, slow, to, [this, pair, repair, to](verified& answer) {
    if (const auto* why = std::get_if<failure>(&answer.outcome)) return to.failed(to_error(*why, "pair"));
    const auto& found = std::get<verification>(answer.outcome);
    add_left(pair, show(found, repair), to);
    // What was found is decided anew by a round; a stopped pair does that when it is started.
    if (found.mended > 0)
      with_.room.ask<pairs_synced>(
          sync_pairs{{pair}}, slow, [](pairs_synced&) {}, [](const std::string&) {});
  });
}

void supervisor_control::with_folder(const std::vector<std::string>& pairs, const std::optional<std::string>& folder,
                                     const reply& to, std::function<void()> then) {
  if (!folder) return then();
  ask<pairs_are>(ask_pairs{}, quick, to, [pairs, folder, to, then = std::move(then)](pairs_are& all) {
    for (const auto& p : all.pairs)
      if (std::find(pairs.begin(), pairs.end(), p.settings.name) != pairs.end() &&
          !find_folder_pair(p.folders, folder_pair_id{*folder}))
        return to.failed({admin::error_code::not_found,
                          "pair \"" + p.settings.name + "\" has no folder pair \"" + *folder + '"',
                          "pair.get lists them", "folder"});
    then();
  });
}

void supervisor_control::pair_approve(const std::string& pair, const std::optional<std::string>& folder, reply to) {
  if (!known({pair}, to)) return;
  with_folder({pair}, folder, to, [=, this] {
    change_folders(approve_one{pair, folder.value_or("")}, folder.value_or(""), to);
  });
}

void supervisor_control::pair_restore(const std::string& pair, const std::optional<std::string>& folder, reply to) {
  if (!known({pair}, to)) return;
  with_folder({pair}, folder, to, [=, this] {
    change_folders(restore_one{pair, folder.value_or("")}, folder.value_or(""), to);
  });
}

void supervisor_control::pair_take_over(const std::string& pair, const std::optional<std::string>& folder, reply to) {
  if (!known({pair}, to)) return;
  with_folder({pair}, folder, to, [=, this] { change(take_over_one{pair, folder.value_or("")}, to); });
}

void supervisor_control::pair_resync(const std::vector<std::string>& pairs, const std::optional<std::string>& folder,
                                     reply to) {
  if (!known(pairs, to)) return;
  with_folder(pairs, folder, to, [=, this] {
    change_folders(resync_pairs{pairs, folder.value_or("")}, folder.value_or(""), to);
  });
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
      if (const auto* of = find(now->all, item.pair.value))
        list.push_back(show_trouble(item, *of, bans.in_owa[item.pair.value]));
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
