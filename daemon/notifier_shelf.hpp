#pragma once

#include "actors/notifier.hpp"
#include "config/settings.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace exsyncd {

/// The notifiers that are there, one an account and server. One that has died is not handed out again: whoever asks
/// next has another one made. Any thread.
class notifier_shelf : public std::enable_shared_from_this<notifier_shelf> {
public:
  /// `key`: what makes two of them the same. Invalid once it was ended.
  notifier_actor get(const server_settings& key, const std::function<notifier_actor()>& make);
  /// Ends all of them, and makes no more.
  void end();

private:
  void drop(const caf::actor_addr& dead);

  std::mutex mutex_;
  std::vector<std::pair<server_settings, notifier_actor>> known_;
  bool ended_ = false;
};

} // namespace exsyncd
