#include "daemon/ctl/told_below.hpp"

#include <nlohmann/json.hpp>

namespace exsyncd::ctl {

using nlohmann::json;

std::string left_as_lines(const json& of, const std::string& pair) {
  std::string text;
  for (const auto& u : of.value("not_looked_after", json::array())) {
    const auto name = pair.empty() ? u.value("pair", "") : pair;
    const auto items = u.value("items", 0);
    text += plain((name.empty() ? "" : name + "/") + u.value("folder", "")) + ": not looked after, " +
            std::to_string(items) + (items == 1 ? " item: " : " items: ") + plain(u.value("reason", "")) + "\n    → " +
            plain(u.value("hint", "")) + "\n";
  }
  return text;
}

std::string errors_of(const session& with, const json& pairs) {
  std::string text;
  for (const auto& p : pairs) {
    for (const auto& e : p.value("errors", json::array())) {
      const auto folder = e.value("folder", "");
      text += paint(with.look, colour::red, plain(p.value("name", "") + (folder.empty() ? "" : "/" + folder))) + ": " +
              plain(e.value("message", ""));
      if (e.contains("hint")) text += "\n    → " + in_commands(plain(e.value("hint", "")));
      text += "\n";
    }
    for (const auto& f : p.value("frozen", json::array()))
      text += paint(with.look, colour::red, plain(p.value("name", "") + "/" + f.value("folder", ""))) +
              ": frozen: " + plain(f.value("reason", "")) + "\n    → " + in_commands(plain(f.value("hint", ""))) + "\n";
    for (const auto& u : p.value("out_of_sight", json::array()))
      text += paint(with.look, colour::yellow, plain(p.value("name", "") + "/" + u.value("folder", ""))) + ", " +
              plain(u.value("side", "")) + ": " + plain(u.value("reason", "")) + "\n    → " +
              in_commands(plain(u.value("hint", ""))) + "\n";
    text += left_as_lines(p, p.value("name", ""));
    for (const auto& u : p.value("unguarded", json::array()))
      text += paint(with.look, colour::yellow, plain(p.value("name", "") + "/" + u.value("folder", ""))) +
              ": unguarded, another daemon would not notice this one: " + plain(u.value("reason", "")) + "\n";
  }
  return text.empty() ? text : "\n" + text;
}

} // namespace exsyncd::ctl
