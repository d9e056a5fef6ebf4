#include "ews/codec/move_item.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const move_items& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:MoveItem");
    out.open("m:ToFolderId");
    write_folder_reference(out, request.to);
    out.close("m:ToFolderId");
    out.open("m:ItemIds");
    for (const auto& id : request.items)
      write_item_id(out, "t:ItemId", id);
    out.close("m:ItemIds");
    out.close("m:MoveItem");
  });
}

answer_reader<item_key> read_move_items() {
  return {"MoveItem", [](element& message) -> std::variant<item_key, std::string> {
            const auto* item = first_item(message);
            return item ? read_item_key(*item) : item_key{};
          }};
}

} // namespace exsyncd::ews
