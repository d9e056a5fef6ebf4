#include "daemon/notifier_shelf.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

namespace exsyncd {

notifier_actor notifier_shelf::get(const server_settings& key, const std::function<notifier_actor()>& make) {
  notifier_actor made;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return {};
    for (const auto& [server, notifier] : known_)
      if (server == key) return notifier;
    made = make();
    known_.emplace_back(key, made);
  }
  // Outside of the lock: of one that is dead already it is called at once.
  caf::actor_cast<caf::abstract_actor*>(made)->attach_functor(
      [shelf = weak_from_this(), address = made.address()](const caf::error&) {
        if (const auto still = shelf.lock()) still->drop(address);
      });
  return made;
}

void notifier_shelf::drop(const caf::actor_addr& dead) {
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [&](const auto& one) { return one.second.address() == dead; });
}

void notifier_shelf::end() {
  decltype(known_) all;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    all = std::exchange(known_, {});
  }
  for (auto& [server, notifier] : all)
    caf::anon_send_exit(notifier, caf::exit_reason::user_shutdown);
}

} // namespace exsyncd
