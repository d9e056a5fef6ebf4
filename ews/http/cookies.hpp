#pragma once

#include "ews/http/transport.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace exsyncd::http {

/// The cookies of one group of requests to one server, by which front ends and balancers lead them all to one machine
/// (X-BackEndOverrideCookie and the balancer's own). Paths, domains and dates are not looked at: everything goes to one
/// URL, and a group lives for hours. A jar belongs to one identity.
class cookie_jar {
public:
  /// Takes the Set-Cookie headers of an answer. A cookie that is set to nothing, or for no time, is given up.
  void take(const std::vector<header>& headers);
  /// The Cookie header for the next request, or nothing.
  std::optional<header> header_line() const;
  void clear() { cookies_.clear(); }

private:
  std::map<std::string, std::string> cookies_;
};

} // namespace exsyncd::http
