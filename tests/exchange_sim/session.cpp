#include "tests/exchange_sim/session.hpp"

#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/operations.hpp"
#include "tests/exchange_sim/public_folders.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace exchange_sim {

namespace {

using v = schema_version;

constexpr std::array operations{
    operation_row{"GetFolder", v::e2007, get_folder},
    operation_row{"FindFolder", v::e2007, find_folder},
    operation_row{"CreateFolder", v::e2007, create_folder},
    operation_row{"UpdateFolder", v::e2007, update_folder},
    operation_row{"DeleteFolder", v::e2007, delete_folder},
    operation_row{"MoveFolder", v::e2007, move_folders},
    operation_row{"SyncFolderHierarchy", v::e2007, sync_folder_hierarchy},
    operation_row{"SyncFolderItems", v::e2007, sync_folder_items},
    operation_row{"FindItem", v::e2007, find_item},
    operation_row{"GetItem", v::e2007, get_item},
    operation_row{"CreateItem", v::e2007, create_item},
    operation_row{"UpdateItem", v::e2007, update_item},
    operation_row{"DeleteItem", v::e2007, delete_item},
    operation_row{"MoveItem", v::e2007, move_items},
    operation_row{"CopyItem", v::e2007, copy_items},
    operation_row{"CreateAttachment", v::e2007, create_attachment},
    operation_row{"GetAttachment", v::e2007, get_attachment},
    operation_row{"DeleteAttachment", v::e2007, delete_attachment},
    operation_row{"ResolveNames", v::e2007, resolve_names},
    operation_row{"GetServerTimeZones", v::e2010, get_server_time_zones},
    operation_row{"Subscribe", v::e2007, subscribe},
    operation_row{"Unsubscribe", v::e2007, unsubscribe},
    operation_row{"GetEvents", v::e2007, get_events},
    operation_row{"GetStreamingEvents", v::e2010_sp1, get_streaming_events},
};

std::string guid_text(const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += digits[static_cast<unsigned char>(bytes[i]) >> 4];
    out += digits[static_cast<unsigned char>(bytes[i]) & 0xf];
  }
  return out;
}

// The id says whose mailbox it is of: the session goes there.
parsed_id own_id(session& s, node element, const char* attribute, id_kind wanted) {
  auto text = element.attribute_or(attribute, "");
  if (text.empty()) throw response_error{"ErrorInvalidIdEmpty", "Id must be non-empty."};
  if (text.size() > 512) throw response_error{"ErrorInvalidIdMonikerTooLong", "Id is too long."};
  auto id = parse_id(text);
  if (!id) throw response_error{"ErrorInvalidIdMalformed", "Id is malformed."};
  bool occurrence_for_item = wanted == id_kind::item && id->kind == id_kind::occurrence;
  if (id->kind != wanted && !occurrence_for_item) {
    if (wanted == id_kind::attachment)
      throw response_error{"ErrorInvalidAttachmentId", "The attachment was not found."};
    if (wanted == id_kind::item && id->kind == id_kind::folder)
      throw response_error{"ErrorCannotUseFolderIdForItemId", "Id must be of an item, but is of a folder."};
    if (wanted == id_kind::folder && id->kind == id_kind::item)
      throw response_error{"ErrorCannotUseItemIdForFolderId", "Id must be of a folder, but is of an item."};
    throw response_error{"ErrorInvalidIdMalformed", "Id is malformed."};
  }
  auto key = element.attribute("ChangeKey");
  if (key && !parse_change_key(*key)) throw response_error{"ErrorInvalidChangeKey", "The change key is invalid."};
  for (auto& [name, box] : s.host.mailboxes)
    if (box.guid == id->mailbox_guid) {
      s.box = &box;
      return *id;
    }
  throw response_error{
      "ErrorNonExistentMailbox", "No mailbox with such guid.", {{"MailboxGuid", guid_text(id->mailbox_guid)}}};
}

