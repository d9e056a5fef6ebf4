#include "ews/codec/series.hpp"

#include "ews/codec/canonical.hpp"
#include "ews/codec/dates.hpp"
#include "ews/codec/field_table.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/quiet.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace exsyncd::ews {
namespace {

constexpr std::array own_fields{field::time,     field::subject,    field::location,
                                field::body,     field::categories, field::importance,
                                field::reminder, field::free_busy,  field::attendees};

struct times {
  std::optional<utc_seconds> start, end;
  bool all_day = false;
};
times times_of(std::string_view value) {
  return {parse_date(named_line(value, "start").value_or("")), parse_date(named_line(value, "end").value_or("")),
          named_line(value, "all_day") == "true"};
}

std::string time_value(utc_seconds start, utc_seconds end, std::optional<bool> all_day) {
  std::string out;
  add_line(out, "start", write_date(start));
  add_line(out, "end", write_date(end));
  if (all_day) add_line(out, "all_day", *all_day ? "true" : "false");
  return out;
}

/// How long an occurrence lasts. Whole days are counted as days, whose length changes twice a year.
utc_seconds end_of(const times& series, utc_seconds start) {
  if (!series.start || !series.end) return start;
  return start + (*series.end - *series.start);
}

bool same_length(const times& series, const times& occurrence) {
  if (series.all_day != occurrence.all_day) return false;
  const auto a = *series.end - *series.start, b = *occurrence.end - *occurrence.start;
  return a == b ||
         (series.all_day && std::chrono::round<std::chrono::days>(a) == std::chrono::round<std::chrono::days>(b));
}

void write_occurrence_id(xml_writer& out, const occurrence_id& which) {
  const auto index = std::to_string(which.index);
  if (which.master.key.empty())
    out.empty("t:OccurrenceItemId", {{"RecurringMasterId", which.master.id.value}, {"InstanceIndex", index}});
  else
    out.empty("t:OccurrenceItemId", {{"RecurringMasterId", which.master.id.value},
                                     {"ChangeKey", which.master.key.value},
                                     {"InstanceIndex", index}});
}

} // namespace

std::string_view value_of(const std::vector<field_value>& fields, field which) {
  const auto at = std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.field == which; });
  return at == fields.end() ? std::string_view() : std::string_view(at->value);
}

// ---- the value
// -------------------------------------------------------------------------------------------------------------

std::string canonical(series_exceptions exceptions) {
  std::sort(exceptions.deleted.begin(), exceptions.deleted.end());
  std::sort(exceptions.changed.begin(), exceptions.changed.end(),
            [](const auto& a, const auto& b) { return a.original_start < b.original_start; });
  std::string out;
  for (auto when : exceptions.deleted)
    add_line(out, "deleted", write_date(when));
  for (auto& one : exceptions.changed) {
    add_line(out, "changed", write_date(one.original_start));
    std::sort(one.fields.begin(), one.fields.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
    for (const auto& f : one.fields)
      add_line(out, std::to_string(static_cast<int>(f.field)), f.value);
  }
  return out;
}

series_exceptions exceptions_of(std::string_view value) {
  series_exceptions out;
  for (auto line : lines_of(value)) {
    const auto name = line.substr(0, line.find('='));
    const auto text = line.substr(std::min(line.size(), name.size() + 1));
    if (name == "deleted" || name == "changed") {
      const auto when = parse_date(text);
      if (!when) continue;
      if (name == "deleted")
        out.deleted.push_back(*when);
      else
        out.changed.push_back({*when, {}});
      continue;
    }
    int number = 0;
    if (out.changed.empty() || std::from_chars(name.data(), name.data() + name.size(), number).ec != std::errc{})
      continue;
    if (const auto which = static_cast<field>(number); of_an_occurrence(which))
      out.changed.back().fields.push_back({which, unfolded(text)});
  }
  return out;
}

bool of_an_occurrence(field which) {
  return std::find(own_fields.begin(), own_fields.end(), which) != own_fields.end();
}

std::vector<field_value> differences(const std::vector<field_value>& series, const std::vector<field_value>& occurrence,
                                     utc_seconds original_start) {
  std::vector<field_value> out;
  for (auto which : own_fields) {
    const auto mine = value_of(occurrence, which);
    if (which != field::time) {
      if (mine != value_of(series, which)) out.push_back({which, std::string(mine)});
      continue;
    }
    const auto here = times_of(mine), all = times_of(value_of(series, which));
    if (!here.start || !here.end || !all.start || !all.end) continue;
    if (*here.start == original_start && same_length(all, here)) continue;
    out.push_back({which, time_value(*here.start, *here.end,
                                     here.all_day == all.all_day ? std::nullopt : std::optional(here.all_day))});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.field < b.field; });
  return out;
}

