#pragma once

#include "daemon/ctl/text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace exsyncd::ctl {

/// Standard input has ended, or somebody typed "quit" or pressed Ctrl-C.
struct quit {};

/// Questions on standard output, answers on standard input: a terminal, or a script's lines. Each answer is a line; an
/// empty one takes what stands in brackets. Throws `quit`.
class interview {
public:
  /// From now on Ctrl-C ends the question that is asked, so that what was begun can be taken back; a second one ends
  /// the program.
  explicit interview(const style& look);

  void heading(const std::string& text) const;
  void say(const std::string& text) const;
  /// Asks again where there is no usual answer and none is given, unless it may be empty.
  std::string ask(const std::string& question, const std::string& usual = {}, bool may_be_empty = false) const;
  /// Not shown where it is typed.
  std::string ask_secret(const std::string& question) const;
  /// The number of the one that was chosen, from 0.
  std::size_t choose(const std::string& question, const std::vector<std::string>& options, std::size_t usual = 0) const;
  /// The numbers of those that were chosen, each once, in their order; all of them where the answer is empty.
  std::vector<std::size_t> choose_several(const std::string& question, const std::vector<std::string>& options) const;
  bool confirm(const std::string& question, bool usual) const;
  /// Throws `quit` where Ctrl-C was pressed while something else was waited for.
  void heed_interrupt() const;

private:
  std::string read_line() const;
  style look_;
};

/// "2, 4-6" of so many options: their numbers from 0, each once, in their order; nothing where it is no such list.
std::optional<std::vector<std::size_t>> numbers_in(const std::string& text, std::size_t options);

} // namespace exsyncd::ctl
