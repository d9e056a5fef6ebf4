#include "daemon/admin/control.hpp"

#include <nlohmann/json.hpp>

#include <atomic>

namespace exsyncd::admin {

class reply::slot {
public:
  slot(receiver to, pusher more) : to_(std::move(to)), more_(std::move(more)) {}
  ~slot() { give(call_error{error_code::internal, "the daemon gave no answer", "look into the log", ""}); }
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;

  void give(std::variant<std::string, call_error> answer) {
    if (!given_.exchange(true)) to_(std::move(answer));
  }

  bool push(std::string line) const { return more_ && more_(std::move(line)); }

private:
  receiver to_;
  pusher more_;
  std::atomic<bool> given_ = false;
};

reply::reply(receiver to, pusher more) : slot_(std::make_shared<slot>(std::move(to), std::move(more))) {}

// Subjects and names come from servers: what is no UTF-8 in them must not break the answer.
void reply::done(const nlohmann::json& result) const {
  slot_->give(result.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void reply::done_in_order(const nlohmann::ordered_json& result) const {
  slot_->give(result.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

bool reply::push(const nlohmann::json& event) const {
  return slot_->push(event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
}

bool reply::is_open() const {
  return slot_->push({});
}

void reply::failed(call_error why) const {
  slot_->give(std::move(why));
}

} // namespace exsyncd::admin
