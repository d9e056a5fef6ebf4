#include "ews/codec/update_item.hpp"

#include "ews/codec/field_table.hpp"
#include "ews/codec/properties.hpp"
#include "ews/codec/quiet.hpp"

#include <algorithm>

namespace exsyncd::ews {
namespace {

template <class Items, class WriteOne>
std::string write_changes(const request_context& context, std::string_view resolution, const Items& items,
                          const WriteOne& write_one) {
  return write_envelope(context, [&](xml_writer& out) {
    auto attributes = quietly(quiet_operation::update_item, *context.version);
    attributes.emplace_back("ConflictResolution", resolution);
    out.open("m:UpdateItem", attributes);
    out.open("m:ItemChanges");
    for (const auto& item : items) {
      out.open("t:ItemChange");
      write_one(out, item);
      out.close("t:ItemChange");
    }
    out.close("m:ItemChanges");
    out.close("m:UpdateItem");
  });
}

} // namespace

std::string write(const request_context& context, const update_contents& request) {
  return write_changes(context, "NeverOverwrite", request.items,
                       [&](xml_writer& out, const update_contents::one& item) {
                         write_item_id(out, "t:ItemId", item.guard.id, item.guard.key);
                         out.open("t:Updates");
                         write_updates(out, item.item_class, item.fields, *context.version);
                         out.close("t:Updates");
                       });
}

std::string write(const request_context& context, const update_read_states& request) {
  return write_changes(context, "AlwaysOverwrite", request.items, [](xml_writer& out, const auto& item) {
    write_item_id(out, "t:ItemId", item.first.id, item.first.key);
    out.open("t:Updates");
    out.open("t:SetItemField");
    out.empty("t:FieldURI", {{"FieldURI", "message:IsRead"}});
    out.open("t:Message");
    out.text("t:IsRead", item.second ? "true" : "false");
    out.close("t:Message");
    out.close("t:SetItemField");
    out.close("t:Updates");
  });
}

answer_reader<item_key> read_update_item() {
  return {"UpdateItem", [](element& message) -> std::variant<item_key, std::string> {
            const auto* item = first_item(message);
            return item ? read_item_key(*item) : item_key{};
          }};
}

} // namespace exsyncd::ews