field_value unchanged_value(const std::vector<field_value>& series, field which, utc_seconds original_start) {
  if (which != field::time) return {which, std::string(value_of(series, which))};
  const auto all = times_of(value_of(series, which));
  return {which, time_value(original_start, end_of(all, original_start), all.all_day)};
}

// ---- facts
// --------------------------------------------------------------------------------------------------------------

series_facts read_series_facts(const element& item) {
  series_facts out;
  if (const auto* list = item.child("ModifiedOccurrences"))
    for (const auto& one : list->children) {
      const auto* id = one.child("ItemId");
      const auto original = parse_date(one.text_of("OriginalStart"));
      if (id && original) out.changed.push_back({item_id(std::string(id->attribute("Id"))), *original});
    }
  if (const auto* list = item.child("DeletedOccurrences"))
    for (const auto& one : list->children)
      if (const auto start = parse_date(one.text_of("Start"))) out.deleted.push_back(*start);
  return out;
}

// ---- requests
// ------------------------------------------------------------------------------------------------------------

std::string write(const request_context& context, const get_occurrences& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:GetItem");
    write_item_shape(out, {{"calendar:Start", "calendar:OriginalStart"}, {}, false});
    out.open("m:ItemIds");
    for (const auto& one : request.occurrences)
      write_occurrence_id(out, one);
    out.close("m:ItemIds");
    out.close("m:GetItem");
  });
}

answer_reader<utc_seconds> read_get_occurrences() {
  return {"GetItem", [](element& message) -> std::variant<utc_seconds, std::string> {
            const auto* item = first_item(message);
            if (!item) return "a success without an item";
            if (const auto original = parse_date(item->text_of("OriginalStart"))) return *original;
            if (const auto start = parse_date(item->text_of("Start"))) return *start;
            return "an occurrence without a start";
          }};
}

std::string write(const request_context& context, const update_occurrence& request) {
  return write_envelope(context, [&](xml_writer& out) {
    auto attributes = quietly(quiet_operation::update_item, *context.version);
    attributes.emplace_back("ConflictResolution", "NeverOverwrite");
    out.open("m:UpdateItem", attributes);
    out.open("m:ItemChanges");
    out.open("t:ItemChange");
    write_occurrence_id(out, request.occurrence);
    out.open("t:Updates");
    write_updates(out, item_class::appointment, request.fields, *context.version);
    out.close("t:Updates");
    out.close("t:ItemChange");
    out.close("m:ItemChanges");
    out.close("m:UpdateItem");
  });
}

std::string write(const request_context& context, const delete_occurrence& request) {
  return write_envelope(context, [&](xml_writer& out) {
    auto attributes = quietly(quiet_operation::delete_item, *context.version);
    attributes.emplace_back("DeleteType", request.soft ? "SoftDelete" : "MoveToDeletedItems");
    out.open("m:DeleteItem", attributes);
    out.open("m:ItemIds");
    write_occurrence_id(out, request.occurrence);
    out.close("m:ItemIds");
    out.close("m:DeleteItem");
  });
}

} // namespace exsyncd::ews
