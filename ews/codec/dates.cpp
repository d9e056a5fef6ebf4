#include "ews/codec/dates.hpp"

#include <charconv>
#include <cstdio>

namespace exsyncd::ews {
namespace {

/// Takes exactly `digits` digits off the front.
std::optional<int> take(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

} // namespace

std::optional<utc_seconds> parse_date(std::string_view text) {
  using namespace std::chrono;
  const auto y = take(text, 4);
  if (!y || !skip(text, '-')) return std::nullopt;
  const auto mo = take(text, 2);
  if (!mo || !skip(text, '-')) return std::nullopt;
  const auto d = take(text, 2);
  if (!d || !skip(text, 'T')) return std::nullopt;
  const auto h = take(text, 2);
  if (!h || !skip(text, ':')) return std::nullopt;
  const auto mi = take(text, 2);
  if (!mi || !skip(text, ':')) return std::nullopt;
  const auto s = take(text, 2);
  if (!s) return std::nullopt;
  if (skip(text, '.'))
    while (!text.empty() && text.front() >= '0' && text.front() <= '9')
      text.remove_prefix(1);
  minutes offset{0};
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto oh = take(text, 2);
    if (!oh || !skip(text, ':')) return std::nullopt;
    const auto om = take(text, 2);
    if (!om) return std::nullopt;
    offset = minutes(sign * (*oh * 60 + *om));
  } else {
    skip(text, 'Z');
  }
  const year_month_day day{year(*y), month(static_cast<unsigned>(*mo)), std::chrono::day(static_cast<unsigned>(*d))};
  if (!text.empty() || !day.ok() || *h > 24 || *mi > 59 || *s > 60) return std::nullopt;
  return sys_days(day) + hours(*h) + minutes(*mi) + seconds(*s) - offset;
}

std::string write_date(utc_seconds time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day ymd(day);
  const hh_mm_ss clock(time - day);
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(ymd.year()), unsigned(ymd.month()),
                unsigned(ymd.day()), int(clock.hours().count()), int(clock.minutes().count()),
                int(clock.seconds().count()));
  return out;
}

} // namespace exsyncd::ews
