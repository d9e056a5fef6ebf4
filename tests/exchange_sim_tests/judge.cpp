#include "tests/exchange_sim_tests/judge.hpp"

#include <catch2/catch.hpp>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

namespace exchange_sim::test {
namespace {

struct doc_free {
  void operator()(xmlDoc* doc) const { xmlFreeDoc(doc); }
};
using doc_ptr = std::unique_ptr<xmlDoc, doc_free>;

doc_ptr parse(const std::string& xml) {
  return doc_ptr(xmlReadMemory(xml.data(), static_cast<int>(xml.size()), nullptr, nullptr,
                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_HUGE));
}

std::vector<std::string> select(const std::string& xml, const std::string& xpath) {
  const auto doc = parse(xml);
  if (!doc) return {};
  std::vector<std::string> values;
  xmlXPathContext* context = xmlXPathNewContext(doc.get());
  xmlXPathObject* found = xmlXPathEvalExpression(reinterpret_cast<const xmlChar*>(xpath.c_str()), context);
  if (found && found->nodesetval)
    for (int i = 0; i < found->nodesetval->nodeNr; ++i) {
      xmlChar* text = xmlNodeGetContent(found->nodesetval->nodeTab[i]);
      values.emplace_back(reinterpret_cast<const char*>(text));
      xmlFree(text);
    }
  xmlXPathFreeObject(found);
  xmlXPathFreeContext(context);
  return values;
}

void collect(void* into, const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  static_cast<std::string*>(into)->append(line);
}

xmlNode* body_child(xmlNode* root) {
  if (std::string(reinterpret_cast<const char*>(root->name)) != "Envelope") return root;
  for (xmlNode* part = root->children; part; part = part->next)
    if (part->type == XML_ELEMENT_NODE && std::string(reinterpret_cast<const char*>(part->name)) == "Body")
      return xmlFirstElementChild(part);
  return nullptr;
}

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  return encoded;
}

/// "Delete/ItemId": elements of these names, one inside of the other, in any namespace.
std::string xpath(const std::string& path) {
  std::string result = "/";
  std::istringstream names(path);
  for (std::string name; std::getline(names, name, '/');)
    result += "/*[local-name()='" + name + "']";
  return result;
}

std::string first(const std::vector<std::string>& all) {
  return all.empty() ? std::string() : all.front();
}

} // namespace

struct schema_judge::impl {
  xmlSchema* schema = nullptr;
};

schema_judge::schema_judge(const std::string& folder) : impl_(std::make_unique<impl>()) {
  const std::string file = std::string(EWS_DATA_DIR) + "/schemas/" + folder + "/ews.xsd";
  xmlSchemaParserCtxt* parser = xmlSchemaNewParserCtxt(file.c_str());
  impl_->schema = xmlSchemaParse(parser);
  xmlSchemaFreeParserCtxt(parser);
  INFO(file);
  REQUIRE(impl_->schema);
}

schema_judge::~schema_judge() {
  xmlSchemaFree(impl_->schema);
}

std::optional<std::string> schema_judge::objection(const std::string& given) const {
  auto xml = given;
  // Recorded streaming answers have these in the messages namespace, the schemas in the types namespace.
  if (xml.find("GetStreamingEventsResponse") != std::string::npos)
    for (const char* name : {"m:Notification>", "m:SubscriptionId>"})
      xml = replace_all(xml, name, "t" + std::string(name + 1));
  const auto doc = parse(xml);
  if (!doc) return "not well-formed";
  xmlNode* body = body_child(xmlDocGetRootElement(doc.get()));
  if (!body) return "an empty soap:Body";
  if (std::string(reinterpret_cast<const char*>(body->name)) == "Fault") return std::nullopt;
  const doc_ptr alone(xmlNewDoc(reinterpret_cast<const xmlChar*>("1.0")));
  xmlDocSetRootElement(alone.get(), xmlDocCopyNode(body, alone.get(), 1));
  xmlReconciliateNs(alone.get(), xmlDocGetRootElement(alone.get()));
  std::string text;
  xmlSchemaValidCtxt* context = xmlSchemaNewValidCtxt(impl_->schema);
  xmlSchemaSetValidErrors(context, collect, collect, &text);
  const int result = xmlSchemaValidateDoc(context, alone.get());
  xmlSchemaFreeValidCtxt(context);
  if (result == 0) return std::nullopt;
  return text.empty() ? "invalid" : text;
}

const schema_judge& judge_of(const std::string& folder) {
  static std::map<std::string, std::unique_ptr<schema_judge>> judges;
  auto& judge = judges[folder];
  if (!judge) judge = std::make_unique<schema_judge>(folder);
  return *judge;
}

std::string schema_folder_of(const std::string& version) {
  static const std::map<std::string, std::string> folders{
      {"Exchange2007", "Exchange2007_SP1"},
      {"Exchange2007_SP1", "Exchange2007_SP1"},
      {"Exchange2010", "Exchange2010_SP2"},
      {"Exchange2010_SP1", "Exchange2010_SP2"},
      {"Exchange2010_SP2", "Exchange2010_SP2"},
      {"Exchange2013", "Exchange2013SP1plus_Exchange2015"},
      {"Exchange2013_SP1", "Exchange2013SP1plus_Exchange2015"},
      {"Exchange2016", "Exchange2016-2019_V2017_07_11"},
      {"V2017_07_11", "ExchangeSE_15.2.2562.17"},
  };
  const auto found = folders.find(version);
  return found == folders.end() ? std::string() : found->second;
}

