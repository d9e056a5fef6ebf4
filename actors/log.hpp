#pragma once

#include "config/settings.hpp"

#include <functional>
#include <string>

namespace exsyncd {

/// One fact for the log. Never a secret, never a part of a message but its subject.
struct log_line {
  log_level level = log_level::info;
  std::string text;
  std::string pair;   // the pair's name; empty where it is about none. Likewise:
  std::string folder; // the folder pair's name
  std::string item;   // what an administrator can find the item by: its subject, or its id
  std::string code;   // an EWS ResponseCode, "HTTP 503", or a word of our own
};

/// Where lines go. Can be called from any thread, does not throw, and never waits for a slow reader of the log.
using log_sink = std::function<void(const log_line&)>;

} // namespace exsyncd
