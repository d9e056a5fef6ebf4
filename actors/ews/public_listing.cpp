#include "actors/ews/mailbox_calls.hpp"

#include "ews/codec/find_item.hpp"

#include <algorithm>
#include <charconv>

/// list_changes of a public folder, which has no change list: a pass of FindItem over everything that is in it.
namespace exsyncd {
namespace {

constexpr std::uint32_t page_size = 1000; // FindItem's largest

/// "pass/<number>/<offset>": good in this actor only, and for the next page only.
std::string cursor_of(const public_pass& pass) {
  return "pass/" + std::to_string(pass.number) + '/' + std::to_string(pass.offset);
}

changes_listed page_of(mailbox_state& state, const folder_id& folder, bool first, ews::item_page&& page) {
  auto& pass = state.passes()[folder];
  change_page out;
  auto& how = out.pass.emplace();
  how.first = first;
  if (first) pass.total = page.total;
  if (page.total != pass.total) pass.still = false;
  pass.offset = std::max<std::uint32_t>(page.next_offset, pass.offset + static_cast<std::uint32_t>(page.items.size()));
  for (auto& item : page.items) {
    if (!pass.seen.insert(item.id).second) pass.still = false; // it moved under the pass: another one was skipped
    out.changes.emplace_back(item_present{std::move(item)});
  }
  // A page without items that is not the last would have us ask for ever.
  out.last = page.last || out.changes.empty();
  if (out.last) {
    state.places().end_listing(folder);
    how.whole = page.last && pass.still && !state.may_miss(folder) && (!pass.total || pass.seen.size() == *pass.total);
    pass.offset = 0;
    pass.number = 0;
    pass.seen.clear();
    out.cursor = sync_cursor("pass/ended");
  } else {
    out.cursor = sync_cursor(cursor_of(pass));
  }
  return {std::move(out)};
}

} // namespace

void list_public(mailbox_pointer self, const list_changes& asked, std::shared_ptr<owed<changes_listed>> answer) {
  auto& state = self->state;
  auto& pass = state.passes()[asked.folder];
  const bool first = pass.number == 0 || asked.cursor.value != cursor_of(pass);
  if (first) {
    pass = {};
    state.places().begin_listing(asked.folder);
    pass.number = state.next_pass();
  }
  auto request = std::make_shared<ews::find_item>();
  request->folder = asked.folder;
  request->offset = pass.offset;
  request->page = page_size;
  state.call<ews::item_page, ews::find_item>(
      request_kind::read, "FindItem", request, ews::read_find_item,
      [self, answer, folder = asked.folder, number = pass.number, first](auto outcome) {
        if (auto* why = std::get_if<ews::meaning>(&outcome)) return answer->give({of_folder(why->why)});
        auto& entries = std::get<0>(outcome);
        if (entries.empty()) return answer->give({empty_answer("FindItem")});
        if (auto* error = std::get_if<ews::item_error>(&entries.front()))
          return answer->give({of_folder(ews::meaning_of(*error, "FindItem").why)});
        if (self->state.passes()[folder].number != number)
          return answer->give({failure{
              reach::folder, retry::later, {}, "overtaken", "FindItem: another listing of the folder has begun", {}}});
        answer->give(page_of(self->state, folder, first, std::move(std::get<ews::item_page>(entries.front()))));
      });
}

} // namespace exsyncd