// A folder that somebody may not see is not there for him.
folder& entered(session& s, folder& named, const response_error& not_found) {
  refuse_withdrawn(s, named);
  if (!rights_in(s, named).visible) throw not_found;
  if (s.box->is_public) enter_public_folder(s, named);
  return named;
}

} // namespace

const operation_row* find_operation(std::string_view name) {
  for (const auto& row : operations)
    if (row.name == name) return &row;
  return nullptr;
}

std::string wire_time(sys_time at) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  std::time_t t = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&t, &parts);
  std::array<char, 40> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::optional<sys_time> parse_time(std::string_view given) {
  std::string text(given);
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  if (*rest == '.') {
    ++rest;
    while (*rest >= '0' && *rest <= '9')
      ++rest;
  }
  auto at = sys_time(std::chrono::seconds(timegm(&parts)));
  if (*rest == '\0' || (*rest == 'Z' && rest[1] == '\0')) return at;
  int hours = 0, minutes = 0;
  char sign = *rest;
  if ((sign != '+' && sign != '-') || std::sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2) return std::nullopt;
  auto shift = std::chrono::minutes(hours * 60 + minutes);
  return sign == '+' ? at - shift : at + shift;
}

folder& folder_named(session& s, node id, const char* missing) {
  auto not_found = [&] { return response_error{missing, "The specified folder could not be found in the store."}; };
  if (id.is("DistinguishedFolderId")) {
    if (auto address = id.child("Mailbox").child("EmailAddress").text(); !address.empty()) {
      auto* box = s.host.find_mailbox(address);
      if (box == nullptr || box->is_public)
        throw response_error{"ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it."};
      s.box = box;
    } else {
      s.box = s.home;
    }
    auto name = id.attribute_or("Id", "");
    if (name == "publicfoldersroot") {
      s.box = public_store(s.host);
      if (s.box == nullptr) {
        s.box = s.home;
        throw response_error{"ErrorNoPublicFolderServerAvailable", "No public folder server is available."};
      }
    }
    auto* found = s.box->distinguished(name);
    if (found == nullptr) throw not_found();
    return entered(s, *found, not_found());
  }
  auto parsed = own_id(s, id, "Id", id_kind::folder);
  auto* found = s.box->find_folder({parsed.key});
  if (found == nullptr) throw not_found();
  return entered(s, *found, not_found());
}

folder& target_folder(session& s, node target, const char* missing) {
  return folder_named(s, target.first(), missing);
}

namespace {

item& reachable(session& s, item* found) {
  response_error not_found{"ErrorItemNotFound", "The specified object was not found in the store."};
  if (found == nullptr) throw not_found;
  auto& where = *s.box->find_folder(found->folder);
  // Of an item it is never the folder that is said to be missing.
  try {
    refuse_withdrawn(s, where);
  } catch (const response_error& refused) {
    if (refused.code == "ErrorAccessDenied") throw;
    throw not_found;
  }
  if (!rights_in(s, where).read || is_hidden(s, *found)) throw not_found;
  if (s.box->is_public) enter_public_folder(s, where);
  return *found;
}

} // namespace

named_item item_or_occurrence(session& s, node id) {
  bool by_index = id.is("OccurrenceItemId"), by_occurrence = id.is("RecurringMasterItemId");
  auto parsed = own_id(s, id, by_index ? "RecurringMasterId" : by_occurrence ? "OccurrenceId" : "Id", id_kind::item);
  auto not_found = [] {
    return response_error{"ErrorItemNotFound", "The specified object was not found in the store."};
  };
  auto* found = &reachable(s, s.box->find_item({parsed.key}));
  bool occurrence = parsed.kind == id_kind::occurrence;
  if (by_index) {
    if (occurrence || !is_series(*found))
      throw response_error{"ErrorCalendarCannotUseIdForRecurringMasterId", "The id is not of a recurring series."};
    return {found, day_of_index(*found, std::atoi(id.attribute_or("InstanceIndex", "").c_str()))};
  }
  if (by_occurrence && !occurrence)
    throw response_error{"ErrorCalendarCannotUseIdForOccurrenceId", "The id is not of an occurrence."};
  if (!occurrence) return {found, std::nullopt};
  local_day day{std::chrono::days(static_cast<std::int64_t>(parsed.part))};
  if (!occurrence_of(*found, day)) throw not_found();
  if (by_occurrence) return {found, std::nullopt};
  return {found, day};
}

