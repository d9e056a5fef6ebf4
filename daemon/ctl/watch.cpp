#include "daemon/ctl/session.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <map>
#include <string>
#include <unistd.h>

namespace exsyncd::ctl {
namespace {

using nlohmann::json;

volatile std::sig_atomic_t interrupted = 0;

void interrupt(int) {
  interrupted = 1;
}

/// SIGINT and SIGTERM end the loop, not the program, so that the terminal is left as it was.
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = interrupt; // without SA_RESTART: poll returns
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string event_text(const style& look, const json& e) {
  const auto kind = e.value("event", "");
  if (kind == "log") return log_text(look, e, plain(e.value("time", "")));
  if (kind == "pair_gone") return plain(e.value("time", "")) + " " + plain(e.value("name", "")) + " is no longer there";
  if (kind != "pair") return plain(e.dump(-1, ' ', false, json::error_handler_t::replace));
  const auto& p = e.at("pair");
  const auto items = p.value("items", json::object());
  return plain(e.value("time", "")) + " " + plain(p.value("name", "")) + " " +
         plain(p.value("standing", p.value("status", ""))) + " " + std::to_string(items.value("in_step", 0)) + " of " +
         std::to_string(items.value("known", 0)) + " items in step, " + std::to_string(items.value("waiting", 0)) +
         " waiting, " + std::to_string(items.value("banned", 0)) + " banned";
}

/// All pairs and the last lines of the log, as one picture.
class picture {
public:
  void take(const json& e) {
    const auto kind = e.value("event", "");
    if (kind == "pair") pairs_[e.at("pair").value("name", "")] = e.at("pair");
    if (kind == "pair_gone") pairs_.erase(e.value("name", ""));
    if (kind == "log") log_.push_back(e);
    if (log_.size() > most_lines) log_.pop_front();
  }
  std::string text(const session& with) const {
    auto list = json::array();
    for (const auto& [name, pair] : pairs_)
      list.push_back(pair);
    auto text = paint(with.look, colour::bold, "exsyncd") + "  " + with.socket + "  (Ctrl-C ends)\n\n";
    text += list.empty() ? std::string("no pairs\n") : shown(with, "pair.list", {{"pairs", list}});
    text += "\n";
    for (const auto& line : log_) {
      auto one = log_text({false, 0}, line, local_time(line.value("time", ""), with.now()));
      if (with.look.width > 0 && width_of(one) > with.look.width) one = fitted(one, with.look.width);
      text += paint(with.look, colour_of_level(line.value("level", "")), one) + "\n";
    }
    return text;
  }

private:
  static constexpr std::size_t most_lines = 12;
  std::map<std::string, json> pairs_;
  std::deque<json> log_;
};

outcome start(const session& with, connection& to, const json& params) {
  const auto answer = to.call("events.follow", params);
  if (const auto* no = std::get_if<refusal>(&answer)) {
    tell(with, *no);
    return outcome::refused;
  }
  catch_interrupts();
  return outcome::done;
}

} // namespace

outcome follow(const session& with, const json& params) {
  connection to(with.socket);
  if (const auto started = start(with, to, params); started != outcome::done) return started;
  while (interrupted == 0) {
    constexpr int look_up = 500; // ms
    const auto e = to.next_event(look_up);
    if (e.is_null()) continue;
    print((with.json ? e.dump(-1, ' ', false, json::error_handler_t::replace) : event_text(with.look, e)) + "\n");
  }
  return outcome::done;
}

outcome watch(const session& with) {
  // In a pipe there is no picture to change.
  if (with.json || ::isatty(STDOUT_FILENO) == 0) return follow(with, json::object());
  connection to(with.socket);
  if (const auto started = start(with, to, json::object()); started != outcome::done) return started;
  constexpr auto alternate_screen = "\x1b[?1049h\x1b[?25l", usual_screen = "\x1b[?25h\x1b[?1049l",
                 home = "\x1b[H\x1b[J";
  print(alternate_screen);
  picture now;
  bool is_changed = true;
  auto drawn = std::chrono::steady_clock::now();
  try {
    while (interrupted == 0) {
      constexpr int calm = 100;                                // ms without news, then it is drawn
      constexpr auto longest = std::chrono::milliseconds(300); // so that it moves also where news never end
      const auto e = to.next_event(calm);
      if (!e.is_null()) {
        now.take(e);
        is_changed = true;
        if (std::chrono::steady_clock::now() - drawn < longest) continue;
      }
      if (!is_changed) continue;
      drawn = std::chrono::steady_clock::now();
      auto current = with;
      current.look = style_of_output(); // the window may have been resized
      print(home + now.text(current));
      is_changed = false;
    }
  } catch (...) {
    print(usual_screen);
    throw;
  }
  print(usual_screen);
  return outcome::done;
}

} // namespace exsyncd::ctl
