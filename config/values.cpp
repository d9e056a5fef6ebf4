#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace exsyncd {
namespace {

using std::string_view;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

struct time_unit {
  string_view name;
  double milliseconds;
};
// The units of systemd.time(7) from milliseconds up; months and years are systemd's averages.
constexpr double second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr std::array time_units{
    time_unit{"", second},
    time_unit{"ms", 1},
    time_unit{"msec", 1},
    time_unit{"s", second},
    time_unit{"sec", second},
    time_unit{"second", second},
    time_unit{"seconds", second},
    time_unit{"m", minute},
    time_unit{"min", minute},
    time_unit{"minute", minute},
    time_unit{"minutes", minute},
    time_unit{"h", hour},
    time_unit{"hr", hour},
    time_unit{"hour", hour},
    time_unit{"hours", hour},
    time_unit{"d", day},
    time_unit{"day", day},
    time_unit{"days", day},
    time_unit{"w", 7 * day},
    time_unit{"week", 7 * day},
    time_unit{"weeks", 7 * day},
    time_unit{"M", 30.44 * day},
    time_unit{"month", 30.44 * day},
    time_unit{"months", 30.44 * day},
    time_unit{"y", 365.25 * day},
    time_unit{"year", 365.25 * day},
    time_unit{"years", 365.25 * day},
};

void skip_spaces(string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

string_view take_while(string_view& text, bool (*wanted)(char)) {
  const auto end = std::find_if_not(text.begin(), text.end(), wanted);
  const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

struct reserved_folder {
  string_view name;
  string_view why;
};
constexpr string_view another_class = "holds items of a class that this version of exsyncd does not sync";
constexpr std::array reserved_folders{
    reserved_folder{"notes", another_class},
    reserved_folder{"journal", another_class},
    reserved_folder{"deleteditems", "cannot be paired: exsyncd deletes by moving items there"},
    reserved_folder{"outbox", "cannot be paired: a copy in an Outbox may be sent"},
};
constexpr std::array<string_view, 8> root_folders{"inbox",  "calendar",  "contacts",  "tasks",
                                                  "drafts", "sentitems", "junkemail", "msgfolderroot"};

/// The path's names; slashes that are escaped stay in them.
std::vector<string_view> split_path(string_view path) {
  std::vector<string_view> names;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (i < path.size() && (path[i] != '/' || (i > 0 && path[i - 1] == '\\'))) continue;
    names.push_back(path.substr(start, i - start));
    start = i + 1;
  }
  return names;
}

std::size_t edit_distance(string_view a, string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      diagonal = above;
    }
  }
  return row.back();
}

bool is_this_machine(string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

} // namespace

std::string lower_case(string_view text) {
  std::string lower(text);
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string listed(std::span<const string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += '"' + std::string(words[i]) + '"';
  }
  return text;
}

std::string nearest(string_view word, std::span<const string_view> known) {
  constexpr std::size_t longest = 64; // longer ones are no slips of the finger
  if (word.size() > longest) return {};
  const auto lower = lower_case(word);
  const auto allowed = (word.size() + 2) / 3; // two letters swapped in "pari" are two edits
  std::string best;
  auto least = allowed + 1;
  for (const auto candidate : known) {
    const auto known_lower = lower_case(candidate);
    const bool cut_short = lower.size() >= 3 && known_lower.starts_with(lower); // "mail" for "mailbox"
    const auto distance = cut_short ? 1 : edit_distance(lower, known_lower);
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

checked<std::chrono::milliseconds> parse_time_span(string_view text) {
  const objection wrong{"\"" + std::string(text) + "\" is no time span; write \"90s\", \"5min\" or \"1h 30min\""};
  double total = 0;
  skip_spaces(text);
  if (text.empty()) return wrong;
  while (!text.empty()) {
    const auto number = take_while(text, [](char c) { return is_digit(c) || c == '.'; });
    double count = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), count, std::chars_format::fixed);
    if (number.empty() || read.ec != std::errc{} || read.ptr != number.data() + number.size()) return wrong;
    skip_spaces(text);
    const auto name = take_while(text, is_letter);
    const auto unit = std::find_if(time_units.begin(), time_units.end(), [&](auto& u) { return u.name == name; });
    if (unit == time_units.end()) return wrong;
    total += count * unit->milliseconds;
    skip_spaces(text);
  }
  constexpr double longest = 100 * 365.25 * day;
  if (total > longest) return objection{"is longer than a hundred years"};
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::llround(total)));
}