bool has_ews_data(const char* test) {
  if (std::string(EWS_DATA_DIR).empty()) {
    std::cerr << test << ": skipped, since EWS_DATA_DIR is not set\n";
    return false;
  }
  return true;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  INFO(path);
  REQUIRE(in);
  return all.str();
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

namespace {

struct server_profile {
  const char *server, *version, *newest, *schemas;
};

constexpr server_profile profiles[] = {
    {"old", "Exchange2010_SP2", "Exchange2010_SP2", "Exchange2010_SP2"},
    {"new", "ExchangeSE", "V2017_07_11", "ExchangeSE_15.2.2562.17"},
    {"2007", "Exchange2007_SP1", "Exchange2007_SP1", "Exchange2007_SP1"},
    {"2013", "Exchange2013_SP1", "Exchange2013_SP1", "Exchange2013SP1plus_Exchange2015"},
    {"2016", "Exchange2016", "V2017_07_11", "Exchange2016-2019_V2017_07_11"},
};

const server_profile& profile_of(const std::string& server) {
  for (const auto& profile : profiles)
    if (server == profile.server) return profile;
  FAIL("no such server: " << server);
  throw;
}

} // namespace

fixture::fixture(bool with_schemas) : now(std::chrono::milliseconds(1'767'600'000'000)) {
  world_options options;
  options.now = [this] { return now; };
  options.random = [numbers = std::mt19937_64(20260105)]() mutable { return numbers(); };
  options.advance_clock = [this](std::chrono::seconds by) { now += by; };
  if (with_schemas && *EWS_DATA_DIR) options.schema_directory = std::string(EWS_DATA_DIR) + "/schemas";
  sim = std::make_unique<world>(std::move(options));
  for (const auto& [server, version, newest, schemas] : profiles) {
    const std::string domain = std::string("@") + server + ".example";
    control({{"do", "add_server"}, {"name", server}, {"version", version}});
    control({{"do", "add_mailbox"},
             {"server", server},
             {"address", "ann" + domain},
             {"display_name", "Ann Äpfel"},
             {"password", "secret"},
             {"aliases", {"ann.alias" + domain}}});
    control({{"do", "add_mailbox"},
             {"server", server},
             {"address", "service" + domain},
             {"password", "secret"},
             {"may_impersonate", {"*"}}});
  }
}

fixture::~fixture() = default;

std::string fixture::newest_version(const std::string& server) {
  return profile_of(server).newest;
}

std::string fixture::schemas_of(const std::string& server) {
  return profile_of(server).schemas;
}

std::string fixture::envelope(const std::string& server, const std::string& operation) {
  return R"(<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/")"
         R"( xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages")"
         R"( xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><soap:Header><t:RequestServerVersion Version=")" +
         newest_version(server) + R"("/></soap:Header><soap:Body>)" + operation + "</soap:Body></soap:Envelope>";
}

http_response fixture::post(const std::string& server, const std::string& envelope, const std::string& user,
                            const std::vector<std::pair<std::string, std::string>>& headers) {
  http_request request{server, "POST", "/EWS/Exchange.asmx", {}, envelope};
  const std::string name = user.empty() ? "ann@" + server + ".example" : user;
  request.headers = {{"Content-Type", "text/xml; charset=utf-8"},
                     {"Authorization", "Basic " + base64(name + ":secret")}};
  request.headers.insert(request.headers.end(), headers.begin(), headers.end());
  return sim->handle(request);
}

std::string fixture::call(const std::string& server, const std::string& operation, const std::string& user) {
  const auto answer = post(server, envelope(server, operation), user);
  INFO(operation);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  if (*EWS_DATA_DIR) CHECK(judge_of(schemas_of(server)).objection(answer.body).value_or("") == "");
  return answer.body;
}

nlohmann::json fixture::control(const nlohmann::json& command) {
  auto answer = sim->control(command);
  INFO(command.dump());
  INFO(answer.dump());
  REQUIRE_FALSE(answer.contains("error"));
  return answer;
}

std::vector<std::string> all_elements(const std::string& xml, const std::string& path) {
  return select(xml, xpath(path));
}

std::vector<std::string> all_attributes(const std::string& xml, const std::string& path, const std::string& attribute) {
  return select(xml, xpath(path) + "/@" + attribute);
}

std::string first_element(const std::string& xml, const std::string& path) {
  return first(all_elements(xml, path));
}

std::string first_attribute(const std::string& xml, const std::string& path, const std::string& attribute) {
  return first(all_attributes(xml, path, attribute));
}

std::string fault_code(const http_response& answer) {
  return first(select(answer.body, "//*[local-name()='Fault']//*[local-name()='ResponseCode']"));
}

} // namespace exchange_sim::test
