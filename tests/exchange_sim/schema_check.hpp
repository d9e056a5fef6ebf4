#pragma once

#include "tests/exchange_sim/profile.hpp"
#include "tests/exchange_sim/xml.hpp"

#include <memory>
#include <optional>
#include <string>

namespace exchange_sim {

struct schema_violation {
  std::string text;
  int line = 0;
};

/// Says what is wrong with a body element under the schema of one version. With a directory of Microsoft's schemas
/// libxml2 decides; without one our own table of element order, required attributes and first versions does
/// (request_grammar.cpp), for requests only. Parsed schemas are kept.
class schema_check {
public:
  explicit schema_check(std::string directory);
  ~schema_check();
  std::optional<schema_violation> request(const version_profile&, schema_version, node body) const;
  /// Whether there are schemas to hold an answer against.
  bool checks_answers() const;
  std::optional<schema_violation> answer(const version_profile&, node body) const;

private:
  struct loaded;
  std::optional<schema_violation> against(std::string_view folder, node body) const;
  std::unique_ptr<loaded> loaded_;
};

/// The table of our own. None: nothing that it knows of is wrong.
std::optional<schema_violation> check_request_grammar(schema_version, node body);

} // namespace exchange_sim
