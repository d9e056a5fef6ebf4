#pragma once

#include "tests/exchange_sim/world.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace exchange_sim::test {

/// Microsoft's schemas, asked without anything of exchange-sim in between.
class schema_judge {
public:
  /// `folder`: a set of EWS_DATA_DIR/schemas, like "Exchange2010_SP2".
  explicit schema_judge(const std::string& folder);
  ~schema_judge();
  /// What is wrong with the child of the soap:Body (or with the root, where that is no envelope); nothing where it is
  /// valid. A soap:Fault has no schema and is taken as valid.
  std::optional<std::string> objection(const std::string& xml) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// The one judge of a schema set; compiling a set takes a second.
const schema_judge& judge_of(const std::string& folder);

/// The folder of schemas that a RequestServerVersion means, by Microsoft's table of schema versions; empty where
/// unknown.
std::string schema_folder_of(const std::string& request_server_version);

/// Whether EWS_DATA_DIR is there; says on stderr that a test is skipped where it is not.
bool has_ews_data(const char* test);

std::string read_file(const std::string& path);
std::string replace_all(std::string text, const std::string& from, const std::string& to);

/// A world with one server of each profile ("old": 2010 SP2, "new": SE, "2007", "2013", "2016"), each with the mailbox
/// ann (and a service account that may impersonate everybody), a clock that stands still unless moved, and numbers from
/// a fixed seed. Every answer is checked against the schema of its version where the schemas are there.
class fixture {
public:
  explicit fixture(bool with_schemas = true);
  ~fixture();

  /// Posts one envelope as a user (default: ann@<server>.example).
  http_response post(const std::string& server, const std::string& envelope, const std::string& user = {},
                     const std::vector<std::pair<std::string, std::string>>& headers = {});
  /// Posts one operation in an envelope that states the newest version of the server. Asserts that the answer is valid.
  std::string call(const std::string& server, const std::string& operation, const std::string& user = {});
  /// One control command that must not be refused.
  nlohmann::json control(const nlohmann::json& command);

  static std::string envelope(const std::string& server, const std::string& operation);
  static std::string newest_version(const std::string& server);
  /// The folder of Microsoft's schemas for what this server answers.
  static std::string schemas_of(const std::string& server);

  sys_time now;
  std::unique_ptr<world> sim;
};

/// Text of the first element, or value of its attribute, anywhere in the XML; empty where there is none. A path is a
/// local name, or several with slashes: "Delete/ItemId".
std::string first_element(const std::string& xml, const std::string& path);
std::string first_attribute(const std::string& xml, const std::string& path, const std::string& attribute);
std::vector<std::string> all_elements(const std::string& xml, const std::string& path);
std::vector<std::string> all_attributes(const std::string& xml, const std::string& path, const std::string& attribute);
/// The code of a soap:Fault; empty where the answer is none.
std::string fault_code(const http_response&);

} // namespace exchange_sim::test
