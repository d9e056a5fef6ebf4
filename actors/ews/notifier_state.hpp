#pragma once

#include "actors/ews/ews_request.hpp"
#include "actors/ews/notifier.hpp"
#include "ews/codec/get_streaming_events.hpp"
#include "ews/http/cookies.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

/// The inside of the EWS notifier. Only for actors/ews/notifier*.cpp.
namespace exsyncd {

/// What the I/O thread tells of one connection. `life` counts the connections of one stream: what an old one still
/// says is not listened to.
struct stream_began {
  std::uint64_t stream = 0, life = 0;
  http::response_head head;
};
struct stream_bytes {
  std::uint64_t stream = 0, life = 0;
  std::string bytes;
};
struct stream_ended {
  std::uint64_t stream = 0, life = 0;
  http::outcome end;
};
/// Time to look again; an older epoch has been overtaken.
struct notifier_tick {
  std::uint64_t epoch = 0;
};

using notifier_inside = notifier_actor::extend<caf::reacts_to<stream_began>, caf::reacts_to<stream_bytes>,
                                               caf::reacts_to<stream_ended>, caf::reacts_to<notifier_tick>>;

/// Everything is driven by go_on, which compares what is wanted with what there is and may be called at any time.
class notifier_state {
public:
  explicit notifier_state(notifier_inside::stateful_pointer<notifier_state> self) : self_(self) {}
  void start(notifier_options options);
  void watch(const watch_folders& what);
  void began(const stream_began& what);
  void came(const stream_bytes& what);
  void ended(const stream_ended& what);
  void tick(const notifier_tick& what);
  notifier_status status() const;
  void end();

private:
  using time = std::chrono::steady_clock::time_point;

  struct listener {
    exsyncd::side side = side::primary;
    std::vector<folder_id> folders;
    caf::weak_actor_ptr to;
    std::optional<std::pair<bool, std::string>> told; // live, why not
  };
  /// One watched mailbox and its subscription.
  struct member {
    std::string address; // as the server wants it
    std::map<std::string, listener> listeners;
    std::vector<folder_id> wanted; // of all listeners, sorted
    std::uint64_t stream = 0;      // where it is seated; 0: nowhere
    std::optional<subscription_id> subscription;
    std::vector<folder_id> subscribed; // what it is for
    time subscribed_at{};
    bool asking = false;
    unsigned failures = 0;    // of Subscribe, in a row
    unsigned short_lived = 0; // subscriptions that did not last, in a row
    time not_before{};
    std::string why;   // the last failure
    bool stale = true; // something may have been missed: everything is hinted at once the stream tells again
    std::set<folder_id> hints;
    std::optional<time> hint_due;
  };
  /// One hanging connection and those who are told on it.
  struct stream {
    std::vector<std::string> members; // keys; the first is the anchor of the group
    http::cookie_jar cookies;
    bool anchored = false; // a subscription was made: the cookies of its answer lead the others there
    std::uint64_t life = 0;
    std::optional<http::transfer_id> transfer;
    std::unique_ptr<ews::stream_reader> reader;
    std::map<subscription_id, std::string> carried; // on the connection: whose each is
    int status = 0;
    bool good = false; // it has told something sensible
    bool live = false; // this one, or the one before that it replaces
    time opened_at{};
    const ews::schema_version* sent_in = nullptr; // it was opened in
    time counted_from{};                          // of what follows
    std::size_t bytes = 0, idle_bytes = 0;        // come since; those since the last event
    unsigned failures = 0;                        // in a row
    time not_before{};
    std::string why;
    std::optional<time> differs_since;                            // what is carried is not what is wanted
    std::vector<std::pair<std::string, subscription_id>> dropped; // to be given back
  };

  // notifier.cpp: who watches what, subscriptions, hints
  void go_on();
  void retire();
  void seat(const std::string& key, member& m);
  bool needs_subscription(const member& m) const { return !m.subscription || m.subscribed != m.wanted; }
  void subscribe_members(stream& s);
  void ask_subscription(const std::string& key, member& m, stream& s);
  void answered(const std::string& key, std::uint64_t at, const std::vector<folder_id>& folders, exchanged& came,
                const ews::schema_version& sent_in);
  void refused(member& m, const ews::meaning& why, const ews::schema_version& sent_in);
  void give_back(stream& s);
  void deliver_hints();
  void tell_states();
  void again_at(time when);
  void schedule();
  ews::request_context context(const std::string& address) const;
  std::shared_ptr<http::request> request_of(stream& s, std::string body) const;
  void learn(const std::optional<ews::server_build>& build);
  bool step_down(const ews::meaning& why, const ews::schema_version& sent_in);
  time now() const { return self_->clock().now(); }

  /// Who pays for what is asked or told about this mailbox.
  void add_payers(const std::string& key, std::vector<std::string>& to) const;

  // notifier_stream.cpp: the connections
  void keep_open(std::uint64_t number, stream& s);
  void open(std::uint64_t number, stream& s, std::map<subscription_id, std::string> wanted);
  void close(stream& s);
  bool floods(stream& s, std::size_t bytes);
  void read(stream& s, const ews::stream_message& message);
  void note_good(stream& s);
  void refused(stream& s, const ews::meaning& why, const std::vector<subscription_id>& bad);
  void over(stream& s, const std::optional<ews::meaning>& why);
  void lost_subscription(member& m);

  notifier_inside::stateful_pointer<notifier_state> self_;
  notifier_options options_;
  const ews::schema_version* version_ = nullptr;
  std::optional<ews::server_build> build_;
  std::map<std::string, member> members_; // by address as watched
  std::map<std::uint64_t, stream> streams_;
  std::uint64_t last_stream_ = 0;
  std::size_t asking_ = 0;
  std::optional<time> next_; // when go_on has something to do by itself
  std::optional<time> tick_at_;
  std::uint64_t epoch_ = 0;
};

} // namespace exsyncd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::stream_began)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::stream_bytes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::stream_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::notifier_tick)
