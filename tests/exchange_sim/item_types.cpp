#include "tests/exchange_sim/item_types.hpp"

#include "tests/exchange_sim/calendar_operations.hpp"
#include "tests/exchange_sim/fields_item.hpp"

#include <array>
#include <map>
#include <stdexcept>

namespace exchange_sim {

namespace {

constexpr std::array types{
    item_rules{"Message", "IPM.Note", "drafts", 0x09, message_fields, nullptr, nullptr, nullptr, nullptr},
    item_rules{"PostItem", "IPM.Post", "drafts", 0x16, post_fields, nullptr, nullptr, nullptr, nullptr},
    item_rules{"Contact", "IPM.Contact", "contacts", 0x11, contact_fields, contact_entries, contact_creating, nullptr,
               nullptr, contact_changing},
    item_rules{"DistributionList", "IPM.DistList", "contacts", 0x12, distribution_list_fields, nullptr, list_creating,
               nullptr, nullptr},
    item_rules{"Task", "IPM.Task", "tasks", 0x13, task_fields, nullptr, task_creating, nullptr, task_deleting, nullptr,
               task_saving},
    item_rules{"CalendarItem", "IPM.Appointment", "calendar", 0x0f, calendar_fields, nullptr, calendar_creating,
               calendar_updating, calendar_deleting},
    item_rules{"MeetingRequest", nullptr, "drafts", 0x0b, message_fields, nullptr, nullptr, nullptr, nullptr},
    item_rules{"MeetingResponse", nullptr, "drafts", 0x0c, message_fields, nullptr, nullptr, nullptr, nullptr},
    item_rules{"MeetingCancellation", nullptr, "drafts", 0x0d, message_fields, nullptr, nullptr, nullptr, nullptr},
    item_rules{"MeetingMessage", nullptr, "drafts", 0x0a, message_fields, nullptr, nullptr, nullptr, nullptr},
};

struct class_row {
  std::string_view prefix, element;
};

// What has no type of its own is a Message: Exchange answers ItemType's items so since 2007 SP1 (MS-OXWSATT R318014).
constexpr std::array classes{
    class_row{"IPM.Appointment", "CalendarItem"},
    // An exception of a series.
    class_row{"IPM.OLE.CLASS.{00061055-0000-0000-C000-000000000046}", "CalendarItem"},
    class_row{"IPM.Contact", "Contact"},
    class_row{"IPM.DistList", "DistributionList"},
    class_row{"IPM.Task", "Task"},
    class_row{"IPM.Schedule.Meeting.Request", "MeetingRequest"},
    class_row{"IPM.Schedule.Meeting.Resp", "MeetingResponse"},
    class_row{"IPM.Schedule.Meeting.Canceled", "MeetingCancellation"},
    class_row{"IPM.Post", "PostItem"},
};

/// "IPM.Contact" and "IPM.Contact.Supplier", not "IPM.Contacts".
bool is_or_below(std::string_view item_class, std::string_view of) {
  return item_class == of || (item_class.starts_with(of) && item_class[of.size()] == '.');
}

/// IPM.Schedule.Meeting.Resp.Pos and the like.
bool is_kind(std::string_view item_class, const class_row& row) {
  return is_or_below(item_class, row.prefix);
}

const std::vector<field>& rows_of(const item_rules& rules) {
  static const auto all = [] {
    std::map<std::string_view, std::vector<field>> out;
    for (const auto& type : types) {
      auto& rows = out[type.element];
      rows.assign(item_fields().begin(), item_fields().end());
      if (type.fields != nullptr) rows.insert(rows.end(), type.fields().begin(), type.fields().end());
    }
    return out;
  }();
  return all.at(rules.element);
}

} // namespace

item& save_item(change_context& changes, item& stored, item edited) {
  const auto& rules = rules_of_class(stored.item_class);
  edited.unmodified = false;
  if (rules.changing != nullptr) rules.changing(changes.host, stored, edited);
  if (rules.saving != nullptr) return rules.saving(changes, stored, std::move(edited));
  stored = std::move(edited);
  touch_item(changes, stored);
  return stored;
}

const item_rules& rules_of_class(std::string_view item_class) {
  for (const auto& row : classes)
    if (is_kind(item_class, row)) return *rules_of_element(row.element);
  return types.front();
}

const item_rules* rules_of_element(std::string_view element) {
  if (element == "Item") return &types.front();
  for (const auto& type : types)
    if (type.element == element) return &type;
  return nullptr;
}

std::span<const field> fields_of(const item_rules& rules) {
  return rows_of(rules);
}

const field* field_of_uri(const item_rules& rules, std::string_view uri) {
  for (const auto& row : rows_of(rules))
    if (row.uri == uri) return &row;
  return nullptr;
}

const field* field_of_element(const item_rules& rules, std::string_view element) {
  for (const auto& row : rows_of(rules))
    if (row.element == element) return &row;
  return nullptr;
}

const indexed_field* indexed_of_uri(const item_rules& rules, std::string_view uri) {
  if (rules.indexed == nullptr) return nullptr;
  for (const auto& row : rules.indexed())
    if (row.uri == uri) return &row;
  return nullptr;
}

const field* field_of_any(std::string_view uri) {
  for (const auto& type : types)
    if (const auto* row = field_of_uri(type, uri)) return row;
  return nullptr;
}

std::string element_of_class(std::string_view item_class) {
  return rules_of_class(item_class).element;
}

} // namespace exchange_sim
