// The world as a whole: HTTP and log-in, set-up, conditions.
#include "tests/exchange_sim/world.hpp"

#include "tests/exchange_sim/autodiscover.hpp"
#include "tests/exchange_sim/faults.hpp"
#include "tests/exchange_sim/ids.hpp"
#include "tests/exchange_sim/notifications.hpp"
#include "tests/exchange_sim/soap.hpp"
#include "tests/exchange_sim/world_parts.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace exchange_sim {

world::world(world_options options)
    : options_(std::move(options)), faults_(std::make_unique<fault_plan>()), universe_(std::make_unique<universe>()),
      schemas_(std::make_unique<schema_check>(options_.schema_directory)) {
  universe_->log.to = options_.watcher;
  faults_->touch = [this](const std::string& id) {
    auto parsed = parse_id(id);
    for (auto& [name, host] : universe_->servers)
      for (auto& [address, box] : host.mailboxes)
        if (parsed && box.guid == parsed->mailbox_guid && box.find_item({parsed->key}) != nullptr)
          touch_change_key({name, address}, {id, {}, {}, {}});
  };
}

world::~world() = default;

namespace {

std::string header_of(const http_request& request, std::string_view wanted) {
  for (const auto& [name, value] : request.headers)
    if (lower(name) == wanted) return value;
  return {};
}

http_response plain(int status, std::string text) {
  return {status, {{"Content-Type", "text/html"}}, std::move(text), std::nullopt};
}

/// The mailbox whose user name and password the request carries; null where they are wrong. A user name may be an
/// address or DOMAIN\alias.
mailbox* log_in(server& host, const http_request& request) {
  auto given = header_of(request, "authorization");
  if (lower(given.substr(0, 6)) != "basic ") return nullptr;
  auto text = from_base64(given.substr(6));
  if (!text) return nullptr;
  auto colon = text->find(':');
  if (colon == std::string::npos) return nullptr;
  auto user = text->substr(0, colon);
  if (auto slash = user.find('\\'); slash != std::string::npos) user.erase(0, slash + 1);
  auto* box = host.find_mailbox(user);
  if (box == nullptr || box->who.password.empty() || box->who.password != text->substr(colon + 1)) return nullptr;
  return box;
}

/// The value of one cookie of a Cookie header.
std::string cookie_of(const std::string& header, const std::string& name) {
  for (std::size_t at = 0; at < header.size();) {
    auto end = std::min(header.find(';', at), header.size());
    auto pair = header.substr(at, end - at);
    pair.erase(0, std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.starts_with(name + "=")) return pair.substr(name.size() + 1);
    at = end + 1;
  }
  return {};
}

/// As web servers tell the time (RFC 9110, 5.6.7).
std::string date_text(sys_time now) {
  const auto seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const auto length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

routing_headers routing_of(const http_request& request) {
  return {header_of(request, "x-anchormailbox"), header_of(request, "x-publicfoldermailbox"),
          cookie_of(header_of(request, "cookie"), "X-BackEndOverrideCookie"),
          cookie_of(header_of(request, "cookie"), "exchangecookie"),
          lower(header_of(request, "x-preferserveraffinity")) == "true"};
}

} // namespace

namespace {

/// One request on its way through the fault plan.
struct handling {
  bool acted = false, ended = false;
  std::string written; ///< the answer before faults spoil it
};

} // namespace

http_response world::handle(const http_request& request) {
  auto now = options_.now();
  faults_->run_due(now);
  auto at = universe_->servers.find(request.server);
  if (at == universe_->servers.end()) return plain(404, "no such server");
  auto& host = at->second;
  ++universe_->revision;
  host.counted.bytes_in += request.body.size();
  const auto path = lower(request.path.substr(0, request.path.find('?')));
  if (path != "/ews/exchange.asmx" && !is_autodiscover(path)) return plain(404, "not found");
  auto* account = log_in(host, request);
  if (account == nullptr) {
    auto refused = plain(401, "");
    refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"" + host.name + "\"");
    return refused;
  }
  if (is_autodiscover(path)) return answer_discovery(host, request, now);
  if (account->denied.contains(lower(account->who.address))) return plain(403, "");
  if (request.method != "POST") return plain(405, "");
  if (request.body.size() > host.profile.request_bytes) return plain(413, "");
  soap_call call{request.server, account->who.address, request.body, routing_of(request)};
  auto fact = fact_of(*universe_, call, faults_->looks_at_bodies());
  ++host.counted.requests[fact.operation.empty() ? "malformed" : fact.operation];
  auto about = std::make_shared<handling>();
  const auto& whose = fact.mailbox.empty() ? call.account : fact.mailbox;
  auto answer = faults_->apply(fact, now, [this, now, call, about, operation = fact.operation, box = lower(whose)] {
    auto result = dispatch(*universe_, *faults_, options_, *schemas_, call);
    // An act that was put off has no answer any more.
    if (about->ended) tell_observer(*universe_, options_.now(), now, true, operation, call.server, box, false);
    about->acted = true;
    if (options_.watcher != nullptr) about->written = result.body;
    return result;
  });
  about->ended = true;
  if (!fact.folder.empty())
    universe_->log.list = {fact.folder_of, fact.folder, answer.body.find("NoError") == std::string::npos};
  if (about->acted || !fact.folder.empty())
    tell_observer(*universe_, now, now, true, fact.operation, host.name, lower(whose),
                  about->acted && !answer.cut_at && answer.filler.empty() && answer.body == about->written);
  host.counted.bytes_out += answer.body.size();
  if (answer.stream && (answer.cut_at || !answer.body.empty() || answer.status != 200 || !answer.filler.empty())) {
    // A fault has made another answer of it.
    end_stream(request.server, *answer.stream);
    answer.stream.reset();
  }
  answer.headers.emplace_back("Date", date_text(now));
  return answer;
}

