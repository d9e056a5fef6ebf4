#include "actors/ews/notifier_state.hpp"
#include "actors/ews/polling_shares.hpp"

#include "actors/logic/back_off.hpp"
#include "ews/codec/subscribe.hpp"
#include "ews/codec/unsubscribe.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <iterator>
#include <tuple>

namespace exsyncd {
namespace {

using namespace std::chrono_literals;

/// One save raises several events, and they come one after the other.
constexpr auto gathering = 300ms;
/// Subscribing costs credit that the mailboxes need for their work.
constexpr std::size_t most_asking = 2;

constexpr auto too_many = "more mailboxes are watched on this server than its streaming connections can carry";
constexpr auto no_streaming = "this version of Exchange has no streaming notifications";

} // namespace

void notifier_state::start(notifier_options options) {
  options_ = std::move(options);
  version_ = ews::schema_version_of(options_.version);
  if (!version_) version_ = &ews::schema_versions().front();
}

void notifier_state::watch(const watch_folders& what) {
  for (auto& [key, m] : members_)
    if (key != what.mailbox || what.folders.empty()) m.listeners.erase(what.watcher);
  if (!what.folders.empty()) {
    auto& m = members_[what.mailbox];
    if (m.address.empty()) m.address = what.mailbox;
    auto& l = m.listeners[what.watcher];
    l.side = what.side;
    l.folders = what.folders;
    l.to = what.to;
    l.told.reset();
  }
  for (auto& [key, m] : members_) {
    m.wanted.clear();
    for (const auto& [watcher, l] : m.listeners)
      m.wanted.insert(m.wanted.end(), l.folders.begin(), l.folders.end());
    std::sort(m.wanted.begin(), m.wanted.end());
    m.wanted.erase(std::unique(m.wanted.begin(), m.wanted.end()), m.wanted.end());
  }
  go_on();
}

void notifier_state::tick(const notifier_tick& what) {
  if (what.epoch != epoch_) return;
  tick_at_.reset();
  go_on();
}

notifier_status notifier_state::status() const {
  notifier_status out;
  out.mailboxes = members_.size();
  for (const auto& [key, m] : members_)
    if (m.subscription) ++out.subscriptions;
  for (const auto& [number, s] : streams_)
    if (s.live) ++out.streams;
  out.polling_only = !version_->streaming;
  return out;
}

void notifier_state::end() {
  for (auto& [number, s] : streams_)
    close(s);
}

void notifier_state::go_on() {
  next_.reset();
  retire();
  if (version_->streaming) {
    for (auto& [key, m] : members_)
      if (m.stream == 0) seat(key, m);
    for (auto& [number, s] : streams_) {
      subscribe_members(s);
      keep_open(number, s);
    }
    deliver_hints();
  } else {
    for (auto& [number, s] : streams_)
      close(s);
  }
  tell_states();
  schedule();
}

/// Mailboxes that nobody watches any more.
void notifier_state::retire() {
  for (auto at = members_.begin(); at != members_.end();) {
    auto& m = at->second;
    std::erase_if(m.listeners, [](const auto& l) { return !caf::actor_cast<caf::strong_actor_ptr>(l.second.to); });
    if (!m.listeners.empty()) {
      ++at;
      continue;
    }
    if (auto s = streams_.find(m.stream); s != streams_.end()) {
      std::erase(s->second.members, at->first);
      if (m.subscription) s->second.dropped.emplace_back(m.address, *m.subscription);
      if (s->second.members.empty()) {
        close(s->second);
        give_back(s->second);
        streams_.erase(s);
      }
    }
    at = members_.erase(at);
  }
}

void notifier_state::seat(const std::string& key, member& m) {
  // Microsoft's page on affinity: 3 hanging connections on Exchange 2013, 10 later.
  const bool newer = build_ && std::tie(build_->major, build_->minor) >= std::tuple(15, 1);
  const std::size_t most_streams = newer ? 10 : 3;
  auto room = std::find_if(streams_.begin(), streams_.end(), [](const auto& s) {
    return s.second.members.size() < ews::get_streaming_events::most_subscriptions;
  });
  if (room == streams_.end()) {
    m.why = too_many;
    if (streams_.size() >= most_streams) return;
    room = streams_.try_emplace(++last_stream_).first;
  }
  m.why.clear();
  m.stream = room->first;
  room->second.members.push_back(key);
}

// ---- subscriptions
// -----------------------------------------------------------------------------------------------------

ews::request_context notifier_state::context(const std::string& address) const {
  return {version_, options_.access == mailbox_access::impersonation ? address : std::string()};
}

void notifier_state::add_payers(const std::string& key, polling_payers& to) const {
  const auto m = members_.find(key);
  if (m == members_.end()) return;
  for (const auto& [watcher, l] : m->second.listeners)
    to.push_back(watcher);
}

std::shared_ptr<http::request> notifier_state::request_of(stream& s, std::string body) const {
  const auto& anchor = members_.at(s.members.front()).address;
  auto request =
      make_ews_request({options_.url, options_.who, options_.ca_file, options_.limits}, anchor, std::move(body));
  request->headers.push_back({"X-PreferServerAffinity", "true"});
  if (auto cookies = s.cookies.header_line()) request->headers.push_back(std::move(*cookies));
  return request;
}

void notifier_state::subscribe_members(stream& s) {
  for (const auto& key : s.members) {
    auto& m = members_.at(key);
    if (m.asking || !needs_subscription(m)) continue;
    if (now() < m.not_before) {
      again_at(m.not_before);
      continue;
    }
    // The first answer's cookies lead the others to the same server: nobody asks before it is there.
    const bool another =
        std::any_of(s.members.begin(), s.members.end(), [&](const auto& other) { return members_.at(other).asking; });
    if (asking_ >= most_asking || (another && !s.anchored)) return;
    ask_subscription(key, m, s);
  }
}

void notifier_state::ask_subscription(const std::string& key, member& m, stream& s) {
  m.asking = true;
  ++asking_;
  exchange wanted{request_of(s, ews::write(context(m.address), ews::subscribe{m.wanted})), m.address};
  const auto in_time = answer_within(wanted);
  polling_payers payers;
  add_payers(key, payers);
  self_->request(options_.gateway, in_time, std::move(wanted))
      .then(
          [this, key, at = m.stream, folders = m.wanted, payers, sent_in = version_](exchanged& came) {
            count_polling(options_.counter, payers, came.bytes, 1);
            answered(key, at, folders, came, *sent_in);
          },
          [this, key, at = m.stream, folders = m.wanted, sent_in = version_](const caf::error&) {
            exchanged none{not_sent{{}, "no answer"}, {}};
            answered(key, at, folders, none, *sent_in);
          });
}

void notifier_state::answered(const std::string& key, std::uint64_t at, const std::vector<folder_id>& folders,
                              exchanged& came, const ews::schema_version& sent_in) {
  --asking_;
  const auto s = streams_.find(at);
  if (const auto* got = std::get_if<answer>(&came.outcome); got && s != streams_.end())
    s->second.cookies.take(got->headers);
  const auto found = members_.find(key);
  const auto raw = raw_answer_of(came, "Subscribe");
  std::optional<ews::meaning> no;
  std::optional<subscription_id> yes;
  if (const auto* why = std::get_if<ews::meaning>(&raw.what)) {
    no = *why;
  } else {
    auto reader = ews::read_subscribe();
    feed_all(reader, std::get<large_text>(raw.what));
    auto read = reader.finish();
    learn(read.server);
    if (const auto* fault = std::get_if<ews::soap_fault>(&read.outcome)) {
      no = ews::meaning_of(*fault, "Subscribe");
    } else if (const auto* broken = std::get_if<ews::broken_document>(&read.outcome)) {
      no = raw.status == 200 ? ews::meaning_of(*broken, "Subscribe") : ews::meaning_of_status(raw.status, "Subscribe");
    } else if (auto& entries = std::get<0>(read.outcome); entries.size() != 1) {
      no = ews::meaning_of(ews::broken_document{"not one answer"}, "Subscribe");
    } else if (const auto* error = std::get_if<ews::item_error>(&entries[0])) {
      no = ews::meaning_of(*error, "Subscribe");
    } else {
      yes = std::get<subscription_id>(entries[0]);
    }
  }
  if (found != members_.end() && found->second.stream == at) {
    auto& m = found->second;
    m.asking = false;
    if (no) {
      refused(m, *no, sent_in);
    } else {
      if (m.subscription) s->second.dropped.emplace_back(m.address, *m.subscription);
      m.subscription = yes;
      m.subscribed = folders;
      m.subscribed_at = now();
      m.failures = 0;
      m.why.clear();
      m.stale = true;
      s->second.anchored = true;
    }
  } else if (yes && s != streams_.end()) {
    s->second.dropped.emplace_back(key, *yes); // nobody watches it any more
  }
  go_on();
}

void notifier_state::refused(member& m, const ews::meaning& why, const ews::schema_version& sent_in) {
  if (why.busy) self_->send(options_.gateway, server_busy{m.address, why.why.wait, why.why.code});
  if (step_down(why, sent_in)) return;
  if (!why.primary_address.empty() && why.primary_address != m.address && m.failures == 0) {
    ++m.failures;
    m.address = why.primary_address;
    return;
  }
  ++m.failures;
  m.why = why.why.what;
  // What only an administrator can change is looked at again once an hour.
  std::chrono::milliseconds rest = why.why.retry == retry::later ? logic::back_off(m.failures, options_.random()) : 1h;
  m.not_before = now() + std::max(rest, why.why.wait.value_or(0ms));
}

/// Whether the same request can be sent anew, in an older version; one without streaming ends it all.
bool notifier_state::step_down(const ews::meaning& why, const ews::schema_version& sent_in) {
  if (!why.version_unknown || options_.version != "auto") return false;
  // Requests of one moment are refused together: the first has said it for all of them.
  if (version_ != &sent_in) return true;
  // The server has told what it is: it is not older than that, whatever it says of one mailbox.
  if (build_ && ews::newest_for(*build_) == version_) return false;
  const auto* older = ews::older_than(*version_);
  if (older) version_ = older;
  return older != nullptr;
}

void notifier_state::learn(const std::optional<ews::server_build>& build) {
  if (!build) return;
  build_ = build;
  if (options_.version != "auto") return;
  const auto* known = ews::newest_for(*build);
  for (const auto* v = version_; known && v; v = ews::older_than(*v))
    if (v == known) version_ = known;
}

/// Unsubscribes what is on no connection any more. What becomes of it does not matter: the server forgets by itself.
void notifier_state::give_back(stream& s) {
  for (const auto& [address, id] : std::exchange(s.dropped, {})) {
    auto request = make_ews_request({options_.url, options_.who, options_.ca_file, options_.limits}, address,
                                    ews::write(context(address), ews::unsubscribe{id}));
    request->headers.push_back({"X-PreferServerAffinity", "true"});
    if (auto cookies = s.cookies.header_line()) request->headers.push_back(std::move(*cookies));
    exchange wanted{std::move(request), address};
    const auto in_time = answer_within(wanted);
    self_->request(options_.gateway, in_time, std::move(wanted)).then([](exchanged&) {}, [](const caf::error&) {});
  }
}

// ---- what is told
// ------------------------------------------------------------------------------------------------------

void notifier_state::deliver_hints() {
  for (auto& [key, m] : members_) {
    if (!m.hint_due) {
      if (m.hints.empty()) continue;
      m.hint_due = now() + gathering;
    }
    if (now() < *m.hint_due) {
      again_at(*m.hint_due);
      continue;
    }
    m.hint_due.reset();
    for (const auto& [watcher, l] : m.listeners) {
      folder_dirty news;
      std::copy_if(l.folders.begin(), l.folders.end(), std::back_inserter(news.folders),
                   [&](const folder_id& f) { return m.hints.contains(f); });
      if (news.folders.empty()) continue;
      if (auto to = caf::actor_cast<caf::strong_actor_ptr>(l.to))
        self_->send(caf::actor_cast<hint_listener>(to), std::move(news));
    }
    m.hints.clear();
  }
}

void notifier_state::tell_states() {
  for (auto& [key, m] : members_) {
    std::pair<bool, std::string> state{false, {}};
    const auto s = streams_.find(m.stream);
    if (!version_->streaming)
      state.second = no_streaming;
    else if (s == streams_.end() || !m.subscription)
      state.second = m.why;
    else if (s->second.live && s->second.carried.contains(*m.subscription))
      state.first = true;
    else
      state.second = s->second.why;
    for (auto& [watcher, l] : m.listeners) {
      // Connecting for the first time, or anew after an orderly end, is no news.
      if (!state.first && state.second.empty()) continue;
      if (l.told == state) continue;
      l.told = state;
      if (auto to = caf::actor_cast<caf::strong_actor_ptr>(l.to))
        self_->send(caf::actor_cast<hint_listener>(to), hints_state{l.side, state.first, state.second});
    }
  }
}

// ---- time
// --------------------------------------------------------------------------------------------------------------

void notifier_state::again_at(time when) {
  next_ = next_ ? std::min(*next_, when) : when;
}

void notifier_state::schedule() {
  if (!next_ || (tick_at_ && *tick_at_ <= *next_)) return;
  tick_at_ = next_;
  self_->delayed_send(self_, std::max<time::duration>(*next_ - now(), 0ms), notifier_tick{++epoch_});
}

// ---- the actor
// ---------------------------------------------------------------------------------------------------------

namespace {

notifier_inside::behavior_type notifier(notifier_inside::stateful_pointer<notifier_state> self,
                                        notifier_options options) {
  self->state.start(std::move(options));
  self->set_exit_handler([self](caf::exit_msg& m) {
    self->state.end();
    self->quit(std::move(m.reason));
  });
  return {
      [self](const watch_folders& m) { self->state.watch(m); },
      [self](const ask_notifier_status&) { return self->state.status(); },
      [self](const stream_began& m) { self->state.began(m); },
      [self](const stream_bytes& m) { self->state.came(m); },
      [self](const stream_ended& m) { self->state.ended(m); },
      [self](const notifier_tick& m) { self->state.tick(m); },
  };
}

} // namespace

notifier_actor spawn_notifier(caf::actor_system& system, notifier_options options) {
  return system.spawn(notifier, std::move(options));
}

} // namespace exsyncd
