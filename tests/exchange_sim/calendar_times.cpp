// What a server makes of the times, the zones, the recurrence and the UID that it is given.
#include "tests/exchange_sim/calendar.hpp"

#include <array>

namespace exchange_sim {

namespace {

using namespace std::chrono;

/// An xs:dateTime; without an offset it is read in `zone`.
sys_time moment(const std::string& text, const time_zone& zone) {
  auto refuse = [] { return response_error{"ErrorInvalidArgument", "The time is invalid."}; };
  auto digits = text.find('T');
  bool has_offset = digits != std::string::npos && text.find_first_of("Z+-", digits) != std::string::npos;
  auto parsed = parse_time(text);
  if (!parsed) throw refuse();
  return has_offset ? *parsed : to_utc(zone, local_time(parsed->time_since_epoch()));
}

local_day day_in(const time_zone& zone, sys_time at) {
  return floor<days>(to_local(zone, at));
}

sys_time midnight_in(const time_zone& zone, local_day day) {
  return to_utc(zone, local_time(day.time_since_epoch()));
}

void settle_zones(appointment& c, const item* before, const time_zone& zone) {
  const auto& given = c.given;
  auto one = given.start_zone ? given.start_zone : given.meeting_zone;
  if (before == nullptr) {
    c.start_zone = one ? *one : given.end_zone.value_or(zone);
    c.end_zone = given.end_zone ? *given.end_zone : c.start_zone;
    return;
  }
  if (one) c.start_zone = *one;
  if (given.end_zone)
    c.end_zone = *given.end_zone;
  else if (one)
    c.end_zone = *one;
}

// A zone that changes while the times are not given keeps what the clock on the wall shows (how-to "update the time
// zone for an appointment").
void settle_start_and_end(appointment& c, const item* before, const time_zone& zone, sys_time now) {
  const auto& given = c.given;
  auto read_in = [&](const std::optional<time_zone>& named) {
    return named ? *named : given.meeting_zone.value_or(zone);
  };
  auto kept = [](const time_zone& old_zone, const time_zone& new_zone, sys_time at) {
    return old_zone == new_zone ? at : to_utc(new_zone, to_local(old_zone, at));
  };
  if (given.start)
    c.start = moment(*given.start, read_in(given.start_zone));
  else if (before != nullptr)
    c.start = kept(before->calendar->start_zone, c.start_zone, before->calendar->start);
  else
    c.start = sys_time(ceil<minutes>(now).time_since_epoch() / minutes(30) * minutes(30) + minutes(30));
  if (given.end)
    c.end = moment(*given.end, read_in(given.end_zone ? given.end_zone : given.start_zone));
  else if (before != nullptr)
    c.end = kept(before->calendar->end_zone, c.end_zone, before->calendar->end);
  else
    c.end = c.start + minutes(30);
}

void settle_all_day(appointment& c) {
  if (!c.all_day) return;
  auto first = day_in(c.start_zone, c.start), last = day_in(c.end_zone, c.end);
  // An end inside of a day takes all of that day.
  if (midnight_in(c.end_zone, last) < c.end || last <= first) last += days(1);
  c.start = midnight_in(c.start_zone, first);
  c.end = midnight_in(c.end_zone, last);
}

void check_span(const appointment& c) {
  if (c.end < c.start)
    throw response_error{"ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate."};
  if (floor<days>(c.start) + years(5) < c.end)
    throw response_error{"ErrorCalendarDurationIsTooLong", "Duration is too long."};
}

void check_overlap(const appointment& c) {
  auto start = to_local(c.start_zone, c.start);
  auto length = to_local(c.start_zone, c.end) - start;
  std::optional<local_day> before;
  int looked_at = 0;
  each_day(*c.repeats, [&](local_day at) {
    if (before && at - *before < length)
      throw response_error{"ErrorOccurrenceTimeSpanTooBig", "An occurrence is longer than the time to the next one."};
    before = at;
    return ++looked_at < 120;
  });
}

/// The range begins where the item does, and the item where the pattern has its first day.
void settle_recurrence(appointment& c, const item* before, schema_version version) {
  auto& r = *c.repeats;
  auto start = to_local(c.start_zone, c.start);
  auto day = floor<days>(start);
  if (!c.given.recurrence && before != nullptr && day != day_in(before->calendar->start_zone, before->calendar->start))
    r.start = day;
  if (auto code = objection_to(r, version)) throw response_error{*code, "The recurrence is invalid."};
  auto shift = *first_day_of(r) - day;
  auto end = to_local(c.start_zone, c.end);
  c.start = to_utc(c.start_zone, start + shift);
  c.end = to_utc(c.start_zone, end + shift);
  // A series has one zone.
  c.end_zone = c.start_zone;
  check_overlap(c);
}

bool same_series(const appointment& a, const appointment& b) {
  return a.repeats == b.repeats && a.start == b.start && a.end == b.end && a.start_zone == b.start_zone;
}

} // namespace

void settle_times(item& of, const item* before, const time_zone& zone, schema_version version, sys_time now) {
  auto& c = *of.calendar;
  settle_zones(c, before, zone);
  settle_start_and_end(c, before, zone, now);
  settle_all_day(c);
  check_span(c);
  if (c.repeats) settle_recurrence(c, before, version);
  // The pattern, the times and the zone are one blob of the store: a new one has no exceptions.
  if (before != nullptr && (c.given.recurrence || !same_series(c, *before->calendar))) {
    c.changed.clear();
    c.deleted.clear();
  }
  bool meets = !(c.required.empty() && c.optional.empty() && c.resources.empty());
  if (meets && c.state == 0) c.state = 1;
  of.reminder_due = of.reminder_is_set ? std::optional(c.start) : std::nullopt;
  c.given = {};
}

namespace {

// MS-OXOCAL 2.2.1.27: the byte array id of a PidLidGlobalObjectId.
constexpr std::string_view id_prefix("\x04\x00\x00\x00\x82\x00\xE0\x00\x74\xC5\xB7\x10\x1A\x82\xE0\x08", 16);
constexpr std::size_t date_at = 16, date_size = 4, data_at = 40;

std::string little_endian(std::uint64_t number, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, number >>= 8)
    out += static_cast<char>(number & 0xff);
  return out;
}

std::string with_data(std::uint64_t file_time, const std::string& data) {
  return std::string(id_prefix) + std::string(date_size, '\0') + little_endian(file_time, 8) + std::string(8, '\0') +
         little_endian(data.size(), 4) + data;
}

std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : bytes) {
    out += digits[c >> 4];
    out += digits[c & 0xf];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
  };
  for (std::size_t i = 0; i < text.size(); i += 2) {
    auto high = digit(text[i]), low = digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

} // namespace

