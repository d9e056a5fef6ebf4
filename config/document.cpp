#include "config/document.hpp"

#include "config/json_depth.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace exsyncd {
namespace {

using nlohmann::ordered_json;

/// Follows the parser, since values carry no positions: where it is, and which keys each open object has had.
class key_watch {
public:
  explicit key_watch(problems& found) : found_(found) {}

  bool operator()(int, ordered_json::parse_event_t event, ordered_json& parsed) {
    using at = ordered_json::parse_event_t;
    switch (event) {
    case at::object_start:
    case at::array_start:
      open_.emplace_back();
      break;
    case at::key:
      see(parsed.get<std::string>());
      break;
    case at::object_end:
    case at::array_end:
      open_.pop_back();
      break;
    case at::value:
      break;
    }
    return true;
  }

private:
  struct level {
    std::set<std::string> keys;
    std::string current;
  };

  void see(std::string key) {
    auto& here = open_.back();
    const auto is_new = here.keys.insert(key).second;
    here.current = std::move(key);
    if (is_new) return;
    std::string path;
    for (const auto& level : open_)
      path = path_of(path, level.current);
    found_.push_back({path, "is there twice; one of them must go", 0, 0});
  }

  problems& found_;
  std::vector<level> open_;
};

problem problem_at(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, std::min(byte, text.size()));
  const auto line_start = before.rfind('\n');
  problem p;
  p.line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  p.column = 1 + (line_start == std::string_view::npos ? before.size() : before.size() - line_start - 1);
  return p;
}

problem syntax_problem(std::string_view text, const ordered_json::parse_error& error) {
  auto p = problem_at(text, error.byte == 0 ? 0 : error.byte - 1);
  // The library says "[json.exception.…] parse error at line 1, column 2: what": the place is ours.
  std::string what = error.what();
  const auto column = what.find(", column ");
  const auto colon = column == std::string::npos ? column : what.find(": ", column);
  p.text = colon == std::string::npos ? what : what.substr(colon + 2);
  return p;
}

/// The library names the number in quotes, and no place.
problem overflow_problem(std::string_view text, const std::string& what) {
  const auto from = what.find('\''), to = what.rfind('\'');
  const auto number = from < to ? what.substr(from + 1, to - from - 1) : std::string();
  auto p = problem_at(text, std::min(text.find(number), text.size()));
  p.text = "the number " + number + " is too large";
  return p;
}

} // namespace

std::string path_of(const std::string& parent, const std::string& key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c >= 0x80;
  });
  const auto name = plain ? key : ordered_json(key).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return parent.empty() ? name : parent + "." + name;
}

ordered_json parse_document(std::string_view text, problems& found) {
  if (nests_too_deep(text)) {
    found.push_back({"", "nests deeper than " + std::to_string(deepest_json) + " values", 0, 0});
    return nullptr;
  }
  try {
    return ordered_json::parse(text.begin(), text.end(), key_watch(found), true, true);
  } catch (const ordered_json::parse_error& error) {
    found.push_back(syntax_problem(text, error));
  } catch (const ordered_json::out_of_range& error) {
    found.push_back(overflow_problem(text, error.what()));
  }
  return nullptr;
}

} // namespace exsyncd