item& item_named(session& s, node id) {
  auto named = item_or_occurrence(s, id);
  if (named.occurrence)
    throw response_error{"ErrorCalendarCannotMoveOrCopyOccurrence", "An occurrence of a series stays in its series."};
  return *named.stored;
}

item& item_of_reference(session& s, node id) {
  return item_of_id(s, id, "Id");
}

item& item_of_id(session& s, node id, const char* attribute) {
  auto parsed = own_id(s, id, attribute, id_kind::item);
  if (parsed.kind == id_kind::occurrence) throw response_error{"ErrorInvalidIdMalformed", "Id is malformed."};
  return reachable(s, s.box->find_item({parsed.key}));
}

named_attachment item_of_attachment(session& s, node id) {
  auto parsed = own_id(s, id, "Id", id_kind::attachment);
  return {reachable(s, s.box->find_item({parsed.key})), parsed.part};
}

item_fact fact_of_id(server& host, const std::string& id, bool with_body) {
  item_fact out{id, "", ""};
  auto parsed = parse_id(id);
  if (!parsed || parsed->kind == id_kind::folder) return out;
  for (auto& [name, box] : host.mailboxes) {
    if (box.guid != parsed->mailbox_guid) continue;
    // An attachment is met by what is aimed at its item.
    if (parsed->kind == id_kind::attachment) out.id = wire_id(box, item_key{parsed->key});
    if (auto* found = box.find_item({parsed->key})) {
      out.subject = found->subject;
      out.message_id = found->message_id;
      if (with_body) out.body = found->body.text;
    }
  }
  return out;
}

item_fact fact_of(session& s, node id) {
  for (const char* attribute : {"RecurringMasterId", "OccurrenceId"})
    if (auto of_series = id.attribute(attribute)) return fact_of_id(s.host, *of_series, s.faults.looks_at_bodies());
  return fact_of_id(s.host, id.attribute_or("Id", ""), s.faults.looks_at_bodies());
}

void respond(session& s, xml_writer& out, std::string_view element, const std::vector<item_fact>& about,
             const std::function<void(xml_writer&)>& act, std::string_view on_error) {
  auto fail = [&](const response_error& error) {
    out.open(element, {{"ResponseClass", "Error"}});
    out.leaf("m:MessageText", error.text.empty() ? error.code : error.text);
    out.leaf("m:ResponseCode", error.code);
    out.leaf("m:DescriptiveLinkKey", "0");
    if (!error.values.empty() || !error.property.empty()) {
      out.open("m:MessageXml");
      out.raw(error.property);
      for (const auto& [name, value] : error.values)
        out.leaf("t:Value", value, {{"Name", name}});
      out.close();
    }
    out.raw(on_error);
    out.close();
  };
  // Each response message starts from the user's own mailbox.
  s.box = s.home;
  request_fact fact{s.host.name, s.home->who.address, s.operation, about};
  if (auto ordered = s.faults.item_error(fact)) {
    fail({ordered->code, ordered->message, ordered->values});
    return;
  }
  try {
    xml_writer inside;
    act(inside);
    out.open(element, {{"ResponseClass", "Success"}});
    out.leaf("m:ResponseCode", "NoError");
    out.raw(inside.text());
    out.close();
  } catch (const response_error& error) {
    fail(error);
  }
}

void write_item_id(const mailbox& box, xml_writer& out, const item& of) {
  out.empty("t:ItemId", {{"Id", wire_id(box, of)}, {"ChangeKey", change_key(box, of)}});
}

void write_folder_id(const mailbox& box, xml_writer& out, std::string_view element, const folder& of) {
  out.empty(element, {{"Id", wire_id(box, of.key)}, {"ChangeKey", change_key(box, of)}});
}

} // namespace exchange_sim
