#include "daemon/ctl/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <cwchar>
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
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080–U+009F are control characters too, in two bytes.
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_c1) ++i;
    out += byte < 0x20 || byte == 0x7f || is_c1 ? '?' : text[i];
  }
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

std::string table::text(const style& s) const {
  std::vector<std::size_t> widths;
  for (const auto& h : headings_)
    widths.push_back(width_of(h));
  for (const auto& r : rows_)
    for (std::size_t i = 0; i < widths.size() && i < r.size(); ++i)
      widths[i] = std::max(widths[i], width_of(r[i].text));
  if (s.width > 0) {
    auto total = gap * (widths.size() - 1);
    for (const auto w : widths)
      total += w;
    while (total > s.width) {
      const auto widest = std::max_element(widths.begin(), widths.end());
      if (*widest <= narrowest) break;
      --*widest;
      --total;
    }
  }
  std::string out;
  const auto line = [&](auto cell_at) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const cell c = cell_at(i);
      text += paint(s, c.c, fitted(c.text, widths[i]));
      if (i + 1 < widths.size()) text += std::string(gap, ' ');
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
  return text + " " + std::to_string(percent) + "%";
}

} // namespace exsyncd::ctl
