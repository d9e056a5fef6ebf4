#include "tests/exchange_sim_tests/calendar_support.hpp"

#include <catch2/catch.hpp>

namespace exchange_sim::test {

using nlohmann::json;

namespace {

struct profile_row {
  const char *server, *profile, *version, *schemas;
};
constexpr profile_row profiles[] = {
    {"e2007", "Exchange2007_SP1", "Exchange2007_SP1", "Exchange2007_SP1"},
    {"old", "Exchange2010_SP2", "Exchange2010_SP2", "Exchange2010_SP2"},
    {"e2013", "Exchange2013_SP1", "Exchange2013_SP1", "Exchange2013SP1plus_Exchange2015"},
    {"e2016", "Exchange2016", "Exchange2016", "Exchange2016-2019_V2017_07_11"},
    {"new", "ExchangeSE", "V2017_07_11", "ExchangeSE_15.2.2562.17"},
};

const profile_row& row_of(const std::string& server) {
  for (const auto& row : profiles)
    if (server == row.server) return row;
  throw std::runtime_error("no such server in this test: " + server);
}

} // namespace

calendar_world::calendar_world() {
  for (const auto& row : profiles) {
    if (sim->has_server(row.server)) continue;
    control({{"do", "add_server"}, {"name", row.server}, {"version", row.profile}});
    control({{"do", "add_mailbox"},
             {"server", row.server},
             {"address", ann(row.server)},
             {"display_name", "Ann Äpfel"},
             {"password", "secret"}});
  }
}

std::string calendar_world::ask(const std::string& server, const std::string& operation, const std::string& asked,
                                const std::string& header) {
  const auto& row = row_of(server);
  const std::string version = asked.empty() ? row.version : asked;
  const auto text =
      R"(<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/")"
      R"( xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages")"
      R"( xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><soap:Header><t:RequestServerVersion Version=")" +
      version + "\"/>" + header + "</soap:Header><soap:Body>" + operation + "</soap:Body></soap:Envelope>";
  const auto answer = post(server, text);
  INFO(server << ": " << operation);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  if (*EWS_DATA_DIR) CHECK(judge_of(row.schemas).objection(answer.body).value_or("") == "");
  return answer.body;
}

json calendar_world::calendar(const std::string& server) {
  return control({{"do", "contents"}, {"mailbox", ann(server)}, {"folder", "calendar"}})["items"];
}

json calendar_world::appointment(const std::string& server, const std::string& subject) {
  for (const auto& one : calendar(server))
    if (one["subject"] == subject) return one;
  FAIL("no appointment " << subject << " on " << server);
  return {};
}

std::string calendar_world::get(const std::string& server, const std::string& id, const std::string& version) {
  const auto element = id.starts_with("<") ? id : "<t:ItemId Id=\"" + id + "\"/>";
  return ask(server,
             "<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds>" + element +
                 "</m:ItemIds></m:GetItem>",
             version);
}

std::string create_appointment(const std::string& elements, const std::string& attributes) {
  return "<m:CreateItem " + attributes + "><m:Items><t:CalendarItem>" + elements +
         "</t:CalendarItem></m:Items></m:CreateItem>";
}

std::string update_appointment(const std::string& id_element, const std::string& updates,
                               const std::string& attributes) {
  return "<m:UpdateItem " + attributes + "><m:ItemChanges><t:ItemChange>" + id_element + "<t:Updates>" + updates +
         "</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>";
}

std::string set_calendar(const std::string& uri, const std::string& property) {
  return "<t:SetItemField><t:FieldURI FieldURI=\"" + uri + "\"/><t:CalendarItem>" + property +
         "</t:CalendarItem></t:SetItemField>";
}

std::string delete_appointment(const std::string& id_element, const std::string& attributes) {
  return "<m:DeleteItem " + attributes + "><m:ItemIds>" + id_element + "</m:ItemIds></m:DeleteItem>";
}

std::string item_id(const json& shown) {
  return "<t:ItemId Id=\"" + shown["id"].get<std::string>() + "\" ChangeKey=\"" +
         shown["change_key"].get<std::string>() + "\"/>";
}

std::string occurrence_id(const json& series, int index) {
  return "<t:OccurrenceItemId RecurringMasterId=\"" + series["id"].get<std::string>() + "\" ChangeKey=\"" +
         series["change_key"].get<std::string>() + "\" InstanceIndex=\"" + std::to_string(index) + "\"/>";
}

std::string berlin_times(const std::string& server, const std::string& day) {
  const std::string times = "<t:Start>" + day + "T08:00:00Z</t:Start><t:End>" + day + "T09:00:00Z</t:End>";
  if (server == "e2007") return times + R"(<t:MeetingTimeZone TimeZoneName="W. Europe Standard Time"/>)";
  return times + R"(<t:StartTimeZone Id="W. Europe Standard Time"/><t:EndTimeZone Id="W. Europe Standard Time"/>)";
}

} // namespace exchange_sim::test
