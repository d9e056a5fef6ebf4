// What administrators do about access: permissions of folders, mailbox-wide rights, rights withdrawn.
#include "tests/exchange_sim/access.hpp"
#include "tests/exchange_sim/world_parts.hpp"

namespace exchange_sim {

namespace {

void set_level(mailbox& box, folder& of, const std::string& account, const std::string& level, bool below) {
  of.permissions[account] = level;
  if (!below) return;
  for (auto* child : box.children_of(of.key))
    set_level(box, *child, account, level, below);
}

void add_or_remove(std::set<std::string>& accounts, const std::string& account, bool add) {
  if (add)
    accounts.insert(account);
  else
    accounts.erase(account);
}

} // namespace

outcome<done> world::set_permission(const mailbox_ref& ref, const std::string& path, const std::string& account,
                                    const std::string& level, bool below) {
  act_scope act(*universe_, options_, "set_permission", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  if (!rights_of_level(level)) return refusal{"no such permission level: " + level};
  auto* of = folder_at(*found.box, path);
  if (of == nullptr) return refusal{"no such folder: " + path};
  set_level(*found.box, *of, lower(account), level, below);
  ++universe_->revision;
  return done{};
}

outcome<done> world::set_access(const mailbox_ref& ref, const std::string& account, std::optional<bool> full,
                                std::optional<bool> view_private) {
  act_scope act(*universe_, options_, "set_access", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  if (full) add_or_remove(found.box->full_access, lower(account), *full);
  if (view_private) add_or_remove(found.box->view_private, lower(account), *view_private);
  ++universe_->revision;
  return done{};
}

outcome<done> world::withdraw(const mailbox_ref& ref, const std::string& path, const std::string& account,
                              const std::string& code) {
  act_scope act(*universe_, options_, "withdraw", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* of = folder_at(*found.box, path);
  if (of == nullptr) return refusal{"no such folder: " + path};
  if (code != "ErrorAccessDenied" && code != "ErrorItemNotFound" && code != "ErrorFolderNotFound")
    return refusal{"code: ErrorAccessDenied, ErrorItemNotFound or ErrorFolderNotFound"};
  of->withdrawn[lower(account)] = code;
  ++universe_->revision;
  return done{};
}

outcome<done> world::give_back(const mailbox_ref& ref, const std::string& path, const std::string& account) {
  act_scope act(*universe_, options_, "give_back", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  auto* of = folder_at(*found.box, path);
  if (of == nullptr) return refusal{"no such folder: " + path};
  of->withdrawn.erase(lower(account));
  ++universe_->revision;
  return done{};
}

namespace {

struct found_folder {
  found_mailbox where;
  folder* named = nullptr;
  std::string why{};
};

found_folder find_folder(universe& all, const mailbox_ref& ref, const std::string& path) {
  found_folder out{find_mailbox(all, ref)};
  if (out.where.box == nullptr)
    out.why = out.where.why;
  else if ((out.named = folder_at(*out.where.box, path)) == nullptr)
    out.why = "no such folder: " + path;
  return out;
}

bool name_taken(mailbox& box, folder_key parent, const std::string& name, folder_key except) {
  for (auto* child : box.children_of(parent))
    if (child->key != except && lower(child->name) == lower(name)) return true;
  return false;
}

} // namespace

outcome<std::string> world::user_create_folder(const mailbox_ref& ref, const std::string& path,
                                               const std::string& folder_class) {
  act_scope act(*universe_, options_, "user_create_folder", ref);
  auto found = find_mailbox(*universe_, ref);
  if (found.box == nullptr) return refusal{found.why};
  if (folder_at(*found.box, path) != nullptr) return refusal{"the folder exists: " + path};
  return add_folder(ref, path, folder_class);
}

outcome<std::string> world::user_rename_folder(const mailbox_ref& ref, const std::string& path,
                                               const std::string& name) {
  act_scope act(*universe_, options_, "user_rename_folder", ref);
  auto found = find_folder(*universe_, ref, path);
  if (found.named == nullptr) return refusal{found.why};
  if (!found.named->distinguished.empty()) return refusal{"a distinguished folder cannot be renamed: " + path};
  auto& box = *found.where.box;
  if (name_taken(box, found.named->parent, name, found.named->key)) return refusal{"the name is taken: " + name};
  change_context changes{*universe_, *found.where.host, box, options_.now(), options_.random, box.who.display_name};
  found.named->name = name;
  touch_folder(changes, *found.named);
  return wire_id(box, found.named->key);
}

outcome<std::string> world::user_move_folder(const mailbox_ref& ref, const std::string& path, const std::string& to) {
  act_scope act(*universe_, options_, "user_move_folder", ref);
  auto found = find_folder(*universe_, ref, path);
  if (found.named == nullptr) return refusal{found.why};
  if (!found.named->distinguished.empty()) return refusal{"a distinguished folder cannot be moved: " + path};
  auto& box = *found.where.box;
  auto* target = folder_at(box, to);
  if (target == nullptr) return refusal{"no such folder: " + to};
  for (auto* at = target; at != nullptr; at = box.find_folder(at->parent))
    if (at == found.named) return refusal{"a folder cannot be moved below itself: " + to};
  if (name_taken(box, target->key, found.named->name, found.named->key)) return refusal{"the name is taken there"};
  change_context changes{*universe_, *found.where.host, box, options_.now(), options_.random, box.who.display_name};
  move_folder(changes, *found.named, target->key);
  return wire_id(box, found.named->key);
}

} // namespace exchange_sim
