// GetItem, DeleteItem, MoveItem, CopyItem: what is done with items as they are.
#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/calendar_operations.hpp"
#include "tests/exchange_sim/item_types.hpp"

namespace exchange_sim {

namespace {

constexpr std::string_view no_items = "<m:Items/>";

/// An answer that names an item by its id and key alone.
void write_ids(session& s, xml_writer& out, const item& of) {
  out.open("m:Items");
  write_item(s, out, of, {}, shape_place::list);
  out.close();
}

template <class Act>
void move_or_copy(session& s, node request, xml_writer& out, std::string_view element, Act act) {
  for (auto id : request.child("ItemIds").children())
    respond(
        s, out, element, {fact_of(s, id)},
        [&](xml_writer& inside) {
          auto& to = target_folder(s, request.child("ToFolderId"), "ErrorToFolderNotFound");
          auto& named = item_named(s, id);
          auto changes = s.changes();
          auto& now = act(changes, named, to);
          auto wanted = request.child("ReturnNewItemIds");
          if (wanted && !wanted.truth())
            inside.raw(no_items);
          else
            write_ids(s, inside, now);
        },
        no_items);
}

} // namespace

void get_item(session& s, node request, xml_writer& out) {
  for (auto id : request.child("ItemIds").children())
    respond(
        s, out, "m:GetItemResponseMessage", {fact_of(s, id)},
        [&](xml_writer& inside) {
          auto shape = read_shape(s, request.child("ItemShape"));
          auto named = item_or_occurrence(s, id);
          inside.open("m:Items");
          if (named.occurrence)
            write_item(s, inside, *occurrence_of(*named.stored, *named.occurrence), shape, shape_place::get_item);
          else
            write_item(s, inside, *named.stored, shape, shape_place::get_item);
          inside.close();
        },
        no_items);
}

void move_items(session& s, node request, xml_writer& out) {
  move_or_copy(s, request, out, "m:MoveItemResponseMessage",
               [](change_context& c, item& i, folder& to) -> item& { return move_item(c, i, to); });
}

void copy_items(session& s, node request, xml_writer& out) {
  move_or_copy(s, request, out, "m:CopyItemResponseMessage",
               [](change_context& c, item& i, folder& to) -> item& { return copy_item(c, i, to); });
}

void delete_item(session& s, node request, xml_writer& out) {
  auto how = request.attribute_or("DeleteType", "");
  bool suppress = s.host.profile.suppress_attribute && request.attribute_or("SuppressReadReceipts", "false") == "true";
  for (auto id : request.child("ItemIds").children())
    respond(s, out, "m:DeleteItemResponseMessage", {fact_of(s, id)}, [&](xml_writer&) {
      auto named = item_or_occurrence(s, id);
      auto& gone = *named.stored;
      if (named.occurrence) {
        deleting_occurrence(s, request, gone, *named.occurrence);
        return;
      }
      const auto& rules = rules_of_class(gone.item_class);
      if (rules.deleting != nullptr && rules.deleting(s, request, gone)) return;
      auto changes = s.changes();
      if (how == "HardDelete") {
        remove_item(changes, gone, suppress);
        return;
      }
      // Deleted unread, the mail tells its sender so.
      if (gone.receipt_pending && !suppress) count_mail(changes, gone, "read_receipts");
      gone.receipt_pending = false;
      bool in_trash = s.box->find_folder(gone.folder)->distinguished == "deleteditems";
      bool to_trash = how == "MoveToDeletedItems" && !in_trash;
      move_item(changes, gone, *s.box->distinguished(to_trash ? "deleteditems" : "recoverableitemsdeletions"));
    });
}

} // namespace exchange_sim
