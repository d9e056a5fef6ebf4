#include "tests/exchange_sim/calendar_control.hpp"

#include <array>
#include <cstdio>
#include <random>

namespace exchange_sim {

namespace {

using std::chrono::days;

constexpr std::array subjects{
    "Project meeting",  "Zahnarzt",          "Совещание отдела",
    "打ち合わせ",       "Déjeuner avec Ana", "Quarter-end \"close\"",
    "יום הולדת של שרה", "Train to Köln 🚆",   "Review <draft> & plan",
    "Przegląd auta",
};
constexpr std::array places{"Room 4.12", "Café Müller, Köln",      "会議室 A",   "Skype",
                            "",          "Harbour & Quay, pier 7", "Большой зал"};
constexpr std::array bodies{"Please bring the figures of the last quarter.", "Bitte pünktlich sein – Höhe 2,40 m.",
                            "資料を持参してください。", "",
                            "1. Minutes\r\n2. Budget & plan\r\n3. <Any> other business"};
constexpr std::array people{"olga@nord.example", "john@acme.example", "hoa@sen.example", "ana@taller.example",
                            "robot@status.example"};

class generator {
public:
  explicit generator(const appointment_seed& settings) : settings_(settings), random_(settings.seed) {}
  new_appointment next(std::size_t index);

private:
  std::size_t below(std::size_t bound) { return random_() % bound; }
  template <class T, std::size_t n>
  const T& pick(const std::array<T, n>& from) {
    return from[below(n)];
  }

  void timed(appointment_edit& e, local_day day, int minutes);
  void all_day(appointment_edit& e, local_day day, int length);
  void repeat(new_appointment& made, recurrence_kind kind, local_day day);
  void vary(new_appointment& made);

