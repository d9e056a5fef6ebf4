// The world as a whole: HTTP and log-in, set-up, conditions.
#include "tests/exchange_sim/world.hpp"

#include "tests/exchange_sim/faults.hpp"
#include "tests/exchange_sim/soap.hpp"
#include "tests/exchange_sim/world_parts.hpp"

#include <algorithm>

namespace exchange_sim {

world::world(world_options options)
    : options_(std::move(options)), faults_(std::make_unique<fault_plan>()), universe_(std::make_unique<universe>()),
      schemas_(std::make_unique<schema_check>(options_.schema_directory)) {}

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

} // namespace

http_response world::handle(const http_request& request) {
  auto now = options_.now();
  faults_->run_due(now);
  auto at = universe_->servers.find(request.server);
  if (at == universe_->servers.end()) return plain(404, "no such server");
  auto& host = at->second;
  ++universe_->revision;
  host.counted.bytes_in += request.body.size();
  if (lower(request.path.substr(0, request.path.find('?'))) != "/ews/exchange.asmx") return plain(404, "not found");
  auto* account = log_in(host, request);
  if (account == nullptr) {
    auto refused = plain(401, "");
    refused.headers.emplace_back("WWW-Authenticate", "Basic realm=\"" + host.name + "\"");
    return refused;
  }
  if (account->denied.contains(lower(account->who.address))) return plain(403, "");
  if (request.method != "POST") return plain(405, "");
  if (request.body.size() > host.profile.request_bytes) return plain(413, "");
  soap_call call{request.server, account->who.address, request.body};
  auto fact = fact_of(*universe_, call);
  ++host.counted.requests[fact.operation.empty() ? "malformed" : fact.operation];
  auto answer =
      faults_->apply(fact, now, [this, call] { return dispatch(*universe_, *faults_, options_, *schemas_, call); });
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
  universe_->servers[spec.name] = server{spec.name, *profile, 512, {}, {}};
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

outcome<done> world::set_limits(const std::string& name, const limit_changes& limits) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  auto& host = at->second;
  if (limits.request_bytes) host.profile.request_bytes = *limits.request_bytes;
  if (limits.attachment_bytes) host.profile.attachment_bytes = *limits.attachment_bytes;
  if (limits.sync_page) host.sync_page = std::min<std::size_t>(512, std::max<std::size_t>(1, *limits.sync_page));
  if (limits.find_page) host.profile.find_page = host.profile.find_page_restricted = *limits.find_page;
  ++universe_->revision;
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

void world::reset_counters() {
  for (auto& [name, host] : universe_->servers)
    host.counted = {};
  ++universe_->revision;
}

} // namespace exchange_sim
