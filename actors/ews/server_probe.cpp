#include "actors/ews/server_probe.hpp"

#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/get_folder.hpp"
#include "ews/codec/resolve_names.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace exsyncd {
namespace {

using outcome = probe_step::outcome;

constexpr std::string_view no_mailbox_right =
    "the account sees nothing of this mailbox: grant the right again, and check the address";
constexpr std::string_view whole_mailbox = "give the account full access to the mailbox (Add-MailboxPermission "
                                           "-AccessRights FullAccess) if private items shall "
                                           "be kept in step; until then they are left alone";

// How far an attempt came before it failed.
enum class got_to { address, connection, encryption, account, service };

got_to how_far(const failure& why) {
  if (why.code == http::name_of(http::failed_kind::bad_request)) return got_to::address;
  for (auto kind : {http::failed_kind::dns, http::failed_kind::refused, http::failed_kind::unreachable})
    if (why.code == http::name_of(kind)) return got_to::connection;
  if (why.code == http::name_of(http::failed_kind::tls)) return got_to::encryption;
  if (why.code == "HTTP 401") return got_to::account;
  return got_to::service;
}

struct probed_folder {
  std::string_view name;
  bool must_be_there; // others may be hidden from an account on purpose
};
// What pairs are made of. Deleted Items: where a delegate puts what is removed.
constexpr std::array probed_folders{probed_folder{"inbox", true},    probed_folder{"calendar", true},
                                    probed_folder{"contacts", true}, probed_folder{"tasks", true},
                                    probed_folder{"drafts", false},  probed_folder{"sentitems", false},
                                    probed_folder{"notes", false},   probed_folder{"deleteditems", true}};

/// "read, create": what is missing for keeping a folder in step.
std::string missing_rights(const folder_rights& rights, bool only_create) {
  std::string out;
  const auto add = [&](bool may, const char* what) {
    if (!may) out += (out.empty() ? "" : ", ") + std::string(what);
  };
  if (!only_create) add(rights.read, "read");
  add(rights.create_contents, "create items");
  if (only_create) return out;
  // Modify and Delete of a folder speak of the folder itself (EffectiveRights page): nobody may delete an Inbox.
  add(rights.create_folders, "create subfolders");
  return out;
}

class probing : public std::enable_shared_from_this<probing> {
public:
  probing(mailbox_pointer self, caf::typed_response_promise<server_probed> promise)
      : self_(self), answer_(std::move(promise), [] { return server_probed{}; }) {}

  void start() {
    self_->state.locate([me = shared_from_this()](const ews::meaning* why, const discovered::place& at) {
      if (why) return me->broken_off(got_to::address, why->why);
      me->url_ = at.url;
      me->encrypted_ = at.url.starts_with("https");
      me->add("address", outcome::ok, at.how);
      me->ask_folders();
    });
  }

private:
  mailbox_pointer self_;
  owed<server_probed> answer_;
  server_probed told_;
  bool encrypted_ = true;
  std::string url_;

  void add(std::string name, outcome came, std::string text, std::string hint = {}) {
    told_.steps.push_back({std::move(name), came, std::move(text), std::move(hint)});
  }

  void give() {
    const auto& state = self_->state;
    told_.address = state.options().address;
    answer_.give(std::move(told_));
  }

  /// The steps up to the one that failed, that one, and what was not tried because of it.
  void broken_off(got_to at, const failure& why) {
    const auto step = [&](got_to which, const char* name, const std::string& good) {
      if (which == got_to::encryption && !encrypted_ && which <= at)
        return add(name, outcome::skipped, "the address is plain http, to this machine only");
      if (which < at)
        add(name, outcome::ok, good);
      else if (which == at)
        add(name, outcome::failed, why.what, why.hint);
      else
        add(name, outcome::skipped, "not tried");
    };
    if (at == got_to::address) step(got_to::address, "address", {});
    step(got_to::connection, "connect", "the server answers");
    step(got_to::encryption, "tls", "the certificate is trusted");
    step(got_to::account, "login", "the account is accepted");
    step(got_to::service, "version", {});
    add("mailbox", outcome::skipped, "not tried");
    give();
  }

