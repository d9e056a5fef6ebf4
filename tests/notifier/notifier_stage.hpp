#pragma once

#include "actors/ews/notifier.hpp"
#include "tests/support/actor_stage.hpp"
#include "tests/support/ews_schema.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tests {

/// A server whose Subscribe works as the test says, and whose GetStreamingEvents hang until the test lets them speak.
class streaming_server final : public exsyncd::http::transport {
public:
  struct connection {
    exsyncd::http::request request;
    std::shared_ptr<exsyncd::http::handler> to; // empty: over
    bool begun = false;
  };

  exsyncd::http::transfer_id start(std::shared_ptr<const exsyncd::http::request> what,
                                   std::shared_ptr<exsyncd::http::handler> to) override {
    using namespace exsyncd;
    constexpr std::uint64_t validated = 50; // thousands of the same say nothing more
    if (last_ < validated && test::have_schemas()) {
      const std::string marker = "RequestServerVersion Version=\"";
      const auto from = what->body.find(marker) + marker.size();
      const auto version = what->body.substr(from, what->body.find('"', from) - from);
      INFO(what->body);
      CHECK(test::schema_error(what->body, version).value_or("") == "");
    }
    const http::transfer_id id{++last_};
    if (what->body.find("<m:GetStreamingEvents>") != std::string::npos) {
      CHECK(what->hanging);
      streams.push_back({*what, to});
      by_id_[last_] = streams.size() - 1;
      return id;
    }
    CHECK_FALSE(what->hanging);
    if (what->body.find("<m:Unsubscribe>") != std::string::npos) {
      unsubscribed.push_back(inside(what->body, "<m:SubscriptionId>"));
      answer(*to, envelope("Unsubscribe", ""), {});
      return id;
    }
    subscribed.push_back(*what);
    if (refuse) {
      if (auto no = refuse(*what)) {
        answer(*to, *no, {});
        return id;
      }
    }
    const auto name = "s" + std::to_string(subscribed.size());
    answer(*to, envelope("Subscribe", "<m:SubscriptionId>" + name + "</m:SubscriptionId>"),
           {{"Set-Cookie", "X-BackEndOverrideCookie=mb" + std::to_string(subscribed.size()) + "; path=/"}});
    return id;
  }
  void cancel(exsyncd::http::transfer_id id) override {
    const auto at = by_id_.find(static_cast<std::uint64_t>(id));
    if (at != by_id_.end()) streams[at->second].to.reset();
  }
  void shutdown() override {}

  std::string envelope(const std::string& operation, const std::string& message_inside,
                       const std::string& code = "NoError") const {
    return "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/' xmlns:m='m' xmlns:t='t'><s:Header>"
           "<t:ServerVersionInfo MajorVersion='15' MinorVersion='" +
           std::to_string(minor_version) + "' MajorBuildNumber='2562'/></s:Header><s:Body><m:" + operation +
           "Response><m:ResponseMessages><m:Message ResponseClass='" + (code == "NoError" ? "Success" : "Error") +
           "'><m:ResponseCode>" + code + "</m:ResponseCode>" + message_inside +
           "</m:Message></m:ResponseMessages></m:" + operation + "Response></s:Body></s:Envelope>";
  }

  // What the test lets the last connection, or another, say.
  void say(const std::string& message_inside, const std::string& code = "NoError", std::size_t which = last) {
    send(envelope("GetStreamingEvents", message_inside, code), which);
  }
  void send(const std::string& bytes, std::size_t which = last, int status = 200) {
    auto& c = at(which);
    REQUIRE(c.to);
    if (!c.begun) c.to->on_head({status, {}});
    c.begun = true;
    // In two pieces, as networks do.
    auto to = c.to;
    to->on_chunk(std::string_view(bytes).substr(0, bytes.size() / 2));
    to->on_chunk(std::string_view(bytes).substr(bytes.size() / 2));
  }
  void heartbeat(std::size_t which = last) { say("<m:ConnectionStatus>OK</m:ConnectionStatus>", "NoError", which); }
  void close(std::size_t which = last) {
    say("<m:ConnectionStatus>Closed</m:ConnectionStatus>", "NoError", which);
    end({exsyncd::http::completed{}, {}}, which);
  }
  void cut(std::size_t which = last) {
    end({exsyncd::http::failed{exsyncd::http::failed_kind::cut, true, "the cable"}, {}}, which);
  }
  void end(exsyncd::http::outcome how, std::size_t which = last) {
    if (auto to = std::exchange(at(which).to, nullptr)) to->on_end(std::move(how));
  }
  void event(const std::string& subscription, const std::string& kind, const std::string& inside) {
    say("<m:Notifications><m:Notification><t:SubscriptionId>" + subscription + "</t:SubscriptionId><t:" + kind +
        "><t:TimeStamp>2026-01-05T08:00:00Z</t:TimeStamp>" + inside + "</t:" + kind +
        "></m:Notification></m:Notifications>");
  }
  void new_item(const std::string& subscription, const std::string& folder) {
    event(subscription, "CreatedEvent", "<t:ItemId Id='i'/><t:ParentFolderId Id='" + folder + "'/>");
  }

