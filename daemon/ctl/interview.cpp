#include "daemon/ctl/interview.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <set>
#include <termios.h>
#include <unistd.h>

namespace exsyncd::ctl {
namespace {

/// A terminal does not show what is typed for as long as this lives.
class silence {
public:
  silence() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_quiet_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  ~silence() {
    if (is_quiet_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  silence(const silence&) = delete;
  silence& operator=(const silence&) = delete;

private:
  termios before_{};
  bool is_quiet_ = false;
};

volatile std::sig_atomic_t was_interrupted = 0;

void interrupt(int) {
  was_interrupted = 1;
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

} // namespace

std::optional<std::vector<std::size_t>> numbers_in(const std::string& text, std::size_t options) {
  std::set<std::size_t> chosen;
  const auto* at = text.data();
  const auto* const end = at + text.size();
  const auto skip = [&] {
    while (at != end && (*at == ' ' || *at == ','))
      ++at;
  };
  const auto number = [&](std::size_t& into) {
    const auto read = std::from_chars(at, end, into);
    at = read.ptr;
    return read.ec == std::errc() && into >= 1 && into <= options;
  };
  for (skip(); at != end; skip()) {
    std::size_t first = 0, last = 0;
    if (!number(first)) return std::nullopt;
    last = first;
    if (at != end && *at == '-' && (++at, !number(last) || last < first)) return std::nullopt;
    if (at != end && *at != ' ' && *at != ',') return std::nullopt;
    for (auto i = first; i <= last; ++i)
      chosen.insert(i - 1);
  }
  return std::vector<std::size_t>(chosen.begin(), chosen.end());
}

interview::interview(const style& look) : look_(look) {
  was_interrupted = 0;
  struct sigaction action {};
  action.sa_handler = interrupt; // without SA_RESTART: the read that waits for an answer fails
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
}

void interview::heed_interrupt() const {
  if (was_interrupted != 0) throw quit{};
}

std::string interview::read_line() const {
  heed_interrupt();
  std::string line;
  if (!std::getline(std::cin, line)) throw quit{};
  return line;
}

void interview::heading(const std::string& text) const {
  print("\n" + paint(look_, colour::bold, text) + "\n");
}

void interview::say(const std::string& text) const {
  print(text + "\n");
}

std::string interview::ask(const std::string& question, const std::string& usual, bool may_be_empty) const {
  for (;;) {
    print(question + (usual.empty() ? "" : " [" + usual + "]") + ": ");
    const auto answer = trimmed(read_line());
    if (answer == "quit") throw quit{};
    if (!answer.empty()) return answer;
    if (!usual.empty() || may_be_empty) return usual;
  }
}

std::string interview::ask_secret(const std::string& question) const {
  for (;;) {
    std::string answer;
    {
      const silence while_typing; // before the question: going silent drops what is typed already
      print(question + ": ");
      answer = read_line();
    }
    if (::isatty(STDIN_FILENO) != 0) print("\n");
    if (answer.ends_with('\r')) answer.pop_back();
    if (!answer.empty()) return answer;
  }
}

std::size_t interview::choose(const std::string& question, const std::vector<std::string>& options,
                              std::size_t usual) const {
  for (std::size_t i = 0; i < options.size(); ++i)
    print("  " + std::to_string(i + 1) + ") " + options[i] + "\n");
  for (;;) {
    const auto answer = ask(question, std::to_string(usual + 1));
    for (std::size_t i = 0; i < options.size(); ++i)
      if (answer == std::to_string(i + 1)) return i;
    print("Please give a number from 1 to " + std::to_string(options.size()) + ".\n");
  }
}

std::vector<std::size_t> interview::choose_several(const std::string& question,
                                                   const std::vector<std::string>& options) const {
  for (std::size_t i = 0; i < options.size(); ++i)
    print("  " + std::to_string(i + 1) + ") " + options[i] + "\n");
  for (;;) {
    const auto answer = ask(question + " Numbers like 1 3-5, or none", "all");
    if (answer == "none") return {};
    const auto everything = "1-" + std::to_string(options.size());
    if (const auto chosen = numbers_in(answer == "all" ? everything : answer, options.size())) return *chosen;
    print("Please give numbers from 1 to " + std::to_string(options.size()) + ".\n");
  }
}

bool interview::confirm(const std::string& question, bool usual) const {
  for (;;) {
    const auto answer = ask(question + (usual ? " (Y/n)" : " (y/N)"), "", true);
    if (answer.empty()) return usual;
    if (answer == "y" || answer == "Y" || answer == "yes") return true;
    if (answer == "n" || answer == "N" || answer == "no") return false;
  }
}

} // namespace exsyncd::ctl
