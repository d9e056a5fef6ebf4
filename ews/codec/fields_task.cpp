#include "ews/codec/canonical.hpp"
#include "ews/codec/field_rows.hpp"
#include "ews/codec/recurrence.hpp"

#include <charconv>
#include <cmath>

namespace exsyncd::ews {
namespace {

// ---- dates
// -----------------------------------------------------------------------------------------------------------

// Dates of tasks are days without a zone ([MS-OXOTASK] 2.2.2.2.4, 2.2.2.2.5): midnight as written, whatever offset a
// server writes it with.
std::string_view day_of(const element& item, std::string_view name) {
  return date_only(item.text_of(name));
}
std::string midnight(std::string_view day) {
  return std::string(day) + "T00:00:00Z";
}

struct date_line {
  std::string_view name;
  std::string_view uri;
  std::string_view element; // written
};
constexpr date_line start{"StartDate", "task:StartDate", "t:StartDate"};
constexpr date_line due{"DueDate", "task:DueDate", "t:DueDate"};
constexpr date_line complete{"CompleteDate", "task:CompleteDate", "t:CompleteDate"};

void set_day(update_writer& out, const date_line& which, std::string_view day) {
  out.set(which.uri, [&](xml_writer& x) { x.text(which.element, midnight(day)); });
}
void write_day(xml_writer& out, const date_line& which, std::string_view value) {
  if (const auto day = named_line(value, which.name)) out.text(which.element, midnight(*day));
}
create_part day_part(field whose, const date_line& which) {
  return {whose,
          [which](xml_writer& out, std::string_view value, const schema_version&) { write_day(out, which, value); }};
}

field_row dates_row() {
  field_row row{field::task_dates, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) { shape.uris.insert(shape.uris.end(), {start.uri, due.uri}); };
  row.read = [](const element& item, bool) {
    std::string out;
    for (const auto& line : {start, due})
      if (const auto day = day_of(item, line.name); !day.empty()) add_line(out, line.name, day);
    return out;
  };
  row.update = [](update_writer& out, std::string_view value) {
    for (const auto& line : {start, due})
      if (const auto day = named_line(value, line.name))
        set_day(out, line, *day);
      else
        out.erase(line.uri);
  };
  return row;
}

// ---- progress
// --------------------------------------------------------------------------------------------------------

// Status, PercentComplete and CompleteDate overwrite each other, the last one processed wins (MS-OXWSTASK R67001 to
// R67003). So of a completed task only the day is written, which completes it; of a task that has not begun only the
// status, which clears the others; of any other the percentage and then the status, which then keeps it.

/// "Status=InProgress\nPercentComplete=50", "Status=Completed\nCompleteDate=2026-11-25"; empty: not started.
std::string read_progress(const element& item, bool) {
  const auto status = item.word_of("Status");
  std::string out;
  if (status == "Completed") {
    add_line(out, "Status", status);
    if (const auto day = day_of(item, complete.name); !day.empty()) add_line(out, complete.name, day);
    return out;
  }
  double percent = 0;
  const auto text = item.word_of("PercentComplete");
  std::from_chars(text.data(), text.data() + text.size(), percent);
  const auto whole = std::lround(percent);
  if ((status.empty() || status == "NotStarted") && whole == 0) return {};
  add_line(out, "Status", status.empty() ? "NotStarted" : status);
  if (whole != 0) add_line(out, "PercentComplete", std::to_string(whole));
  return out;
}

void update_progress(update_writer& out, std::string_view value) {
  const auto status = named_line(value, "Status").value_or("NotStarted");
  if (const auto day = named_line(value, complete.name)) return set_day(out, complete, *day);
  if (status != "NotStarted" && status != "Completed")
    out.set("task:PercentComplete",
            [&](xml_writer& x) { x.text("t:PercentComplete", named_line(value, "PercentComplete").value_or("0")); });
  out.set("task:Status", [&](xml_writer& x) { x.text("t:Status", status); });
}

field_row progress_row() {
  field_row row{field::progress, settable_when::always};
  row.ask = [](item_shape& shape, const schema_version&) {
    shape.uris.insert(shape.uris.end(), {complete.uri, "task:PercentComplete", "task:Status"});
  };
  row.read = read_progress;
  row.update = update_progress;
  return row;
}
create_part percent_part() {
  return {field::progress, [](xml_writer& out, std::string_view value, const schema_version&) {
            if (named_line(value, complete.name)) return;
            if (const auto percent = named_line(value, "PercentComplete")) out.text("t:PercentComplete", *percent);
          }};
}
create_part status_part() {
  return {field::progress, [](xml_writer& out, std::string_view value, const schema_version&) {
            if (named_line(value, complete.name)) return;
            if (const auto status = named_line(value, "Status")) out.text("t:Status", *status);
          }};
}

// ---- the rest
// --------------------------------------------------------------------------------------------------------

field_row recurrence_row() {
  return row_with(
      field::recurrence, "task:Recurrence", settable_when::always,
      [](const element& item, bool) { return read_recurrence(item); },
      [](update_writer& out, std::string_view value) {
        if (value.empty()) return out.erase("task:Recurrence");
        out.set("task:Recurrence", [&](xml_writer& x) { write_recurrence(x, value, out.version); });
      });
}
create_part recurrence_part() {
  return {field::recurrence, [](xml_writer& out, std::string_view value, const schema_version& version) {
            write_recurrence(out, value, version);
          }};
}

} // namespace

const class_fields& task_fields() {
  static const class_fields table{
      item_class::task,
      "Task",
      {subject_row(), sensitivity_row(), body_row(), replaceable_attachments_row(), attachment_sizes_row(),
       attachment_ids_row(), attachment_holder_row(), categories_row(), importance_row(),
       number_row(field::actual_work, "task:ActualWork"),
       text_row(field::billing_information, "task:BillingInformation"), strings_row(field::companies, "task:Companies"),
       strings_row(field::task_contacts, "task:Contacts"), text_row(field::mileage, "task:Mileage"),
       number_row(field::total_work, "task:TotalWork"), recurrence_row(),
       // A pattern has dates of its own, and completing one of a series moves them: dates and progress come last.
       dates_row(), progress_row(), reminder_at_row()},
      {subject_part(), sensitivity_part(), body_part(), categories_part(), importance_part(), reminder_at_due_part(),
       reminder_is_set_part()},
      {},
      {number_part(field::actual_work, "task:ActualWork"),
       text_part(field::billing_information, "task:BillingInformation"),
       strings_part(field::companies, "task:Companies"), day_part(field::progress, complete),
       strings_part(field::task_contacts, "task:Contacts"), day_part(field::task_dates, due),
       text_part(field::mileage, "task:Mileage"), percent_part(), recurrence_part(), day_part(field::task_dates, start),
       status_part(), number_part(field::total_work, "task:TotalWork")}};
  return table;
}

} // namespace exsyncd::ews
