#include "tests/simulate/draw.hpp"
#include "tests/simulate/shrink.hpp"
#include "tests/simulate/workers.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace {

using namespace simulate;
using nlohmann::json;

struct wishes {
  std::uint64_t seeds = 100, first = 1;
  int processes = 2, most_shrink_runs = 250, shrunk_of_a_kind = 1;
  std::string report, stories;
  std::vector<std::string> schedules, seed_list;
  bool trace = false, schemas = false, no_coverage = false, twice = false, stop_at_first = false;
  std::size_t most = 0;
  std::vector<std::string> with;
};

std::string content_of(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot be read: " + file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string file_name(std::string kind) {
  for (auto& c : kind)
    if (c == ' ' || c == '/') c = '_';
  return kind;
}

/// Runs a schedule; what fails is shortened, once in a while, and written down.
outcome_of_run examine(const wishes& wanted, const std::string& name, std::uint64_t seed, const schedule& drawn) {
  auto came = run(drawn);
  if (wanted.twice) {
    const auto again = run(came.done);
    if (again.fingerprint != came.fingerprint)
      came.violations.push_back({"not the same", "the schedule as it was resolved does something else"});
  }
  if (came.violations.empty() || wanted.stories.empty()) return came;
  static std::map<std::string, int> told; // of this process
  const auto kind = came.violations.front().kind;
  if (++told[kind] > wanted.shrunk_of_a_kind) return came;
  auto shortest = shrink(came.done, kind, wanted.most_shrink_runs);
  std::filesystem::create_directories(wanted.stories);
  const auto path = std::filesystem::path(wanted.stories) / (file_name(kind) + "-" + name);
  std::ofstream(path.string() + ".txt") << story_of(seed, shortest.outcome);
  std::ofstream(path.string() + ".json") << to_text(shortest.outcome.done);
  return came;
}

json report_of(const sum_of_runs& sum, double seconds) {
  const auto& c = sum.counts;
  json failed = json::array();
  for (const auto& f : sum.failed)
    for (const auto& v : f.violations)
      failed.push_back({{"seed", f.name}, {"kind", v.kind}, {"what", v.what}});
  return {{"seeds", sum.runs},
          {"violations", sum.failed.size()},
          {"user_actions", c.user_actions},
          {"admin_actions", c.admin_actions},
          {"faults", c.faults},
          {"crashes", c.crashes},
          {"requests", c.requests},
          {"virtual_hours", static_cast<double>(c.virtual_milliseconds) / 3'600'000},
          {"seconds", seconds},
          {"memory",
           {{"peak_bytes", sum.peak_memory},
            {"peak_in", sum.hungriest},
            {"mean_peak_bytes_of_a_world", sum.runs == 0 ? 0 : sum.memory_of_worlds / sum.runs}}},
          {"coverage", c.coverage},
          {"failed", failed}};
}

int play_one(const wishes& wanted, std::uint64_t seed, const schedule& one) {
  const auto came = run(one, true);
  std::cout << story_of(seed, came);
  std::printf("fingerprint %016llx\n", static_cast<unsigned long long>(came.fingerprint));
  static_cast<void>(wanted);
  return came.violations.empty() ? 0 : 1;
}

std::vector<std::string> schedule_files(const std::vector<std::string>& named) {
  std::vector<std::string> files;
  for (const auto& name : named)
    if (std::filesystem::is_directory(name)) {
      for (const auto& entry : std::filesystem::directory_iterator(name))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    } else {
      files.push_back(name);
    }
  std::sort(files.begin(), files.end());
  return files;
}

