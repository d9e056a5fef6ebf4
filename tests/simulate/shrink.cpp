#include "tests/simulate/shrink.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

namespace simulate {

namespace {

class shrinker {
public:
  shrinker(schedule from, std::string kind, int most)
      : best_(std::move(from)), kind_(std::move(kind)), left_(most), most_(most) {}

  shrunk go() {
    // First contents come first in time and go last: what users do to them would be void.
    leave_out_events();
    simplify_world();
    leave_out_events();
    return {best_, run(best_, true), most_ - left_};
  }

private:
  bool still_fails(const schedule& candidate) {
    if (left_ <= 0) return false;
    --left_;
    const auto came = run(candidate);
    if (std::none_of(came.violations.begin(), came.violations.end(), [&](const auto& v) { return v.kind == kind_; }))
      return false;
    best_ = candidate;
    return true;
  }

  void leave_out_events() {
    for (std::size_t chunk = std::max<std::size_t>(best_.events.size() / 2, 1);; chunk /= 2) {
      for (std::size_t end = best_.events.size(); end > 0 && left_ > 0;) {
        const auto from = end > chunk ? end - chunk : 0;
        auto candidate = best_;
        candidate.events.erase(candidate.events.begin() + static_cast<std::ptrdiff_t>(from),
                               candidate.events.begin() + static_cast<std::ptrdiff_t>(end));
        still_fails(candidate);
        end = from;
      }
      if (chunk <= 1) return;
    }
  }

  void attempt(const std::function<void(schedule&)>& change) {
    auto candidate = best_;
    change(candidate);
    if (!(candidate == best_)) still_fails(candidate);
  }

  void simplify_world() {
    for (std::size_t p = 0; best_.world.pairs.size() > 1 && p < best_.world.pairs.size(); ++p)
      attempt([&](schedule& s) { s.world.pairs.erase(s.world.pairs.begin() + static_cast<std::ptrdiff_t>(p)); });
    for (std::size_t p = 0; p < best_.world.pairs.size(); ++p) {
      for (auto f = best_.world.pairs[p].folders.size(); f-- > 0;)
        if (best_.world.pairs[p].folders.size() > 1)
          attempt([&](schedule& s) {
            auto& all = s.world.pairs[p].folders;
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(f));
          });
      attempt([&](schedule& s) { s.world.pairs[p].start_date.clear(); });
      attempt([&](schedule& s) { s.world.pairs[p].direction = "bidirectional"; });
      attempt([&](schedule& s) { s.world.pairs[p].meetings = "appointment"; });
      attempt([&](schedule& s) { s.world.pairs[p].unchangeable = "replace"; });
    }
    for (std::size_t n = 0; n < best_.world.servers.size(); ++n) {
      attempt([&](schedule& s) { s.world.servers[n].sync_page = 512; });
      attempt([&](schedule& s) { s.world.servers[n].access = "impersonation"; });
      attempt([&](schedule& s) { s.world.servers[n].version = "ExchangeSE"; });
    }
    attempt([&](schedule& s) {
      const auto last = s.events.empty() ? 0 : s.events.back().at / 60'000;
      s.world.active_minutes = std::min<int>(s.world.active_minutes, static_cast<int>(last) + 2);
    });
    for (std::size_t n = 0; n < best_.events.size(); ++n)
      if (best_.events[n].when != moment::at_once && best_.events[n].act.at("do") != "crash")
        attempt([&](schedule& s) {
          s.events[n].when = moment::at_once;
          s.events[n].nth = 1;
        });
  }

  schedule best_;
  std::string kind_;
  int left_, most_;
};

std::string line_of(const event& e) {
  auto act = e.act;
  const std::string what = act.at("do");
  act.erase("do");
  std::string when = e.at < 0 ? "before the start" : "at " + std::to_string(e.at / 1000) + " s";
  if (e.when != moment::at_once) when += ", " + std::string(name_of(e.when)) + " " + std::to_string(e.nth);
  return "  " + when + ": " + (e.who.empty() ? "" : e.who + ": ") + what + (act.empty() ? "" : " " + act.dump()) + "\n";
}

} // namespace

shrunk shrink(const schedule& failing, const std::string& kind, int most_runs) {
  return shrinker(failing, kind, most_runs).go();
}

std::string story_of(std::uint64_t seed, const outcome_of_run& told) {
  std::string text = "seed " + std::to_string(seed) + "\n\nWhat is wrong\n";
  for (const auto& v : told.violations)
    text += "  " + v.kind + ": " + v.what + "\n";
  text += "\nThe world\n";
  for (const auto& s : told.done.world.servers)
    text += "  server " + s.name + ": " + s.version + ", reached by " + s.access + ", pages of " +
            std::to_string(s.sync_page) + "\n";
  for (const auto& p : told.done.world.pairs) {
    text += "  pair " + p.name + ": " + p.primary + " and " + p.replica + ", " + p.direction +
            (p.direction == "bidirectional" ? "" : ", drift " + p.drift) + ", unchangeable " + p.unchangeable +
            ", meetings " + p.meetings + (p.start_date.empty() ? "" : ", from " + p.start_date) + ", polled every " +
            std::to_string(p.poll_seconds) + " s\n";
    for (const auto& f : p.folders)
      text += "    folder pair " + f.name + " (" + f.kind + "): " + f.primary + " and " + f.replica +
              (f.subfolders ? " with subfolders" : "") + "\n";
  }
  text += "\nWhat is done\n";
  for (const auto& e : told.done.events)
    text += line_of(e);
  if (!told.trace.empty()) text += "\nWhat happens\n";
  for (const auto& line : told.trace)
    text += line + "\n";
  return text + "\nThe schedule, to be run again\n" + to_text(told.done);
}

} // namespace simulate
