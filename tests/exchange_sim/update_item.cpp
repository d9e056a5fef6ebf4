#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/item_writing.hpp"
#include "tests/exchange_sim/limits.hpp"

#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/calendar_operations.hpp"
#include "tests/exchange_sim/item_types.hpp"

namespace exchange_sim {

namespace {

constexpr std::string_view no_items = "<m:Items/>";

std::string path_xml(node path) {
  auto uri = escaped(path.attribute_or("FieldURI", ""));
  if (path.is("FieldURI")) return "<t:FieldURI FieldURI=\"" + uri + "\"/>";
  if (path.is("IndexedFieldURI"))
    return "<t:IndexedFieldURI FieldURI=\"" + uri + "\" FieldIndex=\"" + escaped(path.attribute_or("FieldIndex", "")) +
           "\"/>";
  return {};
}

/// An UpdateItem needs a key; a wrong one is a conflict unless the caller overwrites. True: the key was stale.
bool check_change_key(const session& s, node id, const item& of, const std::string& resolution) {
  auto key = id.attribute("ChangeKey");
  auto number = key ? parse_change_key(*key) : std::nullopt;
  if (!number)
    throw response_error{"ErrorChangeKeyRequiredForWriteOperations", "The change key is required for this operation."};
  bool stale = *key != change_key(*s.box, of);
  if (stale && resolution == "NeverOverwrite")
    throw response_error{"ErrorIrresolvableConflict",
                         "The send or update operation could not be performed because the change key passed in the "
                         "request does not match the current change key for the item."};
  return stale;
}

struct update_result {
  bool content = false;
  std::optional<bool> read;
};

void update_extended(session& s, item& edited, node update, node path) {
  auto property = read_property_path(path);
  if (update.is("DeleteItemField")) {
    delete_extended(s, edited, property);
    return;
  }
  if (update.is("AppendToItemField"))
    throw response_error{"ErrorInvalidPropertyAppend", "Append action is invalid for property."};
  auto holder = path.next();
  auto given = holder.first();
  if (!given || given.next())
    throw response_error{"ErrorIncorrectUpdatePropertyCount",
                         "An object within a change description must contain one and only one property to modify."};
  if (!given.is("ExtendedProperty") || read_property_path(given.child("ExtendedFieldURI")).text() != property.text())
    throw response_error{"ErrorUpdatePropertyMismatch", "The property of the path is not the one that is set."};
  set_extended(s, edited, property, read_extended_value(property, given), write_stage::updating);
}

void update_field(session& s, item& edited, node update, node path, update_result& result) {
  auto uri = path.attribute_or("FieldURI", "");
  const auto* row = field_of_uri(rules_of_class(edited.item_class), uri);
  if (row == nullptr)
    throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property.", {}, path_xml(path)};
  // Seen on 2013 and Online: only who organizes a meeting sets its zones.
  bool zone = uri == "calendar:StartTimeZone" || uri == "calendar:EndTimeZone" || uri == "calendar:MeetingTimeZone";
  bool received = edited.calendar && edited.calendar->organizer && (edited.calendar->state & 2) != 0;
  if (zone && received && s.host.refuses_zones_of_received_meetings)
    throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property.", {}, path_xml(path)};
  auto refuse_sent = [&] {
    if (row->fixed_when_sent && !edited.draft)
      throw response_error{"ErrorInvalidPropertyUpdateSentMessage",
                           "Update operation is invalid for property of a sent message.",
                           {},
                           path_xml(path)};
  };
  if (update.is("DeleteItemField")) {
    if (row->clear == nullptr)
      throw response_error{"ErrorInvalidPropertyDelete", "Delete action is invalid for property.", {}, path_xml(path)};
    refuse_sent();
    row->clear(edited);
    result.content = true;
    return;
  }
  auto value = path.next().first();
  if (!value || value.next())
    throw response_error{"ErrorIncorrectUpdatePropertyCount",
                         "An object within a change description must contain one and only one property to modify."};
  if (value.name() != row->element)
    throw response_error{
        "ErrorUpdatePropertyMismatch", "The property of the path is not the one that is set.", {}, path_xml(path)};
  if (update.is("AppendToItemField")) {
    if (row->append == nullptr)
      throw response_error{"ErrorInvalidPropertyAppend", "Append action is invalid for property.", {}, path_xml(path)};
    refuse_sent();
    row->append(s, edited, value);
  } else {
    if (row->set_value == nullptr)
      throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property.", {}, path_xml(path)};
    refuse_sent();
    if (uri == "message:IsRead") {
      result.read = value.truth();
      return;
    }
    row->set_value(s, edited, value, write_stage::updating);
    if (uri == "item:Subject") edited.conversation_topic = topic_of(edited.subject);
  }
  result.content = true;
}

void update_entry(session& s, item& edited, node update, node path) {
  const auto* row = indexed_of_uri(rules_of_class(edited.item_class), path.attribute_or("FieldURI", ""));
  auto index = path.attribute_or("FieldIndex", "");
  if (row == nullptr)
    throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property.", {}, path_xml(path)};
  if (update.is("DeleteItemField")) {
    row->clear(edited, index);
    return;
  }
  if (update.is("AppendToItemField"))
    throw response_error{"ErrorInvalidPropertyAppend", "Append action is invalid for property.", {}, path_xml(path)};
  auto value = path.next().first();
  if (!value || value.next())
    throw response_error{"ErrorIncorrectUpdatePropertyCount",
                         "An object within a change description must contain one and only one property to modify."};
  if (value.name() != row->element)
    throw response_error{
        "ErrorUpdatePropertyMismatch", "The property of the path is not the one that is set.", {}, path_xml(path)};
  row->set_value(s, edited, index, value);
}

void update_one(session& s, node request, node change, xml_writer& out) {
  auto id = change.first();
  auto named = item_or_occurrence(s, id);
  auto& stored = *named.stored;
  auto resolution = request.attribute_or("ConflictResolution", "AutoResolve");
  bool stale = check_change_key(s, id, stored, resolution);
  auto how = disposition::save_only;
  if (element_of_class(stored.item_class) == "Message") how = read_disposition(request);
  // All or nothing: the changes are made on a copy.
  item edited = named.occurrence ? *occurrence_of(stored, *named.occurrence) : stored;
  update_result result;
  for (auto update : change.child("Updates").children()) {
    auto path = update.first();
    if (path.is("ExtendedFieldURI")) {
      update_extended(s, edited, update, path);
      result.content = true;
    } else if (path.is("FieldURI")) {
      update_field(s, edited, update, path, result);
    } else {
      update_entry(s, edited, update, path);
      result.content = true;
    }
  }
  // To read is to mark as read in a public folder, where it is each user's own.
  if (result.content || (result.read && !s.box->is_public)) require_edit(s, stored);
  if (how != disposition::save_only && s.box->is_public)
    throw response_error{"ErrorInvalidOperation", "Messages in public folders are not sent from there."};
  auto changes = s.changes();
  item* now = &stored;
  item occurrence;
  if (result.content) {
    const auto& rules = rules_of_class(stored.item_class);
    if (&rules != &rules_of_class(edited.item_class))
      throw response_error{"ErrorObjectTypeChanged", "The item class does not go with the type of the item."};
    check_room(s, edited, size_of(stored));
    if (named.occurrence) {
      edited.unmodified = false;
      occurrence = updating_occurrence(s, request, stored, std::move(edited));
      now = &occurrence;
    } else if (rules.updating != nullptr) {
      edited.unmodified = false;
      now = &rules.updating(s, request, stored, std::move(edited));
    } else {
      now = &save_item(changes, stored, std::move(edited));
    }
  }
  if (result.read) {
    bool suppress =
        s.host.profile.suppress_attribute && request.attribute_or("SuppressReadReceipts", "false") == "true";
    set_read(changes, stored, *result.read, suppress);
  }
  if (how != disposition::save_only) {
    if (!stored.draft) throw response_error{"ErrorInvalidRequest", "The message was sent already."};
    send(s, stored);
    stored.draft = false;
    stored.read = stored.from_me = true;
    if (how == disposition::send_only) {
      remove_item(changes, stored, true);
      out.raw(no_items);
      return;
    }
    auto saved = request.child("SavedItemFolderId");
    auto& to = saved ? target_folder(s, saved, "ErrorSavedItemFolderNotFound") : *s.box->distinguished("sentitems");
    now = &move_item(changes, stored, to);
  }
  out.open("m:Items");
  write_item(s, out, *now, {}, shape_place::list);
  out.close();
  out.open("m:ConflictResults");
  out.leaf("t:Count", stale ? "1" : "0");
  out.close();
}

} // namespace

void update_item(session& s, node request, xml_writer& out) {
  for (auto change : request.child("ItemChanges").children())
    respond(
        s, out, "m:UpdateItemResponseMessage", {fact_of(s, change.first())},
        [&](xml_writer& inside) { update_one(s, request, change, inside); }, no_items);
}

} // namespace exchange_sim