  void ask_folders() {
    // The first request: it finds the version as well, unless one is set.
    auto request = std::make_shared<ews::get_folder>();
    request->folders.emplace_back(self_->state.known_folder("msgfolderroot"));
    self_->state.call<ews::keyed_folder, ews::get_folder>(
        request_kind::read, "GetFolder", request, ews::read_get_folder,
        [me = shared_from_this()](auto came) { me->reached(std::get_if<ews::meaning>(&came)); });
  }

  void reached(const ews::meaning* why) {
    const auto& state = self_->state;
    // What says no in the service's own words has let the account in.
    const bool in = !why || why->why.code.starts_with("Error");
    if (why && (!in || why->version_unknown)) {
      auto told = why->why;
      if (why->version_unknown) told.hint = "set \"version\" of this server to \"auto\", or to an older version";
      return broken_off(how_far(told), told);
    }
    add("connect", outcome::ok, "the server answers");
    if (encrypted_)
      add("tls", outcome::ok, "the certificate is trusted");
    else
      add("tls", outcome::skipped, "the address is plain http, to this machine only");
    add("login", outcome::ok, "the account is accepted");
    told_.version = state.version().name;
    if (const auto& build = state.build()) {
      told_.build = std::to_string(build->major) + '.' + std::to_string(build->minor) + '.' +
                    std::to_string(build->build) + '.' + std::to_string(build->revision);
      told_.product = ews::product_name(*build);
    }
    add("version", outcome::ok,
        (told_.product.empty() ? "Exchange" : told_.product) + (told_.build.empty() ? "" : " (" + told_.build + ')') +
            ", spoken to as " + told_.version);
    if (is_exchange_online(url_)) add("exchange online", outcome::warning, exchange_online_retires);
    if (why && (why->why.reach != reach::folder || state.access() != mailbox_access::delegate)) {
      add("mailbox", outcome::failed, why->why.what,
          why->why.hint.empty() ? std::string(no_mailbox_right) : why->why.hint);
      return give();
    }
    ask_rights();
  }

  void ask_rights() {
    auto request = std::make_shared<ews::get_folder>();
    for (const auto& f : probed_folders)
      request->folders.emplace_back(self_->state.known_folder(std::string(f.name)));
    self_->state.call<ews::keyed_folder, ews::get_folder>(
        request_kind::read, "GetFolder", request, ews::read_get_folder, [me = shared_from_this()](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) {
            me->add("mailbox", outcome::failed, why->why.what, why->why.hint);
            return me->give();
          }
          auto& entries = std::get<0>(outcome);
          if (entries.size() != probed_folders.size()) {
            me->add("mailbox", outcome::failed, empty_answer("GetFolder").what);
            return me->give();
          }
          me->rights(entries);
        });
  }

