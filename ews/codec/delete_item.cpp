#include "ews/codec/delete_item.hpp"

#include "ews/codec/properties.hpp"
#include "ews/codec/quiet.hpp"

namespace exsyncd::ews {

std::string write(const request_context& context, const delete_items& request) {
  return write_envelope(context, [&](xml_writer& out) {
    auto attributes = quietly(quiet_operation::delete_item, *context.version);
    attributes.emplace_back("DeleteType", request.soft ? "SoftDelete" : "MoveToDeletedItems");
    out.open("m:DeleteItem", attributes);
    out.open("m:ItemIds");
    for (const auto& id : request.items)
      write_item_id(out, "t:ItemId", id);
    out.close("m:ItemIds");
    out.close("m:DeleteItem");
  });
}

answer_reader<done> read_delete_items() {
  return {"DeleteItem", [](element&) -> std::variant<done, std::string> { return done{}; }};
}

} // namespace exsyncd::ews
