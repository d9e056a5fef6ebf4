#pragma once

#include "tests/exchange_sim_tests/judge.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace exchange_sim::test {

inline const std::vector<std::string> both_servers{"old", "new"};

std::string ann(const std::string& server);

/// Delivers a small mail and answers its id.
std::string deliver(fixture&, const std::string& server, const std::string& subject,
                    nlohmann::json more = nlohmann::json::object());
/// One item of the plain contents, by subject; fails the test where there is not exactly one.
nlohmann::json seen(fixture&, const std::string& server, const std::string& subject);
nlohmann::json inbox(fixture&, const std::string& server);

std::string inbox_folder();
std::string set_field(const std::string& path, const std::string& property);
std::string extended(const std::string& path_attributes, const std::string& value);

/// <m:CreateItem> that saves one message, made of the elements given, into the inbox.
std::string create_message(const std::string& elements, const std::string& disposition = "SaveOnly");
/// <m:UpdateItem> of one item.
std::string
update_message(const std::string& id, const std::string& key, const std::string& updates,
               const std::string& attributes = R"(MessageDisposition="SaveOnly" ConflictResolution="NeverOverwrite")");
std::string get_message(const std::string& id, const std::string& more = "", const std::string& base = "AllProperties");
std::string delete_message(const std::string& id, const std::string& attributes = R"(DeleteType="HardDelete")");
std::string move_message(const std::string& operation, const std::string& id, const std::string& folder);
std::string sync_inbox(const std::string& state, int most = 512, const std::string& more = "");

/// The ResponseCode of every response message.
std::vector<std::string> codes(const std::string& answer);

inline const std::string mark =
    R"(PropertySetId="C11FF724-AA03-4555-9952-8FA248A11C3E" PropertyName="mark" PropertyType="String")";

} // namespace exchange_sim::test
