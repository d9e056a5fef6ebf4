#pragma once

#include "actors/ews/answer_check.hpp"
#include "actors/ews/ews_request.hpp"
#include "actors/ews/item_shares.hpp"
#include "actors/ews/private_sight.hpp"
#include "actors/ews/public_routing.hpp"
#include "actors/ews/server_probe.hpp"
#include "actors/ews/suspicion.hpp"

#include "ews/codec/items.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/response_codes.hpp"
#include "ews/codec/soap.hpp"
#include "ews/codec/sync_folder_items.hpp"

#include <caf/typed_response_promise.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

/// What the calls of the EWS mailbox share: one request, one answer, and everything that is no answer made into one
/// word. Only for actors/ews/mailbox*.cpp.
namespace exsyncd {

/// One entry for each response message, or what kept the request as a whole from being answered.
template <class T>
using request_outcome = std::variant<std::vector<ews::entry<T>>, ews::meaning>;

/// What may be sent again after a refusal that comes before anything is done: a read, in any form; a write only as it
/// was decided on, since how it keeps from mailing anybody depends on the version.
enum class request_kind { read, write };

/// How one request is sent.
struct manner {
  bool again = false;     // it was sent before, and led wrongly
  bool fresh = false;     // on a new connection
  bool brief = false;     // its answer is small: what takes long is not waited for
  bool narrowing = false; // a part of what failed
};

/// What requests have to share to be alike, where one that passes tells of one that does not.
template <class Request>
std::string kind_of(std::string_view operation, const Request& request) {
  std::string kind(operation);
  if constexpr (std::same_as<Request, ews::get_item>) kind += ' ' + std::to_string(static_cast<int>(request.wanted));
  return kind;
}

/// A listing of a public folder that is under way: everything that is in it, page by page.
struct public_pass {
  std::uint64_t number = 0; // 0: none is under way
  std::uint32_t offset = 0;
  std::optional<std::uint32_t> total; // as the first page said
  bool still = true;                  // nothing has moved under it, as far as can be told
  std::unordered_set<item_id> seen;
};

class mailbox_state {
public:
  explicit mailbox_state(prober_actor::stateful_pointer<mailbox_state> self) : self_(self) {}
  void start(mailbox_options options);

  const ews::schema_version& version() const { return *version_; }
  /// Of the server that answered last.
  const std::optional<ews::server_build>& build() const { return build_; }
  /// Whether its Outlook on the web opens items by the ids that EWS gives, as far as it has answered yet.
  bool in_owa() const { return build_ && build_->major >= 15; }
  const mailbox_options& options() const { return options_; }
  mailbox_access access() const { return options_.access; }
  /// The server's clock as the last answer has told it.
  const std::optional<utc_seconds>& server_time() const { return server_time_; }
  mailbox_store store() const { return options_.store; }
  /// Listings by comparison that are under way, by folder.
  std::map<folder_id, public_pass>& passes() { return passes_; }
  std::uint64_t next_pass() { return ++last_pass_; }
  /// Where public folders and what is in them lie.
  public_places& places() { return places_; }
  /// Whether one request can be about both: of public folders, what is in one mailbox of them.
  bool can_go_together(const item_id& a, const item_id& b) const;
  /// Whether a listing of a public folder may show less than there is: its content is known to lie elsewhere than the
  /// tree, and requests cannot be led there.
  bool may_miss(const folder_id& folder) const;
  /// A round begins: routes that could not be found are looked for again.
  void look_for_routes_again();
  /// What is known of whether this account sees the mailbox's private items.
  private_sight& sight() { return sight_; }
  const private_sight& sight() const { return sight_; }
  /// Which items spoil every request that they are in.
  suspicion& suspects() { return suspects_; }
  /// The well-known folders as they were found last.
  std::map<std::string, folder_id>& well_known() { return well_known_; }
  /// How many changes a page of this folder's list asks for.
  int& page_size(const folder_id& folder) {
    return page_sizes_.try_emplace(folder, ews::sync_folder_items::largest_page).first->second;
  }
  /// Of a request about one item alone that failed as a whole: makes it the failure of the item, where it is.
  void blame(std::string_view kind, const item_id& item, ews::meaning& why);
  /// A well-known folder of this mailbox, as requests name it.
  ews::distinguished_folder known_folder(std::string name) const;
  /// Calls back once it is known where the server is, or with what keeps it unknown.
  void locate(std::function<void(const ews::meaning*, const discovered::place&)> then);
  /// Calls back once the version is known, or with what keeps it unknown.
  void find_version(std::function<void(const ews::meaning*)> then);

