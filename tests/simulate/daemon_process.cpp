#include "tests/simulate/daemon_process.hpp"

#include "actors/ews/mailbox.hpp"
#include "actors/ews/notifier.hpp"
#include "actors/ledger.hpp"
#include "storage/store.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <tuple>

namespace simulate {

namespace {

/// What waits for its time, as a message.
struct due {
  std::shared_ptr<std::function<void()>> what;
};

struct single_threaded : caf::actor_system_config {
  single_threaded() {
    set("scheduler.policy", caf::atom("testing"));
    set("logger.verbosity", caf::atom("quiet"));
  }
};

} // namespace

} // namespace simulate

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(simulate::due)

namespace simulate {

using namespace exsyncd;

namespace {

http::run_after after_on(const caf::actor& clock) {
  return [clock](std::chrono::milliseconds delay, std::function<void()> f) {
    due message{std::make_shared<std::function<void()>>(std::move(f))};
    if (delay.count() == 0)
      caf::anon_send(clock, std::move(message));
    else
      caf::delayed_anon_send(clock, delay, std::move(message));
  };
}

mailbox_access to_mailbox(access_kind access) {
  switch (access) {
  case access_kind::impersonation:
    return mailbox_access::impersonation;
  case access_kind::direct:
    return mailbox_access::direct;
  case access_kind::delegate:
    return mailbox_access::delegate;
  }
  return mailbox_access::direct;
}

} // namespace

/// Mailboxes and gateways that were opened, as by the daemon's mailbox_opener.
struct daemon_process::openings {
  caf::actor_system& system;
  caf::actor clock;
  std::shared_ptr<http::in_process_transport> transport;
  std::function<std::uint64_t()> random;
  std::map<std::tuple<std::string, std::string, std::size_t>, gateway_actor> gateways;
  std::vector<mailbox_actor> mailboxes;
  autodiscover_actor discovery;
  std::map<std::tuple<std::string, std::string, std::string>, notifier_actor> notifiers;

  gateway_actor gateway_of(const server_settings& server) {
    auto& gateway = gateways[{server.url, server.auth.user, server.concurrency}];
    if (!gateway)
      gateway =
          spawn_gateway(system, {.transport = transport, .credit = server.concurrency, .random = random, .spool = {}});
    return gateway;
  }

  mailbox_actor mailbox(const side_settings& side) {
    const auto& server = side.server;
    mailbox_options options;
    options.url = server.url;
    options.address = side.mailbox;
    options.account = server.access == access_kind::direct && !side.mailbox.empty() ? side.mailbox : server.auth.user;
    options.access = to_mailbox(server.access);
    options.who = {server.auth.user, server.auth.password.value, http::auth_kind::basic};
    options.limits = {server.timeouts.connect, server.timeouts.idle, server.timeouts.total};
    if (!server.version.empty()) options.version = server.version;
    options.gateway = gateway_of(server);
    options.discovery = discovery;
    mailboxes.push_back(spawn_mailbox(system, std::move(options)));
    return mailboxes.back();
  }

  notifier_actor notifier(const side_settings& side) {
    const auto& server = side.server;
    if (!server.streaming) return {};
    auto& made = notifiers[{server.url, server.auth.user, server.auth.password.value}];
    if (made) return made;
    notifier_options options;
    options.url = server.url;
    options.access = to_mailbox(server.access);
    options.who = {server.auth.user, server.auth.password.value, http::auth_kind::basic};
    options.limits = {server.timeouts.connect, server.timeouts.idle, server.timeouts.total};
    if (!server.version.empty()) options.version = server.version;
    options.gateway = gateway_of(server);
    options.transport = transport;
    options.random = random;
    return made = spawn_notifier(system, std::move(options));
  }
};

daemon_process::daemon_process(outside ports, std::vector<pair_settings> pairs) : ports_(std::move(ports)) {
  auto records = std::make_shared<store>(*ports_.disk, ports_.mint);
  if (const auto failed = records->open()) throw std::runtime_error(failed->what);
  config_ = std::make_unique<single_threaded>();
  system_ = std::make_unique<caf::actor_system>(*config_);
  scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  started_ = scheduler_->clock().now();
  ledger_ = system_->spawn(ledger, records);
  auto clock =
      system_->spawn([](caf::event_based_actor*) -> caf::behavior { return {[](const due& d) { (*d.what)(); }}; });
  open_ =
      std::make_shared<openings>(openings{*system_,
                                          clock,
                                          std::make_shared<http::in_process_transport>(ports_.servers, after_on(clock)),
                                          ports_.random,
                                          {},
                                          {},
                                          {},
                                          {}});
  autodiscover_options discovery;
  discovery.transport = open_->transport;
  discovery.srv = [](const std::string&) { return std::vector<srv_target>(); };
  discovery.detached = false;
  open_->discovery = spawn_autodiscover(*system_, std::move(discovery));
  supervisor_options o;
  o.pairs = std::move(pairs);
  o.ledger = ledger_;
  o.context.wall_clock = ports_.wall_clock;
  o.context.mint = ports_.mint;
  o.context.random = ports_.random;
  o.context.log = ports_.log;
  o.open_mailbox = [all = open_.get()](const side_settings& s, const pair_id&, side) { return all->mailbox(s); };
  o.open_notifier = [all = open_.get()](const side_settings& s) { return all->notifier(s); };
  o.on_fatal = ports_.on_fatal;
  // One daemon for each world: there is nobody to keep away, and a restored state would wait until its lease runs out.
  o.leases.on = false;
  supervisor_ = system_->spawn(supervisor, std::move(o));
}

daemon_process::~daemon_process() {
  const auto kill = [](auto& actor) {
    if (actor) caf::anon_send_exit(actor, caf::exit_reason::kill);
    actor = std::decay_t<decltype(actor)>();
  };
  kill(supervisor_);
  for (auto& m : open_->mailboxes)
    kill(m);
  for (auto& [budget, g] : open_->gateways)
    kill(g);
  for (auto& [account, n] : open_->notifiers)
    kill(n);
  kill(open_->discovery);
  kill(ledger_);
  kill(open_->clock);
  // What waits for its time holds its receiver, and what is in flight holds who waits for it.
  scheduler_->clock().cancel_all();
  while (scheduler_->try_run_once())
    ;
  open_->transport->shutdown();
  open_.reset();
  while (scheduler_->try_run_once())
    ;
  scheduler_->clock().cancel_all();
}

bool daemon_process::step(const std::function<std::size_t(std::size_t)>& choose) {
  auto& jobs = scheduler_->jobs;
  if (jobs.empty()) return false;
  if (jobs.size() > 1)
    std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(choose(jobs.size())), jobs.end());
  scheduler_->run_once();
  return true;
}

std::optional<std::chrono::nanoseconds> daemon_process::next_timer() const {
  const auto& waiting = scheduler_->clock().schedule();
  if (waiting.empty()) return std::nullopt;
  return std::max<std::chrono::nanoseconds>(waiting.begin()->first - scheduler_->clock().now(),
                                            std::chrono::nanoseconds(0));
}

void daemon_process::pass(std::chrono::nanoseconds time) {
  scheduler_->advance_time(time);
}

std::chrono::nanoseconds daemon_process::uptime() const {
  return scheduler_->clock().now() - started_;
}

} // namespace simulate
