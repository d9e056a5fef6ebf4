#include "daemon/ctl/steps.hpp"

#include "daemon/ctl/session.hpp"

#include <nlohmann/json.hpp>

namespace exsyncd::ctl {
namespace {

colour colour_of(grade g) {
  switch (g) {
  case grade::ok:
    return colour::green;
  case grade::warning:
    return colour::yellow;
  case grade::failed:
    return colour::red;
  case grade::skipped:
    return colour::dim;
  }
  return colour::none;
}

} // namespace

std::string name_of(grade g) {
  switch (g) {
  case grade::ok:
    return "ok";
  case grade::warning:
    return "warning";
  case grade::failed:
    return "failed";
  case grade::skipped:
    return "skipped";
  }
  return {};
}

std::string text_of(const style& look, const step& s) {
  auto text =
      paint(look, colour_of(s.came), fitted(name_of(s.came), 7)) + "  " + plain(s.name) + ": " + plain(s.text) + "\n";
  if (!s.hint.empty()) text += "         → " + in_commands(plain(s.hint)) + "\n";
  return text;
}

std::vector<step> steps_of(const nlohmann::json& tested) {
  std::vector<step> all;
  for (const auto& s : tested.value("steps", nlohmann::json::array())) {
    step one{s.value("step", ""), grade::failed, s.value("text", ""), s.value("hint", "")};
    for (const auto g : {grade::ok, grade::warning, grade::skipped})
      if (s.value("result", "") == name_of(g)) one.came = g;
    all.push_back(std::move(one));
  }
  return all;
}

} // namespace exsyncd::ctl