  /// Sends one request and hands over what came of it, in this actor. A version or an address that the server refuses
  /// is corrected; then a read is sent again, and a write is to be tried again later. Tells the gateway of a server
  /// that says in the body that it is busy. The counter is told of its bytes: shared out among the items that the
  /// request names, or those of `about`. A read that is answered with HTTP 400 is repeated at once on a new connection,
  /// since things between exsyncd and its server say it at random on connections that are kept.
  template <class T, class Request>
  void call(request_kind kind, std::string_view operation, std::shared_ptr<const Request> request,
            ews::answer_reader<T> (*reader)(), std::function<void(request_outcome<T>)> then,
            std::vector<item_id> about = {}, manner by = {});

private:
  void send(std::string_view operation, ews::segmented_text body, std::optional<public_destination> to, manner by,
            std::function<void(raw_answer)> then);
  void send_to(const std::string& url, const public_route& route, std::string_view operation, ews::segmented_text body,
               manner by, std::function<void(raw_answer)> then);
  /// Whether requests about public folders are led to their mailboxes: since 2013.
  bool is_routed() const;
  /// Who finds out where they are led.
  public_routing& routing();
  /// Whether a request that was led wrongly may be led elsewhere now; tells the administrator what may be missing.
  bool rerouted(const public_destination& to, ews::meaning& why);
  /// What was discovered may be where the mailbox was.
  void doubt_place(const failure& why);
  ews::request_context context() const;
  void learn(const std::optional<ews::server_build>& build);
  /// Whether the same request can be sent anew after this refusal; it was sent in this version.
  bool corrected(const ews::meaning& why, const ews::schema_version& sent_in);
  void tell_gateway(const ews::meaning& why);
  /// Tells the counter of one request that is over.
  void count(const byte_count& bytes, bool polling, std::vector<item_share> shares);