  /// The subscriptions that a connection carries.
  std::vector<std::string> carried(std::size_t which = last) {
    std::vector<std::string> out;
    const auto& body = at(which).request.body;
    for (auto from = body.find("<t:SubscriptionId>"); from != std::string::npos;
         from = body.find("<t:SubscriptionId>", from + 1))
      out.push_back(inside(body.substr(from), "<t:SubscriptionId>"));
    std::sort(out.begin(), out.end());
    return out;
  }
  std::size_t open_streams() const {
    return static_cast<std::size_t>(std::count_if(streams.begin(), streams.end(), [](auto& c) { return !!c.to; }));
  }
  static std::string header_of(const exsyncd::http::request& r, const std::string& name) {
    for (const auto& h : r.headers)
      if (h.name == name) return h.value;
    return {};
  }
  static std::string inside(const std::string& text, const std::string& tag) {
    const auto from = text.find(tag);
    if (from == std::string::npos) return {};
    return text.substr(from + tag.size(), text.find('<', from + tag.size()) - from - tag.size());
  }

  static constexpr std::size_t last = static_cast<std::size_t>(-1);
  std::vector<connection> streams;
  std::vector<exsyncd::http::request> subscribed; // Subscribe requests
  std::vector<std::string> unsubscribed;
  /// The whole answer to a Subscribe in place of a success.
  std::function<std::optional<std::string>(const exsyncd::http::request&)> refuse;
  int minor_version = 2;

private:
  connection& at(std::size_t which) {
    REQUIRE_FALSE(streams.empty());
    return streams.at(which == last ? streams.size() - 1 : which);
  }
  static void answer(exsyncd::http::handler& to, const std::string& body, std::vector<exsyncd::http::header> headers) {
    to.on_head({200, std::move(headers)});
    to.on_chunk(body);
    to.on_end({exsyncd::http::completed{}, {}});
  }
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::size_t> by_id_;
};

/// What a pair would have heard.
struct heard {
  std::vector<std::vector<std::string>> hints; // folders of each
  std::vector<std::pair<bool, std::string>> states;
};

/// A notifier before such a server, in one thread and virtual time.
class notifier_stage : public actor_stage {
public:
  explicit notifier_stage(exsyncd::mailbox_access access = exsyncd::mailbox_access::impersonation,
                          std::string version = "auto", std::size_t credit = 5) {
    using namespace exsyncd;
    gateway = on_stage(spawn_gateway(system, {.transport = server, .credit = credit, .random = [] { return 0u; }}));
    notifier_options o;
    o.url = "https://server/EWS/Exchange.asmx";
    o.access = access;
    o.who = {"svc", "secret"};
    o.version = std::move(version);
    o.gateway = gateway;
    o.transport = server;
    o.random = [this] { return random; };
    o.counter = on_stage(system.spawn([this](traffic_counter::pointer) -> traffic_counter::behavior_type {
      return {[this](const count_traffic& m) { counted.push_back(m); }};
    }));
    notifier = on_stage(spawn_notifier(system, std::move(o)));
  }
  ~notifier_stage() { empty(); }

  std::shared_ptr<heard> watch(const std::string& mailbox, const std::vector<std::string>& folders,
                               const std::string& watcher = {}) {
    auto into = std::make_shared<heard>();
    auto listener =
        on_stage(system.spawn([into](exsyncd::hint_listener::pointer) -> exsyncd::hint_listener::behavior_type {
          return {[into](const exsyncd::folder_dirty& d) {
                    auto& hint = into->hints.emplace_back();
                    for (const auto& f : d.folders)
                      hint.push_back(f.value);
                  },
                  [into](const exsyncd::hints_state& s) { into->states.emplace_back(s.live, s.why); }};
        }));
    exsyncd::watch_folders w{watcher.empty() ? mailbox : watcher,
                             mailbox,
                             exsyncd::side::primary,
                             {},
                             caf::actor_cast<caf::weak_actor_ptr>(listener)};
    for (const auto& f : folders)
      w.folders.emplace_back(f);
    caf::anon_send(notifier, w);
    run();
    return into;
  }
  exsyncd::notifier_status status() {
    return ask_now<exsyncd::notifier_status>(notifier, exsyncd::ask_notifier_status{});
  }
  /// So long that what is gathered or settles has been done, in steps that find each timer.
  void settle(std::chrono::milliseconds time = std::chrono::seconds(6)) {
    advance(time, std::chrono::milliseconds(100));
  }
  /// One mailbox, told on a connection that works.
  std::shared_ptr<heard> started(const std::string& mailbox = "ann@hq.example",
                                 const std::vector<std::string>& folders = {"f1", "f2"}) {
    auto h = watch(mailbox, folders);
    settle();
    server->heartbeat();
    settle();
    h->hints.clear();
    h->states.clear();
    return h;
  }

  std::shared_ptr<streaming_server> server = std::make_shared<streaming_server>();
  exsyncd::gateway_actor gateway;
  exsyncd::notifier_actor notifier;
  std::uint64_t random = 0;
  std::vector<exsyncd::count_traffic> counted;
};

} // namespace tests
