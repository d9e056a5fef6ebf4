#pragma once

#include "tests/exchange_sim/properties.hpp"

#include <span>
#include <string_view>

namespace exchange_sim {

/// What one schema type of items has beyond ItemType. A new type is a row in item_types.cpp and a file of fields.
struct item_rules {
  const char* element;    ///< "Contact"
  const char* item_class; ///< what CreateItem gives where the request names none; null: cannot be created by fields
  const char* folder;     ///< distinguished folder that CreateItem without SavedItemFolderId saves into
  char change_key_type;   ///< first byte of a ChangeKey, as recorded traffic shows it
  /// The rows that come after ItemType's, in the order of the schema; null: none.
  std::span<const field> (*fields)();
  /// Entries of dictionaries that an IndexedFieldURI names; null: none.
  std::span<const indexed_field> (*indexed)();
  /// CreateItem: refuses, and fills in what the server computes, after the fields were read; null: nothing to do.
  void (*creating)(session&, node request, node element, item& made);
  /// UpdateItem: saves `edited` over `stored` and answers the item whose id the answer carries; null: plainly.
  item& (*updating)(session&, node request, item& stored, item edited);
  /// DeleteItem: refuses, or does all itself and says true; null: plainly.
  bool (*deleting)(session&, node request, item& gone);
  /// Any change of content, by EWS or by a user: computes what follows from it; null: nothing does.
  void (*changing)(const server&, const item& stored, item& edited) = nullptr;
  /// The same as `updating` for changes by EWS and by users alike; null: plainly.
  item& (*saving)(change_context&, item& stored, item edited) = nullptr;
};

/// Saves `edited` over `stored` by the rules of its type: computed values, what splits off, ChangeKey. Answers the item
/// that now has what was edited.
item& save_item(change_context&, item& stored, item edited);

const item_rules& rules_of_class(std::string_view item_class);
/// Null where no such element names an item.
const item_rules* rules_of_element(std::string_view element);
/// All rows of a type, ItemType's first.
std::span<const field> fields_of(const item_rules&);
const field* field_of_uri(const item_rules&, std::string_view uri);
const field* field_of_element(const item_rules&, std::string_view element);
const indexed_field* indexed_of_uri(const item_rules&, std::string_view uri);
/// The first row of any type that has this URI: what a shape may ask for before an item is known.
const field* field_of_any(std::string_view uri);

// One file each.
std::span<const field> calendar_fields();
std::span<const field> contact_fields();
std::span<const indexed_field> contact_entries();
void contact_creating(session&, node request, node element, item&);
void contact_changing(const server&, const item& stored, item& edited);
std::span<const field> distribution_list_fields();
void list_creating(session&, node request, node element, item&);
std::span<const field> task_fields();
void task_creating(session&, node request, node element, item&);
item& task_saving(change_context&, item& stored, item edited);
/// A new task's dates, owner and count.
void complete_new_task(item&, const std::string& owner);
// The three that write each other (MS-OXWSTASK R67001).
void set_task_status(task_data&, const std::string& status, sys_time now);
void set_task_percent(task_data&, double percent, sys_time now);
void set_task_complete(task_data&, sys_time on);
bool task_deleting(session&, node request, item&);

} // namespace exchange_sim
