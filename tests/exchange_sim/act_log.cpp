#include "tests/exchange_sim/act_log.hpp"

#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/world_parts.hpp"

#include <nlohmann/json.hpp>

namespace exchange_sim {

void act_log::note(item_event::kind what, const server& host, const mailbox& box, std::uint64_t key,
                   std::uint64_t before) {
  if (to != nullptr) events.push_back({what, host.name, lower(box.who.address), key, before});
}

void act_log::note(item_event::kind what, const change_context& context, std::uint64_t key, std::uint64_t before) {
  if (to != nullptr) note(what, context.host, context.box, key, before);
}

void tell_observer(universe& all, sys_time at, sys_time asked, bool is_request, std::string name, std::string server,
                   std::string mailbox, bool answered) {
  auto& log = all.log;
  if (log.to == nullptr) return;
  act_record told{at,
                  asked,
                  is_request,
                  std::move(name),
                  std::move(server),
                  std::move(mailbox),
                  answered,
                  std::exchange(log.events, {}),
                  std::exchange(log.list, std::nullopt),
                  {},
                  std::exchange(log.mails, {})};
  told.look = [&all](const std::string& server_name, const std::string& address, std::uint64_t key, item_now& out) {
    auto host = all.servers.find(server_name);
    auto* box = host == all.servers.end() ? nullptr : host->second.find_mailbox(address);
    auto* found = box == nullptr ? nullptr : box->find_item({key});
    if (found == nullptr) return false;
    out = {wire_id(*box, item_key{key}),
           path_of(*box, found->folder),
           found->changed,
           found->read,
           found->associated,
           found->body.text,
           [box, found] { return shown(*box, *found); }};
    return true;
  };
  log.to->happened(told);
}

act_scope::act_scope(universe& all, const world_options& options, const char* name, const mailbox_ref& ref)
    : all_(all), options_(options), name_(name) {
  if (all_.log.to == nullptr) return;
  ++all_.log.depth;
  auto found = find_mailbox(all, ref);
  if (found.box == nullptr) return;
  server_ = found.host->name;
  address_ = lower(found.box->who.address);
}

act_scope::~act_scope() {
  if (all_.log.to == nullptr || --all_.log.depth > 0) return;
  const auto now = options_.now();
  tell_observer(all_, now, now, false, name_, server_, address_, true);
}

} // namespace exchange_sim
