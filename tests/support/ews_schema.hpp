#pragma once

#include <optional>
#include <string>

namespace exsyncd::test {

/// Whether an envelope's Body and Header elements validate against Microsoft's schema of this version
/// ("Exchange2007_SP1", "Exchange2010_SP2", anything newer: that of SE).
/// Nothing: valid. Needs EWS_DATA_DIR.
std::optional<std::string> schema_error(const std::string& envelope, const std::string& version);
/// Whether EWS_DATA_DIR is there; says so on stderr once if not.
bool have_schemas();

} // namespace exsyncd::test
