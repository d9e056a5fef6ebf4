#include "tests/simulate/workers.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

namespace simulate {

namespace {

using nlohmann::json;

/// Of one run, its shortening included: a minute of CPU is a hundred times what it needs.
constexpr int most_cpu_seconds = 300;

/// The most that this process has held in memory, since the last call.
std::uint64_t peak_bytes_until_now() {
  std::ifstream status("/proc/self/status");
  std::uint64_t kilobytes = 0;
  for (std::string word; status >> word;)
    if (word == "VmHWM:") status >> kilobytes;
  std::ofstream("/proc/self/clear_refs") << 5;
  return kilobytes * 1024;
}

json to_json(const std::string& name, const outcome_of_run& o) {
  json violations = json::array();
  for (const auto& v : o.violations)
    violations.push_back({v.kind, v.what});
  const auto& c = o.counts;
  return {{"name", name},
          {"violations", violations},
          {"counts", {c.user_actions, c.admin_actions, c.crashes, c.requests, c.log_lines}},
          {"virtual", c.virtual_milliseconds},
          {"memory", peak_bytes_until_now()},
          {"faults", c.faults},
          {"coverage", c.coverage}};
}

void add(std::map<std::string, std::uint64_t>& to, const json& from) {
  for (const auto& [name, n] : from.items())
    to[name] += n.get<std::uint64_t>();
}

struct child {
  pid_t pid = -1;
  int from = -1;
  std::string read;
  std::size_t first = 0;   // does first, first + step, …
  std::size_t current = 0; // what it does now
};

[[noreturn]] void work(int to, std::size_t first, std::size_t count, std::size_t step,
                       const std::function<job(std::size_t)>& make) {
  for (auto n = first; n < count; n += step) {
    const itimerval limit{{0, 0}, {most_cpu_seconds, 0}};
    ::setitimer(ITIMER_PROF, &limit, nullptr);
    std::string line;
    try {
      auto one = make(n);
      line = to_json(one.name, one.run()).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    } catch (const std::exception& e) {
      line = json{{"thrown", e.what()}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    }
    for (std::size_t at = 0; at < line.size();) {
      const auto wrote = ::write(to, line.data() + at, line.size() - at);
      if (wrote < 0 && errno != EINTR) ::_exit(1);
      if (wrote > 0) at += static_cast<std::size_t>(wrote);
    }
  }
  ::_exit(0);
}

} // namespace

sum_of_runs run_all(std::size_t count, int processes, const std::function<job(std::size_t)>& make,
                    const std::function<bool(const failed_run&)>& tell) {
  const auto step = static_cast<std::size_t>(processes);
  sum_of_runs sum;
  std::vector<child> children(step);
  const auto launch = [&](child& c, std::size_t first) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    std::fflush(nullptr);
    c = {::fork(), ends[0], {}, first, first};
    if (c.pid < 0) throw std::runtime_error("no process");
    if (c.pid == 0) {
      ::close(ends[0]);
      work(ends[1], first, count, step, make);
    }
    ::close(ends[1]);
  };
  for (std::size_t i = 0; i < step && i < count; ++i)
    launch(children[i], i);
  bool enough = false;
  const auto failed = [&](failed_run f) {
    sum.failed.push_back(std::move(f));
    if (tell(sum.failed.back()) || enough) return;
    enough = true;
    for (const auto& c : children)
      if (c.pid > 0) ::kill(c.pid, SIGKILL);
  };
  const auto take = [&](child& c, const std::string& line) {
    const auto told = json::parse(line);
    ++sum.runs;
    if (told.contains("thrown")) {
      failed({make(c.current).name, {{"exception", told.at("thrown")}}});
    } else {
      auto& t = sum.counts;
      const auto& n = told.at("counts");
      t.user_actions += n[0].get<std::uint64_t>();
      t.admin_actions += n[1].get<std::uint64_t>();
      t.crashes += n[2].get<std::uint64_t>();
      t.requests += n[3].get<std::uint64_t>();
      t.log_lines += n[4].get<std::uint64_t>();
      const auto bytes = told.at("memory").get<std::uint64_t>();
      sum.memory_of_worlds += bytes;
      if (bytes > sum.peak_memory) {
        sum.peak_memory = bytes;
        sum.hungriest = told.at("name");
      }
      t.virtual_milliseconds += told.at("virtual").get<std::int64_t>();
      add(t.faults, told.at("faults"));
      add(t.coverage, told.at("coverage"));
      if (!told.at("violations").empty()) {
        failed_run f{told.at("name"), {}};
        for (const auto& v : told.at("violations"))
          f.violations.push_back({v[0], v[1]});
        failed(std::move(f));
      }
    }
    c.current += step;
  };
  while (std::any_of(children.begin(), children.end(), [](const child& c) { return c.pid > 0; })) {
    std::vector<pollfd> waiting;
    for (const auto& c : children)
      waiting.push_back({c.pid > 0 ? c.from : -1, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < children.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      auto& c = children[i];
      std::array<char, 65536> buffer{};
      const auto got = ::read(c.from, buffer.data(), buffer.size());
      if (got > 0) {
        c.read.append(buffer.data(), static_cast<std::size_t>(got));
        for (std::size_t end; !enough && (end = c.read.find('\n')) != c.read.npos; c.read.erase(0, end + 1))
          take(c, c.read.substr(0, end));
        continue;
      }
      int status = 0;
      ::waitpid(c.pid, &status, 0);
      ::close(c.from);
      const auto next = c.current;
      c.pid = -1;
      if (next >= count || enough) continue;
      ++sum.runs;
      failed({make(next).name,
              {{"process died", WIFSIGNALED(status) ? std::string("by signal ") + ::strsignal(WTERMSIG(status))
                                                    : "with code " + std::to_string(WEXITSTATUS(status))}}});
      if (next + step < count) launch(c, next + step);
    }
  }
  return sum;
}

} // namespace simulate