void settle_identity(item& of, sys_time now, const std::function<std::uint64_t()>& random) {
  auto& c = *of.calendar;
  if (c.uid.empty()) {
    constexpr std::uint64_t seconds_1601_to_1970 = 11'644'473'600;
    auto seconds = static_cast<std::uint64_t>(floor<std::chrono::seconds>(now).time_since_epoch().count());
    c.clean_global_id = with_data((seconds + seconds_1601_to_1970) * 10'000'000, random_bytes(random, 16));
    c.uid = hex(c.clean_global_id);
    return;
  }
  auto bytes = from_hex(c.uid);
  if (bytes && bytes->size() >= data_at && bytes->starts_with(id_prefix)) {
    c.clean_global_id = *bytes;
    c.clean_global_id.replace(date_at, date_size, std::string(date_size, '\0'));
    return;
  }
  // A UID of somebody else's is held inside of an id of ours.
  c.clean_global_id = with_data(0, std::string("vCal-Uid\x01\x00\x00\x00", 12) + c.uid + '\0');
}

std::string global_id(const item& of) {
  const auto& c = *of.calendar;
  auto out = c.clean_global_id;
  if (!c.shows || out.size() < data_at) return out;
  year_month_day date{c.shows->day};
  auto year = static_cast<unsigned>(int(date.year()));
  out[date_at] = static_cast<char>(year >> 8);
  out[date_at + 1] = static_cast<char>(year & 0xff);
  out[date_at + 2] = static_cast<char>(unsigned(date.month()));
  out[date_at + 3] = static_cast<char>(unsigned(date.day()));
  return out;
}

} // namespace exchange_sim
