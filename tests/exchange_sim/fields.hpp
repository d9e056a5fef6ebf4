#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <set>
#include <stdexcept>
#include <string>

namespace exchange_sim {

/// Reads the fields of one JSON object and knows which nobody asked for, so that a misspelt one is refused instead of
/// ignored. Every error is a std::invalid_argument that begins with the name of the field.
class fields {
public:
  /// The object has to outlive the reader. `path` comes before the names in errors ("item.").
  explicit fields(const nlohmann::json& object, std::string path = {}) : object_(object), path_(std::move(path)) {
    if (!object_.is_object()) throw std::invalid_argument(path_ + ": must be an object");
  }

  template <class T>
  std::optional<T> optional(const std::string& name) {
    const auto* value = look(name);
    if (!value) return std::nullopt;
    return convert<T>(*value, name);
  }

  template <class T>
  T required(const std::string& name) {
    const auto* value = look(name);
    if (!value) throw std::invalid_argument(path_ + name + ": is missing");
    return convert<T>(*value, name);
  }

  /// An object inside of this one; its own `finish` has to be called.
  std::optional<fields> object(const std::string& name) {
    const auto* value = look(name);
    if (!value) return std::nullopt;
    return fields(*value, path_ + name + ".");
  }

  /// Refuses what nobody asked for.
  void finish() const {
    for (const auto& [name, value] : object_.items())
      if (!asked_.contains(name)) throw std::invalid_argument(path_ + name + ": is not known here");
  }

private:
  const nlohmann::json* look(const std::string& name) {
    asked_.insert(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  template <class T>
  T convert(const nlohmann::json& value, const std::string& name) const {
    // nlohmann would turn true into 1, -1 into 2^64-1 and 0.5 into 0.
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      const bool negative = value.is_number_integer() && !value.is_number_unsigned() && value.get<std::int64_t>() < 0;
      if (!value.is_number_integer() || (std::is_unsigned_v<T> && negative))
        throw std::invalid_argument(path_ + name + ": must be a whole number" +
                                    (std::is_unsigned_v<T> ? ", not negative" : ""));
    }
    try {
      return value.get<T>();
    } catch (const nlohmann::json::exception&) {
      throw std::invalid_argument(path_ + name + ": has the wrong type");
    }
  }

  const nlohmann::json& object_;
  std::string path_;
  std::set<std::string> asked_;
};

} // namespace exchange_sim
