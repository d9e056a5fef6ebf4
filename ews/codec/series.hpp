#pragma once

#include "ews/codec/items.hpp"
#include "ews/codec/soap.hpp"
#include "ews/codec/xml_reader.hpp"
#include "ews/model/item.hpp"

#include <string>
#include <string_view>
#include <vector>

/// A series of appointments: its exceptions as one value, and the requests about single occurrences.
namespace exsyncd::ews {

// ---- the value of field::exceptions
// -----------------------------------------------------------------------------------

struct changed_occurrence {
  utc_seconds original_start;
  /// What differs from the series: values as of an appointment, an empty one where only the series has one. `time` is
  /// start and end, and "all_day=…" where that differs; the zones are those of the series.
  std::vector<field_value> fields;
  friend bool operator==(const changed_occurrence&, const changed_occurrence&) = default;
};
struct series_exceptions {
  std::vector<utc_seconds> deleted; // by original start
  std::vector<changed_occurrence> changed;
  friend bool operator==(const series_exceptions&, const series_exceptions&) = default;
};
/// Sorted by original start; empty where there are none. Lines: "deleted=2026-11-25T08:00:00Z", "changed=…", and after
/// that one "<number of the field>=<value>" for each field.
std::string canonical(series_exceptions exceptions);
series_exceptions exceptions_of(std::string_view value);

/// The fields that an occurrence may have of its own. Sensitivity is that of the series, and so are attachments here.
bool of_an_occurrence(field which);
/// What is different in an occurrence from its series; both as read_content_of gives them.
std::vector<field_value> differences(const std::vector<field_value>& series, const std::vector<field_value>& occurrence,
                                     utc_seconds original_start);
/// The value of a field an occurrence has where nothing was changed: of `time` the original start and the length.
field_value unchanged_value(const std::vector<field_value>& series, field which, utc_seconds original_start);
/// A field's value, or empty.
std::string_view value_of(const std::vector<field_value>& fields, field which);

// ---- what a read of a master says of its occurrences
// ------------------------------------------------------------------

struct series_facts {
  struct modified {
    item_id id;
    utc_seconds original_start;
  };
  std::vector<modified> changed;
  std::vector<utc_seconds> deleted;
};
/// ModifiedOccurrences and DeletedOccurrences, whose Start is the original one.
series_facts read_series_facts(const element& item);

// ---- requests
// --------------------------------------------------------------------------------------------------------------

/// An occurrence by its place: the index counts from 1, deleted occurrences count. An empty key is not written.
struct occurrence_id {
  item_key master; // occurrences have the key of their series
  int index = 1;
};

/// GetItem of occurrences, for their original starts: one entry each. ErrorCalendarOccurrenceIsDeletedFromRecurrence:
/// it is deleted; ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange: there is none.
struct get_occurrences {
  std::vector<occurrence_id> occurrences; // at least one
};
std::string write(const request_context& context, const get_occurrences& request);
/// OriginalStart, which is Start where it was not moved.
answer_reader<utc_seconds> read_get_occurrences();

/// UpdateItem of one occurrence, guarded by the key of the series (NeverOverwrite); the answer's key is the new one of
/// the whole series.
struct update_occurrence {
  occurrence_id occurrence;
  std::vector<field_value> fields; // at least one
};
std::string write(const request_context& context, const update_occurrence& request);

/// DeleteItem of one occurrence. It goes to no Deleted Items: it becomes a DeletedOccurrence of the master.
struct delete_occurrence {
  occurrence_id occurrence;
  bool soft = false; // SoftDelete in place of MoveToDeletedItems
};
std::string write(const request_context& context, const delete_occurrence& request);

} // namespace exsyncd::ews