  prober_actor::stateful_pointer<mailbox_state> self_;
  mailbox_options options_;
  const ews::schema_version* version_ = nullptr;
  bool version_found_ = false;
  std::optional<utc_seconds> server_time_;
  std::optional<ews::server_build> build_;
  bool address_corrected_ = false;
  std::optional<discovered::place> place_; // where it is known without or by discovery
  bool place_doubted_ = false;
  std::map<folder_id, public_pass> passes_;
  std::uint64_t last_pass_ = 0;
  private_sight sight_;
  suspicion suspects_;
  std::map<folder_id, int> page_sizes_;
  std::map<std::string, folder_id> well_known_;
  public_places places_;
  std::optional<public_routing> routing_;
};

using mailbox_pointer = prober_actor::stateful_pointer<mailbox_state>;

template <class T, class Request>
void mailbox_state::call(request_kind kind, std::string_view operation, std::shared_ptr<const Request> request,
                         ews::answer_reader<T> (*reader)(), std::function<void(request_outcome<T>)> then,
                         std::vector<item_id> about, manner by) {
  ews::segmented_text body = write(context(), *request);
  const auto* sent_in = version_;
  std::optional<public_destination> to;
  if (options_.store == mailbox_store::public_folders) to = destination_of(places_, *request, about);
  send(operation, std::move(body), to, by,
       [this, kind, operation, request = std::move(request), reader, then = std::move(then), about = std::move(about),
        to, by, sent_in](raw_answer raw) {
         const auto count_with = [&](const std::vector<ews::entry<T>>* entries) {
           if (!options_.counter) return;
           auto shares = about.empty() ? shares_of(*request, entries) : even_shares(about);
           count(raw.bytes, !is_about_items<Request>, std::move(shares));
         };
         auto fail = [&](ews::meaning why) {
           tell_gateway(why);
           if (corrected(why, *sent_in)) {
             if (kind == request_kind::read) return call(kind, operation, request, reader, then, about, by);
             why.why.retry = retry::later;
           }
           if (raw.status == 400 && kind == request_kind::read && !by.fresh)
             return call(kind, operation, request, reader, then, about, {by.again, true, by.brief, by.narrowing});
           // Once: what is found anew may be where it was.
           if (to && why.misrouted && rerouted(*to, why) && !by.again && kind == request_kind::read)
             return call(kind, operation, request, reader, then, about, {true, by.fresh, by.brief, by.narrowing});
           then(std::move(why));
         };
         const auto fail_uncounted = [&](ews::meaning why) {
           count_with(nullptr);
           fail(std::move(why));
         };
         if (auto* why = std::get_if<ews::meaning>(&raw.what)) return fail_uncounted(std::move(*why));
         auto reading = reader();
         reading.divert_to(options_.spool);
         feed_all(reading, std::get<large_text>(raw.what));
         auto read = reading.finish();
         if (read.server) build_ = read.server;
         if (const auto* fault = std::get_if<ews::soap_fault>(&read.outcome))
           return fail_uncounted(ews::meaning_of(*fault, operation));
         if (const auto* broken = std::get_if<ews::broken_document>(&read.outcome))
           return fail_uncounted(raw.status == 200 ? ews::meaning_of(*broken, operation)
                                                   : ews::meaning_of_status(raw.status, operation));
         auto& entries = std::get<std::vector<ews::entry<T>>>(read.outcome);
         if (auto wrong = mismatch(*request, entries); !wrong.empty())
           return fail_uncounted(ews::meaning_of(ews::broken_document{std::move(wrong)}, operation));
         count_with(&entries);
         std::optional<ews::meaning> correctable;
         bool all_refused = true; // a request of which a part was done is never sent again
         for (const auto& e : entries) {
           const auto* error = std::get_if<ews::item_error>(&e);
           if (!error) {
             all_refused = false;
             continue;
           }
           auto why = ews::meaning_of(*error, operation);
           if (why.busy) tell_gateway(why);
           if (why.version_unknown || !why.primary_address.empty() || (to && why.misrouted))
             correctable = std::move(why);
           else
             all_refused = false;
         }
         if (correctable && all_refused) return fail(std::move(*correctable));
         learn(read.server);
         if (std::any_of(entries.begin(), entries.end(), [](const auto& e) { return std::holds_alternative<T>(e); }))
           suspects_.succeeded(kind_of(operation, *request));
         if (to) learn_places<T>(places_, *request, entries);
         then(std::move(entries));
       });
}

/// A promise that is kept: if the mailbox ends before the answer, this answers for it.
template <class Answer>
class owed {
public:
  owed(caf::typed_response_promise<Answer> promise, std::function<Answer()> otherwise)
      : promise_(std::move(promise)), otherwise_(std::move(otherwise)) {}
  owed(const owed&) = delete;
  owed& operator=(const owed&) = delete;
  ~owed() {
    if (promise_.pending()) promise_.deliver(otherwise_());
  }
  /// The first answer counts.
  void give(Answer answer) {
    if (promise_.pending()) promise_.deliver(std::move(answer));
  }
  caf::typed_response_promise<Answer> promise() const { return promise_; }

private:
  caf::typed_response_promise<Answer> promise_;
  std::function<Answer()> otherwise_;
};

/// Why a question goes unanswered at the end of the mailbox.
failure mailbox_ended();

/// Every holder of a mark in a folder; `then` as below. A failure where none is in it, but one in Deleted Items: its user
/// has deleted it already.
void search_mark(mailbox_pointer self, const folder_id& folder, const operation_mark& mark,
                 std::function<void(result<std::vector<listed_item>>)> then);
/// The marks of these items, empty ones where they are not known; `then` as below.
void ask_marks(mailbox_pointer self, std::vector<item_id> items, std::function<void(std::vector<operation_mark>)> then);
/// Finds folders by their paths; `then` is called once, or destroyed when the mailbox ends before.
void search_folders(mailbox_pointer self, std::vector<std::string> paths,
                    std::function<void(result<std::vector<result<folder_state>>>)> then);
/// All folders right under one, or all below it, page by page; `then` as above.
void all_folders(mailbox_pointer self, const folder_id& parent, bool deep,
                 std::function<void(result<std::vector<ews::keyed_folder>>)> then);
/// The same failure as a folder's: what is said of its one entry is about the folder.
failure of_folder(failure why);
failure empty_answer(std::string_view operation);

/// The next page of a public folder's listing.
void list_public(mailbox_pointer self, const list_changes& asked, std::shared_ptr<owed<changes_listed>> answer);

/// Spawns the actor of one store (options.store). spawn_mailbox puts one of each behind a front.
mailbox_actor spawn_store(caf::actor_system& system, mailbox_options options);

// The calls, by file: mailbox_folders.cpp, mailbox_trees.cpp, mailbox_leases.cpp, mailbox_reads.cpp,
// mailbox_writes.cpp.
caf::typed_response_promise<identified> handle(mailbox_pointer self, const identify& asked);
caf::typed_response_promise<folders_found> handle(mailbox_pointer self, const find_folders& asked);
caf::typed_response_promise<folders_listed> handle(mailbox_pointer self, const list_folders& asked);
caf::typed_response_promise<changes_listed> handle(mailbox_pointer self, const list_changes& asked);
caf::typed_response_promise<content_read> handle(mailbox_pointer self, const read_content& asked);
caf::typed_response_promise<items_fetched> handle(mailbox_pointer self, const fetch_items& asked);
caf::typed_response_promise<attachments_fetched> handle(mailbox_pointer self, const fetch_attachments& asked);
caf::typed_response_promise<found_by_mark> handle(mailbox_pointer self, const find_by_mark& asked);
caf::typed_response_promise<write_done> handle(mailbox_pointer self, create_items asked);
caf::typed_response_promise<write_done> handle(mailbox_pointer self, update_items asked);
caf::typed_response_promise<write_done> handle(mailbox_pointer self, set_read_states asked);
caf::typed_response_promise<write_done> handle(mailbox_pointer self, move_items asked);
caf::typed_response_promise<write_done> handle(mailbox_pointer self, remove_items asked);
caf::typed_response_promise<folder_done> handle(mailbox_pointer self, const create_folder& asked);
caf::typed_response_promise<folder_done> handle(mailbox_pointer self, const rename_folder& asked);
caf::typed_response_promise<folder_done> handle(mailbox_pointer self, const move_folder& asked);
caf::typed_response_promise<leases_written> handle(mailbox_pointer self, const write_leases& asked);
caf::typed_response_promise<leases_read> handle(mailbox_pointer self, const read_leases& asked);
caf::typed_response_promise<server_probed> handle(mailbox_pointer self, const probe_server& asked);
caf::typed_response_promise<users_found> handle(mailbox_pointer self, const search_users& asked);
settable what_is_settable(const ews::schema_version& version);

} // namespace exsyncd
