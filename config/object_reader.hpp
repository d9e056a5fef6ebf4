#pragma once

#include "config/problem.hpp"
#include "config/values.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace exsyncd {

/// A setting that the design has and this version has not.
struct later_key {
  std::string_view key;
  std::string_view instead; // what to do now
};

/// Reads one JSON object key by key. Whatever does not fit becomes a problem with its path, and reading goes on, so
/// that all of them are told at once.
class object_reader {
public:
  /// Refuses keys that are not in `known`. A value that is no object is a problem, and reads as an empty one.
  object_reader(const nlohmann::ordered_json& value, std::string path, std::span<const std::string_view> known,
                problems& found, std::span<const later_key> later = {});
  /// As above, for an object whose keys are names that the user gives.
  object_reader(const nlohmann::ordered_json& value, std::string path, problems& found);

  bool has(std::string_view key) const;
  std::string path(std::string_view key) const;
  /// Adds a problem of this key.
  void complain(std::string_view key, const std::string& text);

  /// The value, or empty where the key is not there or its value has another type (a problem).
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<std::int64_t> number(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<std::size_t> one_of(std::string_view key, std::span<const std::string_view> words);

  /// A string that `parse` accepts.
  template <class T>
  std::optional<T> parsed(std::string_view key, const std::function<checked<T>(const std::string&)>& parse) {
    const auto word = text(key);
    if (!word) return std::nullopt;
    auto value = parse(*word);
    if (auto* wrong = std::get_if<objection>(&value)) {
      complain(key, wrong->text);
      return std::nullopt;
    }
    return std::get<T>(std::move(value));
  }

  /// Says that a key is missing, unless it is there. True where it is there.
  bool require(std::string_view key, std::string_view what);

  /// The value itself; the key is there.
  const nlohmann::ordered_json& child(std::string_view key) const;

  /// For each key that the user named, in the order of the file. A bad name is a problem, and is skipped.
  void each_named(const std::function<void(const std::string& name, const nlohmann::ordered_json& value,
                                           const std::string& path)>& visit);

private:
  const nlohmann::ordered_json& value_;
  bool is_object_; // if not, one problem has told so, and nothing is missing from it
  std::string path_;
  problems& found_;
};

} // namespace exsyncd
