#include "ews/codec/sync_folder_items.hpp"

namespace exsyncd::ews {

const item_shape& listing_shape() {
  static const item_shape shape{{"item:ItemClass", "item:Subject", "item:DateTimeReceived", "item:Size", "item:IsDraft",
                                 "item:DateTimeSent", "message:InternetMessageId", "message:IsRead",
                                 "calendar:IsMeeting", "calendar:Start", "calendar:End", "calendar:CalendarItemType"},
                                {property::search_key, property::mark, property::global_object_id},
                                false};
  return shape;
}

std::string write(const request_context& context, const sync_folder_items& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:SyncFolderItems");
    write_item_shape(out, listing_shape());
    out.open("m:SyncFolderId");
    write_folder_reference(out, request.folder);
    out.close("m:SyncFolderId");
    if (!request.cursor.empty()) out.text("m:SyncState", request.cursor.value);
    if (!request.ignore.empty()) {
      out.open("m:Ignore");
      for (const auto& id : request.ignore)
        write_item_id(out, "t:ItemId", id);
      out.close("m:Ignore");
    }
    out.text("m:MaxChangesReturned", std::to_string(request.page));
    out.close("m:SyncFolderItems");
  });
}

answer_reader<change_page> read_sync_folder_items() {
  return {"SyncFolderItems", [](element& message) -> std::variant<change_page, std::string> {
            change_page page;
            page.cursor = sync_cursor(std::string(message.text_of("SyncState")));
            if (page.cursor.empty()) return "a success without SyncState";
            page.last = read_bool(message.text_of("IncludesLastItemInRange"));
            const auto* changes = message.child("Changes");
            if (!changes) return page;
            page.changes.reserve(changes->children.size());
            for (const auto& c : changes->children) {
              if (c.name == "Create" || c.name == "Update") {
                if (c.children.empty()) return "a change without an item";
                page.changes.emplace_back(item_present{read_listed_item(c.children.front())});
                if (std::get<item_present>(page.changes.back()).item.id.empty()) return "an item without an id";
              } else if (c.name == "Delete" || c.name == "ReadFlagChange") {
                auto id = read_item_key(c).id;
                if (id.empty()) return "a change without an id";
                if (c.name == "Delete")
                  page.changes.emplace_back(item_left{std::move(id)});
                else
                  page.changes.emplace_back(item_read_changed{std::move(id), read_bool(c.text_of("IsRead"))});
              }
            }
            return page;
          }};
}

} // namespace exsyncd::ews
