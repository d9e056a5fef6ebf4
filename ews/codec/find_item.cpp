#include "ews/codec/find_item.hpp"

#include "ews/codec/sync_folder_items.hpp"

#include <charconv>

namespace exsyncd::ews {

std::string write(const request_context& context, const find_item& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:FindItem", {{"Traversal", "Shallow"}});
    write_item_shape(out, listing_shape());
    out.empty("m:IndexedPageItemView", {{"MaxEntriesReturned", std::to_string(request.page)},
                                        {"Offset", std::to_string(request.offset)},
                                        {"BasePoint", "Beginning"}});
    if (request.where) {
      out.open("m:Restriction");
      out.open("t:IsEqualTo");
      write_property_name(out, request.where->first);
      out.open("t:FieldURIOrConstant");
      out.empty("t:Constant", {{"Value", request.where->second}});
      out.close("t:FieldURIOrConstant");
      out.close("t:IsEqualTo");
      out.close("m:Restriction");
    }
    out.open("m:ParentFolderIds");
    write_folder_reference(out, request.well_known ? folder_reference(*request.well_known) : request.folder);
    out.close("m:ParentFolderIds");
    out.close("m:FindItem");
  });
}

answer_reader<item_page> read_find_item() {
  return {"FindItem", [](element& message) -> std::variant<item_page, std::string> {
            const auto* root = message.child("RootFolder");
            if (!root) return "a success without RootFolder";
            item_page page;
            const auto take = [&](const element& items) {
              for (const auto& item : items.children)
                page.items.push_back(read_listed_item(item));
            };
            if (const auto* items = root->child("Items")) take(*items);
            if (const auto* groups = root->child("Groups"))
              for (const auto& group : groups->children)
                if (const auto* items = group.child("Items")) take(*items);
            for (const auto& item : page.items)
              if (item.id.empty()) return "an item without an id";
            const auto next = root->attribute("IndexedPagingOffset");
            std::from_chars(next.data(), next.data() + next.size(), page.next_offset);
            if (const auto total = root->attribute("TotalItemsInView"); !total.empty()) {
              page.total = 0;
              std::from_chars(total.data(), total.data() + total.size(), *page.total);
            }
            const auto last = root->attribute("IncludesLastItemInRange");
            page.last = last.empty() || read_bool(last);
            return page;
          }};
}

} // namespace exsyncd::ews
