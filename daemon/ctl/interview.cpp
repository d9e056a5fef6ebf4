#include "daemon/ctl/interview.hpp"

#include <cstdio>
#include <iostream>
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

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

} // namespace

std::string interview::read_line() const {
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
    print(question + ": ");
    std::string answer;
    {
      const silence while_typing;
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

bool interview::confirm(const std::string& question, bool usual) const {
  for (;;) {
    const auto answer = ask(question + (usual ? " (Y/n)" : " (y/N)"), "", true);
    if (answer.empty()) return usual;
    if (answer == "y" || answer == "Y" || answer == "yes") return true;
    if (answer == "n" || answer == "N" || answer == "no") return false;
  }
}

} // namespace exsyncd::ctl
