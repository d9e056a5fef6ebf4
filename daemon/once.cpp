#include "daemon/declarations.hpp"
#include "daemon/ending.hpp"
#include "daemon/engine_room.hpp"
#include "daemon/service.hpp"
#include "daemon/show.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <optional>

namespace exsyncd {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// Rounds follow each other while they write and something is left: what one makes can be what the next one needs.
constexpr int most_rounds = 10;
constexpr auto patience = 48h; // a first synchronisation may take a day

class once {
public:
  once(service_options with, host::main_inbox& inbox, host::daemon_log& log)
      : with_(std::move(with)), inbox_(inbox), log_(log) {}
  ending run();

private:
  template <class Answer, class Question>
  std::optional<Answer> wait_for(Question question);
  std::optional<std::vector<pairs_synced::of_pair>> rounds(const std::vector<std::string>& pairs);
  void fail(const std::string& why) {
    log_.write({log_level::error, why, "", "", "", ""});
    failed_ = true;
  }

  service_options with_;
  host::main_inbox& inbox_;
  host::daemon_log& log_;
  std::unique_ptr<engine_room> room_;
  bool failed_ = false; // or interrupted: nothing more is asked
  exit_code code_ = exit_code::failed;
};

/// The supervisor's answer; empty where it cannot answer any more or a signal asks to stop.
template <class Answer, class Question>
std::optional<Answer> once::wait_for(Question question) {
  // The asker may answer after an interruption: what it answers to must outlive this call.
  auto answer = std::make_shared<std::optional<Answer>>();
  room_->ask<Answer>(
      std::move(question), patience,
      [this, answer](Answer& a) { inbox_.post([answer, a = std::move(a)] { *answer = a; }); },
      [this](const std::string& why) { inbox_.post([this, why] { fail("the supervisor gives no answer: " + why); }); });
  while (!*answer && !failed_) {
    const auto event = inbox_.next(1h);
    if (const auto* run = std::get_if<host::task>(&event)) (*run)();
    if (std::holds_alternative<host::stop_asked>(event)) fail("interrupted");
  }
  return *answer;
}

std::optional<std::vector<pairs_synced::of_pair>> once::rounds(const std::vector<std::string>& pairs) {
  std::vector<pairs_synced::of_pair> total;
  auto names = pairs;
  for (int round = 0; round < most_rounds && !names.empty(); ++round) {
    auto synced = wait_for<pairs_synced>(sync_pairs{names});
    if (!synced) return std::nullopt;
    names.clear();
    for (auto& one : synced->pairs) {
      if (one.report.waiting > 0 && one.report.writes > 0) names.push_back(one.pair);
      const auto before = std::find_if(total.begin(), total.end(), [&](auto& t) { return t.pair == one.pair; });
      if (before == total.end()) {
        total.push_back(std::move(one));
        continue;
      }
      one.report.writes += before->report.writes;
      *before = std::move(one);
    }
  }
  return total;
}

ending once::run() {
  const auto begin = std::chrono::steady_clock::now();
  engine_room::options options{with_.settings, false, log_.sink(), [this](const std::string& why) {
                                 inbox_.post([this, why] {
                                   fail(why);
                                   code_ = exit_code::bad_state_directory;
                                 });
                               }};
  declarations book({with_.configuration_file, {with_.credentials, with_.settings.state_directory}});
  std::vector<std::string> left_out;
  options.pairs = [&](const std::vector<declaration>& kept) {
    book.take(kept);
    auto read = book.read();
    const auto* right = std::get_if<added_settings>(&read);
    if (right == nullptr) return with_.settings.pairs; // the file was right a moment ago
    for (const auto* wrong : {&right->wrong_servers, &right->wrong_pairs})
      for (const auto& [name, found] : *wrong)
        for (const auto& p : found)
          left_out.push_back(to_text(p, "declared over the admin socket"));
    return right->all.pairs;
  };
  auto opened = engine_room::open(std::move(options));
  if (const auto* why = std::get_if<storage_failure>(&opened)) {
    fail(why->what);
    return {exit_code::bad_state_directory};
  }
  room_ = std::move(std::get<std::unique_ptr<engine_room>>(opened));

  json report{{"in_step", false}, {"pairs", json::array()}, {"writes", 0}};
  for (const auto& why : left_out) {
    log_.write({log_level::error, why, "", "", "", ""});
    report["errors"].push_back(why);
  }
  std::vector<std::string> started;
  if (const auto all = wait_for<pairs_are>(ask_pairs{}))
    for (const auto& p : all->pairs) {
      if (p.condition != pair_condition::stopped)
        started.push_back(p.settings.name);
      else
        report["stopped"].push_back(p.settings.name);
    }
  if (const auto total = failed_ ? std::nullopt : rounds(started)) {
    bool in_step = left_out.empty();
    std::uint64_t writes = 0;
    for (const auto& pair : *total) {
      const auto shown = show(pair);
      in_step = in_step && shown.at("in_step").get<bool>();
      writes += pair.report.writes;
      report["pairs"].push_back(shown);
    }
    // What nobody looks after was not compared, and is not what "in step" is said of.
    if (const auto after = wait_for<pairs_are>(ask_pairs{}))
      for (const auto& p : after->pairs)
        for (auto& shown : report["pairs"])
          if (auto left = show_left(p); !left.empty() && shown.at("pair") == p.settings.name)
            shown["not_looked_after"] = std::move(left);
    report["in_step"] = in_step;
    report["writes"] = writes;
    code_ = in_step ? exit_code::in_step : exit_code::failed;
  }
  report["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::puts(report.dump(2, ' ', false, json::error_handler_t::replace).c_str());
  std::fflush(stdout);

  return {code_, end_all(std::move(room_), inbox_, log_.sink())};
}

} // namespace

ending run_once(service_options with, host::main_inbox& inbox, host::daemon_log& log) {
  return once(std::move(with), inbox, log).run();
}

} // namespace exsyncd
