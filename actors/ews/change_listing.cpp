#include "actors/ews/change_page_reading.hpp"
#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/find_item.hpp"
#include "ews/codec/get_folder.hpp"

#include <algorithm>

/// list_changes of a mailbox: SyncFolderItems; where the account has rights on
/// folders only, with a look at what it may see before anything that left is
/// believed (private_sight.hpp).
namespace exsyncd {
namespace {

using answer_to = std::shared_ptr<owed<changes_listed>>;

failure may_not_read(const std::string& address) {
  return {reach::folder,
          retry::after_change,
          {},
          "ErrorAccessDenied",
          "the account may no longer read this folder of " + address +
              "; nothing that left its list is taken for deleted",
          "give the account its right to the folder back "
          "(Add-MailboxFolderPermission -AccessRights Owner)"};
}

/// One page of a mailbox that is reached by folder permission.
struct sighted_listing : std::enable_shared_from_this<sighted_listing> {
  mailbox_pointer self;
  answer_to answer;
  folder_id folder;
  sighted_cursor before;
  change_page page = {};
  std::uint32_t total_before = 0;
  std::uint32_t in_view = 0;

  void came(change_page&& what) {
    page = std::move(what);
    if (before.relist) return relisted();
    const bool left = std::any_of(page.changes.begin(), page.changes.end(),
                                  [](auto& c) { return std::holds_alternative<item_left>(c); });
    // What is hidden already may go or come without a sign: it is counted whenever the list has been read to its end.
    const bool all_seen = before.known && before.seen == true && before.hidden == 0;
    if (left || (page.last && (!all_seen || !page.changes.empty()))) return count_all(true);
    give();
  }

  /// A page of the listing from the beginning that more sight asked for.
  void relisted() {
    if (page.last)
      before.relist.reset();
    else
      before.relist = page.cursor.value;
    if (page.last) page.hidden = before.hidden;
    page.cursor = sync_cursor(write_sighted(before));
    answer->give({std::move(page)});
  }

  /// Counted before and after what can be seen: a folder in use must not look
  /// as if it hid less than it does.
  void count_all(bool first) {
    auto request = std::make_shared<ews::get_folder>();
    request->folders.emplace_back(folder);
    self->state.call<ews::keyed_folder, ews::get_folder>(
        request_kind::read, "GetFolder", request, ews::read_get_folder, [me = shared_from_this(), first](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->fail(why->why);
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return me->fail(empty_answer("GetFolder"));
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return me->fail(ews::meaning_of(*error, "GetFolder").why);
          const auto& f = std::get<ews::keyed_folder>(entries.front()).folder;
          if (f.rights && !f.rights->read) return me->fail(may_not_read(me->self->state.options().address));
          if (!first) return me->counted(f);
          me->total_before = f.total;
          me->count_seen();
        });
  }

  void count_seen() {
    auto request = std::make_shared<ews::find_item>();
    request->folder = folder;
    request->page = 1;
    self->state.call<ews::item_page, ews::find_item>(
        request_kind::read, "FindItem", request, ews::read_find_item, [me = shared_from_this()](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->fail(why->why);
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return me->fail(empty_answer("FindItem"));
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return me->fail(ews::meaning_of(*error, "FindItem").why);
          const auto& found = std::get<ews::item_page>(entries.front());
          me->in_view = found.total.value_or(static_cast<std::uint32_t>(found.items.size()));
          me->count_all(false);
        });
  }

  void counted(const folder_state& now) {
    const auto hidden_of = [this](std::uint32_t total) { return total > in_view ? total - in_view : 0; };
    const auto most = hidden_of(std::max(total_before, now.total));
    const auto least = hidden_of(std::min(total_before, now.total));
    const auto seen = now.rights ? now.rights->view_private : std::nullopt;
    self->state.sight().seen = seen;
    const bool lost_sight = before.seen == true && seen == false;
    if (before.known && (lost_sight || most > before.hidden)) {
      const auto had = page.changes.size();
      std::erase_if(page.changes, [](auto& c) { return std::holds_alternative<item_left>(c); });
      page.doubted = static_cast<std::uint32_t>(had - page.changes.size());
    }
    bool more_in_sight = false;
    if (page.last) {
      more_in_sight = before.known && most < before.hidden;
      before.seen = seen;
      before.hidden = least;
      before.known = true;
      page.hidden = most;
    }
    if (more_in_sight) {
      before.relist = std::string();
      page.last = false;
    }
    give();
  }

  void give() {
    // Until the list has been read to its end, what could be seen is what could be seen when it began.
    before.state = std::move(page.cursor.value);
    page.cursor = sync_cursor(write_sighted(before));
    if (page.last && before.known && !page.hidden) page.hidden = before.hidden;
    answer->give({std::move(page)});
  }

  void fail(failure why) { answer->give({of_folder(std::move(why))}); }
};

} // namespace

caf::typed_response_promise<changes_listed> handle(mailbox_pointer self, const list_changes& asked) {
  auto promise = self->make_response_promise<changes_listed>();
  auto answer = std::make_shared<owed<changes_listed>>(promise, [] { return changes_listed{mailbox_ended()}; });
  if (self->state.store() == mailbox_store::public_folders) {
    list_public(self, asked, answer);
    return promise;
  }
  auto cursor = parse_sighted(asked.cursor.value);
  const sync_cursor from(cursor.relist.value_or(cursor.state));
  read_page(self, asked.folder, from,
            [self, answer, folder = asked.folder,
             cursor = std::move(cursor)](std::variant<change_page, ews::meaning> outcome) {
              if (auto* why = std::get_if<ews::meaning>(&outcome)) {
                if (why->refusal == ews::refusal::cursor_invalid) return answer->give({cursor_invalid{}});
                return answer->give({of_folder(why->why)});
              }
              auto& page = std::get<change_page>(outcome);
              if (self->state.access() != mailbox_access::delegate) return answer->give({std::move(page)});
              auto listing = std::make_shared<sighted_listing>();
              listing->self = self;
              listing->answer = answer;
              listing->folder = folder;
              listing->before = cursor;
              listing->came(std::move(page));
            });
  return promise;
}

} // namespace exsyncd