  void rights(const std::vector<ews::entry<ews::keyed_folder>>& entries) {
    const auto& state = self_->state;
    const auto& address = state.options().address;
    const bool any = std::any_of(entries.begin(), entries.end(),
                                 [](auto& e) { return std::holds_alternative<ews::keyed_folder>(e); });
    if (!any) {
      add("mailbox", outcome::failed, "no folder of " + address + " can be seen", std::string(no_mailbox_right));
      return give();
    }
    switch (state.access()) {
    case mailbox_access::direct:
      add("mailbox", outcome::ok, "opened as its own account");
      break;
    case mailbox_access::impersonation:
      add("mailbox", outcome::ok, "the account may stand in for " + address);
      break;
    case mailbox_access::delegate:
      add("mailbox", outcome::ok, "the account sees folders of " + address);
      break;
    }
    std::optional<bool> view_private;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const auto& f = probed_folders[i];
      const auto name = "folder " + std::string(f.name);
      if (const auto* error = std::get_if<ews::item_error>(&entries[i])) {
        const auto why = ews::meaning_of(*error, "GetFolder").why;
        add(name, f.must_be_there ? outcome::failed : outcome::warning, why.what, why.hint);
        continue;
      }
      const auto& may = std::get<ews::keyed_folder>(entries[i]).folder.rights;
      if (!may) {
        add(name, outcome::warning, "the server does not tell the account's rights");
        continue;
      }
      if (may->view_private) view_private = view_private.value_or(true) && *may->view_private;
      const auto missing = missing_rights(*may, f.name == "deleteditems" && state.access() == mailbox_access::delegate);
      if (missing.empty())
        add(name, outcome::ok, "everything is allowed");
      else
        add(name, may->read ? outcome::warning : outcome::failed, "the account may not: " + missing,
            "make the account an owner of the folder (Add-MailboxFolderPermission -AccessRights Owner)");
    }
    private_items(view_private);
  }

  void private_items(std::optional<bool> seen) {
    if (self_->state.access() != mailbox_access::delegate)
      add("private items", outcome::ok, "seen, as everything in the mailbox");
    else if (!seen)
      add("private items", outcome::warning,
          "this version of Exchange does not tell whether the account sees items that are marked private; it is taken "
          "not to",
          std::string(whole_mailbox));
    else if (*seen)
      add("private items", outcome::ok, "seen");
    else
      add("private items", outcome::warning, "items that are marked private are hidden from the account",
          std::string(whole_mailbox));
    ask_public();
  }

  /// As a pair would: as the account itself, and led to their mailbox.
  void ask_public() {
    auto options = self_->state.options();
    options.store = mailbox_store::public_folders;
    options.version = self_->state.version().name;
    if (!options.account.empty()) options.address = options.account;
    const auto publics = spawn_store(self_->home_system(), std::move(options));
    self_->link_to(publics);
    self_->request(publics, caf::infinite, find_folders{{std::string("public:/")}})
        .then(
            [me = shared_from_this(), publics](folders_found& found) {
              me->self_->unlink_from(publics);
              me->self_->send_exit(publics, caf::exit_reason::user_shutdown);
              const auto* why = std::get_if<failure>(&found.outcome);
              if (!why) why = std::get_if<failure>(&std::get<0>(found.outcome).at(0));
              me->public_folders(why);
            },
            [me = shared_from_this()](const caf::error&) {
              const auto ended = mailbox_ended();
              me->public_folders(&ended);
            });
  }

  void public_folders(const failure* why) {
    constexpr std::string_view of_no_matter = "of no matter unless a pair has a public folder (\"public:/…\")";
    if (!why)
      add("public folders", outcome::ok, "the account sees the public folders");
    else
      add("public folders", outcome::warning, why->what,
          std::string(of_no_matter) + (why->hint.empty() ? "" : "; then: " + why->hint));
    give();
  }
};

} // namespace

const std::string exchange_online_retires =
    "Microsoft retires EWS in Exchange Online: since 2026-10-01 it is blocked unless the tenant allows this "
    "application "
    "by name, and on 2027-04-01 it ends. Exchange Server Subscription Edition keeps it.";

bool is_exchange_online(const std::string& url) {
  constexpr std::array<std::string_view, 5> hosts{"://outlook.office365.com/", "://outlook.office.com/",
                                                  "://outlook.office365.us/", "://partner.outlook.cn/",
                                                  "://outlook-dod.office365.us/"};
  return std::any_of(hosts.begin(), hosts.end(), [&](auto host) { return url.find(host) != std::string::npos; });
}

caf::typed_response_promise<server_probed> handle(mailbox_pointer self, const probe_server&) {
  auto promise = self->make_response_promise<server_probed>();
  std::make_shared<probing>(self, promise)->start();
  return promise;
}

caf::typed_response_promise<users_found> handle(mailbox_pointer self, const search_users& asked) {
  auto promise = self->make_response_promise<users_found>();
  auto answer = std::make_shared<owed<users_found>>(promise, [] { return users_found{mailbox_ended()}; });
  auto request = std::make_shared<ews::resolve_names>();
  request->text = asked.text;
  self->state.call<ews::resolution, ews::resolve_names>(
      request_kind::read, "ResolveNames", request, ews::read_resolve_names, [answer](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give({why->why});
        auto& entries = std::get<0>(outcome);
        if (entries.empty()) return answer->give({empty_answer("ResolveNames")});
        users_found::list found;
        if (auto* error = std::get_if<ews::item_error>(&entries.front())) {
          if (error->code == "ErrorNameResolutionNoResults") return answer->give({std::move(found)});
          return answer->give({ews::meaning_of(*error, "ResolveNames").why});
        }
        auto& all = std::get<ews::resolution>(entries.front());
        // The answer holds at most a hundred and does not always say that it was cut.
        found.cut = !all.last || all.names.size() >= 100;
        for (auto& name : all.names)
          if (name.routing_type.empty() || name.routing_type == "SMTP")
            found.users.push_back({std::move(name.name), std::move(name.address), std::move(name.mailbox_type)});
        answer->give({std::move(found)});
      });
  return promise;
}

} // namespace exsyncd
