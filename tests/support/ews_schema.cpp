#include "tests/support/ews_schema.hpp"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

namespace exsyncd::test {
namespace {

struct schema {
  xmlSchemaPtr parsed = nullptr;
  ~schema() { xmlSchemaFree(parsed); }
};

void collect(void* into, const xmlError* error) {
  static_cast<std::string*>(into)->append(error->message ? error->message : "?");
}

const schema& schema_of(const std::string& version) {
  static std::map<std::string, std::unique_ptr<schema>> all;
  auto& one = all[version];
  if (!one) {
    one = std::make_unique<schema>();
    const std::map<std::string, const char*> directories{{"Exchange2007_SP1", "Exchange2007_SP1"},
                                                         {"Exchange2010_SP2", "Exchange2010_SP2"}};
    const auto known = directories.find(version);
    const auto* directory = known == directories.end() ? "ExchangeSE_15.2.2562.17" : known->second;
    const auto file = std::filesystem::path(EWS_DATA_DIR) / "schemas" / directory / "ews.xsd";
    auto* context = xmlSchemaNewParserCtxt(file.c_str());
    one->parsed = xmlSchemaParse(context);
    xmlSchemaFreeParserCtxt(context);
  }
  return *one;
}

} // namespace

bool have_schemas() {
  static const bool there = [] {
    const bool found =
        !std::string(EWS_DATA_DIR).empty() && std::filesystem::exists(std::filesystem::path(EWS_DATA_DIR) / "schemas");
    if (!found) std::cerr << "EWS_DATA_DIR is not set: nothing is validated against Microsoft's schemas\n";
    return found;
  }();
  return there;
}

std::optional<std::string> schema_error(const std::string& envelope, const std::string& version) {
  std::string errors;
  std::unique_ptr<xmlDoc, void (*)(xmlDocPtr)> document(
      xmlReadMemory(envelope.data(), static_cast<int>(envelope.size()), nullptr, nullptr,
                    XML_PARSE_HUGE | XML_PARSE_NONET | XML_PARSE_NOERROR),
      xmlFreeDoc);
  if (!document) return "not well-formed";
  const auto& schema = schema_of(version);
  if (!schema.parsed) return "the schema of " + version + " cannot be read";
  auto* context = xmlSchemaNewValidCtxt(schema.parsed);
  xmlSchemaSetValidStructuredErrors(
      context, [](void* into, xmlErrorPtr error) { collect(into, error); }, &errors);
  int bodies = 0;
  for (auto* part = xmlDocGetRootElement(document.get())->children; part; part = part->next) {
    bodies += part->name && std::string(reinterpret_cast<const char*>(part->name)) == "Body";
    for (auto* child = part->children; child; child = child->next)
      if (child->type == XML_ELEMENT_NODE) xmlSchemaValidateOneElement(context, child);
  }
  xmlSchemaFreeValidCtxt(context);
  if (bodies != 1) errors += "no soap:Body\n";
  if (errors.empty()) return std::nullopt;
  return errors;
}

} // namespace exsyncd::test
