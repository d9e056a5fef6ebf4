// Judged by what nobody here wrote: requests that were recorded from, or documented for, real servers.
#include "tests/exchange_sim_tests/judge.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

using namespace exchange_sim;
using namespace exchange_sim::test;

namespace {

const std::set<std::string> operations{
    "GetFolder",           "FindFolder",      "CreateFolder",     "UpdateFolder",  "DeleteFolder",
    "SyncFolderHierarchy", "SyncFolderItems", "FindItem",         "GetItem",       "CreateItem",
    "UpdateItem",          "DeleteItem",      "MoveItem",         "CopyItem",      "ResolveNames",
    "MoveFolder",          "Subscribe",       "Unsubscribe",      "GetEvents",     "GetStreamingEvents",
    "CreateAttachment",    "GetAttachment",   "DeleteAttachment"};

const std::vector<std::string> servers{"2007", "old", "2013", "2016", "new"};

/// A refusal to know the shape of a request, as against one to do what it asks.
const std::set<std::string> schema_faults{"ErrorSchemaValidation", "ErrorInvalidRequest", "ErrorIncorrectSchemaVersion",
                                          "ErrorInvalidServerVersion", "ErrorUnsupportedTypeForConversion"};

std::string data(const std::string& name) {
  return std::string(EWS_DATA_DIR) + "/" + name;
}

/// The request samples of our operations, by the names of their files.
std::vector<std::string> request_samples() {
  std::istringstream index(read_file(data("samples/INDEX.tsv")));
  std::vector<std::string> files;
  for (std::string line; std::getline(index, line);) {
    std::istringstream columns(line);
    std::string file, operation, direction;
    std::getline(columns, file, '\t');
    std::getline(columns, operation, '\t');
    std::getline(columns, direction, '\t');
    if (direction == "request" && operations.contains(operation)) files.push_back(file);
  }
  return files;
}

/// The names that a server of this profile knows, in Microsoft's words.
std::set<std::string> known_versions(const std::string& server) {
  std::set<std::string> names{"Exchange2007", "Exchange2007_SP1"};
  if (server != "2007") names.insert({"Exchange2010", "Exchange2010_SP1", "Exchange2010_SP2"});
  if (server != "2007" && server != "old") names.insert({"Exchange2013", "Exchange2013_SP1"});
  if (server == "2016" || server == "new") names.insert({"Exchange2016", "V2017_07_11"});
  return names;
}

/// The schemas that a version means at a server.
const schema_judge& judge_at(const std::string& server, const std::string& version) {
  return judge_of(version == fixture::newest_version(server) ? fixture::schemas_of(server) : schema_folder_of(version));
}

std::string with_version(const std::string& envelope, const std::string& version) {
  const std::string header =
      "<t:RequestServerVersion xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\" Version=\"" +
      version + "\"/>";
  if (const auto at = envelope.find(":Header>"); at != std::string::npos)
    return envelope.substr(0, at + 8) + header + envelope.substr(at + 8);
  const auto body = envelope.find(":Body");
  const auto open = envelope.rfind('<', body);
  const auto prefix = envelope.substr(open + 1, body - open - 1);
  return envelope.substr(0, open) + "<" + prefix + ":Header>" + header + "</" + prefix + ":Header>" +
         envelope.substr(open);
}

struct tally {
  int accepted = 0, refused = 0;
};

/// Posts one sample to one server and compares with what Microsoft's schema of the stated version says.
void judge_sample(fixture& world, const std::string& server, const std::string& envelope, tally& count) {
  const bool stated = envelope.find("RequestServerVersion") != std::string::npos;
  const auto version =
      stated ? first_attribute(envelope, "RequestServerVersion", "Version") : std::string("Exchange2007");
  const bool known = known_versions(server).contains(version);
  const auto answer = world.post(server, envelope);
  const auto code = fault_code(answer);
  INFO("stated version: " << version);
  INFO(answer.body);
  for (const auto& [name, value] : answer.headers)
    CHECK(name != "X-Sim-Bug");
  if (!known) {
    CHECK(code == "ErrorInvalidServerVersion");
    ++count.refused;
    return;
  }
  const auto objection = judge_at(server, version).objection(envelope);
  // The schema set of 2013 holds what came to Exchange Online up to 2015 as well; a server of 2013 knows less.
  if (!objection && version.starts_with("Exchange2013") && schema_faults.contains(code)) {
    CHECK(judge_of("Exchange2010_SP2").objection(envelope));
    ++count.refused;
    return;
  }
  if (objection) {
    // Not every violation is one on a real server, but a missing version that hides newer elements must not pass
    // either.
    CHECK(schema_faults.contains(code));
    ++count.refused;
    return;
  }
  CHECK_FALSE(schema_faults.contains(code));
  if (code.empty()) {
    CHECK(answer.status == 200);
    CHECK(judge_at(server, version).objection(answer.body).value_or("") == "");
  }
  ++count.accepted;
}

std::vector<std::filesystem::path> bodies(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(data("validation/" + folder)))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string without_declaration(const std::string& xml) {
  const auto end = xml.find("?>");
  return end == std::string::npos ? xml : xml.substr(end + 2);
}

/// "03-CreateItem-calendar-…" and "CreateItem-request-mime" are both of CreateItem.
std::string operation_of(const std::string& body) {
  const auto start = body.find("<m:") + 3;
  return body.substr(start, body.find_first_of(" >", start) - start);
}

} // namespace

