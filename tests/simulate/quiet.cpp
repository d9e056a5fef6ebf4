// How the world becomes quiet, and what must hold about the daemon then.
#include "tests/simulate/stage.hpp"

#include "storage/store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace simulate {

using namespace exsyncd;

namespace {

constexpr int hours_to_become_quiet = 30;
constexpr std::uint64_t most_lines_alone = 2000;

/// What a polled world may ask in all: polls that bring nothing, and what is left to be done.
std::uint64_t most_requests_alone(std::int64_t milliseconds, int poll, std::size_t folders) {
  return 4000 + static_cast<std::uint64_t>(milliseconds / 1000 / poll) * (12 + 10 * folders);
}

std::string described(const pair_overview& p) {
  std::string text = p.settings.name + ": waiting " + std::to_string(p.status.waiting) + ", failed " +
                     std::to_string(p.status.failed) + ", held " + std::to_string(p.status.held.size()) + ", rounds " +
                     std::to_string(p.status.rounds);
  for (const auto& [name, why] : p.status.failures)
    text += ", " + name.value + " " + why.code + " " + why.what;
  return text;
}

} // namespace

std::vector<pair_overview> stage::overview() {
  auto told = ask<pairs_are>(ask_pairs{});
  return told ? told->pairs : std::vector<pair_overview>();
}

bool stage::rests() {
  auto pairs = overview();
  // A look may fall into the middle of a round.
  const auto syncs = [](const pair_overview& p) { return p.status.syncing; };
  for (int seconds = 0; seconds < 120 && std::any_of(pairs.begin(), pairs.end(), syncs); ++seconds) {
    run_until(now() + 1000);
    pairs = overview();
  }
  return !pairs.empty() && std::all_of(pairs.begin(), pairs.end(), [](const pair_overview& p) {
    // What the brake holds waits for an administrator, who comes when all else has come to rest.
    const bool waits = p.status.waiting > 0 && p.status.held.empty();
    // Of a folder that only one side's users have deleted somebody else decides.
    const bool fails = std::any_of(p.status.failures.begin(), p.status.failures.end(),
                                   [](const auto& f) { return f.second.code != "half_deleted"; });
    return p.condition == pair_condition::started && !p.status.syncing && !waits && p.status.failed == 0 && !fails &&
           p.status.rounds > 1;
  });
}

void stage::become_quiet() {
  run_until(now() + 1000);
  const auto requests = result_.counts.requests, lines = result_.counts.log_lines;
  std::vector<std::string> names;
  int poll = 60, shortest = 3600;
  std::size_t folders = 0;
  for (const auto& p : pairs_) {
    names.push_back(p.name);
    shortest = std::min(shortest, p.poll_seconds);
    folders += p.folders.size();
    poll = std::max(poll, p.poll_seconds);
  }
  while (!fatal_ && !process_)
    run_until(now() + 1000); // after a crash it takes a while until it is started again
  ask<pair_answers>(start_pairs{names});
  const auto began = now();
  const auto end = now() + std::int64_t{hours_to_become_quiet} * 3'600'000;
  int quiet = 0, lifted = 0;
  while (!fatal_ && quiet < 2) {
    if (now() > end) {
      std::string how;
      for (const auto& p : overview())
        how += described(p) + "; ";
      return wrong("not quiet", "left alone for " + std::to_string(hours_to_become_quiet) + " hours: " + how, true);
    }
    if (const auto most = most_requests_alone(now() - began, shortest, folders);
        result_.counts.requests - requests > most)
      return wrong("without end", "more than " + std::to_string(most) + " requests when left alone", true);
    if (result_.counts.log_lines - lines > most_lines_alone)
      return wrong("without end", "more than " + std::to_string(most_lines_alone) + " log lines when left alone", true);
    const auto before = writes_;
    run_until(now() + poll * 1000);
    if (fatal_) return;
    quiet = writes_ == before && rests() ? quiet + 1 : 0;
    if (quiet == 2 && lifted < 3) {
      // What rests is tried again now that nothing is in its way, and what the brake holds goes on.
      auto held = overview();
      const bool frozen = std::any_of(held.begin(), held.end(), [](const auto& p) { return !p.status.held.empty(); });
      const auto bans = ask<bans_are>(ask_bans{});
      if (!frozen && (!bans || bans->items.empty())) break;
      if (lifted == 0) judge_what_rests();
      ++lifted;
      quiet = 0;
      for (const auto& name : names) {
        if (frozen) watcher_.recorder().administrator(world_time(), model::act::approved, name);
        if (frozen) ask<pair_answers>(approve_one{name, ""});
        ask<bans_lifted>(lift_bans{name, {}});
      }
      ask<pairs_synced>(sync_pairs{names});
    }
  }
}

void stage::last_full_run() {
  say([] { return "== one more full run"; });
  const auto writes = writes_, lists = lists_;
  std::size_t folders = 0;
  std::vector<std::string> names;
  for (const auto& p : pairs_) {
    names.push_back(p.name);
    folders += 2 * p.folders.size();
  }
  const auto synced = ask<pairs_synced>(sync_pairs{names});
  if (fatal_) return;
  if (!synced) return wrong("not quiet", "one more full run does not end within half an hour", true);
  if (writes_ != writes)
    wrong("writes when quiet", "one more full run made " + std::to_string(writes_ - writes) + " writes");
  if (lists_ - lists > 4 * folders + 8)
    wrong("lists when quiet", "one more full run listed " + std::to_string(lists_ - lists) + " times");
}

void stage::check_store() {
  memory_engine copy(disk_.synced());
  store records(copy, [] { return std::string("none"); });
  if (const auto failed = records.open()) return wrong("store", failed->what);
  std::map<std::string, std::string> owner; // item id → twin, for each pair and side
  for (const auto& t : records.browse("")) {
    const auto name = t.id.value + " (" +
                      (t.seen.primary   ? t.seen.primary->subject
                       : t.seen.replica ? t.seen.replica->subject
                                        : "") +
                      ")";
    if (t.intent) wrong("open intent", "the write that twin " + name + " began was never ended");
    if (t.buried) continue;
    for (const side s : both_sides) {
      if (!t.seen[s] || t.seen[s]->presence != presence::present) continue;
      const auto id = id_at_server(t.seen[s]->item);
      if (!watcher_.is_there(id)) wrong("stale record", "twin " + name + " is said to be there, and is not");
      if (!owner.emplace(t.pair.value + (s == side::primary ? "/primary/" : "/replica/") + id, name).second)
        wrong("two records", "two twins hold one item: " + name);
    }
  }
  for (const auto& pair : records.pairs())
    for (const auto& f : records.folder_sides(pair))
      if (f.cursor.empty() && f.phase == listing_phase::following) wrong("cursor", f.path + " has none");
  if (const auto failed = records.failure()) wrong("store", failed->what);
}

} // namespace simulate
