#include "daemon/engine_room.hpp"

#include "actors/ews/mailbox.hpp"
#include "actors/ews/notifier.hpp"
#include "actors/ledger.hpp"
#include "actors/meter.hpp"
#include "daemon/notifier_shelf.hpp"
#include "daemon/polled_only.hpp"
#include "ews/http/curl_transport.hpp"
#include "ews/spool/spool_directory.hpp"
#include "storage/rocksdb_engine.hpp"
#include "storage/store.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <sys/random.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace exsyncd {
namespace {

struct quiet_config : caf::actor_system_config {
  // The default scheduler wakes hundreds of times a second when there is nothing to do.
  quiet_config() { set("scheduler.policy", caf::atom("sharing")); }
};

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (::getentropy(&bits, sizeof bits) != 0) throw std::system_error(errno, std::generic_category(), "getentropy");
  return bits;
}

/// 128 random bits in hexadecimal.
std::string random_id() {
  constexpr auto digits = "0123456789abcdef";
  std::string id;
  for (int half = 0; half < 2; ++half)
    for (auto [bits, i] = std::pair(random_bits(), 0); i < 16; ++i, bits >>= 4)
      id += digits[bits & 15];
  return id;
}

http::auth_kind to_http(auth_kind kind) {
  switch (kind) {
  case auth_kind::basic:
    return http::auth_kind::basic;
  }
  return http::auth_kind::none;
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

/// The account's own address, as far as the configuration tells it.
std::string account_of(const side_settings& side) {
  const auto& server = side.server;
  if (server.access == access_kind::direct && !side.mailbox.empty()) return side.mailbox;
  if (!server.email.empty()) return server.email;
  return server.auth.user.find('@') == std::string::npos ? std::string() : server.auth.user;
}

/// Opens mailboxes, those of one account on one server behind one gateway.
class mailbox_opener {
public:
  mailbox_opener(caf::actor_system& system, std::shared_ptr<http::transport> transport, spool large,
                 traffic_counter counter)
      : system_(system), transport_(std::move(transport)), spool_(std::move(large)), counter_(std::move(counter)) {}

  /// Of no pair: what an administrator asks is not counted.
  mailbox_actor mailbox(const side_settings& side) { return spawn_mailbox(system_, options_of(side)); }
  mailbox_actor mailbox(const side_settings& side, const pair_id& pair, enum side which) {
    auto options = options_of(side);
    options.counter = counter_;
    options.payer = pair.value + (which == side::primary ? "/primary" : "/replica");
    return spawn_mailbox(system_, std::move(options));
  }
  /// Behind a gateway of its own: who asks how a server answers is not to wait until a rest is over.
  prober_actor prober(const side_settings& side) {
    auto options = options_of(side);
    options.gateway = new_gateway(side.server);
    auto asked = spawn_prober(system_, options);
    asked->attach_functor(
        [gateway = options.gateway] { caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown); });
    return asked;
  }

  /// Invalid where the server is polled only.
  notifier_actor notifier_of(const side_settings& side) {
    if (!polled_only_because(side.server).empty()) return {};
    auto key = side.server;
    key.name.clear(); // of the place in the configuration, not of the server
    return notifiers_->get(key, [&] { return make_notifier(side); });
  }

  /// What has timers: each keeps its actor alive until it is due, and an actor system waits for its actors. Any thread.
  void end() {
    notifiers_->end();
    const std::lock_guard lock(mutex_);
    for (auto& [budget, gateway] : gateways_)
      caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown);
    if (discovery_) caf::anon_send_exit(discovery_, caf::exit_reason::user_shutdown);
  }

private:
  notifier_actor make_notifier(const side_settings& side) {
    auto mailbox = options_of(side);
    notifier_options options;
    options.url = mailbox.url;
    options.access = mailbox.access;
    options.who = mailbox.who;
    options.ca_file = mailbox.ca_file;
    options.limits = mailbox.limits;
    options.version = mailbox.version;
    options.gateway = mailbox.gateway;
    options.transport = transport_;
    options.random = random_bits;
    options.counter = counter_;
    return spawn_notifier(system_, std::move(options));
  }

  mailbox_options options_of(const side_settings& side) {
    const auto& server = side.server;
    mailbox_options options;
    options.url = server.url;
    options.address = side.mailbox;
    options.account = account_of(side);
    options.access = to_mailbox(server.access);
    options.who = {server.auth.user, server.auth.password.value, to_http(server.auth.kind)};
    options.ca_file = server.ca_file;
    options.limits = {server.timeouts.connect, server.timeouts.idle, server.timeouts.total};
    if (!server.version.empty()) options.version = server.version;
    // The supervisor opens mailboxes, and the admin socket asks servers.
    const std::lock_guard lock(mutex_);
    options.gateway = gateway_of(server);
    if (!discovery_) discovery_ = spawn_autodiscover(system_, {.transport = transport_, .srv = look_up_srv});
    options.discovery = discovery_;
    options.spool = spool_;
    return options;
  }

  gateway_actor gateway_of(const server_settings& server) {
    auto& gateway = gateways_[{server.url, server.auth.user, server.auth.password.value, server.concurrency}];
    if (!gateway) gateway = new_gateway(server);
    return gateway;
  }

  gateway_actor new_gateway(const server_settings& server) {
    gateway_options options;
    options.transport = transport_;
    options.credit = server.concurrency;
    options.spool = spool_;
    options.random = random_bits;
    return spawn_gateway(system_, std::move(options));
  }

  /// With another password nothing is known of how the server takes it.
  struct budget {
    std::string url, user, password;
    std::size_t concurrency;
    auto operator<=>(const budget&) const = default;
  };
  caf::actor_system& system_;
  std::shared_ptr<http::transport> transport_;
  spool spool_;
  traffic_counter counter_;
  std::mutex mutex_;
  std::map<budget, gateway_actor> gateways_;
  autodiscover_actor discovery_;
  std::shared_ptr<notifier_shelf> notifiers_ = std::make_shared<notifier_shelf>();
};

