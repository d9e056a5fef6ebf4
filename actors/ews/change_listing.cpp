#include "actors/ews/change_page_reading.hpp"
#include "actors/ews/hidden_items.hpp"
#include "actors/ews/mailbox_calls.hpp"

#include <algorithm>
#include <utility>

/// list_changes of a mailbox: SyncFolderItems; where the account has rights on
/// folders only, with a look at what it may see before anything that left is
/// believed (private_sight.hpp).
namespace exsyncd {
namespace {

using answer_to = std::shared_ptr<owed<changes_listed>>;

/// So much is remembered as left while sight was lost; what is past it stays as it is on both sides.
constexpr std::size_t most_doubted = 1000;

/// One page of a mailbox that is reached by folder permission.
struct sighted_listing : std::enable_shared_from_this<sighted_listing> {
  mailbox_pointer self;
  answer_to answer;
  folder_id folder;
  sighted_cursor before;
  change_page page = {};

  void came(change_page&& what) {
    page = std::move(what);
    for (const auto& c : page.changes)
      if (const auto* p = std::get_if<item_present>(&c)) std::erase(before.doubted, p->item.id.value);
    if (before.relist) return relisted();
    const bool left = std::any_of(page.changes.begin(), page.changes.end(),
                                  [](auto& c) { return std::holds_alternative<item_left>(c); });
    // What is hidden already may go or come without a sign: it is counted whenever the list has been read to its end.
    const bool all_seen = before.known && before.seen == true && before.hidden == 0 && before.doubted.empty();
    if (left || (page.last && (!all_seen || !page.changes.empty()))) return count();
    give();
  }

  /// A page of the listing from the beginning that more sight asked for.
  void relisted() {
    if (page.last && !before.doubted.empty()) return count();
    if (page.last)
      before.relist.reset();
    else
      before.relist = page.cursor.value;
    if (page.last) page.hidden = before.hidden;
    page.doubted = static_cast<std::uint32_t>(before.doubted.size());
    page.cursor = sync_cursor(write_sighted(before));
    answer->give({std::move(page)});
  }

  /// With everything in sight, what was doubted and not shown now has left.
  void relisted_to_the_end(std::uint32_t hidden) {
    if (hidden == 0)
      for (auto& id : std::exchange(before.doubted, {}))
        page.changes.emplace_back(item_left{item_id(std::move(id))});
    before.relist.reset();
    page.hidden = hidden;
    page.doubted = static_cast<std::uint32_t>(before.doubted.size());
    page.cursor = sync_cursor(write_sighted(before));
    answer->give({std::move(page)});
  }

  void count() {
    count_hidden(self, folder, [me = shared_from_this()](auto outcome) {
      if (auto* why = std::get_if<failure>(&outcome)) return me->fail(std::move(*why));
      me->counted(std::get<hidden_count>(outcome));
    });
  }

  void counted(const hidden_count& now) {
    const auto most = now.most;
    const auto least = now.least;
    const auto seen = now.view_private;
    if (before.relist) return relisted_to_the_end(most);
    const bool lost_sight = before.seen == true && seen == false;
    if (before.known && (lost_sight || most > before.hidden)) doubt_what_left();
    bool more_in_sight = false;
    if (page.last) {
      more_in_sight = before.known && (most < before.hidden || (most == 0 && !before.doubted.empty()));
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

  void doubt_what_left() {
    std::erase_if(page.changes, [this](auto& c) {
      const auto* left = std::get_if<item_left>(&c);
      if (left && before.doubted.size() < most_doubted) before.doubted.push_back(left->id.value);
      return left != nullptr;
    });
  }

  void give() {
    // Until the list has been read to its end, what could be seen is what could be seen when it began.
    before.state = std::move(page.cursor.value);
    page.doubted = static_cast<std::uint32_t>(before.doubted.size());
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
  self->state.sight().unlisted.erase(asked.folder);
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
