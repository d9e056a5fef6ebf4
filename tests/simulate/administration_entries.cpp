// What administrators do to the entries of `folders` in a pair's settings.
#include "tests/simulate/stage.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace simulate {

using nlohmann::json;

bool stage::changes_entries(const std::string& act) {
  return act == "rename entry" || act == "take entry out" || act == "put entry back" || act == "remap entry" ||
         act == "map entry back" || act == "give subfolder an entry" || act == "end entry of subfolder";
}

void stage::settings_became(const std::string& pair) {
  watcher_.recorder().administrator(world_time(), model::act::settings_changed, pair,
                                    std::make_shared<const model::settings>(model_settings()));
}

folder_plan* stage::entry(pair_plan& of, const std::string& first_name) {
  const auto known = entry_names_.find({of.name, first_name});
  const auto& name = known == entry_names_.end() ? first_name : known->second;
  const auto found =
      std::find_if(of.folders.begin(), of.folders.end(), [&](const folder_plan& one) { return one.name == name; });
  return found == of.folders.end() ? nullptr : &*found;
}

bool stage::is_out(const pair_plan& of, const folder_plan& f) const {
  return std::any_of(entries_out_.begin(), entries_out_.end(), [&](const entry_of_pair& one) {
    const auto known = entry_names_.find(one);
    return one.first == of.name && f.name == (known == entry_names_.end() ? one.second : known->second);
  });
}

void stage::put_entry_back(const std::string& pair, const std::string& first_name) {
  entries_out_.erase({pair, first_name});
  watcher_.recorder().administrator(world_time(), model::act::entry_away, pair);
}

void stage::map_back(const std::string& pair, const std::string& first_name) {
  const auto was = remapped_.find({pair, first_name});
  if (was == remapped_.end()) return;
  for (auto& p : pairs_)
    if (auto* f = p.name == pair ? entry(p, first_name) : nullptr; f != nullptr) {
      f->primary = was->second.primary;
      f->replica = was->second.replica;
    }
  remapped_.erase(was);
  settings_became(pair);
}

std::string stage::change_entries(const json& act) {
  const std::string what = act.at("do"), name = act.at("pair");
  const auto found = std::find_if(pairs_.begin(), pairs_.end(), [&](const pair_plan& one) { return one.name == name; });
  if (found == pairs_.end()) return "no such pair";
  auto& p = *found;
  if (what == "end entry of subfolder") {
    if (std::erase_if(p.folders, [&](const folder_plan& one) { return one.name == act.at("name"); }) == 0)
      return "it has none";
    settings_became(name);
    settings_changed();
    return {};
  }
  const std::string first_name = act.at("entry");
  const std::pair of{name, first_name};
  auto* f = entry(p, first_name);
  if (f == nullptr) return "no such entry";
  if (what == "take entry out") {
    const auto out =
        std::count_if(entries_out_.begin(), entries_out_.end(), [&](const auto& one) { return one.first == name; });
    if (p.folders.size() < static_cast<std::size_t>(out) + 2) return "there is no other";
    if (!entries_out_.insert(of).second) return "it is out already";
    watcher_.recorder().administrator(world_time(), model::act::entry_away, name);
  } else if (what == "put entry back") {
    if (!entries_out_.contains(of)) return "it is there";
    put_entry_back(name, first_name);
  } else if (what == "give subfolder an entry") {
    auto own = *f;
    own.name = act.at("name");
    for (auto* path : {&own.primary, &own.replica})
      *path += "/" + act.at("folder").get<std::string>();
    of_subfolders_.insert({name, own.name});
    p.folders.push_back(std::move(own));
    settings_became(name);
  } else if (what == "remap entry") {
    if (!remapped_.emplace(of, *f).second) return "it is so already";
    (act.at("side") == "primary" ? f->primary : f->replica) = act.at("to");
    settings_became(name);
  } else if (what == "map entry back") {
    if (!remapped_.contains(of)) return "it is so already";
    map_back(name, first_name);
  }
  if (act.contains("name") && (what == "rename entry" || what == "put entry back")) {
    f->name = act.at("name");
    entry_names_[of] = f->name;
    settings_became(name);
  }
  settings_changed();
  return {};
}

bool stage::entries_as_planned() {
  if (entries_out_.empty() && remapped_.empty()) return false;
  for (const auto& [pair, name] : std::set(entries_out_))
    put_entry_back(pair, name);
  for (const auto& [of, was] : std::map(remapped_))
    map_back(of.first, of.second);
  return true;
}

bool stage::end_entries_of_nothing() {
  const auto is_there = [this](const std::string& address, const std::string& folder) {
    return !control(
                {{"do", "contents"}, {"server", server_of(address)}, {"mailbox", box_of(address)}, {"folder", folder}})
                .contains("error");
  };
  bool some = false;
  for (auto& p : pairs_) {
    const auto ended = std::erase_if(p.folders, [&](const folder_plan& one) {
      return of_subfolders_.contains({p.name, one.name}) &&
             !(is_there(p.primary, one.primary) && is_there(p.replica, one.replica));
    });
    if (ended == 0) continue;
    some = true;
    say([&] { return "an entry of a subfolder that is not there is ended"; });
    settings_became(p.name);
  }
  return some;
}

} // namespace simulate
