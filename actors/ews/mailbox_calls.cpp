#include "actors/ews/mailbox_calls.hpp"
#include "actors/ews/public_ids.hpp"

#include "ews/codec/field_table.hpp"
#include "ews/codec/get_folder.hpp"
#include "ews/codec/get_item.hpp"

namespace exsyncd {

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

void mailbox_state::send_to(const std::string& url, const public_route& route, std::string_view operation,
                            ews::segmented_text body, manner in, std::function<void(raw_answer)> then) {
  const auto& anchor = route.anchor.empty() ? options_.address : route.anchor;
  std::size_t bytes = body.text.size();
  for (const auto& [at, value] : body.large)
    bytes += value.size();
  auto request =
      make_ews_request({url, options_.who, options_.ca_file, options_.limits}, anchor, std::move(body), route.mailbox);
  request->fresh_connection = in.fresh;
  constexpr auto brief = std::chrono::seconds(20);
  if (in.brief) request->limits.idle = std::min<std::chrono::milliseconds>(request->limits.idle, brief);
  exchange wanted{std::move(request), options_.address};
  wanted.narrowing = in.narrowing;
  const auto in_time = answer_within(wanted);
  self_->request(options_.gateway, in_time, std::move(wanted))
      .then(
          [this, operation, bytes, then](exchanged& came) {
            auto raw = raw_answer_of(came, operation);
            server_time_ = raw.at;
            // Only of a place that EWS is known to be at.
            if (build_ && (raw.status == 400 || raw.status == 404 || raw.status == 405 || raw.status == 410))
              raw.what = ews::meaning_of_status(raw.status, operation, bytes);
            then(std::move(raw));
          },
          [operation, then](caf::error&) {
            ews::meaning why;
            why.refusal = ews::refusal::unknown;
            why.why = {reach::account, retry::later, {}, "gateway", std::string(operation) + ": no answer", {}};
            then({std::move(why), 0});
          });
}

void mailbox_state::locate(std::function<void(const ews::meaning*, const discovered::place&)> then) {
  const auto at = autodiscover_service_of(options_.url);
  if (!at && !place_) place_ = discovered::place{options_.url, {}, options_.url};
  if (place_ && !place_doubted_) return then(nullptr, *place_);
  discover asked{options_.address, options_.who, options_.ca_file, options_.limits, at.value_or(""), place_doubted_};
  self_->request(options_.discovery, caf::infinite, std::move(asked))
      .then(
          [this, then](discovered& found) {
            ews::meaning why;
            if (options_.counter) count(found.bytes, true, {});
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
  if (!autodiscover_service_of(options_.url)) return;
  for (auto kind :
       {http::failed_kind::dns, http::failed_kind::refused, http::failed_kind::unreachable, http::failed_kind::tls})
    place_doubted_ = place_doubted_ || why.code == http::name_of(kind);
  if (why.reach == reach::item) return;
  // Not found, gone, or moved elsewhere.
  place_doubted_ = place_doubted_ || why.code == "HTTP 404" || why.code == "HTTP 410" || why.code.starts_with("HTTP 3");
}

void mailbox_state::send(std::string_view operation, ews::segmented_text body, std::optional<public_destination> to,
                         manner in, std::function<void(raw_answer)> then) {
  locate([this, operation, body = std::move(body), to = std::move(to), in,
          then = std::move(then)](const ews::meaning* why, const discovered::place& at) mutable {
    if (why) return then({*why, 0});
    auto go = [this, url = at.url, operation, body = std::move(body), in,
               then = std::move(then)](public_route by) mutable {
      send_to(url, by, operation, std::move(body), in, [this, then = std::move(then)](raw_answer raw) {
        if (const auto* no = std::get_if<ews::meaning>(&raw.what)) doubt_place(no->why);
        then(std::move(raw));
      });
    };
    if (!to || !is_routed()) return go({});
    auto later = std::make_shared<decltype(go)>(std::move(go));
    routing().find(*to, [later](public_route by) { (*later)(std::move(by)); });
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

void mailbox_state::blame(std::string_view kind, const item_id& item, ews::meaning& why) {
  if (!why.of_one_item || why.why.reach == reach::item) return;
  suspects_.suspect(kind, item.value);
  const auto verdict = suspects_.failed_alone(kind, item.value);
  if (verdict == suspicion::verdict::everything) return;
  why.why.reach = reach::item;
  why.why.counts = verdict == suspicion::verdict::counts;
}

bool mailbox_state::corrected(const ews::meaning& why, const ews::schema_version& sent_in) {
  if (why.version_unknown && options_.version == "auto") {
    // Another request has been refused meanwhile, and the version is another one already.
    if (version_ != &sent_in) return true;
    // Only a mailbox can be older than what its server says of itself.
    const auto* own = build_ ? ews::newest_for(*build_) : nullptr;
    const bool of_mailbox = why.why.code == "ErrorInvalidSchemaVersionForMailboxVersion";
    const auto* older = own == version_ && !of_mailbox ? nullptr : ews::older_than(*version_);
    if (older) {
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

void mailbox_state::count(const byte_count& bytes, bool polling, std::vector<item_share> shares) {
  count_traffic told{options_.payer, polling, bytes, {}};
  if (told.bytes.total() == 0) return;
  told.in_owa = in_owa();
  for (auto& [item, part] : share_out(told.bytes, shares)) {
    if (options_.store == mailbox_store::public_folders) mark_public(item);
    told.items.emplace_back(std::move(item), part);
  }
  self_->send(options_.counter, std::move(told));
}

void mailbox_state::tell_gateway(const ews::meaning& why) {
  if (why.busy) self_->send(options_.gateway, server_busy{options_.address, why.why.wait, why.why.code});
}

bool mailbox_state::is_routed() const {
  if (options_.store != mailbox_store::public_folders || !options_.discovery) return false;
  constexpr int exchange_2013 = 15;
  if (build_) return build_->major >= exchange_2013;
  return options_.version != "auto" && version_->flag_element; // which came with 2013 as well
}

public_routing& mailbox_state::routing() {
  if (!routing_)
    routing_.emplace(public_routing::options{
        {options_.address, options_.who, options_.ca_file, options_.limits, autodiscover_beside(options_.url)},
        [this](discover what, public_routing::answer then) {
          self_->request(options_.discovery, caf::infinite, std::move(what))
              .then(
                  [this, then](discovered& found) {
                    if (options_.counter) count(found.bytes, true, {});
                    then(std::move(found));
                  },
                  [then](const caf::error&) { then(discovered{mailbox_ended()}); });
        }});
  return *routing_;
}

bool mailbox_state::rerouted(const public_destination& to, ews::meaning& why) {
  if (!is_routed()) return false;
  auto& by = routing();
  const auto& missing = by.why_none();
  if (by.is_known(to)) {
    by.forget(to);
    return true;
  }
  if (missing.empty()) return true; // nobody has asked yet: the first request finds out that there is something to ask
  why.why.hint = "requests about public folders could not be led to their mailbox (" + missing +
                 "): let Autodiscover answer at " + autodiscover_beside(options_.url) +
                 ", and set \"email\" of the server to the account's own address";
  return false;
}

void mailbox_state::look_for_routes_again() {
  if (routing_) routing_->try_again();
}

bool mailbox_state::can_go_together(const item_id& a, const item_id& b) const {
  if (!is_routed()) return true;
  return places_.content_of(places_.folder_of(a.value)) == places_.content_of(places_.folder_of(b.value));
}

bool mailbox_state::may_miss(const folder_id& folder) const {
  return is_routed() && places_.is_apart(folder) &&
         !(routing_ && routing_->is_known({false, places_.content_of(folder)}));
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
      [self](const write_leases& asked) { return handle(self, asked); },
      [self](const read_leases& asked) { return handle(self, asked); },
      [self](const ask_settable&) {
        auto what = what_is_settable(self->state.version());
        what.largest_item = self->state.version().request_bytes / 4 * 3; // in base64
        what.in_owa = self->state.in_owa();
        return what;
      },
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

settable what_is_settable(const ews::schema_version& version) {
  settable out;
  const auto held = [&](enum item_class which, std::vector<field>& into, ews::settable_when when) {
    for (const auto& row : ews::fields_of(which).rows)
      if (row.settable == when && row.held_by(version)) into.push_back(row.field);
  };
  using ews::settable_when;
  held(item_class::message, out.on_mail, settable_when::always);
  held(item_class::message, out.on_draft, settable_when::draft);
  held(item_class::contact, out.on_contact, settable_when::always);
  held(item_class::task, out.on_task, settable_when::always);
  held(item_class::appointment, out.on_appointment, settable_when::always);
  return out;
}

void ask_marks(mailbox_pointer self, std::vector<item_id> items,
               std::function<void(std::vector<operation_mark>)> then) {
  auto request = std::make_shared<ews::get_item>();
  request->wanted = ews::get_item::what::mark;
  request->items = std::move(items);
  self->state.call<ews::got_item, ews::get_item>(request_kind::read, "GetItem", request, ews::read_get_item,
                                                 [request, then = std::move(then)](auto outcome) {
                                                   std::vector<operation_mark> marks(request->items.size());
                                                   if (auto* entries = std::get_if<0>(&outcome))
                                                     for (std::size_t n = 0; n < entries->size(); ++n)
                                                       if (auto* got = std::get_if<ews::got_item>(&(*entries)[n]))
                                                         marks[n] = got->item.mark;
                                                   then(std::move(marks));
                                                 });
}

} // namespace exsyncd
