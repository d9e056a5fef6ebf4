#include "actors/ews/autodiscover.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace exsyncd {

/// A request has been answered, or has failed.
struct autodiscover_answered {
  std::uint64_t search;
  int status = 0;
  std::string location;
  std::string body;
  std::optional<http::failed> failed;
  byte_count bytes;
};
struct autodiscover_srv_found {
  std::uint64_t search;
  std::vector<srv_target> targets;
};

} // namespace exsyncd

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::autodiscover_answered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(exsyncd::autodiscover_srv_found)

namespace exsyncd {
namespace {

using self_actor =
    autodiscover_actor::extend<caf::reacts_to<autodiscover_answered>, caf::reacts_to<autodiscover_srv_found>>;

constexpr int most_redirects = 10; // as the Outlook clients
constexpr std::chrono::hours good_for{24};
constexpr std::chrono::seconds bad_for{60};

std::string lower_case(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string domain_of(const std::string& address) {
  const auto at = address.rfind('@');
  return at == std::string::npos ? std::string() : lower_case(address.substr(at + 1));
}

std::string host_of(const std::string& url) {
  const auto from = url.find("://");
  if (from == std::string::npos) return {};
  auto rest = url.substr(from + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.find('@') != std::string::npos) return {};
  return lower_case(rest.substr(0, rest.find(':')));
}

/// "https://host/autodiscover/autodiscover.xml" without what tells the two services apart.
std::string base_of(std::string url) {
  for (const std::string_view ending : {".svc", ".xml"})
    if (lower_case(url).ends_with(ending)) url.resize(url.size() - ending.size());
  return url;
}

bool is_https(const std::string& url) {
  return lower_case(url).starts_with("https://");
}

/// Where a password may go: over TLS, or no further than this machine.
bool is_safe(const std::string& url) {
  if (is_https(url)) return true;
  const auto host = host_of(url);
  return lower_case(url).starts_with("http://") && (host == "localhost" || host.starts_with("127."));
}

/// Gathers one answer in the I/O thread.
class gatherer final : public http::handler {
public:
  gatherer(caf::actor_addr to, std::uint64_t search) : to_(std::move(to)) { got_.search = search; }
  void on_head(http::response_head head) override {
    got_.status = head.status;
    got_.location = head.value_of("Location");
  }
  void on_chunk(std::string_view bytes) override { got_.body += bytes; }
  void on_end(http::outcome end) override {
    got_.bytes = end.bytes;
    if (auto* why = std::get_if<http::failed>(&end.end)) got_.failed = std::move(*why);
    if (auto to = caf::actor_cast<caf::strong_actor_ptr>(to_))
      caf::anon_send(caf::actor_cast<self_actor>(to), std::move(got_));
  }

private:
  caf::actor_addr to_;
  autodiscover_answered got_;
};

/// One search: what is still to be tried, and what came of what was. Plain data and decisions; the actor sends.
struct search {
  enum class asking { soap, pox, redirect, srv };
  discover wanted;
  std::string address; // as redirected
  std::string domain;
  std::deque<std::string> bases;
  bool redirect_tried = false;
  bool srv_tried = false;
  asking now = asking::soap;
  std::string base; // being asked
  std::string url;
  int redirects = 0;
  bool login_refused = false;
  bool may_pass = false; // something that may be right by itself later
  std::vector<std::string> steps;
  std::vector<caf::typed_response_promise<discovered>> askers;
  byte_count bytes; // of all steps

  void begin() {
    domain = domain_of(address);
    redirect_tried = srv_tried = !wanted.at.empty();
    bases.clear();
    if (!wanted.at.empty()) {
      bases.push_back(base_of(wanted.at));
      return;
    }
    for (const auto& host : {domain, "autodiscover." + domain})
      bases.push_back("https://" + host + "/autodiscover/autodiscover");
  }
  void note(const std::string& what) { steps.push_back(url + ": " + what); }

  /// Follows to another URL, if it may: with credentials only over https, and unasked only within the domain.
  void follow(const std::string& target) {
    if (!is_https(target)) return note("leads to " + target + ", which is not https: not followed");
    if (!belongs(target))
      return note("leads to " + target +
                  ", which is of another domain: not followed unasked; set \"url\" to that "
                  "address if it is right");
    if (++redirects > most_redirects) return note("leads to " + target + ": too many redirections");
    note("leads to " + target);
    bases.push_front(base_of(target));
  }
  bool belongs(const std::string& target) const {
    return host_belongs_to(target, domain) || (!wanted.at.empty() && host_of(target) == host_of(wanted.at));
  }
};

struct known_place {
  discovered answer;
  std::chrono::steady_clock::time_point since;
};

struct autodiscover_state {
  autodiscover_state() = default; // CAF builds it with the actor; an aggregate would be initialised by it
  autodiscover_options options;
  std::map<std::uint64_t, search> searches;
  std::map<std::string, known_place> known;
  std::uint64_t last = 0;
  const char* name = "autodiscover";
};
using self_pointer = self_actor::stateful_pointer<autodiscover_state>;

std::string key_of(const discover& m) {
  return lower_case(m.address) + '\n' + m.who.user + '\n' + m.at + '\n' + std::to_string(static_cast<int>(m.wanted));
}

void send(self_pointer self, std::uint64_t id, search& s) {
  auto request = std::make_shared<http::request>();
  request->url = s.url;
  request->limits = s.wanted.limits;
  request->ca_file = s.wanted.ca_file;
  request->max_response_bytes = std::size_t{4} << 20;
  request->headers = {{"User-Agent", "exsyncd"}};
  if (s.now == search::asking::redirect) {
    // Plain http: nothing of the account goes along.
    request->method = http::method::get;
    request->who = {"", "", http::auth_kind::none};
  } else {
    request->headers.push_back({"Content-Type", "text/xml; charset=utf-8"});
    request->who = s.wanted.who;
    request->body = s.now == search::asking::soap ? ews::write_soap_autodiscover(s.address, s.url)
                                                  : ews::write_pox_autodiscover(s.address);
  }
  self->state.options.transport->start(std::move(request), std::make_shared<gatherer>(self->address(), id));
}

void look_up(self_pointer self, std::uint64_t id, const std::string& name) {
  const auto& options = self->state.options;
  if (!options.detached) {
    caf::anon_send(caf::actor_cast<self_actor>(self), autodiscover_srv_found{id, options.srv(name)});
    return;
  }
  self->spawn<caf::detached>([to = self->address(), lookup = options.srv, id, name](caf::event_based_actor*) {
    auto targets = lookup(name);
    if (auto alive = caf::actor_cast<caf::strong_actor_ptr>(to))
      caf::anon_send(caf::actor_cast<self_actor>(alive), autodiscover_srv_found{id, std::move(targets)});
  });
}

void finish(self_pointer self, std::uint64_t id, discovered answer) {
  auto& s = self->state;
  auto node = s.searches.extract(id);
  s.known[key_of(node.mapped().wanted)] = {answer, self->clock().now()};
  // Who asked first pays for it.
  answer.bytes = node.mapped().bytes;
  for (auto& asker : node.mapped().askers) {
    asker.deliver(answer);
    answer.bytes = {};
  }
}

failure nothing_found(const search& s) {
  std::string all;
  for (const auto& step : s.steps)
    all += (all.empty() ? "" : "; ") + step;
  return {reach::server,
          s.may_pass ? retry::later : retry::after_change,
          {},
          "autodiscover",
          "autodiscover finds no server for " + s.address + " (" + all + ")",
          s.login_refused
              ? "a server refused the log-in: check \"user\" and the password; or set \"url\" to the address "
                "of EWS, like https://mail.example.com/EWS/Exchange.asmx"
              : "set \"url\" to the address of EWS, like https://mail.example.com/EWS/Exchange.asmx, or let "
                "the domain's autodiscover name lead to the server"};
}

void next(self_pointer self, std::uint64_t id) {
  auto& s = self->state.searches.at(id);
  if (!s.bases.empty()) {
    s.base = s.bases.front();
    s.bases.pop_front();
    const bool older = s.wanted.wanted == discover::what::settings_by_pox;
    s.now = older ? search::asking::pox : search::asking::soap;
    s.url = s.base + (older ? ".xml" : ".svc");
    return send(self, id, s);
  }
  if (!std::exchange(s.redirect_tried, true)) {
    s.now = search::asking::redirect;
    s.url = "http://autodiscover." + s.domain + "/autodiscover/autodiscover.xml";
    return send(self, id, s);
  }
  if (!std::exchange(s.srv_tried, true)) {
    s.now = search::asking::srv;
    s.url = "_autodiscover._tcp." + s.domain;
    return look_up(self, id, s.url);
  }
  finish(self, id, {nothing_found(s)});
}

/// Both services of one end point speak of the same; the older one may be there alone.
void next_service(self_pointer self, std::uint64_t id) {
  auto& s = self->state.searches.at(id);
  if (s.now != search::asking::soap) return next(self, id);
  s.now = search::asking::pox;
  s.url = s.base + ".xml";
  send(self, id, s);
}

void take_document(self_pointer self, std::uint64_t id, const std::string& body) {
  auto& s = self->state.searches.at(id);
  auto read = ews::read_autodiscover(body);
  if (const auto* broken = std::get_if<ews::broken_document>(&read)) {
    s.note(broken->what);
    return next_service(self, id);
  }
  if (const auto* no = std::get_if<ews::autodiscover_refusal>(&read)) {
    s.note(no->code + (no->text.empty() ? "" : " (" + no->text + ')'));
    if (no->code == "ServerBusy" || no->code == "InternalServerError") s.may_pass = true;
    return next_service(self, id);
  }
  if (const auto* elsewhere = std::get_if<ews::autodiscover_redirect>(&read)) {
    if (elsewhere->kind == ews::autodiscover_redirect::kind::url) {
      s.follow(elsewhere->target);
      return next(self, id);
    }
    const auto domain = domain_of(elsewhere->target);
    if (domain.empty() || !host_belongs_to("https://" + domain, s.domain) || ++s.redirects > most_redirects) {
      s.note("speaks of " + elsewhere->target +
             " instead, which is of another domain: not followed unasked; configure "
             "that address if it is right");
      return next(self, id);
    }
    s.note("speaks of " + elsewhere->target + " instead");
    s.address = elsewhere->target;
    s.begin();
    return next(self, id);
  }
  discovered::place found;
  found.settings = std::move(std::get<ews::autodiscover_settings>(read));
  for (const auto* url : {&found.settings.external_ews_url, &found.settings.internal_ews_url})
    if (found.url.empty() && is_safe(*url)) found.url = *url;
  if (found.url.empty() && s.wanted.wanted == discover::what::place) {
    s.note("tells no https address of EWS");
    return next_service(self, id);
  }
  found.how = found.url + ", by autodiscover at " + s.url;
  finish(self, id, {std::move(found)});
}

void take(self_pointer self, autodiscover_answered& m) {
  const auto at = self->state.searches.find(m.search);
  if (at == self->state.searches.end()) return;
  auto& s = at->second;
  s.bytes += m.bytes;
  if (m.failed) {
    s.note(m.failed->what);
    // Names that are not there stay so until somebody does something.
    s.may_pass = s.may_pass || m.failed->kind != http::failed_kind::dns;
    return next(self, m.search);
  }
  const bool elsewhere = m.status >= 300 && m.status < 400 && !m.location.empty();
  if (elsewhere) {
    s.follow(m.location);
    return next(self, m.search);
  }
  if (s.now == search::asking::redirect) {
    s.note("HTTP " + std::to_string(m.status) + ", no redirection");
    return next(self, m.search);
  }
  if (m.status == 401 || m.status == 403) {
    s.login_refused = true;
    s.note("HTTP " + std::to_string(m.status) + ", the log-in is refused");
    return next(self, m.search);
  }
  // A fault of the service comes with 500.
  if (m.status == 200 || (m.status == 500 && m.body.find("Envelope") != std::string::npos))
    return take_document(self, m.search, m.body);
  s.note("HTTP " + std::to_string(m.status));
  s.may_pass = s.may_pass || m.status >= 500;
  next_service(self, m.search);
}

void take_srv(self_pointer self, const autodiscover_srv_found& m) {
  const auto at = self->state.searches.find(m.search);
  if (at == self->state.searches.end()) return;
  auto& s = at->second;
  if (m.targets.empty()) s.note("no such SRV record");
  // follow() puts what it may follow in front: the best one is followed last.
  for (auto t = m.targets.rbegin(); t != m.targets.rend(); ++t)
    s.follow("https://" + t->host + (t->port == 443 ? "" : ':' + std::to_string(t->port)) +
             "/autodiscover/autodiscover");
  next(self, m.search);
}

caf::result<discovered> find(self_pointer self, const discover& m) {
  auto& s = self->state;
  const auto key = key_of(m);
  if (const auto known = s.known.find(key); known != s.known.end()) {
    const bool found = succeeded(known->second.answer.outcome);
    const auto age = self->clock().now() - known->second.since;
    if (age < bad_for || (found && !m.anew && age < good_for)) return known->second.answer;
  }
  if (domain_of(m.address).empty())
    return discovered{failure{reach::server,
                              retry::after_change,
                              {},
                              "autodiscover",
                              "autodiscover needs a mail address, and \"" + m.address + "\" is none",
                              "set \"email\" of the server, or \"url\" to the address of EWS"}};
  auto promise = self->make_response_promise<discovered>();
  for (auto& [id, running] : s.searches)
    if (key_of(running.wanted) == key) {
      running.askers.push_back(promise);
      return promise;
    }
  const auto id = ++s.last;
  auto& begun = s.searches[id];
  begun.wanted = m;
  begun.address = m.address;
  begun.askers.push_back(promise);
  begun.begin();
  next(self, id);
  return promise;
}

self_actor::behavior_type autodiscover(self_pointer self, const autodiscover_options& options) {
  self->state.options = options;
  self->set_exit_handler([self](caf::exit_msg& m) {
    for (auto& [id, s] : std::exchange(self->state.searches, {}))
      for (auto& asker : s.askers)
        asker.deliver(discovered{failure{reach::server, retry::later, {}, "ended", "autodiscover is ending", {}}});
    self->quit(std::move(m.reason));
  });
  return {
      [self](const discover& m) { return find(self, m); },
      [self](autodiscover_answered& m) { take(self, m); },
      [self](const autodiscover_srv_found& m) { take_srv(self, m); },
  };
}

} // namespace

bool host_belongs_to(const std::string& url, const std::string& domain) {
  const auto host = host_of(url);
  const auto wanted = lower_case(domain);
  return !wanted.empty() && (host == wanted || host.ends_with('.' + wanted));
}

std::optional<std::string> autodiscover_service_of(const std::string& url) {
  if (url == "autodiscover") return std::string();
  for (const std::string ending : {"/autodiscover/autodiscover.svc", "/autodiscover/autodiscover.xml"})
    if (lower_case(url).ends_with(ending)) return url;
  return std::nullopt;
}

autodiscover_actor spawn_autodiscover(caf::actor_system& system, autodiscover_options options) {
  return system.spawn(autodiscover, std::move(options));
}

} // namespace exsyncd
