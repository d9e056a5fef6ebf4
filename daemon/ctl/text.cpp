#include "daemon/ctl/text.hpp"

#include "daemon/visible_text.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cwchar>
#include <numeric>
#include <sys/ioctl.h>
#include <unistd.h>

namespace exsyncd::ctl {
namespace {

const char* code_of(colour c) {
  switch (c) {
  case colour::none:
    return "";
  case colour::red:
    return "31";
  case colour::green:
    return "32";
  case colour::yellow:
    return "33";
  case colour::blue:
    return "34";
  case colour::bold:
    return "1";
  case colour::dim:
    return "2";
  }
  return "";
}

/// Calls `visit` with each character and its columns, until it says false.
template <class Visit>
void each_character(std::string_view text, Visit visit) {
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t wide = 0;
    auto length = std::mbrtowc(&wide, text.data(), text.size(), &state);
    int columns = 1;
    if (length == 0 || length > text.size()) { // no character of this locale
      length = 1;
      state = {};
    } else {
      columns = std::max(0, ::wcwidth(wide));
    }
    if (!visit(text.substr(0, length), static_cast<std::size_t>(columns))) return;
    text.remove_prefix(length);
  }
}

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest = 8;

} // namespace

style style_of_output() {
  style s;
  if (::isatty(STDOUT_FILENO) == 0) return s;
  const auto* term = std::getenv("TERM");
  s.colours = std::getenv("NO_COLOR") == nullptr && term != nullptr && std::string_view(term) != "dumb";
  winsize size{};
  s.width = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return s;
}

std::string paint(const style& s, colour c, std::string_view text) {
  if (!s.colours || c == colour::none) return std::string(text);
  return std::string("\x1b[") + code_of(c) + "m" + std::string(text) + "\x1b[0m";
}

std::string plain(std::string_view text) {
  std::string out;
  each_character_of(text, [&](const text_character& c) {
    if (c.is_harmful)
      out += '?';
    else
      out += c.bytes;
  });
  return out;
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  each_character(text, [&](auto, std::size_t columns) {
    width += columns;
    return true;
  });
  return width;
}

std::string fitted(std::string_view text, std::size_t width) {
  const auto whole = width_of(text);
  if (whole <= width) return std::string(text) + std::string(width - whole, ' ');
  std::string cut;
  std::size_t used = 0;
  each_character(text, [&](std::string_view character, std::size_t columns) {
    if (used + columns + 1 > width) return false;
    used += columns;
    cut += character;
    return true;
  });
  return width == 0 ? "" : cut + "…" + std::string(width - used - 1, ' ');
}

std::vector<std::size_t> table::columns_for(std::size_t width) const {
  std::vector<std::size_t> all(headings_.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  if (width == 0) return all;
  const auto widths = widths_for(all, 0);
  auto total = gap * (widths.size() - 1) + std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  const auto holds_nothing = [&](std::size_t i) {
    return std::all_of(rows_.begin(), rows_.end(),
                       [i](auto& r) { return i >= r.size() || r[i].text == "0" || r[i].text == "-"; });
  };
  std::erase_if(all, [&](std::size_t i) {
    if (total <= width || !spare_[i] || !holds_nothing(i)) return false;
    total -= widths[i] + gap;
    return true;
  });
  return all;
}

std::vector<std::size_t> table::widths_for(const std::vector<std::size_t>& columns, std::size_t width) const {
  std::vector<std::size_t> widths, least; // least: without a loss
  for (const auto i : columns) {
    widths.push_back(width_of(headings_[i]));
    least.push_back(widths.back());
    for (const auto& r : rows_) {
      if (i >= r.size()) continue;
      widths.back() = std::max(widths.back(), width_of(r[i].text));
      least.back() = std::max(least.back(), width_of(r[i].squeezed ? r[i].squeezed(0) : r[i].text));
    }
  }
  if (width == 0) return widths;
  auto total = gap * (widths.size() - 1) + std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  // The widest of those that have more than they need at least.
  const auto narrow = [&](auto needs) {
    while (total > width) {
      std::size_t* widest = nullptr;
      for (std::size_t i = 0; i < widths.size(); ++i)
        if (widths[i] > needs(i) && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
      if (widest == nullptr) return;
      --*widest;
      --total;
    }
  };
  narrow([&](std::size_t i) { return least[i]; });
  narrow([](std::size_t) { return narrowest; });
  return widths;
}

std::string table::text(const style& s) const {
  const auto columns = columns_for(s.width);
  const auto widths = widths_for(columns, s.width);
  std::string out;
  const auto line = [&](auto cell_at) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const cell c = cell_at(columns[i]);
      const auto fits = !c.squeezed || width_of(c.text) <= widths[i] ? c.text : c.squeezed(widths[i]);
      text += paint(s, c.c, fitted(fits, widths[i]));
      if (i + 1 < columns.size()) text += std::string(gap, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t i) { return cell{headings_[i], colour::bold}; });
  for (const auto& r : rows_)
    line([&](std::size_t i) { return i < r.size() ? r[i] : cell{}; });
  return out;
}

std::string bar(std::size_t done, std::size_t all, std::size_t width) {
  if (all == 0) return "-";
  done = std::min(done, all);
  const auto full = done * width / all;
  std::string text;
  for (std::size_t i = 0; i < width; ++i)
    text += i < full ? "█" : "░";
  // 100% is said only where nothing is left.
  const auto percent = done == all ? 100 : std::min<std::size_t>(99, done * 100 / all);
  return text + (width > 0 ? " " : "") + std::to_string(percent) + "%";
}

cell bar_cell(std::size_t done, std::size_t all) {
  constexpr std::size_t usual = 10;
  return {bar(done, all, usual), colour::none, [done, all](std::size_t columns) {
            const auto number = bar(done, all, 0);
            const auto beside = width_of(number) + 1;
            return columns > beside ? bar(done, all, columns - beside) : number;
          }};
}

std::string local_time(std::string_view text, std::time_t now) {
  const std::string given(text);
  std::tm utc{}, then{}, today{};
  const auto* end = ::strptime(given.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (end == nullptr || *end != '\0') return given;
  const auto when = ::timegm(&utc);
  if (::localtime_r(&when, &then) == nullptr || ::localtime_r(&now, &today) == nullptr) return given;
  const bool is_today = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  std::array<char, 32> out{};
  return {out.data(), std::strftime(out.data(), out.size(), is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M", &then)};
}

cell time_cell(std::string_view text, std::time_t now) {
  const auto whole = local_time(text, now);
  return {whole, colour::none, [whole](std::size_t columns) {
            const auto day_ends = whole.find(' ');
            return columns >= width_of(whole) || day_ends == std::string::npos ? whole : whole.substr(0, day_ends);
          }};
}

} // namespace exsyncd::ctl
