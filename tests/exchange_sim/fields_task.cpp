// TaskType: fields that overwrite each other, and recurring tasks that split (MS-OXWSTASK, UpdateItem (Task)).
#include "tests/exchange_sim/fields_item.hpp"
#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/task_recurrence.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace exchange_sim {

namespace {

using reading = field_reading;
using w = xml_writer;
constexpr auto e2007 = schema_version::e2007;
constexpr auto standard = shape_set::standard;
constexpr auto all = shape_set::all;

sys_time midnight(sys_time at) {
  return std::chrono::floor<std::chrono::days>(at);
}

/// A date of a task has no time of day: the day is what counts, and it is shown as midnight (MS-OXOTASK).
std::optional<sys_time> read_day(node value) {
  auto at = parse_time(value.text());
  return at ? std::optional(midnight(*at)) : std::nullopt;
}

} // namespace

// Status, PercentComplete and CompleteDate are one state; each writes the other two, so the last one stands
// (MS-OXWSTASK R67001 to R67003).
void set_task_status(task_data& task, const std::string& status, sys_time now) {
  if (status == "Completed") {
    task.percent = 100;
    task.complete = midnight(now);
  } else {
    task.complete.reset();
    if (status == "NotStarted" || task.percent == 100) task.percent = 0;
  }
  task.status = status;
}

void set_task_percent(task_data& task, double percent, sys_time now) {
  set_task_status(task, percent == 100 ? "Completed" : percent == 0 ? "NotStarted" : "InProgress", now);
  task.percent = percent;
}

void set_task_complete(task_data& task, sys_time on) {
  set_task_status(task, "Completed", on);
}

namespace {

std::string description_of(const std::string& status) {
  return status == "NotStarted"        ? "Not Started"
         : status == "InProgress"      ? "In Progress"
         : status == "WaitingOnOthers" ? "Waiting on someone else"
                                       : status;
}

std::string percent_text(double percent) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.15g", percent);
  return text.data();
}

void write_strings(w& out, const char* element, const std::vector<std::string>& list) {
  if (list.empty()) return;
  out.open(element);
  for (const auto& one : list)
    out.leaf("t:String", one);
  out.close();
}

std::vector<std::string> read_strings(node list) {
  std::vector<std::string> out;
  for (auto one : list.children())
    out.push_back(one.text());
  return out;
}

void set_percent(session& s, item& of, node value, write_stage) {
  auto text = value.text();
  char* end = nullptr;
  auto percent = std::strtod(text.c_str(), &end);
  if (end == text.c_str() || !(percent >= 0 && percent <= 100))
    throw response_error{"ErrorInvalidPercentCompleteValue", "The percentage must be between 0 and 100."};
  set_task_percent(of.task, percent, s.now);
}

void set_complete(session& s, item& of, node value, write_stage) {
  auto at = parse_time(value.text());
  // The end of the day of the server's clock: the date is what counts.
  if (!at || midnight(*at) > midnight(s.now) + std::chrono::days(1))
    throw response_error{"ErrorInvalidCompleteDate", "The complete date lies in the future."};
  set_task_complete(of.task, *at);
}

#define TEXT(element, member)                                                                                          \
  field {                                                                                                              \
    "task:" element, element, e2007, all, true,                                                                        \
        [](const reading& r, w& out) {                                                                                 \
          if (!r.of.task.member.empty()) out.leaf("t:" element, r.of.task.member);                                     \
        },                                                                                                             \
        [](session&, item& i, node v, write_stage) { i.task.member = v.text(); },                                      \
        [](item& i) { i.task.member.clear(); }, false, nullptr, [](session&, const item& i) { return i.task.member; }  \
  }
#define NUMBER(element, member)                                                                                        \
  field {                                                                                                              \
    "task:" element, element, e2007, all, true,                                                                        \
        [](const reading& r, w& out) {                                                                                 \
          if (r.of.task.member) out.leaf("t:" element, std::to_string(*r.of.task.member));                             \
        },                                                                                                             \
        [](session&, item& i, node v, write_stage) { i.task.member = std::atoi(v.text().c_str()); },                   \
        [](item& i) { i.task.member.reset(); }, false, nullptr,                                                        \
        [](session&, const item& i) { return i.task.member ? std::to_string(*i.task.member) : std::string(); }         \
  }