http_response world::answer_discovery(server& host, const http_request& request, sys_time now) {
  if (request.method != "POST") return plain(405, "");
  ++host.counted.requests["Autodiscover"];
  // By the name of an operation, so that a fault can be aimed at it.
  request_fact fact{host.name, "", "Autodiscover", {}};
  auto answer = faults_->apply(
      fact, now, [this, request] { return autodiscover(universe_->servers.at(request.server), request); });
  host.counted.bytes_out += answer.body.size();
  return answer;
}

std::uint64_t world::revision() const {
  return universe_->revision;
}
bool world::has_server(const std::string& name) const {
  return universe_->servers.contains(name);
}

std::vector<std::string> world::servers() const {
  std::vector<std::string> out;
  for (const auto& [name, host] : universe_->servers)
    out.push_back(name);
  return out;
}

outcome<done> world::add_server(const server_spec& spec) {
  const auto* profile = find_profile(spec.profile);
  if (profile == nullptr) return refusal{"no such version profile: " + spec.profile};
  if (spec.name.empty() || has_server(spec.name)) return refusal{"the server exists or has no name: " + spec.name};
  auto& made = universe_->servers[spec.name] = server{spec.name, *profile, 512, {}, {}};
  made.grouping = "sim-" + spec.name;
  made.notifications.settings = default_notifications(*profile);
  ++universe_->revision;
  return done{};
}

outcome<done> world::add_mailbox(const mailbox_spec& spec) {
  auto at = universe_->servers.find(spec.server);
  if (at == universe_->servers.end()) return refusal{"no such server: " + spec.server};
  if (spec.address.find('@') == std::string::npos) return refusal{"no SMTP address: " + spec.address};
  if (at->second.find_mailbox(spec.address) != nullptr) return refusal{"the mailbox exists: " + spec.address};
  auto& box = at->second.mailboxes[lower(spec.address)];
  box.who = spec;
  if (box.who.display_name.empty()) box.who.display_name = spec.address;
  box.guid = random_bytes(options_.random, 16);
  change_context changes{*universe_, at->second, box, options_.now(), options_.random, box.who.display_name};
  make_default_folders(changes);
  return done{};
}

found_mailbox find_mailbox(universe& all, const mailbox_ref& ref) {
  found_mailbox out;
  for (auto& [name, host] : all.servers) {
    if (!ref.server.empty() && ref.server != name) continue;
    auto* box = host.find_mailbox(ref.address);
    if (box == nullptr) continue;
    if (out.box != nullptr) return {nullptr, nullptr, "the address is on several servers, name one: " + ref.address};
    out = {&host, box, {}};
  }
  if (out.box == nullptr) out.why = "no such mailbox: " + ref.address;
  return out;
}

outcome<done> world::invalidate_sync_states(const mailbox_ref& ref) {
  act_scope act(*universe_, options_, "invalidate_sync_states", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  ++found.box->sync_epoch;
  ++universe_->revision;
  return done{};
}

outcome<done> world::deny(const mailbox_ref& ref, const std::string& account) {
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  found.box->denied.insert(lower(account));
  ++universe_->revision;
  return done{};
}

outcome<done> world::allow(const mailbox_ref& ref, const std::string& account) {
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  found.box->denied.erase(lower(account));
  ++universe_->revision;
  return done{};
}

outcome<done> world::set_quota(const mailbox_ref& ref, std::size_t bytes) {
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  found.box->quota_bytes = bytes;
  ++universe_->revision;
  return done{};
}

void world::reset_counters() {
  for (auto& [name, host] : universe_->servers)
    host.counted = {};
  ++universe_->revision;
}

} // namespace exchange_sim
