#pragma once

#include "tests/exchange_sim_tests/operations_support.hpp"

namespace exchange_sim::test {

/// A world with a server of every profile, each with the mailbox ann. Every answer is checked against the schema of the
/// version that was asked.
class calendar_world : public fixture {
public:
  calendar_world();
  /// One operation under the newest version of the server, or under another; `header` goes into the soap:Header.
  std::string ask(const std::string& server, const std::string& operation, const std::string& version = {},
                  const std::string& header = {});
  /// The appointments of the calendar, as `contents` shows them.
  nlohmann::json calendar(const std::string& server);
  nlohmann::json appointment(const std::string& server, const std::string& subject);
  /// Asks for one item with everything; an id or the XML of an id element.
  std::string get(const std::string& server, const std::string& id, const std::string& version = {});
};

inline const std::vector<std::string> calendar_servers{"e2007", "old", "e2013", "e2016", "new"};

std::string create_appointment(const std::string& elements,
                               const std::string& attributes = R"(SendMeetingInvitations="SendToNone")");
/// <m:UpdateItem> of what an id element names (ItemId or OccurrenceItemId).
std::string
update_appointment(const std::string& id_element, const std::string& updates,
                   const std::string& attributes =
                       R"(ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="SendToNone")");
std::string set_calendar(const std::string& uri, const std::string& property);
std::string delete_appointment(
    const std::string& id_element,
    const std::string& attributes = R"(DeleteType="MoveToDeletedItems" SendMeetingCancellations="SendToNone")");
std::string item_id(const nlohmann::json& shown);
std::string occurrence_id(const nlohmann::json& series, int index);

/// Subject, times from Monday 2026-01-12 09:00 to 10:00 in Berlin, written in UTC with the zone beside them.
std::string berlin_times(const std::string& server, const std::string& day = "2026-01-12");

} // namespace exchange_sim::test
