#include "daemon/why.hpp"

#include "actors/folder_pairs.hpp"
#include "actors/logic/brake.hpp"
#include "actors/logic/decide.hpp"
#include "config/values.hpp"
#include "daemon/show.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <variant>

namespace exsyncd {
namespace {

using nlohmann::json;

std::string name_of(side s) {
  return s == side::primary ? "primary" : "replica";
}

item_class class_of(const twin& item) {
  for (const auto s : both_sides)
    if (item.seen[s]) return item.seen[s]->item_class;
  return item_class::message;
}

/// Where the arbiter looks for it: an item that was never agreed belongs where it was seen.
const folder_pair_id& home_of(const twin& item) {
  if (!item.base)
    for (const auto s : both_sides)
      if (item.seen[s] && !item.seen[other(s)]) return item.seen[s]->folder;
  return item.folder_pair;
}

/// What a round decides that has just listed everything.
logic::verdict verdict_of(const twin& item, const folder_pair_settings& in, const both<settable>& can,
                          utc_seconds now) {
  logic::surroundings around;
  around.policy = in.policy;
  around.listed = true;
  constexpr auto all = std::numeric_limits<sequence>::max();
  around.listed_after = around.new_after = {all, all};
  for (const auto s : both_sides) {
    around.settable[s] = settable_on(can[s], class_of(item));
    around.settable_on_draft[s] = can[s].on_draft;
  }
  around.now = now;
  return logic::decide(item, around);
}

std::string verb(operation what) {
  switch (what) {
  case operation::create:
    return "creating it on the ";
  case operation::update:
    return "changing it on the ";
  case operation::set_read:
    return "setting its read state on the ";
  case operation::move:
    return "moving it on the ";
  case operation::remove:
    return "deleting it on the ";
  case operation::replace:
    return "replacing it on the ";
  }
  return {};
}

/// What the administrator can do where he wants what the settings leave alone.
std::string what_lets_it_come(const std::string& skipped) {
  if (skipped == "before the start date") return " (an earlier start_date lets it come)";
  if (skipped == "a meeting") return " (\"meetings\": \"appointment\" lets it come)";
  if (skipped == "only on the target of a one-way pair") return " (\"direction\": \"bidirectional\" lets it come)";
  return {};
}

struct sentence {
  std::string operator()(const logic::wait&) const { return "it waits for the next round"; }
  std::string operator()(const logic::agree& a) const {
    return a.skipped ? "it is left alone: " + *a.skipped + what_lets_it_come(*a.skipped)
                     : "nothing is to be done; the next round notes that";
  }
  std::string operator()(const logic::forget& f) const {
    return "it is not on the " + name_of(f.where) + " any more; the next round notes that";
  }
  std::string operator()(const logic::bury&) const { return "it is gone on both sides"; }
  std::string operator()(const logic::look&) const { return "the next round reads its contents, and then decides"; }
  std::string operator()(const logic::resolve&) const { return "a write is under way"; }
  std::string operator()(const logic::create_on& c) const {
    return "the next round creates it on the " + name_of(c.target);
  }
  std::string operator()(const logic::update_on& u) const {
    return "the next round changes it on the " + name_of(u.target);
  }
  std::string operator()(const logic::replace_on& r) const {
    return "the next round replaces it on the " + name_of(r.target);
  }
  std::string operator()(const logic::set_read_on& r) const {
    return "the next round sets its read state on the " + name_of(r.target);
  }
  std::string operator()(const logic::move_on& m) const {
    return "the next round moves it on the " + name_of(m.target) + " to folder pair \"" + m.to.value + '"';
  }
  std::string operator()(const logic::remove_on& r) const {
    return "it was deleted on the " + name_of(other(r.target)) + "; the next round deletes it on the " +
           name_of(r.target);
  }
  std::string operator()(const logic::report_unchangeable& r) const {
    return "it was edited in a way that cannot be written on the " + name_of(r.target) + "; the next round reports it";
  }
};

std::string explain(const twin& item, const known_pair* of, utc_seconds now) {
  if (item.buried) return "it is gone on both sides since " + show_time(*item.buried);
  if (of == nullptr) return "its pair is not configured any more: nothing is done about it";
  const auto& home = home_of(item);
  const auto* folder = find_folder_pair(of->pair.folders, home);
  if (folder == nullptr)
    return "folder pair \"" + home.value +
           "\" is not looked after: no entry has its folders, so nothing is done about it";
  if (!folder->on) return "folder pair \"" + home.value + "\" is off: nothing is done about it (folder_pair.on)";
  for (const auto& [name, held] : of->pair.held)
    if (name == home)
      return "folder pair \"" + home.value + "\" is frozen since " + show_time(held.since) + ": " + held.reason +
             (held.reason.find(logic::another_mailbox) == std::string::npos
                  ? " (pair.plan shows what would be done, pair.approve does it, pair.restore puts back what is "
                    "missing)"
                  : " (pair.restore creates there what is missing; nothing is deleted)");
  for (const auto& [name, why] : of->pair.status.failures)
    if (name == home)
      return "nothing of folder pair \"" + home.value + "\" is carried over: " + why.what +
             (why.hint.empty() ? "" : " — " + why.hint);
  if (item.intent)
    return verb(item.intent->operation) + name_of(item.intent->target) + " is under way since " +
           show_time(item.intent->begun) + "; what became of it is not known yet";
  const auto verdict = verdict_of(item, *folder, of->can.what, now);
  if (const auto* w = std::get_if<logic::wait>(&verdict.what); w != nullptr && item.trouble) {
    const auto& t = *item.trouble;
    const auto why = " (" + t.code + ") " + t.what + (t.hint.empty() ? "" : " — " + t.hint);
    if (w->why == logic::wait::reason::banned)
      return "it is banned since " + show_time(t.since) + ", after " + std::to_string(t.tries) +
             (t.tries == 1 ? " try:" : " tries:") + why;
    if (w->why == logic::wait::reason::rest)
      return "it failed " + std::to_string(t.tries) + (t.tries == 1 ? " time" : " times") + " and is tried again at " +
             show_time(t.next) + ":" + why;
  }
  if (item.base && !is_unsettled(item)) return "both sides are the same as far as exsyncd knows";
  if (item.base && !has_work(item)) return "both sides are the same; a list has yet to show what was written";
  // What can be written is known of a mailbox only while it is open.
  if (item.base && !of->can.running)
    return "its pair does not run: what has changed is carried over once it is started";
  return std::visit(sentence{}, verdict.what);
}

bool is_in_step(const twin& item) {
  const auto there = [&](side s) { return item.seen[s] && item.seen[s]->presence == presence::present; };
  return item.base && !is_unsettled(item) && !item.trouble && there(side::primary) && there(side::replica);
}

/// Whether somebody looks after the folder pair that it is in.
bool is_compared(const twin& item, const known_pair* of) {
  return of != nullptr && find_folder_pair(of->pair.folders, home_of(item)) != nullptr;
}

json show_side(const observation& o) {
  json j{{"id", o.item.value},
         {"folder", o.folder.value},
         {"draft", o.draft},
         {"size_mb", static_cast<double>(o.size) / 1e6}};
  switch (o.presence) {
  case presence::present:
    j["presence"] = "present";
    break;
  case presence::left:
    j["presence"] = "left";
    break;
  case presence::absent:
    j["presence"] = "absent";
    break;
  }
  if (o.read) j["read"] = *o.read;
  if (o.received) j["received"] = show_time(*o.received);
  if (o.sent) j["sent"] = show_time(*o.sent);
  return j;
}

std::string bare(const std::string& message_id) {
  return message_id.starts_with('<') && message_id.ends_with('>') ? message_id.substr(1, message_id.size() - 2)
                                                                  : message_id;
}

} // namespace

bool is_meant(const twin& item, const std::string& wanted) {
  if (item.id.value == wanted) return true;
  for (const auto s : both_sides) {
    if (!item.seen[s]) continue;
    const auto& o = *item.seen[s];
    if (o.item.value == wanted) return true;
    if (!o.message_id.empty() && bare(o.message_id.value) == bare(wanted)) return true;
    if (lower_case(o.subject).find(lower_case(wanted)) != std::string::npos) return true;
  }
  return false;
}

std::optional<std::string> why_skipped(const twin& item, const std::vector<folder_pair_settings>& folders,
                                       utc_seconds now) {
  if (item.base || item.buried || item.trouble || is_unsettled(item)) return std::nullopt;
  const auto* folder = find_folder_pair(folders, home_of(item));
  if (folder == nullptr) return std::nullopt;
  const auto verdict = verdict_of(item, *folder, {}, now);
  const auto* a = std::get_if<logic::agree>(&verdict.what);
  return a == nullptr ? std::nullopt : a->skipped;
}

json show_unread(const std::vector<pair_overview>& pairs, const std::optional<std::string>& pair) {
  auto list = json::array();
  for (const auto& p : pairs) {
    if (pair && p.settings.name != *pair) continue;
    for (auto each : show(p.status.failures)) {
      each["pair"] = p.settings.name;
      list.push_back(std::move(each));
    }
  }
  return list;
}

json show_item(const twin& item, const known_pair* of, utc_seconds now) {
  json j{{"id", item.id.value},           {"pair", item.pair.value},
         {"folder", home_of(item).value}, {"in_step", is_in_step(item) && is_compared(item, of)},
         {"why", explain(item, of, now)}, {"times_synced", item.times_synced}};
  for (const auto s : both_sides) {
    if (!item.seen[s]) continue;
    j[name_of(s)] = show_side(*item.seen[s]);
    if (!j.contains("subject")) j["subject"] = item.seen[s]->subject;
    if (!j.contains("message_id") && !item.seen[s]->message_id.empty())
      j["message_id"] = item.seen[s]->message_id.value;
    if (!j.contains("class")) j["class"] = show(item.seen[s]->item_class);
  }
  if (item.trouble && of != nullptr) j["trouble"] = show_trouble(item, of->pair.settings);
  return j;
}

} // namespace exsyncd
