// Who may do what: the owner everything, others what folder permissions and mailbox-wide rights say.
#include "tests/exchange_sim/access.hpp"

#include <array>

namespace exchange_sim {

namespace {

struct level_row {
  std::string_view name;
  folder_rights rights;
};

//                         visible read   create edit_own edit_all delete_own delete_all subfolders owner  private
constexpr std::array levels{
    level_row{"None", {false, false, false, false, false, false, false, false, false, false}},
    level_row{"FolderVisible", {true, false, false, false, false, false, false, false, false, false}},
    level_row{"Contributor", {true, false, true, false, false, false, false, false, false, false}},
    level_row{"Reviewer", {true, true, false, false, false, false, false, false, false, false}},
    level_row{"NonEditingAuthor", {true, true, true, false, false, true, false, false, false, false}},
    level_row{"Author", {true, true, true, true, false, true, false, false, false, false}},
    level_row{"PublishingAuthor", {true, true, true, true, false, true, false, true, false, false}},
    level_row{"Editor", {true, true, true, true, true, true, true, false, false, false}},
    level_row{"PublishingEditor", {true, true, true, true, true, true, true, true, false, false}},
    level_row{"Owner", {true, true, true, true, true, true, true, true, true, false}},
};

constexpr folder_rights everything{true, true, true, true, true, true, true, true, true, true};

response_error denied() {
  return {"ErrorAccessDenied", "Access is denied. Check credentials and try again."};
}

const std::string* withdrawn_code(const session& s, const folder& of) {
  for (const auto& account : {lower(s.account), lower(s.home->who.address)})
    if (auto at = of.withdrawn.find(account); at != of.withdrawn.end()) return &at->second;
  return nullptr;
}

} // namespace

std::optional<folder_rights> rights_of_level(std::string_view level) {
  for (const auto& row : levels)
    if (row.name == level) return row.rights;
  return std::nullopt;
}

folder_rights rights_in(const session& s, const folder& of) {
  if (withdrawn_code(s, of) != nullptr) return {};
  if (s.box == s.home) return everything;
  const auto who = lower(s.home->who.address);
  if (s.box->denied.contains(who) || s.box->denied.contains(lower(s.account))) return {};
  if (s.box->full_access.contains(who)) return everything;
  auto level = of.permissions.find(who);
  if (level == of.permissions.end()) level = of.permissions.find("default");
  auto rights =
      level == of.permissions.end() ? folder_rights{} : rights_of_level(level->second).value_or(folder_rights{});
  rights.private_items = s.box->is_public || s.box->view_private.contains(who);
  return rights;
}

void require(const session& s, const folder& of, bool folder_rights::*right) {
  if (!(rights_in(s, of).*right)) throw denied();
}

void require_edit(const session& s, const item& of) {
  auto rights = rights_in(s, *s.box->find_folder(of.folder));
  if (!rights.edit_all && !(rights.edit_own && of.created_by == lower(s.home->who.address))) throw denied();
}

void require_delete(const session& s, const item& of) {
  auto rights = rights_in(s, *s.box->find_folder(of.folder));
  if (!rights.delete_all && !(rights.delete_own && of.created_by == lower(s.home->who.address))) throw denied();
}

bool is_hidden(const session& s, const item& of) {
  return of.sensitivity == "Private" && !rights_in(s, *s.box->find_folder(of.folder)).private_items;
}

bool is_withdrawn(const session& s, const folder& of) {
  return withdrawn_code(s, of) != nullptr;
}

void refuse_withdrawn(const session& s, const folder& of) {
  const auto* code = withdrawn_code(s, of);
  if (code == nullptr) return;
  if (*code == "ErrorAccessDenied") throw denied();
  throw response_error{*code, "The specified object was not found in the store."};
}

} // namespace exchange_sim
