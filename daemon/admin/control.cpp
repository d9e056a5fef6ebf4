#include "daemon/admin/control.hpp"

#include <nlohmann/json.hpp>

#include <atomic>

namespace exsyncd::admin {

class reply::slot {
public:
  explicit slot(receiver to) : to_(std::move(to)) {}
  ~slot() { give(call_error{error_code::internal, "the daemon gave no answer", "look into the log", ""}); }
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;

  void give(std::variant<std::string, call_error> answer) {
    if (!given_.exchange(true)) to_(std::move(answer));
  }

private:
  receiver to_;
  std::atomic<bool> given_ = false;
};

reply::reply(receiver to) : slot_(std::make_shared<slot>(std::move(to))) {}

// Subjects and names come from servers: what is no UTF-8 in them must not break the answer.
void reply::done(const nlohmann::json& result) const {
  slot_->give(result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void reply::failed(call_error why) const {
  slot_->give(std::move(why));
}

} // namespace exsyncd::admin
