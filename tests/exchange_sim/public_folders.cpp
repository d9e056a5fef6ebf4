// The public folder store: a mailbox that belongs to nobody, with what is special about it.
#include "tests/exchange_sim/public_folders.hpp"

#include "tests/exchange_sim/access.hpp"

#include <array>

namespace exchange_sim {

namespace {

// Microsoft's page on access to public folders: these go to the mailbox of the hierarchy, all others to the mailbox
// that holds the content. GetFolder is listed with the content, and reads what both have.
constexpr std::array<std::string_view, 5> hierarchy_operations{"CreateFolder", "FindFolder", "DeleteFolder",
                                                               "UpdateFolder", "MoveFolder"};

bool is_of_hierarchy(const std::string& operation) {
  for (auto name : hierarchy_operations)
    if (name == operation) return true;
  return false;
}

std::string domain_of(const std::string& address) {
  return address.substr(address.find('@') + 1);
}

bool is_routed_to(const session& s, const std::string& guid, bool hierarchy) {
  auto domain = domain_of(s.home->who.address);
  auto address = lower(public_mailbox_address(guid, domain));
  auto folder_mailbox = hierarchy ? lower(guid + "@" + domain) : address;
  return lower(s.routing.anchor_mailbox) == address && lower(s.routing.public_folder_mailbox) == folder_mailbox;
}

void check_routing(const session& s, const folder& of) {
  if (!s.host.strict_routing || s.host.profile.newest < schema_version::e2013) return;
  bool right = is_of_hierarchy(s.operation) ? is_routed_to(s, s.box->hierarchy_guid, true)
                                            : is_routed_to(s, of.content_guid, false);
  if (s.operation == "GetFolder") right = right || is_routed_to(s, s.box->hierarchy_guid, true);
  if (!right)
    throw response_error{"ErrorPublicFolderOperationFailed",
                         "The request did not reach the public folder mailbox that it needs: X-AnchorMailbox and "
                         "X-PublicFolderMailbox name another or none."};
}

std::string guid_of(const std::function<std::uint64_t()>& random) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned char c : random_bytes(random, 16)) {
    out += digits[c >> 4];
    out += digits[c & 0xf];
    if (out.size() == 8 || out.size() == 13 || out.size() == 18 || out.size() == 23) out += '-';
  }
  return out;
}

} // namespace

mailbox* public_store(server& host) {
  auto at = host.mailboxes.find(std::string(public_store_name));
  return at == host.mailboxes.end() ? nullptr : &at->second;
}

void make_public_store(universe& all, server& host, sys_time now, const std::function<std::uint64_t()>& random,
                       const std::string& everybody) {
  auto& box = host.mailboxes[std::string(public_store_name)];
  box.is_public = true;
  box.who = {host.name, std::string(public_store_name), "Public Folders", "", {}, {}};
  box.guid = random_bytes(random, 16);
  box.hierarchy_guid = guid_of(random);
  change_context changes{all, host, box, now, random, box.who.display_name};
  auto& root = make_folder(changes, {}, "IPM_SUBTREE", "", "publicfoldersroot");
  root.permissions["default"] = everybody;
  root.content_guid = box.hierarchy_guid;
}

void enter_public_folder(session& s, folder& named) {
  check_routing(s, named);
  // Who has read what is each user's own; the item shows the state of whoever asks.
  auto who = lower(s.home->who.address);
  for (auto& [key, held] : named.items)
    held.read = held.read_by.contains(who);
}

std::string public_mailbox_address(const std::string& guid, const std::string& domain) {
  return "pf-" + guid.substr(0, 8) + "@" + domain;
}

std::string replica_list(const server& host, const folder& of) {
  std::string value = of.content_guid;
  if (host.profile.newest < schema_version::e2013)
    value = "/o=Sim/ou=Exchange Administrative Group/cn=Configuration/cn=Servers/cn=" + host.name +
            "/cn=Microsoft Public MDB";
  return value + '\0';
}

outcome<done> world::add_public_folders(const std::string& name, const std::string& everybody) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  if (public_store(at->second) != nullptr) return refusal{"the server has public folders already: " + name};
  if (!rights_of_level(everybody)) return refusal{"no such permission level: " + everybody};
  make_public_store(*universe_, at->second, options_.now(), options_.random, everybody);
  return done{};
}

outcome<std::string> world::hierarchy_guid(const std::string& name) const {
  auto at = universe_->servers.find(name);
  auto* box = at == universe_->servers.end() ? nullptr : public_store(at->second);
  if (box == nullptr) return refusal{"no public folders at: " + name};
  return box->hierarchy_guid;
}

outcome<std::string> world::set_content_mailbox(const std::string& name, const std::string& path) {
  auto at = universe_->servers.find(name);
  auto* box = at == universe_->servers.end() ? nullptr : public_store(at->second);
  if (box == nullptr) return refusal{"no public folders at: " + name};
  auto* top = folder_at(*box, path);
  if (top == nullptr) return refusal{"no such folder: " + path};
  top->content_guid = guid_of(options_.random);
  ++universe_->revision;
  return top->content_guid;
}

outcome<done> world::set_routing(const std::string& name, std::optional<bool> strict, std::optional<bool> affinity) {
  auto at = universe_->servers.find(name);
  if (at == universe_->servers.end()) return refusal{"no such server: " + name};
  if (strict) at->second.strict_routing = *strict;
  if (affinity) at->second.strict_affinity = *affinity;
  ++universe_->revision;
  return done{};
}

} // namespace exchange_sim
