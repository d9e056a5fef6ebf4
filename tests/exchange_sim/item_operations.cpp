// GetItem, DeleteItem, MoveItem, CopyItem: what is done with items as they are.
#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/calendar.hpp"
#include "tests/exchange_sim/calendar_operations.hpp"
#include "tests/exchange_sim/item_types.hpp"
#include "tests/exchange_sim/limits.hpp"

namespace exchange_sim {

namespace {

constexpr std::string_view no_items = "<m:Items/>";

/// An answer that names an item by its id and key alone.
void write_ids(session& s, xml_writer& out, const item& of) {
  out.open("m:Items");
  write_item(s, out, of, {}, shape_place::list);
  out.close();
}

/// The item goes to another mailbox or store, where it is a new object; the answer names no ids (MoveItem's page).
void across(session& s, const item& named, mailbox& from, mailbox& to_box, folder& to, bool move) {
  item copy = named;
  copy.key = {};
  copy.created = sys_time{};
  copy.created_by.clear();
  copy.receipt_pending = false;
  copy.read_by.clear();
  s.box = &to_box;
  check_room(s, copy);
  auto changes = s.changes();
  put_item(changes, to, std::move(copy));
  s.box = &from;
  if (!move) return;
  auto here = s.changes();
  remove_item(here, *from.find_item(named.key), true);
}

template <class Act>
void move_or_copy(session& s, node request, xml_writer& out, std::string_view element, bool move, Act act) {
  for (auto id : request.child("ItemIds").children())
    respond(
        s, out, element, {fact_of(s, id)},
        [&](xml_writer& inside) {
          auto& to = target_folder(s, request.child("ToFolderId"), "ErrorToFolderNotFound");
          require(s, to, &folder_rights::create);
          auto* to_box = s.box;
          auto& named = item_named(s, id);
          if (move) require_delete(s, named);
          if (to_box != s.box) {
            across(s, named, *s.box, *to_box, to, move);
            inside.raw(no_items);
            return;
          }
          if (!move) check_room(s, named);
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
          s.all.log.note(item_event::kind::read, s.host, *s.box, named.stored->key.value);
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
  move_or_copy(s, request, out, "m:MoveItemResponseMessage", true,
               [](change_context& c, item& i, folder& to) -> item& { return move_item(c, i, to); });
}

void copy_items(session& s, node request, xml_writer& out) {
  move_or_copy(s, request, out, "m:CopyItemResponseMessage", false,
               [](change_context& c, item& i, folder& to) -> item& { return copy_item(c, i, to); });
}

void delete_item(session& s, node request, xml_writer& out) {
  auto how = request.attribute_or("DeleteType", "");
  bool suppress = s.host.profile.suppress_attribute && request.attribute_or("SuppressReadReceipts", "false") == "true";
  for (auto id : request.child("ItemIds").children())
    respond(s, out, "m:DeleteItemResponseMessage", {fact_of(s, id)}, [&](xml_writer&) {
      auto named = item_or_occurrence(s, id);
      auto& gone = *named.stored;
      require_delete(s, gone);
      // A delegate has to move it there with MoveItem (DeleteItem's page); public folders have no Deleted Items.
      if (how == "MoveToDeletedItems" && s.box != s.home)
        throw response_error{"ErrorCannotDeleteObject", "The object cannot be deleted."};
      if (named.occurrence) {
        deleting_occurrence(s, request, gone, *named.occurrence);
        return;
      }
      const auto& rules = rules_of_class(gone.item_class);
      if (rules.deleting != nullptr && rules.deleting(s, request, gone)) return;
      auto changes = s.changes();
      if (how == "HardDelete" || s.box->is_public) {
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
