#include "actors/ews/change_page_reading.hpp"

#include "ews/codec/find_item.hpp"
#include "ews/codec/sync_folder_items.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

/// So many items are stepped over in one page at most: past it something is wrong with more than some items.
constexpr std::size_t most_stepped_over = 20;

/// One page. Lives as long as a request of it is under way.
struct page_reading : std::enable_shared_from_this<page_reading> {
  using outcome = std::variant<change_page, ews::meaning>;

  mailbox_pointer self;
  folder_id folder;
  sync_cursor cursor;
  std::function<void(outcome)> then;
  int size = 0;
  bool brief = false;
  bool narrowing = false;
  std::vector<listed_item> left_out; // what is stepped over
  std::vector<listed_item> candidates;
  std::optional<ews::meaning> spoilt; // what came where an item spoilt the page
  std::vector<failure> reasons;       // one for each that is left out

  /// Asks for so many changes without those that are left out and the first `more` candidates.
  void ask(int changes, std::size_t more, std::function<void(outcome)> got) {
    auto request = std::make_shared<ews::sync_folder_items>();
    request->folder = folder;
    request->cursor = cursor;
    request->page = changes;
    for (const auto& item : left_out)
      request->ignore.push_back(item.id);
    for (std::size_t i = 0; i < more; ++i)
      request->ignore.push_back(candidates[i].id);
    self->state.call<change_page, ews::sync_folder_items>(request_kind::read, "SyncFolderItems", request,
                                                          ews::read_sync_folder_items,
                                                          [me = shared_from_this(), got = std::move(got)](auto answer) {
                                                            if (auto* why = std::get_if<ews::meaning>(&answer))
                                                              return got(std::move(*why));
                                                            auto& entry = std::get<0>(answer).front();
                                                            if (auto* error = std::get_if<ews::item_error>(&entry)) {
                                                              auto why = ews::meaning_of(*error, "SyncFolderItems");
                                                              // Of one message for the whole list nothing more is known
                                                              // than of a fault.
                                                              why.of_one_item = why.refusal == ews::refusal::unknown &&
                                                                                why.why.reach == reach::item &&
                                                                                !why.busy && why.why.code != "protocol";
                                                              return got(std::move(why));
                                                            }
                                                            got(std::move(std::get<change_page>(entry)));
                                                          },
                                                          {}, {false, false, brief, narrowing});
  }

  void next() {
    ask(size, 0, [me = shared_from_this()](outcome got) {
      if (auto* page = std::get_if<change_page>(&got)) return me->give(std::move(*page));
      auto& why = std::get<ews::meaning>(got);
      if (!why.of_one_item) return me->then(std::move(why));
      me->narrowing = true;
      if (me->size > 1) {
        // What hangs costs its whole time: it is not waited for at every size.
        me->brief = why.why.code == http::name_of(http::failed_kind::timeout);
        me->size = me->brief ? 1 : std::max(1, me->size / 8);
        me->self->state.page_size(me->folder) = me->size;
        return me->next();
      }
      me->spoilt = std::move(why);
      if (me->left_out.size() == most_stepped_over) return me->give_up();
      if (me->candidates.empty()) return me->look_around(0);
      me->narrow_down();
    });
  }

  void give(change_page page) {
    // Larger ones again, step by step.
    auto& remembered = self->state.page_size(folder);
    remembered = size >= ews::sync_folder_items::largest_page / 4 ? ews::sync_folder_items::largest_page : size * 4;
    for (std::size_t i = 0; i < left_out.size(); ++i) {
      page.unlistable.emplace_back(left_out[i].id, reasons[i]);
      page.changes.emplace_back(item_present{left_out[i]});
    }
    then(std::move(page));
  }

  void give_up() { then(std::move(*spoilt)); }

  /// What is in the folder, by another way of asking.
  void look_around(std::uint32_t offset) {
    auto request = std::make_shared<ews::find_item>();
    request->folder = folder;
    request->offset = offset;
    self->state.call<ews::item_page, ews::find_item>(
        request_kind::read, "FindItem", request, ews::read_find_item, [me = shared_from_this(), offset](auto answer) {
          auto* entries = std::get_if<0>(&answer);
          auto* page = entries ? std::get_if<ews::item_page>(&entries->front()) : nullptr;
          if (!page) return me->give_up();
          const auto next = std::max<std::uint32_t>(page->next_offset, offset + page->items.size());
          for (auto& item : page->items)
            me->candidates.push_back(std::move(item));
          if (page->last || next <= offset || page->items.empty()) return me->narrow_down();
          me->look_around(next);
        });
  }

  /// The first so many left out let it pass, and one less does not: that one is the item. Whatever the order in which
  /// the server tells, and however many such items there are.
  void narrow_down() {
    if (candidates.empty()) return give_up(); // what spoils it is not in the folder
    ask(1, candidates.size(), [me = shared_from_this()](outcome got) {
      if (std::holds_alternative<ews::meaning>(got)) return me->give_up(); // it is none of them
      me->between(0, me->candidates.size());
    });
  }

  void between(std::size_t fails, std::size_t passes) {
    if (passes - fails > 1) {
      const auto middle = fails + (passes - fails) / 2;
      return ask(1, middle, [me = shared_from_this(), fails, passes, middle](outcome got) {
        auto* why = std::get_if<ews::meaning>(&got);
        if (why && !why->of_one_item) return me->then(std::move(*why));
        me->between(why ? middle : fails, why ? passes : middle);
      });
    }
    auto why = spoilt->why;
    why.reach = reach::item;
    why.what += "; the item was left out of the list, so its changes are not seen in it";
    left_out.push_back(std::move(candidates[passes - 1]));
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(passes - 1));
    reasons.push_back(std::move(why));
    next();
  }
};

} // namespace

void read_page(mailbox_pointer self, const folder_id& folder, const sync_cursor& cursor,
               std::function<void(std::variant<change_page, ews::meaning>)> then) {
  auto reading = std::make_shared<page_reading>();
  reading->self = self;
  reading->folder = folder;
  reading->cursor = cursor;
  reading->then = std::move(then);
  reading->size = self->state.page_size(folder);
  reading->next();
}

} // namespace exsyncd
