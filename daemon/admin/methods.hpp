#pragma once

#include "daemon/admin/control.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace exsyncd::admin {

enum class param_type {
  text,
  names,  // one name, or a list of names
  count,  // a whole number, 1–10000
  object, // a JSON object
  level,  // of a log line
  flag    // true or false
};

struct param {
  std::string name;
  param_type type = param_type::text;
  bool required = true;
  std::string text;
  /// Though it may be missing, exsyncctl takes it without its name.
  bool without_name = false;
};

/// A method of the admin socket. `help` is made of these, and so are the refusals of wrong parameters.
struct method {
  std::string name;
  std::vector<param> params;
  std::string text;    // one line
  std::string example; // its params as JSON text, or empty
  /// Called with parameters that are right.
  std::function<void(const nlohmann::json& params, const reply& to)> run;
};

/// All methods, `help` first. `daemon` must outlive them.
std::vector<method> make_methods(daemon_control& daemon);
/// The same, to be read only: they cannot be run.
std::vector<method> describe_methods();

/// What is wrong with the parameters of a call, or nothing.
std::optional<call_error> refusal(const method& m, const nlohmann::json& params);

} // namespace exsyncd::admin
