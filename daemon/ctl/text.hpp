#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// How things look on a terminal and in a pipe.
namespace exsyncd::ctl {

enum class colour { none, red, green, yellow, blue, bold, dim };

struct style {
  bool colours = false;
  std::size_t width = 0; // columns of the terminal; 0: as wide as it is
};
/// Of standard output: colours on a terminal only, and not where $NO_COLOR is set.
style style_of_output();

std::string paint(const style& s, colour c, std::string_view text);

/// Text from servers and mails: control characters cannot reach the terminal.
std::string plain(std::string_view text);

/// Columns that a text takes; that of UTF-8 as the locale measures it.
std::size_t width_of(std::string_view text);
/// Cut to so many columns, with "…" at its end; or filled up with spaces.
std::string fitted(std::string_view text, std::size_t width);

struct cell {
  std::string text;
  colour c = colour::none;
};

/// A table with a line of headings. Columns are as wide as they need to be; where the terminal is too narrow, the
/// widest ones are cut.
class table {
public:
  explicit table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void row(std::vector<cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  std::string text(const style& s) const;

private:
  std::vector<std::string> headings_;
  std::vector<std::vector<cell>> rows_;
};

/// "████████░░ 80%" in so many columns beside the number.
std::string bar(std::size_t done, std::size_t all, std::size_t width);

} // namespace exsyncd::ctl
