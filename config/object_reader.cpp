#include "config/object_reader.hpp"

#include "config/document.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace exsyncd {
namespace {

using nlohmann::ordered_json;

const ordered_json& object_or_empty(const ordered_json& value, const std::string& path, problems& found) {
  static const ordered_json empty = ordered_json::object();
  if (value.is_object()) return value;
  found.push_back({path, "must be an object { … }, not " + std::string(value.type_name()), 0, 0});
  return empty;
}

} // namespace

object_reader::object_reader(const ordered_json& value, std::string path, std::span<const std::string_view> known,
                             problems& found, std::span<const later_key> later)
    : value_(object_or_empty(value, path, found)), is_object_(value.is_object()), path_(std::move(path)),
      found_(found) {
  for (const auto& [key, unused] : value_.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto planned = std::find_if(later.begin(), later.end(), [&key = key](auto& l) { return l.key == key; });
    if (planned != later.end()) {
      complain(key, "is not in this version of exsyncd; " + std::string(planned->instead));
      continue;
    }
    const auto meant = nearest(key, known);
    complain(key, meant.empty() ? "is unknown; known here: " + listed(known)
                                : "is unknown; did you mean \"" + meant + "\"?");
  }
}

object_reader::object_reader(const ordered_json& value, std::string path, problems& found)
    : value_(object_or_empty(value, path, found)), is_object_(value.is_object()), path_(std::move(path)),
      found_(found) {}

bool object_reader::has(std::string_view key) const {
  return value_.contains(key);
}

std::string object_reader::path(std::string_view key) const {
  return path_of(path_, std::string(key));
}

void object_reader::complain(std::string_view key, const std::string& text) {
  found_.push_back({path(key), text, 0, 0});
}

std::optional<std::string> object_reader::text(std::string_view key) {
  if (!has(key)) return std::nullopt;
  const auto& value = child(key);
  if (value.is_string()) return value.get<std::string>();
  complain(key, "must be a string in quotes, not " + std::string(value.type_name()));
  return std::nullopt;
}

std::optional<bool> object_reader::flag(std::string_view key) {
  if (!has(key)) return std::nullopt;
  const auto& value = child(key);
  if (value.is_boolean()) return value.get<bool>();
  complain(key, "must be true or false");
  return std::nullopt;
}

std::optional<std::int64_t> object_reader::number(std::string_view key, std::int64_t least, std::int64_t most) {
  if (!has(key)) return std::nullopt;
  const auto& value = child(key);
  // A number above the signed range is stored unsigned, and would come out negative.
  if (value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)) {
    const auto n = value.get<std::int64_t>();
    if (n >= least && n <= most) return n;
  }
  complain(key, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<std::size_t> object_reader::one_of(std::string_view key, std::span<const std::string_view> words) {
  const auto word = text(key);
  if (!word) return std::nullopt;
  const auto at = std::find(words.begin(), words.end(), *word);
  if (at != words.end()) return static_cast<std::size_t>(at - words.begin());
  const auto meant = nearest(*word, words);
  complain(key,
           "\"" + *word + "\" is not " + listed(words) + (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"));
  return std::nullopt;
}

bool object_reader::require(std::string_view key, std::string_view what) {
  if (has(key)) return true;
  if (is_object_) complain(key, "is missing: " + std::string(what));
  return false;
}

const ordered_json& object_reader::child(std::string_view key) const {
  return value_.at(std::string(key));
}

void object_reader::each_named(
    const std::function<void(const std::string&, const ordered_json&, const std::string&)>& visit) {
  for (const auto& [name, value] : value_.items()) {
    const auto usable = parse_name(name);
    if (const auto* wrong = std::get_if<objection>(&usable)) {
      complain(name, wrong->text);
      continue;
    }
    visit(name, value, path(name));
  }
}

} // namespace exsyncd