int go(const wishes& wanted) {
  const auto files = schedule_files(wanted.schedules);
  std::vector<std::uint64_t> seeds;
  for (const auto& s : wanted.seed_list) {
    std::istringstream lines(content_of(s));
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  }
  if (wanted.seed_list.empty() && files.empty())
    for (auto s = wanted.first; s < wanted.first + wanted.seeds; ++s)
      seeds.push_back(s);
  if (wanted.most > 0 && seeds.size() > wanted.most) seeds.resize(wanted.most);
  auto more = more_that_holds();
  for (const auto& name : wanted.with) {
    const auto all = all_there_is_more();
    if (name == "all")
      more = all;
    else if (name == "none")
      more.clear();
    else if (all.contains(name))
      more[name] = 100;
    else
      throw std::runtime_error("worlds know nothing of this name: " + name);
  }
  const auto drawn = [&](std::uint64_t seed) {
    auto s = draw(seed, more);
    s.world.schemas = wanted.schemas;
    return s;
  };
  if (wanted.trace)
    return files.empty() ? play_one(wanted, seeds.front(), drawn(seeds.front()))
                         : play_one(wanted, 0, schedule_from_text(content_of(files.front())));
  const auto began = std::chrono::steady_clock::now();
  const auto sum = run_all(
      seeds.size() + files.size(), wanted.processes,
      [&](std::size_t n) -> job {
        if (n < seeds.size()) {
          const auto seed = seeds[n];
          const auto name = std::to_string(seed);
          return {name, [&, seed, name] { return examine(wanted, name, seed, drawn(seed)); }};
        }
        const auto file = files[n - seeds.size()];
        const auto name = std::filesystem::path(file).stem().string();
        return {name, [&, file, name] { return examine(wanted, name, 0, schedule_from_text(content_of(file))); }};
      },
      [&](const failed_run& f) {
        for (const auto& v : f.violations)
          std::printf("%s: %s: %s\n", f.name.c_str(), v.kind.c_str(), v.what.c_str());
        std::fflush(stdout);
        return !wanted.stop_at_first;
      });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const auto report = report_of(sum, took.count());
  if (!wanted.report.empty()) {
    std::filesystem::create_directories(std::filesystem::path(wanted.report).parent_path());
    std::ofstream(wanted.report) << report.dump(1) << "\n";
  }
  std::uint64_t faults = 0;
  for (const auto& [name, n] : sum.counts.faults)
    faults += n;
  const auto& c = sum.counts;
  const auto mean = [&](std::uint64_t n) {
    return static_cast<double>(n) / static_cast<double>(std::max<std::uint64_t>(sum.runs, 1));
  };
  std::printf("%llu runs in %.1f s: %zu with violations; on average %.1f user actions, %.1f of administrators, %.1f "
              "faults, %.1f crashes, %.0f requests\n",
              static_cast<unsigned long long>(sum.runs), took.count(), sum.failed.size(), mean(c.user_actions),
              mean(c.admin_actions), mean(faults), mean(c.crashes), mean(c.requests));
  int missing = 0;
  if (!wanted.no_coverage && seeds.size() >= 2000) {
    for (const auto& name : expected_coverage())
      if (!c.coverage.contains(name)) std::printf("never came up: %s\n", name.c_str()), ++missing;
    for (const auto& name : expected_faults())
      if (!c.faults.contains(name)) std::printf("never came up: fault %s\n", name.c_str()), ++missing;
  }
  return sum.failed.empty() && missing == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  wishes wanted;
  CLI::App app("Random worlds around the real daemon, in one process and virtual time");
  app.add_option("--seeds", wanted.seeds, "how many");
  app.add_option("--first", wanted.first, "the first of them");
  app.add_option("--seeds-of", wanted.seed_list, "files with a seed a line");
  app.add_option("--schedule", wanted.schedules, "files or directories of schedules to run again");
  app.add_option("--processes", wanted.processes);
  app.add_option("--report", wanted.report, "JSON");
  app.add_option("--stories", wanted.stories, "where shortened schedules of what fails go");
  app.add_option("--shrink-runs", wanted.most_shrink_runs, "how often a schedule is tried while it is shortened");
  app.add_option("--of-a-kind", wanted.shrunk_of_a_kind, "how many stories of one kind each process writes");
  app.add_flag("--trace", wanted.trace, "one seed or schedule, with all that happens");
  app.add_flag("--schemas", wanted.schemas, "checks every request against Microsoft's schemas");
  app.add_flag("--no-coverage", wanted.no_coverage, "many seeds need not have met everything");
  app.add_flag("--stop-at-first", wanted.stop_at_first, "one that fails is enough");
  app.add_option("--most", wanted.most, "no more seeds than this");
  std::string names = "what worlds hold besides: none, all (in some of them), or by name (in each)";
  for (const auto& [name, percent] : all_there_is_more())
    names += ", " + name;
  app.add_option("--with", wanted.with, names);
  app.add_flag("--twice", wanted.twice, "runs each again as it was resolved, which must be the same");
  CLI11_PARSE(app, argc, argv);
  try {
    return go(wanted);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
