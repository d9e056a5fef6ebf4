#pragma once

#include <cstddef>
#include <ctime>
#include <functional>
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
  /// The same in at most so many columns, before anything is cut; longer than asked where it cannot be shorter.
  std::function<std::string(std::size_t columns)> squeezed = {};
};

/// A table with a line of headings. Columns are as wide as they need to be. Where the terminal is too narrow, first
/// those go that were said to be `spare` and hold nothing but "0" and "-"; then cells are squeezed that can be; then
/// the widest columns are cut.
class table {
public:
  explicit table(std::vector<std::string> headings) : headings_(std::move(headings)), spare_(headings_.size(), false) {}
  void may_go(std::size_t column) { spare_[column] = true; }
  void row(std::vector<cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  std::string text(const style& s) const;

private:
  std::vector<std::size_t> columns_for(std::size_t width) const;
  std::vector<std::size_t> widths_for(const std::vector<std::size_t>& columns, std::size_t width) const;
  std::vector<std::string> headings_;
  std::vector<bool> spare_;
  std::vector<std::vector<cell>> rows_;
};

/// "████████░░ 80%" in so many columns beside the number.
std::string bar(std::size_t done, std::size_t all, std::size_t width);
/// A cell that holds a bar of ten, or shorter, down to the number alone.
cell bar_cell(std::size_t done, std::size_t all);

/// A time as the daemon writes it ("2026-11-25T20:15:00Z"), as this machine's clocks show it: "21:15:00" of today, else
/// "2026-11-24 21:15". Anything else as it is.
std::string local_time(std::string_view text, std::time_t now);
/// A cell that holds one; where there is little room, the day alone of what was not today.
cell time_cell(std::string_view text, std::time_t now);

} // namespace exsyncd::ctl
