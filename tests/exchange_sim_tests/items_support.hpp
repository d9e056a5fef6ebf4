#pragma once

#include "tests/exchange_sim_tests/operations_support.hpp"

namespace exchange_sim::test {

inline const std::vector<std::string> all_servers{"2007", "old", "2013", "2016", "new"};

/// <m:CreateItem> of one item, into a distinguished folder where one is named.
std::string create_item(const std::string& element, const std::string& fields, const std::string& folder = "");
/// <m:UpdateItem> of one item under the key that it has now.
std::string update_now(fixture&, const std::string& server, const std::string& id, const std::string& updates);
std::string set_of(const std::string& element, const std::string& path, const std::string& property);
std::string uri(const std::string&);
std::string indexed(const std::string& uri, const std::string& index);
std::string delete_of(const std::string& path);
/// AllProperties of one item.
std::string get(fixture&, const std::string& server, const std::string& id, const std::string& more = "");
/// One item of the plain contents, by its id.
nlohmann::json shown(fixture&, const std::string& server, const std::string& id);
std::string encoded(const std::string& bytes);

} // namespace exchange_sim::test