/// A store together with what it stands on.
struct standing_store {
  explicit standing_store(std::unique_ptr<engine> on) : base(std::move(on)), records(*base, random_id) {}
  std::unique_ptr<engine> base;
  store records;
};

std::variant<std::shared_ptr<standing_store>, storage_failure> open_store(const std::string& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed)
    return storage_failure{storage_failure::kind::not_writable,
                           "state directory " + directory + ": cannot be made: " + failed.message()};
  auto opened = open_rocksdb(std::filesystem::path(directory) / "store");
  if (auto* why = std::get_if<storage_failure>(&opened)) return *why;
  auto result = std::make_shared<standing_store>(std::move(std::get<std::unique_ptr<engine>>(opened)));
  if (auto why = result->records.open()) return *why;
  return result;
}

} // namespace

struct engine_room::machinery {
  explicit machinery(std::shared_ptr<standing_store> opened)
      : kept(std::move(opened)), transport(http::make_curl_transport()), system(config) {}

  std::shared_ptr<standing_store> kept;
  std::shared_ptr<http::transport> transport;
  quiet_config config;
  caf::actor_system system; // before what it is made of: its end waits for every actor
  ledger_actor ledger;
  meter_actor meter;
  undo_keeper_actor undo;
  std::shared_ptr<mailbox_opener> opener;
  std::atomic<bool> disk_failed = false;
};

std::variant<std::unique_ptr<engine_room>, storage_failure> engine_room::open(options with) {
  auto opened = open_store(with.settings.state_directory);
  if (auto* why = std::get_if<storage_failure>(&opened)) return *why;
  auto inside = std::make_unique<machinery>(std::move(std::get<std::shared_ptr<standing_store>>(opened)));
  auto& system = inside->system;
  const auto kept = inside->kept->records.declarations(); // before its owner takes over
  if (auto why = inside->kept->records.failure()) return *why;
  // Detached: it waits for the disk.
  inside->ledger = system.spawn<caf::detached>(ledger, std::shared_ptr<store>(inside->kept, &inside->kept->records));
  context around;
  around.wall_clock = [] { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); };
  around.mint = random_id;
  around.random = random_bits;
  around.log = with.log;
  supervisor_options options;
  options.pairs = with.pairs ? with.pairs(kept) : with.settings.pairs;
  options.ledger = inside->ledger;
  options.context = around;
  options.polling = with.polling;
  options.limited = !with.settings.allowance_key.empty();
  inside->meter = system.spawn(meter, meter_options{inside->ledger, around, options.limited});
  const auto files = std::make_shared<const undo_files>(std::filesystem::path(with.settings.state_directory) / "undo");
  // Detached: it waits for the disk. Also where nothing is to be kept, since something may have been before.
  inside->undo =
      system.spawn<caf::detached>(undo_keeper, undo_keeper_options{with.settings.undo, files, inside->ledger, around});
  options.undo = inside->undo;
  options.undo_files = files;
  options.meter = inside->meter;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) options.leases.host = host.data();
  inside->opener = std::make_shared<mailbox_opener>(
      system, inside->transport, spool_into(std::filesystem::path(with.settings.state_directory) / "spool"),
      inside->meter);
  options.open_mailbox = [opener = inside->opener](const side_settings& side, const pair_id& pair, enum side which) {
    return opener->mailbox(side, pair, which);
  };
  options.open_notifier = [opener = inside->opener](const side_settings& side) { return opener->notifier_of(side); };
  options.on_fatal = [room = inside.get(), tell = std::move(with.on_fatal)](std::string why) {
    room->disk_failed = true;
    tell(std::move(why));
  };
  auto supervising = system.spawn(supervisor, std::move(options));
  std::unique_ptr<engine_room> room(new engine_room(std::move(inside)));
  room->supervisor_ = std::move(supervising);
  return room;
}

engine_room::engine_room(std::unique_ptr<machinery> inside) : inside_(std::move(inside)), system_(&inside_->system) {}

prober_actor engine_room::open_prober(const side_settings& side) {
  return inside_->opener->prober(side);
}

mailbox_actor engine_room::open_mailbox(const side_settings& side) {
  return inside_->opener->mailbox(side);
}

const meter_actor& engine_room::the_meter() const {
  return inside_->meter;
}

const ledger_actor& engine_room::the_ledger() const {
  return inside_->ledger;
}

void engine_room::cut_connections() {
  inside_->transport->shutdown();
}

engine_room::~engine_room() {
  caf::anon_send_exit(supervisor_, caf::exit_reason::user_shutdown);
  supervisor_ = nullptr;
  inside_->opener->end();
  cut_connections();
  inside_->opener = nullptr;
  caf::anon_send_exit(inside_->meter, caf::exit_reason::user_shutdown);
  inside_->meter = nullptr;
  caf::anon_send_exit(inside_->undo, caf::exit_reason::user_shutdown);
  inside_->undo = nullptr;
  caf::anon_send_exit(inside_->ledger, caf::exit_reason::user_shutdown);
  inside_->ledger = nullptr;
  // Debian's RocksDB 7.8 aborts when it closes a log that it could not append to: all stays as it is, and the process
  // ends.
  if (inside_->disk_failed) static_cast<void>(inside_.release());
}

} // namespace exsyncd
