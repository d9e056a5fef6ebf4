// What the daemon says when all is quiet, and what the model of users says to it.
#include "tests/simulate/stage.hpp"

#include <algorithm>

namespace simulate {

using namespace exsyncd;

namespace {

/// The days that plans may name as a start date.
std::optional<model::instant> day_from(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return model::instant(std::chrono::sys_days(std::chrono::days(20454)));
}

model::meant_item meant(const twin& t) {
  model::meant_item item;
  for (const side s : both_sides)
    if (t.seen[s]) item.ids.push_back(id_at_server(t.seen[s]->item));
  return item;
}

} // namespace

model::settings stage::model_settings() const {
  model::settings all;
  for (const auto& p : pairs_) {
    model::pair_settings made;
    made.name = p.name;
    made.primary = model::mailbox_name(server_of(p.primary), box_of(p.primary));
    made.replica = model::mailbox_name(server_of(p.replica), box_of(p.replica));
    // A mail without a Message-ID gets one from the server that takes its MIME.
    made.not_compared.push_back("/message_id");
    for (const auto& s : plan_.world.servers)
      for (const auto& address : {p.primary, p.replica})
        if (s.name == server_of(address) && s.version == "Exchange2007_SP1")
          made.sizes_untold.push_back(model::mailbox_name(s.name, box_of(address)));
    for (const auto& f : p.folders) {
      model::folder_pair folder;
      folder.name = f.name;
      folder.primary = f.primary;
      folder.replica = f.replica;
      folder.direction = p.direction == "bidirectional"        ? model::direction::two_way
                         : p.direction == "primary_to_replica" ? model::direction::primary_to_replica
                                                               : model::direction::replica_to_primary;
      folder.drift = p.drift == "leave" ? model::drift::leave : model::drift::revert;
      folder.unchangeable = p.unchangeable == "replace" ? model::unchangeable::replace : model::unchangeable::report;
      folder.meetings = p.meetings == "appointment" ? model::meetings::appointment
                        : p.meetings == "copy"      ? model::meetings::copy
                                                    : model::meetings::skip;
      folder.start_date = day_from(p.start_date);
      folder.include_subfolders = f.subfolders;
      made.folders.push_back(std::move(folder));
    }
    all.pairs.push_back(std::move(made));
  }
  return all;
}

model::statement stage::said() {
  model::statement s;
  for (const auto& p : pairs_) {
    const auto conflicts = ask<conflicts_loaded>(ask_conflicts{p.name, 10'000});
    if (!conflicts) continue;
    for (const auto& c : conflicts->conflicts) {
      model::said_conflict one;
      one.pair = c.pair.value;
      if (const auto at = disk_.ids_of_losers().find(c.twin); at != disk_.ids_of_losers().end())
        one.item.ids.assign(at->second.begin(), at->second.end());
      s.conflicts.push_back(std::move(one));
    }
  }
  if (const auto bans = ask<bans_are>(ask_bans{}))
    for (const auto& t : bans->items)
      s.bans.push_back({t.pair.value, meant(t), t.trouble ? t.trouble->code : ""});
  for (const auto& p : overview()) {
    if (p.condition == pair_condition::stopped) s.stopped.insert(p.settings.name);
    for (const auto& [name, why] : p.status.held)
      s.frozen.emplace(p.settings.name, name.value);
    for (const auto& [name, why] : p.status.failures)
      s.unreachable.emplace(p.settings.name, name.value);
  }
  return s;
}

void stage::judge_what_rests() {
  const auto& seen = watcher_.recorder();
  for (auto& v : model::judge_bans(model_settings(), seen.so_far(), seen.contents_now(), said(), excuses_))
    wrong(model::name_of(v.broken), v.label + ": " + v.text);
}

void stage::judge() {
  if (watcher_.mailed_by_daemon() > 0)
    wrong("mailed", std::to_string(watcher_.mailed_by_daemon()) + " mails would have gone out");
  check_store();
  const auto settings = model_settings();
  const auto statement = said();
  auto& seen = watcher_.recorder();
  for (auto& v : model::judge(settings, seen.so_far(), seen.contents_now(), statement, excuses_)) {
    wrong(model::name_of(v.broken), (v.label.empty() ? "" : v.label + ": ") + v.text);
    if (!with_trace_ || v.label.empty()) continue;
    result_.trace.push_back("   story of " + v.label + ":");
    result_.trace.push_back(model::story(seen.so_far(), v.label));
  }
}

} // namespace simulate
