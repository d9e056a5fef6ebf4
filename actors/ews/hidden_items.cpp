#include "actors/ews/hidden_items.hpp"

#include "ews/codec/find_item.hpp"
#include "ews/codec/get_folder.hpp"

#include <algorithm>

namespace exsyncd {
namespace {

/// A folder in use is counted again so often at most.
constexpr int most_counts = 5;

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

/// Counted before and after what can be seen: a folder in use must not look as if it hid less than it does.
struct counting : std::enable_shared_from_this<counting> {
  mailbox_pointer self;
  folder_id folder;
  std::function<void(std::variant<hidden_count, failure>)> then;
  std::uint32_t total_before = 0;
  std::uint32_t in_view = 0;
  int counts = 0;

  void count_all(bool first) {
    auto request = std::make_shared<ews::get_folder>();
    request->folders.emplace_back(folder);
    self->state.call<ews::keyed_folder, ews::get_folder>(
        request_kind::read, "GetFolder", request, ews::read_get_folder, [me = shared_from_this(), first](auto outcome) {
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->then(why->why);
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return me->then(empty_answer("GetFolder"));
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return me->then(ews::meaning_of(*error, "GetFolder").why);
          const auto& f = std::get<ews::keyed_folder>(entries.front()).folder;
          if (f.rights && !f.rights->read) return me->then(may_not_read(me->self->state.options().address));
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
          if (auto* why = std::get_if<ews::meaning>(&outcome)) return me->then(why->why);
          auto& entries = std::get<0>(outcome);
          if (entries.empty()) return me->then(empty_answer("FindItem"));
          if (auto* error = std::get_if<ews::item_error>(&entries.front()))
            return me->then(ews::meaning_of(*error, "FindItem").why);
          const auto& found = std::get<ews::item_page>(entries.front());
          me->in_view = found.total.value_or(static_cast<std::uint32_t>(found.items.size()));
          me->count_all(false);
        });
  }

  void counted(const folder_state& now) {
    if (now.total != total_before && ++counts < most_counts) {
      total_before = now.total;
      return count_seen();
    }
    const auto hidden_of = [this](std::uint32_t total) { return total > in_view ? total - in_view : 0; };
    hidden_count found;
    found.most = hidden_of(std::max(total_before, now.total));
    found.least = hidden_of(std::min(total_before, now.total));
    found.view_private = now.rights ? now.rights->view_private : std::nullopt;
    auto& sight = self->state.sight();
    sight.seen = found.view_private;
    sight.hidden[folder] = found.most;
    then(found);
  }
};

} // namespace

void count_hidden(mailbox_pointer self, const folder_id& folder,
                  std::function<void(std::variant<hidden_count, failure>)> then) {
  auto all = std::make_shared<counting>();
  all->self = self;
  all->folder = folder;
  all->then = std::move(then);
  all->count_all(true);
}

namespace {

void count_on(mailbox_pointer self, std::vector<folder_id> folders, std::function<void(bool)> then) {
  if (folders.empty()) return then(true);
  const auto next = folders.back();
  folders.pop_back();
  count_hidden(self, next, [self, next, folders = std::move(folders), then = std::move(then)](auto found) {
    auto& sight = self->state.sight();
    const auto* counted = std::get_if<hidden_count>(&found);
    if (!counted && sight.unlisted.erase(next) > 0) {
      sight.hidden.erase(next);
      return count_on(self, folders, then);
    }
    if (!counted || counted->most > 0) return then(false);
    count_on(self, folders, then);
  });
}

} // namespace

void look_whether_all_is_in_sight(mailbox_pointer self, std::function<void(bool)> then) {
  std::vector<folder_id> folders;
  for (const auto& [folder, hidden] : self->state.sight().hidden) {
    if (hidden > 0) return then(false);
    folders.push_back(folder);
  }
  if (folders.empty()) return then(false);
  count_on(self, std::move(folders), std::move(then));
}

} // namespace exsyncd
