// Which machine a subscription lives on. 2013 and later: the machine of the anchor mailbox's group, or the one that
// X-BackEndOverrideCookie names; 2010: the one that the balancer's cookie names.
#include "tests/exchange_sim/affinity.hpp"

namespace exchange_sim {

namespace {

constexpr std::string_view override_mark = "~1941962753";

std::string group_of(session& s, const std::string& address) {
  const auto* box = s.host.find_mailbox(address);
  if (box == nullptr) throw unroutable{};
  auto own = s.host.discovery.find(lower(box->who.address));
  return own == s.host.discovery.end() || own->second.grouping.empty() ? s.host.grouping : own->second.grouping;
}

std::string by_balancer(session& s) {
  if (!s.routing.balancer_cookie.empty()) return s.routing.balancer_cookie;
  static constexpr char digits[] = "0123456789abcdef";
  std::string machine;
  for (unsigned char c : random_bytes(s.options.random, 16)) {
    machine += digits[c >> 4];
    machine += digits[c & 0xf];
  }
  s.set_cookies.push_back("exchangecookie=" + machine + "; path=/; HttpOnly");
  return machine;
}

} // namespace

std::string backend_of(session& s) {
  if (!s.host.strict_affinity) return {};
  auto balanced = by_balancer(s);
  if (s.host.profile.newest < schema_version::e2013) return balanced;
  const auto& given = s.routing.override_cookie;
  if (!s.routing.prefers_affinity) throw unroutable{};
  if (given.ends_with(override_mark) && s.operation != "Subscribe") return given.substr(0, given.find('~'));
  if (s.routing.anchor_mailbox.empty()) throw unroutable{};
  if (given.ends_with(override_mark)) return given.substr(0, given.find('~'));
  auto machine = group_of(s, s.routing.anchor_mailbox);
  s.set_cookies.push_back("X-BackEndOverrideCookie=" + machine + std::string(override_mark) + "; path=/; HttpOnly");
  return machine;
}

} // namespace exchange_sim
