#include "ews/codec/copy_item.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const copy_items& request) {
  return write_envelope(context, [&](xml_writer& out) {
    out.open("m:CopyItem");
    out.open("m:ToFolderId");
    write_folder_reference(out, request.to);
    out.close("m:ToFolderId");
    out.open("m:ItemIds");
    for (const auto& id : request.items)
      write_item_id(out, "t:ItemId", id);
    out.close("m:ItemIds");
    out.close("m:CopyItem");
  });
}

answer_reader<item_key> read_copy_items() {
  return {"CopyItem", [](element& message) -> std::variant<item_key, std::string> {
            const auto* item = first_item(message);
            return item ? read_item_key(*item) : item_key{};
          }};
}

} // namespace exsyncd::ews
