#include "actors/ews/notifier_state.hpp"
#include "actors/ews/polling_shares.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <string_view>

namespace exsyncd {
namespace {

using namespace std::chrono_literals;

/// Exchange sends a sign of life about every 45 s: when four are missing, nobody is there any more.
constexpr auto longest_silence = 3min;
/// What other mailboxes want to have carried is waited for a little, so that not each of them makes a new connection.
constexpr auto settling = 300ms;
constexpr auto longest_settling = 5s;
/// A connection that ends sooner has not worked.
constexpr auto worked = 30s;
/// What a connection may bring in a minute; and since the last event, for signs of life are few and small.
constexpr std::size_t most_a_minute = 64u << 20, most_idle_a_minute = 1u << 20;

std::chrono::milliseconds rest(unsigned failures, std::uint64_t random) {
  const auto base =
      std::min<std::chrono::milliseconds>(1s * (1u << std::min(failures > 0 ? failures - 1 : 0u, 9u)), 5min);
  return base + std::chrono::milliseconds(random % (static_cast<std::uint64_t>(base.count()) / 4 + 1));
}

/// The subscriptions are no good any more, which is no trouble of the connection.
bool about_subscriptions(std::string_view code) {
  return code == "ErrorInvalidSubscription" || code == "ErrorSubscriptionNotFound" ||
         code == "ErrorExpiredSubscription" || code == "ErrorSubscriptionUnsubscribed" ||
         code == "ErrorSubscriptionUnsubsribed" || code == "ErrorSubscriptionAccessDenied";
}

/// Hands one connection over to the notifier, bytes as they come. The handle is weak: a connection keeps no notifier.
class stream_courier final : public http::handler {
public:
  stream_courier(caf::actor_addr to, std::uint64_t stream, std::uint64_t life, traffic_counter counter,
                 polling_payers payers)
      : to_(std::move(to)), stream_(stream), life_(life), counter_(std::move(counter)), payers_(std::move(payers)) {}
  void on_head(http::response_head head) override { tell(stream_began{stream_, life_, std::move(head)}); }
  void on_chunk(std::string_view bytes) override {
    // As they come, since it lasts half an hour: what hangs is not compressed, so these are the bytes on the wire.
    counted_ += bytes.size();
    count_polling(counter_, payers_, {0, bytes.size()}, 0);
    tell(stream_bytes{stream_, life_, std::string(bytes)});
  }
  void on_end(http::outcome end) override {
    count_polling(counter_, payers_, {end.bytes.sent, end.bytes.received - std::min(end.bytes.received, counted_)}, 1);
    tell(stream_ended{stream_, life_, std::move(end)});
  }

private:
  template <class What>
  void tell(What what) {
    if (auto to = caf::actor_cast<caf::strong_actor_ptr>(to_))
      caf::anon_send(caf::actor_cast<notifier_inside>(to), std::move(what));
  }
  caf::actor_addr to_;
  std::uint64_t stream_, life_;
  traffic_counter counter_;
  polling_payers payers_;
  std::uint64_t counted_ = 0; // received
};

} // namespace

/// Opens the connection, or a new one where it does not carry what it shall.
void notifier_state::keep_open(std::uint64_t number, stream& s) {
  std::map<subscription_id, std::string> wanted;
  bool pending = false;
  for (const auto& key : s.members) {
    const auto& m = members_.at(key);
    if (m.subscription) wanted.emplace(*m.subscription, key);
    pending = pending || m.asking || (needs_subscription(m) && now() >= m.not_before);
  }
  if (wanted.empty()) {
    close(s);
    s.differs_since.reset();
    return give_back(s);
  }
  if (s.transfer && s.carried == wanted) {
    s.differs_since.reset();
    return give_back(s);
  }
  if (!s.differs_since) s.differs_since = now();
  const auto ready = std::max(*s.differs_since + (pending ? time::duration(longest_settling) : settling), s.not_before);
  if (now() < ready) return again_at(ready);
  open(number, s, std::move(wanted));
  s.differs_since.reset();
  give_back(s);
}

void notifier_state::open(std::uint64_t number, stream& s, std::map<subscription_id, std::string> wanted) {
  if (s.transfer) options_.transport->cancel(*s.transfer);
  ++s.life;
  s.carried = std::move(wanted);
  s.reader = std::make_unique<ews::stream_reader>();
  s.status = 0;
  s.good = false;
  s.opened_at = s.counted_from = now();
  s.bytes = s.idle_bytes = 0;
  s.sent_in = version_;
  ews::get_streaming_events asked;
  asked.open_for = options_.open_for;
  for (const auto& [id, key] : s.carried)
    asked.subscriptions.push_back(id);
  const auto& anchor = members_.at(s.members.front()).address;
  auto request = request_of(s, ews::write(context(anchor), asked));
  request->limits = {options_.limits.connect, longest_silence, options_.open_for + 1min};
  request->hanging = true;
  polling_payers payers;
  for (const auto& [id, key] : s.carried)
    add_payers(key, payers);
  s.transfer = options_.transport->start(
      std::move(request), std::make_shared<stream_courier>(self_->address(), number, s.life, options_.counter, payers));
}

void notifier_state::close(stream& s) {
  if (s.transfer) options_.transport->cancel(*s.transfer);
  ++s.life;
  s.transfer.reset();
  s.reader.reset();
  s.carried.clear();
  s.live = s.good = false;
}

void notifier_state::began(const stream_began& what) {
  const auto at = streams_.find(what.stream);
  if (at == streams_.end() || at->second.life != what.life) return;
  at->second.status = what.head.status;
  at->second.cookies.take(what.head.headers);
}

void notifier_state::came(const stream_bytes& what) {
  const auto at = streams_.find(what.stream);
  if (at == streams_.end() || at->second.life != what.life) return;
  auto& s = at->second;
  if (s.status != 200 && s.status != 500) return; // its end says what that means
  if (floods(s, what.bytes.size())) {
    ews::meaning why;
    why.why = {reach::mailbox,
               retry::later,
               {},
               "flood",
               "GetStreamingEvents: the connection brings far more than events",
               "exsyncd polls meanwhile"};
    over(s, why);
    return go_on();
  }
  auto read = s.reader->feed(what.bytes);
  learn(read.server);
  for (const auto& part : read.parts) {
    if (s.life != what.life) break; // an earlier part has ended it
    if (const auto* message = std::get_if<ews::stream_message>(&part))
      this->read(s, *message);
    else if (const auto* fault = std::get_if<ews::soap_fault>(&part))
      refused(s, ews::meaning_of(*fault, "GetStreamingEvents"), {});
    else if (s.status == 200)
      over(s, ews::meaning_of(std::get<ews::broken_document>(part), "GetStreamingEvents"));
    else
      over(s, ews::meaning_of_status(s.status, "GetStreamingEvents"));
  }
  go_on();
}

/// Whether a connection brings more than its due: heartbeats or white space without end, or events faster than any
/// mailboxes make them.
bool notifier_state::floods(stream& s, std::size_t bytes) {
  if (now() - s.counted_from >= 1min) {
    s.counted_from = now();
    s.bytes = s.idle_bytes = 0;
  }
  s.bytes += bytes;
  s.idle_bytes += bytes;
  return s.bytes > most_a_minute || s.idle_bytes > most_idle_a_minute;
}

void notifier_state::read(stream& s, const ews::stream_message& message) {
  if (!message.notifications.empty()) s.idle_bytes = 0;
  for (const auto& n : message.notifications) {
    const auto whose = s.carried.find(n.subscription);
    const auto found = whose == s.carried.end() ? members_.end() : members_.find(whose->second);
    if (found == members_.end()) continue;
    auto& m = found->second;
    for (const auto& e : n.events) {
      bool known = false;
      for (const auto* id : {&e.folder, &e.parent, &e.old_parent, &e.old_folder})
        if (!id->empty() && std::binary_search(m.wanted.begin(), m.wanted.end(), *id)) {
          m.hints.insert(*id);
          known = true;
        }
      // A server may write one folder's id in more than one way.
      if (!known) m.hints.insert(m.wanted.begin(), m.wanted.end());
    }
  }
  if (message.error || !message.bad.empty()) {
    auto error = message.error.value_or(ews::item_error{"ErrorInvalidSubscription", {}, {}, {}});
    return refused(s, ews::meaning_of(error, "GetStreamingEvents"), message.bad);
  }
  note_good(s);
  if (message.closed) over(s, std::nullopt);
}

/// The server tells: what was missed until now is found by a listing of everything.
void notifier_state::note_good(stream& s) {
  if (s.good) return;
  s.good = s.live = true;
  s.why.clear();
  for (const auto& [id, key] : s.carried) {
    const auto found = members_.find(key);
    if (found == members_.end() || !found->second.stale) continue;
    found->second.stale = false;
    found->second.hints.insert(found->second.wanted.begin(), found->second.wanted.end());
  }
}

void notifier_state::lost_subscription(member& m) {
  m.subscription.reset();
  m.subscribed.clear();
  m.stale = true;
  if (now() - m.subscribed_at >= worked) {
    m.short_lived = 0;
    return;
  }
  // It did not last: no hurry with the next one.
  ++m.short_lived;
  m.not_before = now() + rest(m.short_lived + 3, options_.random());
}

void notifier_state::refused(stream& s, const ews::meaning& why, const std::vector<subscription_id>& bad) {
  if (step_down(why, *s.sent_in)) {
    close(s);
    return;
  }
  if (bad.empty() && !about_subscriptions(why.why.code)) return over(s, why);
  std::vector<std::string> lost;
  for (const auto& id : bad)
    if (const auto at = s.carried.find(id); at != s.carried.end()) lost.push_back(at->second);
  if (lost.empty()) {
    // All of them: the server was started anew, or another one answers.
    for (const auto& [id, key] : s.carried)
      lost.push_back(key);
    s.cookies.clear();
    s.anchored = false;
  }
  close(s);
  s.why = why.why.what;
  for (const auto& key : lost)
    if (const auto at = members_.find(key); at != members_.end()) {
      at->second.why = why.why.what;
      lost_subscription(at->second);
    }
}

void notifier_state::ended(const stream_ended& what) {
  const auto at = streams_.find(what.stream);
  if (at == streams_.end() || at->second.life != what.life) return;
  auto& s = at->second;
  s.transfer.reset();
  if (const auto* failed = std::get_if<http::failed>(&what.end.end))
    over(s, meaning_of(*failed, "GetStreamingEvents"));
  else if (s.status != 200)
    over(s, ews::meaning_of_status(s.status, "GetStreamingEvents"));
  else
    over(s, ews::meaning_of(ews::broken_document{"the connection ended in the middle"}, "GetStreamingEvents"));
  go_on();
}

/// The connection is over: in an orderly way, or because of `why`; then what was told last may be lost.
void notifier_state::over(stream& s, const std::optional<ews::meaning>& why) {
  const bool has_worked = s.good && now() - s.opened_at >= worked;
  if (why)
    for (const auto& [id, key] : s.carried)
      if (const auto at = members_.find(key); at != members_.end()) at->second.stale = true;
  const bool was_live = s.live;
  close(s);
  if (has_worked) s.failures = 0;
  if (!why && has_worked) {
    s.live = was_live; // the next connection follows at once, and the subscription keeps what happens in between
    return;
  }
  s.why = why ? why->why.what : "the server closes the connection at once";
  ++s.failures;
  s.not_before = now() + std::max(rest(s.failures, options_.random()),
                                  why ? why->why.wait.value_or(0ms) : std::chrono::milliseconds(0));
}

} // namespace exsyncd