TEST_CASE("every request sample that Microsoft's schema accepts is answered without a schema fault") {
  if (!has_ews_data("request samples")) return;
  fixture world;
  tally count;
  for (const auto& file : request_samples())
    for (const auto& server : servers) {
      const auto envelope = read_file(data("samples/" + file));
      INFO(file << " at " << server);
      judge_sample(world, server, envelope, count);
      // Documented samples often leave the version out, for brevity; what they show needs the newest.
      if (envelope.find("RequestServerVersion") == std::string::npos)
        judge_sample(world, server, with_version(envelope, fixture::newest_version(server)), count);
    }
  // So many there are today; fewer would mean that the test has gone blind.
  CHECK(count.accepted > 250);
  CHECK(world.control({{"do", "counters"}})["schema_bugs"] == 0);
}

TEST_CASE("our own table of element order refuses no sample that Microsoft's schema accepts") {
  if (!has_ews_data("request samples without schemas")) return;
  fixture world(false);
  int asked = 0;
  for (const auto& file : request_samples()) {
    auto envelope = read_file(data("samples/" + file));
    if (envelope.find("RequestServerVersion") == std::string::npos) envelope = with_version(envelope, "V2017_07_11");
    const auto version = first_attribute(envelope, "RequestServerVersion", "Version");
    if (schema_folder_of(version).empty() || judge_of(schema_folder_of(version)).objection(envelope)) continue;
    INFO(file);
    const auto answer = world.post("new", envelope);
    INFO(answer.body);
    CHECK_FALSE(schema_faults.contains(fault_code(answer)));
    ++asked;
  }
  CHECK(asked > 150);
}

TEST_CASE("what must be rejected is rejected") {
  if (!has_ews_data("validation/negative")) return;
  int asked = 0;
  for (const bool with_schemas : {true, false})
    for (const auto& file : bodies("negative")) {
      const auto body = without_declaration(read_file(file));
      const auto operation = operation_of(body);
      if (!operations.contains(operation)) continue;
      for (const auto& server : servers) {
        INFO(file.filename() << " at " << server << (with_schemas ? " with schemas" : " without schemas"));
        fixture world(with_schemas);
        const auto answer = world.post(server, fixture::envelope(server, body));
        INFO(answer.body);
        CHECK(answer.status == 500);
        CHECK(fault_code(answer) == "ErrorSchemaValidation");
        ++asked;
      }
    }
  CHECK(asked > 30);
}

TEST_CASE("bodies that must pass do") {
  if (!has_ews_data("validation/handmade")) return;
  int asked = 0;
  for (const bool with_schemas : {true, false}) {
    fixture world(with_schemas);
    for (const auto& file : bodies("handmade")) {
      const auto body = without_declaration(read_file(file));
      if (!operations.contains(operation_of(body))) continue;
      for (const auto& server : servers) {
        const auto& judge = judge_of(fixture::schemas_of(server));
        const auto answer = world.post(server, fixture::envelope(server, body));
        INFO(file.filename() << " at " << server << (with_schemas ? " with schemas" : " without schemas"));
        INFO(answer.body);
        // One of them is of 2013 SP1 and later: the other server has to refuse it.
        const bool valid = !judge.objection(body);
        CHECK((answer.status == 200) == valid);
        CHECK(schema_faults.contains(fault_code(answer)) != valid);
        if (valid) CHECK(judge.objection(answer.body).value_or("") == "");
        ++asked;
      }
    }
  }
  CHECK(asked >= 30);
}
