// Series and their occurrences.
#include "tests/exchange_sim/calendar.hpp"

#include <algorithm>
#include <array>

namespace exchange_sim {

namespace {

/// One thing that an occurrence may have of its own: whether two items differ in it, and how to take it over.
struct piece {
  const char* name;
  bool (*same)(const item&, const item&);
  void (*take)(item& into, const item& from);
};

#define PIECE(name, ...)                                                                                               \
  piece {                                                                                                              \
    name,                                                                                                              \
        [](const item& a, const item& b) {                                                                             \
          return [](const item& i) { return std::tie(__VA_ARGS__); }(a) ==                                             \
                 [](const item& i) { return std::tie(__VA_ARGS__); }(b);                                               \
        },                                                                                                             \
        [](item& into, const item& from) {                                                                             \
          [](item& i) { return std::tie(__VA_ARGS__); }(into) = [](const item& i) {                                    \
            return std::tie(__VA_ARGS__);                                                                              \
          }(from);                                                                                                     \
        }                                                                                                              \
  }

const std::array pieces{
    PIECE("subject", i.subject, i.conversation_topic),
    PIECE("body", i.body.html, i.body.text),
    PIECE("time", i.calendar->start, i.calendar->end, i.calendar->all_day),
    PIECE("location", i.calendar->location),
    PIECE("free_busy", i.calendar->free_busy),
    PIECE("reminder", i.reminder_is_set, i.reminder_minutes),
    PIECE("categories", i.categories),
    PIECE("sensitivity", i.sensitivity),
    PIECE("importance", i.importance),
    PIECE("attendees", i.calendar->required, i.calendar->optional, i.calendar->resources),
    PIECE("when", i.calendar->when),
    PIECE("extended", i.extended),
    piece{"attachments",
          [](const item& a, const item& b) {
            return std::equal(a.attachments.begin(), a.attachments.end(), b.attachments.begin(), b.attachments.end(),
                              [](const attachment& x, const attachment& y) {
                                return std::tie(x.name, x.content_type, x.content_id, x.is_inline, x.content) ==
                                       std::tie(y.name, y.content_type, y.content_id, y.is_inline, y.content);
                              });
          },
          [](item& into, const item& from) { into.attachments = from.attachments; }},
};

#undef PIECE

local_day day_of(local_time at) {
  return std::chrono::floor<std::chrono::days>(at);
}

/// The occurrence as the pattern has it.
item plain_occurrence(const item& series, local_day day) {
  item out = series;
  auto& c = *out.calendar;
  auto start = to_local(c.start_zone, c.start), end = to_local(c.start_zone, c.end);
  auto shift = day - day_of(start);
  c.start = to_utc(c.start_zone, start + shift);
  c.end = to_utc(c.start_zone, end + shift);
  c.shows = occurrence_place{day, c.start, false};
  c.repeats.reset();
  c.changed.clear();
  c.deleted.clear();
  out.item_class = "IPM.Appointment.Occurrence";
  out.reminder_due = out.reminder_is_set ? std::optional(c.start) : std::nullopt;
  return out;
}

item shown(const item& series, local_day day) {
  auto out = plain_occurrence(series, day);
  auto at = series.calendar->changed.find(day);
  if (at == series.calendar->changed.end()) return out;
  for (const auto& one : pieces)
    if (at->second.pieces.contains(one.name)) one.take(out, at->second.values.front());
  out.calendar->shows->exception = true;
  // The class of the message that an exception is embedded as (MS-OXOCAL 2.2.10.1).
  out.item_class = "IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}";
  out.reminder_due = out.reminder_is_set ? std::optional(out.calendar->start) : std::nullopt;
  return out;
}

/// The nearest day before or after that is not deleted.
std::optional<local_day> neighbour(const item& series, local_day of, bool after) {
  std::optional<local_day> found;
  each_day(*series.calendar->repeats, [&](local_day at) {
    if (at == of || series.calendar->deleted.contains(at)) return true;
    if (at > of) {
      if (after) found = at;
      return false;
    }
    if (!after) found = at;
    return true;
  });
  return found;
}

} // namespace

const std::vector<std::string>& occurrence_pieces() {
  static const auto names = [] {
    std::vector<std::string> out;
    for (const auto& one : pieces)
      out.emplace_back(one.name);
    return out;
  }();
  return names;
}

std::optional<item> occurrence_of(const item& series, local_day day) {
  if (!is_series(series) || series.calendar->deleted.contains(day) || !index_of(*series.calendar->repeats, day))
    return std::nullopt;
  return shown(series, day);
}

void save_occurrence(change_context& changes, item& series, item edited) {
  auto day = edited.calendar->shows->day;
  auto plain = plain_occurrence(series, day);
  const auto& now = *edited.calendar;
  // Exchange keeps the order of a series: an occurrence stays between its neighbours.
  if (auto before = neighbour(series, day, false); before && now.start < shown(series, *before).calendar->end)
    throw response_error{"ErrorOccurrenceCrossingBoundary",
                         "Modified occurrence is crossing or overlapping adjacent occurrence."};
  if (auto after = neighbour(series, day, true); after && now.end > shown(series, *after).calendar->start)
    throw response_error{"ErrorOccurrenceCrossingBoundary",
                         "Modified occurrence is crossing or overlapping adjacent occurrence."};
  auto at = series.calendar->changed.find(day);
  changed_occurrence made;
  if (at != series.calendar->changed.end()) made.pieces = at->second.pieces;
  for (const auto& one : pieces)
    if (!one.same(edited, plain)) made.pieces.insert(one.name);
  edited.calendar->given = {};
  if (!made.pieces.empty()) {
    made.values.push_back(std::move(edited));
    series.calendar->changed[day] = std::move(made);
  }
  touch_item(changes, series);
}

void delete_occurrence(change_context& changes, item& series, local_day day) {
  auto& c = *series.calendar;
  bool other = false;
  each_day(*c.repeats, [&](local_day at) {
    other = at != day && !c.deleted.contains(at);
    return !other;
  });
  if (!other)
    throw response_error{"ErrorRecurrenceHasNoOccurrence", "The recurrence would have no occurrence any more."};
  c.deleted.insert(day);
  c.changed.erase(day);
  touch_item(changes, series);
}

local_day day_of_index(const item& series, int index) {
  auto day = day_at(*series.calendar->repeats, index);
  if (!day)
    throw response_error{"ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
                         "Occurrence index is out of recurrence range."};
  if (series.calendar->deleted.contains(*day))
    throw response_error{"ErrorCalendarOccurrenceIsDeletedFromRecurrence", "Occurrence is deleted from recurrence."};
  return *day;
}

std::optional<item> first_occurrence(const item& series) {
  std::optional<local_day> first;
  each_day(*series.calendar->repeats, [&](local_day at) {
    if (!series.calendar->deleted.contains(at)) first = at;
    return !first;
  });
  return first ? std::optional(shown(series, *first)) : std::nullopt;
}

std::optional<item> last_occurrence(const item& series) {
  if (series.calendar->repeats->ends == recurrence_end::never) return std::nullopt;
  std::optional<local_day> last;
  each_day(*series.calendar->repeats, [&](local_day at) {
    if (!series.calendar->deleted.contains(at)) last = at;
    return true;
  });
  return last ? std::optional(shown(series, *last)) : std::nullopt;
}

std::vector<item> in_span(const item& of, sys_time from, sys_time to) {
  std::vector<item> out;
  if (!of.calendar) return out;
  // What has no length stands at its start.
  auto touches = [&](const appointment& c) {
    return c.start < to && (c.end > from || (c.end == c.start && c.start >= from));
  };
  if (!of.calendar->repeats) {
    if (touches(*of.calendar)) out.push_back(of);
    return out;
  }
  const auto& c = *of.calendar;
  auto length = std::chrono::ceil<std::chrono::days>(c.end - c.start) + std::chrono::days(1);
  auto first = day_of(to_local(c.start_zone, from)) - length, last = day_of(to_local(c.start_zone, to));
  auto take = [&](local_day day) {
    auto one = shown(of, day);
    if (touches(*one.calendar)) out.push_back(std::move(one));
  };
  // Exceptions may have moved far from their day.
  for (const auto& [day, change] : c.changed)
    if (change.pieces.contains("time")) take(day);
  each_day(*c.repeats, [&](local_day day) {
    auto change = c.changed.find(day);
    bool moved = change != c.changed.end() && change->second.pieces.contains("time");
    if (day >= first && day <= last && !moved && !c.deleted.contains(day)) take(day);
    return day <= last;
  });
  std::stable_sort(out.begin(), out.end(),
                   [](const item& a, const item& b) { return a.calendar->start < b.calendar->start; });
  return out;
}

bool is_live_meeting(const item& i) {
  if (!i.calendar) return false;
  const auto& c = *i.calendar;
  return c.my_response == "Organizer" && (c.state & 4) == 0 &&
         !(c.required.empty() && c.optional.empty() && c.resources.empty());
}

} // namespace exchange_sim