checked<std::uint64_t> parse_size(string_view text) {
  const objection wrong{"\"" + std::string(text) + "\" is no size; write \"500MB\", \"50GB\" or \"1.5TB\""};
  skip_spaces(text);
  const auto number = take_while(text, [](char c) { return is_digit(c) || c == '.'; });
  double count = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), count, std::chars_format::fixed);
  if (number.empty() || read.ec != std::errc{} || read.ptr != number.data() + number.size()) return wrong;
  skip_spaces(text);
  constexpr std::array<std::pair<string_view, double>, 5> units{
      {{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}}};
  if (!text.empty() && text != "B") {
    const auto unit = std::find_if(units.begin(), units.end(), [&](auto& u) { return u.first == text; });
    if (unit == units.end()) return wrong;
    count *= unit->second;
  }
  if (count < 1 || count > 1e15) return objection{"must be from 1 byte to 1000TB"};
  return static_cast<std::uint64_t>(std::llround(count));
}

checked<std::chrono::sys_days> parse_date(string_view text) {
  const objection wrong{"\"" + std::string(text) + "\" is no date; write it as \"2026-01-31\""};
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return wrong;
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = -1;
    const auto part = text.substr(at, length);
    if (!std::all_of(part.begin(), part.end(), is_digit)) return value;
    std::from_chars(part.data(), part.data() + part.size(), value);
    return value;
  };
  const auto year = number(0, 4), month = number(5, 2), of_month = number(8, 2);
  if (year < 1 || month < 1 || of_month < 1) return wrong;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(of_month))};
  if (!date.ok()) return wrong;
  return std::chrono::sys_days(date);
}

/// "public:/Sales/Contacts". The root itself holds no items.
static checked<std::string> parse_public_path(string_view text) {
  const objection wrong{"\"" + std::string(text) + "\" must be like \"public:/Sales/Contacts\""};
  constexpr string_view root = "public:/";
  if (!text.starts_with(root) || text.size() == root.size()) return wrong;
  const auto names = split_path(text.substr(root.size()));
  if (std::any_of(names.begin(), names.end(), [](auto name) { return name.empty(); })) return wrong;
  return std::string(text);
}

checked<std::string> parse_folder_path(string_view text) {
  if (std::any_of(text.begin(), text.end(), is_control)) return objection{"holds a control character"};
  if (text.starts_with("public:")) return parse_public_path(text);
  const auto names = split_path(text);
  const auto root = names.front();
  for (const auto& folder : reserved_folders)
    if (folder.name == root) return objection{"\"" + std::string(root) + "\" " + std::string(folder.why)};
  if (std::find(root_folders.begin(), root_folders.end(), root) == root_folders.end()) {
    const auto meant = nearest(root, root_folders);
    return objection{"\"" + std::string(text) + "\" must begin with " + listed(root_folders) +
                     (meant.empty() ? "" : "; did you mean \"" + meant + "\"?")};
  }
  if (std::any_of(names.begin(), names.end(), [](auto name) { return name.empty(); }))
    return objection{"\"" + std::string(text) + "\" has an empty folder name; write a slash in a name as \"\\/\""};
  return std::string(text);
}

checked<std::string> parse_url(string_view text) {
  if (text == "autodiscover") return std::string(text);
  if (text == "office365")
    return objection{"\"office365\" is not in this version of exsyncd: Exchange Online takes OAuth 2.0 only"};
  const objection wrong{"must be a URL like \"https://mail.example.com/EWS/Exchange.asmx\""};
  if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; })) return wrong;
  const auto scheme_end = text.find("://");
  if (scheme_end == string_view::npos) return wrong;
  const auto scheme = lower_case(text.substr(0, scheme_end));
  if (scheme != "https" && scheme != "http") return wrong;
  const auto rest = text.substr(scheme_end + 3);
  const auto authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != string_view::npos)
    return objection{"must not hold a user name or a password; they belong into \"auth\""};
  const auto after_address = authority.starts_with('[') ? authority.find(']') : 0;
  if (after_address == string_view::npos) return wrong;
  const auto host = authority.substr(0, authority.find(':', after_address));
  if (host.empty()) return wrong;
  if (scheme == "http" && !is_this_machine(lower_case(host)))
    return objection{"must begin with \"https://\": a password would travel in clear (http is for this machine only)"};
  return std::string(text);
}

checked<std::string> parse_mail_address(string_view text) {
  const auto at = text.find('@');
  const bool usable = at != 0 && at != string_view::npos && at + 1 < text.size() &&
                      text.find('@', at + 1) == string_view::npos &&
                      text.find_first_of(" \t\"<>,;") == string_view::npos &&
                      std::none_of(text.begin(), text.end(), is_control) && text.size() <= 320;
  if (usable) return std::string(text);
  return objection{"must be a mail address like \"jane@example.com\""};
}

checked<std::string> parse_name(string_view text) {
  constexpr std::size_t longest = 64;
  const bool usable = !text.empty() && text.size() <= longest && (is_letter(text[0]) || is_digit(text[0])) &&
                      std::all_of(text.begin(), text.end(), [](char c) {
                        return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '@';
                      });
  if (usable) return std::string(text);
  return objection{"a name is 1 to 64 letters (a-z), digits or \"-_.@\", and begins with a letter or a digit"};
}

} // namespace exsyncd