#define LIST(element, member)                                                                                          \
  field {                                                                                                              \
    "task:" element, element, e2007, all, true,                                                                        \
        [](const reading& r, w& out) { write_strings(out, "t:" element, r.of.task.member); },                          \
        [](session&, item& i, node v, write_stage) { i.task.member = read_strings(v); },                               \
        [](item& i) { i.task.member.clear(); }, false, nullptr,                                                        \
        [](session&, const item& i) { return i.task.member.empty() ? std::string() : i.task.member.front(); }          \
  }
#define DAY(element, member)                                                                                           \
  field {                                                                                                              \
    "task:" element, element, e2007, standard, true,                                                                   \
        [](const reading& r, w& out) { write_time(out, "t:" element, r.of.task.member); },                             \
        [](session&, item& i, node v, write_stage) { i.task.member = read_day(v); },                                   \
        [](item& i) { i.task.member.reset(); }, false, nullptr,                                                        \
        [](session&, const item& i) { return i.task.member ? wire_time(*i.task.member) : std::string(); }              \
  }
/// Of task requests, which nobody makes over EWS: never there, never set.
#define NEVER(element)                                                                                                 \
  field {                                                                                                              \
    "task:" element, element, e2007, all, true, [](const reading&, w&) {}, nullptr, nullptr, false, nullptr, nullptr   \
  }
#define SHOWN(element, expression)                                                                                     \
  field {                                                                                                              \
    "task:" element, element, e2007, all, true,                                                                        \
        [](const reading& r, w& out) {                                                                                 \
          [[maybe_unused]] const auto& i = r.of;                                                                       \
          out.leaf("t:" element, expression);                                                                          \
        },                                                                                                             \
        nullptr, nullptr, false, nullptr,                                                                              \
        [](session&, [[maybe_unused]] const item& i) -> std::string { return expression; }                             \
  }

const std::array table{
    NUMBER("ActualWork", actual_work),
    NEVER("AssignedTime"),
    TEXT("BillingInformation", billing),
    SHOWN("ChangeCount", std::to_string(i.task.change_count)),
    LIST("Companies", companies),
    field{"task:CompleteDate", "CompleteDate", e2007, all, true,
          [](const reading& r, w& out) { write_time(out, "t:CompleteDate", r.of.task.complete); }, set_complete,
          [](item& i) {
            if (i.task.complete) set_task_status(i.task, "NotStarted", {});
          },
          false, nullptr,
          [](session&, const item& i) { return i.task.complete ? wire_time(*i.task.complete) : std::string(); }},
    LIST("Contacts", contacts),
    NEVER("DelegationState"),
    NEVER("Delegator"),
    DAY("DueDate", due),
    NEVER("IsAssignmentEditable"),
    SHOWN("IsComplete", flag_word(i.task.status == "Completed")),
    SHOWN("IsRecurring", flag_word(i.task.recurrence.has_value())),
    SHOWN("IsTeamTask", "false"),
    TEXT("Mileage", mileage),
    field{"task:Owner", "Owner", e2007, all, true,
          [](const reading& r, w& out) {
            if (!r.of.task.owner.empty()) out.leaf("t:Owner", r.of.task.owner);
          },
          [](session&, item& i, node v, write_stage stage) {
            if (stage == write_stage::updating)
              throw response_error{"ErrorInvalidPropertySet",
                                   "Set action is invalid for property.",
                                   {},
                                   "<t:FieldURI FieldURI=\"task:Owner\"/>"};
            i.task.owner = v.text();
          },
          nullptr, false, nullptr, [](session&, const item& i) { return i.task.owner; }},
    field{"task:PercentComplete", "PercentComplete", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:PercentComplete", percent_text(r.of.task.percent)); }, set_percent,
          [](item& i) { set_task_percent(i.task, 0, {}); }, false, nullptr,
          [](session&, const item& i) { return percent_text(i.task.percent); }},
    field{"task:Recurrence", "Recurrence", e2007, all, false,
          [](const reading& r, w& out) {
            if (r.of.task.recurrence) write_task_recurrence(r.s, out, *r.of.task.recurrence);
          },
          [](session&, item& i, node v, write_stage) { i.task.recurrence = read_task_recurrence(v); },
          [](item& i) { i.task.recurrence.reset(); }, false, nullptr, nullptr},
    DAY("StartDate", start),
    field{"task:Status", "Status", e2007, standard, true,
          [](const reading& r, w& out) { out.leaf("t:Status", r.of.task.status); },
          [](session& s, item& i, node v, write_stage) { set_task_status(i.task, v.text(), s.now); },
          [](item& i) { set_task_status(i.task, "NotStarted", {}); }, false, nullptr,
          [](session&, const item& i) { return i.task.status; }},
    SHOWN("StatusDescription", description_of(i.task.status)),
    NUMBER("TotalWork", total_work),
};

