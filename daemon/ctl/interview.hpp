#pragma once

#include "daemon/ctl/text.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace exsyncd::ctl {

/// Standard input has ended, or somebody typed "quit".
struct quit {};

/// Questions on standard output, answers on standard input: a terminal, or a script's lines. Each answer is a line; an
/// empty one takes what stands in brackets. Throws `quit`.
class interview {
public:
  explicit interview(const style& look) : look_(look) {}

  void heading(const std::string& text) const;
  void say(const std::string& text) const;
  /// Asks again where there is no usual answer and none is given, unless it may be empty.
  std::string ask(const std::string& question, const std::string& usual = {}, bool may_be_empty = false) const;
  /// Not shown where it is typed.
  std::string ask_secret(const std::string& question) const;
  /// The number of the one that was chosen, from 0.
  std::size_t choose(const std::string& question, const std::vector<std::string>& options, std::size_t usual = 0) const;
  bool confirm(const std::string& question, bool usual) const;

private:
  std::string read_line() const;
  style look_;
};

} // namespace exsyncd::ctl
