#include "actors/ews/autodiscover.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

namespace exsyncd {

std::vector<srv_target> look_up_srv(const std::string& name) {
  struct record {
    unsigned priority, weight;
    srv_target target;
  };
  std::vector<record> found;
  struct __res_state resolver {};
  if (res_ninit(&resolver) != 0) return {};
  resolver.retrans = 2; // seconds
  resolver.retry = 2;
  std::array<unsigned char, 16 * 1024> answer{};
  const int size =
      res_nquery(&resolver, name.c_str(), ns_c_in, ns_t_srv, answer.data(), static_cast<int>(answer.size()));
  ns_msg message;
  if (size > 0 && ns_initparse(answer.data(), std::min(size, static_cast<int>(answer.size())), &message) == 0)
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
      ns_rr entry;
      if (ns_parserr(&message, ns_s_an, i, &entry) != 0 || ns_rr_type(entry) != ns_t_srv || ns_rr_rdlen(entry) < 7)
        continue;
      const auto* data = ns_rr_rdata(entry);
      std::array<char, NS_MAXDNAME> host{};
      if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), data + 6, host.data(), host.size()) < 0)
        continue;
      // RFC 2782: priority, weight, port, target; "." says that there is no such service.
      const std::string target = host.data();
      if (target.empty() || target == ".") continue;
      found.push_back({ns_get16(data), ns_get16(data + 2), {target, static_cast<std::uint16_t>(ns_get16(data + 4))}});
    }
  res_nclose(&resolver);
  std::sort(found.begin(), found.end(), [](const record& a, const record& b) {
    return std::tuple(a.priority, b.weight) < std::tuple(b.priority, a.weight);
  });
  std::vector<srv_target> out;
  for (auto& r : found)
    out.push_back(std::move(r.target));
  return out;
}

} // namespace exsyncd
