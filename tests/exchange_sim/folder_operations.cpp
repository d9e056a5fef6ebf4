// GetFolder, FindFolder, CreateFolder, UpdateFolder, DeleteFolder.
#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/folder_shape.hpp"
#include "tests/exchange_sim/restriction.hpp"

#include <algorithm>

namespace exchange_sim {

namespace {

constexpr std::string_view no_folders = "<m:Folders/>";

void write_folders(session& s, xml_writer& out, const folder& f, const folder_shape& shape) {
  out.open("m:Folders");
  write_folder(s, out, f, shape);
  out.close();
}

/// CalendarFolder and others stand for their class; FolderClass beats them.
std::string class_of_element(node element) {
  if (auto given = element.child("FolderClass")) return given.text();
  auto name = element.name();
  return name == "CalendarFolder"   ? "IPF.Appointment"
         : name == "ContactsFolder" ? "IPF.Contact"
         : name == "TasksFolder"    ? "IPF.Task"
                                    : "IPF.Note";
}

bool name_taken(mailbox& box, folder_key parent, const std::string& name, folder_key except = {}) {
  for (auto* child : box.children_of(parent))
    if (child->key != except && lower(child->name) == lower(name)) return true;
  return false;
}

void descendants(session& s, folder_key of, bool deep, std::vector<folder*>& out) {
  for (auto* child : s.box->children_of(of)) {
    if (rights_in(s, *child).visible) out.push_back(child);
    if (deep) descendants(s, child->key, deep, out);
  }
}

void set_folder_field(session& s, folder& changed, node path, node value) {
  if (path.is("ExtendedFieldURI")) {
    auto property = read_property_path(path);
    auto holder = value.child("ExtendedProperty");
    if (!holder || read_property_path(holder.child("ExtendedFieldURI")).text() != property.text())
      throw response_error{"ErrorUpdatePropertyMismatch", "The property of the path is not the one that is set."};
    auto given = read_extended_value(property, holder);
    // What the store computes, and what a property of the type cannot be.
    if (property.tag == "0x3001" || property.tag == "0x3602" || property.tag == "0x3603" || property.tag == "0x6698")
      throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property."};
    if (property.tag == "0x3613")
      changed.folder_class = given.values.front();
    else
      changed.extended[property.text()] = given;
    return;
  }
  auto uri = path.attribute_or("FieldURI", "");
  if (uri == "folder:DisplayName") {
    auto name = value.child("DisplayName").text();
    if (!changed.distinguished.empty())
      throw response_error{"ErrorFolderSave", "A distinguished folder cannot be renamed."};
    if (name_taken(*s.box, changed.parent, name, changed.key))
      throw response_error{"ErrorFolderExists", "A folder with the specified name already exists."};
    changed.name = name;
  } else if (uri == "folder:FolderClass") {
    changed.folder_class = value.child("FolderClass").text();
  } else {
    throw response_error{"ErrorInvalidPropertySet", "Set action is invalid for property."};
  }
}

} // namespace

void get_folder(session& s, node request, xml_writer& out) {
  for (auto id : request.child("FolderIds").children())
    respond(
        s, out, "m:GetFolderResponseMessage", {},
        [&](xml_writer& inside) {
          auto shape = read_folder_shape(request.child("FolderShape"));
          write_folders(s, inside, folder_named(s, id), shape);
        },
        no_folders);
}

void find_folder(session& s, node request, xml_writer& out) {
  for (auto id : request.child("ParentFolderIds").children())
    respond(s, out, "m:FindFolderResponseMessage", {}, [&](xml_writer& inside) {
      auto shape = read_folder_shape(request.child("FolderShape"));
      auto& parent = folder_named(s, id);
      auto traversal = request.attribute_or("Traversal", "Shallow");
      std::vector<folder*> found;
      if (traversal == "Deep" && s.box->is_public)
        throw response_error{"ErrorInvalidOperation", "A deep traversal of public folders is not possible."};
      if (traversal != "SoftDeleted") descendants(s, parent.key, traversal == "Deep", found);
      if (auto restriction = request.child("Restriction"))
        std::erase_if(found, [&](folder* f) {
          return !matches(restriction.first(), [&](node path) { return folder_value(s, *f, path); });
        });
      auto view = request.child("IndexedPageFolderView");
      if (!view) view = request.child("FractionalPageFolderView");
      auto p = read_page(view, found.size(), s.host.profile.find_page);
      open_root_folder(inside, p, found.size());
      inside.open("t:Folders");
      for (auto i = p.first; i < p.first + p.count; ++i)
        write_folder(s, inside, *found[i], shape);
      inside.close();
      inside.close();
    });
}

void create_folder(session& s, node request, xml_writer& out) {
  for (auto wanted : request.child("Folders").children())
    respond(
        s, out, "m:CreateFolderResponseMessage", {},
        [&](xml_writer& inside) {
          auto& parent = target_folder(s, request.child("ParentFolderId"), "ErrorParentFolderNotFound");
          require(s, parent, &folder_rights::create_subfolders);
          auto name = wanted.child("DisplayName").text();
          if (name.empty()) throw response_error{"ErrorFolderSave", "A folder needs a display name."};
          if (wanted.is("SearchFolder") && s.box->is_public)
            throw response_error{"ErrorInvalidFolderTypeForOperation", "Public folders hold no search folders."};
          if (wanted.is("SearchFolder")) throw response_error{"ErrorFolderSave", "Search folders cannot be made here."};
          if (name_taken(*s.box, parent.key, name))
            throw response_error{"ErrorFolderExists", "A folder with the specified name already exists."};
          std::map<std::string, extended_value> extended;
          for (auto property : wanted.children())
            if (property.is("ExtendedProperty")) {
              auto path = read_property_path(property.child("ExtendedFieldURI"));
              extended[path.text()] = read_extended_value(path, property);
            }
          auto changes = s.changes();
          auto& made = make_folder(changes, parent.key, name, class_of_element(wanted));
          made.extended = std::move(extended);
          // Who makes a folder in a place of others owns it.
          if (s.box != s.home) made.permissions[lower(s.home->who.address)] = "Owner";
          write_folders(s, inside, made, {});
        },
        no_folders);
}

void update_folder(session& s, node request, xml_writer& out) {
  for (auto change : request.child("FolderChanges").children())
    respond(
        s, out, "m:UpdateFolderResponseMessage", {},
        [&](xml_writer& inside) {
          auto id = change.first();
          auto& changed = folder_named(s, id);
          require(s, changed, &folder_rights::owner);
          // UpdateFolder checks the ChangeKey as UpdateItem does.
          if (id.is("FolderId")) {
            auto key = id.attribute("ChangeKey");
            if (key && *parse_change_key(*key) != 0 && *parse_change_key(*key) != changed.changed)
              throw response_error{"ErrorStaleObject", "The change key is not up to date."};
          }
          folder edited = changed;
          for (auto update : change.child("Updates").children()) {
            auto path = update.first();
            if (update.is("DeleteFolderField")) {
              if (!path.is("ExtendedFieldURI"))
                throw response_error{"ErrorInvalidPropertyDelete", "Delete action is invalid for property."};
              edited.extended.erase(read_property_path(path).text());
            } else if (update.is("AppendToFolderField")) {
              throw response_error{"ErrorInvalidPropertyAppend", "Append action is invalid for property."};
            } else {
              set_folder_field(s, edited, path, path.next());
            }
          }
          changed.name = edited.name;
          changed.folder_class = edited.folder_class;
          changed.extended = edited.extended;
          auto changes = s.changes();
          touch_folder(changes, changed);
          write_folders(s, inside, changed, {});
        },
        no_folders);
}

void move_folders(session& s, node request, xml_writer& out) {
  for (auto id : request.child("FolderIds").children())
    respond(
        s, out, "m:MoveFolderResponseMessage", {},
        [&](xml_writer& inside) {
          auto& to = target_folder(s, request.child("ToFolderId"), "ErrorToFolderNotFound");
          auto* target_box = s.box;
          auto& moved = folder_named(s, id);
          if (s.box != target_box)
            throw response_error{
                "ErrorCrossMailboxMoveCopy",
                "A folder cannot be moved to another mailbox or between a mailbox and public folders."};
          require(s, moved, &folder_rights::owner);
          require(s, to, &folder_rights::create_subfolders);
          if (moved.distinguished == "publicfoldersroot")
            throw response_error{"ErrorInvalidOperation", "The root of the public folders cannot be moved."};
          if (!moved.distinguished.empty())
            throw response_error{"ErrorMoveDistinguishedFolder", "Distinguished folders cannot be moved."};
          for (auto* at = &to; at != nullptr; at = s.box->find_folder(at->parent))
            if (at->key == moved.key)
              throw response_error{"ErrorMoveCopyFailed", "A folder cannot be moved below itself."};
          if (name_taken(*s.box, to.key, moved.name, moved.key))
            throw response_error{"ErrorFolderExists", "A folder with the specified name already exists."};
          auto changes = s.changes();
          move_folder(changes, moved, to.key);
          write_folders(s, inside, moved, {});
        },
        no_folders);
}

void delete_folder(session& s, node request, xml_writer& out) {
  auto how = request.attribute_or("DeleteType", "");
  for (auto id : request.child("FolderIds").children())
    respond(s, out, "m:DeleteFolderResponseMessage", {}, [&](xml_writer&) {
      auto& gone = folder_named(s, id);
      if (gone.distinguished == "publicfoldersroot")
        throw response_error{"ErrorOperationNotAllowedWithPublicFolderRoot",
                             "The root of the public folders cannot be deleted."};
      if (!gone.distinguished.empty())
        throw response_error{"ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted."};
      require(s, gone, &folder_rights::owner);
      auto changes = s.changes();
      if (how == "MoveToDeletedItems" && s.box != s.home)
        throw response_error{"ErrorCannotDeleteObject", "The object cannot be deleted."};
      if (how != "MoveToDeletedItems") {
        remove_folder(changes, gone.key);
        return;
      }
      auto& trash = *s.box->distinguished("deleteditems");
      auto name = gone.name;
      for (int n = 1; name_taken(*s.box, trash.key, gone.name, gone.key); ++n)
        gone.name = name + " (" + std::to_string(n) + ")";
      move_folder(changes, gone, trash.key);
    });
}

} // namespace exchange_sim
