#include "tests/simulate/watcher.hpp"

#include <set>

namespace simulate {

void watcher::happened(const exchange_sim::act_record& record) {
  using kind = exchange_sim::item_event::kind;
  if (record.is_request) mailed_ += record.mails.size();
  const auto forget = [this](std::map<std::uint64_t, sight>& in, std::uint64_t key) {
    const auto at = in.find(key);
    if (at == in.end()) return;
    there_.erase(at->second.id);
    in.erase(at);
  };
  for (const auto& e : record.events) {
    if (e.what == kind::listed || e.what == kind::read || e.what == kind::told_gone || e.what == kind::read_changed)
      continue;
    auto& in = items_[e.mailbox == "publicfolders" ? e.mailbox + "@" + e.server + ".example" : e.mailbox];
    if (e.what == kind::moved && e.before != e.key) forget(in, e.before);
    exchange_sim::item_now now;
    if (e.what == kind::removed || !record.look(e.server, e.mailbox, e.key, now)) {
      forget(in, e.key);
      continue;
    }
    if (now.associated) continue;
    auto& seen = in[e.key];
    seen = {now.id, now.folder, seen.label.empty() ? model::label_in(now.body) : seen.label};
    there_[now.id] = 1;
  }
  recorder_.happened(record);
}

const std::map<std::uint64_t, watcher::sight>& watcher::items(const std::string& mailbox) const {
  static const std::map<std::uint64_t, sight> none;
  const auto at = items_.find(mailbox);
  return at == items_.end() ? none : at->second;
}

} // namespace simulate