  const appointment_seed& settings_;
  std::mt19937_64 random_;
};

std::string at_minute(local_day day, int minute) {
  day += days(minute / 1440);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "T%02d:%02d:00", minute % 1440 / 60, minute % 60);
  return day_text(day) + text.data();
}

int minute_of(const std::string& text) {
  int hours = 0, minutes = 0;
  std::sscanf(text.c_str() + 11, "%2d:%2d", &hours, &minutes);
  return hours * 60 + minutes;
}

void generator::timed(appointment_edit& e, local_day day, int minutes) {
  int start = 7 * 60 + static_cast<int>(below(44)) * 15;
  e.start = at_minute(day, start);
  e.end = at_minute(day, start + minutes);
}

void generator::all_day(appointment_edit& e, local_day day, int length) {
  e.all_day = true;
  e.start = at_minute(day, 0);
  e.end = at_minute(day + days(length), 0);
  e.free_busy = "Free";
}

void generator::repeat(new_appointment& made, recurrence_kind kind, local_day day) {
  recurrence r;
  r.kind = kind;
  r.start = day;
  std::chrono::year_month_day date{day};
  if (kind == recurrence_kind::daily) r.interval = 1 + static_cast<int>(below(3));
  if (kind == recurrence_kind::weekly) {
    r.interval = 1 + static_cast<int>(below(2));
    r.days = 1U << std::chrono::weekday{day}.c_encoding();
    r.days |= 1U << (1 + below(5));
    r.first_day = 1;
  }
  if (kind == recurrence_kind::monthly) r.day_of_month = below(2) == 0 ? 31 : static_cast<int>(unsigned(date.day()));
  if (kind == recurrence_kind::monthly_relative || kind == recurrence_kind::yearly_relative) {
    r.days = below(3) == 0 ? days_of_word("Weekday") : 1U << below(7);
    r.week = 1 + static_cast<int>(below(5));
  }
  if (kind == recurrence_kind::yearly) r.day_of_month = std::min(28, static_cast<int>(unsigned(date.day())));
  if (kind == recurrence_kind::yearly || kind == recurrence_kind::yearly_relative)
    r.month = static_cast<int>(unsigned(date.month()));
  bool yearly = kind == recurrence_kind::yearly || kind == recurrence_kind::yearly_relative;
  switch (below(yearly ? 2 : 3)) {
  case 0:
    r.ends = recurrence_end::count;
    r.count = 6 + static_cast<int>(below(12));
    break;
  case 1:
    break;
  default:
    r.ends = recurrence_end::date;
    r.end = day + days(250);
  }
  made.values.repeats = r;
}

// One occurrence that starts an hour later under another title, one that is elsewhere, one that is deleted.
void generator::vary(new_appointment& made) {
  const auto& r = *made.values.repeats;
  auto second = *day_at(r, 2), third = *day_at(r, 3), fourth = *day_at(r, 4);
  appointment_edit moved;
  moved.subject = *made.values.subject + " — moved";
  auto start = minute_of(*made.values.start), end = minute_of(*made.values.end);
  if (!made.values.all_day && end > start) {
    moved.start = at_minute(second, start + 60);
    moved.end = at_minute(second, end + 60);
  }
  appointment_edit elsewhere;
  elsewhere.location = "Elsewhere";
  elsewhere.body = "This time elsewhere.";
  elsewhere.reminder = 45;
  made.modified.emplace_back(day_text(second), moved);
  made.modified.emplace_back(day_text(fourth), elsewhere);
  made.deleted.push_back(day_text(third));
}

new_appointment generator::next(std::size_t index) {
  new_appointment made;
  made.folder = settings_.folder;
  auto& e = made.values;
  auto day = settings_.first + days(static_cast<int>(below(180)) - 60);
  e.subject = std::string(pick(subjects)) + " (" + std::to_string(index + 1) + ")";
  e.body = pick(bodies);
  e.body_type = "Text";
  e.location = pick(places);
  e.zone = settings_.zone;
  e.reminder = below(3) == 0 ? -1 : static_cast<int>(5 * (1 + below(12)));
  if (below(3) == 0) e.categories = {below(2) == 0 ? "Red Category" : "Projekte"};
  timed(e, day, 15 * static_cast<int>(1 + below(8)));
  switch (index % 20) {
  case 1:
    all_day(e, day, 1);
    break;
  case 2:
    e.sensitivity = "Private";
    break;
  case 3:
    e.reminder = 2880;
    break;
  case 4:
    e.free_busy = "Free";
    break;
  case 5:
    e.free_busy = "OOF";
    break;
  case 6:
    e.free_busy = "Tentative";
    e.zone = "Eastern Standard Time";
    break;
  case 7:
    all_day(e, day, 3);
    e.free_busy = "OOF";
    break;
  case 8:
    repeat(made, recurrence_kind::daily, day);
    vary(made);
    break;
  case 9:
    repeat(made, recurrence_kind::weekly, day);
    vary(made);
    break;
  case 10:
    repeat(made, recurrence_kind::monthly, day);
    break;
  case 11:
    repeat(made, recurrence_kind::monthly_relative, day);
    vary(made);
    break;
  case 12:
    all_day(e, day, 1);
    repeat(made, recurrence_kind::yearly, day);
    break;
  case 13:
    repeat(made, recurrence_kind::yearly_relative, day);
    break;
  case 14:
    e.required = {pick(people), "someone@else.example"};
    e.optional = {pick(people)};
    made.sent = true;
    break;
  case 15:
    made.organizer = pick(people);
    made.response = below(2) == 0 ? "Accept" : "Tentative";
    e.required = {"someone@else.example"};
    break;
  case 16:
    e.zone = "Tokyo Standard Time";
    repeat(made, recurrence_kind::weekly, day);
    break;
  case 17:
    e.body = "<html><body><p>Agenda: <b>Ünïcödé</b> &amp; more</p></body></html>";
    e.body_type = "HTML";
    e.importance = "High";
    break;
  case 18:
    all_day(e, day, 1);
    repeat(made, recurrence_kind::weekly, day);
    vary(made);
    break;
  case 19: // over midnight
    e.start = at_minute(day, 22 * 60);
    e.end = at_minute(day, 26 * 60);
    e.sensitivity = "Confidential";
    break;
  default:
    break;
  }
  return made;
}

} // namespace

std::vector<new_appointment> seed_appointments(const appointment_seed& settings) {
  generator source(settings);
  std::vector<new_appointment> made;
  for (std::size_t i = 0; i < settings.count; ++i)
    made.push_back(source.next(i));
  return made;
}

} // namespace exchange_sim