#undef TEXT
#undef NUMBER
#undef LIST
#undef DAY
#undef NEVER
#undef SHOWN

/// A recurring task stands at one occurrence, whose day is its due date; a due date before the start is moved to it.
void set_dates(task_data& task) {
  if (task.recurrence && !task.start && !task.due) task.start = task.due = first_occurrence(*task.recurrence);
  if (task.start && task.due && *task.due < *task.start) task.due = task.start;
}

sys_time occurrence_of(const task_data& task) {
  return task.due ? *task.due : task.start ? *task.start : task.recurrence->start;
}

/// Moves a recurring task on to its next occurrence, not begun; false: it stands at the last one.
bool advance(task_data& task, sys_time done) {
  bool regenerates = task.recurrence->regenerates();
  auto next = next_occurrence(*task.recurrence, regenerates ? done : occurrence_of(task));
  if (!next) return false;
  auto span = task.start && task.due ? *task.due - *task.start : sys_time::duration{};
  bool started = task.start.has_value();
  task.due = *next;
  if (started) task.start = *next - span;
  if (regenerates && task.recurrence->range == "NumberedRecurrence") --task.recurrence->count;
  set_task_status(task, "NotStarted", {});
  task.actual_work.reset();
  return true;
}

} // namespace

std::span<const field> task_fields() {
  return table;
}

void complete_new_task(item& made, const std::string& owner) {
  set_dates(made.task);
  if (made.task.owner.empty()) made.task.owner = owner;
  made.task.change_count = 1;
}

void task_creating(session& s, node, node, item& made) {
  complete_new_task(made, s.box->who.display_name);
}

item& task_saving(change_context& changes, item& stored, item edited) {
  const auto& before = stored.task;
  set_dates(edited.task);
  bool completed = edited.task.status == "Completed" && before.status != "Completed";
  bool moved = edited.task.start != before.start || edited.task.due != before.due;
  bool same_series = before.recurrence && edited.task.recurrence == before.recurrence;
  bool splits = same_series && (completed || (moved && !before.recurrence->regenerates()));
  auto master = before;
  ++edited.task.change_count;
  // The last occurrence does not split: there is no next one for the series to go on with.
  if (!splits || !advance(master, edited.task.complete.value_or(changes.now))) {
    stored = std::move(edited);
    touch_item(changes, stored);
    return stored;
  }
  stored.task = std::move(master);
  ++stored.task.change_count;
  touch_item(changes, stored);
  // The one-off is a copy of what the task was at this occurrence, named properties and all.
  edited.task.recurrence.reset();
  edited.search_key.clear();
  edited.created = {};
  edited.modified = {};
  edited.modified_by.clear();
  return put_item(changes, *changes.box.find_folder(stored.folder), std::move(edited));
}

bool task_deleting(session& s, node request, item& gone) {
  auto which = request.attribute("AffectedTaskOccurrences");
  if (!which)
    throw response_error{"ErrorAffectedTaskOccurrencesRequired",
                         "AffectedTaskOccurrences attribute must be specified when a task is deleted."};
  if (*which != "SpecifiedOccurrenceOnly" || !gone.task.recurrence) return false;
  auto changes = s.changes();
  if (!advance(gone.task, s.now))
    throw response_error{"ErrorCannotDeleteTaskOccurrence", "The last occurrence of a task cannot be deleted alone."};
  ++gone.task.change_count;
  touch_item(changes, gone);
  return true;
}

} // namespace exchange_sim
