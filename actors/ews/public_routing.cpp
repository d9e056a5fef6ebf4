#include "actors/ews/public_routing.hpp"

#include <algorithm>
#include <utility>

namespace exsyncd {
namespace {

std::string domain_of(const std::string& address) {
  const auto at = address.rfind('@');
  return at == std::string::npos ? std::string() : address.substr(at + 1);
}

/// Fit to be a header's value, too: it comes from a server.
bool is_address(const std::string& text) {
  const auto odd = [](unsigned char c) { return c <= ' ' || c == 0x7f; };
  return text.find('@') != std::string::npos && std::none_of(text.begin(), text.end(), odd);
}

const ews::autodiscover_settings* settings_in(const discovered& got) {
  const auto* place = std::get_if<discovered::place>(&got.outcome);
  return place ? &place->settings : nullptr;
}

} // namespace

void public_routing::find(const public_destination& to, std::function<void(public_route)> then) {
  if (hierarchy_.state == state::unknown || hierarchy_.state == state::asked) {
    hierarchy_.waiting.push_back([this, to, then = std::move(then)] { find(to, then); });
    if (hierarchy_.state == state::unknown) find_hierarchy();
    return;
  }
  if (hierarchy_.state == state::failed) return then({});
  if (to.hierarchy) return then(hierarchy_.route);
  // What nobody knows better is asked where the tree is.
  if (to.content.empty()) return then({hierarchy_.route.anchor, hierarchy_.route.anchor});
  auto& content = contents_[to.content];
  if (content.state == state::known || content.state == state::failed) return then(content.route);
  content.waiting.push_back([this, to, then = std::move(then)] { find(to, then); });
  if (content.state == state::unknown) find_content(to.content);
}

void public_routing::find_hierarchy() {
  hierarchy_.state = state::asked;
  if (!is_address(with_.about.address))
    return settle(hierarchy_, std::nullopt, "the address of the account is not known: set \"email\" of the server");
  ask(with_.about.address, discover::what::settings, [this](const discovered& got) {
    const auto* of_account = settings_in(got);
    if (!of_account) return settle(hierarchy_, std::nullopt, told(got));
    const auto anchor = of_account->public_folder_information;
    if (!is_address(anchor))
      return settle(hierarchy_, std::nullopt,
                    "Autodiscover tells no mailbox of public folders for " + with_.about.address);
    // The server of the account's own mailbox, where that of the public folders' is not told.
    const auto own = of_account->public_folder_mailbox;
    ask(anchor, discover::what::settings, [this, anchor, own](const discovered& of) {
      const auto* of_tree = settings_in(of);
      const auto mailbox = of_tree && is_address(of_tree->public_folder_mailbox) ? of_tree->public_folder_mailbox : own;
      if (!is_address(mailbox))
        return settle(hierarchy_, std::nullopt,
                      of_tree ? "Autodiscover tells no InternalRpcClientServer for " + anchor : told(of));
      settle(hierarchy_, public_route{anchor, mailbox}, {});
    });
  });
}

void public_routing::find_content(const std::string& guid) {
  contents_[guid].state = state::asked;
  const auto address = guid + '@' + domain_of(hierarchy_.route.mailbox);
  ask(address, discover::what::settings_by_pox, [this, guid, address](const discovered& got) {
    const auto* settings = settings_in(got);
    if (!settings) return settle(contents_[guid], std::nullopt, told(got));
    if (!is_address(settings->address))
      return settle(contents_[guid], std::nullopt, "Autodiscover tells no AutoDiscoverSMTPAddress for " + address);
    settle(contents_[guid], public_route{settings->address, settings->address}, {});
  });
}

void public_routing::settle(target& of, std::optional<public_route> found, const std::string& why) {
  of.state = found ? state::known : state::failed;
  of.route = found.value_or(public_route{});
  const auto failed = [](const auto& content) { return content.second.state == state::failed; };
  if (!why.empty())
    why_none_ = why;
  else if (std::none_of(contents_.begin(), contents_.end(), failed))
    why_none_.clear();
  for (auto& one : std::exchange(of.waiting, {}))
    one();
}

void public_routing::ask(std::string address, discover::what wanted, answer then) {
  auto question = with_.about;
  question.wanted = wanted;
  question.anew = doubted_.erase(address) > 0;
  question.address = std::move(address);
  with_.ask(std::move(question), std::move(then));
}

std::string public_routing::told(const discovered& by) {
  const auto& why = std::get<failure>(by.outcome);
  return why.what.empty() ? why.code : why.what;
}

void public_routing::forget(const public_destination& to) {
  const auto drop = [this](target& of, std::string address) {
    if (of.state == state::asked) return; // is being asked for
    of.state = state::unknown;
    doubted_.insert(std::move(address));
  };
  if (to.hierarchy || to.content.empty()) {
    doubted_.insert(hierarchy_.route.anchor);
    return drop(hierarchy_, with_.about.address);
  }
  drop(contents_[to.content], to.content + '@' + domain_of(hierarchy_.route.mailbox));
}

void public_routing::try_again() {
  if (hierarchy_.state == state::failed) hierarchy_.state = state::unknown;
  for (auto& [guid, content] : contents_)
    if (content.state == state::failed) content.state = state::unknown;
}

bool public_routing::is_known(const public_destination& to) const {
  if (hierarchy_.state != state::known) return false;
  if (to.hierarchy || to.content.empty()) return true;
  const auto at = contents_.find(to.content);
  return at != contents_.end() && at->second.state == state::known;
}

std::string autodiscover_beside(const std::string& url) {
  if (const auto service = autodiscover_service_of(url)) return *service;
  const auto authority = url.find("://");
  if (authority == std::string::npos) return {};
  return url.substr(0, url.find('/', authority + 3)) + "/autodiscover/autodiscover.svc";
}

} // namespace exsyncd
