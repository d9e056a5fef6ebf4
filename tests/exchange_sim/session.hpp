#pragma once

#include "tests/exchange_sim/faults.hpp"
#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/state.hpp"
#include "tests/exchange_sim/xml.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace exchange_sim {

/// The whole request fails; leaves as a SOAP fault. Thrown inside this folder only.
struct soap_fault {
  std::string code;
  std::string text;
  std::string violation{}; ///< of the schema; shown in MessageXml
  int line = 0;
  std::vector<std::pair<std::string, std::string>> values{}; ///< MessageXml t:Value
};

/// One response message fails. Thrown inside this folder only.
struct response_error {
  std::string code;
  std::string text{};
  std::vector<std::pair<std::string, std::string>> values{}; ///< MessageXml t:Value
  std::string property{};                                    ///< MessageXml: one t:FieldURI or other path, as XML
};

/// What HTTP headers say about where a request is to go.
struct routing_headers {
  std::string anchor_mailbox, public_folder_mailbox, override_cookie, balancer_cookie;
  bool prefers_affinity = false;
};

/// One request on its way: who asks, for which mailbox, under which version.
struct session {
  universe& all;
  server& host;
  mailbox* box = nullptr; ///< the mailbox of what was named last; null before it is known
  fault_plan& faults;
  const world_options& options;
  std::string account{}; ///< primary address of who logged in
  bool impersonates = false;
  mailbox* home = nullptr; ///< of the user as whom the request acts
  routing_headers routing{};
  std::string operation{};
  schema_version version = schema_version::e2007;
  sys_time now{};
  node header{}; ///< soap:Header
  /// The GetStreamingEvents that this request opened: its answer comes in pieces, see notifications.hpp.
  std::uint64_t opened_stream = 0;
  std::vector<std::string> set_cookies{};

  change_context changes() {
    return {all, host, *box, now, options.random, home->who.display_name, lower(home->who.address)};
  }
  bool knows(schema_version since) const { return version >= since; }
};

/// "2026-11-22T16:12:55Z"
std::string wire_time(sys_time);
/// xs:dateTime with Z, an offset or nothing (UTC); none where it is no time.
std::optional<sys_time> parse_time(std::string_view);

/// The folder that a FolderId or DistinguishedFolderId element names. Throws response_error (code `missing` where there
/// is none).
folder& folder_named(session&, node id, const char* missing = "ErrorFolderNotFound");
/// The one child of a TargetFolderIdType.
folder& target_folder(session&, node target, const char* missing);
/// An item, or one occurrence of the series that it is.
struct named_item {
  item* stored = nullptr;
  std::optional<local_day> occurrence{};
};
/// What an ItemId, OccurrenceItemId or RecurringMasterItemId element names; throws response_error.
named_item item_or_occurrence(session&, node id);
/// The same for who can do nothing with an occurrence: throws ErrorCalendarCannotMoveOrCopyOccurrence.
item& item_named(session&, node id);
/// The same for a ReferenceItemId.
item& item_of_reference(session&, node reference);
/// The same with the id in another attribute.
item& item_of_id(session&, node, const char* attribute);

/// The item that an AttachmentId is of, in whose mailbox it may be, and the attachment's own number in it.
struct named_attachment {
  item& root;
  std::uint64_t part;
};
named_attachment item_of_attachment(session&, node id);

/// What the fault plan may know of an item before anything is done with it.
item_fact fact_of(session&, node id);
item_fact fact_of_id(server&, const std::string& id, bool with_body = false);

/// Writes one response message: asks the fault plan, then runs `act`, which writes what follows the ResponseCode and
/// may throw response_error. `on_error` is what the message holds besides (an empty "<m:Items/>").
void respond(session&, xml_writer&, std::string_view element, const std::vector<item_fact>& about,
             const std::function<void(xml_writer&)>& act, std::string_view on_error = {});

void write_item_id(const mailbox&, xml_writer&, const item&);
void write_folder_id(const mailbox&, xml_writer&, std::string_view element, const folder&);

// The operations: the body's element in, the inside of "<m:XResponse>" out.
void get_folder(session&, node request, xml_writer&);
void find_folder(session&, node request, xml_writer&);
void create_folder(session&, node request, xml_writer&);
void update_folder(session&, node request, xml_writer&);
void delete_folder(session&, node request, xml_writer&);
void move_folders(session&, node request, xml_writer&);
void sync_folder_hierarchy(session&, node request, xml_writer&);
void sync_folder_items(session&, node request, xml_writer&);
void find_item(session&, node request, xml_writer&);
void get_item(session&, node request, xml_writer&);
void create_item(session&, node request, xml_writer&);
void update_item(session&, node request, xml_writer&);
void delete_item(session&, node request, xml_writer&);
void move_items(session&, node request, xml_writer&);
void copy_items(session&, node request, xml_writer&);
void create_attachment(session&, node request, xml_writer&);
void get_attachment(session&, node request, xml_writer&);
void delete_attachment(session&, node request, xml_writer&);
void resolve_names(session&, node request, xml_writer&);
void get_server_time_zones(session&, node request, xml_writer&);
void subscribe(session&, node request, xml_writer&);
void unsubscribe(session&, node request, xml_writer&);
void get_events(session&, node request, xml_writer&);
void get_streaming_events(session&, node request, xml_writer&);

} // namespace exchange_sim
