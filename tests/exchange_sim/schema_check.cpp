#include "tests/exchange_sim/schema_check.hpp"

#include <libxml/xmlschemas.h>

#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace exchange_sim {

namespace {

struct schema_freer {
  void operator()(xmlSchema* schema) const { xmlSchemaFree(schema); }
};
using schema_pointer = std::unique_ptr<xmlSchema, schema_freer>;

void note_first(void* user, xmlErrorPtr error) {
  auto& first = *static_cast<std::optional<schema_violation>*>(user);
  if (first) return;
  std::string text = error->message == nullptr ? "unknown" : error->message;
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  first = schema_violation{text, error->line};
}

void ignore_structured(void*, xmlErrorPtr) {}

} // namespace

struct schema_check::loaded {
  std::string directory;
  std::map<std::string, schema_pointer, std::less<>> schemas;
};

schema_check::schema_check(std::string directory) : loaded_(std::make_unique<loaded>()) {
  loaded_->directory = std::move(directory);
}

schema_check::~schema_check() = default;

std::optional<schema_violation> schema_check::against(std::string_view folder, node body) const {
  auto& schema = loaded_->schemas[std::string(folder)];
  if (!schema) {
    auto path = (std::filesystem::path(loaded_->directory) / folder / "ews.xsd").string();
    auto* parser = xmlSchemaNewParserCtxt(path.c_str());
    xmlSchemaSetParserStructuredErrors(parser, ignore_structured, nullptr);
    schema.reset(xmlSchemaParse(parser));
    xmlSchemaFreeParserCtxt(parser);
    if (!schema) throw std::runtime_error("cannot read the schema " + path);
  }
  std::optional<schema_violation> first;
  auto* context = xmlSchemaNewValidCtxt(schema.get());
  xmlSchemaSetValidStructuredErrors(context, note_first, &first);
  int result = xmlSchemaValidateOneElement(context, body.raw());
  xmlSchemaFreeValidCtxt(context);
  if (result != 0 && !first) first = schema_violation{"the element does not validate", 0};
  return first;
}

std::optional<schema_violation> schema_check::request(const version_profile& of, schema_version version,
                                                      node body) const {
  if (loaded_->directory.empty()) return check_request_grammar(version, body);
  if (auto wrong = against(schema_folder(of, version), body)) return wrong;
  // The set of 2013 holds what came to Exchange Online up to 2015 as well.
  if (version == schema_version::e2013 || version == schema_version::e2013_sp1)
    return check_request_grammar(version, body);
  return std::nullopt;
}

std::optional<schema_violation> schema_check::answer(const version_profile& of, node body) const {
  if (!checks_answers()) return std::nullopt;
  return against(of.newest_schemas, body);
}

bool schema_check::checks_answers() const {
  return !loaded_->directory.empty();
}

} // namespace exchange_sim
