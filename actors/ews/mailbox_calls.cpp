#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/get_folder.hpp"

namespace exsyncd {
namespace {

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// What the connection failing means.
ews::meaning meaning_of(const http::failed& failed, std::string_view operation) {
  ews::meaning out;
  out.refusal = failed.may_have_reached_server ? ews::refusal::unknown : ews::refusal::not_done;
  out.why.code = http::name_of(failed.kind);
  out.why.what = std::string(operation) + ": " + failed.what;
  switch (failed.kind) {
  case http::failed_kind::bad_request:
    out.why.reach = reach::server;
    out.why.retry = retry::after_change;
    out.why.hint = "check the URL and ca_file";
    break;
  case http::failed_kind::tls:
    out.why.reach = reach::server;
    out.why.retry = retry::after_change;
    out.why.hint = "name the authority's certificate in ca_file, or add it to the system's";
    break;
  case http::failed_kind::dns:
  case http::failed_kind::refused:
  case http::failed_kind::unreachable:
    out.why.reach = reach::server;
    out.why.hint = "check the URL, and that the server runs";
    break;
  // What one large or poisoned item can cause: the rest of the server goes on.
  case http::failed_kind::timeout:
    out.why.reach = reach::mailbox;
    out.why.hint = "the server is slow or hangs; exsyncd tries again";
    break;
  case http::failed_kind::cut:
  case http::failed_kind::protocol:
    out.why.reach = reach::mailbox;
    out.why.hint = "the connection breaks on the way or at the server; exsyncd tries again";
    break;
  case http::failed_kind::too_large:
  case http::failed_kind::cancelled:
    out.why.reach = reach::mailbox;
    break;
  case http::failed_kind::overloaded:
    out.why.reach = reach::account;
    break;
  }
  return out;
}

/// The Autodiscover service to ask, empty where it is looked for; nothing where the URL is EWS itself.
std::optional<std::string> discovery_of(const std::string& url) {
  if (url == "autodiscover") return std::string();
  for (const std::string ending : {"/autodiscover/autodiscover.svc", "/autodiscover/autodiscover.xml"})
    if (lower(url).ends_with(ending)) return url;
  return std::nullopt;
}

/// What a server that refuses the log-in would take instead.
std::string offered(const std::vector<http::header>& headers) {
  std::string out;
  for (const auto& h : headers) {
    if (lower(h.name) != "www-authenticate") continue;
    const auto scheme = h.value.substr(0, h.value.find(' '));
    if (out.find(scheme) == std::string::npos) out += (out.empty() ? "; it offers " : ", ") + scheme;
  }
  return out;
}

} // namespace

failure mailbox_ended() {
  return {reach::mailbox, retry::later, {}, "ended", "the connection to the mailbox was closed", {}};
}

void mailbox_state::start(mailbox_options options) {
  options_ = std::move(options);
  version_ = ews::schema_version_of(options_.version);
  version_found_ = version_ != nullptr;
  if (!version_) version_ = &ews::schema_versions().front();
}

ews::request_context mailbox_state::context() const {
  // Public folders are reached as the account itself.
  const bool as_another = options_.access == mailbox_access::impersonation && options_.store == mailbox_store::mailbox;
  return {version_, as_another ? options_.address : std::string()};
}

ews::distinguished_folder mailbox_state::known_folder(std::string name) const {
  const bool of_another = options_.access == mailbox_access::delegate && options_.store == mailbox_store::mailbox;
  return {std::move(name), of_another ? options_.address : std::string()};
}

void mailbox_state::send_to(const std::string& url, std::string_view operation, std::string body,
                            std::function<void(raw_answer, int)> then) {
  auto request = std::make_shared<http::request>();
  request->url = url;
  request->headers = {{"Content-Type", "text/xml; charset=utf-8"}, {"Accept", "text/xml"}, {"User-Agent", "exsyncd"}};
  // Impersonation without it can end at the wrong server of a group.
  if (!options_.address.empty()) request->headers.push_back({"X-AnchorMailbox", options_.address});
  request->body = std::move(body);
  request->who = options_.who;
  request->ca_file = options_.ca_file;
  request->limits = options_.limits;
  exchange wanted{std::move(request), options_.address};
  const auto in_time = answer_within(wanted);
  self_->request(options_.gateway, in_time, std::move(wanted))
      .then(
          [operation, then](exchanged& came) {
            if (auto* got = std::get_if<answer>(&came.outcome)) {
              if (!got->resting && (got->status == 200 || got->status == 500))
                return then(std::move(got->body), got->status);
              auto why = ews::meaning_of_status(got->status, operation);
              if (got->status == 401) why.why.hint += offered(got->headers);
              if (got->resting) {
                // The gateway has seen that this is the server's way of asking for rest.
                why.why.wait = got->resting;
                why.why.retry = retry::later;
                why.why.reach = reach::account;
                why.busy = false;
              }
              return then(std::move(why), got->status);
            }
            if (auto* failed = std::get_if<http::failed>(&came.outcome)) return then(meaning_of(*failed, operation), 0);
            auto& waiting = std::get<not_sent>(came.outcome);
            ews::meaning why;
            why.why = {reach::account,
                       retry::later,
                       waiting.wait,
                       "throttled",
                       std::string(operation) + ": " + waiting.what,
                       {}};
            then(std::move(why), 0);
          },
          [operation, then](caf::error&) {
            ews::meaning why;
            why.refusal = ews::refusal::unknown;
            why.why = {reach::account, retry::later, {}, "gateway", std::string(operation) + ": no answer", {}};
            then(std::move(why), 0);
          });
}

void mailbox_state::locate(std::function<void(const ews::meaning*, const discovered::place&)> then) {
  const auto at = discovery_of(options_.url);
  if (!at && !place_) place_ = discovered::place{options_.url, {}, options_.url};
  if (place_ && !place_doubted_) return then(nullptr, *place_);
  discover asked{options_.address, options_.who, options_.ca_file, options_.limits, at.value_or(""), place_doubted_};
  self_->request(options_.discovery, caf::infinite, std::move(asked))
      .then(
          [this, then](discovered& found) {
            ews::meaning why;
            if (auto* failed = std::get_if<failure>(&found.outcome)) {
              why.why = std::move(*failed);
              return then(&why, {});
            }
            place_ = std::move(std::get<discovered::place>(found.outcome));
            place_doubted_ = false;
            then(nullptr, *place_);
          },
          [then](const caf::error&) {
            ews::meaning why;
            why.why = mailbox_ended();
            then(&why, {});
          });
}

void mailbox_state::doubt_place(const failure& why) {
  if (!discovery_of(options_.url)) return;
  for (auto kind :
       {http::failed_kind::dns, http::failed_kind::refused, http::failed_kind::unreachable, http::failed_kind::tls})
    place_doubted_ = place_doubted_ || why.code == http::name_of(kind);
  // Not found, gone, or moved elsewhere.
  place_doubted_ = place_doubted_ || why.code == "HTTP 404" || why.code == "HTTP 410" || why.code.starts_with("HTTP 3");
}

void mailbox_state::send(std::string_view operation, std::string body, std::function<void(raw_answer, int)> then) {
  locate([this, operation, body = std::move(body), then = std::move(then)](const ews::meaning* why,
                                                                           const discovered::place& at) mutable {
    if (why) return then(*why, 0);
    send_to(at.url, operation, std::move(body), [this, then = std::move(then)](raw_answer raw, int status) {
      if (const auto* no = std::get_if<ews::meaning>(&raw)) doubt_place(no->why);
      then(std::move(raw), status);
    });
  });
}

void mailbox_state::learn(const std::optional<ews::server_build>& build) {
  if (version_found_) return;
  version_found_ = true;
  // A server that took a newer name than it knows is spoken to in its own.
  const auto* known = build ? ews::newest_for(*build) : nullptr;
  if (known)
    for (const auto* v = version_; v; v = ews::older_than(*v))
      if (v == known) version_ = known;
}

void mailbox_state::find_version(std::function<void(const ews::meaning*)> then) {
  if (version_found_) return then(nullptr);
  auto request = std::make_shared<ews::get_folder>();
  request->folders.emplace_back(
      known_folder(options_.store == mailbox_store::mailbox ? "msgfolderroot" : "publicfoldersroot"));
  call<ews::keyed_folder, ews::get_folder>(request_kind::read, "GetFolder", request, ews::read_get_folder,
                                           [then = std::move(then)](auto outcome) {
                                             const auto* why = std::get_if<ews::meaning>(&outcome);
                                             then(why);
                                           });
}

bool mailbox_state::corrected(const ews::meaning& why) {
  if (why.version_unknown && options_.version == "auto") {
    if (const auto* older = ews::older_than(*version_)) {
      version_ = older;
      version_found_ = true;
      return true;
    }
  }
  if (!why.primary_address.empty() && why.primary_address != options_.address && !address_corrected_) {
    address_corrected_ = true;
    options_.address = why.primary_address;
    return true;
  }
  return false;
}

void mailbox_state::tell_gateway(const ews::meaning& why) {
  if (why.busy) self_->send(options_.gateway, server_busy{options_.address, why.why.wait, why.why.code});
}

namespace {

prober_actor::behavior_type mailbox_behaviour(mailbox_pointer self, mailbox_options options) {
  self->state.start(std::move(options));
  return {
      [self](const identify& asked) { return handle(self, asked); },
      [self](const find_folders& asked) { return handle(self, asked); },
      [self](const list_folders& asked) { return handle(self, asked); },
      [self](const list_changes& asked) { return handle(self, asked); },
      [self](const read_content& asked) { return handle(self, asked); },
      [self](const fetch_items& asked) { return handle(self, asked); },
      [self](const fetch_attachments& asked) { return handle(self, asked); },
      [self](const find_by_mark& asked) { return handle(self, asked); },
      [self](create_items& asked) { return handle(self, std::move(asked)); },
      [self](update_items& asked) { return handle(self, std::move(asked)); },
      [self](set_read_states& asked) { return handle(self, std::move(asked)); },
      [self](move_items& asked) { return handle(self, std::move(asked)); },
      [self](remove_items& asked) { return handle(self, std::move(asked)); },
      [self](const create_folder& asked) { return handle(self, asked); },
      [self](const rename_folder& asked) { return handle(self, asked); },
      [self](const move_folder& asked) { return handle(self, asked); },
      [self](const ask_settable&) { return what_is_settable(self->state.version()); },
      [self](const probe_server& asked) { return handle(self, asked); },
      [self](const search_users& asked) { return handle(self, asked); },
  };
}

} // namespace

prober_actor spawn_prober(caf::actor_system& system, mailbox_options options) {
  return system.spawn(mailbox_behaviour, std::move(options));
}

mailbox_actor spawn_store(caf::actor_system& system, mailbox_options options) {
  return system.spawn(mailbox_behaviour, std::move(options));
}

} // namespace exsyncd
