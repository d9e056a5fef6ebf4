// How much a server takes, and how much a mailbox holds.
#include "tests/exchange_sim/limits.hpp"

namespace exchange_sim {

namespace {

std::size_t size_of(const mailbox& box) {
  std::size_t total = 0;
  for (const auto& [key, f] : box.folders)
    for (const auto& [item_key, held] : f.items)
      total += size_of(held);
  return total;
}

} // namespace

void check_room(const session& s, const item& wanted, std::size_t replaced) {
  auto size = size_of(wanted);
  if (s.host.message_bytes != 0 && size > s.host.message_bytes)
    throw response_error{"ErrorMessageSizeExceeded", "The message exceeds the maximum supported size."};
  if (s.box->quota_bytes != 0 && size_of(*s.box) + size > s.box->quota_bytes + replaced)
    throw response_error{"ErrorQuotaExceeded", "The mailbox quota has been exceeded."};
}

outcome<done> world::set_limits(const std::string& name, const limit_changes& limits) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  auto& host = at->second;
  if (limits.request_bytes) host.profile.request_bytes = *limits.request_bytes;
  if (limits.attachment_bytes) host.profile.attachment_bytes = *limits.attachment_bytes;
  if (limits.message_bytes) host.message_bytes = *limits.message_bytes;
  if (limits.sync_page) host.sync_page = std::min<std::size_t>(512, std::max<std::size_t>(1, *limits.sync_page));
  if (limits.find_page) host.profile.find_page = host.profile.find_page_restricted = *limits.find_page;
  ++universe_->revision;
  return done{};
}

} // namespace exchange_sim
