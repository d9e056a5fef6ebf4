#pragma once

#include "daemon/ctl/text.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

/// Things that were tried, one after the other: the doctor's, and those of server.test.
namespace exsyncd::ctl {

enum class grade { ok, warning, failed, skipped };

struct step {
  std::string name;
  grade came = grade::ok;
  std::string text;
  std::string hint; // may be empty
};

std::string name_of(grade g);
/// A line, and one for the hint.
std::string text_of(const style& look, const step& s);
/// Those of server.test's answer.
std::vector<step> steps_of(const nlohmann::json& tested);

} // namespace exsyncd::ctl
